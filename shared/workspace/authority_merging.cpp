// Records that turned out to be the same: what may be merged, and telling of changes that a merge would hide.

#include <algorithm>

#include "shared/base/mutant.h"
#include "shared/base/text.h"
#include "shared/model/entities.h"
#include "shared/workspace/judging.h"

namespace holdfast {

/// Both records are there, of one kind that can be merged, and seen by whoever merges them.
Result<std::optional<Authority::Refused>> Authority::validate_merge(Judging& j, const Op& op) {
  using Answer = std::optional<Refused>;
  Record edge(alias);
  for (const FieldValue& v : op.values) edge.values[v.field] = v.value;
  const int e = tables_.schema().index_of(as_text(edge[alias.entity]));
  const Id loser = as_id(edge[alias.loser]), winner = as_id(edge[alias.winner]);
  if (e < 0 || !tables_.schema()[static_cast<size_t>(e)].mergeable || loser.is_nil() || winner.is_nil() || loser == winner)
    return Answer(Refused{"invalid", "These records cannot be merged.", {}});
  for (const Id& id : {loser, winner}) {
    if (j.find(static_cast<size_t>(e), id)) continue;
    const std::optional<Row> row = TRY(ws_.rows(static_cast<size_t>(e)).read_head(id));
    if (!row) return Answer(TRY(log_.record_refused(id)) ? Refused{"depends", "The record was never accepted by the server.", {}}
                                                         : Refused{"waiting", "The server does not have this record yet. The change is kept there and takes effect when the record comes.", id});
    if (row->record.meta.life == Life::purged) return Answer(Refused{"purged", "The record was erased for good.", {}});
    if (!TRY(scopes_.sees(j.viewer, row->scope))) return Answer(Refused{"forbidden", "You no longer have access to this record. Ask its owner to share it with you.", {}});
  }
  return Answer();
}

static std::string joined(const Entity& entity, const std::vector<uint16_t>& fields, const std::vector<Value>& values) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < fields.size(); i++) lines.push_back(format_value(entity.fields[fields[i]], values[i]));
  return join(lines, "\n");
}

/// The root keeps its value; what stands in a record merged into it is the other one. Where the two have different audiences
/// those of the loser are told, and nothing of the root.
Status Authority::record_merged_conflict(Judging& j, size_t e, const Row& root_row, const Row& loser_row, uint16_t leader, const std::vector<Value>& lost, const Author& author) {
  const Entity& entity = tables_.schema()[e];
  const FieldDef& f = entity.fields[leader];
  const Record& root = root_row.record;
  const bool one_audience = root_row.scope == loser_row.scope;
  if (f.options.hidden || MUTANT(merged_edit_not_told)) return {};
  const std::vector<uint16_t> fields = entity.register_fields(leader);
  std::vector<Value> kept;
  for (uint16_t field : fields) kept.push_back(root.values[field]);
  std::vector<Value> other = lost;
  if (f.kind == Kind::tags && one_audience) {  // Nothing to choose between: both.
    std::vector<std::string> both = tag_elements(kept[0]);
    for (std::string& element : tag_elements(lost[0])) both.push_back(std::move(element));
    other[0] = tags_from(std::move(both));
  }
  if (kept == other) return {};
  const Author keeper = TRY(log_.author_of(root_row.versions.of(tables_.key_no(e, leader)))).value_or(Author());
  Record c(conflict);
  c.id = ws_.new_id();
  c[conflict.entity] = std::string(entity.key);
  c[conflict.record] = one_audience ? root.id : loser_row.record.id;
  c[conflict.field] = std::string(f.options.group.empty() ? f.key : f.options.group);
  c[conflict.reason] = std::string("merged");
  if (const std::string text = joined(entity, fields, kept); !text.empty() && one_audience) c[conflict.kept] = text;
  if (const std::string text = joined(entity, fields, other); !text.empty()) c[conflict.lost] = text;
  if (!keeper.member.is_nil() && one_audience) c[conflict.kept_by] = keeper.member;
  if (!author.member.is_nil()) c[conflict.lost_by] = author.member;
  c[conflict.kept_at] = ms_from_hlc(keeper.stamp.hlc && one_audience ? keeper.stamp.hlc : j.stamp.hlc);
  c[conflict.lost_at] = ms_from_hlc(author.stamp.hlc);
  TRY(name_device(c, conflict.lost_device, author.stamp.device));
  if (one_audience) TRY(name_device(c, conflict.kept_device, keeper.stamp.device));
  c[conflict.resolved] = int64_t{0};
  j.conflicts.push_back(std::move(c));
  return {};
}

/// Somebody changed a record not knowing that it is part of another by now: what they wrote is not shown there.
Status Authority::tell_of_merged_edit(Judging& j, const Op& op, size_t at) {
  const Entity& entity = tables_.schema()[op.entity];
  if (!entity.mergeable || op.values.empty()) return {};
  const Id root = TRY(tables_.aliases().root(op.record));
  if (root == op.record) return {};
  const std::optional<Row> row = TRY(ws_.rows(op.entity).read(root));
  if (!row || row->record.meta.life == Life::purged) return {};
  std::vector<Value> values;
  if (op.kind == OpKind::set)
    for (const FieldValue& v : op.values) values.push_back(v.value);
  else values.push_back(j.touched[at].row.record.values[op.values[0].field]);
  return record_merged_conflict(j, op.entity, *row, j.touched[at].row, entity.fields[op.values[0].field].leader, values, {j.stamp, j.member});
}

/// Whoever merged two records chose between what they saw: what others have written into the loser since is told.
Status Authority::tell_of_unseen_edits(Judging& j, const Op& op) {
  Record edge(alias);
  for (const FieldValue& v : op.values) edge.values[v.field] = v.value;
  const auto e = static_cast<size_t>(tables_.schema().index_of(as_text(edge[alias.entity])));
  const Entity& entity = tables_.schema()[e];
  const std::optional<Row> loser = TRY(ws_.rows(e).read(as_id(edge[alias.loser])));
  const Id winner = TRY(tables_.aliases().root(as_id(edge[alias.winner])));
  std::optional<Row> root = TRY(ws_.rows(e).read(winner));
  if (!loser || !root) return {};
  // What the transaction itself chooses stands in memory only, so far.
  if (const Touched* touched = j.find(e, winner))
    for (uint16_t f : touched->fields) root->record.values[f] = touched->row.record.values[f];
  const int64_t seen = as_int(edge[alias.seen_seq]);
  for (const auto& [reg, version] : loser->versions.exceptions) {
    const int f = tables_.field_of(e, reg);
    if (reg == life_register || f < 0 || version <= seen || version == j.seq) continue;
    const std::optional<Author> author = TRY(log_.author_of(version));
    if (!author || TRY(made_by(*j.device, version))) continue;
    std::vector<Value> values;
    for (uint16_t field : entity.register_fields(static_cast<uint16_t>(f))) values.push_back(loser->record.values[field]);
    TRY(record_merged_conflict(j, e, *root, *loser, static_cast<uint16_t>(f), values, *author));
  }
  return {};
}

}  // namespace holdfast
