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
/// those of the loser are told, and nothing of the root; so `at_loser` has it. `earlier`: the transaction that this one builds on.
Status Authority::record_merged_conflict(Judging& j, size_t e, const Row& root_row, const Row& loser_row, uint16_t leader, const std::vector<Value>& lost, const Author& author, int64_t lost_seq, int64_t earlier, bool at_loser) {
  const Entity& entity = tables_.schema()[e];
  const FieldDef& f = entity.fields[leader];
  const Record& root = root_row.record;
  const auto moves = [&](const Id& id) {
    const Touched* touched = j.find(id);
    return touched && touched->wanted;
  };
  const bool one_audience = !at_loser && root_row.scope == loser_row.scope && !moves(root.id) && !moves(loser_row.record.id);
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
  // The author's step before this one, if it is about this record: another that is merged into the same may have been changed with it.
  const Id& about = one_audience ? root.id : loser_row.record.id;
  std::optional<Row> step = TRY(conflict_of_step(j, about, f.register_name(), "merged", earlier));
  if (step) {
    std::vector<Value> before;
    for (uint16_t field : fields) before.push_back(TRY(ws_.rows(e).read_field(loser_row, field)));
    if (as_text(step->record[conflict.lost]) != joined(entity, fields, before)) step.reset();
  }
  if (kept == other) {
    if (step && one_audience) settle_conflict(j, std::move(*step));
    return {};
  }
  const int64_t kept_seq = root_row.versions.of(tables_.key_no(e, leader));
  const Author keeper = TRY(log_.author_of(kept_seq)).value_or(Author());
  const bool another = step.has_value();
  Row c = step ? std::move(*step) : new_conflict(entity, about, f.register_name(), "merged");
  if (one_audience) TRY(put_side(c.record, Side::kept, joined(entity, fields, kept), keeper, kept_seq));
  if (!keeper.stamp.hlc || !one_audience) c.record[conflict.kept_at] = ms_from_hlc(j.stamp.hlc);
  TRY(put_side(c.record, Side::lost, joined(entity, fields, other), author, lost_seq));
  change_conflict(j, std::move(c), another);
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
  return record_merged_conflict(j, op.entity, *row, j.touched[at].row, entity.fields[op.values[0].field].leader, values, {j.stamp, j.member}, j.seq, op.base);
}

/// Whoever merged two records chose between what they saw: what others have written into the loser since is told.
Status Authority::tell_of_unseen_edits(Judging& j, const Op& op) {
  Record edge(alias);
  for (const FieldValue& v : op.values) edge.values[v.field] = v.value;
  const auto e = static_cast<size_t>(tables_.schema().index_of(as_text(edge[alias.entity])));
  const Entity& entity = tables_.schema()[e];
  const Id gone = as_id(edge[alias.loser]), stands = TRY(tables_.aliases().root(gone)), winner = TRY(tables_.aliases().root(as_id(edge[alias.winner])));
  if (stands != gone && stands != winner) return MUTANT(joined_untold) ? Status() : tell_of_joined(j, e, winner, stands);
  const std::optional<Row> loser = TRY(ws_.rows(e).read(gone));
  std::optional<Row> root = TRY(ws_.rows(e).read(winner));
  if (!loser || !root) return {};
  // What the transaction itself chooses stands in memory only, so far.
  if (const Touched* touched = j.find(e, winner))
    for (uint16_t f : touched->fields) root->record.values[f] = touched->row.record.values[f];
  const int64_t seen = as_int(edge[alias.seen_seq]);
  for (const auto& exception : loser->versions.exceptions) {
    const uint32_t reg = exception.first;
    const int f = tables_.field_of(e, reg);
    if (reg == life_register || f < 0) continue;
    const int64_t version = TRY(unseen_version(j, e, *loser, reg, seen));
    if (version == 0) continue;
    const std::optional<Author> author = TRY(log_.author_of(version));
    std::vector<Value> values;
    for (uint16_t field : entity.register_fields(static_cast<uint16_t>(f))) values.push_back(loser->record.values[field]);
    TRY(record_merged_conflict(j, e, *root, *loser, static_cast<uint16_t>(f), values, *author, version, 0));
  }
  return {};
}

/// Two merged one record into different ones: the later one's winner joins the first's, and nobody has chosen between those two. So much
/// of a record stands with that record alone: its audience may become another than the root's.
Status Authority::tell_of_joined(Judging& j, size_t e, const Id& joining, const Id& stands) {
  const Entity& entity = tables_.schema()[e];
  std::optional<Row> loser = TRY(ws_.rows(e).read(joining));
  const std::optional<Row> root = TRY(ws_.rows(e).read(stands));
  if (!loser || !root) return {};
  const Touched* touched = j.find(e, joining);
  for (const FieldDef& f : entity.fields) {
    if (f.leader != f.index) continue;
    const uint32_t reg = tables_.key_no(e, f.index);
    const bool chosen = touched && touched->changes(f.index);
    const int64_t version = chosen ? j.seq : loser->versions.of(reg);
    const std::optional<Author> author = chosen ? Author{j.stamp, j.member} : TRY(log_.author_of(version));
    std::vector<Value> values;
    for (uint16_t field : entity.register_fields(f.index)) values.push_back((chosen ? touched->row.record : loser->record).values[field]);
    if (std::all_of(values.begin(), values.end(), is_empty)) continue;
    TRY(record_merged_conflict(j, e, *root, *loser, f.index, values, author.value_or(Author()), version, 0, true));
  }
  return {};
}

}  // namespace holdfast
