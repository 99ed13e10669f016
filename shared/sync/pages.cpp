// Pages of rows, as the server writes them and a device reads them.

#include <algorithm>

#include "shared/sync/codec.h"
#include "shared/sync/frame.h"

namespace holdfast {

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
