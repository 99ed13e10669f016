#include "shared/model/merge.h"

#include <algorithm>

#include "shared/base/mutant.h"

namespace holdfast {

Verdict judge_register(const RegisterState& current, int64_t base_seq, const Stamp& incoming) {
  // A device's changes come in its own order: what it set itself it has seen.
  if (!MUTANT(base_ignored) && (base_seq == current.seq || current.stamp.device == incoming.device)) return Verdict::applied;
  if (MUTANT(smaller_stamp_wins)) return incoming < current.stamp ? Verdict::applied_concurrent : Verdict::superseded;
  return current.stamp < incoming ? Verdict::applied_concurrent : Verdict::superseded;
}

Verdict judge_element(bool seen, bool present, bool adding) {
  if (seen) return Verdict::applied;
  if (MUTANT(removal_wins)) return adding && !present ? Verdict::superseded : Verdict::applied;
  if (adding) return present ? Verdict::applied : Verdict::applied_concurrent;
  return present ? Verdict::superseded : Verdict::applied;
}

Stamp bounded_stamp(int64_t claimed_ms, int64_t offset_ms, int64_t window_start_ms, int64_t now_ms, Stamp previous, Stamp seen,
                    uint32_t device) {
  // A claim absurd enough to overflow is worth as much as one far outside the window.
  const int64_t far = int64_t{1} << 46;
  const int64_t guess = std::clamp(claimed_ms, -far, far) + std::clamp(offset_ms, -far, far);
  if (MUTANT(stamp_not_bounded)) return {hlc_from_ms(std::clamp<int64_t>(guess, 0, far / 2)), device};
  const int64_t t = std::clamp(guess, std::min(window_start_ms + 1, now_ms), now_ms);
  return {std::max({hlc_from_ms(t), previous.hlc + 1, seen.hlc + 1}), device};
}

}  // namespace holdfast
