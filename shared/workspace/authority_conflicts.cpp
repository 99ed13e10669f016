// What becomes of changes that were made without knowing of each other: kept for people, or merged.

#include <algorithm>

#include "shared/base/mutant.h"
#include "shared/base/text.h"
#include "shared/model/entities.h"
#include "shared/model/text_merge.h"
#include "shared/workspace/judging.h"

namespace holdfast {

/// Two authors' texts in one, as the server's own change after the one that brought the second.
Status Authority::merge_notes(Judging& j) {
  for (Judging::Merge& merge : j.merges) {
    Edit edit;
    edit.set(tables_.schema()[merge.entity], merge.record, merge.field, std::move(merge.text));
    if (MUTANT(note_overwritten)) continue;
    TRY(commit_by_own_hand(edit, j.member, "Notes merged"));
  }
  return {};
}

/// One side of a conflict: what was said, by whom, and which transaction said it.
Status Authority::put_side(Record& c, Side side, const std::string& text, const Author& author, int64_t seq) {
  const bool kept = side == Side::kept;
  auto put = [&](Field f, Value v) { c[f] = std::move(v); };
  put(kept ? conflict.kept : conflict.lost, text.empty() ? Value() : Value(text));
  put(kept ? conflict.kept_by : conflict.lost_by, author.member.is_nil() ? Value() : Value(author.member));
  put(kept ? conflict.kept_at : conflict.lost_at, ms_from_hlc(author.stamp.hlc));
  const std::string device = TRY(log_.device_name(author.stamp.device));
  put(kept ? conflict.kept_device : conflict.lost_device, device.empty() ? Value() : Value(device));
  put(kept ? conflict.kept_seq : conflict.lost_seq, seq);
  return {};
}

/// Whether people have settled it, as the transaction has it so far.
bool Authority::is_settled(const Judging& j, const Row& c) {
  const Touched* touched = j.find(c.record.id);
  const bool says = touched && touched->changes(conflict.resolved.index);
  return as_int((says ? touched->row.record : c.record)[conflict.resolved]) != 0;
}

/// The open conflicts about a register of which one side was said by transaction `seq`.
Result<std::vector<Row>> Authority::open_conflicts(const Judging& j, const Id& record, std::string_view field, std::string_view reason, Side side, int64_t seq) {
  std::vector<Row> out;
  if (seq < 1 || ws_.schema().index_of(conflict) < 0) return out;
  const Field said = side == Side::kept ? conflict.kept_seq : conflict.lost_seq;
  for (Row& row : TRY(ws_.rows(conflict).child_rows(conflict.record.index, record, said.index, seq)))
    if (as_text(row.record[conflict.field]) == field && as_text(row.record[conflict.reason]) == reason && !is_settled(j, row) &&
        std::none_of(j.conflicts.begin(), j.conflicts.end(), [&](const Judging::Conflict& changed) { return changed.row.row == row.row; }))
      out.push_back(std::move(row));
  return out;
}

/// The open conflict in which the transaction that this one builds on had lost, if its author made that too: others cannot take away
/// what somebody has said.
Result<std::optional<Row>> Authority::conflict_of_step(const Judging& j, const Id& record, std::string_view field, std::string_view reason, int64_t base) {
  if (base < 1 || MUTANT(conflict_for_each_step) || !TRY(made_by(*j.device, base))) return std::optional<Row>();
  std::vector<Row> found = TRY(open_conflicts(j, record, field, reason, Side::lost, base));
  return found.empty() ? std::optional<Row>() : std::move(found[0]);
}

Row Authority::new_conflict(const Entity& entity, const Id& record, std::string_view field, std::string_view reason) {
  Row fresh{0, Record(conflict), {}};
  fresh.record.id = ws_.new_id();
  fresh.record[conflict.entity] = std::string(entity.key);
  fresh.record[conflict.record] = record;
  fresh.record[conflict.field] = std::string(field);
  if (!reason.empty()) fresh.record[conflict.reason] = std::string(reason);
  fresh.record[conflict.resolved] = int64_t{0};
  return fresh;
}

/// New ones, and those that a further step has changed. A conflict is written beside the log: it follows from it.
Status Authority::write_conflicts(Judging& j) {
  if (j.conflicts.empty()) return {};
  std::vector<uint16_t> sides;
  for (const Field f : {conflict.kept, conflict.lost, conflict.kept_by, conflict.lost_by, conflict.kept_at, conflict.lost_at, conflict.kept_device, conflict.lost_device, conflict.kept_seq, conflict.lost_seq})
    sides.push_back(f.index);
  Rows& rows = ws_.rows(conflict);
  for (auto& [c, decided] : j.conflicts) {
    RowMeta& meta = c.record.meta;
    meta.seq = j.seq;
    meta.updated_at = std::max(meta.updated_at, ms_from_hlc(j.stamp.hlc));
    meta.updated_by = j.member;
    if (c.row) {
      const Touched* touched = j.find(c.record.id);  // By somebody who settles it too.
      if (touched) c.versions = touched->row.versions;
      std::vector<uint16_t> changed = sides;
      if (!touched && decided) changed.push_back(conflict.resolved.index);
      for (const uint16_t f : changed) c.versions.set(tables_.key_no(rows.entity_index(), f), j.seq);
      TRY(rows.update(c.row, c.record, changed, c.versions, Rows::WithLife::no));
      continue;
    }
    meta.created_at = meta.updated_at;
    meta.created_by = j.member;
    c.versions.base = j.seq;
    const int64_t row = TRY(rows.insert(c.record, c.versions));
    if (records_ >= 0) records_++;
    if (const int64_t scope = TRY(scope_of(c.record))) TRY(rows.place(row, scope, j.seq));
  }
  return {};
}

/// Someone changed what another deleted, neither knowing of the other: a person decides whether it shall come back.
/// `lost` is what the loser wants; whose it is, the incoming transaction's or that of `other_seq`, says `incoming_lost`.
Status Authority::record_life_conflict(Judging& j, size_t at, int64_t other_seq, Life kept, Life lost, bool incoming_lost) {
  Touched& touched = j.touched[at];
  if (touched.asked || touched.row.record.entity->server_owned) return {};
  touched.asked = true;
  for (const Record& open : TRY(ws_.rows(conflict).children(conflict.record.index, touched.row.record.id)))
    if (as_text(open[conflict.field]) == "life" && !as_int(open[conflict.resolved])) return {};
  const Author other = TRY(log_.author_of(other_seq)).value_or(Author()), mine{j.stamp, j.member};
  auto name = [](Life life) { return std::string(life == Life::trashed ? "trashed" : "live"); };
  Row c = new_conflict(*touched.row.record.entity, touched.row.record.id, "life", {});
  TRY(put_side(c.record, Side::kept, name(kept), incoming_lost ? other : mine, incoming_lost ? other_seq : j.seq));
  TRY(put_side(c.record, Side::lost, name(lost), incoming_lost ? mine : other, incoming_lost ? j.seq : other_seq));
  j.conflicts.push_back({std::move(c)});
  return {};
}

/// What a register was set to by transaction `seq`: the register of `like`, a set of one field.
Result<Value> Authority::value_at(int64_t seq, const Op& like) {
  const std::optional<LogEntry> entry = TRY(log_.find(seq));
  if (!entry) return Value{};
  const Transaction t = TRY(decode_transaction(entry->body, KeyTable::own(tables_), nullptr));
  Value out;
  for (const Op& op : t.ops)
    if (op.record == like.record && (op.kind == OpKind::create || op.kind == OpKind::set))
      for (const FieldValue& v : op.values)
        if (v.field == like.values[0].field) out = v.value;
  return out;
}

static std::string text_of(const Entity& entity, const Op& op) {  // A group: one line a field, empty ones too.
  std::vector<std::string> lines;
  for (const FieldValue& v : op.values) lines.push_back(format_value(entity.fields[v.field], v.value));
  return join(lines, "\n");
}

/// Keeps the loser of a true conflict where people find it. Equal values are no conflict. Whatever steps one author took to a value, it
/// is one conflict: the next step takes the place of the one it builds on.
Status Authority::record_conflict(Judging& j, const Op& op, size_t at, bool incoming_won) {
  const Touched& touched = j.touched[at];
  const Entity& entity = tables_.schema()[op.entity];
  if (entity.server_owned) return {};
  const FieldDef& f = entity.fields[entity.fields[op.values[0].field].leader];
  std::vector<std::string> current;
  bool equal = true;
  for (const FieldValue& v : op.values) {
    const Value now = TRY(ws_.rows(op.entity).read_field(touched.row, v.field));
    equal = equal && now == v.value;
    current.push_back(format_value(entity.fields[v.field], now));
  }
  const int64_t current_seq = touched.row.versions.of(tables_.key_no(op.entity, f.index));
  std::optional<Row> earlier;
  if (op.base != touched.row.versions.base) earlier = TRY(conflict_of_step(j, op.record, f.register_name(), {}, op.base));
  if (equal) {
    if (earlier) settle_conflict(j, std::move(*earlier));
    return {};
  }
  if (MUTANT(conflict_dropped)) return {};
  if (op.base >= 1 && f.kind == Kind::multiline) {
    const Value base = TRY(value_at(op.base, op)), now = TRY(ws_.rows(op.entity).read_field(touched.row, f.index));
    if (std::optional<MergedText> merged = merge_note(f, base, now, op.values[0].value)) {
      const bool overlapped = merged->overlapped;
      // A text may grow when it is put into its usual form: what is too long then is a conflict, and holds nobody up.
      if (Result<Value> text = parse_value(f, merged->text); text.ok()) {
        j.merges.push_back({op.entity, op.record, f.index, text.take()});
        if (!overlapped) return {};
      }
    }
  }
  const Author other = TRY(log_.author_of(current_seq)).value_or(Author());
  const bool another = earlier.has_value();
  Row c = earlier ? std::move(*earlier) : new_conflict(entity, op.record, f.register_name(), {});
  TRY(put_side(c.record, incoming_won ? Side::lost : Side::kept, join(current, "\n"), other, current_seq));
  TRY(put_side(c.record, incoming_won ? Side::kept : Side::lost, text_of(entity, op), {j.stamp, j.member}, j.seq));
  change_conflict(j, std::move(c), another);
  return {};
}

/// Something else takes the place of what conflicts have kept, by somebody who goes on from it or who knows nothing of it: they say what
/// stands. Whoever comes to what had lost has settled that.
Status Authority::follow_kept(Judging& j, const Op& op, size_t at, int64_t current) {
  const Entity& entity = tables_.schema()[op.entity];
  const FieldDef& f = entity.fields[entity.fields[op.values[0].field].leader];
  if (entity.server_owned || f.kind == Kind::multiline || current == j.touched[at].row.versions.base) return {};
  for (Row& c : TRY(open_conflicts(j, op.record, f.register_name(), {}, Side::kept, current))) {
    const std::string text = text_of(entity, op);
    TRY(put_side(c.record, Side::kept, text, {j.stamp, j.member}, j.seq));
    if (text == as_text(c.record[conflict.lost])) settle_conflict(j, std::move(c));
    else j.conflicts.push_back({std::move(c)});
  }
  return {};
}

void Authority::settle_conflict(Judging& j, Row c) {
  if (!MUTANT(conflict_outlived)) c.record[conflict.resolved] = int64_t{1};
  change_conflict(j, std::move(c), !MUTANT(conflict_outlived));
}

/// To be written at the end. `decides`: what `resolved` was set to before does not count, not even by this transaction.
void Authority::change_conflict(Judging& j, Row c, bool decides) {
  if (Touched* touched = c.row && decides ? j.find(c.record.id) : nullptr) {
    touched->row.record[conflict.resolved] = c.record[conflict.resolved];
    touched->row.versions.set(tables_.key_no(touched->entity, conflict.resolved.index), j.seq);
    touched->change(conflict.resolved.index);
    touched->changed = true;
  }
  j.conflicts.push_back({std::move(c), decides});
}

}  // namespace holdfast
