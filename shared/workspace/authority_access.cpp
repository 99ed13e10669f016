// Who sees which row: scopes follow the records that decide about them, and changes need rights before and after.

#include <algorithm>

#include "shared/base/mutant.h"
#include "shared/model/entities.h"
#include "shared/workspace/judging.h"

namespace holdfast {

Result<Viewer> Authority::viewer(const Id& who) {
  Viewer v;
  v.everything = who.is_nil() || tables_.schema().index_of(member) < 0;
  if (v.everything) return v;
  const std::optional<Record> found = TRY(ws_.get(member, who));
  if (found && as_text((*found)[member.role]) == "admin") {
    v.everything = true;
    return v;
  }
  v.principals.push_back(who);
  Query all;
  all.limit = 100'000;
  for (const Record& t : TRY(ws_.list(team, all))) {
    const std::vector<Id> members = ids_in(t[team.members]);
    if (std::find(members.begin(), members.end(), who) != members.end()) v.principals.push_back(t.id);
  }
  std::sort(v.principals.begin(), v.principals.end());
  return v;
}

Result<std::optional<std::vector<int64_t>>> Authority::scopes_seen_by(const Id& who) {
  const Viewer v = TRY(viewer(who));
  if (v.everything) return std::optional<std::vector<int64_t>>();
  return std::optional(TRY(scopes_.seen_by(v)));
}

Result<bool> Authority::sees(const Id& who, const Entity& entity, const Id& id) {
  const std::optional<Row> row = TRY(ws_.rows(entity).read_head(id));
  if (!row) return false;
  return scopes_.sees(TRY(viewer(who)), row->scope);
}

/// What a ref of `record` points to, by the first of the refs that decides. Entity −1: none is set.
std::pair<int, Id> Authority::seen_with(const Record& record) const {
  for (uint16_t f : record.entity->seen_with) {
    if (is_empty(record.values[f])) continue;
    return {tables_.schema().index_of(ref_target(record, record.entity->fields[f])), as_id(record.values[f])};
  }
  return {-1, Id{}};
}

Result<int64_t> Authority::scope_of(const Record& record) {
  if (record.entity->own_access) return scopes_.number(audience_of(record));
  const auto [e, id] = seen_with(record);
  if (e < 0) return Scopes::everyone;
  if (const std::optional<Row> owner = TRY(ws_.rows(static_cast<size_t>(e)).read_head(id)); owner && owner->record.meta.life != Life::purged) return owner->scope;
  // It belongs to something that is not there: only who made it knows what it is about.
  return scopes_.number({record.meta.created_by});
}

/// After everything of a transaction is written: a record whose audience may have changed is where it belongs, and with it
/// what belongs to it.
Status Authority::settle_scope(int64_t seq, size_t e, int64_t row_no) {
  const std::optional<Row> row = TRY(ws_.rows(e).read_row(row_no));
  if (!row || row->record.meta.life == Life::purged) return {};
  const int64_t scope = TRY(scope_of(row->record));
  if (scope == row->scope) return {};
  if (row->versions.base != seq) {
    TRY(scopes_.leave({seq, e, row->record.id, row->scope}));
    if (!MUTANT(kept_pages_outlive_exit)) kept_pages_.forget();
  }
  TRY(ws_.rows(e).place(row_no, scope, seq));
  return MUTANT(children_left_behind) ? Status() : settle_scopes_below(seq, e, row->record.id);
}

Status Authority::settle_scopes_below(int64_t seq, size_t e, const Id& id) {
  const Schema& schema = tables_.schema();
  for (size_t part = 0; part < schema.size(); part++)
    for (uint16_t f : schema[part].seen_with) {
      const std::string_view target = schema[part].fields[f].options.target;
      if (!target.empty() && target != schema[e].key) continue;
      for (const Row& child : TRY(ws_.rows(part).child_rows(f, id))) TRY(settle_scope(seq, part, child.row));
    }
  return {};
}

/// What a transaction says about who sees a record, as if it came out that way: its author must still be among them.
Result<bool> Authority::may_place(const Judging& j, const Record& wanted) {
  if (j.viewer.everything || MUTANT(rights_before_only)) return true;
  if (wanted.entity->own_access) return j.viewer.sees(audience_of(wanted));
  const auto [e, id] = seen_with(wanted);
  if (e < 0) return true;
  if (j.find(static_cast<size_t>(e), id)) return true;  // Of the same transaction, and looked at there.
  const std::optional<Row> owner = TRY(ws_.rows(static_cast<size_t>(e)).read_head(id));
  return owner ? scopes_.sees(j.viewer, owner->scope) : Result<bool>(true);
}

}  // namespace holdfast
