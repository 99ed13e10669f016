#pragma once
// The usual scene of a test: a server, Anna's phone and Ben's laptop.

#include <catch_amalgamated.hpp>

#include "tests/support/world.h"

namespace holdfast::test {

/// The marks of the search index as versions up to 12 had them: a row for each marked row. The caller sets the version.
inline void search_as_before_13(Database& db) {
  must(db.execute("CREATE TABLE search_dirty(entity TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY(entity, row)) WITHOUT ROWID;"
                  "WITH RECURSIVE bit(n) AS (SELECT 0 UNION ALL SELECT n+1 FROM bit WHERE n<63)"
                  "INSERT INTO search_dirty SELECT entity, block*64+n FROM search_marked, bit WHERE rows>>n&1; DROP TABLE search_marked"));
}

struct Two {
  TestClock time;
  ServerNode server{"server", 1, &time};
  DeviceNode a{"device-a", 2, &time}, b{"device-b", 3, &time};
  Id anna, ben;

  Two() {
    anna = member_named("Anna");
    ben = member_named("Ben");
    a.sign_in(server, anna, "Anna's phone");
    b.sign_in(server, ben, "Ben's laptop");
    both();
  }
  Id member_named(const std::string& name) {
    const Id id = server.ws->new_id();
    Edit edit;
    edit.create(member, id);
    edit.set(member, id, member.name, name);
    must(server.ws->commit(edit, "member"));
    return id;
  }
  void both() {
    a.sync(server);
    b.sync(server);
    a.sync(server);
    tick();
  }
  /// The server is copied as it is now, to come back to with restore().
  void backup() {
    server.close();
    MemoryDisk::the().remove("backup");
    MemoryDisk::the().copy("server", "backup");
    server.open();
  }
  void restore() {
    server.close();
    MemoryDisk::the().remove("server");
    MemoryDisk::the().copy("backup", "server");
    server.open();
    must(server.authority->begin_epoch());
  }
  /// The server's log as versions up to 10 had it: a row for each transaction, found by an index; and the marks of its search index. The
  /// caller sets the version.
  void log_as_before_11() {
    search_as_before_13(*server.db);
    std::vector<LogEntry> entries;
    for (int64_t seq = 1; seq <= must(server.authority->head()); seq++) entries.push_back(*must(server.authority->log().find(seq)));
    must(server.db->execute("DELETE FROM log; ALTER TABLE log DROP COLUMN count; DROP TABLE run; CREATE UNIQUE INDEX log_op ON log(device, op_no)"));
    for (const LogEntry& e : entries) {
      Statement s = server.db->prepare("INSERT INTO log(seq, hlc, device, op_no, member, at, body, sum) VALUES(?,?,?,?,?,?,?,?)");
      must(s.bind(e.seq).bind(e.stamp.hlc).bind(int64_t{e.stamp.device}).bind(e.op_no).bind(must(server.ws->tables().member_no(e.member))).bind(e.at_ms).bind_blob(e.body).bind(int64_t{e.sum}).run());
    }
  }
  /// Ben's change waits at the server, which came back without the person it is about; with what `more` adds to it.
  Id one_waits(const std::function<void(Edit&)>& more = {}) {
    backup();
    const Id lost = a.make_person("Made", "by Anna");
    both();
    Edit edit;
    edit.set(person, lost, person.job_title, std::string("Buyer"));
    if (more) more(edit);
    must(b.ws->commit(edit, "waits"));
    both();
    restore();
    b.sync(server);
    REQUIRE(must(b.replica->waiting()).size() == 1);
    return lost;
  }
  std::vector<Record> open_conflicts(Workspace& ws) {
    Query open;
    open.limit = 10'000;
    open.where.push_back({conflict.resolved.index, Compare::eq, int64_t{0}});
    return must(ws.list(conflict, open));
  }
  void tick() { time.now += 1000; }
  void all_well() {
    CHECK(digest(*a.ws) == digest(*server.ws));
    CHECK(digest(*b.ws) == digest(*server.ws));
    CHECK(must(a.replica->check()).empty());
    CHECK(must(b.replica->check()).empty());
    CHECK(must(server.authority->check()).empty());
  }
};

}  // namespace holdfast::test
