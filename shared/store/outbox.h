#pragma once
// Changes made here that the server has not yet acknowledged, oldest first, and for a while those it has; those it refused; and
// pages of the server's answer that wait for their last one.
//
// What is acknowledged stays in the table `outbox`, up to a number: moving it elsewhere would write all of it again. The views
// `waiting` and `sent` are its two halves.
//
// Survives a crash: a transaction is in the outbox from the moment its rows are written (same SQLite transaction).

#include <functional>
#include <optional>

#include "shared/store/tables.h"

namespace holdfast {

struct OutboxEntry {
  int64_t op_no = 0;
  std::string label;
  int64_t at_ms = 0;
  std::string body;
  std::string code, reason;  ///< Only of a rejected one.
  uint32_t sum = 0;          ///< Of the body as it first was; 0 while it is still that.
  uint32_t first_sum() const;
};

/// Tells transactions under one number apart: XXH32, never 0.
uint32_t sum_of_body(std::string_view body);

class Outbox {
 public:
  explicit Outbox(Database& db) : db_(db) {}

  Status push(const OutboxEntry&);
  Result<std::vector<OutboxEntry>> after(int64_t op_no, int count_max);
  using Take = std::function<bool(int64_t op_no, std::string_view body, uint32_t sum)>;
  /// What is sent next: the first, and more while their bodies fit and `take` asks for more.
  Status to_send(int64_t op_no, size_t bytes_max, const Take& take);
  Result<std::optional<OutboxEntry>> find(int64_t op_no);
  Result<int64_t> count();
  /// The largest transaction number that stands here; 0 when there is none.
  Result<int64_t> last_op_no();
  /// Acknowledged: no longer among those that wait, but kept for a while, in case the server comes back without them.
  Status sent_up_to(int64_t op_no, int64_t server_ms);
  Status drop_sent_before(int64_t server_ms);
  /// Acknowledged transactions that are still kept, oldest first.
  Result<std::vector<OutboxEntry>> sent();
  /// Sent ones after `op_no` are waiting again.
  Status send_again_after(int64_t op_no);
  enum class Kept : uint8_t { waiting, sent, refused };
  /// Calls `change` for everything kept here. What it changes is stored, under the sum of what it first was: the server may
  /// already have that.
  Status rewrite(const std::function<Result<bool>(OutboxEntry&, Kept)>& change);
  Status reject(int64_t op_no, std::string_view code, std::string_view reason);
  Result<std::vector<OutboxEntry>> rejected();
  /// A refused one is waiting to be sent again.
  Status wait_again(int64_t op_no);
  Status tell_rejected(int64_t op_no, std::string_view code, std::string_view reason);
  Status drop_rejected(int64_t op_no);
  /// One that waited has been accepted: kept like what was acknowledged.
  Status waiting_accepted(int64_t op_no, int64_t server_ms);
  /// What had been acknowledged is refused, by a server that came back and judged it anew.
  Status reject_sent(int64_t op_no, std::string_view code, std::string_view reason);

  Result<int64_t> stage(std::string_view page);  ///< Its number there.
  Result<std::vector<int64_t>> staged();         ///< The numbers, in the order they came.
  Result<std::string> staged_page(int64_t no);
  Status clear_stage(int64_t after = 0);

 private:
  Result<int64_t> waiting_after(int64_t op_no);
  Database& db_;
};

/// Form drafts that survive a reload; local, never synced.
class Drafts {
 public:
  explicit Drafts(Database& db) : db_(db) {}
  Status put(std::string_view key, std::string_view body);
  Result<std::string> find(std::string_view key);  ///< Empty when there is none.
  Result<std::vector<std::pair<std::string, std::string>>> all();  ///< Keys and bodies.
  Status drop(std::string_view key);
  Status drop_about(const Id& record);  ///< Its own, and those of new ones begun for it; one that only names it in a field stays.

 private:
  Database& db_;
};

}  // namespace holdfast
