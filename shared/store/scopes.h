#pragma once
// Who may see what, on the server. A scope is the small number of an audience: the members and teams that see its rows.
// A grant is the small number of what somebody is to audiences: a member and the member's teams.

#include <map>
#include <string>
#include <vector>

#include "shared/model/access.h"
#include "shared/store/tables.h"

namespace holdfast {

/// Somebody who looks.
struct Viewer {
  bool everything = false;     ///< An administrator, or the server itself.
  std::vector<Id> principals;  ///< Sorted: the member and their teams.

  bool sees(const Audience&) const;
};

class Scopes {
 public:
  explicit Scopes(Tables& tables) : tables_(tables), db_(tables.db()) {}

  static constexpr int64_t everyone = 0;
  /// The scope of an audience, made on first use.
  Result<int64_t> number(const Audience&);
  Result<bool> sees(const Viewer&, int64_t scope);
  /// All scopes this viewer sees, without `everyone`.
  Result<std::vector<int64_t>> seen_by(const Viewer&);

  /// The number for what a viewer is now, made on first use; what stood under a number stays known.
  Result<int64_t> grant(const Viewer&);
  /// The same, noted as given to this member; and whether a number ever was (0 is everyone's).
  Result<int64_t> grant_to(const Id& member, const Viewer&);
  Result<bool> was_granted(const Id& member, int64_t grant);
  /// 0, and what never was, sees what everyone sees.
  Result<Viewer> viewer(int64_t grant);

  /// A row has left a scope: who saw it there and does not where it is now is told so.
  struct Exit {
    int64_t seq = 0;
    size_t entity = 0;
    Id id;
    int64_t scope = 0;
  };
  Status leave(const Exit&);
  Result<std::vector<Exit>> exits_after(int64_t seq);

  /// After a rollback: numbers made in it are not true any more.
  void forget() { audiences_.clear(); }

 private:
  Tables& tables_;
  Database& db_;
  std::map<int64_t, Audience> audiences_;
};

}  // namespace holdfast
