#include "shared/workspace/judging.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <map>

#include "shared/base/mutant.h"
#include "shared/model/entities.h"

namespace holdfast {

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
  TRY(ws.tables().clean_journal());
  ws.set_journal(*authority);
  return authority;
}

Result<Device> Authority::register_device(const Id& install, const Id& member, const std::string& name) {
  const int64_t now = ws_.clock().wall_ms();
  if (std::optional<Device> known = TRY(log_.device_of(install))) {
    if (known->removed) return Error{ErrorKind::gone, "This device was removed. Its data is removed from it."};
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

Result<Device> Authority::known_device(uint32_t ordinal) {
  std::optional<Device> device = TRY(log_.device(ordinal));
  if (!device) return Error{ErrorKind::forbidden, "This device is not registered any more. Sign in again."};
  if (device->removed) return Error{ErrorKind::gone, "This device was removed. Its data is removed from it."};
  return std::move(*device);
}

Status Authority::remove_device(uint32_t ordinal) {
  std::optional<Device> device = TRY(log_.device(ordinal));
  if (!device) return Error{ErrorKind::not_found, "There is no such device."};
  device->removed = true;
  return log_.put_device(*device);
}

Status Authority::begin_epoch() {
  return ws_.atomically([&]() -> Status {
    epoch_ = ws_.new_id();
    TRY(tables_.set_meta("epoch", epoch_.text()));
    TRY(clock_.accept());  // The data may be an old backup's.
    return tables_.set_meta_int("epoch_head", TRY(log_.head()));
  });
}

// ---- judging

static constexpr int64_t quarantine_max = 1000;  ///< Of one device: more than any honest one ever has.
static constexpr int64_t quarantine_ms = int64_t{30} * 86'400'000;

uint32_t Authority::register_of(const Op& op) const {
  return op.kind == OpKind::life ? life_register : tables_.key_no(op.entity, tables_.schema()[op.entity].fields[op.values[0].field].leader);
}

/// The version an op's author saw. A base that names the author's own earlier transaction is the version that produced;
/// a refused one passes on the base it had itself.
Result<int64_t> Authority::resolve_base(uint32_t device, const Op& op, int depth) {
  if (op.base >= 0) return op.base;
  if (MUTANT(own_base_unresolved)) return int64_t{-1};
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
  auto no = [](std::string code, std::string reason) { return Answer(Refused{std::move(code), std::move(reason), {}}); };
  const std::string erased = "The record was erased for good.";
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
      if (const std::optional<Row> there = TRY(ws_.rows(op.entity).read_head(op.record)); there && there->record.meta.life == Life::purged) return no("purged", erased);
      if (op.record.is_nil() || known || TRY(ws_.rows(op.entity).find(op.record))) return no("exists", "A record with this identifier exists already.");
      Touched made;
      made.entity = op.entity;
      made.row.record = Record(entity);
      made.row.record.id = op.record;
      made.created = made.changed = made.whole = true;
      if (entity.own_access || !entity.seen_with.empty()) {
        made.wanted = made.row.record;
        made.wanted->meta.created_by = j.member;
        for (const FieldValue& v : op.values) made.wanted->values[v.field] = v.value;
      }
      j.touched.push_back(std::move(made));
      if (&entity == &alias)
        if (Answer refused = TRY(validate_merge(j, op))) return refused;
      continue;
    }
    if (&entity == &alias && op.kind != OpKind::life) return no("forbidden", "What was merged can only be separated again.");
    const bool about_access = !op.values.empty() && std::any_of(op.values.begin(), op.values.end(), [&](const FieldValue& v) { return entity.decides_access(v.field); });
    if (known) {
      if (about_access) TRY(want(*known, op));
      continue;
    }
    // Tags need the row's values, and a found-by-parent record its parents: read those whole.
    const bool whole = element || entity.found_by_parent || about_access;
    std::optional<Row> row = whole ? TRY(ws_.rows(op.entity).read(op.record)) : TRY(ws_.rows(op.entity).read_head(op.record));
    if (!row) {
      if (TRY(log_.record_refused(op.record)) || TRY(log_.quarantined_of(device.ordinal)) >= quarantine_max)
        return no("depends", "The record was never accepted by the server.");
      return Answer(Refused{"waiting", "The server does not have this record yet. The change is kept there and takes effect when the record comes.", op.record});
    }
    if (row->record.meta.life == Life::purged) return no("purged", erased);
    if (!MUTANT(rights_not_checked) && !TRY(scopes_.sees(j.viewer, row->scope))) return no("forbidden", "You no longer have access to this record. Ask its owner to share it with you.");
    Touched touched;
    touched.entity = op.entity;
    touched.row = std::move(*row);
    touched.whole = whole;
    if (about_access) TRY(want(touched, op));
    j.touched.push_back(std::move(touched));
  }
  for (const Touched& touched : j.touched)
    if (touched.wanted && !TRY(may_place(j, *touched.wanted)))
      return no("forbidden", touched.wanted->entity->own_access ? "You would no longer see the record. Share it with yourself, or ask an administrator." : "You do not have access to the record this belongs to.");
  return Answer();
}

/// What the op says about who sees the record, on top of what is known of it.
Status Authority::want(Touched& touched, const Op& op) {
  if (!touched.wanted) {
    if (!touched.whole) {
      std::optional<Row> row = TRY(ws_.rows(op.entity).read(op.record));
      HOLDFAST_ASSERT(row);
      touched.row = std::move(*row);
      touched.whole = true;
    }
    touched.wanted = touched.row.record;
  }
  Value& value = touched.wanted->values[op.values[0].field];
  if (op.kind == OpKind::add || op.kind == OpKind::remove) {
    std::vector<std::string> elements = tag_elements(value);
    std::erase(elements, op.element);
    if (op.kind == OpKind::add) elements.push_back(op.element);
    value = tags_from(std::move(elements));
  } else {
    for (const FieldValue& v : op.values) touched.wanted->values[v.field] = v.value;
  }
  return {};
}

Status Authority::judge(Device& device, const Viewer& viewer, Transaction t, int64_t offset_ms, const std::string& unknown, std::string_view body, uint32_t sum) {
  Judging j;
  j.sum = sum;
  j.device = &device;
  j.member = device.member;
  j.viewer = viewer;
  j.now_ms = ws_.clock().wall_ms();
  j.offset_ms = offset_ms;
  std::optional<Refused> refused;
  if (!unknown.empty()) refused = Refused{"unknown", "The server does not know \"" + unknown + "\" yet. Update the server, then send this again.", {}};
  else refused = TRY(validate(device, t, j));
  device.last_op_no = t.op_no;
  auto stamp = [&](Stamp seen) {
    return bounded_stamp(t.claimed_ms, offset_ms, device.drained_at, j.now_ms, {device.last_hlc, device.ordinal}, seen, device.ordinal);
  };
  if (MUTANT(refusal_not_whole) && refused && !j.touched.empty()) {
    std::erase_if(t.ops, [&](const Op& op) { return !j.find(op.record); });
    refused.reset();
  }
  if (!refused) return accept(device, std::move(t), j, stamp);
  TRY(log_.refuse(device.ordinal, {t.op_no, refused->code, refused->reason, std::string(body), sum}));
  if (MUTANT(quarantine_dropped)) return {};
  if (!refused->waits_for.is_nil()) {
    device.last_hlc = stamp({}).hlc;
    return log_.quarantine(refused->waits_for, {0, device.ordinal, t.op_no, device.last_hlc, j.now_ms, std::string(body)});
  }
  for (const Op& op : t.ops)
    if (op.kind == OpKind::create && !TRY(ws_.rows(op.entity).find(op.record))) TRY(log_.refuse_record(op.record));
  return {};
}

/// A transaction that nothing refuses gets its place and its stamp, and changes the rows.
Status Authority::accept(Device& device, Transaction t, Judging& j, const std::function<Stamp(Stamp)>& stamp) {
  // From here on, and in the log, a base is a version of the server's, or −1: none that can be current.
  Stamp seen;
  for (Op& op : t.ops) {
    if (op.kind == OpKind::create) continue;
    op.base = TRY(resolve_base(device.ordinal, op));
    const Touched* touched = j.find(op.record);
    if (touched->created || op.kind == OpKind::add || op.kind == OpKind::remove) continue;
    const int64_t current = touched->row.versions.of(register_of(op));
    if (op.kind == OpKind::life ? op.base < current : op.base != current) continue;
    if (const std::optional<Stamp> known = TRY(log_.stamp_of(current)); known && seen < *known) seen = *known;
  }
  j.seq = TRY(log_.head()) + 1 + (MUTANT(sequence_with_gaps) && t.op_no % 7 == 0);
  j.stamp = stamp(seen);
  TRY(apply(j, t));
  if (!MUTANT(stamp_order_forgotten)) device.last_hlc = std::max(device.last_hlc, j.stamp.hlc);
  TRY(log_.append({j.seq, j.stamp, t.op_no, device.member, j.now_ms, encode_transaction(t, tables_), j.sum}));
  TRY(merge_notes(j));
  TRY(spread_order(t));
  for (const Op& op : t.ops)
    if (op.kind == OpKind::create) TRY(release(op.record, device));
  return {};
}

/// A record has come: what waited for it is judged again, with the stamp it would have had.
Status Authority::release(const Id& record, Device& current) {
  std::map<uint32_t, int64_t> last;  // What one device made stays in its order.
  for (const Quarantined& q : TRY(log_.quarantined(record))) {
    TRY(log_.drop_quarantined(q.no));
    Result<Transaction> t = decode_transaction(q.body, KeyTable::own(tables_), nullptr);
    if (!t.ok()) continue;
    const bool same = q.device == current.ordinal;
    std::optional<Device> other;
    if (!same) other = TRY(log_.device(q.device));
    if (!same && !other) continue;
    Device& device = same ? current : *other;
    Judging j;
    j.device = &device;
    j.member = device.member;
    j.viewer = TRY(viewer(device.member));
    j.now_ms = q.at_ms;
    if (const std::optional<Refused> refused = TRY(validate(device, *t, j))) {
      if (!refused->waits_for.is_nil()) TRY(log_.quarantine(refused->waits_for, q));
      else TRY(log_.settle_late(q.device, {q.op_no, refused->code, refused->reason, q.body}, TRY(log_.head())));
      continue;
    }
    TRY(accept(device, t.take(), j, [&](Stamp seen) { return Stamp{std::max({q.hlc, seen.hlc + 1, last[q.device] + 1}), q.device}; }));
    last[q.device] = j.stamp.hlc;
    if (!MUTANT(waited_not_told)) TRY(log_.settle_late(q.device, {q.op_no, {}, {}, {}}, j.seq));
    if (!same) TRY(log_.put_device(device));
  }
  return {};
}

// ---- applying

Status Authority::apply(Judging& j, const Transaction& t) {
  for (const Op& op : t.ops)
    if (!MUTANT(transaction_half) || t.ops.size() == 1 || &op != &t.ops.back()) TRY(apply_op(j, op));
  for (const Op& op : t.ops)
    if (op.kind == OpKind::create && &tables_.schema()[op.entity] == &alias) TRY(tell_of_unseen_edits(j, op));
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
    const int64_t row = TRY(ws_.rows(conflict).insert(c, versions));
    if (const int64_t scope = TRY(scope_of(c))) TRY(ws_.rows(conflict).place(row, scope, j.seq));
  }
  // Last, when everything is written: first those that decide for others.
  for (const bool own : {true, false})
    for (const Touched& touched : j.touched) {
      const Entity& entity = tables_.schema()[touched.entity];
      if (entity.own_access != own || (!own && entity.seen_with.empty())) continue;
      if (touched.created ? TRY(scope_of(touched.row.record)) != Scopes::everyone
                          : std::any_of(touched.fields.begin(), touched.fields.end(), [&](uint16_t f) { return entity.decides_access(f); }))
        TRY(settle_scope(j.seq, touched.entity, touched.row.row));
      if (touched.created && own) TRY(settle_scopes_below(j.seq, touched.entity, touched.row.record.id));
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
    case OpKind::life: return apply_life(j, op, at);
  }
  return {};
}

/// Trash and restore decide about the whole record: what its author had not seen of it is told to people, and nothing
/// comes back by itself.
Status Authority::apply_life(Judging& j, const Op& op, size_t at) {
  Touched& touched = j.touched[at];
  const int64_t current = touched.row.versions.of(life_register);
  if (!touched.created && current != j.seq && op.base < current) {
    RegisterState state{current, {}};
    if (const std::optional<Stamp> stamp = TRY(log_.stamp_of(current))) state.stamp = *stamp;
    if (judge_register(state, op.base, j.stamp) == Verdict::superseded)
      return op.life == touched.row.record.meta.life ? Status() : record_life_conflict(j, at, current, touched.row.record.meta.life, op.life, true);
  }
  if (op.life == Life::trashed && !touched.created && !MUTANT(unseen_edit_not_asked)) {
    int64_t unseen = 0;
    auto look = [&](int64_t version) -> Status {
      if (version <= std::max(op.base, unseen) || version == j.seq) return {};
      if (const std::optional<Stamp> stamp = TRY(log_.stamp_of(version)); stamp && stamp->device != j.device->ordinal) unseen = version;
      return {};
    };
    for (const auto& [reg, version] : touched.row.versions.exceptions)
      if (reg != life_register) TRY(look(version));
    if (unseen) TRY(record_life_conflict(j, at, unseen, Life::trashed, Life::live, false));
  }
  touched.row.record.meta.life = op.life;
  if (MUTANT(clocks_dropped_on_trash)) touched.row.versions = {j.seq, {}};
  touched.row.versions.set(life_register, j.seq);
  touched.changed = true;
  return {};
}

Status Authority::ask_about_trashed(Judging& j, const Op& op, size_t at) {
  const Touched& touched = j.touched[at];
  const int64_t since = touched.row.versions.of(life_register);
  if (touched.row.record.meta.life != Life::trashed || op.saw_trashed || since == j.seq) return {};
  return record_life_conflict(j, at, since, Life::trashed, Life::live, true);
}

Status Authority::apply_set(Judging& j, const Op& op, size_t at) {
  Touched& touched = j.touched[at];
  TRY(ask_about_trashed(j, op, at));
  const uint16_t leader = tables_.schema()[op.entity].fields[op.values[0].field].leader;
  const uint32_t reg = tables_.key_no(op.entity, leader);
  const int64_t current = touched.row.versions.of(reg);
  if (!touched.created && current != j.seq) {
    if (op.base != current) {
      RegisterState state{current, {}};
      if (const std::optional<Stamp> stamp = TRY(log_.stamp_of(current))) state.stamp = *stamp;
      const Verdict verdict = judge_register(state, op.base, j.stamp);
      const bool won = verdict != Verdict::superseded;
      if (verdict != Verdict::applied) TRY(record_conflict(j, op, at, won));
      if (!won) return {};
    }
  }
  for (const FieldValue& v : op.values) {
    if (MUTANT(group_torn) && v.field != leader) continue;
    touched.row.record.values[v.field] = v.value;
    if (!touched.created) changed_field(touched, v.field);
  }
  if (!touched.created) touched.row.versions.set(reg, j.seq);
  touched.changed = true;
  return tell_of_merged_edit(j, op, at);
}

Status Authority::apply_element(Judging& j, const Op& op, size_t at) {
  Touched& touched = j.touched[at];
  TRY(ask_about_trashed(j, op, at));
  const uint16_t field = op.values[0].field;
  const uint32_t reg = tables_.key_no(op.entity, field);
  const bool adding = op.kind == OpKind::add;
  std::vector<std::string> elements = tag_elements(touched.row.record.values[field]);
  const bool present = std::find(elements.begin(), elements.end(), op.element) != elements.end();
  if (!touched.created) {
    const std::optional<TagElement> known = TRY(log_.element(op.entity, touched.row.row, reg, op.element));
    const int64_t element_seq = known ? known->seq : touched.row.versions.base;
    bool seen = element_seq == j.seq || op.base >= element_seq;
    if (!seen)
      if (const std::optional<Stamp> stamp = TRY(log_.stamp_of(element_seq))) seen = stamp->device == j.device->ordinal || (op.base == lost_base && *stamp < j.stamp);
    if (judge_element(seen, present, adding) == Verdict::superseded) return {};
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
  return tell_of_merged_edit(j, op, at);
}

// ---- pushes

Result<Authority::Page> Authority::push(uint32_t ordinal, std::string_view frame) {
  const auto decoded = TRY(decode_push(frame, tables_.schema()));
  const PushRequest& request = decoded.first;
  const KeyTable& keys = decoded.second;
  if (!(request.workspace == workspace_id_)) return Error{ErrorKind::forbidden, "These changes belong to another workspace."};
  if (request.device != ordinal) return Error{ErrorKind::forbidden, "These changes belong to another device."};
  PushReply reply;
  bool any = false;
  std::optional<Page> reset;
  TRY(ws_.atomically([&]() -> Status {
    TRY(clock_.check());
    std::optional<Device> device = TRY(known_device(ordinal));
    if (!(device->install == request.install)) return Error{ErrorKind::forbidden, "This device is not registered any more. Sign in again."};
    if (!request.epoch.is_nil() && !(request.epoch == epoch_)) {
      reset = TRY(reset_page(*device));
      return {};
    }
    const int64_t now = ws_.clock().wall_ms(), offset = now - request.wall_ms;
    bool first = request.judged <= device->last_op_no, whole = true;
    if (!request.bodies.empty()) {
      TRY(log_.put_clock_offset(ordinal, request.mono_epoch, offset));
      TRY(log_.drop_quarantined_before(now - quarantine_ms));
    }
    const Viewer who = TRY(viewer(device->member));  // Nothing a device sends changes what its member is.
    for (const std::string& body : request.bodies) {
      std::string unknown;
      Transaction t = TRY(decode_transaction(body, keys, &unknown));
      const uint32_t sum = std::max<uint32_t>(XXH32(body.data(), body.size(), 0), 1);
      if (t.op_no <= device->last_op_no && !MUTANT(op_applied_twice)) {
        // Sent before; its outcome stands. Other bytes under the same number come from a copy of the device.
        const std::optional<uint32_t> known = TRY(log_.sum_of(ordinal, t.op_no));
        if (known && *known != sum)
          return Error{ErrorKind::conflict, "This app’s data was copied from another device, or brought back from an older state. It needs a number of its own."};
        continue;
      }
      if (first && t.op_no > device->last_op_no) device->last_op_no = t.op_no - 1;
      first = false;
      if (!MUTANT(gap_accepted) && !MUTANT(op_applied_twice) && t.op_no != device->last_op_no + 1) {
        whole = false;
        break;
      }  // The reply tells where to go on.
      if (t.op_no < 1) return Error{ErrorKind::corrupt, "Changes are numbered from one."};
      const std::string own = unknown.empty() ? encode_transaction(t, tables_) : body;
      // A clock that was set in the meantime: what counts is how wrong it was when the change was made.
      int64_t then = offset;
      if (t.mono_epoch != request.mono_epoch) then = TRY(log_.clock_offset(ordinal, t.mono_epoch)).value_or(offset);
      TRY(judge(*device, who, std::move(t), then, unknown, own, sum));
      any = true;
    }
    if (request.drained && whole) device->drained_at = now;
    device->last_seen = now;
    reply.last_op_no = device->last_op_no;
    reply.head = TRY(log_.head());
    return log_.put_device(*device);
  }));
  if (reset) return std::move(*reset);
  if (any) ws_.changed();
  return Page{encode_push_reply(reply)};
}

}  // namespace holdfast
