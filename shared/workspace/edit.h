#pragma once
// What a person wants changed, before it becomes ops: collected here, committed by Workspace as one transaction.

#include <map>
#include <vector>

#include "shared/model/op.h"

namespace holdfast {

struct Change {
  OpKind kind = OpKind::set;  ///< create, set or life.
  const Entity* entity = nullptr;
  Id record;
  std::vector<FieldValue> values;
  Life life = Life::live;
  std::map<uint16_t, Base> seen = {};  ///< set: what its author had before them in a register, by leader, if not what is there now.
  /// set: one tag more or less, whatever else is there: for taking back what was done to it.
  struct Element {
    uint16_t field = 0;
    std::string element;
    bool adds = false;
  };
  std::vector<Element> elements = {};
};

/// How long the texts in them are together: about what they take on their way.
size_t bytes_of(const std::vector<Change>&);

class Edit {
 public:
  void create(const Entity&, const Id&);
  /// Joins an earlier create or set of the same record. A tags field takes the whole new set.
  void set(const Entity&, const Id&, uint16_t field, Value);
  void set(const Entity& e, const Id& id, Field field, Value v) { set(e, id, field.index, std::move(v)); }
  /// The person decided on an older state of this register: for a form that was open for a while. See Replica::seen.
  void saw(const Entity&, const Id&, uint16_t leader, Base);
  void trash(const Entity& e, const Id& id) { changes_.push_back({OpKind::life, &e, id, {}, Life::trashed, {}}); }
  void restore(const Entity& e, const Id& id) { changes_.push_back({OpKind::life, &e, id, {}, Life::live, {}}); }

  const std::vector<Change>& changes() const { return changes_; }
  bool empty() const { return changes_.empty(); }

 private:
  std::vector<Change> changes_;
};

}  // namespace holdfast
