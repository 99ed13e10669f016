#pragma once
// What a list is narrowed down to.

#include <map>

#include "shared/workspace/workspace.h"

namespace holdfast {

using Filters = std::map<uint16_t, std::string>;  ///< Field → the value wanted, in canonical text.

/// A filter without sense is none.
std::vector<Condition> filter_conditions(const Entity&, const Filters&);
/// "Tags: vip".
std::string filter_label(Workspace&, const Entity&, uint16_t field, const std::string& value);

}  // namespace holdfast
