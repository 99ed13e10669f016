#pragma once
// A change, small enough to merge: one record created, one register set, one tag put in or out, one life changed.

#include <string>
#include <vector>

#include "shared/model/record.h"

namespace holdfast {

enum class OpKind : uint8_t { create = 0, set = 1, add = 2, remove = 3, life = 4 };

struct FieldValue {
  uint16_t field = 0;
  Value value;
};

/// What the author saw in a register: the server's sequence number, or, while the author's own earlier
/// transaction was still unacknowledged, that transaction's number as a negative. For a change of life: the sequence
/// number of the whole row, since who deletes a record decides about everything in it. In the server's log bases are
/// resolved: a version, or −1 for none that could be current.
using Base = int64_t;

/// The author saw a version that the server gave in a history it has lost since (see Replica::reset). What the author saw of a
/// tag is then judged by time.
inline constexpr Base lost_base = 0;

struct Op {
  OpKind kind = OpKind::set;
  uint16_t entity = 0;  ///< Position in the schema.
  Id record;
  Base base = 0;        ///< Unused by create.
  std::vector<FieldValue> values;  ///< create: any fields; set: every field of one register; add, remove: the tags field.
  std::string element;             ///< add, remove.
  Life life = Life::live;          ///< life.
  bool saw_trashed = false;        ///< set, add, remove: the author changed a record they saw in the trash.
};

/// Applied, or refused, as a whole.
struct Transaction {
  int64_t op_no = 0;          ///< Contiguous from 1 on each device installation; counts transactions.
  int64_t claimed_ms = 0;     ///< The author's clock.
  uint32_t mono_epoch = 0;    ///< Rises when the device's clock was seen to jump.
  int schema = schema_version;
  std::vector<Op> ops;
};

/// One transaction travels whole, so it must fit into a request.
inline constexpr size_t ops_per_transaction_max = 500, bytes_per_transaction_max = 1024 * 1024;

/// The order the server gives: milliseconds in the high 48 bits, a counter in the low 16, ties by device.
struct Stamp {
  int64_t hlc = 0;
  uint32_t device = 0;
  friend bool operator==(const Stamp& a, const Stamp& b) { return a.hlc == b.hlc && a.device == b.device; }
  friend bool operator<(const Stamp& a, const Stamp& b) { return a.hlc != b.hlc ? a.hlc < b.hlc : a.device < b.device; }
};
inline constexpr int64_t hlc_from_ms(int64_t ms) { return ms << 16; }
inline constexpr int64_t ms_from_hlc(int64_t hlc) { return hlc >> 16; }

}  // namespace holdfast
