#include "server/http/allowance.h"

namespace holdfast {

bool Allowance::take(const Id& member, size_t bytes, int64_t mono_ms) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Used& used = used_[member];
  if (mono_ms - used.since >= window_ms) used = {mono_ms, 0, 0};
  used.requests++;
  used.bytes += static_cast<int64_t>(bytes);
  return used.requests <= requests_max && used.bytes <= bytes_max;
}

}  // namespace holdfast
