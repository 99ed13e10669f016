#pragma once
// Full-text search. Rows are indexed late: writes leave a mark, and the index catches up before the next search.

#include <memory>

#include "shared/store/rows.h"

namespace holdfast {

class Search {
 public:
  explicit Search(Tables&);
  /// Brings the index of one entity up to its rows.
  Status flush(Rows&);
  /// Also leaves no word of removed rows in the file.
  Status forget_removed(Rows&);
  /// What a record is found by: its searchable fields, those of its contact points, and the same of what was merged into it. On a server
  /// only what has the same audience: the index answers everyone who sees the record.
  Result<std::string> document(Rows&, const Row&);

 private:
  Status add_document(std::string&, Rows&, const Row&, int64_t scope);
  Tables& tables_;
  std::vector<std::unique_ptr<Rows>> parts_;  ///< Of the kinds that are found by their parents.
};

/// The FTS5 expression for words a person typed: each begins some word of the document. Empty when no word is left.
std::string search_expression(std::string_view typed);

}  // namespace holdfast
