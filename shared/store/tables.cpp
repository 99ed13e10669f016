#include "shared/store/tables.h"

#include <set>

#include "shared/base/text.h"
#include "shared/model/value.h"

namespace holdfast {

// The infrastructure tables, by version and side. Numbered, never edited once shipped; user_version counts those applied.
struct Migration {
  const char* both;
  const char* device;
  const char* server;
};
static constexpr Migration migrations[] = {
    // 1
    {R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE key(entity TEXT NOT NULL, field TEXT NOT NULL, no INTEGER NOT NULL, PRIMARY KEY(entity, field)) WITHOUT ROWID;
CREATE TABLE member_no(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
CREATE TABLE search_dirty(entity TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY(entity, row)) WITHOUT ROWID;
CREATE TABLE search_mark(entity TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID;
)sql",
     R"sql(
CREATE TABLE outbox(op_no INTEGER PRIMARY KEY, body BLOB NOT NULL, label TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE pending(entity INTEGER NOT NULL, row INTEGER NOT NULL, register INTEGER NOT NULL,
  confirmed BLOB, op_no INTEGER NOT NULL, delta BLOB, PRIMARY KEY(entity, row, register)) WITHOUT ROWID;
CREATE INDEX pending_op ON pending(op_no);
CREATE TABLE rejected(op_no INTEGER PRIMARY KEY, body BLOB NOT NULL, label TEXT NOT NULL, at INTEGER NOT NULL,
  code TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE stage(no INTEGER PRIMARY KEY, page BLOB NOT NULL);
CREATE TABLE draft(key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
)sql",
     R"sql(
CREATE TABLE element(entity INTEGER NOT NULL, row INTEGER NOT NULL, field INTEGER NOT NULL, element TEXT NOT NULL,
  present INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(entity, row, field, element)) WITHOUT ROWID;
CREATE TABLE log(seq INTEGER PRIMARY KEY, hlc INTEGER NOT NULL, device INTEGER NOT NULL, op_no INTEGER NOT NULL,
  member INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB);
CREATE UNIQUE INDEX log_op ON log(device, op_no);
CREATE TABLE device(ordinal INTEGER PRIMARY KEY, install BLOB NOT NULL UNIQUE, member INTEGER NOT NULL, name TEXT NOT NULL,
  last_op_no INTEGER NOT NULL DEFAULT 0, last_hlc INTEGER NOT NULL DEFAULT 0, drained_at INTEGER NOT NULL, last_seen INTEGER NOT NULL);
CREATE TABLE refusal(device INTEGER NOT NULL, op_no INTEGER NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY(device, op_no)) WITHOUT ROWID;
)sql"},
    // 2: what was sent and may have to be sent again; records not yet known; clock offsets; erased rows leave no bytes
    {"", "CREATE TABLE sent(op_no INTEGER PRIMARY KEY, body BLOB NOT NULL, label TEXT NOT NULL, at INTEGER NOT NULL, acked_at INTEGER NOT NULL);",
     R"sql(
CREATE TABLE quarantine(no INTEGER PRIMARY KEY, record BLOB NOT NULL, device INTEGER NOT NULL, op_no INTEGER NOT NULL,
  hlc INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX quarantine_record ON quarantine(record);
CREATE TABLE refused_record(id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE clock_offset(device INTEGER NOT NULL, mono_epoch INTEGER NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY(device, mono_epoch)) WITHOUT ROWID;
)sql"},
    // 3: what a device sent, to notice a copy of it; devices that were removed
    {"", "",
     R"sql(
ALTER TABLE log ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE refusal ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
)sql"},
    // 4: attachments; who may see what: audiences by number, what a device's member was granted, and rows that left an audience
    {R"sql(
CREATE TABLE blob(sha TEXT PRIMARY KEY, size INTEGER NOT NULL, state INTEGER NOT NULL, used_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE blob_part(sha TEXT NOT NULL, at INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(sha, at));
)sql", "",
     R"sql(
CREATE TABLE scope(no INTEGER PRIMARY KEY, audience BLOB NOT NULL UNIQUE);
CREATE TABLE grants(no INTEGER PRIMARY KEY, principals BLOB NOT NULL UNIQUE);
ALTER TABLE refusal ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
CREATE TABLE exit(seq INTEGER NOT NULL, entity INTEGER NOT NULL, id BLOB NOT NULL, scope INTEGER NOT NULL, PRIMARY KEY(seq, entity, id)) WITHOUT ROWID;
)sql"},
    // 5: whose grants are which, so that a cursor cannot name another's
    {"", "", "CREATE TABLE granted(member INTEGER NOT NULL, no INTEGER NOT NULL, PRIMARY KEY(member, no)) WITHOUT ROWID;"},
    // 6: what an unsent change was before words of an erased record went from it
    {"", R"sql(
ALTER TABLE outbox ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sent ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rejected ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
)sql", ""},
    // 7: the bytes of attachments for each record that names them, see move_blobs; copies of devices
    {R"sql(
ALTER TABLE blob RENAME TO blob_by_hash;
ALTER TABLE blob_part RENAME TO blob_part_by_hash;
CREATE TABLE blob(record BLOB NOT NULL, sha TEXT NOT NULL, size INTEGER NOT NULL, state INTEGER NOT NULL, used_at INTEGER NOT NULL,
  PRIMARY KEY(record, sha)) WITHOUT ROWID;
CREATE TABLE blob_part(record BLOB NOT NULL, sha TEXT NOT NULL, at INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(record, sha, at));
)sql", "", R"sql(
ALTER TABLE device ADD COLUMN family INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN was INTEGER NOT NULL DEFAULT 0;
CREATE TABLE adopted(device INTEGER NOT NULL, op_no INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(device, op_no)) WITHOUT ROWID;
)sql"},
    // 8: what copies of one device have in common, found at once however many there are
    {"", "", R"sql(
ALTER TABLE device ADD COLUMN parted INTEGER NOT NULL DEFAULT 9223372036854775807;
CREATE TABLE common(family INTEGER NOT NULL, op_no INTEGER NOT NULL, sum INTEGER NOT NULL, device INTEGER NOT NULL,
  PRIMARY KEY(family, op_no, sum)) WITHOUT ROWID;
UPDATE device SET family=ordinal WHERE ordinal IN (SELECT family FROM device WHERE family>0);
INSERT OR IGNORE INTO common SELECT d.family, l.op_no, l.sum, l.device FROM log l JOIN device d ON d.ordinal=l.device WHERE d.family>0 AND l.sum<>0;
INSERT OR IGNORE INTO common SELECT d.family, r.op_no, r.sum, r.device FROM refusal r JOIN device d ON d.ordinal=r.device WHERE d.family>0 AND r.sum<>0;
)sql"},
    // 9: what the server sent and this build does not know, see unknown.h
    {"", R"sql(
CREATE TABLE unknown(entity TEXT NOT NULL, id BLOB NOT NULL, field TEXT NOT NULL, kind INTEGER NOT NULL, value BLOB NOT NULL,
  version INTEGER NOT NULL, PRIMARY KEY(id, field)) WITHOUT ROWID;
)sql", ""},
    // 10: what was acknowledged stays in its place, up to a number; when that was told. The last of it may have been refused, or wait.
    {"", R"sql(
ALTER TABLE outbox ADD COLUMN acked_at INTEGER NOT NULL DEFAULT 0;
CREATE TABLE acknowledged(op_no INTEGER PRIMARY KEY, at INTEGER NOT NULL);
INSERT INTO acknowledged SELECT ifnull((SELECT min(op_no)-1 FROM outbox), max(
    ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE key='acked_op_no'),0), ifnull((SELECT max(op_no) FROM sent),0), ifnull((SELECT max(op_no) FROM rejected),0))),
  ifnull((SELECT max(acked_at) FROM sent),0);
INSERT OR IGNORE INTO outbox(op_no, body, label, at, sum, acked_at) SELECT op_no, body, label, at, sum, acked_at FROM sent;
DROP TABLE sent;
CREATE VIEW waiting AS SELECT * FROM outbox WHERE op_no>ifnull((SELECT max(op_no) FROM acknowledged),0);
CREATE VIEW sent AS SELECT * FROM outbox WHERE op_no<=ifnull((SELECT max(op_no) FROM acknowledged),0);
)sql", ""},
    // 11: a device's transactions are found in the log by where each run of them begins, see runs.h
    {"", "", R"sql(
CREATE TABLE run(device INTEGER NOT NULL, op_no INTEGER NOT NULL, seq INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(device, op_no)) WITHOUT ROWID;
INSERT INTO run SELECT device, min(op_no), min(seq), count(*) FROM
  (SELECT device, op_no, seq, op_no - row_number() OVER (PARTITION BY device, seq-op_no ORDER BY op_no) AS hole FROM log) GROUP BY device, seq-op_no, hole;
DROP INDEX log_op;
)sql"},
    // 12: entries of the log that follow each other share a row, see log_blocks.h; what is pending is looked through as a whole
    {"", "DROP INDEX pending_op;", "ALTER TABLE log ADD COLUMN count INTEGER NOT NULL DEFAULT 1;"},
    // 13: 64 rows that the search index has to read again share a row, see search_marks.h
    {R"sql(
CREATE TABLE search_marked(entity TEXT NOT NULL, block INTEGER NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY(entity, block)) WITHOUT ROWID;
INSERT INTO search_marked SELECT entity, row>>6, sum(1<<(row&63)) FROM search_dirty GROUP BY entity, row>>6;
DROP TABLE search_dirty;
)sql", "", ""},
    // 14: of what was refused no words are kept
    {"", "", "UPDATE refusal SET body=x'';"},
};

bool has_sort_column(const FieldDef& f) { return f.options.sortable && kind_info(f.kind).storage == Storage::text; }
std::string sort_column(const FieldDef& f) { return std::string(f.key) + "_sort"; }
std::string sort_expression(const FieldDef& f) {
  return has_sort_column(f) ? sort_column(f) : "ifnull(\"" + std::string(f.key) + "\",9223372036854775807)";
}

static std::string sql_type(const FieldDef& f) {
  switch (kind_info(f.kind).storage) {
    case Storage::integer: return "INTEGER";
    case Storage::text: return "TEXT";
    case Storage::blob: return "BLOB";
  }
  return "BLOB";
}

Result<std::unique_ptr<Tables>> Tables::open(Database& db, const Schema& schema, Side side) {
  std::unique_ptr<Tables> tables(new Tables(db, schema, side));
  TRY(db.transaction([&] { return tables->create(); }));
  TRY(tables->move_blobs());
  return tables;
}

static Error newer() { return {ErrorKind::conflict, "This data was written by a newer version of Holdfast. Update the program to open it."}; }

Status Tables::create() {
  Statement version = db_.prepare("PRAGMA user_version");
  const int64_t have = version.step() ? version.integer(0) : 0;
  TRY(version.status());
  version.reset();
  constexpr int64_t known = sizeof migrations / sizeof *migrations;
  if (have > known) return newer();
  for (int64_t i = have; i < known; i++) {
    TRY(db_.execute(migrations[i].both));
    TRY(db_.execute(side_ == Side::device ? migrations[i].device : migrations[i].server));
  }
  if (have < known) TRY(db_.execute("PRAGMA user_version=" + std::to_string(known)));
  if (have > 0) TRY(refuse_newer());
  for (size_t e = 0; e < schema_.size(); e++) TRY(project(e));
  TRY(create_indexes());  // After every table has its columns.
  // Noted in the same transaction: whoever opens the database next must know, whatever happens in between.
  if (grew_ && have > 0) TRY(set_meta_int("grew", 1));
  return number_keys();
}

/// Bytes that earlier versions kept once for a hash, to every record that names it. One hash at a time, so that it needs little more
/// disk than there was; cut off, it goes on with the next start.
Status Tables::move_blobs() {
  Statement there = db_.prepare("SELECT 1 FROM sqlite_schema WHERE name='blob_by_hash'");
  const bool left = there.step();
  TRY(there.status());
  there.reset();
  if (!left) return {};
  if (schema_.index_of("attachment") >= 0) {
    TRY(db_.execute("CREATE INDEX IF NOT EXISTS attachment_by_hash ON attachment(sha256) WHERE sha256 IS NOT NULL"));
    for (bool more = true; more;)
      TRY(db_.transaction([&]() -> Status {
        Statement next = db_.prepare("SELECT sha FROM blob_by_hash LIMIT 1");
        more = next.step();
        TRY(next.status());
        if (!more) return {};
        const std::string sha(next.text(0));
        next.reset();
        for (const char* sql : {"INSERT INTO blob SELECT a.id, b.sha, b.size, b.state, b.used_at FROM blob_by_hash b JOIN attachment a ON a.sha256=b.sha AND a.life<2 WHERE b.sha=?",
                                "INSERT INTO blob_part SELECT a.id, b.sha, b.at, b.bytes FROM blob_part_by_hash b JOIN attachment a ON a.sha256=b.sha AND a.life<2 WHERE b.sha=?",
                                "DELETE FROM blob_part_by_hash WHERE sha=?", "DELETE FROM blob_by_hash WHERE sha=?"}) {
          Statement s = db_.prepare(sql);
          TRY(s.bind(sha).run());
        }
        return {};
      }));
  }
  return db_.transaction([&] { return db_.execute("DROP INDEX IF EXISTS attachment_by_hash; DROP TABLE blob_part_by_hash; DROP TABLE blob_by_hash;"); });
}

/// A field that can be sorted by since now: what is there gets its key.
Status Tables::fill_sort_column(const std::string& table, const FieldDef& f) {
  const std::string key(f.key);
  for (int64_t last = 0;;) {
    std::vector<std::pair<int64_t, std::string>> batch;
    {
      Statement read = db_.prepare("SELECT row, \"" + key + "\" FROM \"" + table + "\" WHERE row>? AND \"" + key + "\" IS NOT NULL ORDER BY row LIMIT 1000");
      read.bind(last);
      while (read.step()) batch.emplace_back(read.integer(0), read.text(1));
      TRY(read.status());
    }
    if (batch.empty()) return {};
    last = batch.back().first;
    for (const auto& [row, text] : batch) {
      const std::string folded = fold(format_value(f, Value(text)));
      Statement write = db_.prepare("UPDATE \"" + table + "\" SET \"" + sort_column(f) + "\"=? WHERE row=?");
      TRY(write.bind(folded).bind(row).run());
    }
  }
}

Status Tables::project(size_t e) {
  const Entity& entity = schema_[e];
  const std::string table(entity.key);
  std::set<std::string> have;
  Statement columns = db_.prepare("SELECT name FROM pragma_table_info(?)");
  columns.bind(entity.key);
  while (columns.step()) have.emplace(columns.text(0));
  TRY(columns.status());
  columns.reset();

  std::vector<std::string> wanted;  // "name type"
  for (const FieldDef& f : entity.fields) {
    wanted.push_back("\"" + std::string(f.key) + "\" " + sql_type(f));
    if (f.kind == Kind::money) wanted.push_back("\"" + std::string(f.key) + "_currency\" TEXT");
    if (has_sort_column(f)) wanted.push_back("\"" + sort_column(f) + "\" TEXT NOT NULL DEFAULT ''");
  }
  if (have.empty()) {
    grew_ = true;
    std::string ddl = "CREATE TABLE \"" + table +
                      "\"(row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, scope INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL, ver BLOB NOT NULL,"
                      " life INTEGER NOT NULL DEFAULT 0, created_at INTEGER, created_by INTEGER, updated_at INTEGER, updated_by INTEGER";
    for (const std::string& column : wanted) ddl += ", " + column;
    TRY(db_.execute(ddl + ")"));
    if (!entity.found_by_parent)
      TRY(db_.execute("CREATE VIRTUAL TABLE \"" + table +
                      "_search\" USING fts5(text, content='', contentless_delete=1, detail=none, prefix='2 3', tokenize='unicode61 remove_diacritics 0')"));
  } else {
    for (const std::string& column : wanted)
      if (!have.count(column.substr(1, column.find('"', 1) - 1))) {
        grew_ = true;
        TRY(db_.execute("ALTER TABLE \"" + table + "\" ADD COLUMN " + column));
      }
    for (const FieldDef& f : entity.fields)
      if (has_sort_column(f) && have.count(std::string(f.key)) && !have.count(sort_column(f))) TRY(fill_sort_column(table, f));
  }
  // When a row came to its audience: before that, some of those who see it now did not.
  if (side_ == Side::server && !have.count("entered")) TRY(db_.execute("ALTER TABLE \"" + table + "\" ADD COLUMN entered INTEGER NOT NULL DEFAULT 0"));
  if (side_ == Side::server) TRY(db_.execute("DROP INDEX IF EXISTS \"" + table + "_by_seq\""));
  return {};
}

static std::vector<std::pair<std::string, std::string>> indexes_of(const Entity& entity, Side side) {
  const std::string t(entity.key);
  std::vector<std::pair<std::string, std::string>> out;
  bool sortable = false;
  for (const FieldDef& f : entity.fields) {
    const std::string key(f.key);
    if (f.options.sortable) {
      sortable = true;
      out.emplace_back(t + "_by_" + key, "\"" + t + "\"(life, " + sort_expression(f) + ", row)");
    }
    if (f.options.parent) out.emplace_back(t + "_of_" + key, "\"" + t + "\"(\"" + key + "\") WHERE \"" + key + "\" IS NOT NULL");
  }
  if (sortable) out.emplace_back(t + "_by_updated_at", "\"" + t + "\"(life, updated_at, row)");
  if (side == Side::server) out.emplace_back(t + "_by_change", "\"" + t + "\"(seq)");
  return out;
}

Status Tables::create_indexes() {
  for (const Entity* entity : schema_) {
    Statement there = db_.prepare("SELECT 1 FROM sqlite_schema WHERE type='table' AND name=?");
    there.bind(entity->key);
    const bool found = there.step();
    TRY(there.status());
    if (!found) continue;
    there.reset();
    for (const auto& [name, definition] : indexes_of(*entity, side_)) TRY(db_.execute("CREATE INDEX IF NOT EXISTS \"" + name + "\" ON " + definition));
  }
  return {};
}

Status Tables::drop_indexes() {
  for (const Entity* entity : schema_)
    for (const auto& [name, definition] : indexes_of(*entity, side_)) TRY(db_.execute("DROP INDEX IF EXISTS \"" + name + "\""));
  return {};
}

/// Numbers for `names` under `scope`, those already given and new ones after the largest.
static Result<std::vector<uint32_t>> numbers(Database& db, std::string_view scope, const std::vector<std::string_view>& names) {
  std::map<std::string, uint32_t, std::less<>> given;
  uint32_t largest = 0;
  Statement read = db.prepare("SELECT field, no FROM key WHERE entity=?");
  read.bind(scope);
  while (read.step()) {
    const auto no = static_cast<uint32_t>(read.integer(1));
    given.emplace(read.text(0), no);
    largest = std::max(largest, no);
  }
  TRY(read.status());
  read.reset();
  std::vector<uint32_t> out;
  for (std::string_view name : names) {
    if (const auto found = given.find(name); found != given.end()) {
      out.push_back(found->second);
      continue;
    }
    out.push_back(++largest);
    Statement add = db.prepare("INSERT INTO key(entity, field, no) VALUES(?,?,?)");
    TRY(add.bind(scope).bind(name).bind(int64_t{largest}).run());
  }
  return out;
}

/// A build that knows less would keep stale what it does not see, and not erase it either.
Status Tables::refuse_newer() {
  Statement read = db_.prepare("SELECT entity, field FROM key");
  while (read.step()) {
    const std::string_view scope = read.text(0);
    const int e = schema_.index_of(scope.empty() ? read.text(1) : scope);
    if (e < 0 || (!scope.empty() && !schema_[static_cast<size_t>(e)].find(read.text(1)))) return newer();
  }
  return read.status();
}

Status Tables::number_keys() {
  std::vector<std::string_view> entities;
  for (const Entity* entity : schema_) entities.push_back(entity->key);
  entity_no_ = TRY(numbers(db_, "", entities));
  for (const Entity* entity : schema_) {
    std::vector<std::string_view> fields;
    for (const FieldDef& f : entity->fields) fields.push_back(f.key);
    key_no_.push_back(TRY(numbers(db_, entity->key, fields)));
    field_of_.emplace_back();
    for (const FieldDef& f : entity->fields) field_of_.back()[key_no_.back()[f.index]] = f.index;
  }
  return {};
}

int Tables::entity_of(uint32_t no) const {
  for (size_t e = 0; e < entity_no_.size(); e++)
    if (entity_no_[e] == no) return static_cast<int>(e);
  return -1;
}

int Tables::field_of(size_t entity, uint32_t no) const {
  const auto found = field_of_[entity].find(no);
  return found == field_of_[entity].end() ? -1 : found->second;
}

Result<int64_t> Tables::member_no(const Id& id) {
  if (id.is_nil()) return int64_t{0};
  if (const auto found = member_no_.find(id); found != member_no_.end()) return found->second;
  int64_t no = 0;
  {
    Statement read = db_.prepare("SELECT no FROM member_no WHERE id=?");
    read.bind(id);
    if (read.step()) no = read.integer(0);
    TRY(read.status());
  }
  if (!no) {
    Statement add = db_.prepare("INSERT INTO member_no(id) VALUES(?)");
    TRY(add.bind(id).run());
    no = db_.last_row();
  }
  member_no_[id] = no;
  return no;
}

Result<Id> Tables::member_of(int64_t no) {
  if (no == 0) return Id{};
  if (const auto found = member_of_.find(no); found != member_of_.end()) return found->second;
  Statement read = db_.prepare("SELECT id FROM member_no WHERE no=?");
  read.bind(no);
  const bool found = read.step();
  TRY(read.status());
  // Nobody is who may do everything: a member who is not found must never become that.
  if (!found) return Error{ErrorKind::corrupt, "The database names a member that it does not know."};
  return member_of_[no] = read.id(0);
}

Result<std::string> Tables::meta(std::string_view key) {
  Statement read = db_.prepare("SELECT value FROM meta WHERE key=?");
  read.bind(key);
  std::string value = read.step() ? std::string(read.text(0)) : std::string();
  TRY(read.status());
  return value;
}

Status Tables::set_meta(std::string_view key, std::string_view value) {
  Statement write = db_.prepare("INSERT INTO meta(key, value) VALUES(?,?) ON CONFLICT(key) DO UPDATE SET value=excluded.value");
  return write.bind(key).bind(value).run();
}

Result<int64_t> Tables::meta_int(std::string_view key) {
  const std::string value = TRY(meta(key));
  int64_t n = 0;
  for (char c : value)
    if (c >= '0' && c <= '9') n = n * 10 + (c - '0');
  return value.starts_with("-") ? -n : n;
}

Status Tables::clean_journal() {
  if (!TRY(meta_int("erased"))) return {};
  {
    Statement checkpoint = db_.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
    const bool busy = checkpoint.step() && checkpoint.integer(0);
    TRY(checkpoint.status());
    if (busy) return {};  // Someone is reading; the next erasure or start does it.
  }
  return set_meta_int("erased", 0);
}

}  // namespace holdfast
