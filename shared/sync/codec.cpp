// The grammar of the bytes stands in docs/sync.md, and nowhere else.

#include "shared/sync/codec.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "shared/model/value_bytes.h"

namespace holdfast {

static Error corrupt(const char* what) { return {ErrorKind::corrupt, std::string("The message is damaged: ") + what + "."}; }

static void seal(std::string& frame) {
  const uint32_t sum = XXH32(frame.data(), frame.size(), 0);
  ByteWriter(frame).fixed32(sum);
}

static Result<std::string_view> unsealed(std::string_view frame, char tag, bool checked = false) {
  if (frame.size() < 6 || frame[0] != tag) return corrupt("unknown kind of frame");
  const std::string_view body = frame.substr(0, frame.size() - 4);
  if (!checked && ByteReader(frame.substr(body.size())).fixed32() != XXH32(body.data(), body.size(), 0)) return corrupt("wrong checksum");
  ByteReader in(body.substr(1));
  const uint64_t version = in.varint();
  if (version != protocol_version)
    return Error{ErrorKind::outdated, "This app and the server speak different versions. Update the older one."};
  return body;
}

static ByteReader after_tag(std::string_view body) {
  ByteReader in(body.substr(1));
  in.varint();
  return in;
}

/// Hostile differences may overflow; the result is then merely wrong, and judged like any wrong number.
static int64_t wrapping_sum(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }

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
  auto field = [&](uint64_t no) -> uint16_t {
    const KeyTable::Peer* peer = entity ? entity->find(static_cast<uint32_t>(no)) : nullptr;
    if (!peer) in.fail();
    else if (peer->field < 0 && unknown && unknown->empty()) *unknown = entity->key + "." + peer->key;
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

// ---- pages

PageWriter::PageWriter(Tables& tables) : tables_(tables), keys_(KeyTable::own(tables)) {}

uint64_t PageWriter::member_index(const Id& id) {
  if (id.is_nil()) return 0;
  for (size_t i = 0; i < members_.size(); i++)
    if (members_[i] == id) return i + 1;
  members_.push_back(id);
  return members_.size();
}

static void write_cell(ByteWriter& w, Kind kind, const Value& v) {
  if (kind == Kind::money) {
    const Money* money = std::get_if<Money>(&v);
    w.varint(money ? zigzag(money->minor) + 1 : 0);
    if (money) write_currency(w, money->currency);
    return;
  }
  switch (kind_info(kind).storage) {
    case Storage::integer: w.varint(is_empty(v) ? 0 : zigzag(as_int(v)) + 1); break;
    case Storage::text: w.text(as_text(v)); break;
    case Storage::blob: w.raw(as_id(v).view()); break;
  }
}

static void read_cell(ByteReader& in, Kind kind, Value& out) {
  if (kind == Kind::money) {
    const uint64_t n = in.varint();
    if (!n) out = {};
    else out = Money{unzigzag(n - 1), in.raw(3)};
    return;
  }
  switch (kind_info(kind).storage) {
    case Storage::integer: {
      const uint64_t n = in.varint();
      if (!n) out = {};
      else out = unzigzag(n - 1);
      return;
    }
    case Storage::text: {
      const std::string_view text = in.text();
      if (text.empty()) out = {};
      else if (std::string* there = std::get_if<std::string>(&out)) there->assign(text);
      else out.emplace<std::string>(text);
      return;
    }
    case Storage::blob: {
      const Id id = read_id(in);
      if (id.is_nil()) out = {};
      else out = id;
      return;
    }
  }
}

void PageWriter::add(size_t e, const Record& record, const Versions& versions, int64_t from_seq, bool whole) {
  whole = whole || versions.base > from_seq;
  const Entity& entity = *record.entity;
  const RowMeta& meta = record.meta;
  ByteWriter w(rows_);
  used_.insert(tables_.entity_no(e));
  w.varint(tables_.entity_no(e));
  w.raw(record.id.view());
  w.svarint(meta.seq - last_seq_);
  last_seq_ = meta.seq;
  const int64_t life_version = versions.of(life_register);
  const bool own_life = life_version != versions.base;
  w.byte(static_cast<uint8_t>((whole ? 1 : 0) | (own_life ? 2 : 0) | static_cast<int>(meta.life) << 2));
  w.svarint(meta.updated_at - last_updated_);
  last_updated_ = meta.updated_at;
  w.varint(member_index(meta.updated_by));
  if (whole) {
    w.svarint(meta.created_at - last_created_);
    last_created_ = meta.created_at;
    w.varint(member_index(meta.created_by));
  }
  w.varint(static_cast<uint64_t>(meta.seq - versions.base));
  const KeyTable::PeerEntity& layout = *keys_.find(tables_.entity_no(e));
  std::string bitmap((layout.fields.size() + 7) / 8, '\0');
  std::vector<std::pair<size_t, int64_t>> exceptions;
  for (size_t i = 0; i < layout.fields.size(); i++) {
    const FieldDef& f = entity.fields[static_cast<size_t>(layout.fields[i].second.field)];
    const int64_t version = versions.of(tables_.key_no(e, f.leader));
    const bool included = whole ? !is_empty(record.values[f.index]) : version > from_seq;
    if (included) bitmap[i / 8] = static_cast<char>(bitmap[i / 8] | 1 << (i % 8));
    if (f.leader == f.index && version != versions.base && (whole || version > from_seq)) exceptions.emplace_back(i, version);
  }
  w.raw(bitmap);
  w.varint(exceptions.size());
  for (const auto& [position, version] : exceptions) {
    w.varint(position);
    w.varint(static_cast<uint64_t>(meta.seq - version));
  }
  if (own_life) w.varint(static_cast<uint64_t>(meta.seq - life_version));
  for (size_t i = 0; i < layout.fields.size(); i++)
    if (bitmap[i / 8] >> (i % 8) & 1) {
      const FieldDef& f = entity.fields[static_cast<size_t>(layout.fields[i].second.field)];
      write_cell(w, f.kind, record.values[f.index]);
    }
  count_++;
}

static constexpr uint8_t evicted_life = 3;

void PageWriter::evict(size_t e, const Id& id, int64_t seq) {
  ByteWriter w(rows_);
  used_.insert(tables_.entity_no(e));
  w.varint(tables_.entity_no(e));
  w.raw(id.view());
  w.svarint(seq - last_seq_);
  last_seq_ = seq;
  w.byte(evicted_life << 2);
  count_++;
}

std::string PageWriter::finish(const PageHeader& h) const {
  std::string out = "R";
  out.reserve(rows_.size() + 4096);
  ByteWriter w(out);
  w.varint(protocol_version);
  w.raw(h.epoch.view());
  w.varint(static_cast<uint64_t>(h.head));
  w.svarint(h.server_ms);
  w.varint(static_cast<uint64_t>(h.acked_op_no));
  w.byte(static_cast<uint8_t>((h.more ? 1 : 0) | (h.reset ? 2 : 0) | (h.begins_again ? 4 : 0)));
  w.varint(static_cast<uint64_t>(h.offline_days));
  w.varint(static_cast<uint64_t>(h.total));
  w.text(h.cursor);
  w.varint(h.refusals.size());
  for (const Refusal& r : h.refusals) {
    w.varint(static_cast<uint64_t>(r.op_no));
    w.text(r.code);
    w.text(r.reason);
  }
  keys_.encode(out, &used_);
  w.varint(members_.size());
  for (const Id& id : members_) w.raw(id.view());
  w.varint(count_);
  w.raw(rows_);
  if (h.reset && h.judged) {
    w.varint(static_cast<uint64_t>(h.judged_from));
    w.varint(h.judged->size());
    for (const auto& [op_no, sum] : *h.judged) {
      w.varint(static_cast<uint64_t>(op_no));
      w.varint(sum);
    }
  }
  seal(out);
  return out;
}

Result<PageReader> PageReader::open(std::string_view frame, const Schema& schema, Sum sum) {
  const std::string_view body = TRY(unsealed(frame, 'R', sum == Sum::checked));
  ByteReader in = after_tag(body);
  PageReader page;
  page.bytes_ = frame;
  page.schema_ = &schema;
  PageHeader& h = page.header_;
  h.epoch = read_id(in);
  h.head = static_cast<int64_t>(in.varint() & INT64_MAX);
  h.server_ms = in.svarint();
  h.acked_op_no = static_cast<int64_t>(in.varint() & INT64_MAX);
  const uint8_t flags = in.byte();
  h.more = flags & 1;
  h.reset = flags & 2;
  h.begins_again = flags & 4;
  h.offline_days = static_cast<int>(in.varint() & 0xFFFF);
  h.total = static_cast<int64_t>(in.varint() & INT64_MAX);
  h.cursor = in.text();
  const uint64_t refusals = in.varint();
  for (uint64_t i = 0; i < refusals && !in.bad(); i++) {
    Refusal r;
    r.op_no = static_cast<int64_t>(in.varint() & INT64_MAX);
    r.code = in.text();
    r.reason = in.text();
    h.refusals.push_back(std::move(r));
  }
  if (in.bad()) return corrupt("page cut short");
  page.keys_ = TRY(KeyTable::decode(in, schema));
  const uint64_t members = in.varint();
  for (uint64_t i = 0; i < members && !in.bad(); i++) page.members_.push_back(read_id(in));
  page.count_ = in.varint();
  if (h.reset && !page.count_ && !in.at_end()) {
    h.judged_from = static_cast<int64_t>(in.varint() & INT64_MAX);
    h.judged.emplace();
    for (uint64_t n = in.varint(); n > 0 && !in.bad(); n--) {
      const auto op_no = static_cast<int64_t>(in.varint() & INT64_MAX);
      (*h.judged)[op_no] = static_cast<uint32_t>(in.varint());
    }
    if (!in.at_end()) in.fail();
  }
  if (in.bad()) return corrupt("page cut short");
  page.rows_ = body.substr(body.size() - in.left());
  return page;
}

bool PageReader::next(RowChange& c) {
  if (read_ == count_ || !status_.ok()) {
    if (status_.ok() && !rows_.empty()) status_ = corrupt("bytes after the last row");
    return false;
  }
  ByteReader in(rows_);
  const KeyTable::PeerEntity* entity = keys_.find(static_cast<uint32_t>(in.varint()));
  if (!entity) {
    status_ = corrupt("a row of an unnamed entity");
    return false;
  }
  c.entity = entity->entity;
  c.entity_key = entity->key;
  c.unknown.clear();
  const Entity* known = c.entity >= 0 ? &(*schema_)[static_cast<size_t>(c.entity)] : nullptr;
  if (c.record.entity != known) c.record = known ? Record(*known) : Record();
  RowMeta& meta = c.record.meta;
  c.record.id = read_id(in);
  last_seq_ = wrapping_sum(last_seq_, in.svarint());
  meta.seq = last_seq_;
  const uint8_t flags = in.byte();
  c.whole = flags & 1;
  c.evicted = flags >> 2 == evicted_life;
  if (c.evicted) {
    if (in.bad() || flags != evicted_life << 2) {
      status_ = corrupt("a row cut short");
      return false;
    }
    meta.life = Life::live;
    c.fields.clear();
    c.versions.clear();
    rows_ = rows_.substr(rows_.size() - in.left());
    read_++;
    return true;
  }
  if (flags >> 2 > static_cast<uint8_t>(Life::purged)) in.fail();
  meta.life = static_cast<Life>(flags >> 2 & 3);
  auto member = [&](uint64_t index) {
    if (index > members_.size()) return in.fail(), Id{};
    return index ? members_[index - 1] : Id{};
  };
  last_updated_ = wrapping_sum(last_updated_, in.svarint());
  meta.updated_at = last_updated_;
  meta.updated_by = member(in.varint());
  if (c.whole) {
    last_created_ = wrapping_sum(last_created_, in.svarint());
    meta.created_at = last_created_;
    meta.created_by = member(in.varint());
  }
  auto version = [&]() -> int64_t {
    const uint64_t back = in.varint();
    if (back > static_cast<uint64_t>(std::max<int64_t>(meta.seq, 0))) in.fail();
    return meta.seq - static_cast<int64_t>(back);
  };
  c.base_version = version();
  const std::string_view bitmap = in.raw((entity->fields.size() + 7) / 8);
  c.versions.clear();
  std::map<size_t, int64_t> unknown_versions;
  const uint64_t exceptions = in.varint();
  for (uint64_t i = 0; i < exceptions && !in.bad(); i++) {
    const uint64_t position = in.varint();
    const int64_t v = version();
    if (position >= entity->fields.size()) in.fail();
    else if (const int f = entity->fields[position].second.field; f >= 0) c.versions.emplace_back(static_cast<uint16_t>(f), v);
    else unknown_versions[position] = v;
  }
  c.life_version = flags & 2 ? version() : c.base_version;
  c.fields.clear();
  for (size_t i = 0; i < entity->fields.size() && !in.bad(); i++) {
    const KeyTable::Peer& peer = entity->fields[i].second;
    if (peer.field < 0) {
      const auto version_of = unknown_versions.find(i);
      const bool included = bitmap[i / 8] >> (i % 8) & 1;
      if (!included && version_of == unknown_versions.end()) continue;
      UnknownField& f = c.unknown.emplace_back(UnknownField{peer.key, peer.kind, {}, version_of == unknown_versions.end() ? 0 : version_of->second});
      if (included) read_cell(in, peer.kind, f.value);
      continue;
    }
    Value& value = c.record.values[static_cast<size_t>(peer.field)];
    if (bitmap[i / 8] >> (i % 8) & 1) {
      read_cell(in, peer.kind, value);
      if (!c.whole) c.fields.push_back(static_cast<uint16_t>(peer.field));
    } else if (c.whole) {
      value = {};
    }
  }
  if (in.bad()) {
    status_ = corrupt("a row cut short");
    return false;
  }
  rows_ = rows_.substr(rows_.size() - in.left());
  read_++;
  return true;
}

}  // namespace holdfast
