#include "tests/sim/reference.h"

#include <map>
#include <set>

#include "shared/model/entities.h"
#include "tests/support/world.h"

namespace holdfast::test {

namespace {

struct Register {
  int64_t seq = 0;
  std::vector<Value> values;
};

struct Model {
  std::map<std::pair<std::string, int>, Register> registers;       // record, leader field (−1: life)
  std::map<std::pair<std::string, std::string>, std::pair<bool, int64_t>> tags;  // record, field/element
  std::map<std::string, int64_t> created;
  std::map<int64_t, Stamp> stamps;
  std::map<std::pair<uint32_t, int64_t>, int64_t> accepted;         // device, op_no → seq
  int conflicts = 0;
};

/// Refused transactions pass their base on; the fold finds them where the server keeps them.
int64_t version_seen(Model& m, Authority& authority, uint32_t device, const Op& op, const KeyTable& keys, int depth = 0) {
  if (op.base >= 0) return op.base;
  if (const auto found = m.accepted.find({device, -op.base}); found != m.accepted.end()) return found->second;
  const auto refused = must(authority.log().refusal(device, -op.base));
  if (!refused || depth > 50) return -1;
  for (const Op& earlier : must(decode_transaction(refused->body, keys, nullptr)).ops)
    if (earlier.record == op.record && earlier.kind != OpKind::create &&
        (earlier.kind == OpKind::life || op.kind == OpKind::life ? earlier.kind == op.kind
                                                                  : earlier.values[0].field == op.values[0].field && earlier.element == op.element))
      return version_seen(m, authority, device, earlier, keys, depth + 1);
  return -1;
}

void fold_op(Model& m, Authority& authority, const LogEntry& entry, const Op& op, const Schema& schema, const KeyTable& keys) {
  const std::string id(op.record.view());
  const Entity& entity = schema[op.entity];
  if (op.kind == OpKind::create) {
    m.created[id] = entry.seq;
    for (const FieldDef& f : entity.fields)
      if (f.leader == f.index) {
        Register& r = m.registers[{id, f.index}];
        r.seq = entry.seq;
        r.values.assign(entity.register_fields(f.index).size(), {});
      }
    m.registers[{id, -1}] = {entry.seq, {int64_t{0}}};
    for (const FieldValue& v : op.values) {
      const FieldDef& f = entity.fields[v.field];
      if (f.kind == Kind::tags)
        for (const std::string& e : tag_elements(v.value)) m.tags[{id, std::string(f.key) + "/" + e}] = {true, entry.seq};
      const auto members = entity.register_fields(f.leader);
      for (size_t i = 0; i < members.size(); i++)
        if (members[i] == v.field) m.registers[{id, f.leader}].values[i] = v.value;
    }
    return;
  }
  const int64_t base = version_seen(m, authority, entry.stamp.device, op, keys);
  if (op.kind == OpKind::add || op.kind == OpKind::remove) {
    const FieldDef& f = entity.fields[op.values[0].field];
    auto& element = m.tags.try_emplace({id, std::string(f.key) + "/" + op.element}, false, m.created[id]).first->second;
    const bool adding = op.kind == OpKind::add;
    if (element.second == entry.seq || base >= element.second || adding || !element.first) element = {adding, entry.seq};
    return;
  }
  const int leader = op.kind == OpKind::life ? -1 : entity.fields[op.values[0].field].leader;
  Register& r = m.registers[{id, leader}];
  std::vector<Value> values;
  if (op.kind == OpKind::life) values.push_back(int64_t{static_cast<int>(op.life)});
  else
    for (const FieldValue& v : op.values) values.push_back(v.value);
  const bool concurrent = r.seq != entry.seq && r.seq != base;
  if (concurrent && values != r.values && op.kind == OpKind::set) m.conflicts++;
  if (concurrent && !(m.stamps[r.seq] < entry.stamp)) return;
  r = {entry.seq, std::move(values)};
}

}  // namespace

std::vector<std::string> differences_from_reference(Workspace& ws, Authority& authority) {
  Model m;
  const KeyTable keys = KeyTable::own(ws.tables());
  const int64_t head = must(authority.head());
  for (int64_t seq = 1; seq <= head; seq++) {
    const auto entry = must(authority.log().find(seq));
    if (!entry) return {"the log misses " + std::to_string(seq)};
    m.stamps[seq] = entry->stamp;
    for (const Op& op : must(decode_transaction(entry->body, keys, nullptr)).ops) fold_op(m, authority, *entry, op, ws.schema(), keys);
    m.accepted[{entry->stamp.device, entry->op_no}] = seq;
  }
  std::vector<std::string> out;
  int conflicts = 0;
  for (size_t e = 0; e < ws.schema().size(); e++) {
    const Entity& entity = ws.schema()[e];
    Rows::Scan scan = ws.rows(e).after_id(Id{});
    for (; scan.row(); scan.advance()) {
      const Record& r = scan.row()->record;
      const std::string id(r.id.view());
      if (&entity == &conflict) {
        conflicts++;
        if (!m.created.count(id)) continue;
      }
      const auto differ = [&](const std::string& what) { out.push_back(std::string(entity.key) + " " + r.id.text() + " " + what); };
      if (as_int(m.registers[{id, -1}].values.empty() ? Value{} : m.registers[{id, -1}].values[0]) != static_cast<int>(r.meta.life)) differ("life");
      for (const FieldDef& f : entity.fields) {
        if (f.kind == Kind::tags) {
          std::vector<std::string> elements;
          for (const auto& [key, state] : m.tags)
            if (key.first == id && state.first && key.second.rfind(std::string(f.key) + "/", 0) == 0) elements.push_back(key.second.substr(f.key.size() + 1));
          if (tags_from(std::move(elements)) != r.values[f.index]) differ(std::string(f.key));
          continue;
        }
        const Register& reg = m.registers[{id, f.leader}];
        const auto members = entity.register_fields(f.leader);
        for (size_t i = 0; i < members.size(); i++)
          if (members[i] == f.index && (reg.values.size() <= i || reg.values[i] != r.values[f.index])) differ(std::string(f.key));
      }
    }
  }
  if (conflicts != m.conflicts) out.push_back("conflict rows: " + std::to_string(conflicts) + ", by the fold " + std::to_string(m.conflicts));
  return out;
}

}  // namespace holdfast::test
