// The way from a device's own numbers into the log.

#include <algorithm>
#include <array>

#include "shared/store/runs.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("runs: each transaction is found by its device's number, whatever came between") {
  Two w;
  Database& db = *w.server.db;
  Runs runs(db);
  const std::vector<std::array<int64_t, 3>> added = {{7, 1, 100}, {7, 2, 101}, {9, 1, 102}, {7, 3, 103}, {7, 4, 104}, {7, 7, 105}, {7, 8, 107},
                                                     {7, 9, 108}, {7, 5, 109}, {9, 2, 110}, {9, 3, 111}, {7, 10, 112}};
  const auto all_found = [&](Runs& in) {
    for (const auto& [device, op_no, seq] : added) CHECK(must(in.seq_of(static_cast<uint32_t>(device), op_no)) == seq);
    for (const auto& [device, op_no] : std::vector<std::pair<uint32_t, int64_t>>{{7, 0}, {7, 6}, {7, 11}, {8, 1}, {9, 4}}) CHECK(must(in.seq_of(device, op_no)) == 0);
  };
  must(db.transaction([&]() -> Status {
    runs.hold();
    for (const auto& [device, op_no, seq] : added) TRY(runs.add(static_cast<uint32_t>(device), op_no, seq));
    all_found(runs);
    return runs.write_held();
  }));
  all_found(runs);
  Runs fresh(db);
  all_found(fresh);
  must(fresh.add(9, 4, 113));  // Goes on where another left off.
  CHECK(must(Runs(db).seq_of(9, 4)) == 113);
  CHECK_FALSE(db.transaction([&]() -> Status {
                  fresh.hold();
                  TRY(fresh.add(9, 5, 114));
                  return Error{ErrorKind::storage, "full"};
                }).ok());
  fresh.forget();
  CHECK(must(fresh.seq_of(9, 5)) == 0);
  CHECK(must(fresh.seq_of(9, 4)) == 113);
}

TEST_CASE("runs: a database from before them finds the same, and the check says where they and the log differ") {
  Two w;
  const Id known = w.a.make_person("Known", "Person");
  w.both();
  w.one_waits();
  for (const char* title : {"One", "Two", "Three"}) w.b.set(person, known, person.job_title, title);
  w.b.sync(w.server);
  w.both();
  w.both();
  w.all_well();
  const auto numbers = [&] {
    std::vector<int64_t> out;
    for (uint32_t device = 0; device < 4; device++)
      for (int64_t op_no = 0; op_no < 20; op_no++) out.push_back(must(w.server.authority->log().seq_of(device, op_no)));
    for (const DeviceNode* d : {&w.a, &w.b})
      for (const auto& [op_no, sum] : must(w.server.authority->log().newest_sums(d->replica->identity().device, 100))) out.push_back(sum);
    return out;
  };
  const std::vector<int64_t> before = numbers();
  CHECK(std::count(before.begin(), before.end(), 0) < static_cast<int64_t>(before.size()) - 10);
  w.log_as_before_11();
  must(w.server.db->execute("PRAGMA user_version=10"));
  w.server.close();
  w.server.open();
  CHECK(numbers() == before);
  w.all_well();
  for (const char* damage : {"UPDATE run SET count=count+1 WHERE device=1", "UPDATE run SET seq=seq+1 WHERE device=1 AND op_no=1",
                             "INSERT INTO run SELECT device, op_no+1, 0, 0 FROM run WHERE count>1 LIMIT 1", "DELETE FROM run WHERE device=2"}) {
    must(w.server.db->execute("CREATE TEMP TABLE sound AS SELECT * FROM run"));
    must(w.server.db->execute(damage));
    CHECK_FALSE(must(w.server.authority->check()).empty());
    must(w.server.db->execute("DELETE FROM run; INSERT INTO run SELECT * FROM sound; DROP TABLE sound"));
    CHECK(must(w.server.authority->check()).empty());
  }
}
