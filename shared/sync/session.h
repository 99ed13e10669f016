#pragma once
// One device's conversation with the server: which request to send next, and what to do with the answer.
//
// A state machine without sockets, timers or threads: bytes in, bytes out. The caller sends what next() asks for, one
// request at a time, and tells received() or failed(). A cycle is: push until the outbox is sent, pull until nothing
// is new; the first one pulls first. A refused push does not keep the pull from happening.

#include <optional>

#include "shared/workspace/replica.h"

namespace holdfast {

struct SyncRequest {
  std::string method, path, body;
};

enum class SyncState : uint8_t { idle, pushing, pulling };
/// Why the last cycle did not complete; kept until one does.
/// copied: the data is a copy of another device's, see Replica::renew. removed: the device is to remove its data.
enum class SyncTrouble : uint8_t { none, offline, signed_out, update_needed, server, copied, removed };

class SyncSession {
 public:
  SyncSession(Workspace& ws, Replica& replica) : ws_(ws), replica_(replica) {}

  /// Begins a cycle unless one is under way.
  void start();
  /// The request to send, if any; the same one until it is answered.
  Result<std::optional<SyncRequest>> next();
  Status received(int http_status, std::string_view body);
  void failed();  ///< No answer came.

  bool busy() const { return state_ != SyncState::idle; }
  SyncTrouble trouble() const { return trouble_; }
  const std::string& trouble_text() const { return trouble_text_; }
  /// How far this device's clock is ahead of the server's (negative: behind), as of the last answer.
  int64_t clock_ahead_ms() const { return clock_ahead_ms_; }
  /// More than a person would call right. Sync works all the same: the server corrects for it.
  bool clock_wrong() const { return clock_ahead_ms_ > clock_tolerance_ms || clock_ahead_ms_ < -clock_tolerance_ms; }
  static constexpr int64_t clock_tolerance_ms = 5 * 60'000;
  /// A first load: rows received so far; 0 when none is under way.
  int64_t loading_rows() const { return loading_rows_; }

  static constexpr size_t push_bytes_usual = 1536 * 1024, push_bytes_least = 64 * 1024, page_bytes_usual = 512 * 1024;
  size_t page_bytes_max = page_bytes_usual;  ///< Asked for with each pull; small in tests, so that pulls take several pages.
  size_t push_bytes_max = push_bytes_usual;  ///< The same of a push.

 private:
  void finish(SyncTrouble, std::string text);
  Result<std::optional<SyncRequest>> prepare();
  Status take_answer(int http_status, std::string_view body);
  Status take_page(std::string_view body);
  Status begin_again(std::string_view body);
  bool push_less(size_t sent);

  Workspace& ws_;
  Replica& replica_;
  SyncState state_ = SyncState::idle;
  SyncTrouble trouble_ = SyncTrouble::none;
  std::string trouble_text_;
  std::optional<SyncRequest> request_;
  int64_t pushed_up_to_ = 0;  ///< Sent and judged, whether or not a pull has confirmed it yet.
  int64_t sending_from_ = 0, sending_to_ = 0;
  size_t push_bytes_ = push_bytes_usual;  ///< Less after a push that did not get through: a poor network carries little at once.
  size_t push_bytes_let_through_ = push_bytes_usual;  ///< Less once so much did not get through, or was called too large.
  bool push_later_ = false;  ///< Nothing was loaded yet when the cycle began.
  int64_t loading_rows_ = 0, clock_ahead_ms_ = 0;
  SyncTrouble push_trouble_ = SyncTrouble::none;
  std::string push_trouble_text_;
};

}  // namespace holdfast
