#pragma once
// Rows whose words the search index does not have as they are now: rows mark what they write, and the index takes the marks before the
// next search.
//
// In a transaction marks are gathered, and reach the database at its end: 64 neighbouring rows by one statement, a bit each. What
// comes in bulk marks thousands; an entry for each was a twentieth of a sync.

#include <unordered_map>
#include <vector>

#include "shared/model/schema.h"
#include "shared/store/database.h"

namespace holdfast {

class SearchMarks {
 public:
  SearchMarks(Database& db, const Schema& schema) : db_(db), schema_(schema), gathered_(schema.size()) {}

  Status mark(size_t entity, int64_t row);
  Result<std::vector<int64_t>> marked(size_t entity);  ///< Ascending.
  Status clear(size_t entity);
  Status write();  ///< What is gathered, into the database.
  void forget();   ///< The transaction is rolled back.

 private:
  Database& db_;
  const Schema& schema_;
  /// By entity: block, which is the row's number without its last six bits → a bit for each of its rows.
  std::vector<std::unordered_map<int64_t, uint64_t>> gathered_;
  bool any_ = false;
};

}  // namespace holdfast
