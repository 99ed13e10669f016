#pragma once
// Who may see a record that says so itself.

#include <string>
#include <vector>

#include "shared/model/record.h"

namespace holdfast {

/// Members and teams, sorted; empty means everyone. Administrators see everything besides.
using Audience = std::vector<Id>;

/// Of a record whose entity has `own_access`. The owner always sees it, or who made it where nobody owns it. Private without
/// either: one nil id, which is nobody.
Audience audience_of(const Record&);

/// The ids in a tags field of members; what is not an id is left out.
std::vector<Id> ids_in(const Value& tags);

}  // namespace holdfast
