#include "shared/workspace/judging.h"

#include <algorithm>
#include <map>
#include <utility>

#include "shared/base/mutant.h"
#include "shared/base/text.h"
#include "shared/model/entities.h"
#include "shared/store/outbox.h"

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
  device.name = TRY(free_name(member, name));
  device.drained_at = device.last_seen = now;
  device.ordinal = TRY(log_.add_device(device));
  return device;
}

Result<Device> Authority::known_device(uint32_t ordinal) {
  std::optional<Device> device = TRY(log_.device(ordinal));
  if (!device) return Error{ErrorKind::forbidden, "This device is not registered any more. Sign in again."};
  // Nobody's is the server's own, which sees everything: no request comes from there.
  if (device->member.is_nil()) return Error{ErrorKind::forbidden, "This device belongs to nobody. Sign in again."};
  if (device->removed && !MUTANT(removed_device_served)) return Error{ErrorKind::gone, "This device was removed. Its data is removed from it."};
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
    // Each history that has ended, and the head at which the next one began; the latest first.
    TRY(tables_.set_meta("partings", epoch_.text() + " " + std::to_string(TRY(log_.head())) + "\n" + TRY(tables_.meta("partings"))));
    epoch_ = ws_.new_id();
    kept_pages_.forget();
    TRY(tables_.set_meta("epoch", epoch_.text()));
    return clock_.accept();  // The data may be an old backup's.
  });
}

/// Up to which number this history is that of `epoch`: the least head at which one has ended since. 0 for a history it does not come from:
/// another backup was restored first, and then this one.
Result<int64_t> Authority::common_head(const Id& epoch) {
  int64_t head = INT64_MAX;
  for (const std::string& line : split(TRY(tables_.meta("partings")), '\n')) {
    const std::vector<std::string> parts = split(line, ' ');
    if (parts.size() != 2) break;
    head = std::min<int64_t>(head, std::atoll(parts[1].c_str()));
    if (parts[0] == epoch.text()) return head;
  }
  return int64_t{0};
}

// ---- judging

static constexpr int64_t quarantine_ms = int64_t{30} * 86'400'000;

uint32_t Authority::register_of(const Op& op) const {
  return op.kind == OpKind::life ? life_register : tables_.key_no(op.entity, tables_.schema()[op.entity].fields[op.values[0].field].leader);
}

/// What the member's devices are called.
Result<std::set<std::string>> Authority::device_names(const Id& member) {
  std::set<std::string> names;
  for (Device& d : TRY(log_.devices()))
    if (!d.removed && d.member == member) names.insert(std::move(d.name));
  return names;
}

Result<std::string> Authority::free_name(const Id& member, const std::string& wanted) {
  const std::set<std::string> taken = TRY(device_names(member));
  std::string name = wanted;
  for (int n = 2; taken.count(name); n++) name = wanted + " " + std::to_string(n);
  return name;
}

Status Authority::name_device(uint32_t ordinal, std::string_view wanted) {
  const std::string name = trimmed(wanted);
  if (name.empty()) return Error{ErrorKind::invalid, "Give the device a name."};
  if (name.size() > device_name_max) return Error{ErrorKind::invalid, "The name is too long."};
  std::optional<Device> device = TRY(log_.device(ordinal));
  if (!device || device->removed) return Error{ErrorKind::not_found, "There is no such device."};
  if (device->name == name) return {};
  if (TRY(device_names(device->member)).count(name)) return Error{ErrorKind::conflict, "Another device has this name."};
  device->name = name;
  return log_.put_device(*device);
}

/// Of a tag in what is kept of a refused transaction: its sum tells it from others.
static std::string without_word(const std::string& element) { return element.empty() ? element : std::to_string(sum_of_body(element)); }

/// Of a base that leads nowhere. Not −1: as a base that is a device's first transaction, though in the log it is this.
static constexpr Base nothing_seen = INT64_MIN;

/// The version an op's author saw, or nothing_seen. A base that names the author's own earlier transaction is the version that produced;
/// a refused one passes on what it had seen itself. One that waits may be accepted yet: with `so_far` the answer may be its number.
Result<int64_t> Authority::resolve_base(const Device& author, const Op& op, int64_t op_no, bool so_far) {
  if (op.base >= 0) return op.base;
  if (MUTANT(own_base_unresolved)) return nothing_seen;
  const std::string element = without_word(op.element);
  const auto same = [&](const Op& its) {
    if (!(its.record == op.record) || (its.kind == OpKind::life) != (op.kind == OpKind::life)) return false;
    return op.kind == OpKind::life || (!its.values.empty() && !op.values.empty() && its.values[0].field == op.values[0].field && its.element == element);
  };
  Device device = author;
  Base base = op.base;
  int renewals = 0;
  for (int64_t after = op_no; base < 0;) {
    if (base <= -after) return nothing_seen;  // Only what came before.
    const int64_t n = -base;
    if (const int64_t seq = TRY(log_.seq_of(device.ordinal, n))) return seq;
    const std::optional<StoredRefusal> refused = TRY(log_.refusal(device.ordinal, n));
    if (!refused) {  // Acknowledged before this device got a number of its own.
      std::optional<Device> was = device.was && n <= device.parted && renewals++ < 100 ? TRY(log_.device(device.was)) : std::optional<Device>();
      if (!was) return nothing_seen;
      device = std::move(*was);
      continue;
    }
    if (so_far && refused->code == "waiting") return base;
    const Result<Transaction> earlier = decode_transaction(refused->body, KeyTable::own(tables_), nullptr);
    if (!earlier.ok()) return nothing_seen;
    const auto found = std::find_if(earlier->ops.begin(), earlier->ops.end(), same);
    if (found == earlier->ops.end()) return nothing_seen;
    after = n;
    base = found->base;
  }
  return base;
}

/// What is kept of a refused transaction, for those of its author that build on it: what it was about, and what it had seen there. Its
/// words are in the author's inbox.
Result<std::string> Authority::without_words(const Device& device, Transaction t) {
  in_order(t);
  std::erase_if(t.ops, [](const Op& op) { return op.kind == OpKind::create; });
  const int64_t head = TRY(log_.head());
  for (Op& op : t.ops) {
    op.base = TRY(resolve_base(device, op, t.op_no, true));
    if (op.base > head) op.base = nothing_seen;
    for (FieldValue& v : op.values) v.value = Value();
    op.element = without_word(op.element);
  }
  return encode_transaction(t, tables_);
}

/// No word about what was erased is kept, whatever becomes of the rest. Whether there was any.
Result<bool> Authority::drop_erased(Transaction& t) {
  const size_t before = t.ops.size();
  std::vector<Op> kept;
  for (Op& op : t.ops)
    if (const std::optional<Row> row = TRY(ws_.rows(op.entity).read_head(op.record)); !row || row->record.meta.life != Life::purged) kept.push_back(std::move(op));
  t.ops = std::move(kept);
  return t.ops.size() < before;
}

Status Authority::judge(Device& device, const Viewer& viewer, Transaction t, int64_t offset_ms, std::optional<Refused> unfit, uint32_t sum) {
  Judging j;
  j.sum = sum;
  j.device = &device;
  j.member = device.member;
  j.viewer = viewer;
  j.now_ms = ws_.clock().wall_ms();
  j.offset_ms = offset_ms;
  std::optional<Refused> refused = unfit ? unfit : TRY(validate(device, t, j));
  device.last_op_no = t.op_no;
  auto stamp = [&](Stamp seen) {
    return bounded_stamp(t.claimed_ms, offset_ms, device.drained_at, j.now_ms, {device.last_hlc, device.ordinal}, seen, device.ordinal);
  };
  if (MUTANT(refusal_not_whole) && refused && !j.touched.empty()) {
    std::erase_if(t.ops, [&](const Op& op) { return !j.find(op.record); });
    refused.reset();
  }
  if (!refused) return accept(device, std::move(t), j, stamp);
  const bool erased = TRY(drop_erased(t));
  if (erased && !refused->waits_for.is_nil()) refused = Refused{"purged", erased_text, {}};  // It could only ever be refused.
  // What cannot be read is no use to anybody here.
  const bool readable = refused->code != "unreadable" && !MUTANT(refused_base_forgotten);
  TRY(log_.refuse(device.ordinal, {t.op_no, refused->code, refused->reason, readable ? TRY(without_words(device, t)) : std::string(), sum}));
  if (MUTANT(quarantine_dropped)) return {};
  if (!refused->waits_for.is_nil()) {
    device.last_hlc = stamp({}).hlc;
    return log_.quarantine(refused->waits_for, {0, device.ordinal, t.op_no, device.last_hlc, j.now_ms, encode_transaction(t, tables_)});
  }
  return refuse_creations(t);
}

/// What builds on them is to wait for nothing.
Status Authority::refuse_creations(const Transaction& t) {
  for (const Op& op : t.ops)
    if (op.kind == OpKind::create && !TRY(exists(op.record))) TRY(log_.refuse_record(op.record));
  return {};
}

/// An id names one record of one kind, here and for ever: rights, merging and erasing rely on it.
Result<bool> Authority::exists(const Id& record) {
  bool found = false;
  for (size_t e = 0; e < tables_.schema().size() && !found; e++) found = TRY(ws_.rows(e).find(record)) != 0;
  return found;
}

/// How many records there are, of all kinds; none is ever taken away but for its contents.
Result<int64_t> Authority::records() {
  if (records_ < 0) {
    records_ = 0;
    for (size_t e = 0; e < tables_.schema().size(); e++) records_ += TRY(ws_.rows(e).last_row());
  }
  return records_;
}

/// A group's fields as the schema has them, whoever sent them in which order: conflicts say them line by line.
void Authority::in_order(Transaction& t) {
  for (Op& op : t.ops)
    if (op.kind == OpKind::set) std::sort(op.values.begin(), op.values.end(), [](const FieldValue& a, const FieldValue& b) { return a.field < b.field; });
}

/// A transaction that nothing refuses gets its place and its stamp, and changes the rows.
Status Authority::accept(Device& device, Transaction t, Judging& j, const std::function<Stamp(Stamp)>& stamp) {
  // From here on, and in the log, a base is a version of the server's, or −1: none that can be current.
  Stamp seen;
  in_order(t);
  for (Op& op : t.ops) {
    if (op.kind == OpKind::create) continue;
    op.base = std::max<Base>(TRY(resolve_base(device, op, t.op_no, false)), -1);
    const Touched* touched = j.find(op.record);
    if (touched->created || op.kind == OpKind::add || op.kind == OpKind::remove) continue;
    const int64_t current = touched->row.versions.of(register_of(op));
    if (op.kind == OpKind::life ? op.base < current : op.base != current) continue;
    if (const std::optional<Author> known = TRY(log_.author_of(current)); known && seen < known->stamp) seen = known->stamp;
  }
  j.seq = TRY(log_.head()) + 1 + (MUTANT(sequence_with_gaps) && t.op_no % 7 == 0);
  j.stamp = stamp(seen);
  TRY(apply(j, t));
  if (!MUTANT(stamp_order_forgotten)) device.last_hlc = std::max(device.last_hlc, j.stamp.hlc);
  TRY(log_.append({j.seq, j.stamp, t.op_no, device.member, j.now_ms, encode_transaction(t, tables_), j.sum}));
  TRY(merge_notes(j));
  TRY(spread_order(t));
  for (const Op& op : t.ops)
    if (op.kind == OpKind::create) TRY(release(op.record, j));
  return {};
}

/// A record has come with the transaction of `current`: what waited for it is judged again, with the stamp it would have had.
Status Authority::release(const Id& record, const Judging& current) {
  std::map<uint32_t, int64_t> last;  // What one device made stays in its order.
  for (const Quarantined& q : TRY(log_.quarantined(record))) {
    TRY(log_.drop_quarantined(q.no));
    if (q.body.empty()) {
      TRY(settle_common(q, current));
      continue;
    }
    Result<Transaction> t = decode_transaction(q.body, KeyTable::own(tables_), nullptr);
    if (!t.ok()) continue;
    std::optional<Device> other;
    Device* const at_work = current.device_at_work(q.device);
    if (!at_work) other = TRY(log_.device(q.device));
    if (!at_work && !other) continue;
    Device& device = at_work ? *at_work : *other;
    Judging j;
    j.outer = &current;
    j.waited = q.op_no;
    j.device = &device;
    j.member = device.member;
    j.viewer = TRY(viewer(device.member));
    j.now_ms = ws_.clock().wall_ms();  // It takes effect now, perhaps after what it had to wait for.
    if (const std::optional<Refused> refused = TRY(validate(device, *t, j))) {
      if (!refused->waits_for.is_nil()) TRY(log_.quarantine(refused->waits_for, q));
      else {
        TRY(log_.settle_late(q.device, {q.op_no, refused->code, refused->reason, {}}, TRY(log_.head())));
        TRY(refuse_creations(*t));
        TRY(tables_.note_erased());  // Its words, which waited with it.
      }
      continue;
    }
    TRY(accept(device, t.take(), j, [&](Stamp seen) { return Stamp{std::max({q.hlc, seen.hlc + 1, last[q.device] + 1}), q.device}; }));
    last[q.device] = j.stamp.hlc;
    if (!MUTANT(waited_not_told)) TRY(log_.settle_late(q.device, {q.op_no, {}, {}, {}}, j.seq));
    if (!at_work) TRY(log_.put_device(device));
  }
  return {};
}

/// What has waited for so long is told to its author: the record is not going to come.
Status Authority::give_up_waiting(int64_t before_ms) {
  for (const Quarantined& q : TRY(log_.quarantined_before(before_ms))) {
    TRY(log_.settle_late(q.device, {q.op_no, "depends", "The record did not come to the server within 30 days.", {}}, TRY(log_.head()) + 1));
    TRY(log_.drop_quarantined(q.no));
    if (const Result<Transaction> t = decode_transaction(q.body, KeyTable::own(tables_), nullptr); t.ok()) TRY(refuse_creations(*t));
    TRY(tables_.note_erased());
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
      if (records_ >= 0) records_++;
      for (const FieldDef& f : rows.entity().fields)
        if (f.kind == Kind::tags)
          for (const std::string& e : tag_elements(touched.row.record.values[f.index]))
            TRY(log_.put_element(touched.entity, touched.row.row, tables_.key_no(touched.entity, f.index), e, {true, j.seq}));
    } else {
      TRY(rows.update(touched.row.row, touched.row.record, touched.fields, touched.row.versions, Rows::WithLife{touched.life_set}));
    }
  }
  TRY(write_conflicts(j));
  // Last, when everything is written: first those that decide for others.
  for (const bool own : {true, false})
    for (const Touched& touched : j.touched) {
      const Entity& entity = tables_.schema()[touched.entity];
      if (entity.own_access != own || (!own && entity.seen_with.empty())) continue;
      if (touched.created ? TRY(scope_of(touched.row.record)) != Scopes::everyone
                          : std::any_of(touched.fields.begin(), touched.fields.end(), [&](uint16_t f) { return entity.decides_access(f); }))
        TRY(settle_scope(j.seq, touched.entity, touched.row.row));
      if (touched.created) TRY(settle_scopes_below(j.seq, touched.entity, touched.row.record.id));
    }
  return {};
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

/// The last version of a register after `since` that somebody else made; 0 for none. Each tag has one of its own: what others did to one
/// does not become known by doing something to another.
Result<int64_t> Authority::unseen_version(const Judging& j, size_t e, const Row& row, uint32_t reg, int64_t since) {
  std::vector<int64_t> versions{row.versions.of(reg)};
  const int field = tables_.field_of(e, reg);
  if (field >= 0 && tables_.schema()[e].fields[static_cast<size_t>(field)].kind == Kind::tags) versions = TRY(log_.element_versions(e, row.row, reg));
  int64_t unseen = 0;
  for (const int64_t version : versions)
    if (version > std::max(since, unseen) && version != row.versions.base && version != j.seq && TRY(log_.author_of(version)) && !TRY(made_by(*j.device, version))) unseen = version;
  return unseen;
}

/// Trash and restore decide about the whole record: what its author had not seen of it is told to people, and nothing
/// comes back by itself.
Status Authority::apply_life(Judging& j, const Op& op, size_t at) {
  Touched& touched = j.touched[at];
  const int64_t current = touched.row.versions.of(life_register);
  if (TRY(overtaken(j, current))) return {};
  bool as_it_is = false;
  if (!touched.created && current != j.seq && op.base < current) {
    const Life now = touched.row.record.meta.life;
    const Verdict verdict = judge_register(TRY(register_state(*j.device, current)), op.base, j.stamp);
    // Of two who want the same the first is kept: the other may think again, and then the first is told.
    as_it_is = verdict != Verdict::applied && op.life == now;
    if (MUTANT(overruled_life_untold) && verdict == Verdict::superseded) return {};
    if (verdict == Verdict::superseded) return as_it_is ? Status() : record_life_conflict(j, at, current, now, op.life, true);
    if (verdict == Verdict::applied_concurrent && !as_it_is) TRY(record_life_conflict(j, at, current, op.life, now, false));
  }
  if (op.life == Life::trashed && !touched.created && !MUTANT(unseen_edit_not_asked)) {
    int64_t unseen = 0;
    for (const auto& [reg, version] : touched.row.versions.exceptions)
      if (reg != life_register) unseen = std::max(unseen, TRY(unseen_version(j, op.entity, touched.row, reg, op.base)));
    if (unseen) TRY(record_life_conflict(j, at, unseen, Life::trashed, Life::live, false));
  }
  if (as_it_is) return {};
  touched.row.record.meta.life = op.life;
  touched.life_set = true;
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
  if (TRY(overtaken(j, current))) return {};
  if (!touched.created && current != j.seq) {
    Verdict verdict = op.base == current ? Verdict::applied : judge_register(TRY(register_state(*j.device, current)), op.base, j.stamp);
    // Of the server's own rows people decide what they have seen: a conflict that is about something else by now is not settled.
    if (verdict != Verdict::applied && tables_.schema()[op.entity].server_owned) return {};
    const bool won = verdict != Verdict::superseded;
    if (verdict != Verdict::applied) TRY(record_conflict(j, op, at, won));
    if (!won) return {};
    TRY(follow_kept(j, op, at, current));
  }
  for (const FieldValue& v : op.values) {
    if (MUTANT(group_torn) && v.field != leader) continue;
    touched.row.record.values[v.field] = v.value;
    if (!touched.created) touched.change(v.field);
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
    if (TRY(overtaken(j, element_seq))) return {};
    bool seen = element_seq == j.seq || op.base >= element_seq;
    if (!seen)
      if (const std::optional<Author> author = TRY(log_.author_of(element_seq))) seen = TRY(made_by(*j.device, element_seq)) || (op.base == lost_base && author->stamp < j.stamp);
    if (judge_element(seen, present, adding) == Verdict::superseded) return {};
    TRY(log_.put_element(op.entity, touched.row.row, reg, op.element, {adding, j.seq}));
  }
  if (adding && !present) elements.push_back(op.element);
  if (!adding && present) std::erase(elements, op.element);
  touched.row.record.values[field] = tags_from(std::move(elements));
  if (!touched.created) {
    touched.change(field);
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
  if (request.device != ordinal) return Error{ErrorKind::conflict, "These changes belong to another device. It needs a number of its own."};
  PushReply reply;
  bool any = false;
  std::optional<Page> reset;
  TRY(ws_.atomically([&]() -> Status {
    TRY(clock_.check());
    std::optional<Device> device = TRY(known_device(ordinal));
    if (!(device->install == request.install)) return Error{ErrorKind::forbidden, "This device is not registered any more. Sign in again."};
    if (!request.epoch.is_nil() && !(request.epoch == epoch_)) {
      reset = TRY(reset_page(*device, request.epoch));
      return {};
    }
    const int64_t now = ws_.clock().wall_ms(), offset = now - request.wall_ms;
    bool first = request.judged <= device->last_op_no, whole = true;
    if (!request.bodies.empty()) {
      TRY(log_.put_clock_offset(ordinal, request.mono_epoch, offset));
      TRY(give_up_waiting(now - quarantine_ms));
    }
    const Viewer who = TRY(viewer(device->member));  // Nothing a device sends changes what its member is.
    TRY(join_family(*device, request.formers));
    log_.hold();
    TRY(ws_.holding_rows([&]() -> Status {
      for (const std::string& body : request.bodies) {
        // One that cannot be taken is refused by itself: what comes after it is not to wait for ever.
        std::string unknown;
        std::optional<Refused> unfit;
        Result<Transaction> read = decode_transaction(body, keys, &unknown);
        if (!read.ok()) unfit = Refused{"unreadable", "The server could not read this change.", {}};
        else if (!unknown.empty()) unfit = Refused{"unknown", "The server does not know \"" + unknown + "\" yet. Update the server, then send this again.", {}};
        Transaction t = read.ok() ? read.take() : Transaction();
        if (!read.ok())  // What builds on what it was to make is to wait for nothing.
          for (const Id& made : creations_in(body, keys)) t.ops.push_back({OpKind::create, 0, made, 0, {}, {}, Life::live});
        t.op_no = TRY(transaction_number(body));
        const bool begins = std::exchange(first, false);  // Numbers may be left out before a frame, never within it.
        const auto was = request.sums.find(t.op_no);
        const uint32_t sum = was == request.sums.end() ? sum_of_body(body) : was->second;
        if (t.op_no <= device->last_op_no && !MUTANT(op_applied_twice)) {
          // Sent before; its outcome stands. Other bytes under the same number come from a copy of the device, or it was a copy that
          // left this number out.
          const std::optional<uint32_t> known = TRY(log_.sum_of(ordinal, t.op_no));
          if ((!known || (*known && *known != sum)) && !MUTANT(copy_not_noticed))
            return Error{ErrorKind::conflict, "This app’s data was copied from another device, or brought back from an older state. It needs a number of its own."};
          continue;
        }
        if (begins && t.op_no > device->last_op_no) device->last_op_no = t.op_no - 1;
        if (!MUTANT(gap_accepted) && !MUTANT(op_applied_twice) && t.op_no != device->last_op_no + 1) {
          whole = false;
          break;
        }  // The reply tells where to go on.
        if (t.op_no < 1) return Error{ErrorKind::corrupt, "Changes are numbered from one."};
        const int64_t op_no = t.op_no;
        if (TRY(judged_in_family(*device, op_no, sum))) continue;
        // A clock that was set in the meantime: what counts is how wrong it was when the change was made.
        int64_t then = offset;
        if (t.mono_epoch != request.mono_epoch) then = TRY(log_.clock_offset(ordinal, t.mono_epoch)).value_or(offset);
        TRY(judge(*device, who, std::move(t), then, std::move(unfit), sum));
        if (device->family) TRY(log_.note_judged(device->family, op_no, sum, ordinal));
        any = true;
      }
      return {};
    }));
    TRY(log_.write_held());
    if (request.drained && whole) device->drained_at = now;
    device->last_seen = now;
    reply.last_op_no = device->last_op_no;
    reply.head = TRY(log_.head());
    return log_.put_device(*device);
  }));
  if (reset) return std::move(*reset);
  if (any) ws_.changed();
  (void)tables_.clean_journal();  // What was judged stands; where the disk failed here, the next push or start does it.
  return Page{encode_push_reply(reply)};
}

}  // namespace holdfast
