#pragma once
// The server's side: judges transactions, gives them their place and stamp, merges them into the rows, and tells
// devices what changed. All order in the system comes from here.

#include <functional>

#include "shared/model/merge.h"
#include "shared/store/log.h"
#include "shared/store/scopes.h"
#include "shared/sync/codec.h"
#include "shared/workspace/kept_pages.h"
#include "shared/workspace/server_clock.h"
#include "shared/workspace/workspace.h"

namespace holdfast {

struct Touched;

class Authority final : public Journal {
 public:
  static Result<std::unique_ptr<Authority>> open(Workspace&);

  const Id& workspace_id() const { return workspace_id_; }
  const Id& epoch() const { return epoch_; }
  Result<int64_t> head() { return log_.head(); }
  Log& log() { return log_; }
  ServerClock& server_clock() { return clock_; }
  KeptPages& kept_pages() { return kept_pages_; }
  KeptChanges& kept_changes() { return kept_changes_; }
  /// Devices that have not synced for so many days lock themselves until they do; 0: never.
  int offline_days = 0;
  /// Of all kinds together. More than that is refused, so that nobody fills the disk of all others.
  int64_t records_max = 20'000'000;

  // Journal: the server's own writes, as device 0 unless told otherwise.
  Status write(PreparedEdit&) override;
  void forget() override { records_ = -1, scopes_.forget(), log_.forget(), kept_pages_.forget(), kept_changes_.forget(); }
  void write_as_device(uint32_t ordinal) { own_device_ = ordinal; }

  /// Finds the device of an installation, or gives a new one its ordinal. A name that another device of the member has is told apart
  /// by a number: a conflict between the two says which is which.
  Result<Device> register_device(const Id& install, const Id& member, const std::string& name);
  /// Gives a copy of device `was` a number of its own, and tells it under that number what becomes of those of its transactions
  /// that were `waiting` for a record. What the two have in common stays judged, see push. Kinds: conflict when `install` is known.
  Result<Device> renew_device(const Id& install, const Id& member, uint32_t was, const std::vector<int64_t>& waiting = {});

  /// What a device is answered.
  struct Page {
    std::string bytes;
    bool reset = false;  ///< The device speaks of another history; the bytes say from where it begins again.
  };
  /// A device that may sync. Error kind gone: it was removed; forbidden: the server does not know it.
  Result<Device> known_device(uint32_t ordinal);
  /// Takes a device's rights away; its next contact tells it to remove its data. What it has not sent is lost with it.
  Status remove_device(uint32_t ordinal);
  /// Gives it a name that tells people more. Kinds: invalid for none, or more than device_name_max bytes; not_found; conflict when another device
  /// of the same member has it.
  static constexpr size_t device_name_max = 100;
  Status name_device(uint32_t ordinal, std::string_view name);

  /// A push frame from `device`. Error kind conflict: a copy of the device has used the same numbers; it needs a new installation. Every transaction is judged exactly once, however often it is sent.
  Result<Page> push(uint32_t device, std::string_view frame);

  /// The next page for a device: of a snapshot while the cursor is empty or a snapshot's, of changes otherwise.
  /// `acked` is what the device says it knows to be judged; `epoch`, of which history it speaks, where no cursor says so. Nil: of none yet.
  Result<Page> page(uint32_t device, std::string_view cursor, int64_t acked, size_t bytes_max, const Id& epoch = {});

  /// What a member may see; a nil id is the server itself, which sees everything.
  Result<Viewer> viewer(const Id& member);
  Result<bool> sees(const Id& member, const Entity&, const Id&);
  /// For Query::scopes: none when the member sees everything.
  Result<std::optional<std::vector<int64_t>>> scopes_seen_by(const Id& member);

  /// Erases a record and its contact details for good: from rows, log, refusals, conflicts and search, and from devices
  /// with their next pull. The ids stay, so that nothing can bring it back. `everything`: with its tasks, activities and their
  /// attachments too. Returns how many rows were erased.
  enum class Erase : uint8_t { record, everything };
  Result<int64_t> purge(const Entity&, const Id&, Erase = Erase::record);

  /// A new history begins (after a restore): devices send again what is missing here, then start from a snapshot.
  Status begin_epoch();

  /// Sequence, versions, tags and rows agree with each other and with the log. Empty when all is well.
  Result<std::vector<std::string>> check();

 private:
  explicit Authority(Workspace& ws) : ws_(ws), tables_(ws.tables()), log_(ws.tables()), scopes_(ws.tables()), clock_(ws.tables(), ws.clock()) {}
  struct Judging;
  struct Refused {
    std::string code, reason;
    Id waits_for;  ///< Not nil: to be judged again when this record comes.
  };
  Result<std::set<std::string>> device_names(const Id& member);
  Result<std::string> free_name(const Id& member, const std::string& wanted);
  Status join_family_of(Device&, const Device& other);
  Status join_family(Device&, const std::vector<Former>&);
  Result<bool> judged_in_family(Device&, int64_t op_no, uint32_t sum);
  Result<bool> share_outcome(Device&, uint32_t other, int64_t op_no, uint32_t sum, int64_t late);
  Status settle_common(const Quarantined&, const Judging& current);
  Result<bool> made_by(const Device&, int64_t seq);
  Result<bool> overtaken(const Judging&, int64_t seq);
  Result<RegisterState> register_state(const Device&, int64_t version);
  /// `unfit`: why it is refused unread, if it is; the transaction has then what could be read of it.
  Status judge(Device&, const Viewer&, Transaction, int64_t offset_ms, std::optional<Refused> unfit, uint32_t sum);
  Result<bool> drop_erased(Transaction&);
  Result<bool> exists(const Id& record);
  Status refuse_creations(const Transaction&);
  static void in_order(Transaction&);
  Result<int64_t> records();
  Status accept(Device&, Transaction, Judging&, const std::function<Stamp(Stamp seen)>&);
  Status release(const Id& record, const Judging& current);
  Status give_up_waiting(int64_t before_ms);
  Status merge_notes(Judging&);
  Status spread_order(const Transaction&);
  Result<std::optional<Refused>> validate(const Device&, const Transaction&, Judging&);
  Status want(Touched&, const Op&);
  uint32_t register_of(const Op&) const;
  Status apply(Judging&, const Transaction&);
  Status apply_op(Judging&, const Op&);
  Result<int64_t> unseen_version(const Judging&, size_t entity, const Row&, uint32_t reg, int64_t since);
  Status apply_life(Judging&, const Op&, size_t touched);
  Status apply_set(Judging&, const Op&, size_t touched);
  Status apply_element(Judging&, const Op&, size_t touched);
  Status record_conflict(Judging&, const Op&, size_t touched, bool incoming_won);
  Status ask_about_trashed(Judging&, const Op&, size_t touched);
  Status follow_kept(Judging&, const Op&, size_t touched, int64_t current);
  enum class Side : bool { kept, lost };
  Status put_side(Record& conflict, Side, const std::string& text, const Author&, int64_t seq);
  Result<std::vector<Row>> open_conflicts(const Judging&, const Id& record, std::string_view field, std::string_view reason, Side, int64_t seq);
  Result<std::optional<Row>> conflict_of_step(const Judging&, const Id& record, std::string_view field, std::string_view reason, int64_t base);
  Row new_conflict(const Entity&, const Id& record, std::string_view field, std::string_view reason);
  static bool is_settled(const Judging&, const Row& conflict);
  void settle_conflict(Judging&, Row);
  void change_conflict(Judging&, Row, bool decides);
  Status write_conflicts(Judging&);
  Status record_life_conflict(Judging&, size_t touched, int64_t other_seq, Life kept, Life lost, bool incoming_lost);
  Result<std::optional<Refused>> validate_merge(Judging&, const Op&);
  Status tell_of_merged_edit(Judging&, const Op&, size_t touched);
  Status tell_of_joined(Judging&, size_t entity, const Id& joining, const Id& stands);
  Status tell_of_unseen_edits(Judging&, const Op&);
  Status record_merged_conflict(Judging&, size_t entity, const Row& root, const Row& loser, uint16_t leader, const std::vector<Value>& lost, const Author& author, int64_t lost_seq, int64_t earlier, bool at_loser = false);
  Result<Value> value_at(int64_t seq, const Op& like);
  Result<Device> own_device();
  Status put_own_device(const Device&);
  Result<int64_t> resolve_base(const Device&, const Op&, int64_t op_no, bool so_far);
  Result<std::string> without_words(const Device&, Transaction);
  std::pair<int, Id> seen_with(const Record&) const;
  Result<int64_t> scope_of(const Record&);
  Status settle_scope(int64_t seq, size_t entity, int64_t row);
  Status settle_scopes_below(int64_t seq, size_t entity, const Id&);
  Result<bool> may_place(const Judging&, const Record& wanted);
  struct Cursor;
  static Result<Cursor> parse_cursor(std::string_view);
  static std::string format_cursor(const Cursor&);
  Result<int64_t> common_head(const Id& epoch);
  Result<Page> reset_page(const Device&, const Id& spoken);
  Result<std::string> snapshot_page(PageHeader, Cursor, const Viewer&, size_t bytes_max);
  Result<KeptPages::Page> read_snapshot(const KeptPages::Place&, const Viewer&);
  Result<std::string> change_page(PageHeader, Cursor, const Viewer&, size_t bytes_max);
  Result<KeptChanges::Page> read_changes(Cursor, const Viewer&, int64_t grant, size_t bytes_max);

  Workspace& ws_;
  Tables& tables_;
  Log log_;
  Scopes scopes_;
  ServerClock clock_;
  KeptPages kept_pages_;
  KeptChanges kept_changes_;
  Id workspace_id_, epoch_;
  uint32_t own_device_ = 0;
  int64_t records_ = -1;   ///< Of all kinds; −1: to be counted.
  bool own_hand_ = false;  ///< A write is the server's, whoever it is made for: no rights are asked.
  Status commit_by_own_hand(const Edit&, const Id& for_member, const char* label);
};

}  // namespace holdfast
