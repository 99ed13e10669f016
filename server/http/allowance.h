#pragma once
// How much one member may ask of the server in a minute, so that a script gone wild leaves room for the others.

#include <map>
#include <mutex>

#include "shared/base/id.h"

namespace holdfast {

class Allowance {
 public:
  static constexpr int64_t window_ms = 60'000, requests_max = 1200, bytes_max = int64_t{64} << 20;

  /// False when the member has used it up; `mono_ms` is the steady clock.
  bool take(const Id& member, size_t bytes, int64_t mono_ms);

 private:
  struct Used {
    int64_t since = 0, requests = 0, bytes = 0;
  };
  std::mutex mutex_;
  std::map<Id, Used> used_;
};

}  // namespace holdfast
