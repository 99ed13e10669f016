#include "shared/workspace/replica.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "shared/base/mutant.h"
#include "shared/base/text.h"
#include "shared/store/blobs.h"

namespace holdfast {

Result<std::unique_ptr<Replica>> Replica::open(Workspace& ws) {
  std::unique_ptr<Replica> replica(new Replica(ws));
  Identity& me = replica->identity_;
  auto id = [&](std::string_view key) -> Result<Id> {
    const std::string text = TRY(ws.tables().meta(key));
    if (text.empty()) return Id{};
    return Id::parse(text);
  };
  me.workspace = TRY(id("workspace"));
  me.install = TRY(id("install"));
  me.member = TRY(id("member"));
  me.device = static_cast<uint32_t>(TRY(ws.tables().meta_int("device")));
  if (me.install.is_nil()) {
    me.install = ws.new_id();
    TRY(ws.tables().set_meta("install", me.install.text()));
  }
  TRY(ws.atomically([&]() -> Status {
    // Earlier versions dropped what they did not know: it is loaded once more.
    if (TRY(ws.tables().meta_int("grew")) && !TRY(ws.tables().meta_int("unknown_kept")) && !TRY(replica->cursor()).empty()) TRY(replica->load_anew());
    TRY(ws.tables().set_meta_int("grew", 0));
    return replica->learn();
  }));
  // Versions before took what is loaded anew in page by page: half of it is here, and nothing tells which.
  if (TRY(ws.tables().meta_int("resetting")) && !TRY(ws.tables().meta_int("staged_load")) && TRY(replica->cursor()).starts_with("s"))
    TRY(ws.atomically([&] { return replica->load_anew(); }));
  TRY(replica->drop_outdated_stage());
  TRY(ws.tables().clean_journal());
  // The steady clock begins anew with each start: whether the wall clock was set meanwhile cannot be known.
  replica->mono_epoch_ = static_cast<uint32_t>(TRY(ws.tables().meta_int("mono_epoch"))) + 1;
  TRY(ws.tables().set_meta_int("mono_epoch", replica->mono_epoch_));
  replica->wall_minus_mono_ = ws.clock().wall_ms() - ws.clock().mono_ms();
  ws.act_as(me.member);
  ws.set_journal(*replica);
  return replica;
}

Status Replica::sign_in(const Identity& me) {
  if (!identity_.workspace.is_nil() && !(identity_.workspace == me.workspace))
    return Error{ErrorKind::conflict, "This device holds data of another workspace."};
  TRY(ws_.atomically([&] { return note_identity(me); }));
  take_identity(me);
  return {};
}

Status Replica::note_identity(const Identity& me) {
  TRY(tables_.set_meta("workspace", me.workspace.text()));
  TRY(tables_.set_meta("install", me.install.text()));
  TRY(tables_.set_meta("member", me.member.text()));
  return tables_.set_meta_int("device", me.device);
}

/// Only once it is kept: until then this is who it was.
void Replica::take_identity(const Identity& me) {
  identity_ = me;
  ws_.act_as(me.member);
}

Status Replica::renew(const Id& install, uint32_t device) {
  const int64_t floor = TRY(next_op_no());  // Numbers go on: the inbox is kept by them.
  last_op_no_ = -1;
  Identity me = identity_;
  me.install = install;
  me.device = device;
  const std::string formers = identity_.install.text() + " " + std::to_string(floor) + "\n" + TRY(tables_.meta("formers"));
  TRY(ws_.atomically([&]() -> Status {
    TRY(note_identity(me));
    TRY(tables_.set_meta("formers", formers));
    TRY(tables_.set_meta_int("op_no_floor", floor));
    TRY(tables_.set_meta_int("sent_op_no", 0));
    return tables_.set_meta_int("acked_op_no", 0);
  }));
  confirmed_ = 0;
  take_identity(me);
  return {};
}

/// Who this device was before, newest first: "installation number" by lines.
Result<std::vector<Former>> Replica::formers() {
  std::vector<Former> out;
  for (const std::string& line : split(TRY(tables_.meta("formers")), '\n')) {
    const std::vector<std::string> parts = split(line, ' ');
    if (parts.size() == 2 && out.size() < PushRequest::formers_max) out.push_back({TRY(Id::parse(parts[0])), std::atoll(parts[1].c_str())});
  }
  return out;
}

Result<std::vector<int64_t>> Replica::waiting() {
  std::vector<int64_t> out;
  for (const OutboxEntry& entry : TRY(outbox_.rejected()))
    if (entry.code == "waiting") out.push_back(entry.op_no);
  return out;
}

// ---- own edits

/// A wall clock that moves against the steady one was set: what follows is off by another amount.
Status Replica::follow_clock() {
  constexpr int64_t drift_ms = 2000;
  const int64_t now = ws_.clock().wall_ms() - ws_.clock().mono_ms();
  const bool was_set = std::abs(now - wall_minus_mono_) > drift_ms;
  if (was_set) {
    wall_minus_mono_ = now;
    mono_epoch_++;
  }
  if (!was_set && mono_epoch_kept_) return {};
  mono_epoch_kept_ = true;
  return tables_.set_meta_int("mono_epoch", mono_epoch_);
}

Result<int64_t> Replica::next_op_no() {
  if (last_op_no_ < 0) last_op_no_ = std::max({TRY(outbox_.last_op_no()), TRY(acked_op_no()), TRY(tables_.meta_int("op_no_floor"))});
  return ++last_op_no_;
}

Status Replica::write_op(PreparedOp& prepared, Row& row, int64_t op_no, std::vector<uint16_t>& fields) {
  Op& op = prepared.op;
  const size_t e = op.entity;
  if (op.kind == OpKind::create) {
    row.row = TRY(ws_.rows(e).insert(row.record, row.versions));
    PendingRegister made;
    made.entity = e;
    made.row = row.row;
    made.reg = PendingRegister::creation;
    made.op_no = op_no;
    any_pending_ = true;
    return pending_.put(made);
  }
  const uint16_t leader = op.kind == OpKind::life ? uint16_t{0} : row.record.entity->fields[op.values[0].field].leader;
  const uint32_t reg = op.kind == OpKind::life ? life_register : tables_.key_no(e, leader);
  std::optional<PendingRegister> before;
  if (any_pending_) before = TRY(pending_.find(e, row.row, reg));
  PendingRegister now;
  op.base = op.kind == OpKind::life ? std::max<int64_t>(row.record.meta.seq, 0) : row.versions.of(reg);
  if (op.kind != OpKind::life && row.record.meta.seq == 0)
    if (const auto made = TRY(pending_.find(e, row.row, PendingRegister::creation))) op.base = -made->op_no;
  if (before) {
    now = std::move(*before);
    if (now.delta.empty() && op.kind != OpKind::life) op.base = -now.op_no;
  } else {
    now.entity = e;
    now.row = row.row;
    now.reg = reg;
    if (op.kind == OpKind::life) now.confirmed = {int64_t{static_cast<int>(row.record.meta.life)}};
    else
      for (uint16_t f : row.record.entity->register_fields(leader)) now.confirmed.push_back(row.record.values[f]);
  }
  if (prepared.seen) op.base = *prepared.seen;
  now.op_no = op_no;
  switch (op.kind) {
    case OpKind::life: row.record.meta.life = op.life; break;
    case OpKind::add:
    case OpKind::remove:
      // An element's base is this device's own last pending change of that element, else the set's confirmed version.
      for (const PendingRegister::Step& s : now.delta)
        if (s.element == op.element) op.base = -s.op_no;
      now.delta.push_back({op_no, op.kind == OpKind::add, op.element});
      row.record.values[op.values[0].field] = now.visible_tags();
      fields.push_back(op.values[0].field);
      break;
    default:
      for (const FieldValue& v : op.values) {
        row.record.values[v.field] = v.value;
        fields.push_back(v.field);
      }
  }
  any_pending_ = true;
  return pending_.put(now);
}

Status Replica::write(PreparedEdit& edit) {
  Transaction t;
  t.op_no = edit.op_no = TRY(next_op_no());
  t.claimed_ms = ws_.clock().wall_ms();
  TRY(follow_clock());
  t.mono_epoch = mono_epoch_;
  std::vector<std::vector<uint16_t>> fields(edit.rows.size());
  std::vector<bool> created(edit.rows.size(), false), life_set = created;
  for (Row& row : edit.rows) {
    RowMeta& meta = row.record.meta;
    if (!row.row) {
      meta.created_at = t.claimed_ms;
      meta.created_by = ws_.acting();
    }
    meta.updated_at = t.claimed_ms;
    meta.updated_by = ws_.acting();
  }
  for (PreparedOp& op : edit.ops) {
    if (op.op.kind == OpKind::create) created[op.row] = true;
    if (op.op.kind == OpKind::life) life_set[op.row] = true;
    TRY(write_op(op, edit.rows[op.row], t.op_no, fields[op.row]));
    t.ops.push_back(op.op);
  }
  for (size_t i = 0; i < edit.rows.size(); i++)
    if (!created[i]) TRY(ws_.rows(*edit.rows[i].record.entity).update_visible(edit.rows[i].row, edit.rows[i].record, fields[i], life_set[i] ? Rows::WithLife::yes : Rows::WithLife::no));
  return outbox_.push({t.op_no, edit.label, t.claimed_ms, encode_transaction(t, tables_), {}, {}});
}

Result<std::optional<Replica::Loading>> Replica::loading() {
  if (TRY(synced_at()) || TRY(cursor()).empty()) return std::optional<Loading>();
  return std::optional(Loading{TRY(tables_.meta_int("load_rows")), TRY(tables_.meta_int("load_total")), TRY(tables_.meta_int("load_bytes"))});
}

Result<bool> Replica::locked() {
  // By the device's own clock, however wrong that is; setting it back is no way around.
  const int64_t days = TRY(tables_.meta_int("offline_days")), then = TRY(tables_.meta_int("synced_wall")), at = then ? then : TRY(synced_at());
  const int64_t passed = ws_.clock().wall_ms() - at;
  return days > 0 && at > 0 && (then ? std::abs(passed) : passed) > days * 86'400'000;
}

// ---- outgoing

Result<PushRequest> Replica::next_push(int64_t after, size_t bytes_max, int64_t wall_ms) {
  PushRequest p;
  p.workspace = identity_.workspace;
  p.install = identity_.install;
  if (const std::string epoch = TRY(tables_.meta("epoch")); !epoch.empty()) p.epoch = TRY(Id::parse(epoch));
  p.device = identity_.device;
  p.wall_ms = wall_ms;
  TRY(follow_clock());
  p.mono_epoch = mono_epoch_;
  p.judged = after;
  constexpr size_t count_max = 30'000;
  p.last = after;
  TRY(outbox_.to_send(after, bytes_max, [&](int64_t op_no, std::string_view body, uint32_t sum) {
    if (op_no != p.last + 1 && !p.bodies.empty()) return false;  // Some are not here any more. A frame has no gap in its middle.
    p.last = op_no;
    if (sum) p.sums[op_no] = sum;
    p.bodies.emplace_back(body);
    return p.bodies.size() < count_max;
  }));
  p.drained = TRY(outbox_.after(p.last, 1)).empty();
  p.formers = TRY(formers());
  // Noted before it leaves: an acknowledgement of anything else is meant for a copy of this device.
  if (!p.bodies.empty() && TRY(tables_.meta_int("sent_op_no")) < p.last) TRY(tables_.set_meta_int("sent_op_no", p.last));
  return p;
}

static nlohmann::json change_as_json(const Op& op, const Schema& schema) {
  static const char* const names[] = {"create", "set", "add", "remove", "life"};
  const Entity& entity = schema[op.entity];
  nlohmann::json values = nlohmann::json::object();
  for (const FieldValue& v : op.values) {
    const FieldDef& f = entity.fields[v.field];
    values[std::string(f.key)] = op.element.empty() ? format_value(f, v.value) : op.element;
  }
  nlohmann::json change = {{"do", names[static_cast<int>(op.kind)]}, {"entity", entity.key}, {"record", op.record.text()}, {"values", values}};
  if (op.kind == OpKind::life) change["life"] = op.life == Life::live ? "live" : "trashed";
  return change;
}

Result<std::string> Replica::export_outbox() {
  const KeyTable keys = KeyTable::own(tables_);
  std::vector<OutboxEntry> entries = TRY(outbox_.rejected());
  for (OutboxEntry& entry : TRY(outbox_.after(0, INT32_MAX))) entries.push_back(std::move(entry));
  nlohmann::json out = nlohmann::json::array();
  for (const OutboxEntry& entry : entries) {
    const Transaction t = TRY(decode_transaction(entry.body, keys, nullptr));
    nlohmann::json changes = nlohmann::json::array();
    for (const Op& op : t.ops) changes.push_back(change_as_json(op, tables_.schema()));
    nlohmann::json one = {{"op_no", entry.op_no}, {"label", entry.label}, {"at", format_instant(entry.at_ms)}, {"changes", changes}};
    if (!entry.code.empty()) one["refused"] = entry.reason;
    out.push_back(std::move(one));
  }
  return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::vector<RejectedEdit>> Replica::rejected() {
  const KeyTable keys = KeyTable::own(tables_);
  std::vector<RejectedEdit> out;
  for (const OutboxEntry& entry : TRY(outbox_.rejected())) {
    RejectedEdit r{entry.op_no, entry.label, entry.code, entry.reason, entry.at_ms, {}, {}};
    if (Result<Transaction> t = decode_transaction(entry.body, keys, nullptr); t.ok() && !t->ops.empty()) {
      r.entity = tables_.schema()[t->ops[0].entity].key;
      r.record = t->ops[0].record;
    }
    out.push_back(std::move(r));
  }
  return out;
}

Status Replica::dismiss_rejected(int64_t op_no) {
  TRY(outbox_.drop_rejected(op_no));
  TRY(Blobs(tables_).drop_unreferenced(INT64_MAX));  // Bytes of a photo that nothing speaks of any more.
  ws_.changed();
  return {};
}

Result<std::map<uint16_t, Base>> Replica::seen(const Entity& entity, const Id& id) {
  std::map<uint16_t, Base> out;
  const auto e = static_cast<size_t>(tables_.schema().index_of(entity));
  const std::optional<Row> row = TRY(ws_.rows(e).read_head(id));
  if (!row) return out;
  for (const FieldDef& f : entity.fields)
    if (f.leader == f.index && f.kind != Kind::tags) out[f.index] = row->versions.of(tables_.key_no(e, f.index));
  const std::vector<PendingRegister> pending = TRY(pending_.of_row(e, row->row));
  for (const PendingRegister& p : pending)  // An unacknowledged record has no versions yet: its creation stands for them.
    if (p.reg == PendingRegister::creation)
      for (auto& [leader, base] : out) base = -p.op_no;
  for (const PendingRegister& p : pending)
    if (p.reg > 0 && p.delta.empty())
      if (const int f = tables_.field_of(e, static_cast<uint32_t>(p.reg)); f >= 0 && out.count(static_cast<uint16_t>(f))) out[static_cast<uint16_t>(f)] = -p.op_no;
  return out;
}

Result<std::vector<uint16_t>> Replica::pending_fields(const Entity& entity, const Id& id) {
  std::vector<uint16_t> out;
  const auto e = static_cast<size_t>(tables_.schema().index_of(entity));
  const int64_t row = TRY(ws_.rows(e).find(id));
  for (const PendingRegister& p : TRY(pending_.of_row(e, row)))
    if (p.reg > 0)
      if (const int f = tables_.field_of(e, static_cast<uint32_t>(p.reg)); f >= 0) out.push_back(static_cast<uint16_t>(f));
  return out;
}

}  // namespace holdfast
