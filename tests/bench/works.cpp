// W1: ten thousand contacts into a second device. W2: two devices edit offline and meet. W3: a hundred thousand by snapshot.

#include <map>

#include "shared/model/entities.h"
#include "tests/bench/bench.h"
#include "tests/bench/data.h"
#include "tests/bench/place.h"
#include "tests/support/world.h"

namespace holdfast::bench {

using test::must;

namespace {

/// W2 needs conflict rows, so the schema has them.
const Schema& with_conflicts() {
  static const Schema s({&contact(), &conflict});
  return s;
}

struct Clocked : Clock {
  int64_t now = 1'790'000'000'000;
  int64_t wall_ms() override { return now++; }
  int64_t mono_ms() override { return now; }
};

struct Server {
  Clocked clock;
  SeededRandom random{1};
  std::unique_ptr<Database> db;
  std::unique_ptr<Workspace> ws;
  std::unique_ptr<Authority> authority;
  explicit Server(const std::string& name, const Schema& schema = with_conflicts()) {
    db = must(Database::open(place(name), nullptr, true));
    ws = must(Workspace::open(*db, schema, Side::server, clock, random));
    authority = must(Authority::open(*ws));
  }
};

struct Device {
  Clocked clock;
  SeededRandom random;
  std::unique_ptr<Database> db;
  std::unique_ptr<Workspace> ws;
  std::unique_ptr<Replica> replica;
  int64_t bytes = 0;       ///< Received, compressed.
  int64_t pushed = 0;      ///< Sent, as it is.
  double apply_ms = 0;     ///< From bytes to committed rows.
  double server_ms = 0;
  Device(const std::string& name, uint64_t seed, Server& server) : random(seed) {
    db = must(Database::open(place(name)));
    ws = must(Workspace::open(*db, server.ws->schema(), Side::device, clock, random));
    replica = must(Replica::open(*ws));
    Identity me = replica->identity();
    me.device = must(server.authority->register_device(me.install, Id{}, name)).ordinal;
    me.workspace = server.authority->workspace_id();
    must(replica->sign_in(me));
  }
};

void push_all(Device& d, Server& s) {
  int64_t after = must(d.replica->acked_op_no());
  for (;;) {
    const PushRequest push = must(d.replica->next_push(after, SyncSession::push_bytes_usual, d.clock.wall_ms()));
    if (push.bodies.empty()) return;
    const std::string frame = encode_push(push, KeyTable::own(d.ws->tables()));
    d.pushed += static_cast<int64_t>(frame.size());
    const Timer t;
    after = must(decode_push_reply(must(s.authority->push(d.replica->identity().device, frame)).bytes)).last_op_no;
    d.server_ms += t.ms();
    d.replica->confirmed(after);
  }
}

void pull_all(Device& d, Server& s) {
  for (bool complete = false; !complete;) {
    const std::string cursor = must(d.replica->cursor());
    const Timer served;
    const std::string page = must(s.authority->page(d.replica->identity().device, cursor, must(d.replica->acked_op_no()), SyncSession::page_bytes_usual)).bytes;
    d.server_ms += served.ms();
    d.bytes += compressed(page);
    const Timer t;
    complete = must(d.replica->receive(page));
    d.apply_ms += t.ms();
  }
}

void make(Workspace& ws, const ContactText& c, Edit& edit, const Id& id) {
  edit.create(contact(), id);
  for (uint16_t f = 0; f < 12; f++) edit.set(contact(), id, f, c[f]);
}

/// The same rows, ids, versions and search table by bare prepared statements.
const char* const floor_schema =
    "CREATE TABLE contact(row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, ver BLOB, first TEXT, last TEXT, mail TEXT, phone TEXT, company TEXT, title TEXT, street TEXT, city TEXT,"
    " postcode TEXT, country TEXT, web TEXT, note TEXT);"
    "CREATE TABLE outbox(op_no INTEGER PRIMARY KEY, body BLOB);"
    "CREATE TABLE log(seq INTEGER PRIMARY KEY, body BLOB); CREATE TABLE conflict(row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kept TEXT, lost TEXT);"
    "CREATE VIRTUAL TABLE contact_search USING fts5(text, content='', contentless_delete=1, detail=none, prefix='2 3', tokenize='unicode61 remove_diacritics 0')";

std::unique_ptr<Database> floor_database(const std::string& name) {
  auto db = must(Database::open(place(name)));
  must(db->execute(floor_schema));
  return db;
}

void floor_insert(Database& db, const Id& id, const ContactText& c) {
  Statement s = db.prepare("INSERT INTO contact(id, ver, first, last, mail, phone, company, title, street, city, postcode, country, web, note) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  s.bind(id).bind_blob("1234");
  for (const std::string& text : c) s.bind(text);
  must(s.run());
}

}  // namespace

void report(const char* work, const char* what, double value, const char* unit, double floor) {
  if (floor > 0) std::printf("{\"work\":\"%s\",\"what\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"floor\":%.3f,\"ratio\":%.2f}\n", work, what, value, unit, floor, value / floor);
  else std::printf("{\"work\":\"%s\",\"what\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"floor\":null,\"ratio\":null}\n", work, what, value, unit);
  std::fflush(stdout);
}

void w1() {
  clean();
  const auto data = contacts(10'000, 7);
  Server server("server.db");
  Device a("a.db", 2, server), b("b.db", 3, server);
  pull_all(a, server);
  pull_all(b, server);
  std::vector<Id> ids;
  const Timer made;
  for (const ContactText& c : data) {
    ids.push_back(a.ws->new_id());
    Edit edit;
    make(*a.ws, c, edit, ids.back());
    must(a.ws->commit(edit, "made"));
  }
  report("W1", "make 10,000, a transaction each", made.ms(), "ms");
  push_all(a, server);
  report("W1", "server judges them", a.server_ms, "ms");
  b.apply_ms = 0;
  b.bytes = 0;
  pull_all(b, server);
  HOLDFAST_ASSERT(must(b.ws->count(contact())) == 10'000);
  auto floor = floor_database("floor.db");
  const Timer t;
  must(floor->transaction([&]() -> Status {
    for (size_t i = 0; i < data.size(); i++) floor_insert(*floor, ids[i], data[i]);
    return {};
  }));
  report("W1", "device B from bytes to committed rows", b.apply_ms, "ms", t.ms());
  report("W1", "received by B, zstd", static_cast<double>(b.bytes) / 1e6, "MB");
}

/// The changes of W2 once more, as statements alone on the product's own tables and indexes, on databases that have seen them: on
/// the server each row once for a push and each change into the log, on the devices each row with all that changed in it,
/// conflicts on all three. `changed` has the fields per record that the device is told of. `blocks`: what no design here does,
/// 500 changes in one row of the log; a bound for any that would.
double w2_statements(Server& server, Device& a, Device& b, const std::vector<Id>& ids, const std::vector<std::pair<size_t, uint16_t>>& edits,
                     const std::map<size_t, std::vector<uint16_t>> (&changed)[2], bool blocks) {
  const auto read = [&](Workspace& ws) {
    std::vector<Row> rows;
    for (const Id& id : ids) rows.push_back(*must(ws.rows(contact()).read(id)));
    return rows;
  };
  const auto conflicts_of = [&](Workspace& ws) {
    std::vector<Row> rows;
    for (Rows::Scan scan = ws.rows(conflict).after_id(Id{}); scan.row(); scan.advance())
      if (rows.size() < 6000) rows.push_back(*scan.row());
    for (Row& r : rows) r.record.id.bytes[0] ^= blocks ? 0x7F : 0xFF;
    return rows;
  };
  std::vector<Row> on_server = read(*server.ws);
  const std::vector<Row> on_device[2] = {read(*a.ws), read(*b.ws)}, conflicts = conflicts_of(*server.ws);
  int64_t seq = must(server.authority->head());
  Device* devices[2] = {&a, &b};
  const std::string change = "forty bytes or so of one encoded change";
  const size_t in_row = 16'000, in_log = blocks ? 500 : 1;  // About as many as there are in a push.
  std::string body;
  for (size_t i = 0; i < in_log; i++) body += change;
  const auto push = [&](size_t from, size_t to) -> Status {
    for (size_t at = from; at < to; at += in_row) {
      std::map<size_t, std::vector<uint16_t>> fields;
      for (size_t i = at; i < std::min(at + in_row, to); i++) {
        Row& r = on_server[edits[i].first];
        r.record.meta.seq = ++seq;
        r.versions.set(server.ws->tables().key_no(0, edits[i].second), seq);
        fields[edits[i].first].push_back(edits[i].second);
        if (seq % static_cast<int64_t>(in_log) == 0) TRY(server.authority->log().append({seq, {seq, 9}, seq, {}, 0, body, 1}));
      }
      for (const auto& [who, of] : fields) TRY(server.ws->rows(contact()).update(on_server[who].row, on_server[who].record, of, on_server[who].versions));
    }
    return {};
  };
  const Timer t;
  for (const size_t half : {size_t{0}, size_t{1}})
    must(server.db->transaction([&]() -> Status {
      TRY(push(half * edits.size() / 2, (half + 1) * edits.size() / 2));
      for (size_t i = 0; half && i < conflicts.size(); i++) (void)TRY(server.ws->rows(conflict).insert(conflicts[i].record, conflicts[i].versions));
      return {};
    }));
  for (const size_t d : {size_t{0}, size_t{1}})
    must(devices[d]->db->transaction([&]() -> Status {
      for (const auto& [who, fields] : changed[d]) TRY(devices[d]->ws->rows(contact()).update(on_device[d][who].row, on_device[d][who].record, fields, on_device[d][who].versions));
      for (const Row& c : conflicts) (void)TRY(devices[d]->ws->rows(conflict).insert(c.record, c.versions));
      return {};
    }));
  return t.ms();
}

void w2() {
  clean();
  const size_t people = 5000, edits = 20'000, common = 6000;
  const auto data = contacts(people, 8);
  Server server("server.db");
  Device a("a.db", 2, server), b("b.db", 3, server);
  std::vector<Id> ids;
  for (size_t i = 0; i < people; i += 20) {
    Edit edit;
    for (size_t j = i; j < i + 20; j++) {
      ids.push_back(a.ws->new_id());
      make(*a.ws, data[j], edit, ids.back());
    }
    must(a.ws->commit(edit, "made"));
  }
  push_all(a, server);
  pull_all(a, server);
  pull_all(b, server);
  // Distinct (record, field) pairs: A takes 0…, B the same pairs for the first `common`, then others.
  SeededRandom random(5);
  std::vector<std::pair<size_t, uint16_t>> pairs;
  for (size_t i = 0; i < people; i++)
    for (uint16_t f = 0; f < 12; f++) pairs.emplace_back(i, f);
  for (size_t i = pairs.size() - 1; i > 0; i--) std::swap(pairs[i], pairs[random.below(i + 1)]);
  auto edit_all = [&](Device& d, size_t first, const char* suffix) {
    for (size_t i = 0; i < edits; i++) {
      const auto& [who, field] = pairs[i < common ? i : first + i];
      Edit edit;
      edit.set(contact(), ids[who], field, data[who][field] + suffix);
      must(d.ws->commit(edit, "changed"));
    }
  };
  const Timer edited;
  edit_all(a, 0, " a");
  const double edit_ms = edited.ms();
  edit_all(b, edits, " b");

  auto floor = floor_database("floor.db"), floor_server = floor_database("floor-server.db");
  // Whoever serves changes by their number has that number in the row, and an index of it.
  must(floor_server->execute("ALTER TABLE contact ADD COLUMN seq INTEGER; CREATE INDEX contact_by_seq ON contact(seq)"));
  for (Database* db : {floor.get(), floor_server.get()})
    must(db->transaction([&]() -> Status {
      for (size_t i = 0; i < people; i++) floor_insert(*db, ids[i], data[i]);
      return {};
    }));
  static const char* const columns[] = {"first", "last", "mail", "phone", "company", "title", "street", "city", "postcode", "country", "web", "note"};
  std::vector<std::string> updates;
  for (const char* c : columns) updates.push_back(std::string("UPDATE contact SET ") + c + "=?, ver=? WHERE row=?");
  std::vector<std::string> server_updates;
  for (const char* c : columns) server_updates.push_back(std::string("UPDATE contact SET ") + c + "=?, ver=?, seq=? WHERE row=?");
  auto update = [&](size_t i) {
    const auto& [who, field] = pairs[i % pairs.size()];
    const std::string value = data[who][field] + " f";
    Statement u = floor->prepare(updates[field]);
    return u.bind(value).bind_blob("1234567").bind(static_cast<int64_t>(who + 1)).run();
  };
  auto server_update = [&](size_t i) {
    const auto& [who, field] = pairs[i % pairs.size()];
    const std::string value = data[who][field] + " f";
    Statement u = floor_server->prepare(server_updates[field]);
    return u.bind(value).bind_blob("1234567").bind(static_cast<int64_t>(i + 1)).bind(static_cast<int64_t>(who + 1)).run();
  };
  const Timer floor_edits;
  for (size_t i = 0; i < edits; i++)
    must(floor->transaction([&]() -> Status {
      {
        Statement r = floor->prepare("SELECT * FROM contact WHERE row=?");
        r.bind(static_cast<int64_t>(pairs[i].first + 1));
        (void)r.step();
      }
      TRY(update(i));
      Statement o = floor->prepare("INSERT INTO outbox(body) VALUES(?)");
      return o.bind_blob("forty bytes or so of one encoded change").run();
    }));
  report("W2", "an offline edit with its own transaction", edit_ms / edits * 1000, "us", floor_edits.ms() / edits * 1000);

  a.bytes = b.bytes = a.pushed = b.pushed = 0;
  a.apply_ms = b.apply_ms = a.server_ms = b.server_ms = 0;
  const Timer synced;
  push_all(a, server);
  push_all(b, server);
  pull_all(a, server);
  pull_all(b, server);
  const double sync_ms = synced.ms();
  const Timer floor_sync;
  // Server and two devices: three databases' worth of statements, in one transaction for each leg.
  for (int leg = 0; leg < 4; leg++) {
    Database& at = leg < 2 ? *floor_server : *floor;
    must(at.transaction([&]() -> Status {
      for (size_t i = 0; i < 20'000; i++) TRY(leg < 2 ? server_update(i + static_cast<size_t>(leg) * 20'000) : update(i + static_cast<size_t>(leg) * 20'000));
      if (leg < 2)
        for (size_t i = 0; i < 20'000; i++) {
          Statement l = at.prepare("INSERT INTO log(body) VALUES(?)");
          TRY(l.bind_blob("forty bytes or so of one encoded change").run());
        }
      if (leg == 1)
        for (size_t i = 0; i < common; i++) {
          Id id = ids[i % ids.size()];
          id.bytes[0] = static_cast<uint8_t>(i >> 8);
          id.bytes[1] = static_cast<uint8_t>(i);
          Statement c = at.prepare("INSERT INTO conflict(id, kept, lost) VALUES(?,?,?)");
          TRY(c.bind(id).bind("kept value").bind("lost value").run());
        }
      return {};
    }));
  }
  const double floor_sync_ms = floor_sync.ms();
  report("W2", "the whole sync, server and devices", sync_ms, "ms", floor_sync_ms);
  report("W2", "of it the server", a.server_ms + b.server_ms, "ms");
  report("W2", "the compressed legs: both pulls, zstd", static_cast<double>(a.bytes + b.bytes) / 1e6, "MB");
  report("W2", "both pushes, as they are", static_cast<double>(a.pushed + b.pushed) / 1e6, "MB");
  const int64_t conflicts = must(server.ws->count(conflict));
  report("W2", "conflict rows", static_cast<double>(conflicts), "rows", static_cast<double>(common));
  HOLDFAST_ASSERT(test::digest(*a.ws) == test::digest(*b.ws) && test::digest(*a.ws) == test::digest(*server.ws));

  std::vector<std::pair<size_t, uint16_t>> made;
  std::map<size_t, std::vector<uint16_t>> changed[2];  // What A is told of, and B.
  for (const size_t d : {size_t{0}, size_t{1}})
    for (size_t i = 0; i < edits; i++) {
      made.push_back(pairs[i < common ? i : d * edits + i]);
      changed[1 - d][made.back().first].push_back(made.back().second);
    }
  const double alone = w2_statements(server, a, b, ids, made, changed, false), blocks = w2_statements(server, a, b, ids, made, changed, true);
  report("W2", "the whole sync, beside statements alone on the product's own tables", sync_ms, "ms", alone);
  report("W2", "those statements alone", alone, "ms", floor_sync_ms);
  report("W2", "those statements with the log in blocks of 500", blocks, "ms", floor_sync_ms);
}

void w3() {
  clean();
  const size_t count = 100'000;
  const auto data = contacts(count, 9);
  Server server("server.db");
  std::vector<Id> ids;
  for (size_t i = 0; i < count; i += 400) {
    Edit edit;
    for (size_t j = i; j < std::min(i + 400, count); j++) {
      ids.push_back(server.ws->new_id());
      make(*server.ws, data[j], edit, ids.back());
    }
    must(server.ws->commit(edit, "made"));
  }
  Device d("d.db", 4, server);
  double read_ms = 0, again_ms = 0;
  const auto first_load = [&](Device& of, double& ms) {
    std::vector<std::string> out;
    for (std::string cursor; cursor.empty() || cursor[0] == 's'; cursor = must(PageReader::open(out.back(), with_conflicts())).header().cursor) {
      const Timer t;
      out.push_back(must(server.authority->page(of.replica->identity().device, cursor, 0, SyncSession::page_bytes_usual)).bytes);
      ms += t.ms();
    }
    return out;
  };
  const std::vector<std::string> pages = first_load(d, read_ms);
  Device colleague("colleague.db", 5, server);
  HOLDFAST_ASSERT(first_load(colleague, again_ms).size() == pages.size());
  int64_t bytes = 0;
  for (const std::string& page : pages) bytes += compressed(page);
  report("W3", "server reads the snapshot", read_ms, "ms");
  report("W3", "server has it again for a colleague", again_ms, "ms", read_ms);
  const Timer t;
  for (const std::string& page : pages) must(d.replica->receive(page));
  const double rows_ms = t.ms();
  Query q;
  q.search = "anna";
  must(d.ws->count(contact(), q));
  const double all_ms = t.ms();

  auto floor = floor_database("floor.db");
  const Timer ft;
  must(floor->transaction([&]() -> Status {
    for (size_t i = 0; i < count; i++) floor_insert(*floor, ids[i], data[i]);
    return {};
  }));
  const double floor_rows = ft.ms();
  must(floor->transaction([&]() -> Status {
    for (size_t i = 0; i < count; i++) {
      const std::string document = data[i][0] + "\n" + data[i][1] + "\n" + data[i][2] + "\n" + data[i][4];
      Statement s = floor->prepare("INSERT INTO contact_search(rowid, text) VALUES(?,?)");
      TRY(s.bind(static_cast<int64_t>(i + 1)).bind(document).run());
    }
    return {};
  }));
  report("W3", "bytes to rows", rows_ms, "ms", floor_rows);
  report("W3", "bytes to a searchable database", all_ms, "ms", ft.ms());
  report("W3", "wire, zstd", static_cast<double>(bytes) / 1e6, "MB");
  auto pages_of = [](Database& db) {
    Statement s = db.prepare("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    return s.step() ? static_cast<double>(s.integer(0)) / 1e6 : 0.0;
  };
  auto plain = must(Database::open(place("plain.db")));
  must(plain->execute("CREATE TABLE contact(row INTEGER PRIMARY KEY, first TEXT, last TEXT, mail TEXT, phone TEXT, company TEXT, title TEXT, street TEXT, city TEXT, postcode TEXT, country TEXT, web TEXT, note TEXT)"));
  must(plain->transaction([&]() -> Status {
    for (const ContactText& c : data) {
      Statement s = plain->prepare("INSERT INTO contact VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?,?)");
      for (const std::string& text : c) s.bind(text);
      TRY(s.run());
    }
    return {};
  }));
  report("W3", "storage, all of it", pages_of(*d.db), "MB", pages_of(*plain));
  report("W3", "peak memory of the whole run, server and test data included", peak_memory_mb(), "MB");
}

namespace {

/// One customer as people keep them: the person, a phone and a mail, and for every tenth a company of its own.
void make_customer(Workspace& ws, const ContactText& c, Edit& edit, Id& company_id, size_t i) {
  if (i % 10 == 0) {
    company_id = ws.new_id();
    edit.create(company, company_id);
    edit.set(company, company_id, company.name, c[4]);
    edit.set(company, company_id, company.website, c[10]);
  }
  const Id who = ws.new_id(), phone = ws.new_id(), mail = ws.new_id();
  edit.create(person, who);
  edit.set(person, who, person.first_name, c[0]);
  edit.set(person, who, person.last_name, c[1]);
  edit.set(person, who, person.job_title, c[5]);
  edit.set(person, who, person.notes, c[11]);
  edit.set(person, who, person.company, company_id);
  edit.create(contact_point, phone);
  edit.set(contact_point, phone, contact_point.person, who);
  edit.set(contact_point, phone, contact_point.type, std::string("phone"));
  edit.set(contact_point, phone, contact_point.phone_number, c[3]);
  edit.create(contact_point, mail);
  edit.set(contact_point, mail, contact_point.person, who);
  edit.set(contact_point, mail, contact_point.type, std::string("email"));
  edit.set(contact_point, mail, contact_point.mail, c[2]);
}

/// The device's rows once more, into tables and indexes of the same shape, by statements and nothing else.
/// Rows::insert is the floor here: it binds and steps one prepared statement a row.
double floor_copy(Device& d, bool search) {
  SeededRandom random(1);
  Clocked clock;
  forget("floor-product.db");
  auto db = must(Database::open(place("floor-product.db")));
  auto ws = must(Workspace::open(*db, product_schema(), Side::device, clock, random));
  std::vector<std::vector<Row>> rows(product_schema().size());
  for (size_t e = 0; e < rows.size(); e++)
    for (Rows::Scan scan = d.ws->rows(e).after_id(Id{}); scan.row(); scan.advance()) rows[e].push_back(*scan.row());
  const Timer t;
  must(db->transaction([&]() -> Status {
    for (size_t e = 0; e < rows.size(); e++)
      for (const Row& r : rows[e]) TRY(ws->rows(e).insert(r.record, r.versions));
    return {};
  }));
  if (search)
    for (const Entity* e : {static_cast<const Entity*>(&person), static_cast<const Entity*>(&company)}) {
      Query q;
      q.search = "anna";
      must(ws->count(*e, q));
    }
  return t.ms();
}

}  // namespace

void w4() {
  clean();
  const auto data = contacts(50'000, 11);
  Server server("server.db", product_schema());
  Device a("a.db", 2, server), b("b.db", 3, server);
  pull_all(a, server);
  pull_all(b, server);
  Id firm;
  for (size_t i = 0; i < 10'000; i++) {
    Edit edit;
    make_customer(*a.ws, data[i], edit, firm, i);
    must(a.ws->commit(edit, "made"));
  }
  push_all(a, server);
  report("W4", "server judges 10,000 customers, four records each", a.server_ms, "ms");
  b.apply_ms = 0;
  b.bytes = 0;
  pull_all(b, server);
  HOLDFAST_ASSERT(must(b.ws->count(person)) == 10'000);
  report("W4", "10,000 customers: from bytes to committed rows", b.apply_ms, "ms", floor_copy(b, false));
  report("W4", "received, zstd", static_cast<double>(b.bytes) / 1e6, "MB");
  for (size_t i = 10'000; i < data.size(); i += 50) {
    Edit edit;
    for (size_t n = i; n < i + 50; n++) make_customer(*server.ws, data[n], edit, firm, n);
    must(server.ws->commit(edit, "made"));
  }
  Device c("c.db", 4, server);
  const Timer whole;
  pull_all(c, server);
  Query q;
  q.search = "anna";
  must(c.ws->count(person, q));
  must(c.ws->count(company, q));
  const double search_ms = whole.ms() - c.server_ms;
  report("W4", "50,000 customers by snapshot: bytes to a searchable database, compression counted", search_ms, "ms", floor_copy(c, true));
  report("W4", "wire, zstd", static_cast<double>(c.bytes) / 1e6, "MB");
}

}  // namespace holdfast::bench
