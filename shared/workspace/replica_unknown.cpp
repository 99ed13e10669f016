// What the server sends and this build does not know: kept aside, and put in its place once an update of the app knows it.

#include <map>

#include "shared/base/mutant.h"
#include "shared/workspace/replica.h"

namespace holdfast {

/// Fields of a record this build has.
Status Replica::keep_unknown_fields(const RowChange& c) {
  if (!keeps_unknown_ || MUTANT(unknown_not_kept)) return {};
  if (c.whole && any_unknown_) TRY(unknown_.drop(c.record.id));
  for (const UnknownField& f : c.unknown) TRY(unknown_.put(c.entity_key, c.record.id, f));
  any_unknown_ = any_unknown_ || !c.unknown.empty();
  return {};
}

/// A record of a kind this build has never heard of.
Status Replica::keep_unknown_record(const RowChange& c) {
  if (!keeps_unknown_) return {};
  const Id& id = c.record.id;
  if (c.evicted || c.record.meta.life == Life::purged) {
    TRY(unknown_.drop(id));
    erased_ = true;
    return tables_.note_erased();
  }
  if (MUTANT(unknown_not_kept)) return {};
  UnknownRecord r{id, c.record.meta, c.base_version, c.life_version};
  if (const std::optional<UnknownRecord> before = TRY(unknown_.record(id))) {
    if (r.meta.seq <= before->meta.seq) return {};
    if (!c.whole) {
      r.base_version = before->base_version;
      r.meta.created_at = before->meta.created_at;
      r.meta.created_by = before->meta.created_by;
    }
  } else if (!c.whole) {
    return Error{ErrorKind::corrupt, "The server sent part of a record this device does not have."};
  }
  any_unknown_ = true;  // So that what a whole one brings takes the place of all there was.
  TRY(keep_unknown_fields(c));
  return unknown_.put(c.entity_key, r);
}

/// After an update of the app: what it knows by now takes its place. What it still does not know stays aside.
Status Replica::learn() {
  const Schema& schema = tables_.schema();
  std::map<std::string, std::vector<std::string>> fields;  // By entity: names that this build may know.
  for (auto& [entity, field] : TRY(unknown_.names()))
    if (schema.index_of(entity) >= 0) fields[entity].push_back(std::move(field));
  for (const auto& [key, names] : fields) {
    const auto e = static_cast<size_t>(schema.index_of(key));
    if (names.front().empty()) TRY(learn_records(e));
    for (const std::string& name : names)
      if (const FieldDef* f = schema[e].find(name)) TRY(learn_field(e, *f));
  }
  return {};
}

Status Replica::learn_records(size_t e) {
  const Entity& entity = tables_.schema()[e];
  const int64_t acked = TRY(acked_op_no());
  for (const UnknownRecord& r : TRY(unknown_.records(entity.key))) {
    RowChange c;
    c.entity = static_cast<int>(e);
    c.whole = true;
    c.record = Record(entity);
    c.record.id = r.id;
    c.record.meta = r.meta;
    c.base_version = r.base_version;
    c.life_version = r.life_version;
    for (const UnknownField& kept : TRY(unknown_.fields(r.id))) {
      const FieldDef* f = entity.find(kept.key);
      if (!f || f->kind != kept.kind) continue;
      c.record.values[f->index] = kept.value;
      if (kept.version) c.versions.emplace_back(f->index, kept.version);
      TRY(unknown_.drop(r.id, kept.key));
    }
    TRY(unknown_.drop(r.id, ""));
    TRY(put_row(c, acked));
  }
  return {};
}

Status Replica::learn_field(size_t e, const FieldDef& f) {
  Rows& rows = ws_.rows(e);
  for (const Id& id : TRY(unknown_.having(rows.entity().key, f.key))) {
    for (const UnknownField& kept : TRY(unknown_.fields(id))) {
      if (kept.key != f.key || kept.kind != f.kind) continue;  // Of another kind here: an update may still know it.
      TRY(unknown_.drop(id, f.key));
      std::optional<Row> row = TRY(rows.read(id));
      if (!row) continue;
      row->record.values[f.index] = kept.value;
      if (kept.version) row->versions.set(tables_.key_no(e, f.leader), kept.version);
      TRY(rows.update(row->row, row->record, {f.index}, row->versions));
    }
  }
  return {};
}

}  // namespace holdfast
