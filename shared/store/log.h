#pragma once
// The server's own tables beside the typed rows: the log of accepted transactions, devices, refusals, tag elements.
//
// The log gives every accepted transaction its sequence number and stamp. What the transactions say is history, undo and audit only;
// cutting that, by rewrite_bodies(), does not hurt sync.

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>

#include "shared/model/op.h"
#include "shared/store/log_blocks.h"
#include "shared/store/runs.h"
#include "shared/store/tables.h"

namespace holdfast {

/// Who made an accepted transaction.
struct Author {
  Stamp stamp;
  Id member;
};

struct Device {
  uint32_t ordinal = 0;
  Id install, member;
  std::string name;
  int64_t last_op_no = 0;  ///< The last transaction judged.
  int64_t last_hlc = 0;
  int64_t drained_at = 0;  ///< Receipt of the last push that left nothing behind.
  int64_t last_seen = 0;
  bool removed = false;    ///< Nothing is taken from it or given to it any more.
  uint32_t family = 0;     ///< The device of which it and others are copies, perhaps itself; 0 for those without copies.
  uint32_t was = 0;        ///< Whose number it had until it got its own; 0 for those that are no copies.
  int64_t parted = 0;      ///< The last transaction it wrote under that number.
};

struct StoredRefusal {
  int64_t op_no = 0;
  std::string code, reason;
  std::string body;  ///< What it was about and what its author had seen there, without a word of it.
  uint32_t sum = 0;
  int64_t late = 0;  ///< Where its outcome was told, if that was not at once.
};

/// A transaction about a record the server has never seen: applied when that record comes. Without a body it is what a copy of
/// another device has in common with that: the outcome of the one is that of the other.
struct Quarantined {
  int64_t no = 0;
  uint32_t device = 0;
  int64_t op_no = 0, hlc = 0, at_ms = 0;
  std::string body;
};

struct TagElement {
  bool present = false;
  int64_t seq = 0;
};

class Log {
 public:
  explicit Log(Tables& tables) : tables_(tables), db_(tables.db()), blocks_(tables), runs_(db_) {}

  Result<int64_t> head();
  /// After a rollback: what is remembered of it is not true any more.
  void forget() { head_ = -1, recent_.clear(), authors_.clear(), names_.clear(), blocks_.forget(), runs_.forget(); }
  Status append(LogEntry);
  /// For whoever appends many: they are written block by block, and what finds them by their devices' numbers once, at write_held().
  void hold() { blocks_.hold(), runs_.hold(); }
  Status write_held();
  Result<std::optional<Author>> author_of(int64_t seq);
  Result<std::optional<LogEntry>> find(int64_t seq);
  Result<int64_t> seq_of(uint32_t device, int64_t op_no);  ///< 0 when it was not accepted.
  /// The checksum under which a judged transaction came, 0 when that is not known any more; none when nothing was judged under this number.
  Result<std::optional<uint32_t>> sum_of(uint32_t device, int64_t op_no);
  /// The same of all numbers of a device, the newest first, at most so many.
  Result<std::vector<std::pair<int64_t, uint32_t>>> newest_sums(uint32_t device, int count_max);
  /// What is wrong with the sequence of its numbers, and with how devices' numbers lead to them; nothing, as it should be.
  Result<std::vector<std::string>> faults();

  Result<std::optional<TagElement>> element(size_t entity, int64_t row, uint32_t field, std::string_view element);
  Status put_element(size_t entity, int64_t row, uint32_t field, std::string_view element, const TagElement&);
  /// The versions of all of them, also of those that are not there any more.
  Result<std::vector<int64_t>> element_versions(size_t entity, int64_t row, uint32_t field);
  Result<std::vector<std::string>> present_elements(size_t entity, int64_t row, uint32_t field);

  Result<std::optional<Device>> device(uint32_t ordinal);
  Result<std::string> device_name(uint32_t ordinal);  ///< Empty when it has none, or is none.
  Result<std::optional<Device>> device_of(const Id& install);
  Result<std::vector<Device>> devices();
  Result<uint32_t> add_device(const Device&);  ///< Gives the ordinal, 1 upwards.
  Status put_device(const Device&);

  Status refuse(uint32_t device, const StoredRefusal&);
  /// What became, at `seq`, of a transaction that waited: accepted (no code), or refused after all.
  Status settle_late(uint32_t device, const StoredRefusal&, int64_t seq);
  /// Of transactions after `op_no`, and what became of older ones after `seq`.
  Result<std::vector<StoredRefusal>> refusals_after(uint32_t device, int64_t op_no, int64_t seq);
  Result<std::optional<StoredRefusal>> refusal(uint32_t device, int64_t op_no);
  /// A device and its copies: what it was judged for is common to the family from now on, and so are the copies it has.
  Status join_family(const Device&, uint32_t family);
  /// What copies of one device have in common: under which of their numbers transaction `op_no` with this sum was judged; 0 if not.
  Result<uint32_t> judged_in_family(uint32_t family, int64_t op_no, uint32_t sum);
  Status note_judged(uint32_t family, int64_t op_no, uint32_t sum, uint32_t device);
  /// It counts as sent by `device` too, as far as seq_of() goes.
  Status adopt(uint32_t device, int64_t op_no, int64_t seq);
  Result<bool> adopted(uint32_t device, int64_t seq);
  Result<std::set<std::pair<uint32_t, int64_t>>> adoptions();  ///< All: device, seq.
  /// The creation of a record was refused: what builds on it waits for nothing.
  Status refuse_record(const Id&);
  Result<bool> record_refused(const Id&);

  Status quarantine(const Id& record, const Quarantined&);
  Result<std::vector<Quarantined>> quarantined(const Id& record);  ///< In the order they came.
  Result<std::vector<Quarantined>> quarantined();                  ///< All of them.
  Result<int64_t> quarantined_of(uint32_t device);
  struct Waiting {
    Id record;
    Quarantined change;
  };
  Result<std::optional<Waiting>> waiting(uint32_t device, int64_t op_no);
  Status drop_quarantined(int64_t no);
  Result<std::vector<Quarantined>> quarantined_before(int64_t at_ms);

  /// How far the device's clock was off in one stretch of its steady clock, as last measured; none when it never was.
  Result<std::optional<int64_t>> clock_offset(uint32_t device, uint32_t mono_epoch);
  Status put_clock_offset(uint32_t device, uint32_t mono_epoch, int64_t offset_ms);

  /// Calls `rewrite` for every kept transaction; what it changes is stored. For erasing.
  Status rewrite_bodies(const std::function<Result<bool>(std::string& body)>& rewrite);
  Status forget_elements(size_t entity, int64_t row);

 private:
  Tables& tables_;
  Database& db_;
  LogBlocks blocks_;
  Runs runs_;
  int64_t head_ = -1;  ///< −1: ask the database.
  std::deque<Author> recent_;                    ///< Of the last numbers, up to the head.
  std::unordered_map<int64_t, Author> authors_;  ///< Of earlier ones that were asked for.
  std::unordered_map<uint32_t, std::string> names_;  ///< Of devices asked for.
};

}  // namespace holdfast
