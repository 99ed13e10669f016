// Keys, transactions, pushes. The grammar of the bytes stands in docs/sync.md, and nowhere else.

#include "shared/sync/codec.h"

#include <algorithm>

#include "shared/sync/frame.h"

namespace holdfast {

// ---- keys

KeyTable KeyTable::own(const Tables& tables) {
  KeyTable out;
  for (size_t e = 0; e < tables.schema().size(); e++) {
    const Entity& entity = tables.schema()[e];
    PeerEntity& peer = out.entities_[tables.entity_no(e)];
    peer.key = entity.key;
    peer.entity = static_cast<int>(e);
    for (const FieldDef& f : entity.fields) peer.fields.push_back({tables.key_no(e, f.index), {std::string(f.key), f.kind, f.index}});
    std::sort(peer.fields.begin(), peer.fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  return out;
}

const KeyTable::PeerEntity* KeyTable::find(uint32_t no) const {
  const auto found = entities_.find(no);
  return found == entities_.end() ? nullptr : &found->second;
}

const KeyTable::Peer* KeyTable::PeerEntity::find(uint32_t no) const {
  // Numbers are given 1, 2, 3 …: the usual place is the first guess.
  if (no >= 1 && no <= fields.size() && fields[no - 1].first == no) return &fields[no - 1].second;
  for (const auto& [field_no, peer] : fields)
    if (field_no == no) return &peer;
  return nullptr;
}

void KeyTable::encode(std::string& out, const std::set<uint32_t>* only) const {
  ByteWriter w(out);
  w.varint(only ? only->size() : entities_.size());
  for (const auto& [no, entity] : entities_) {
    if (only && !only->count(no)) continue;
    w.varint(no);
    w.text(entity.key);
    w.varint(entity.fields.size());
    for (const auto& [field_no, peer] : entity.fields) {
      w.varint(field_no);
      w.byte(static_cast<uint8_t>(peer.kind));
      w.text(peer.key);
    }
  }
}

Result<KeyTable> KeyTable::decode(ByteReader& in, const Schema& schema) {
  KeyTable out;
  const uint64_t n = in.varint();
  if (n > 1000) return corrupt("too many entities");
  for (uint64_t i = 0; i < n && !in.bad(); i++) {
    const auto no = static_cast<uint32_t>(in.varint());
    PeerEntity& entity = out.entities_[no];
    entity.key = in.text();
    entity.entity = schema.index_of(entity.key);
    const uint64_t fields = in.varint();
    if (fields > 2000) return corrupt("too many fields");
    for (uint64_t j = 0; j < fields && !in.bad(); j++) {
      const auto field_no = static_cast<uint32_t>(in.varint());
      Peer peer;
      const uint8_t kind = in.byte();
      if (kind > static_cast<uint8_t>(Kind::url)) return corrupt("unknown kind of field");
      peer.kind = static_cast<Kind>(kind);
      peer.key = in.text();
      if (entity.entity >= 0)
        if (const FieldDef* f = schema[static_cast<size_t>(entity.entity)].find(peer.key); f && f->kind == peer.kind) peer.field = f->index;
      if (!entity.fields.empty() && entity.fields.back().first >= field_no) return corrupt("keys out of order");
      entity.fields.push_back({field_no, std::move(peer)});
    }
  }
  if (in.bad()) return corrupt("key table cut short");
  return out;
}

// ---- transactions

std::string encode_transaction(const Transaction& t, const Tables& tables) {
  std::string out;
  ByteWriter w(out);
  w.varint(static_cast<uint64_t>(t.op_no));
  w.svarint(t.claimed_ms);
  w.varint(t.mono_epoch);
  w.varint(static_cast<uint64_t>(t.schema));
  w.varint(t.ops.size());
  const Op* previous = nullptr;
  for (const Op& op : t.ops) {
    const bool same = previous && previous->entity == op.entity && previous->record == op.record;
    w.byte(static_cast<uint8_t>(static_cast<uint8_t>(op.kind) | (same ? 16 : 0) | (op.saw_trashed ? 32 : 0)));
    if (!same) {
      w.varint(tables.entity_no(op.entity));
      w.raw(op.record.view());
    }
    previous = &op;
    if (op.kind != OpKind::create) w.svarint(op.base);
    switch (op.kind) {
      case OpKind::create:
      case OpKind::set:
        w.varint(op.values.size());
        for (const FieldValue& v : op.values) {
          w.varint(tables.key_no(op.entity, v.field));
          write_value(w, v.value);
        }
        break;
      case OpKind::add:
      case OpKind::remove:
        w.varint(tables.key_no(op.entity, op.values[0].field));
        w.text(op.element);
        break;
      case OpKind::life: w.byte(static_cast<uint8_t>(op.life)); break;
    }
  }
  return out;
}

Result<int64_t> transaction_number(std::string_view bytes) {
  ByteReader in(bytes);
  const uint64_t op_no = in.varint();
  if (in.bad() || op_no > INT64_MAX) return corrupt("operation number");
  return static_cast<int64_t>(op_no);
}

/// What can be read is in `t` also when not all can; the last change in it may lack something then.
static Status read_transaction(Transaction& t, std::string_view bytes, const KeyTable& keys, std::string* unknown) {
  ByteReader in(bytes);
  t.op_no = TRY(transaction_number(bytes));
  (void)in.varint();
  t.claimed_ms = in.svarint();
  t.mono_epoch = static_cast<uint32_t>(in.varint());
  t.schema = static_cast<int>(in.varint() & 0xFFFF);
  const uint64_t n = in.varint();
  const bool too_many = n > ops_per_transaction_max;
  const KeyTable::PeerEntity* entity = nullptr;
  Id record;
  bool known = true;  ///< All that the change under way names.
  auto field = [&](uint64_t no) -> uint16_t {
    const KeyTable::Peer* peer = entity ? entity->find(static_cast<uint32_t>(no)) : nullptr;
    if (!peer) in.fail();
    else if (peer->field < 0 && unknown && unknown->empty()) *unknown = entity->key + "." + peer->key;
    known = known && peer && peer->field >= 0;
    return peer && peer->field >= 0 ? static_cast<uint16_t>(peer->field) : uint16_t{0};
  };
  for (uint64_t i = 0; i < n && !in.bad() && t.ops.size() < 20 * ops_per_transaction_max; i++) {
    const uint8_t head = in.byte();
    if ((head & 15) > 4 || head > 63 || ((head & 16) && !entity)) return corrupt("unknown change");
    if (!(head & 16)) {
      entity = keys.find(static_cast<uint32_t>(in.varint()));
      record = read_id(in);
      if (!entity) return corrupt("a change of an unnamed entity");
      if (entity->entity < 0 && unknown && unknown->empty()) *unknown = entity->key;
    }
    known = entity->entity >= 0;
    Op& op = t.ops.emplace_back();
    op.kind = static_cast<OpKind>(head & 15);
    op.saw_trashed = head & 32;
    op.entity = static_cast<uint16_t>(std::max(entity->entity, 0));
    op.record = record;
    if (op.kind != OpKind::create) op.base = in.svarint();
    switch (op.kind) {
      case OpKind::create:
      case OpKind::set: {
        const uint64_t values = in.varint();
        if (values > 2000) return corrupt("too many values");
        for (uint64_t j = 0; j < values && !in.bad(); j++) {
          const uint16_t f = field(in.varint());
          op.values.push_back({f, read_value(in)});
        }
        break;
      }
      case OpKind::add:
      case OpKind::remove:
        op.values.push_back({field(in.varint()), {}});
        op.element = in.text();
        break;
      case OpKind::life: {
        const uint8_t life = in.byte();
        if (life > static_cast<uint8_t>(Life::purged)) return corrupt("unknown life");
        op.life = static_cast<Life>(life);
        break;
      }
    }
    if (!known && op.kind != OpKind::create) t.ops.pop_back();
  }
  if (too_many) return corrupt("too many changes in one transaction");
  if (in.bad() || !in.at_end()) return corrupt("transaction cut short");
  return {};
}

Result<Transaction> decode_transaction(std::string_view bytes, const KeyTable& keys, std::string* unknown) {
  Transaction t;
  TRY(read_transaction(t, bytes, keys, unknown));
  return t;
}

std::vector<Id> creations_in(std::string_view bytes, const KeyTable& keys) {
  Transaction t;
  (void)read_transaction(t, bytes, keys, nullptr);
  std::vector<Id> out;
  for (const Op& op : t.ops)
    if (op.kind == OpKind::create && !op.record.is_nil()) out.push_back(op.record);
  return out;
}

// ---- push

std::string encode_push(const PushRequest& p, const KeyTable& keys) {
  std::string out = "P";
  size_t bytes = 8192;
  for (const std::string& body : p.bodies) bytes += body.size() + 3;
  out.reserve(bytes);
  ByteWriter w(out);
  w.varint(protocol_version);
  w.varint(static_cast<uint64_t>(p.schema));
  w.raw(p.workspace.view());
  w.raw(p.install.view());
  w.raw(p.epoch.view());
  w.varint(p.device);
  w.svarint(p.wall_ms);
  w.varint(p.mono_epoch);
  w.byte(p.drained);
  w.varint(static_cast<uint64_t>(p.judged));
  keys.encode(out);
  w.varint(p.bodies.size());
  for (const std::string& body : p.bodies) w.text(body);
  w.varint(p.sums.size());
  for (const auto& [op_no, sum] : p.sums) {
    w.varint(static_cast<uint64_t>(op_no));
    w.varint(sum);
  }
  if (!p.formers.empty()) w.varint(p.formers.size());
  for (const Former& was : p.formers) {
    w.raw(was.install.view());
    w.varint(static_cast<uint64_t>(was.written));
  }
  seal(out);
  return out;
}

Result<std::pair<PushRequest, KeyTable>> decode_push(std::string_view frame, const Schema& schema) {
  const std::string_view body = TRY(unsealed(frame, 'P'));
  ByteReader in = after_tag(body);
  PushRequest p;
  p.schema = static_cast<int>(in.varint() & 0xFFFF);
  p.workspace = read_id(in);
  p.install = read_id(in);
  p.epoch = read_id(in);
  p.device = static_cast<uint32_t>(in.varint());
  p.wall_ms = in.svarint();
  p.mono_epoch = static_cast<uint32_t>(in.varint());
  p.drained = in.byte() != 0;
  p.judged = static_cast<int64_t>(in.varint() & INT64_MAX);
  if (in.bad()) return corrupt("push cut short");
  KeyTable keys = TRY(KeyTable::decode(in, schema));
  const uint64_t n = in.varint();
  for (uint64_t i = 0; i < n && !in.bad(); i++) p.bodies.emplace_back(in.text());
  // An app from before there were sums ends here.
  for (uint64_t n_sums = in.at_end() ? 0 : in.varint(); n_sums > 0 && !in.bad(); n_sums--) {
    const auto op_no = static_cast<int64_t>(in.varint() & INT64_MAX);
    p.sums[op_no] = static_cast<uint32_t>(in.varint());
  }
  for (uint64_t n_formers = in.at_end() ? 0 : in.varint(); n_formers > 0 && !in.bad(); n_formers--) {
    const Id install = read_id(in);
    p.formers.push_back({install, static_cast<int64_t>(in.varint() & INT64_MAX)});
  }
  if (p.formers.size() > PushRequest::formers_max) return corrupt("push from too many devices");
  if (in.bad() || !in.at_end()) return corrupt("push cut short");
  return std::pair(std::move(p), std::move(keys));
}

std::string encode_push_reply(const PushReply& r) {
  std::string out = "A";
  ByteWriter w(out);
  w.varint(protocol_version);
  w.varint(static_cast<uint64_t>(r.last_op_no));
  w.varint(static_cast<uint64_t>(r.head));
  seal(out);
  return out;
}

Result<PushReply> decode_push_reply(std::string_view frame) {
  const std::string_view body = TRY(unsealed(frame, 'A'));
  ByteReader in = after_tag(body);
  PushReply r;
  r.last_op_no = static_cast<int64_t>(in.varint() & INT64_MAX);
  r.head = static_cast<int64_t>(in.varint() & INT64_MAX);
  if (in.bad() || !in.at_end()) return corrupt("reply cut short");
  return r;
}

}  // namespace holdfast
