#pragma once
// What SQLite itself says about the file, and copies of it.

#include <vector>

#include "shared/store/database.h"

namespace holdfast {

/// Empty when pages, indexes and full-text tables are in order.
Result<std::vector<std::string>> storage_faults(Database&);
/// A consistent copy into a new file.
Status copy_database(Database&, const std::string& to);

}  // namespace holdfast
