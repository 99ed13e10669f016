// A device whose server has come back from a backup, or tells it to load everything anew: what is unsent again, what became of it.

#include <algorithm>
#include <map>

#include "shared/base/mutant.h"
#include "shared/model/entities.h"
#include "shared/store/blobs.h"
#include "shared/workspace/replica.h"

namespace holdfast {

/// The next pull starts with a snapshot; what does not come again goes at its end.
Status Replica::load_anew() {
  held_.clear();
  TRY(outbox_.clear_stage());
  TRY(tables_.note_erased());  // A page that waited may have brought what is erased by now.
  TRY(tables_.set_meta_int("staged_load", 0));
  TRY(tables_.set_meta_int("unknown_kept", 0));
  TRY(unknown_.clear());
  TRY(tables_.set_meta_int("resetting", 1));
  return tables_.set_meta("cursor", "");
}

/// An app that was updated in the middle of a load cannot read what its older self has kept of it, if the protocol is another now.
Status Replica::drop_outdated_stage() {
  const std::vector<int64_t> staged = TRY(outbox_.staged());
  if (staged.empty()) return {};
  const Result<PageReader> oldest = PageReader::open(TRY(outbox_.staged_page(staged[0])), tables_.schema());
  return oldest.ok() ? Status() : ws_.atomically([&] { return load_anew(); });
}

/// Up to which number a server that has come back has this device's transactions: these very ones, and not a copy's.
Result<int64_t> Replica::known_after(const PageHeader& h) {
  int64_t known = h.acked_op_no;
  if (!h.judged) return known;
  const auto look = [&](const std::vector<OutboxEntry>& entries) {
    for (const OutboxEntry& entry : entries) {
      if (entry.op_no < h.judged_from || entry.op_no > known || (!entry.code.empty() && entry.code != "waiting")) continue;
      const auto judged = h.judged->find(entry.op_no);
      if (judged == h.judged->end() || (judged->second && judged->second != entry.first_sum())) known = entry.op_no - 1;
    }
  };
  look(TRY(outbox_.sent()));
  look(TRY(outbox_.rejected()));
  return known;
}

/// What the server that has come back says to what it has of ours, where that is not what it said before: a copy of this device
/// may have sent it again.
Status Replica::take_outcomes(const PageHeader& h, int64_t known) {
  if (!h.judged) return {};
  std::map<int64_t, const Refusal*> refused;
  for (const Refusal& r : h.refusals)
    if (r.op_no <= known) refused[r.op_no] = &r;
  for (const auto& [op_no, r] : refused) TRY(outbox_.reject_sent(op_no, r->code, r->reason));
  for (const int64_t op_no : TRY(waiting())) {
    if (!h.judged->count(op_no) || op_no > known) continue;
    const auto r = refused.find(op_no);
    TRY(settle_waiting(r == refused.end() ? Refusal{op_no, {}, {}} : *r->second, h.server_ms));
  }
  for (const OutboxEntry& entry : TRY(outbox_.rejected())) {  // Refused once, and accepted now.
    const auto judged = h.judged->find(entry.op_no);
    if (entry.code == "waiting" || entry.op_no > known || judged == h.judged->end() || refused.count(entry.op_no) || judged->second != entry.first_sum()) continue;
    TRY(outbox_.waiting_accepted(entry.op_no, h.server_ms));
  }
  return {};
}

/// What builds on a change that was refused in the history that is lost builds on what that one had seen: the server does not know of
/// it any more, and will not be sent it. `refused`: those, by number. Whether the base is another now.
static bool see_through_refused(const std::map<int64_t, Transaction>& refused, const Schema& schema, Op& op) {
  const Base before = op.base;
  for (auto found = refused.find(-op.base); op.base < 0 && found != refused.end(); found = refused.find(-op.base)) {
    const std::vector<Op>& ops = found->second.ops;
    const auto its = std::find_if(ops.begin(), ops.end(), [&](const Op& o) {
      if (!(o.record == op.record) || o.kind == OpKind::create || (o.kind == OpKind::life) != (op.kind == OpKind::life)) return false;
      return op.kind == OpKind::life || (schema[op.entity].fields[o.values[0].field].leader == schema[op.entity].fields[op.values[0].field].leader && o.element == op.element);
    });
    if (its == ops.end() || -its->base >= found->first) break;
    op.base = its->base;
  }
  return op.base != before;
}

Status Replica::reset(const PageHeader& h) {
  confirmed_ = 0;
  Status done = ws_.atomically([&]() -> Status {
    TRY(load_anew());
    for (size_t e = 0; e < ws_.schema().size(); e++) {
      TRY(ws_.rows(e).forget_confirmed());
      TRY(ws_.rows(e).forget_versions());
    }
    TRY(tables_.set_meta("epoch", h.epoch.text()));
    const int64_t known = TRY(known_after(h));
    TRY(tables_.set_meta_int("acked_op_no", std::min(TRY(acked_op_no()), known)));
    TRY(take_outcomes(h, known));
    // What the server had acknowledged and has no more is unacknowledged again: everything unsent is made pending anew, oldest
    // first, over what is visible. What the server says to it comes with the snapshot.
    for (const OutboxEntry& entry : TRY(outbox_.rejected()))
      if (entry.code == "waiting" && entry.op_no > known) TRY(outbox_.wait_again(entry.op_no));
    TRY(outbox_.send_again_after(known));
    if (!MUTANT(photos_not_sent_again)) TRY(Blobs(tables_).all_unsent());
    TRY(pending_.clear());
    std::map<int64_t, Transaction> refused;
    for (const OutboxEntry& entry : TRY(outbox_.rejected()))
      if (entry.op_no > known) refused[entry.op_no] = TRY(decode_transaction(entry.body, KeyTable::own(tables_), nullptr));
    return outbox_.rewrite([&](OutboxEntry& entry, Outbox::Kept kept) -> Result<bool> {
      if (kept != Outbox::Kept::waiting) return false;
      Transaction t = TRY(decode_transaction(entry.body, KeyTable::own(tables_), nullptr));
      TRY(make_pending_again(t));
      // Versions the old history gave after it parted mean something else now.
      bool changed = false;
      for (Op& op : t.ops) {
        changed = see_through_refused(refused, ws_.schema(), op) || changed;
        if (op.base > h.head && !MUTANT(base_kept_after_restore)) op.base = lost_base, changed = true;
        if (&ws_.schema()[op.entity] != &alias) continue;
        for (FieldValue& v : op.values)  // Nothing, then: whatever stands there by now is told.
          if (v.field == alias.seen_seq.index && as_int(v.value) > h.head) v.value = Value(), changed = true;
      }
      if (changed) entry.body = encode_transaction(t, tables_);
      return changed;
    });
  });
  ws_.changed();
  return done;
}

Status Replica::make_pending_again(const Transaction& t) {
  for (const Op& op : t.ops) {
    Rows& rows = ws_.rows(op.entity);
    std::optional<Row> row = TRY(rows.read(op.record));
    PreparedOp again{op, 0, {}};
    std::vector<uint16_t> fields;
    if (op.kind == OpKind::create && row) {
      TRY(rows.unconfirm(row->row));
      PendingRegister made;
      made.entity = op.entity;
      made.row = row->row;
      made.reg = PendingRegister::creation;
      made.op_no = t.op_no;
      TRY(pending_.put(made));
      continue;
    }
    if (!row) {
      if (op.kind != OpKind::create) continue;  // Erased since.
      row = Row{0, Record(rows.entity()), {}};
      row->record.id = op.record;
      row->record.meta.created_at = row->record.meta.updated_at = t.claimed_ms;
      for (const FieldValue& v : op.values) row->record.values[v.field] = v.value;
    }
    TRY(write_op(again, *row, t.op_no, fields));
    if (op.kind != OpKind::create) TRY(rows.update_visible(row->row, row->record, fields, Rows::WithLife{op.kind == OpKind::life}));
  }
  any_pending_ = true;
  return settling_ >= 0 ? look_at_judged(settling_) : Status();
}

}  // namespace holdfast
