// W2: two devices edit the same contacts offline, and meet.

#include "tests/bench/sides.h"

namespace holdfast::bench {

namespace {

constexpr size_t people = 5000, edits = 20'000, common = 6000;

struct Made {
  size_t who;  ///< Whose place among the people.
  uint16_t field;
  std::string value;
};

const char* const columns[] = {"first", "last", "mail", "phone", "company", "title", "street", "city", "postcode", "country", "web", "note"};

/// The floor of an edit: read, update, what is to be sent, a transaction each.
double floor_of_edits(Database& db, const std::vector<Made>& made) {
  std::vector<std::string> updates;
  for (const char* c : columns) updates.push_back(std::string("UPDATE contact SET ") + c + "=?, ver=? WHERE row=?");
  const Timer t;
  for (const Made& m : made)
    must(db.transaction([&]() -> Status {
      {
        Statement r = db.prepare("SELECT * FROM contact WHERE row=?");
        r.bind(static_cast<int64_t>(m.who + 1));
        (void)r.step();
      }
      Statement u = db.prepare(updates[m.field]);
      TRY(u.bind(m.value).bind_blob("1234567").bind(static_cast<int64_t>(m.who + 1)).run());
      Statement o = db.prepare("INSERT INTO outbox(body) VALUES(?)");
      return o.bind_blob("forty bytes or so of one encoded change").run();
    }));
  return t.ms();
}

/// What both have made, one change at a time, by statements alone into tables and indexes like the product's: each into its row on
/// the server and on the device that did not make it, with the versions the row has by then; each into the log; the conflicts. Those
/// are 80,000 updates: whose value stands in the end is left aside.
double floor_of_sync(const std::vector<Row>& before, const std::vector<Made> (&made)[2], const std::vector<LogEntry>& entries, const std::vector<Row>& conflicts) {
  Server server("floor-server.db");
  Device a("floor-a.db", 2, server), b("floor-b.db", 3, server);
  Workspace* const sides[] = {server.ws.get(), a.ws.get(), b.ws.get()};
  for (Workspace* ws : sides)
    must(ws->atomically([&]() -> Status {
      for (const Row& r : before) (void)TRY(ws->rows(contact()).insert(r.record, r.versions));
      return {};
    }));
  struct Update {
    const Made* made;
    int64_t seq;
    std::string versions;
  };
  std::vector<Update> updates[3];
  std::vector<Versions> versions[3];
  for (std::vector<Versions>& of : versions)
    for (const Row& r : before) of.push_back(r.versions);
  int64_t seq = entries.front().seq - 1;
  for (const size_t by : {size_t{0}, size_t{1}})
    for (const Made& m : made[by]) {
      seq++;
      for (const size_t at : {size_t{0}, 2 - by}) {
        versions[at][m.who].set(server.ws->tables().key_no(0, m.field), seq);
        updates[at].push_back({&m, seq, versions[at][m.who].blob()});
      }
    }
  std::vector<std::string> sql;
  for (const char* c : columns) sql.push_back(std::string("UPDATE contact SET \"") + c + "\"=?, ver=?, seq=?, updated_at=?, updated_by=? WHERE row=?");
  const auto update = [&](Database& db, const Update& u) {
    Statement s = db.prepare(sql[u.made->field]);
    return s.bind(u.made->value).bind_blob(u.versions).bind(u.seq).bind(int64_t{1'790'000'000'000} + u.seq).bind(int64_t{0}).bind(static_cast<int64_t>(u.made->who + 1)).run();
  };
  const auto note = [&](const LogEntry& e) {
    Statement s = server.db->prepare("INSERT INTO log(seq, hlc, device, op_no, member, at, body, sum) VALUES(?,?,?,?,?,?,?,?)");
    return s.bind(e.seq).bind(e.stamp.hlc).bind(int64_t{e.stamp.device}).bind(e.op_no).bind(int64_t{0}).bind(e.at_ms).bind_blob(e.body).bind(int64_t{e.sum}).run();
  };
  const Timer t;
  for (const size_t by : {size_t{0}, size_t{1}})
    must(server.db->transaction([&]() -> Status {
      for (size_t i = by * edits; i < (by + 1) * edits; i++) {
        TRY(update(*server.db, updates[0][i]));
        TRY(note(entries[i]));
      }
      for (size_t i = 0; by && i < conflicts.size(); i++) (void)TRY(server.ws->rows(conflict).insert(conflicts[i].record, conflicts[i].versions));
      return {};
    }));
  for (const size_t at : {size_t{1}, size_t{2}})
    must(sides[at]->tables().db().transaction([&]() -> Status {
      for (const Update& u : updates[at]) TRY(update(sides[at]->tables().db(), u));
      return {};
    }));
  return t.ms();
}

/// The same into the leanest tables there could be: nothing of who and when in a row or the log, a conflict of two texts.
double lean_floor_of_sync(Database& server, Database& device, const std::vector<Made> (&made)[2], const std::vector<Id>& ids) {
  // Whoever serves changes by their number has that number in the row, and an index of it.
  must(server.execute("ALTER TABLE contact ADD COLUMN seq INTEGER; CREATE INDEX contact_by_seq ON contact(seq)"));
  std::vector<std::string> on_device, on_server;
  for (const char* c : columns) {
    on_device.push_back(std::string("UPDATE contact SET ") + c + "=?, ver=? WHERE row=?");
    on_server.push_back(std::string("UPDATE contact SET ") + c + "=?, ver=?, seq=? WHERE row=?");
  }
  const auto row = [](const Made& m) { return static_cast<int64_t>(m.who + 1); };
  int64_t seq = 0;
  const Timer t;
  for (const size_t by : {size_t{0}, size_t{1}})
    must(server.transaction([&]() -> Status {
      for (const Made& m : made[by]) {
        Statement u = server.prepare(on_server[m.field]);
        TRY(u.bind(m.value).bind_blob("1234567").bind(++seq).bind(row(m)).run());
        Statement l = server.prepare("INSERT INTO log(body) VALUES(?)");
        TRY(l.bind_blob("forty bytes or so of one encoded change").run());
      }
      for (size_t i = 0; by && i < common; i++) {
        Id id = ids[i % ids.size()];
        id.bytes[0] = static_cast<uint8_t>(i >> 8);
        id.bytes[1] = static_cast<uint8_t>(i);
        Statement c = server.prepare("INSERT INTO conflict(id, kept, lost) VALUES(?,?,?)");
        TRY(c.bind(id).bind("kept value").bind("lost value").run());
      }
      return {};
    }));
  for (const std::vector<Made>& of : made)
    must(device.transaction([&]() -> Status {
      for (const Made& m : of) {
        Statement u = device.prepare(on_device[m.field]);
        TRY(u.bind(m.value).bind_blob("1234567").bind(row(m)).run());
      }
      return {};
    }));
  return t.ms();
}

std::vector<Row> all_of(Workspace& ws, const Entity& entity) {
  std::vector<Row> rows;
  for (Rows::Scan scan = ws.rows(entity).after_id(Id{}); scan.row(); scan.advance()) rows.push_back(*scan.row());
  return rows;
}

}  // namespace

void w2() {
  clean();
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
  std::vector<Made> made[2];
  for (const size_t by : {size_t{0}, size_t{1}})
    for (size_t i = 0; i < edits; i++) {
      const auto& [who, field] = pairs[i < common ? i : by * edits + i];
      made[by].push_back({who, field, data[who][field] + (by ? " b" : " a")});
    }
  std::vector<Row> before;
  for (const Id& id : ids) before.push_back(*must(server.ws->rows(contact()).read(id)));
  const int64_t head = must(server.authority->head());

  const auto edit_all = [&](Device& d, const std::vector<Made>& all) {
    const Timer t;
    for (const Made& m : all) {
      Edit edit;
      edit.set(contact(), ids[m.who], m.field, m.value);
      must(d.ws->commit(edit, "changed"));
    }
    d.db->tidy();  // As the app does when nobody waits: what the edits have left in the journal is theirs.
    return t.ms();
  };
  const double edit_ms = edit_all(a, made[0]);
  edit_all(b, made[1]);
  auto lean = lean_database("lean.db"), lean_server = lean_database("lean-server.db");
  for (Database* db : {lean.get(), lean_server.get()})
    must(db->transaction([&]() -> Status {
      for (size_t i = 0; i < people; i++) lean_insert(*db, ids[i], data[i]);
      return {};
    }));
  report("W2", "an offline edit with its own transaction", edit_ms / edits * 1000, "us", floor_of_edits(*lean, made[0]) / edits * 1000);

  a.bytes = b.bytes = a.pushed = b.pushed = 0;
  a.server_ms = b.server_ms = a.zstd_ms = b.zstd_ms = 0;
  const Timer synced;
  push_all(a, server);
  push_all(b, server);
  pull_all(a, server);
  pull_all(b, server);
  const double sync_ms = synced.ms();
  const std::vector<Row> conflicts = all_of(*server.ws, conflict);
  std::vector<LogEntry> entries;
  for (int64_t seq = head + 1; seq <= must(server.authority->head()); seq++) entries.push_back(*must(server.authority->log().find(seq)));
  HOLDFAST_ASSERT(entries.size() == 2 * edits);
  report("W2", "the whole sync, server and devices", sync_ms, "ms", floor_of_sync(before, made, entries, conflicts));
  report("W2", "the whole sync, beside the leanest tables", sync_ms, "ms", lean_floor_of_sync(*lean_server, *lean, made, ids));
  report("W2", "of it the server", a.server_ms + b.server_ms, "ms");
  if (a.bytes) report("W2", "of it zstd, which no floor does", a.zstd_ms + b.zstd_ms, "ms");  // None in the browser.
  report("W2", "the compressed legs: both pulls, zstd", static_cast<double>(a.bytes + b.bytes) / 1e6, "MB");
  report("W2", "both pushes, as they are", static_cast<double>(a.pushed + b.pushed) / 1e6, "MB");
  report("W2", "conflict rows", static_cast<double>(conflicts.size()), "rows", static_cast<double>(common));
  HOLDFAST_ASSERT(test::digest(*a.ws) == test::digest(*b.ws) && test::digest(*a.ws) == test::digest(*server.ws));
}

}  // namespace holdfast::bench
