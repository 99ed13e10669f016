#pragma once
// Records as a CSV file that Holdfast, and everyone else, can read back.

#include "shared/exchange/csv.h"
#include "shared/workspace/workspace.h"

namespace holdfast {

/// All live records of an entity: every field that is not hidden, refs as names, and contact details in columns.
Result<std::string> export_csv(Workspace&, const Entity&);

}  // namespace holdfast
