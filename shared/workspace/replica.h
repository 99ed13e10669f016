#pragma once
// A device's side: unacknowledged edits (outbox and pending rows), and taking over what the server says.
//
// The typed row holds what the person sees. While an edit of a register is unacknowledged, `pending` keeps what the
// server last said; an acknowledgement deletes it, a refusal restores it. Nothing is merged here.

#include <map>
#include <set>

#include "shared/store/outbox.h"
#include "shared/store/pending.h"
#include "shared/store/unknown.h"
#include "shared/sync/codec.h"
#include "shared/workspace/workspace.h"

namespace holdfast {

/// Who this installation is to the server. Nil and zero until the first sign-in.
struct Identity {
  Id workspace, install, member;
  uint32_t device = 0;
};

/// A transaction the server refused; its author decides what to do with it.
struct RejectedEdit {
  int64_t op_no = 0;
  std::string label, code, reason;
  int64_t at_ms = 0;
  std::string entity;  ///< Of the first record touched.
  Id record;
};

class Replica final : public Journal {
 public:
  static Result<std::unique_ptr<Replica>> open(Workspace&);

  /// So long what the server has taken is kept, in case it comes back from a backup without it.
  static constexpr int64_t sent_kept_ms = int64_t{7} * 86'400'000;

  const Identity& identity() const { return identity_; }
  Status sign_in(const Identity&);
  /// This data is a copy of another device's: from now on it is an installation of its own, and sends what it has not sent.
  Status renew(const Id& install, uint32_t device);
  /// Refused for now: the server keeps them until a record comes. To be told when a new number is asked for.
  Result<std::vector<int64_t>> waiting();

  // Journal
  Status write(PreparedEdit&) override;
  void forget() override { last_op_no_ = -1, any_pending_ = true, mono_epoch_kept_ = false; }

  // Outgoing
  Outbox& outbox() { return outbox_; }
  /// The oldest transactions after `op_no`, up to about `bytes_max`; at least one if there is any.
  Result<PushRequest> next_push(int64_t after_op_no, size_t bytes_max, int64_t wall_ms);
  /// Everything unsent or refused as JSON, for a person to keep.
  Result<std::string> export_outbox();

  // Incoming
  Result<std::string> cursor() { return held_.empty() ? tables_.meta("cursor") : Result<std::string>(held_cursor_); }
  /// The server has judged what was sent up to here, these very bytes: only so far is an acknowledgement ours. One beyond it may
  /// speak of a copy of this device; sending again tells.
  void confirmed(int64_t op_no) { confirmed_ = op_no; }
  /// Pages of a pull that is under way are held in memory up to so many bytes, then staged in the database: a pull that is cut off
  /// begins again at what was staged last.
  size_t hold_max = size_t{4} << 20;
  Result<int64_t> acked_op_no() { return tables_.meta_int("acked_op_no"); }
  Result<int64_t> synced_at() { return tables_.meta_int("synced_at"); }  ///< Server time of the last complete pull; 0 before the first.
  struct Loading {
    int64_t rows = 0, total = 0, bytes = 0;  ///< So far, about in all, so far.
  };
  /// A first load is not complete: what is here is not whole yet. None afterwards, also while everything is loaded anew.
  Result<std::optional<Loading>> loading();
  /// The workspace's rule: not synced for too many days, nothing is shown until it is. Edits made before are kept.
  Result<bool> locked();
  /// Takes a page. Pages of a pull wait until the last one and are published in one transaction; those of a
  /// snapshot are applied as they come. True when everything the server had is now visible.
  Result<bool> receive(PageReader&);
  Result<bool> receive(std::string_view page);
  /// The server came back with another history (see PageHeader::reset): what it does not have of ours waits to be sent
  /// again, then a snapshot is loaded. Unsent edits stay.
  Status reset(const PageHeader&);

  Result<std::vector<RejectedEdit>> rejected();
  Status dismiss_rejected(int64_t op_no);
  /// What a person has before them in each register of a record, by leader field: to be named by an edit that is decided on now
  /// and written later (Edit::saw). Means nothing any more once the history is another: see `history`.
  Result<std::map<uint16_t, Base>> seen(const Entity&, const Id&);
  Result<std::string> history() { return tables_.meta("epoch"); }
  /// The registers of a record with unacknowledged edits, by leader field.
  Result<std::vector<uint16_t>> pending_fields(const Entity&, const Id&);
  /// Proves visible = confirmed + pending, and that every pending row has its transaction. Empty when all is well.
  Result<std::vector<std::string>> check();

 private:
  explicit Replica(Workspace& ws)
      : ws_(ws), tables_(ws.tables()), outbox_(ws.tables().db()), pending_(ws.tables()), unknown_(ws.tables()) {}
  Result<std::vector<Former>> formers();
  Status note_identity(const Identity&);
  void take_identity(const Identity&);
  Result<int64_t> next_op_no();
  Status write_op(PreparedOp&, Row&, int64_t op_no, std::vector<uint16_t>& fields);
  Status publish(PageReader& last);
  Result<bool> take_pages(PageReader& last, int64_t before, int64_t acked);
  Status take_rows(PageReader&, int64_t acked);
  Status apply(const RowChange&, int64_t acked);
  Status put_row(const RowChange&, int64_t acked);
  Status keep_unknown_fields(const RowChange&);
  Status keep_unknown_record(const RowChange&);
  Status learn();
  Status learn_records(size_t entity);
  Status learn_field(size_t entity, const FieldDef&);
  Versions versions_after(const RowChange&, Versions);
  Status update_row(Row&, const RowChange&, int64_t acked);
  Status refuse(const Refusal&);
  Status settle_waiting(const Refusal&, int64_t server_ms);
  Status erase(Rows&, const Id&);
  Status evict(Rows&, const Id&);
  Status forget_staged();
  Status hold(std::string_view page, const PageHeader&);
  Status remove_row(Rows&, const Id&);
  Status forget_evicted();
  Status forget_sent_of_hidden();
  Status forget_ops(OutboxEntry&, const std::function<bool(const Id&)>& about);
  Status show_waiting_edits(const Id&, int64_t acked);
  Status load_anew();
  Status drop_outdated_stage();
  Result<int64_t> known_after(const PageHeader&);
  Status take_outcomes(const PageHeader&, int64_t known);
  Status make_pending_again(const Transaction&);
  Status follow_clock();
  Status look_at_judged(int64_t acked);
  size_t judged_from(const PendingTable::Key&) const;  ///< Where it is or would be.
  bool is_told(const PendingTable::Key&) const;
  Status settle(int64_t acked);
  Status settle_one(PendingRegister&, int64_t acked);

  Workspace& ws_;
  Tables& tables_;
  Outbox outbox_;
  PendingTable pending_;
  UnknownTable unknown_;
  bool keeps_unknown_ = false;  ///< Since everything was loaded; what came before is not all there.
  bool any_unknown_ = false;
  Identity identity_;
  int64_t last_op_no_ = -1;  ///< −1: ask the database.
  bool any_pending_ = true;  ///< May be true without need, never false wrongly.
  int64_t confirmed_ = 0;
  std::vector<std::string> held_;  ///< Pages after those staged, and where the last of them leads.
  std::string held_cursor_;
  bool erased_ = false;      ///< Something was erased by the transaction under way.
  bool hidden_edits_ = false;  ///< Edits wait of a record that has gone; it may come back.
  int64_t settling_ = -1;    ///< In publish: what is acknowledged up to here is dropped at its end, all at once.
  std::vector<PendingTable::Key> judged_;  ///< Registers whose outcome this pull brings, sorted,
  std::vector<bool> told_;                 ///< and whether it has by now.
  int64_t all_judged_ = -1;  ///< In publish: with this acknowledged nothing is pending any more; −1: something is, or may be.
  std::set<Id> evicted_;     ///< Records that went with it, because this member may not see them any more.
  uint32_t mono_epoch_ = 0;  ///< Rises when the wall clock was set, and with each start.
  bool mono_epoch_kept_ = true;  ///< The database may be behind, after a transaction that was rolled back.
  int64_t wall_minus_mono_ = 0;
};

}  // namespace holdfast
