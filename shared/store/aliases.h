#pragma once
// Records that turned out to be the same. Each alias record is an edge; what is the same forms a class with one root, which
// stands for all. Nothing is rewritten, so an edge can be taken out again.
//
// Edges count in the order in which the server took them, so that every replica comes to the same classes; one that joins
// what is joined already does nothing, so crosswise merges cannot form a circle.

#include <map>
#include <string>
#include <vector>

#include "shared/base/id.h"
#include "shared/base/result.h"

namespace holdfast {

class Tables;

struct AliasEdge {
  int64_t seq = 0;  ///< Of its creation; 0 while that is unacknowledged, which counts last.
  Id id, loser, winner;
};

/// Loser → root, of every record that is not a root itself. Pure.
std::map<Id, Id> alias_roots(std::vector<AliasEdge>);

class Aliases {
 public:
  explicit Aliases(Tables& tables) : tables_(tables) {}

  Result<Id> root(const Id&);                      ///< Itself when it was never merged.
  Result<std::vector<Id>> merged_into(const Id&);  ///< The others of its class, when it is the root.
  struct Hidden {
    int64_t row = 0;
    Id root;
  };
  /// An entity's records that are not roots.
  Result<std::vector<Hidden>> hidden_rows(size_t entity);
  /// An alias, or a record that may be in one, was written.
  void changed() { fresh_ = false; }
  /// Known without looking: no aliases at all.
  bool none() const { return fresh_ && !any_; }

 private:
  Status refresh();
  Tables& tables_;
  bool fresh_ = false, any_ = false;
  std::map<Id, Id> roots_;
  std::multimap<Id, Id> merged_;
  std::map<size_t, std::vector<Hidden>> hidden_;
};

}  // namespace holdfast
