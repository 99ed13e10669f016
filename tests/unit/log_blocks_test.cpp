// Entries of the log that share a row.

#include <map>

#include "shared/store/log_blocks.h"
#include "shared/store/runs.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

int64_t rows_of_log(Database& db) {
  Statement s = db.prepare("SELECT count(*) FROM log");
  REQUIRE(s.step());
  return s.integer(0);
}

bool same(const LogEntry& a, const LogEntry& b) {
  return a.seq == b.seq && a.stamp == b.stamp && a.op_no == b.op_no && a.member == b.member && a.at_ms == b.at_ms && a.body == b.body && a.sum == b.sum;
}

}  // namespace

TEST_CASE("log blocks: any history of devices is found entry by entry, held or written") {
  const uint64_t seed = GENERATE(1, 2, 3, 4, 5, 6, 7, 8);
  CAPTURE(seed);
  Two w;
  Database& db = *w.server.db;
  must(db.execute("DELETE FROM log; DELETE FROM run"));
  SeededRandom random(seed);
  LogBlocks blocks(w.server.ws->tables());
  Runs runs(db);
  std::vector<LogEntry> all;
  std::map<uint32_t, int64_t> last;
  const auto check_all = [&](LogBlocks& in) {
    CHECK(must(in.head()) == (all.empty() ? 0 : all.back().seq));
    CHECK(must(in.find(0)) == nullptr);
    CHECK(must(in.find(static_cast<int64_t>(all.size()) + 1)) == nullptr);
    for (const LogEntry& e : all) {
      const LogEntry* found = must(in.find(e.seq));
      REQUIRE(found);
      REQUIRE(same(*found, e));
    }
  };
  for (int push = 0; push < 12; push++) {
    must(db.transaction([&]() -> Status {
      if (push % 3) blocks.hold(), runs.hold();
      const auto device = static_cast<uint32_t>(1 + random.below(3));
      for (uint64_t n = random.below(200); n > 0; n--) {
        const auto by = random.below(40) ? device : static_cast<uint32_t>(1 + random.below(3));
        last[by] += 1 + (random.below(60) == 0);
        LogEntry e{static_cast<int64_t>(all.size()) + 1, {static_cast<int64_t>(random.next() >> 1), by}, last[by], random.below(50) ? w.anna : w.ben, static_cast<int64_t>(random.below(1'000'000)), {}, static_cast<uint32_t>(random.next())};
        e.body.assign(random.below(30) ? random.below(120) : random.below(9000), static_cast<char>('a' + random.below(26)));
        TRY(blocks.add(e));
        TRY(runs.add(by, e.op_no, e.seq));
        all.push_back(std::move(e));
        if (random.below(50) == 0) REQUIRE(same(*must(blocks.find(all.back().seq)), all.back()));
      }
      if (random.below(2)) check_all(blocks);
      TRY(blocks.write_held());
      return runs.write_held();
    }));
  }
  check_all(blocks);
  LogBlocks fresh(w.server.ws->tables());
  check_all(fresh);
  CHECK(must(fresh.fault()).empty());
  CHECK(must(runs.fault()).empty());
  CHECK(rows_of_log(db) < static_cast<int64_t>(all.size()) * 3 / 4);
  for (const auto& [device, op_no] : last) {
    std::vector<LogEntry> wanted, found;
    for (const LogEntry& e : all)
      if (e.stamp.device == device) wanted.insert(wanted.begin(), e);
    must(fresh.of_device(device, [&](const LogEntry& e) -> Result<bool> {
      found.push_back(e);
      return true;
    }));
    CHECK(std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(), same));
  }
  // Bodies that grow and shrink.
  must(db.transaction([&] {
    return fresh.rewrite([&](std::string& body) -> Result<bool> {
      if (body.size() % 7) return false;
      body = body.size() % 2 ? std::string(body.size() * 3, 'x') : std::string();
      return true;
    });
  }));
  for (LogEntry& e : all)
    if (e.body.size() % 7 == 0) e.body = e.body.size() % 2 ? std::string(e.body.size() * 3, 'x') : std::string();
  check_all(fresh);
}

TEST_CASE("log blocks: what a push brings is written when it is done, and nothing of it stays of one that failed") {
  Two w;
  const Id id = w.a.make_person("One", "Person");
  w.both();
  const int64_t before = rows_of_log(*w.server.db), head = must(w.server.authority->head());
  for (int i = 0; i < 100; i++) w.a.set(person, id, i % 2 ? person.job_title : person.suffix, "Value " + std::to_string(i));
  w.a.sync(w.server);
  CHECK(must(w.server.authority->head()) == head + 100);
  CHECK(rows_of_log(*w.server.db) - before <= 4);
  w.both();
  w.all_well();
  // The last of a push is not a transaction, it has not even a number.
  for (int i = 0; i < 5; i++) w.a.set(person, id, person.job_title, "Later " + std::to_string(i));
  const int64_t rows = rows_of_log(*w.server.db);
  PushRequest push = must(w.a.replica->next_push(must(w.a.replica->acked_op_no()), 100'000, w.a.clock.wall_ms()));
  REQUIRE(push.bodies.size() == 5);
  push.bodies.back() = std::string(12, '\xFF');
  CHECK_FALSE(w.server.authority->push(push.device, encode_push(push, KeyTable::own(w.a.ws->tables()))).ok());
  CHECK(must(w.server.authority->head()) == head + 100);
  CHECK_FALSE(must(w.server.authority->log().find(head + 101)));
  CHECK(rows_of_log(*w.server.db) == rows);
  w.both();
  CHECK(must(w.server.authority->head()) == head + 105);
  w.all_well();
}

TEST_CASE("log blocks: a damaged row is an error that the check tells, whatever its bytes") {
  Two w;
  const Id id = w.a.make_person("One", "Person");
  w.both();
  for (int i = 0; i < 20; i++) w.a.set(person, id, person.job_title, "Value " + std::to_string(i));
  w.both();
  int64_t seq = 0;
  std::string body;
  {
    Statement s = w.server.db->prepare("SELECT seq, body FROM log WHERE count=20");
    REQUIRE(s.step());
    seq = s.integer(0);
    body = s.blob(1);
  }
  const auto put = [&](const std::string& bytes, int64_t count) {
    Statement s = w.server.db->prepare("UPDATE log SET body=?, count=? WHERE seq=?");
    must(s.bind_blob(bytes).bind(count).bind(seq).run());
  };
  const auto read = [&] { return LogBlocks(w.server.ws->tables()).find(seq + 7); };
  REQUIRE(must(read()));
  for (size_t n = 0; n < body.size(); n++) {
    put(body.substr(0, n), 20);
    CHECK_FALSE(read().ok());
  }
  for (const int64_t count : {-1, 0, 19, 21, 1'000'000'000}) {
    put(body, count);
    CHECK((!read().ok() || !*read()));
    const auto checked = w.server.authority->check();
    CHECK((!checked.ok() || !checked->empty()));
  }
  SeededRandom random(1);
  const auto use_all = [&] {
    LogBlocks blocks(w.server.ws->tables());
    (void)blocks.find(seq + 7);
    (void)blocks.head();
    (void)blocks.of_device(1, [](const LogEntry&) -> Result<bool> { return true; });
    (void)blocks.fault();
    (void)w.server.authority->log().faults();
    must(w.server.db->transaction([&]() -> Status {
      (void)blocks.rewrite([](std::string&) -> Result<bool> { return true; });
      return {};
    }));
  };
  for (int i = 0; i < 500; i++) {
    std::string other = body;
    other[random.below(other.size())] = static_cast<char>(random.below(256));
    put(other, 20);
    use_all();
  }
  put(body, 20);
  for (const char* column : {"hlc", "op_no", "at", "sum", "count"})
    for (const char* value : {"-9223372036854775808", "-1", "0", "9223372036854775807", "1.5", "'x'", "x'00'"}) {
      CAPTURE(column, value);
      must(w.server.db->execute("CREATE TEMP TABLE sound AS SELECT * FROM log"));
      must(w.server.db->execute(std::string("UPDATE log SET ") + column + "=" + value + " WHERE count=20"));
      use_all();
      must(w.server.db->execute("DELETE FROM log; INSERT INTO log SELECT * FROM sound; DROP TABLE sound"));
    }
  // The last row says less than it has: the numbers it has are not given again.
  put(body, 4);
  CHECK_FALSE(LogBlocks(w.server.ws->tables()).head().ok());
  put(body, 20);
  CHECK(must(w.server.authority->check()).empty());
}
