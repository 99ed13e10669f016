#include "shared/store/unknown.h"

#include "shared/model/value_bytes.h"

namespace holdfast {

Result<bool> UnknownTable::any() {
  Statement s = db_.prepare("SELECT 1 FROM unknown LIMIT 1");
  const bool found = s.step();
  TRY(s.status());
  return found;
}

static Status put_bytes(Database& db, std::string_view entity, const Id& id, std::string_view field, Kind kind, std::string_view bytes, int64_t version) {
  Statement s = db.prepare("INSERT OR REPLACE INTO unknown(entity, id, field, kind, value, version) VALUES(?,?,?,?,?,?)");
  return s.bind(entity).bind(id).bind(field).bind(static_cast<int64_t>(kind)).bind_blob(bytes).bind(version).run();
}

Status UnknownTable::put(std::string_view entity, const Id& id, const UnknownField& f) {
  std::string bytes;
  ByteWriter w(bytes);
  write_value(w, f.value);
  return put_bytes(db_, entity, id, f.key, f.kind, bytes, f.version);
}

Status UnknownTable::put(std::string_view entity, const UnknownRecord& r) {
  std::string bytes;
  ByteWriter w(bytes);
  w.svarint(r.meta.seq);
  w.byte(static_cast<uint8_t>(r.meta.life));
  w.svarint(r.meta.created_at);
  write_id(w, r.meta.created_by);
  w.svarint(r.meta.updated_at);
  write_id(w, r.meta.updated_by);
  w.svarint(r.base_version);
  w.svarint(r.life_version);
  return put_bytes(db_, entity, r.id, "", Kind::text, bytes, 0);
}

static Result<UnknownRecord> record_in(Statement& s) {
  UnknownRecord r;
  r.id = s.id(0);
  ByteReader in(s.blob(1));
  r.meta.seq = in.svarint();
  r.meta.life = static_cast<Life>(in.byte());
  r.meta.created_at = in.svarint();
  r.meta.created_by = read_id(in);
  r.meta.updated_at = in.svarint();
  r.meta.updated_by = read_id(in);
  r.base_version = in.svarint();
  r.life_version = in.svarint();
  if (in.bad()) return Error{ErrorKind::corrupt, "What was kept of a record this app did not know is damaged."};
  return r;
}

Result<std::optional<UnknownRecord>> UnknownTable::record(const Id& id) {
  Statement s = db_.prepare("SELECT id, value FROM unknown WHERE id=? AND field=''");
  s.bind(id);
  std::optional<UnknownRecord> out;
  if (s.step()) out = TRY(record_in(s));
  TRY(s.status());
  return out;
}

Result<std::vector<UnknownRecord>> UnknownTable::records(std::string_view entity) {
  Statement s = db_.prepare("SELECT id, value FROM unknown WHERE entity=? AND field='' ORDER BY id");
  s.bind(entity);
  std::vector<UnknownRecord> out;
  while (s.step()) out.push_back(TRY(record_in(s)));
  TRY(s.status());
  return out;
}

Result<std::vector<UnknownField>> UnknownTable::fields(const Id& id) {
  Statement s = db_.prepare("SELECT field, kind, value, version FROM unknown WHERE id=? AND field<>''");
  s.bind(id);
  std::vector<UnknownField> out;
  while (s.step()) {
    ByteReader in(s.blob(2));
    out.push_back({std::string(s.text(0)), static_cast<Kind>(s.integer(1)), read_value(in), s.integer(3)});
    if (in.bad()) return Error{ErrorKind::corrupt, "What was kept of a field this app did not know is damaged."};
  }
  TRY(s.status());
  return out;
}

static Result<std::vector<Id>> ids(Statement& s) {
  std::vector<Id> out;
  while (s.step()) out.push_back(s.id(0));
  TRY(s.status());
  return out;
}

Result<std::vector<Id>> UnknownTable::having(std::string_view entity, std::string_view field) {
  Statement s = db_.prepare("SELECT id FROM unknown WHERE entity=? AND field=? ORDER BY id");
  s.bind(entity).bind(field);
  return ids(s);
}

Status UnknownTable::drop(const Id& id) {
  Statement s = db_.prepare("DELETE FROM unknown WHERE id=?");
  return s.bind(id).run();
}

Status UnknownTable::drop(const Id& id, std::string_view field) {
  Statement s = db_.prepare("DELETE FROM unknown WHERE id=? AND field=?");
  return s.bind(id).bind(field).run();
}

Status UnknownTable::clear() { return db_.prepare("DELETE FROM unknown").run(); }

Result<std::vector<std::pair<std::string, std::string>>> UnknownTable::names() {
  Statement s = db_.prepare("SELECT DISTINCT entity, field FROM unknown ORDER BY entity, field");
  std::vector<std::pair<std::string, std::string>> out;
  while (s.step()) out.emplace_back(s.text(0), s.text(1));
  TRY(s.status());
  return out;
}

Result<std::vector<Id>> UnknownTable::without_row(const Entity& entity) {
  Statement s = TRY(db_.prepare_once("SELECT DISTINCT id FROM unknown WHERE entity=? AND id NOT IN (SELECT id FROM \"" + std::string(entity.key) + "\")"));
  s.bind(entity.key);
  return ids(s);
}

}  // namespace holdfast
