#include "shared/workspace/log_fold.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "shared/base/text.h"
#include "shared/model/entities.h"
#include "shared/model/text_merge.h"
#include "shared/sync/codec.h"

namespace holdfast {

namespace {

struct Register {
  int64_t seq = 0;
  std::vector<Value> values;
};

struct FoldedRecord {
  int64_t created = 0;
  Register life;                                                        ///< Never empty once created.
  std::map<uint16_t, Register> registers;                               ///< By leader field; absent: empty since creation.
  std::map<std::pair<uint16_t, std::string>, std::pair<bool, int64_t>> tags;  ///< Field and element → present, since.
  std::map<uint16_t, std::map<int64_t, Value>> texts;                   ///< Notes: what each transaction set them to.
  int64_t asked = 0;                                                    ///< The last transaction that asked about its life.

  Register& at(uint16_t leader, size_t members) {
    Register& r = registers[leader];
    if (r.values.empty()) r = {created, std::vector<Value>(members)};
    return r;
  }
};

/// What two said of one register without knowing of each other.
struct FoldedConflict {
  Id id;
  bool numbered = true;        ///< Not of a version that made another for each step.
  int64_t kept = 0, lost = 0;  ///< Who said it last: transactions.
  std::string kept_text, lost_text;
};

/// Stands for a leader field where a conflict is about a life.
constexpr uint16_t about_life = UINT16_MAX;

/// What finds a conflict's row: the transaction that made it, the record and the name of the register.
using ConflictKey = std::tuple<int64_t, Id, std::string>;
struct ConflictRow {
  Id id;
  bool numbered;
};
using ConflictRows = std::multimap<ConflictKey, ConflictRow>;

struct Fold {
  const Schema& schema;
  ConflictRows conflict_rows;  ///< Used up.
  std::unordered_map<Id, FoldedRecord, IdHash> records;
  std::vector<Stamp> stamps = {{}};  ///< By sequence number.
  std::vector<int64_t> op_nos = {0};  ///< The same.
  std::set<std::pair<uint32_t, int64_t>> adopted;  ///< What copies of a device have in common: device, seq.
  std::map<std::pair<Id, uint16_t>, std::vector<FoldedConflict>> conflicts;  ///< By record and leader field.
  std::vector<std::string> differences;

  bool made(const Id& id) const {
    const auto found = records.find(id);
    return found != records.end() && found->second.created > 0;
  }

  bool by(uint32_t device, int64_t seq) const { return stamps[static_cast<size_t>(seq)].device == device || adopted.count({device, seq}) > 0; }

  /// The author had already said something later there when this, which had to wait, took effect.
  bool overtaken(const LogEntry& entry, int64_t seq) const { return seq != entry.seq && by(entry.stamp.device, seq) && op_nos[static_cast<size_t>(seq)] > entry.op_no; }

  void create(const Op& op, int64_t seq) {
    const Entity& entity = schema[op.entity];
    FoldedRecord& r = records[op.record];
    r.created = seq;
    r.life = {seq, {int64_t{0}}};
    for (const FieldValue& v : op.values) {
      const FieldDef& f = entity.fields[v.field];
      if (f.kind == Kind::tags)
        for (std::string& e : tag_elements(v.value)) r.tags[{v.field, std::move(e)}] = {true, seq};
      const std::vector<uint16_t> members = entity.register_fields(f.leader);
      Register& reg = r.at(f.leader, members.size());
      for (size_t i = 0; i < members.size(); i++)
        if (members[i] == v.field) reg.values[i] = v.value;
      if (f.kind == Kind::multiline) r.texts[v.field][seq] = v.value;
    }
  }

  void apply(const Op& op, const LogEntry& entry) {
    if (op.kind == OpKind::create) return create(op, entry.seq);
    const Entity& entity = schema[op.entity];
    FoldedRecord& record = records[op.record];
    if (op.kind == OpKind::life && overtaken(entry, record.life.seq)) return;
    if (op.kind != OpKind::life && life_of(record) == Life::trashed && !op.saw_trashed) ask(op, entry, record, record.life.seq, Life::trashed, Life::live, true);
    if (op.kind == OpKind::life && op.life != Life::purged) ask_about_life(op, entry, record);
    if (op.kind == OpKind::add || op.kind == OpKind::remove) {
      auto& element = record.tags.try_emplace({op.values[0].field, op.element}, false, record.created).first->second;
      if (overtaken(entry, element.second)) return;
      const bool adding = op.kind == OpKind::add;
      const Stamp& since = stamps[static_cast<size_t>(element.second)];
      const bool seen = element.second == entry.seq || op.base >= element.second || by(entry.stamp.device, element.second) || (op.base == lost_base && since < entry.stamp);
      if (seen || adding || !element.first) element = {adding, entry.seq};
      return;
    }
    std::vector<Value> values;
    if (op.kind == OpKind::life) values.push_back(int64_t{static_cast<int>(op.life)});
    else
      for (const FieldValue& v : op.values) values.push_back(v.value);
    const uint16_t leader = op.kind == OpKind::life ? uint16_t{0} : entity.fields[op.values[0].field].leader;
    Register& reg = op.kind == OpKind::life ? record.life : record.at(leader, values.size());
    if (op.kind == OpKind::life && op.life == Life::purged) {
      records[op.record] = FoldedRecord{entry.seq, {entry.seq, std::move(values)}, {}, {}, {}, 0};
      return;
    }
    if (overtaken(entry, reg.seq)) return;
    const Stamp& current = stamps[static_cast<size_t>(reg.seq)];
    const bool seen = reg.seq == entry.seq || by(entry.stamp.device, reg.seq) || (op.kind == OpKind::life ? reg.seq <= op.base : reg.seq == op.base);
    if (op.kind == OpKind::set && !entity.server_owned && reg.seq > 0 && reg.seq != entry.seq && record.created != entry.seq) note_conflict(op, entry, record, reg, values, seen);
    if (entity.fields[leader].kind == Kind::multiline && op.kind == OpKind::set) record.texts[leader][entry.seq] = values[0];
    if (!seen && (entity.server_owned || !(current < entry.stamp))) return;
    if (!seen && op.kind == OpKind::life && values == reg.values) return;  // Two want the same: the first is kept.
    reg = {entry.seq, std::move(values)};
  }

  static Life life_of(const FoldedRecord& record) { return record.life.values.empty() ? Life::live : static_cast<Life>(as_int(record.life.values[0])); }

  /// A decision about a deletion: over another one that its author did not know of, or over changes that they had not seen.
  void ask_about_life(const Op& op, const LogEntry& entry, FoldedRecord& record) {
    const int64_t current = record.life.seq;
    if (record.created == entry.seq || record.created == 0) return;
    if (current != entry.seq && op.base < current && !by(entry.stamp.device, current)) {
      const bool won = stamps[static_cast<size_t>(current)] < entry.stamp;
      const Life now = life_of(record);
      if (op.life != now) ask(op, entry, record, current, won ? op.life : now, won ? now : op.life, !won);
      if (!won) return;
    }
    if (op.life != Life::trashed) return;
    int64_t unseen = 0;
    const auto look = [&](int64_t seq) {
      if (seq > record.created && seq > op.base && seq != entry.seq && !by(entry.stamp.device, seq)) unseen = std::max(unseen, seq);
    };
    for (const auto& [leader, reg] : record.registers) look(reg.seq);
    for (const auto& [key, state] : record.tags) look(state.second);
    if (unseen) ask(op, entry, record, unseen, Life::trashed, Life::live, false);
  }

  /// Once in a transaction, and not while it is asked already. That nobody is asked at all is not looked for: earlier versions asked less.
  void ask(const Op& op, const LogEntry& entry, FoldedRecord& record, int64_t other, Life kept, Life lost, bool incoming_lost) {
    if (schema[op.entity].server_owned || record.asked == entry.seq || other == entry.seq) return;
    record.asked = entry.seq;
    std::vector<FoldedConflict>& of_life = conflicts[{op.record, about_life}];
    if (std::any_of(of_life.begin(), of_life.end(), [&](const FoldedConflict& c) { return !resolved(c); })) return;
    const auto row = conflict_rows.find({entry.seq, op.record, "life"});
    if (row == conflict_rows.end()) return;
    const auto name = [](Life life) { return life == Life::trashed ? "trashed" : "live"; };
    of_life.push_back({row->second.id, row->second.numbered, incoming_lost ? other : entry.seq, incoming_lost ? entry.seq : other, name(kept), name(lost)});
    conflict_rows.erase(row);
    decide(of_life.back(), entry.seq, false);
  }

  /// Of two that did not know of each other one is kept and one lost; each one's next step takes the place of the one it builds on.
  void note_conflict(const Op& op, const LogEntry& entry, const FoldedRecord& record, const Register& reg, const std::vector<Value>& values, bool seen) {
    const Entity& entity = schema[op.entity];
    const FieldDef& f = entity.fields[entity.fields[op.values[0].field].leader];
    std::vector<FoldedConflict>& of_register = conflicts[{op.record, f.index}];
    const auto is_open = [&](const FoldedConflict& c) { return c.numbered && !resolved(c); };
    const std::string mine = text(op.values, values, entity), theirs = text(op.values, reg.values, entity);
    const auto follow_kept = [&](const FoldedConflict* but) {
      for (FoldedConflict& c : of_register) {
        if (f.kind == Kind::multiline || reg.seq == record.created || c.kept != reg.seq || &c == but || !is_open(c)) continue;
        c.kept = entry.seq, c.kept_text = mine;
        if (mine == c.lost_text) decide(c, entry.seq, true);
      }
    };
    if (seen) return follow_kept(nullptr);
    const bool won = stamps[static_cast<size_t>(reg.seq)] < entry.stamp;
    const bool own_step = op.base >= 1 && op.base != record.created && by(entry.stamp.device, op.base);
    FoldedConflict* c = nullptr;
    for (FoldedConflict& earlier : of_register)
      if (!c && own_step && earlier.lost == op.base && is_open(earlier)) c = &earlier;
    if (values == reg.values) {
      if (c) decide(*c, entry.seq, true);
      if (won) follow_kept(c);
      return;
    }
    if (merges(f, record, op, reg)) return;
    if (!c) {
      const ConflictKey key{entry.seq, op.record, std::string(f.register_name())};
      const auto row = conflict_rows.find(key);
      if (row == conflict_rows.end()) return differences.push_back("conflict about " + op.record.text() + " " + std::get<2>(key) + ": no row");
      c = &of_register.emplace_back();
      c->id = row->second.id, c->numbered = row->second.numbered;
      conflict_rows.erase(row);
    }
    decide(*c, entry.seq, false);  // Whoever has decided did not know of this.
    if (won) follow_kept(c);
    c->kept = won ? entry.seq : reg.seq, c->kept_text = won ? mine : theirs;
    c->lost = won ? reg.seq : entry.seq, c->lost_text = won ? theirs : mine;
  }

  static std::string text(const std::vector<FieldValue>& fields, const std::vector<Value>& values, const Entity& entity) {
    std::vector<std::string> lines;
    for (size_t i = 0; i < fields.size(); i++) lines.push_back(format_value(entity.fields[fields[i].field], values[i]));
    return join(lines, "\n");
  }

  bool resolved(const FoldedConflict& c) { return as_int(records[c.id].at(conflict.resolved.index, 1).values[0]) != 0; }
  void decide(const FoldedConflict& c, int64_t seq, bool settled) { records[c.id].registers[conflict.resolved.index] = {seq, {int64_t{settled}}}; }

  void compare_conflicts(Workspace& ws) {
    for (const auto& [about, of_register] : conflicts)
      for (const FoldedConflict& c : of_register) {
        if (!c.numbered) continue;
        const Result<std::optional<Record>> row = ws.get(conflict, c.id);
        if (!row.ok() || !*row || (*row)->meta.life == Life::purged) continue;
        const Record& r = **row;
        if (as_text(r[conflict.kept]) != c.kept_text || as_text(r[conflict.lost]) != c.lost_text || as_int(r[conflict.kept_seq]) != c.kept || as_int(r[conflict.lost_seq]) != c.lost ||
            (as_int(r[conflict.resolved]) != 0) != resolved(c))
          differences.push_back("conflict " + c.id.text() + " about " + about.first.text() + ": not what the log says");
      }
    for (const auto& [key, row] : conflict_rows) differences.push_back("conflict " + row.id.text() + ": the log knows of none");
  }

  /// Whether two texts became one without anybody having to look.
  bool merges(const FieldDef& f, const FoldedRecord& record, const Op& op, const Register& reg) const {
    if (op.base < 1 || f.kind != Kind::multiline) return false;
    Value base;
    if (const auto texts = record.texts.find(f.index); texts != record.texts.end())
      if (const auto text = texts->second.find(op.base); text != texts->second.end()) base = text->second;
    const std::optional<MergedText> merged = merge_note(f, base, reg.values[0], op.values[0].value);
    return merged && !merged->overlapped && parse_value(f, merged->text).ok();
  }

  /// What the row has that the fold does not.
  void compare(const Record& r, const std::function<void(std::string_view)>& differ) const {
    if (!made(r.id)) return differ("record");
    const FoldedRecord& folded = records.at(r.id);
    const Entity& entity = *r.entity;
    if (as_int(folded.life.values[0]) != static_cast<int>(r.meta.life)) differ("life");
    for (const FieldDef& f : entity.fields) {
      Value wanted;
      if (f.kind == Kind::tags) {
        std::vector<std::string> elements;
        for (const auto& [key, state] : folded.tags)
          if (key.first == f.index && state.first) elements.push_back(key.second);
        wanted = tags_from(std::move(elements));
      } else if (const auto reg = folded.registers.find(f.leader); reg != folded.registers.end()) {
        const std::vector<uint16_t> members = entity.register_fields(f.leader);
        for (size_t i = 0; i < members.size(); i++)
          if (members[i] == f.index) wanted = reg->second.values[i];
      }
      if (wanted != r.values[f.index]) differ(f.key);
    }
  }
};

}  // namespace

/// Those that the server keeps beside changes: not about what was merged.
static Result<ConflictRows> conflict_rows(Workspace& ws) {
  ConflictRows out;
  Rows::Scan scan = ws.rows(conflict).after_id(Id{});
  for (; scan.row(); scan.advance()) {
    const Record& r = scan.row()->record;
    const int about = ws.schema().index_of(as_text(r[conflict.entity]));
    if (about < 0 || ws.schema()[static_cast<size_t>(about)].server_owned) continue;  // Earlier versions: about a conflict, settled and not.
    if (r.meta.life == Life::purged || !as_text(r[conflict.reason]).empty()) continue;
    out.emplace(ConflictKey{scan.row()->versions.base, as_id(r[conflict.record]), std::string(as_text(r[conflict.field]))}, ConflictRow{r.id, as_int(r[conflict.kept_seq]) > 0});
  }
  TRY(scan.status());
  return out;
}

Result<std::vector<std::string>> differences_from_log(Workspace& ws, Log& log) {
  Fold fold{ws.schema(), TRY(conflict_rows(ws)), {}, {{}}, {0}, TRY(log.adoptions()), {}, {}};
  std::vector<std::string>& out = fold.differences;
  const KeyTable keys = KeyTable::own(ws.tables());
  const int64_t head = TRY(log.head());
  for (int64_t seq = 1; seq <= head; seq++) {
    const std::optional<LogEntry> entry = TRY(log.find(seq));
    if (!entry) return std::vector<std::string>{"the log misses " + std::to_string(seq)};
    fold.stamps.push_back(entry->stamp);
    fold.op_nos.push_back(entry->op_no);
    Transaction t = TRY(decode_transaction(entry->body, keys, nullptr));
    for (Op& op : t.ops) {
      if (op.kind == OpKind::set) std::sort(op.values.begin(), op.values.end(), [](const FieldValue& a, const FieldValue& b) { return a.field < b.field; });
      fold.apply(op, *entry);
    }
  }
  for (size_t e = 0; e < ws.schema().size(); e++) {
    const Entity& entity = ws.schema()[e];
    Rows::Scan scan = ws.rows(e).after_id(Id{});
    for (; scan.row(); scan.advance()) {
      const Record& r = scan.row()->record;
      if (&entity == &conflict && !fold.made(r.id)) continue;  // Made by the server beside a transaction.
      fold.compare(r, [&](std::string_view what) { out.push_back(std::string(entity.key) + " " + r.id.text() + " " + std::string(what) + ": not what the log says"); });
    }
    TRY(scan.status());
  }
  fold.compare_conflicts(ws);
  return std::move(out);
}

}  // namespace holdfast
