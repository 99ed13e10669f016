#pragma once
// The entries of the log as they lie in the table `log`. What one device made and sends together is accepted one transaction after
// another: such entries share a row, as many as fit into a page of the database. One alone is a row as it is.

#include <functional>
#include <string>
#include <vector>

#include "shared/model/op.h"
#include "shared/store/tables.h"

namespace holdfast {

struct LogEntry {
  int64_t seq = 0;
  Stamp stamp;
  int64_t op_no = 0;
  Id member;
  int64_t at_ms = 0;  ///< Receipt.
  std::string body;
  uint32_t sum = 0;   ///< Of the bytes the device sent; 0 for the server's own.
};

class LogBlocks {
 public:
  explicit LogBlocks(Tables& tables) : tables_(tables), db_(tables.db()) {}

  Result<int64_t> head();  ///< The last number in use; 0 when there is none.
  Status add(LogEntry);
  /// From now on entries are kept in memory until a block of them is full, another begins, somebody asks, or write_held().
  void hold() { holding_ = true; }
  Status write_held();
  void forget();  ///< The transaction is rolled back.
  /// Null when there is none. Good until the next call.
  Result<const LogEntry*> find(int64_t seq);
  /// What a device made, from its last number down, while `next` asks for more. Where it is, the table `run` says.
  Status of_device(uint32_t device, const std::function<Result<bool>(const LogEntry&)>& next);
  /// Calls `change` with every body; what it changes is stored.
  Status rewrite(const std::function<Result<bool>(std::string& body)>& change);
  /// A number that is missing or said twice, or a row that cannot be read: the first, or nothing.
  Result<std::string> fault();

 private:
  Result<std::vector<LogEntry>> read(Statement&);
  Status write();
  Tables& tables_;
  Database& db_;
  bool holding_ = false;
  std::vector<LogEntry> held_;  ///< The block that grows.
  size_t held_bytes_ = 0;
  std::vector<LogEntry> found_;  ///< The block that was asked for last.
};

}  // namespace holdfast
