// The server's own hand: its writes, and erasing.

#include <algorithm>
#include <bitset>
#include <memory>
#include <unordered_set>

#include "shared/base/mutant.h"
#include "shared/model/entities.h"
#include "shared/store/blobs.h"
#include "shared/store/search.h"
#include "shared/workspace/judging.h"

namespace holdfast {

Result<Device> Authority::own_device() {
  if (own_device_) {
    std::optional<Device> found = TRY(log_.device(own_device_));
    HOLDFAST_ASSERT(found);
    return std::move(*found);
  }
  Device device;
  device.last_op_no = TRY(tables_.meta_int("own_op_no"));
  device.last_hlc = TRY(tables_.meta_int("own_hlc"));
  return device;
}

Status Authority::put_own_device(const Device& device) {
  if (device.ordinal) return log_.put_device(device);
  TRY(tables_.set_meta_int("own_op_no", device.last_op_no));
  return tables_.set_meta_int("own_hlc", device.last_hlc);
}

/// What follows from an accepted change by itself. Its author may not even see the record any more.
Status Authority::commit_by_own_hand(const Edit& edit, const Id& for_member, const char* label) {
  const Id acting = ws_.acting();
  ws_.act_as(for_member);
  own_hand_ = true;
  const Status done = ws_.commit(edit, label);
  own_hand_ = false;
  ws_.act_as(acting);
  return done;
}

Status Authority::write(PreparedEdit& edit) {
  TRY(clock_.check());
  Device device = TRY(own_device());
  const uint32_t ordinal = device.ordinal;
  device.member = ws_.acting();
  Transaction t;
  t.op_no = device.last_op_no + 1;
  t.claimed_ms = ws_.clock().wall_ms();
  const int64_t head = TRY(log_.head());
  for (PreparedOp& prepared : edit.ops) {
    Op op = std::move(prepared.op);
    const Row& row = edit.rows[prepared.row];
    if (op.kind == OpKind::add || op.kind == OpKind::remove || op.kind == OpKind::life) op.base = head;
    else if (op.kind != OpKind::create && row.row) op.base = row.versions.of(register_of(op));
    t.ops.push_back(std::move(op));
  }
  in_order(t);
  device.ordinal = 0;  // The server's own hand may write server-owned fields, whatever ordinal the log shows.
  Judging j;
  j.member = device.member;
  j.viewer = TRY(viewer(own_hand_ ? Id{} : device.member));
  if (std::optional<Refused> refused = TRY(validate(device, t, j))) return Error{refused->code == "forbidden" ? ErrorKind::forbidden : ErrorKind::invalid, refused->reason};
  device.ordinal = ordinal;
  j.device = &device;
  j.now_ms = t.claimed_ms;
  j.seq = head + 1;
  j.stamp = {std::max(hlc_from_ms(j.now_ms), device.last_hlc + 1), ordinal};
  TRY(apply(j, t));
  TRY(log_.append({j.seq, j.stamp, t.op_no, device.member, j.now_ms, encode_transaction(t, tables_)}));
  device.last_op_no = t.op_no;
  device.last_hlc = j.stamp.hlc;
  TRY(put_own_device(device));
  for (const Op& op : t.ops)
    if (op.kind == OpKind::create) TRY(release(op.record, j));
  return {};
}

/// Ids to be found in bytes, in one go however many they are.
class IdsInBytes {
 public:
  void add(const Id& id) {
    ids_.insert(id);
    ends_.set(end_of(id.view().data() + 14));
  }
  bool any_in(std::string_view bytes) const {
    for (size_t i = 16; i <= bytes.size(); i++)
      if (ends_.test(end_of(bytes.data() + i - 2)) && ids_.count(Id::from_bytes(bytes.data() + i - 16))) return true;
    return false;
  }
  bool has(const Id& id) const { return ids_.count(id) > 0; }

 private:
  /// The last two bytes of an id are random: hardly any other place in the bytes has them.
  static size_t end_of(const char* at) { return static_cast<size_t>(static_cast<uint8_t>(at[0])) << 8 | static_cast<uint8_t>(at[1]); }
  std::unordered_set<Id, IdHash> ids_;
  std::bitset<65536> ends_;
};

Result<int64_t> Authority::purge(const Entity& entity, const Id& id, Erase what) {
  struct Erased {
    size_t entity;
    int64_t row;
    Id id;
  };
  std::vector<Erased> gone;
  const Schema& schema = tables_.schema();
  std::unordered_set<Id, IdHash> known;
  const Status erased = ws_.atomically([&]() -> Status {
    auto add = [&](const Entity& e, const Id& record) -> Status {
      const std::optional<Row> row = TRY(ws_.rows(e).read_head(record));
      if (row && row->record.meta.life != Life::purged && known.insert(record).second) gone.push_back({static_cast<size_t>(schema.index_of(e)), row->row, record});
      return {};
    };
    TRY(add(entity, id));
    if (entity.mergeable)  // With what was merged into it: it is the same person.
      for (const Id& part : TRY(tables_.aliases().merged_into(id))) TRY(add(entity, part));
    for (size_t i = 0, n = gone.size(); i < n && entity.mergeable; i++)
      for (const uint16_t end : {alias.loser.index, alias.winner.index})
        for (const Row& edge : TRY(ws_.rows(alias).child_rows(end, gone[i].id))) TRY(add(alias, edge.record.id));
    if (gone.empty()) return Error{ErrorKind::not_found, "There is no such " + std::string(entity.label) + "."};
    // Its parts; and what belongs to it, with the parts of that. People of a company have an access of their own and stay.
    for (size_t i = 0; i < gone.size(); i++) {
      const Erased owner = gone[i];
      for (const Entity* part : schema)
        for (const FieldDef& f : part->fields)
          if (f.options.parent && f.options.target == schema[owner.entity].key && (part->found_by_parent || (what == Erase::everything && !part->own_access)))
            for (const Row& child : TRY(ws_.rows(*part).child_rows(f.index, owner.id))) TRY(add(*part, child.record.id));
    }
    const auto ids = std::make_unique<IdsInBytes>();
    for (const Erased& g : gone) ids->add(g.id);
    for (size_t i = 0, n = gone.size(); i < n; i++)
      for (const Record& c : TRY(ws_.rows(conflict).children(conflict.record.index, gone[i].id))) TRY(add(conflict, c.id));
    // And what was told of them at others, which they were part of for a while.
    Rows::Scan told = ws_.rows(conflict).after_id(Id{});
    for (; told.row(); told.advance()) {
      const Record& c = told.row()->record;
      if (as_text(c[conflict.reason]) != "merged" || c.meta.life == Life::purged || as_int(c[conflict.lost_seq]) < 1) continue;
      const std::optional<LogEntry> entry = TRY(log_.find(as_int(c[conflict.lost_seq])));
      if (!entry || !ids->any_in(entry->body)) continue;
      const Transaction t = TRY(decode_transaction(entry->body, KeyTable::own(tables_), nullptr));
      if (std::any_of(t.ops.begin(), t.ops.end(), [&](const Op& op) { return ids->has(op.record); })) TRY(add(conflict, c.id));
    }
    TRY(told.status());

    if (!MUTANT(kept_pages_outlive_purge)) kept_pages_.forget();
    kept_changes_.forget();
    const int64_t head = TRY(log_.head());
    for (size_t i = 0; i < gone.size(); i++) {  // In as many transactions as it takes.
      const Erased& g = gone[i];
      TRY(ws_.rows(g.entity).erase(g.row, head + 1 + static_cast<int64_t>(i / ops_per_transaction_max)));
      TRY(log_.forget_elements(g.entity, g.row));
    }
    for (const Erased& g : gone) ids->add(g.id);
    for (const Quarantined& q : TRY(log_.quarantined())) {  // What waits, and is about it too, could only ever be refused.
      if (!ids->any_in(q.body)) continue;
      const Result<Transaction> t = decode_transaction(q.body, KeyTable::own(tables_), nullptr);
      if (t.ok() && std::none_of(t->ops.begin(), t->ops.end(), [&](const Op& op) { return ids->has(op.record); })) continue;
      TRY(log_.settle_late(q.device, {q.op_no, "purged", erased_text, {}}, head + 1));
      TRY(log_.drop_quarantined(q.no));
    }
    if (!MUTANT(purge_leaves_history)) TRY(log_.rewrite_bodies([&](std::string& body) -> Result<bool> {
      if (!ids->any_in(body)) return false;
      Result<Transaction> kept = decode_transaction(body, KeyTable::own(tables_), nullptr);
      Transaction left = kept.ok() ? kept.take() : Transaction();
      std::erase_if(left.ops, [&](const Op& op) { return ids->has(op.record); });
      body = encode_transaction(left, tables_);
      return true;
    }));
    // What belonged to an erased record and stays is from now on its author's alone.
    for (const Erased& g : gone) TRY(settle_scopes_below(head + 1, g.entity, g.id));
    Device device = TRY(own_device());
    for (size_t i = 0; i < gone.size(); i += ops_per_transaction_max) {
      Transaction t;
      t.op_no = ++device.last_op_no;
      t.claimed_ms = ws_.clock().wall_ms();
      for (size_t k = i; k < std::min(gone.size(), i + ops_per_transaction_max); k++)
        t.ops.push_back({OpKind::life, static_cast<uint16_t>(gone[k].entity), gone[k].id, head, {}, {}, Life::purged});
      device.last_hlc = std::max(hlc_from_ms(t.claimed_ms), device.last_hlc + 1);
      TRY(log_.append({head + 1 + static_cast<int64_t>(i / ops_per_transaction_max), {device.last_hlc, device.ordinal}, t.op_no, ws_.acting(), t.claimed_ms, encode_transaction(t, tables_)}));
    }
    TRY(put_own_device(device));
    for (const Entity* e : schema)
      if (!e->found_by_parent) TRY(Search(tables_).forget_removed(ws_.rows(*e)));
    TRY(Blobs(tables_).drop_unreferenced(INT64_MAX));
    return tables_.note_erased();
  });
  // Also when there is nothing more to erase: somebody asks again because the disk failed here.
  const Status cleaned = tables_.clean_journal();
  TRY(erased);
  if (!cleaned.ok()) return Error{cleaned.error().kind, "It is erased, but the disk failed before its bytes were gone from the database's journal. Ask again, or start the server anew. (" + cleaned.error().message + ")"};
  ws_.changed();
  return static_cast<int64_t>(gone.size());
}

}  // namespace holdfast
