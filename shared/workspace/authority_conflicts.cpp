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

Status Authority::name_device(Record& c, Field field, uint32_t ordinal) {
  if (std::string name = TRY(log_.device_name(ordinal)); !name.empty()) c[field] = std::move(name);
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
  const Author other = TRY(log_.author_of(other_seq)).value_or(Author());
  auto name = [](Life life) { return std::string(life == Life::trashed ? "trashed" : "live"); };
  Record c(conflict);
  c.id = ws_.new_id();
  c[conflict.entity] = std::string(touched.row.record.entity->key);
  c[conflict.record] = touched.row.record.id;
  c[conflict.field] = std::string("life");
  c[conflict.kept] = name(kept);
  c[conflict.lost] = name(lost);
  const Id &kept_by = incoming_lost ? other.member : j.member, &lost_by = incoming_lost ? j.member : other.member;
  if (!kept_by.is_nil()) c[conflict.kept_by] = kept_by;
  if (!lost_by.is_nil()) c[conflict.lost_by] = lost_by;
  const int64_t incoming_at = ms_from_hlc(j.stamp.hlc), other_at = ms_from_hlc(other.stamp.hlc);
  c[conflict.kept_at] = incoming_lost ? other_at : incoming_at;
  c[conflict.lost_at] = incoming_lost ? incoming_at : other_at;
  TRY(name_device(c, incoming_lost ? conflict.kept_device : conflict.lost_device, other.stamp.device));
  TRY(name_device(c, incoming_lost ? conflict.lost_device : conflict.kept_device, j.stamp.device));
  c[conflict.resolved] = int64_t{0};
  j.conflicts.push_back(std::move(c));
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

/// Keeps the loser of a true conflict where people find it. Equal values are no conflict.
Status Authority::record_conflict(Judging& j, const Op& op, size_t at, bool incoming_won) {
  const Touched& touched = j.touched[at];
  const Entity& entity = tables_.schema()[op.entity];
  const FieldDef& f = entity.fields[op.values[0].field];
  std::vector<std::string> current, incoming;
  bool equal = true;
  for (const FieldValue& v : op.values) {
    const Value now = TRY(ws_.rows(op.entity).read_field(touched.row, v.field));
    equal = equal && now == v.value;
    current.push_back(format_value(entity.fields[v.field], now));
    incoming.push_back(format_value(entity.fields[v.field], v.value));
  }
  if (equal || MUTANT(conflict_dropped)) return {};
  const int64_t current_seq = touched.row.versions.of(tables_.key_no(op.entity, f.leader));
  if (op.base >= 1 && f.kind == Kind::multiline) {
    const Value base = TRY(value_at(op.base, op)), now = TRY(ws_.rows(op.entity).read_field(touched.row, f.index));
    if (std::optional<MergedText> merged = merge_note(f, base, now, op.values[0].value)) {
      const bool overlapped = merged->overlapped;
      j.merges.push_back({op.entity, op.record, f.index, TRY(parse_value(f, merged->text))});
      if (!overlapped) return {};
    }
  }
  const Author other = TRY(log_.author_of(current_seq)).value_or(Author());

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
  TRY(name_device(c, incoming_won ? conflict.lost_device : conflict.kept_device, other.stamp.device));
  TRY(name_device(c, incoming_won ? conflict.kept_device : conflict.lost_device, j.stamp.device));
  c[conflict.resolved] = int64_t{0};
  j.conflicts.push_back(std::move(c));
  return {};
}

}  // namespace holdfast
