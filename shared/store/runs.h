#pragma once
// Where in the log a device's accepted transactions are. What a device made offline is mostly accepted in one go, one right after
// another, so that a run of them is known by where it begins: an index entry for each would be a tenth of what a push costs.

#include <optional>

#include "shared/store/database.h"

namespace holdfast {

class Runs {
 public:
  explicit Runs(Database& db) : db_(db) {}

  /// Transaction `op_no` of `device` is number `seq` of the log. Each is added once.
  Status add(uint32_t device, int64_t op_no, int64_t seq);
  Result<int64_t> seq_of(uint32_t device, int64_t op_no);  ///< 0 when it was not added.
  /// From now on the run that grows is kept in memory, until another begins or write_held().
  void hold() { holding_ = true; }
  Status write_held();
  Status write();  ///< The run that grows, as it is now.
  void forget() { last_.reset(), holding_ = false; }  ///< The transaction is rolled back.
  /// Transactions of the log that are not where the runs say, and runs that say too much: what is wrong with the first, or nothing.
  Result<std::string> fault();

 private:
  struct Run {
    int64_t device = 0, op_no = 0, seq = 0, count = 0;
    int64_t written = 0;  ///< How many of them the database knows of.
    int64_t find(int64_t d, int64_t no) const { return d == device && no >= op_no && no < op_no + count ? seq + (no - op_no) : 0; }
  };
  Database& db_;
  std::optional<Run> last_;  ///< The one that was added to last.
  bool holding_ = false;
};

}  // namespace holdfast
