// W1: ten thousand contacts into a second device. W3: a hundred thousand by snapshot. W4: both in the product's own shape.

#include <cstdio>

#include "tests/bench/sides.h"

namespace holdfast::bench {

void report(const char* work, const char* what, double value, const char* unit, double floor) {
  if (floor > 0) std::printf("{\"work\":\"%s\",\"what\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"floor\":%.3f,\"ratio\":%.2f}\n", work, what, value, unit, floor, value / floor);
  else std::printf("{\"work\":\"%s\",\"what\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"floor\":null,\"ratio\":null}\n", work, what, value, unit);
  std::fflush(stdout);
}

namespace {

/// The same texts in a table without versions or any index, and without ids unless they are given: how long that takes, in ms.
double plain_table(const std::string& name, const std::vector<ContactText>& data, const std::vector<Id>& ids = {}) {
  auto plain = must(Database::open(place(name)));
  const std::string id = ids.empty() ? "" : "id BLOB, ", insert = std::string("INSERT INTO contact VALUES(NULL,") + (ids.empty() ? "" : "?,") + "?,?,?,?,?,?,?,?,?,?,?,?)";
  must(plain->execute("CREATE TABLE contact(row INTEGER PRIMARY KEY, " + id + "first TEXT, last TEXT, mail TEXT, phone TEXT, company TEXT, title TEXT, street TEXT, city TEXT, postcode TEXT, country TEXT, web TEXT, note TEXT)"));
  const Timer t;
  must(plain->transaction([&]() -> Status {
    for (size_t i = 0; i < data.size(); i++) {
      Statement s = plain->prepare(insert);
      if (!ids.empty()) s.bind(ids[i]);
      for (const std::string& text : data[i]) s.bind(text);
      TRY(s.run());
    }
    return {};
  }));
  return t.ms();
}

double megabytes(Database& db, const char* pages = "page_count") {
  Statement s = db.prepare(std::string("SELECT ") + pages + " * page_size FROM pragma_" + pages + ", pragma_page_size");
  return s.step() ? static_cast<double>(s.integer(0)) / 1e6 : 0.0;
}

double vacuumed(const char* name) {
  auto db = must(Database::open(place(name)));
  must(db->execute("VACUUM"));
  return megabytes(*db);
}

/// What was received beside the same rows, ids and texts, as a vacuumed file without indexes by the same zstd; and beside the texts alone.
void report_wire(const char* work, const char* what, int64_t bytes, const std::vector<ContactText>& data, const std::vector<Id>& ids) {
  if (!bytes) return;  // In the browser.
  plain_table("wire.db", data, ids);
  const auto packed = [](const char* name) {
    vacuumed(name);
    return static_cast<double>(compressed_file(name)) / 1e6;
  };
  report(work, what, static_cast<double>(bytes) / 1e6, "MB", packed("wire.db"));
  report(work, "the same, beside the texts without ids", static_cast<double>(bytes) / 1e6, "MB", packed("plain.db"));
}

/// What the contacts' table takes, beside the plain one: alone, and with its index of ids as they lie. SQLite is built without
/// dbstat: it is copied into a file of its own, and dropped for a moment.
void report_table(Database& db, double plain) {
  std::string ddl;
  {
    Statement s = db.prepare("SELECT replace(sql, ' UNIQUE', '') FROM sqlite_schema WHERE type='table' AND name='contact'");
    HOLDFAST_ASSERT(s.step());
    ddl = s.text(0);
  }
  must(must(Database::open(place("table.db")))->execute(ddl));
  must(db.execute("ATTACH '" + place("table.db") + "' AS alone; INSERT INTO alone.contact SELECT * FROM main.contact; DETACH alone"));
  report("W3", "storage: table, ids and versions", vacuumed("table.db"), "MB", plain);
  const double free = megabytes(db, "freelist_count");
  must(db.execute("BEGIN; DROP TABLE contact"));
  report("W3", "storage: the same with the index of ids", megabytes(db, "freelist_count") - free, "MB", plain);
  must(db.execute("ROLLBACK"));
}

}  // namespace

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
  auto floor = lean_database("floor.db");
  const Timer t;
  must(floor->transaction([&]() -> Status {
    for (size_t i = 0; i < data.size(); i++) lean_insert(*floor, ids[i], data[i]);
    return {};
  }));
  report("W1", "device B from bytes to committed rows", b.apply_ms, "ms", t.ms());
  report("W1", "the same, beside a table without indexes", b.apply_ms, "ms", plain_table("plain.db", data));
  report_wire("W1", "received by B, zstd", b.bytes, data, ids);
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

  auto floor = lean_database("floor.db");
  const Timer ft;
  must(floor->transaction([&]() -> Status {
    for (size_t i = 0; i < count; i++) lean_insert(*floor, ids[i], data[i]);
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
  report("W3", "bytes to rows, beside a table without indexes", rows_ms, "ms", plain_table("plain.db", data));
  const double plain = megabytes(*must(Database::open(place("plain.db"))));
  report("W3", "storage, all of it", megabytes(*d.db), "MB", plain);
  report("W3", "peak memory of the whole run, server and test data included", peak_memory_mb(), "MB");
  report_wire("W3", "wire, zstd", bytes, data, ids);
  if (bytes) report_table(*d.db, plain);
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
