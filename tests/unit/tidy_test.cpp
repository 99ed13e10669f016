// When the write-ahead log is moved into the database's file.

#include <catch_amalgamated.hpp>

#include "shared/store/integrity.h"
#include "tests/support/memory_disk.h"
#include "tests/support/world.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("the write-ahead log is moved when nobody waits, and by a commit only once it is long") {
  MemoryDisk::the().remove("tidied");
  auto db = must(Database::open("tidied", MemoryDisk::name()));
  must(db->execute("CREATE TABLE t(a BLOB)"));
  const auto write = [&](int pages) {
    must(db->transaction([&]() -> Status {
      for (int i = 0; i < pages; i++) TRY(db->prepare("INSERT INTO t VALUES(zeroblob(4000))").run());
      return {};
    }));
  };
  const auto in_file = [&] { return MemoryDisk::the().files["tidied"].now.size(); };
  write(100);
  const size_t before = in_file();
  db->tidy();
  CHECK(in_file() == before);  // Not worth it.
  write(1200);
  CHECK(in_file() == before);
  must(db->transaction([&]() -> Status {
    db->tidy();
    return {};
  }));
  CHECK(in_file() == before);  // Not within a transaction.
  db->tidy();
  CHECK(in_file() > before + 1200 * 4096);
  CHECK(db->journal_pages() == 0);
  const size_t moved = in_file();
  for (int i = 0; i < 7; i++) write(500);
  CHECK(in_file() == moved);
  write(800);
  CHECK(in_file() > moved + 4000 * 4096);
  CHECK(must(storage_faults(*db)).empty());
}
