#pragma once
// What to list: conditions, words to search for, an order, and where the page starts.

#include <optional>
#include <string>
#include <vector>

#include "shared/model/record.h"

namespace holdfast {

enum class Compare : uint8_t { eq, ne, lt, le, gt, ge, empty, not_empty };

struct Condition {
  uint16_t field = 0;
  Compare compare = Compare::eq;
  Value value;
};

/// Sort by a `.sortable` field, or by one of the row's own times.
enum class SortBy : uint8_t { field, updated_at, created_at };

/// Where a page ended: the last row's sort key and id. Opaque to callers.
struct PageMark {
  Value key;
  int64_t row = 0;
};

struct Query {
  std::vector<Condition> where;
  std::string search;           ///< Words; each must begin a word of the record's search text.
  SortBy sort_by = SortBy::updated_at;
  uint16_t sort_field = 0;
  bool descending = false;
  Life life = Life::live;
  std::optional<std::vector<int64_t>> scopes;  ///< On a server: only rows of these; see scopes.h.
  std::optional<PageMark> after;
  int limit = 100;
};

}  // namespace holdfast
