#include "shared/workspace/authority.h"

#include <algorithm>

#include "shared/base/text.h"
#include "shared/model/entities.h"

namespace holdfast {

/// A record touched by the transaction being judged.
struct Touched {
  size_t entity = 0;
  Row row;
  std::vector<uint16_t> fields;  ///< Changed, to be written.
  bool created = false, changed = false, whole = false;
};

struct Authority::Judging {
  Device* device = nullptr;
  Id member;
  int64_t now_ms = 0, seq = 0, offset_ms = 0;
  Stamp stamp;
  std::vector<Touched> touched;
  std::vector<Record> conflicts;

  Touched* find(const Id& id) {
    for (Touched& t : touched)
      if (t.row.record.id == id) return &t;
    return nullptr;
  }
};

Result<std::unique_ptr<Authority>> Authority::open(Workspace& ws) {
  std::unique_ptr<Authority> authority(new Authority(ws));
  auto id = [&](std::string_view key) -> Result<Id> {
    const std::string text = TRY(ws.tables().meta(key));
    if (!text.empty()) return Id::parse(text);
    const Id made = ws.new_id();
    TRY(ws.tables().set_meta(key, made.text()));
    return made;
  };
  authority->workspace_id_ = TRY(id("workspace"));
  authority->epoch_ = TRY(id("epoch"));
  ws.set_journal(*authority);
  return authority;
}

Result<Device> Authority::register_device(const Id& install, const Id& member, const std::string& name) {
  const int64_t now = ws_.clock().wall_ms();
  if (std::optional<Device> known = TRY(log_.device_of(install))) {
    known->member = member;
    known->last_seen = now;
    TRY(log_.put_device(*known));
    return *known;
  }
  Device device;
  device.install = install;
  device.member = member;
  device.name = name;
  device.drained_at = device.last_seen = now;
  device.ordinal = TRY(log_.add_device(device));
  return device;
}

Status Authority::begin_epoch() {
  return ws_.atomically([&]() -> Status {
    epoch_ = ws_.new_id();
    TRY(tables_.set_meta("epoch", epoch_.text()));
    for (Device& device : TRY(log_.devices())) {
      device.last_op_no = -1;
      TRY(log_.put_device(device));
    }
    return {};
  });
}

// ---- judging

uint32_t Authority::register_of(const Op& op) const {
  return op.kind == OpKind::life ? life_register : tables_.key_no(op.entity, tables_.schema()[op.entity].fields[op.values[0].field].leader);
}

/// The version an op's author saw. A base that names the author's own earlier transaction is the version that produced;
/// a refused one passes on the base it had itself.
Result<int64_t> Authority::resolve_base(uint32_t device, const Op& op, int depth) {
  if (op.base >= 0) return op.base;
  const int64_t op_no = -op.base;
  if (const int64_t seq = TRY(log_.seq_of(device, op_no))) return seq;
  const std::optional<StoredRefusal> refused = TRY(log_.refusal(device, op_no));
  if (!refused || depth > 50) return int64_t{-1};
  const Result<Transaction> earlier = decode_transaction(refused->body, KeyTable::own(tables_), nullptr);
  if (!earlier.ok()) return int64_t{-1};
  for (const Op& candidate : earlier->ops) {
    if (!(candidate.record == op.record) || candidate.kind == OpKind::create) continue;
    const bool same = candidate.kind == OpKind::life || op.kind == OpKind::life
                          ? candidate.kind == op.kind
                          : !candidate.values.empty() && candidate.values[0].field == op.values[0].field && candidate.element == op.element;
    if (same) return resolve_base(device, candidate, depth + 1);
  }
  return int64_t{-1};
}

/// Everything that can refuse a transaction, before anything of it is applied. Loads the rows it touches.
Result<std::optional<Authority::Refused>> Authority::validate(const Device& device, const Transaction& t, Judging& j) {
  using Answer = std::optional<Refused>;
  auto no = [](std::string code, std::string reason) { return Answer(Refused{std::move(code), std::move(reason)}); };
  if (t.ops.empty()) return no("invalid", "The change is empty.");
  const int64_t head = TRY(log_.head());
  for (const Op& op : t.ops) {
    const Entity& entity = tables_.schema()[op.entity];
    for (const FieldValue& v : op.values)
      if (device.ordinal != 0 && !entity.writable_by_device(v.field))
        return no("forbidden", std::string(entity.fields[v.field].label) + " can only be changed by the server.");
    if (entity.server_owned && device.ordinal != 0 && (op.kind == OpKind::create || op.kind == OpKind::life))
      return no("forbidden", "Only the server can do this with a " + std::string(entity.label) + ".");
    if (op.base > head) return no("invalid", "The change refers to a version the server never gave.");
    if (op.kind == OpKind::life && op.life == Life::purged) return no("forbidden", "Only the server can erase a record for good.");
    const bool element = op.kind == OpKind::add || op.kind == OpKind::remove;
    if (op.kind == OpKind::set || element) {
      if (op.values.empty()) return no("invalid", "The change is empty.");
      const FieldDef& f = entity.fields[op.values[0].field];
      if (element != (f.kind == Kind::tags)) return no("invalid", std::string(f.label) + ": the kind of change does not fit the field.");
      if (!element && op.values.size() != entity.register_fields(f.leader).size()) return no("invalid", std::string(f.label) + ": the change is incomplete.");
      for (const FieldValue& v : op.values)
        if (entity.fields[v.field].leader != f.leader) return no("invalid", std::string(f.label) + ": the change mixes registers.");
      if (element && (op.element.empty() || normal_element(op.element) != op.element || op.element.size() > static_cast<size_t>(f.length_max())))
        return no("invalid", std::string(f.label) + ": the entry has the wrong form.");
    }
    for (const FieldValue& v : op.values)
      if (Status s = check_value(entity.fields[v.field], v.value); !s.ok()) return no("invalid", s.error().message);
    Touched* known = j.find(op.record);
    if (known && known->entity != op.entity) return no("invalid", "The record is of another kind.");
    if (op.kind == OpKind::create) {
      if (op.record.is_nil() || known || TRY(ws_.rows(op.entity).find(op.record))) return no("exists", "A record with this identifier exists already.");
      Touched made{op.entity, {0, Record(entity), {}}, {}, true, true, true};
      made.row.record.id = op.record;
      j.touched.push_back(std::move(made));
      continue;
    }
    if (known) continue;
    // Tags need the row's values, and a found-by-parent record its parents: read those whole.
    const bool whole = element || entity.found_by_parent;
    std::optional<Row> row = whole ? TRY(ws_.rows(op.entity).read(op.record)) : TRY(ws_.rows(op.entity).read_head(op.record));
    if (!row) return no("depends", "The record was never accepted by the server or has been erased.");
    j.touched.push_back({op.entity, std::move(*row), {}, false, false, whole});
  }
  return Answer();
}

Status Authority::judge(Device& device, Transaction t, int64_t offset_ms, const std::string& unknown, std::string_view body) {
  Judging j;
  j.device = &device;
  j.member = device.member;
  j.now_ms = ws_.clock().wall_ms();
  j.offset_ms = offset_ms;
  std::optional<Refused> refused;
  if (!unknown.empty()) refused = Refused{"unknown", "The server does not know \"" + unknown + "\" yet. Update the server, then send this again."};
  else refused = TRY(validate(device, t, j));
  device.last_op_no = t.op_no;
  if (refused) return log_.refuse(device.ordinal, {t.op_no, refused->code, refused->reason, std::string(body)});

  // From here on, and in the log, a base is a version of the server's, or −1: none that can be current.
  Stamp seen;
  for (Op& op : t.ops) {
    if (op.kind == OpKind::create) continue;
    op.base = TRY(resolve_base(device.ordinal, op));
    const Touched* touched = j.find(op.record);
    if (touched->created || op.kind == OpKind::add || op.kind == OpKind::remove) continue;
    const int64_t current = touched->row.versions.of(register_of(op));
    if (op.base != current) continue;
    if (const std::optional<Stamp> stamp = TRY(log_.stamp_of(current)); stamp && seen < *stamp) seen = *stamp;
  }
  j.seq = TRY(log_.head()) + 1;
  j.stamp = bounded_stamp(t.claimed_ms, offset_ms, device.drained_at, j.now_ms, {device.last_hlc, device.ordinal}, seen, device.ordinal);
  TRY(apply(j, t));
  device.last_hlc = j.stamp.hlc;
  return log_.append({j.seq, j.stamp, t.op_no, device.member, j.now_ms, encode_transaction(t, tables_)});
}

// ---- applying

Status Authority::apply(Judging& j, const Transaction& t) {
  for (const Op& op : t.ops) TRY(apply_op(j, op));
  const int64_t at = ms_from_hlc(j.stamp.hlc);
  for (Touched& touched : j.touched) {
    if (!touched.changed) continue;
    RowMeta& meta = touched.row.record.meta;
    meta.seq = j.seq;
    meta.updated_at = std::max(meta.updated_at, at);
    meta.updated_by = j.member;
    Rows& rows = ws_.rows(touched.entity);
    if (touched.created) {
      meta.created_at = at;
      meta.created_by = j.member;
      touched.row.row = TRY(rows.insert(touched.row.record, touched.row.versions));
      for (const FieldDef& f : rows.entity().fields)
        if (f.kind == Kind::tags)
          for (const std::string& e : tag_elements(touched.row.record.values[f.index]))
            TRY(log_.put_element(touched.entity, touched.row.row, tables_.key_no(touched.entity, f.index), e, {true, j.seq}));
    } else {
      TRY(rows.update(touched.row.row, touched.row.record, touched.fields, touched.row.versions));
    }
  }
  for (Record& c : j.conflicts) {
    c.meta.seq = j.seq;
    c.meta.created_at = c.meta.updated_at = at;
    c.meta.created_by = c.meta.updated_by = j.member;
    Versions versions;
    versions.base = j.seq;
    TRY(ws_.rows(conflict).insert(c, versions));
  }
  return {};
}

static void changed_field(Touched& t, uint16_t field) {
  if (std::find(t.fields.begin(), t.fields.end(), field) == t.fields.end()) t.fields.push_back(field);
}

Status Authority::apply_op(Judging& j, const Op& op) {
  const auto at = static_cast<size_t>(j.find(op.record) - j.touched.data());
  Touched& touched = j.touched[at];
  switch (op.kind) {
    case OpKind::create:
      touched.row.versions.base = j.seq;
      for (const FieldValue& v : op.values) touched.row.record.values[v.field] = v.value;
      return {};
    case OpKind::set: return apply_set(j, op, at);
    case OpKind::add:
    case OpKind::remove: return apply_element(j, op, at);
    case OpKind::life: break;
  }
  const int64_t current = touched.row.versions.of(life_register);
  RegisterState state{current, {}};
  if (const std::optional<Stamp> stamp = TRY(log_.stamp_of(current))) state.stamp = *stamp;
  const Verdict verdict = judge_register(state, touched.created ? current : op.base, j.stamp);
  if (verdict == Verdict::superseded) return {};
  touched.row.record.meta.life = op.life;
  touched.row.versions.set(life_register, j.seq);
  touched.changed = true;
  return {};
}

Status Authority::apply_set(Judging& j, const Op& op, size_t at) {
  Touched& touched = j.touched[at];
  const uint16_t leader = tables_.schema()[op.entity].fields[op.values[0].field].leader;
  const uint32_t reg = tables_.key_no(op.entity, leader);
  const int64_t current = touched.row.versions.of(reg);
  if (!touched.created && current != j.seq) {
    if (op.base != current) {
      RegisterState state{current, {}};
      if (const std::optional<Stamp> stamp = TRY(log_.stamp_of(current))) state.stamp = *stamp;
      const bool won = judge_register(state, op.base, j.stamp) != Verdict::superseded;
      TRY(record_conflict(j, op, at, won));
      if (!won) return {};
    }
  }
  for (const FieldValue& v : op.values) {
    touched.row.record.values[v.field] = v.value;
    if (!touched.created) changed_field(touched, v.field);
  }
  if (!touched.created) touched.row.versions.set(reg, j.seq);
  touched.changed = true;
  return {};
}

Status Authority::apply_element(Judging& j, const Op& op, size_t at) {
  Touched& touched = j.touched[at];
  const uint16_t field = op.values[0].field;
  const uint32_t reg = tables_.key_no(op.entity, field);
  const bool adding = op.kind == OpKind::add;
  std::vector<std::string> elements = tag_elements(touched.row.record.values[field]);
  const bool present = std::find(elements.begin(), elements.end(), op.element) != elements.end();
  if (!touched.created) {
    const std::optional<TagElement> known = TRY(log_.element(op.entity, touched.row.row, reg, op.element));
    const int64_t element_seq = known ? known->seq : touched.row.versions.base;
    if (element_seq != j.seq && judge_element(element_seq, present, op.base, adding) == Verdict::superseded) return {};
    TRY(log_.put_element(op.entity, touched.row.row, reg, op.element, {adding, j.seq}));
  }
  if (adding && !present) elements.push_back(op.element);
  if (!adding && present) std::erase(elements, op.element);
  touched.row.record.values[field] = tags_from(std::move(elements));
  if (!touched.created) {
    changed_field(touched, field);
    touched.row.versions.set(reg, j.seq);
  }
  touched.changed = true;
  return {};
}

/// Keeps the loser of a true conflict where people find it. Equal values are no conflict.
Status Authority::record_conflict(Judging& j, const Op& op, size_t at, bool incoming_won) {
  const Touched& touched = j.touched[at];
  const Entity& entity = tables_.schema()[op.entity];
  const FieldDef& f = entity.fields[op.values[0].field];
  std::vector<std::string> current, incoming;
  bool equal = true;
  for (const FieldValue& v : op.values) {
    const Value now = TRY(ws_.rows(op.entity).read_field(touched.row.row, v.field));
    equal = equal && now == v.value;
    current.push_back(format_value(entity.fields[v.field], now));
    incoming.push_back(format_value(entity.fields[v.field], v.value));
  }
  if (equal) return {};
  const int64_t current_seq = touched.row.versions.of(tables_.key_no(op.entity, f.leader));
  LogEntry other;
  if (std::optional<LogEntry> found = TRY(log_.find(current_seq))) other = std::move(*found);
  Device other_device;
  if (std::optional<Device> found = TRY(log_.device(other.stamp.device))) other_device = std::move(*found);

  Record c(conflict);
  c.id = ws_.new_id();
  c[conflict.entity] = std::string(entity.key);
  c[conflict.record] = op.record;
  c[conflict.field] = std::string(f.options.group.empty() ? f.key : f.options.group);
  auto side = [&](Field text, Field by, Field when, bool is_incoming) {
    const std::string joined = join(is_incoming ? incoming : current, "\n");  // A group: one line a field, empty ones too.
    if (!joined.empty()) c[text] = joined;
    const Id member = is_incoming ? j.member : other.member;
    if (!member.is_nil()) c[by] = member;
    c[when] = ms_from_hlc(is_incoming ? j.stamp.hlc : other.stamp.hlc);
  };
  side(conflict.kept, conflict.kept_by, conflict.kept_at, incoming_won);
  side(conflict.lost, conflict.lost_by, conflict.lost_at, !incoming_won);
  const std::string& device = incoming_won ? other_device.name : j.device->name;
  if (!device.empty()) c[conflict.lost_device] = device;
  c[conflict.resolved] = int64_t{0};
  j.conflicts.push_back(std::move(c));
  return {};
}

// ---- writes of the server itself, and pushes

Status Authority::write(PreparedEdit& edit) {
  Device device;
  if (own_device_) {
    std::optional<Device> found = TRY(log_.device(own_device_));
    HOLDFAST_ASSERT(found);
    device = std::move(*found);
  } else {
    device.last_op_no = TRY(tables_.meta_int("own_op_no"));
    device.last_hlc = TRY(tables_.meta_int("own_hlc"));
  }
  const uint32_t ordinal = device.ordinal;
  device.member = ws_.acting();
  Transaction t;
  t.op_no = std::max<int64_t>(device.last_op_no, 0) + 1;
  t.claimed_ms = ws_.clock().wall_ms();
  for (PreparedOp& prepared : edit.ops) {
    Op op = std::move(prepared.op);
    const Row& row = edit.rows[prepared.row];
    if (op.kind == OpKind::add || op.kind == OpKind::remove) op.base = TRY(log_.head());
    else if (op.kind != OpKind::create && row.row)
      op.base = row.versions.of(register_of(op));
    t.ops.push_back(std::move(op));
  }
  device.ordinal = 0;  // The server's own hand may write server-owned fields, whatever ordinal the log shows.
  Judging j;
  if (std::optional<Refused> refused = TRY(validate(device, t, j))) return Error{ErrorKind::invalid, refused->reason};
  device.ordinal = ordinal;
  j.device = &device;
  j.member = device.member;
  j.now_ms = t.claimed_ms;
  j.seq = TRY(log_.head()) + 1;
  j.stamp = {std::max(hlc_from_ms(j.now_ms), device.last_hlc + 1), ordinal};
  TRY(apply(j, t));
  TRY(log_.append({j.seq, j.stamp, t.op_no, device.member, j.now_ms, encode_transaction(t, tables_)}));
  device.last_op_no = t.op_no;
  device.last_hlc = j.stamp.hlc;
  if (ordinal) return log_.put_device(device);
  TRY(tables_.set_meta_int("own_op_no", t.op_no));
  return tables_.set_meta_int("own_hlc", device.last_hlc);
}

Result<PushReply> Authority::push(uint32_t ordinal, std::string_view frame) {
  const auto decoded = TRY(decode_push(frame, tables_.schema()));
  const PushRequest& request = decoded.first;
  const KeyTable& keys = decoded.second;
  if (!(request.workspace == workspace_id_)) return Error{ErrorKind::forbidden, "These changes belong to another workspace."};
  if (request.device != ordinal) return Error{ErrorKind::forbidden, "These changes belong to another device."};
  PushReply reply;
  bool any = false;
  TRY(ws_.atomically([&]() -> Status {
    std::optional<Device> device = TRY(log_.device(ordinal));
    if (!device || !(device->install == request.install))
      return Error{ErrorKind::forbidden, "This device is not registered any more. Sign in again."};
    const int64_t now = ws_.clock().wall_ms();
    for (const std::string& body : request.bodies) {
      std::string unknown;
      Transaction t = TRY(decode_transaction(body, keys, &unknown));
      if (t.op_no <= device->last_op_no) continue;  // Sent before; its outcome stands.
      if (device->last_op_no >= 0 && t.op_no != device->last_op_no + 1) break;  // The reply tells where to go on.
      if (t.op_no < 1) return Error{ErrorKind::corrupt, "Changes are numbered from one."};
      const std::string own = unknown.empty() ? encode_transaction(t, tables_) : body;
      TRY(judge(*device, std::move(t), now - request.wall_ms, unknown, own));
      any = true;
    }
    if (request.drained) device->drained_at = now;
    device->last_seen = now;
    reply.last_op_no = std::max<int64_t>(device->last_op_no, 0);
    reply.head = TRY(log_.head());
    return log_.put_device(*device);
  }));
  if (any) ws_.changed();
  return reply;
}

}  // namespace holdfast
