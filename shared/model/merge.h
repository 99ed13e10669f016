#pragma once
// The rules by which the server judges one change of one register. Pure; devices never merge.

#include "shared/model/op.h"

namespace holdfast {

/// A register as the server has it.
struct RegisterState {
  int64_t seq = 0;  ///< Its version: the transaction that last set it.
  Stamp stamp;      ///< That transaction's stamp.
};

enum class Verdict {
  applied,             ///< The author had seen the current value, or made it: the change wins whatever the clocks say.
  applied_concurrent,  ///< True conflict, larger stamp: the change wins, the current value is the loser.
  superseded,          ///< True conflict, smaller stamp: the change is the loser.
};

/// `base_seq` is the version the author saw (−1: none that can ever be current).
Verdict judge_register(const RegisterState& current, int64_t base_seq, const Stamp& incoming);

/// A tag: an author who had seen the element's last change, or made it, decides; otherwise adding wins.
Verdict judge_element(bool seen, bool present, bool adding);

/// The one stamp of a transaction: the author's time corrected by the clock offset, moved into the window in which
/// the transaction can have been made, and past every stamp the author had seen.
///   window_start  receipt of this device's last push that left nothing behind, or its first contact
///   previous      the last stamp given to this device
///   seen          the largest stamp among the registers whose current value the author had seen
Stamp bounded_stamp(int64_t claimed_ms, int64_t offset_ms, int64_t window_start_ms, int64_t now_ms, Stamp previous, Stamp seen,
                    uint32_t device);

}  // namespace holdfast
