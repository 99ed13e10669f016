// Devices that are copies of one another. What they have in common, the same number and the same bytes, is judged once, under the
// number of whichever sends it first; the outcome stands for all. They make up a family.

#include <algorithm>
#include <set>

#include "shared/base/mutant.h"
#include "shared/workspace/judging.h"

namespace holdfast {

Result<Device> Authority::renew_device(const Id& install, const Id& member, uint32_t was, const std::vector<int64_t>& waiting) {
  return ws_.atomically([&]() -> Result<Device> {
    if (TRY(log_.device_of(install))) return Error{ErrorKind::conflict, "This installation cannot be renewed."};
    const std::optional<Device> old = TRY(log_.device(was));
    const bool same_hands = old && old->member == member;
    Device device;
    device.install = install;
    device.member = member;
    device.name = TRY(free_name(member, old ? old->name : "Browser"));
    device.last_seen = ws_.clock().wall_ms();
    device.drained_at = same_hands ? old->drained_at : device.last_seen;
    device.ordinal = TRY(log_.add_device(device));
    if (!same_hands || MUTANT(copy_judged_anew)) return device;
    TRY(join_family_of(device, *old));
    const int64_t next = TRY(log_.head()) + 1;  // Told by any pull before the next change.
    for (const int64_t op_no : std::set<int64_t>(waiting.begin(), waiting.end()))
      if (const std::optional<StoredRefusal> told = TRY(log_.refusal(was, op_no))) TRY(share_outcome(device, was, op_no, told->sum, next));
    TRY(log_.put_device(device));
    return device;
  });
}

Status Authority::join_family_of(Device& device, const Device& other) {
  const uint32_t family = other.family ? other.family : other.ordinal;
  if (!other.family) TRY(log_.join_family(other, family));
  TRY(log_.join_family(device, family));
  device.family = family;
  return {};
}

/// Whose copy a device is it says itself with each push: a server back from a backup may not know any more, not even what the
/// device was in between.
Status Authority::join_family(Device& device, const std::vector<Former>& formers) {
  if (device.was || MUTANT(copy_judged_anew)) return {};
  uint32_t newer = device.ordinal;
  for (const Former& former : formers) {
    const std::optional<Device> known = TRY(log_.device_of(former.install));
    if (!known || !(known->member == device.member) || known->ordinal == device.ordinal) continue;
    TRY(join_family_of(device, *known));
    std::optional<Device> other;
    if (newer != device.ordinal) other = TRY(log_.device(newer));
    Device& later = other ? *other : device;
    if (!later.was) {
      later.was = known->ordinal;
      later.parted = former.written;
      if (other) TRY(log_.put_device(later));
    }
    newer = known->ordinal;
  }
  return {};
}

Result<bool> Authority::judged_in_family(Device& device, int64_t op_no, uint32_t sum) {
  if (!device.family) return false;
  const uint32_t other = TRY(log_.judged_in_family(device.family, op_no, sum));
  if (!other || other == device.ordinal || !TRY(share_outcome(device, other, op_no, sum, 0))) return false;
  device.last_op_no = op_no;
  return true;
}

/// What became of a transaction under the number of `other` is told to `device` too; at seq `late`, if it does not ask just now. False
/// when that is not known any more.
Result<bool> Authority::share_outcome(Device& device, uint32_t other, int64_t op_no, uint32_t sum, int64_t late) {
  std::optional<StoredRefusal> refused = TRY(log_.refusal(other, op_no));
  if (refused && !refused->code.empty()) {
    const bool waits = refused->code == "waiting";
    if (waits) {
      std::optional<Log::Waiting> waiting = TRY(log_.waiting(other, op_no));
      if (!waiting) return false;
      waiting->change.device = device.ordinal;
      TRY(log_.quarantine(waiting->record, waiting->change));
    }
    refused->sum = sum;
    refused->late = waits ? 0 : late;
    TRY(log_.refuse(device.ordinal, *refused));
    return true;
  }
  const int64_t seq = TRY(log_.seq_of(other, op_no));
  if (!seq) return false;
  TRY(log_.adopt(device.ordinal, op_no, seq));
  if (const std::optional<Author> author = TRY(log_.author_of(seq))) device.last_hlc = std::max(device.last_hlc, author->stamp.hlc);  // What follows comes after it.
  if (late) TRY(log_.settle_late(device.ordinal, {op_no, {}, {}, {}}, late));
  return true;
}

/// The record has come for which a transaction waits that `q` has in common with another device; that one came first.
Status Authority::settle_common(const Quarantined& q, const Judging& current) {
  Device* const at_work = current.device_at_work(q.device);
  std::optional<Device> other;
  if (!at_work) other = TRY(log_.device(q.device));
  if (!at_work && !other) return {};
  Device& device = at_work ? *at_work : *other;
  const std::optional<StoredRefusal> told = TRY(log_.refusal(q.device, q.op_no));
  if (!told || !device.family) return {};
  const uint32_t first = TRY(log_.judged_in_family(device.family, q.op_no, told->sum));
  if (first) TRY(share_outcome(device, first, q.op_no, told->sum, TRY(log_.head())));
  return at_work ? Status() : log_.put_device(device);
}

/// Whether a device has itself made what transaction `seq` set, under its own number or that of a copy.
Result<bool> Authority::made_by(const Device& device, int64_t seq) {
  const std::optional<Author> author = TRY(log_.author_of(seq));
  return author && (author->stamp.device == device.ordinal || (device.family && TRY(log_.adopted(device.ordinal, seq))));
}

/// Whether the author of a change that had to wait has gone on since: what they said later in a register or of a tag stands, and what
/// waited is only their way there.
Result<bool> Authority::overtaken(const Judging& j, int64_t seq) {
  if (!j.waited || seq < 1 || MUTANT(waited_overtakes) || !TRY(made_by(*j.device, seq))) return false;
  const std::optional<LogEntry> entry = TRY(log_.find(seq));
  return entry && entry->op_no > j.waited;
}

/// A register as `device` is to be judged by: what it made itself counts as its own.
Result<RegisterState> Authority::register_state(const Device& device, int64_t version) {
  RegisterState state{version, {}};
  if (const std::optional<Author> author = TRY(log_.author_of(version))) state.stamp = author->stamp;
  if (TRY(made_by(device, version))) state.stamp.device = device.ordinal;
  return state;
}

}  // namespace holdfast
