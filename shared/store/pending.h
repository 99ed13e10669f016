#pragma once
// What the server last said about registers whose visible value is an unacknowledged edit.
//
// One row a register. A record whose creation is itself unacknowledged has a row of its own, `creation`.

#include <compare>
#include <optional>

#include "shared/store/tables.h"
#include "shared/model/value.h"
#include "shared/store/versions.h"

namespace holdfast {

struct PendingRegister {
  static constexpr int64_t creation = -1;

  size_t entity = 0;
  int64_t row = 0;
  int64_t reg = 0;                ///< Key number of the register's leader, life_register, or creation.
  std::vector<Value> confirmed;   ///< In field order; empty for creation.
  int64_t op_no = 0;              ///< The last unacknowledged transaction that touched it.

  /// For a tags field: the unacknowledged additions and removals, in order.
  struct Step {
    int64_t op_no = 0;
    bool add = false;
    std::string element;
  };
  std::vector<Step> delta;
  /// A tags field as the person sees it: confirmed, then the steps.
  Value visible_tags() const;
};

class PendingTable {
 public:
  explicit PendingTable(Tables& tables) : tables_(tables), db_(tables.db()) {}

  Result<std::optional<PendingRegister>> find(size_t entity, int64_t row, int64_t reg);
  Result<std::vector<PendingRegister>> of_row(size_t entity, int64_t row);
  struct Key {
    size_t entity = 0;
    int64_t row = 0, reg = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Touched {
    std::vector<Key> keys;  ///< Those whose last transaction is at most `op_no`, and every tags register; sorted.
    bool open = false;      ///< There are others, or any with steps.
  };
  Result<Touched> touched_up_to(int64_t op_no);
  /// Drops those whose last transaction is at most `op_no`.
  Status drop_up_to(int64_t op_no);
  Result<std::vector<PendingRegister>> all();
  Status put(const PendingRegister&);
  Status drop(const PendingRegister&);
  Status clear();
  Status drop_row(size_t entity, int64_t row);
  Result<bool> any();

 private:
  Result<std::vector<PendingRegister>> collect(Statement&);
  Tables& tables_;
  Database& db_;
};

}  // namespace holdfast
