#pragma once
// A form over any entity, drawn from the schema: drafts in canonical text, kept through a reload, written by save().

#include <map>

#include "shared/store/outbox.h"
#include "shared/workspace/replica.h"

namespace holdfast {

struct RecordForm {
  const Entity* entity = nullptr;
  Id id;                    ///< Nil: a record to be made.
  std::string draft_key;
  std::map<uint16_t, std::string> texts;    ///< Only fields of the form.
  std::map<uint16_t, std::string> before;   ///< What they were when the form was opened, or when the draft of a field was begun.
  std::map<uint16_t, std::string> start;    ///< With what the form began: `before`, and for a new record what was given along.
  std::map<uint16_t, Base> seen;            ///< By leader: what the person had before them then.
  std::string history;                      ///< In which history.
  /// What somebody else made of a register meanwhile in which was written here, by leader.
  struct Others {
    std::map<uint16_t, Value> values;  ///< Of the fields that differ.
    Id by;                             ///< Nil when it is not known.
  };
  std::map<uint16_t, Others> others;
  enum class Gone : uint8_t { no, trashed, gone } gone = Gone::no;  ///< Meanwhile.
  Id settles;               ///< The conflict that is settled when its field is saved with another value; nil for none.
  std::map<uint16_t, std::string> errors;
  std::string problem;      ///< Not of one field.

  /// The fields of a form over this entity, in order.
  static std::vector<uint16_t> fields_of(const Entity&, std::string_view contact_type = {});

  /// `about`: for a record to be made, what for; each has a draft of its own. `preset` is that and what is usual.
  Status open(Workspace&, Replica&, const Entity&, const Id&, const std::map<std::string, std::string>& about, const std::map<std::string, std::string>& preset);
  bool changed() const { return texts != before; }
  /// Looks what others did meanwhile: fields that were not written in show it, the rest is in `others`. `telling`: the number of
  /// the changes with which the page learns of it.
  Status follow(Workspace&, Replica&, uint64_t telling);
  /// One of these fields of a register was written in over what the page had by the changes `over`: if it has come to show
  /// something else since, the person had not seen that.
  void written(const std::vector<uint16_t>& fields, uint64_t over);
  /// What others made of a register instead of what was written in.
  Status use_others(Workspace&, Replica&, uint16_t leader, uint64_t telling);
  /// Keeps the draft in the device's own store.
  Status keep_draft(Workspace&);
  Status drop_draft(Workspace&);
  /// Validates and commits; the record's id, or errors at the fields.
  Result<Id> save(Workspace&, Replica&);

 private:
  uint64_t followed_ = 0;  ///< The version of the data that was looked at.
  /// What a register was before it came to show what others made of it.
  struct Shown {
    uint64_t until;  ///< The changes that ended it.
    std::map<uint16_t, std::string> texts, then;
    std::optional<Base> base;  ///< None of tags.
  };
  std::map<uint16_t, std::vector<Shown>> shown_;
  bool touched(uint16_t leader) const;
  Status take_draft(Workspace&, const std::string& draft);
};

}  // namespace holdfast
