// Replica's other half: pages from the server, acknowledgements, refusals, and the proof that all of it adds up.

#include <algorithm>
#include <set>

#include "shared/base/mutant.h"
#include "shared/store/blobs.h"
#include "shared/store/search.h"
#include "shared/workspace/replica.h"

namespace holdfast {

Result<bool> Replica::receive(std::string_view bytes) {
  PageReader page = TRY(PageReader::open(bytes, tables_.schema()));
  return receive(page);
}

Result<bool> Replica::receive(PageReader& page) {
  const std::string_view bytes = page.bytes();
  const PageHeader& h = page.header();
  if (h.cursor.empty()) return Error{ErrorKind::corrupt, "The server sent a page without a cursor."};
  const bool snapshot = h.cursor[0] == 's' || TRY(cursor()).starts_with("s") || TRY(cursor()).empty();
  if (snapshot) {
    TRY(ws_.atomically([&]() -> Status {
      if (h.begins_again) TRY(load_anew());
      // Into an empty database at once: nothing is shown before all of it is there. Else it waits for the pull that follows, and
      // what was there before stays until then.
      if (TRY(cursor()).empty()) TRY(tables_.set_meta_int("unknown_kept", !TRY(tables_.meta_int("resetting"))));
      if (!TRY(tables_.meta_int("resetting")) || MUTANT(load_seen_half)) TRY(take_rows(page, TRY(acked_op_no())));
      else TRY(tables_.set_meta_int("staged_load", TRY(outbox_.stage(bytes))));
      const bool first = h.begins_again || TRY(cursor()).empty();
      TRY(tables_.set_meta_int("load_rows", (first ? 0 : TRY(tables_.meta_int("load_rows"))) + static_cast<int64_t>(page.count())));
      TRY(tables_.set_meta_int("load_bytes", (first ? 0 : TRY(tables_.meta_int("load_bytes"))) + static_cast<int64_t>(bytes.size())));
      if (first) TRY(tables_.set_meta_int("load_total", h.total));
      TRY(tables_.set_meta("epoch", h.epoch.text()));
      return tables_.set_meta("cursor", h.cursor);
    }));
    ws_.changed();
    return false;
  }
  if (h.more) {
    if (MUTANT(ack_before_rows) && h.acked_op_no > TRY(acked_op_no()))
      TRY(ws_.atomically([&]() -> Status {
        judged_.clear();
        TRY(look_at_judged(h.acked_op_no));
        TRY(settle(h.acked_op_no));
        TRY(outbox_.sent_up_to(h.acked_op_no, h.server_ms));
        return tables_.set_meta_int("acked_op_no", h.acked_op_no);
      }));
    if (MUTANT(pull_seen_half)) TRY(ws_.atomically([&]() -> Status { return take_rows(page, TRY(acked_op_no())); }));
    TRY(hold(bytes, h));
    return false;
  }
  erased_ = false;
  if (MUTANT(cursor_before_rows)) TRY(ws_.atomically([&] { return tables_.set_meta("cursor", h.cursor); }));
  TRY(ws_.atomically([&]() -> Status {
    if (h.begins_again) TRY(forget_staged());
    return publish(page);
  }));
  held_.clear();
  TRY(tables_.clean_journal());
  return true;
}

/// A page that is not the last waits for the others.
Status Replica::hold(std::string_view page, const PageHeader& h) {
  size_t bytes = page.size();
  for (const std::string& earlier : held_) bytes += earlier.size();
  if (!h.begins_again && bytes <= hold_max) {
    held_.emplace_back(page);
    held_cursor_ = h.cursor;
    return {};
  }
  TRY(ws_.atomically([&]() -> Status {
    if (h.begins_again) TRY(forget_staged());
    else
      for (const std::string& earlier : held_) (void)TRY(outbox_.stage(earlier));
    (void)TRY(outbox_.stage(page));
    return tables_.set_meta("cursor", h.cursor);
  }));
  held_.clear();
  return {};
}

/// Pages that came earlier in this pull may hold what is not to be seen any more. The load before it stands.
Status Replica::forget_staged() {
  held_.clear();
  TRY(outbox_.clear_stage(TRY(tables_.meta_int("staged_load"))));
  return tables_.note_erased();
}

Status Replica::remove_row(Rows& rows, const Id& id) {
  if (const int64_t row = TRY(rows.find(id))) {
    TRY(pending_.drop_row(rows.entity_index(), row));
    TRY(rows.remove(row));
    erased_ = true;
  }
  if (!MUTANT(unknown_left_behind)) TRY(unknown_.drop(id));
  TRY(Drafts(tables_.db()).drop_about(id));
  return tables_.note_erased();
}

/// A transaction as it is kept, without what `about` speaks of.
Status Replica::forget_ops(OutboxEntry& entry, const std::function<bool(const Id&)>& about) {
  Transaction t = TRY(decode_transaction(entry.body, KeyTable::own(tables_), nullptr));
  std::erase_if(t.ops, [&](const Op& op) { return about(op.record); });
  entry.body = encode_transaction(t, tables_);
  return {};
}

/// A purged record: its row, what waits about it, and every word of it.
Status Replica::erase(Rows& rows, const Id& id) {
  TRY(remove_row(rows, id));
  return outbox_.rewrite([&](OutboxEntry& entry, Outbox::Kept) -> Result<bool> {
    if (entry.body.find(id.view()) == std::string::npos) return false;
    entry.label = "A change of a record that was erased";
    TRY(forget_ops(entry, [&](const Id& record) { return record == id; }));
    return true;
  });
}

Status Replica::evict(Rows& rows, const Id& id) {
  if (const int64_t row = TRY(rows.find(id)); row && !TRY(pending_.of_row(rows.entity_index(), row)).empty()) {
    TRY(tables_.set_meta_int("hidden_edits", 1));
    hidden_edits_ = true;
  }
  evicted_.insert(id);
  if (rows.entity().key == "attachment") {
    // A photo whose bytes are not yet sent is nowhere else: its author may still send them.
    const std::optional<Row> row = TRY(rows.read_head(id));
    if (row && !MUTANT(unsent_photo_evicted) && row->record.meta.created_by == identity_.member) TRY(Blobs(tables_).leave(id));
  }
  return remove_row(rows, id);
}

static constexpr const char* hidden_label = "A change of a record you can no longer see";

/// Of records this member may not see any more, and of what was sent about them, nothing stays. What their author has not sent
/// yet, or has in the inbox, is the author's own work: the server judges it by today's rights.
Status Replica::forget_evicted() {
  if (evicted_.empty()) return {};
  const auto gone = [&](const Id& id) { return evicted_.count(id) > 0; };
  return outbox_.rewrite([&](OutboxEntry& entry, Outbox::Kept kept) -> Result<bool> {
    const Transaction t = TRY(decode_transaction(entry.body, KeyTable::own(tables_), nullptr));
    if (std::none_of(t.ops.begin(), t.ops.end(), [&](const Op& op) { return gone(op.record); })) return false;
    entry.label = hidden_label;
    if (MUTANT(evict_drops_outbox) ? kept != Outbox::Kept::refused : kept == Outbox::Kept::sent && !MUTANT(evict_leaves_bytes)) TRY(forget_ops(entry, gone));
    return true;
  });
}

/// What waited for its acknowledgement while its record went goes with it now.
Status Replica::forget_sent_of_hidden() {
  if (MUTANT(evict_leaves_bytes)) return {};
  TRY(tables_.note_erased());
  return outbox_.rewrite([&](OutboxEntry& entry, Outbox::Kept kept) -> Result<bool> {
    if (kept != Outbox::Kept::sent) return false;
    std::set<Id> gone;
    for (const Op& op : TRY(decode_transaction(entry.body, KeyTable::own(tables_), nullptr)).ops)
      if (!TRY(ws_.rows(op.entity).find(op.record))) gone.insert(op.record);
    TRY(forget_ops(entry, [&](const Id& id) { return gone.count(id) > 0; }));
    return !gone.empty();
  });
}

/// A record has come back that had gone while edits of it waited: they are visible again.
Status Replica::show_waiting_edits(const Id& id, int64_t acked) {
  for (const OutboxEntry& entry : TRY(outbox_.after(acked, INT32_MAX))) {
    if (entry.body.find(id.view()) == std::string::npos) continue;
    Transaction t = TRY(decode_transaction(entry.body, KeyTable::own(tables_), nullptr));
    std::erase_if(t.ops, [&](const Op& op) { return !(op.record == id) || op.kind == OpKind::create; });
    TRY(make_pending_again(t));
  }
  return {};
}

/// Rows, acknowledgements, refusals and the cursor become true together.
Status Replica::publish(PageReader& last) {
  const PageHeader& h = last.header();
  const int64_t before = TRY(acked_op_no());
  if (h.acked_op_no > std::max(before, TRY(tables_.meta_int("sent_op_no"))))
    return Error{ErrorKind::conflict, "The server has changes under this device’s number that it never sent: its data is a copy, or an older state."};
  const int64_t acked = std::max(std::min(h.acked_op_no, confirmed_), before);
  any_pending_ = TRY(pending_.any());
  evicted_.clear();
  judged_.clear();
  TRY(look_at_judged(acked));
  settling_ = acked;
  const Result<bool> taken = take_pages(last, before, acked);
  settling_ = all_judged_ = -1;
  if (!taken.ok()) return taken.error();
  std::vector<int64_t> waits;  // Under a new number also those that were acknowledged under the old one.
  if (!h.refusals.empty()) waits = TRY(waiting());
  for (const Refusal& r : h.refusals) {
    if (std::find(waits.begin(), waits.end(), r.op_no) != waits.end()) TRY(settle_waiting(r, h.server_ms));
    else if (r.op_no > before && r.op_no <= acked && !r.code.empty()) TRY(refuse(r));
    else if (r.op_no <= before && !r.code.empty()) TRY(outbox_.reject_sent(r.op_no, r.code, r.reason));
  }
  if (any_pending_) TRY(settle(acked));
  const bool hidden = TRY(tables_.meta_int("hidden_edits")) != 0;
  if (acked > before) {
    TRY(outbox_.sent_up_to(acked, h.server_ms));
    TRY(outbox_.drop_sent_before(h.server_ms - sent_kept_ms));
    TRY(tables_.set_meta_int("acked_op_no", acked));
    if (TRY(outbox_.count()) == 0) TRY(tables_.set_meta_int("hidden_edits", 0));
  }
  if (TRY(tables_.meta_int("resetting"))) {
    for (size_t e = 0; e < ws_.schema().size(); e++)
      for (const Id& gone : TRY(ws_.rows(e).forgotten_rows())) TRY(evict(ws_.rows(e), gone));
    TRY(tables_.set_meta_int("resetting", 0));
    ws_.changed();
  }
  TRY(forget_evicted());
  if (hidden && (acked > before || !waits.empty())) TRY(forget_sent_of_hidden());
  if (erased_) TRY(Blobs(tables_).drop_unreferenced(INT64_MAX));
  if (erased_)
    for (size_t e = 0; e < ws_.schema().size(); e++)
      if (!ws_.schema()[e].found_by_parent) TRY(Search(tables_).forget_removed(ws_.rows(e)));
  if (*taken || acked > before || !h.refusals.empty()) ws_.changed();
  TRY(tables_.set_meta("cursor", h.cursor));
  TRY(tables_.set_meta_int("offline_days", h.offline_days));
  if (!MUTANT(lock_outlives_sync)) TRY(tables_.set_meta_int("synced_wall", ws_.clock().wall_ms()));
  return tables_.set_meta_int("synced_at", h.server_ms);
}

/// Everything that waited for the last page, and it. Whether there was anything in them.
Result<bool> Replica::take_pages(PageReader& last, int64_t before, int64_t acked) {
  const std::vector<int64_t> staged = TRY(outbox_.staged());
  bool loading = TRY(tables_.meta_int("staged_load")) != 0;  // A load's pages come first, and acknowledge nothing.
  if (loading) {
    for (size_t e = 0; e < ws_.schema().size(); e++) TRY(ws_.rows(e).forget_confirmed());
    TRY(tables_.set_meta_int("staged_load", 0));
    TRY(tables_.set_meta_int("unknown_kept", 1));
  }
  const auto take = [&](PageReader& page) {
    const bool loads = loading;
    loading = loading && page.header().cursor[0] == 's';
    return take_rows(page, loads ? before : acked);
  };
  for (const int64_t no : staged) {
    const std::string bytes = TRY(outbox_.staged_page(no));
    PageReader page = TRY(PageReader::open(bytes, tables_.schema()));
    TRY(take(page));
  }
  if (!staged.empty()) TRY(outbox_.clear_stage());
  for (const std::string& bytes : held_) {
    PageReader page = TRY(PageReader::open(bytes, tables_.schema(), PageReader::Sum::checked));
    TRY(take(page));
  }
  const bool any = last.count() > 0 || !staged.empty() || !held_.empty();
  TRY(take(last));
  return any;
}

Status Replica::take_rows(PageReader& page, int64_t acked) {
  hidden_edits_ = TRY(tables_.meta_int("hidden_edits")) != 0;
  keeps_unknown_ = TRY(tables_.meta_int("unknown_kept")) != 0;
  any_unknown_ = TRY(unknown_.any());
  RowChange change;
  while (page.next(change)) TRY(change.entity >= 0 ? apply(change, acked) : keep_unknown_record(change));
  return page.status();
}

Status Replica::apply(const RowChange& c, int64_t acked) {
  Rows& rows = ws_.rows(static_cast<size_t>(c.entity));
  const Id& id = c.record.id;
  if (c.evicted && !MUTANT(evict_taken_for_erased)) return evict(rows, id);
  if (c.evicted || c.record.meta.life == Life::purged) return erase(rows, id);
  return put_row(c, acked);
}

Status Replica::put_row(const RowChange& c, int64_t acked) {
  Rows& rows = ws_.rows(static_cast<size_t>(c.entity));
  const Id& id = c.record.id;
  if (c.whole) {
    // Most whole rows are new here: looking for them first would cost as much as putting them in.
    if (TRY(rows.insert_if_new(c.record, versions_after(c, {})))) {
      evicted_.erase(id);  // Gone and back within one pull.
      TRY(keep_unknown_fields(c));
      return hidden_edits_ ? show_waiting_edits(id, acked) : Status();
    }
  }
  // Its parents' search text depends on fields that did not change; of a whole row only what differs is written.
  const bool need_all = rows.entity().found_by_parent || c.whole;
  std::optional<Row> row = need_all ? TRY(rows.read(id)) : TRY(rows.read_head(id));
  if (!row) return Error{ErrorKind::corrupt, "The server sent part of a record this device does not have."};
  if (c.record.meta.seq <= row->record.meta.seq) return {};
  TRY(keep_unknown_fields(c));
  return update_row(*row, c, acked);
}

/// The versions of a row once the change is in it.
Versions Replica::versions_after(const RowChange& c, Versions versions) {
  if (c.whole) {
    versions = {};
    versions.base = c.base_version;
  }
  for (const auto& [leader, version] : c.versions) versions.set(tables_.key_no(static_cast<size_t>(c.entity), leader), version);
  versions.set(life_register, c.life_version);
  return versions;
}

Status Replica::update_row(Row& row, const RowChange& c, int64_t acked) {
  const auto e = static_cast<size_t>(c.entity);
  Rows& rows = ws_.rows(e);
  const Entity& entity = rows.entity();
  Record& record = row.record;
  const Versions versions = versions_after(c, row.versions);
  std::vector<uint16_t> fields = c.fields;
  const std::vector<Value> before = c.whole ? record.values : std::vector<Value>();
  const RowMeta& meta = c.record.meta;
  if (c.whole) {
    record.meta.created_at = meta.created_at;
    record.meta.created_by = meta.created_by;
    for (const FieldDef& f : entity.fields) fields.push_back(f.index);
  }
  for (const uint16_t f : fields) record.values[f] = c.record.values[f];
  const Life visible_life = record.meta.life;
  record.meta.seq = meta.seq;
  record.meta.life = meta.life;
  record.meta.updated_at = meta.updated_at;
  record.meta.updated_by = meta.updated_by;

  // Registers edited here and not yet judged: the server's word goes to the side, the person's stays visible.
  const auto travelled = [&](int64_t reg) {
    if (reg == PendingRegister::creation || reg == life_register) return true;
    const int f = tables_.field_of(e, static_cast<uint32_t>(reg));
    return f >= 0 && std::find(fields.begin(), fields.end(), static_cast<uint16_t>(f)) != fields.end();
  };
  if (any_pending_ && acked == all_judged_) {
    for (size_t i = judged_from({e, row.row, PendingRegister::creation}); i < judged_.size() && judged_[i].entity == e && judged_[i].row == row.row; i++)
      if (travelled(judged_[i].reg)) told_[i] = true;
  } else if (any_pending_ && !MUTANT(pending_overwritten)) {
    for (PendingRegister& p : TRY(pending_.of_row(e, row.row))) {
      if (p.reg == PendingRegister::creation) continue;
      if (p.op_no <= acked && p.delta.empty()) {
        // Judged: what the row now says is the outcome. One that did not travel with this page is settled at the end.
        if (!travelled(p.reg)) continue;
        const PendingTable::Key key{p.entity, p.row, p.reg};
        const size_t i = judged_from(key);
        if (settling_ >= 0 && i < judged_.size() && judged_[i] == key) told_[i] = true;
        else TRY(pending_.drop(p));
        continue;
      }
      if (p.reg == life_register) {
        p.confirmed = {int64_t{static_cast<int>(meta.life)}};
        record.meta.life = visible_life;
        TRY(pending_.put(p));
        continue;
      }
      const int f = tables_.field_of(e, static_cast<uint32_t>(p.reg));
      if (f < 0) continue;
      const std::vector<uint16_t> members = entity.register_fields(static_cast<uint16_t>(f));
      if (std::find(fields.begin(), fields.end(), members[0]) == fields.end()) continue;
      p.confirmed.resize(members.size());
      for (size_t i = 0; i < members.size(); i++) p.confirmed[i] = record.values[members[i]];
      for (uint16_t m : members) std::erase(fields, m);
      if (!p.delta.empty()) {
        record.values[members[0]] = p.visible_tags();
        fields.push_back(members[0]);
      }
      TRY(pending_.put(p));
    }
  }
  if (c.whole) std::erase_if(fields, [&](uint16_t f) { return record.values[f] == before[f]; });
  return rows.update(row.row, record, fields, versions, Rows::WithLife{record.meta.life != visible_life});
}

Status Replica::refuse(const Refusal& r) {
  const std::optional<OutboxEntry> entry = TRY(outbox_.find(r.op_no));
  if (!entry) return {};
  TRY(outbox_.reject(r.op_no, r.code, r.reason));
  const Transaction t = TRY(decode_transaction(entry->body, KeyTable::own(tables_), nullptr));
  for (const Op& op : t.ops) {
    if (op.kind != OpKind::create) continue;
    Rows& rows = ws_.rows(op.entity);
    const std::optional<Row> row = TRY(rows.read_head(op.record));
    if (!row || row->record.meta.seq > 0) continue;  // The server has a record of that name after all.
    TRY(pending_.drop_row(op.entity, row->row));
    TRY(rows.remove(row->row));
  }
  return {};
}

/// What became of a transaction that waits at the server: it has been accepted, or is refused after all.
Status Replica::settle_waiting(const Refusal& r, int64_t server_ms) {
  return r.code.empty() ? outbox_.waiting_accepted(r.op_no, server_ms) : outbox_.tell_rejected(r.op_no, r.code, r.reason);
}

/// Which registers a pull that acknowledges so much decides about; those that were told of already stay so.
Status Replica::look_at_judged(int64_t acked) {
  PendingTable::Touched touched = any_pending_ ? TRY(pending_.touched_up_to(acked)) : PendingTable::Touched();
  std::vector<bool> told;
  for (const PendingTable::Key& key : touched.keys) told.push_back(is_told(key));
  judged_ = std::move(touched.keys);
  told_ = std::move(told);
  all_judged_ = touched.open ? -1 : acked;
  return {};
}

size_t Replica::judged_from(const PendingTable::Key& key) const {
  return static_cast<size_t>(std::lower_bound(judged_.begin(), judged_.end(), key) - judged_.begin());
}

bool Replica::is_told(const PendingTable::Key& key) const {
  const size_t i = judged_from(key);
  return i < judged_.size() && judged_[i] == key && told_[i];
}

/// What is still on the side of judged transactions: those that changed nothing the page told of.
Status Replica::settle(int64_t acked) {
  for (size_t i = 0; i < judged_.size(); i++) {
    const PendingTable::Key& key = judged_[i];
    if (told_[i]) continue;
    if (std::optional<PendingRegister> p = TRY(pending_.find(key.entity, key.row, key.reg))) TRY(settle_one(*p, acked));
  }
  return pending_.drop_up_to(acked);
}

Status Replica::settle_one(PendingRegister& p, int64_t acked) {
  std::erase_if(p.delta, [&](const PendingRegister::Step& s) { return s.op_no <= acked; });
  const bool judged = p.op_no <= acked;
  Rows& rows = ws_.rows(p.entity);
  std::optional<Row> row = TRY(rows.read_row(p.row));
  if (!row) return pending_.drop(p);
  if (p.reg == PendingRegister::creation) {
    if (!judged) return {};
    // Accepted, and yet the row did not come with what acknowledged it: its author may not see it any more. Erasure would have been told.
    if (MUTANT(unseen_taken_for_erased) && row->record.meta.seq == 0) return erase(rows, row->record.id);
    return row->record.meta.seq == 0 ? evict(rows, row->record.id) : pending_.drop(p);
  }
  std::vector<uint16_t> fields;
  if (p.reg == life_register) {
    if (!judged) return {};
    row->record.meta.life = static_cast<Life>(as_int(p.confirmed[0]));
  } else {
    const int f = tables_.field_of(p.entity, static_cast<uint32_t>(p.reg));
    if (f < 0) return {};
    fields = rows.entity().register_fields(static_cast<uint16_t>(f));
    if (rows.entity().fields[fields[0]].kind == Kind::tags) row->record.values[fields[0]] = p.visible_tags();
    else if (!judged) return {};
    else
      for (size_t i = 0; i < std::min(fields.size(), p.confirmed.size()) && !MUTANT(pending_not_restored); i++) row->record.values[fields[i]] = p.confirmed[i];
  }
  TRY(rows.update_visible(p.row, row->record, fields, Rows::WithLife{p.reg == life_register}));
  return judged ? Status() : pending_.put(p);
}

Result<std::vector<std::string>> Replica::check() {
  std::vector<std::string> faults;
  std::set<int64_t> unsent;
  const KeyTable keys = KeyTable::own(tables_);
  std::map<std::pair<std::string, int64_t>, std::vector<Value>> last_set;  // record bytes + register → values of the last op
  for (const OutboxEntry& entry : TRY(outbox_.after(0, INT32_MAX))) {
    unsent.insert(entry.op_no);
    const Transaction t = TRY(decode_transaction(entry.body, keys, nullptr));
    for (const Op& op : t.ops) {
      std::vector<Value> values;
      int64_t reg = life_register;
      if (op.kind == OpKind::set) {
        reg = tables_.key_no(op.entity, ws_.schema()[op.entity].fields[op.values[0].field].leader);
        for (const FieldValue& v : op.values) values.push_back(v.value);
      } else if (op.kind == OpKind::life) {
        values.push_back(int64_t{static_cast<int>(op.life)});
      } else {
        continue;
      }
      // A record whose creation was refused is gone, and edits of it wait only for their own refusal.
      if (TRY(ws_.rows(op.entity).find(op.record))) last_set[{std::string(op.record.view()), reg}] = std::move(values);
    }
  }
  for (const Entity* entity : ws_.schema())
    for (const Id& id : TRY(unknown_.without_row(*entity))) faults.push_back(id.text() + ": something is kept of a record that is not here");
  std::set<std::pair<std::string, int64_t>> seen;
  for (const PendingRegister& p : TRY(pending_.all())) {
    Rows& rows = ws_.rows(p.entity);
    const std::optional<Row> row = TRY(rows.read_row(p.row));
    const std::string where = std::string(rows.entity().key) + " " + (row ? row->record.id.text() : "row " + std::to_string(p.row));
    if (!row) faults.push_back(where + ": pending without a row");
    if (!unsent.count(p.op_no)) faults.push_back(where + ": pending for a transaction that is not in the outbox");
    if (!row || p.reg == PendingRegister::creation) continue;
    std::vector<Value> visible;
    if (p.reg == life_register) visible.push_back(int64_t{static_cast<int>(row->record.meta.life)});
    else if (const int f = tables_.field_of(p.entity, static_cast<uint32_t>(p.reg)); f >= 0)
      for (uint16_t field : rows.entity().register_fields(static_cast<uint16_t>(f))) visible.push_back(row->record.values[field]);
    if (!p.delta.empty()) {
      if (visible.size() != 1 || visible[0] != p.visible_tags()) faults.push_back(where + ": visible tags are not confirmed + pending");
      continue;
    }
    const std::pair<std::string, int64_t> key{std::string(row->record.id.view()), p.reg};
    seen.insert(key);
    const auto wanted = last_set.find(key);
    if (wanted == last_set.end() || wanted->second != visible) faults.push_back(where + ": the visible value is not the last unacknowledged edit");
  }
  for (const auto& [key, values] : last_set)
    if (!seen.count(key)) faults.push_back("an unacknowledged edit of " + Id::from_bytes(key.first.data()).text() + " has no pending row");
  return faults;
}

}  // namespace holdfast
