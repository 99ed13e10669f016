#include "shared/workspace/merging.h"

#include "shared/model/entities.h"

namespace holdfast {

Status merge_records(Workspace& ws, Edit& edit, const Entity& entity, const Id& loser, const Id& winner, const std::vector<FieldValue>& chosen) {
  if (!entity.mergeable || loser == winner || TRY(ws.root(loser)) == TRY(ws.root(winner))) return Error{ErrorKind::invalid, "These records cannot be merged."};
  const std::optional<Record> from = TRY(ws.get(entity, loser)), into = TRY(ws.get(entity, winner));
  if (!from || !into) return Error{ErrorKind::not_found, "This " + std::string(entity.label) + " does not exist any more."};
  const Id edge = ws.new_id();
  edit.create(alias, edge);
  edit.set(alias, edge, alias.entity, std::string(entity.key));
  edit.set(alias, edge, alias.loser, loser);
  edit.set(alias, edge, alias.winner, winner);
  if (from->meta.seq > 0) edit.set(alias, edge, alias.seen_seq, from->meta.seq);
  for (const FieldValue& v : chosen) edit.set(entity, winner, v.field, v.value);
  for (const FieldDef& f : entity.fields) {
    if (f.kind != Kind::tags || entity.decides_access(f.index)) continue;
    std::vector<std::string> both = tag_elements(into->values[f.index]);
    for (std::string& element : tag_elements(from->values[f.index])) both.push_back(std::move(element));
    edit.set(entity, winner, f.index, tags_from(std::move(both)));
  }
  return {};
}

Result<std::vector<Merged>> merged_parts(Workspace& ws, const Entity& entity, const Id& root) {
  std::vector<Merged> out;
  Query all;
  all.limit = 10'000;
  all.where.push_back({alias.entity.index, Compare::eq, std::string(entity.key)});
  for (const Record& edge : TRY(ws.list(alias, all))) {
    if (!(TRY(ws.root(as_id(edge[alias.loser]))) == root)) continue;
    const Id other = as_id(edge[alias.loser]) == root ? as_id(edge[alias.winner]) : as_id(edge[alias.loser]);
    if (std::optional<Record> record = TRY(ws.get(entity, other))) out.push_back({edge.id, std::move(*record)});
  }
  return out;
}

}  // namespace holdfast
