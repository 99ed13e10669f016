#include "shared/workspace/log_fold.h"

#include <functional>
#include <map>
#include <set>
#include <unordered_map>

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

  Register& at(uint16_t leader, size_t members) {
    Register& r = registers[leader];
    if (r.values.empty()) r = {created, std::vector<Value>(members)};
    return r;
  }
};

struct Fold {
  const Schema& schema;
  std::unordered_map<Id, FoldedRecord, IdHash> records;
  std::vector<Stamp> stamps = {{}};  ///< By sequence number.
  std::set<std::pair<uint32_t, int64_t>> adopted;  ///< What copies of a device have in common: device, seq.
  int64_t conflicts = 0;

  bool made(const Id& id) const {
    const auto found = records.find(id);
    return found != records.end() && found->second.created > 0;
  }

  bool by(uint32_t device, int64_t seq) const { return stamps[static_cast<size_t>(seq)].device == device || adopted.count({device, seq}) > 0; }

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
    if (op.kind == OpKind::add || op.kind == OpKind::remove) {
      auto& element = record.tags.try_emplace({op.values[0].field, op.element}, false, record.created).first->second;
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
      records[op.record] = FoldedRecord{entry.seq, {entry.seq, std::move(values)}, {}, {}, {}};
      return;
    }
    const Stamp& current = stamps[static_cast<size_t>(reg.seq)];
    const bool seen = reg.seq == entry.seq || by(entry.stamp.device, reg.seq) || (op.kind == OpKind::life ? reg.seq <= op.base : reg.seq == op.base);
    // A conflict's row was made beside the log: what people first say of it is no conflict.
    if (!seen && reg.seq > 0 && values != reg.values && op.kind == OpKind::set && !merges(entity.fields[leader], record, op, reg)) conflicts++;
    if (entity.fields[leader].kind == Kind::multiline && op.kind == OpKind::set) record.texts[leader][entry.seq] = values[0];
    if (!seen && !(current < entry.stamp)) return;
    reg = {entry.seq, std::move(values)};
  }

  /// Whether two texts became one without anybody having to look.
  bool merges(const FieldDef& f, const FoldedRecord& record, const Op& op, const Register& reg) const {
    if (op.base < 1 || f.kind != Kind::multiline) return false;
    Value base;
    if (const auto texts = record.texts.find(f.index); texts != record.texts.end())
      if (const auto text = texts->second.find(op.base); text != texts->second.end()) base = text->second;
    const std::optional<MergedText> merged = merge_note(f, base, reg.values[0], op.values[0].value);
    return merged && !merged->overlapped;
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

Result<std::vector<std::string>> differences_from_log(Workspace& ws, Log& log) {
  std::vector<std::string> out;
  Fold fold{ws.schema(), {}, {{}}, TRY(log.adoptions()), 0};
  const KeyTable keys = KeyTable::own(ws.tables());
  const int64_t head = TRY(log.head());
  for (int64_t seq = 1; seq <= head; seq++) {
    const std::optional<LogEntry> entry = TRY(log.find(seq));
    if (!entry) return std::vector<std::string>{"the log misses " + std::to_string(seq)};
    fold.stamps.push_back(entry->stamp);
    const Transaction t = TRY(decode_transaction(entry->body, keys, nullptr));
    for (const Op& op : t.ops) fold.apply(op, *entry);
  }
  int64_t conflicts = 0;
  for (size_t e = 0; e < ws.schema().size(); e++) {
    const Entity& entity = ws.schema()[e];
    Rows::Scan scan = ws.rows(e).after_id(Id{});
    for (; scan.row(); scan.advance()) {
      const Record& r = scan.row()->record;
      if (&entity == &conflict && !fold.made(r.id)) {
        if (as_text(r[conflict.field]) != "life" && as_text(r[conflict.reason]).empty()) conflicts++;  // Made by the server beside a transaction; only what people do with it is in the log.
        continue;
      }
      fold.compare(r, [&](std::string_view what) { out.push_back(std::string(entity.key) + " " + r.id.text() + " " + std::string(what) + ": not what the log says"); });
    }
    TRY(scan.status());
  }
  if (conflicts != fold.conflicts) out.push_back("conflict rows: " + std::to_string(conflicts) + ", by the log " + std::to_string(fold.conflicts));
  return out;
}

}  // namespace holdfast
