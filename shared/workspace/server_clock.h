#pragma once
// Whether the server's own clock can be believed: every stamp comes from it, so one that was set wrong would poison what all
// devices do from then on.

#include "shared/base/clock.h"
#include "shared/store/tables.h"

namespace holdfast {

class ServerClock {
 public:
  ServerClock(Tables& tables, Clock& clock) : tables_(tables), clock_(clock) {}

  static constexpr int64_t back_max_ms = 5 * 60'000, forward_max_ms = int64_t{7} * 86'400'000;

  /// Inside a transaction that writes. Error kind offline: the clock has moved back by more than 5 minutes, or forward by more
  /// than 7 days, since the data was last written, or against the steady clock since this program last looked.
  Status check();
  /// An operator says that the clock is right now.
  Status accept();

 private:
  Tables& tables_;
  Clock& clock_;
  int64_t wall_ = 0, mono_ = 0;  ///< When last looked; 0 before the first time.
};

}  // namespace holdfast
