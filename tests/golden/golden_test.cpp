// Databases as earlier builds wrote them, with work in the middle: opened by this build, they lose nothing and sync.

#include <zstd.h>

#include <catch_amalgamated.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "shared/store/blobs.h"
#include "tests/support/world.h"

using namespace holdfast;
using namespace holdfast::test;

static void thaw(const std::string& file, const std::string& path) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream packed;
  packed << in.rdbuf();
  const std::string bytes = packed.str();
  std::string out(ZSTD_getFrameContentSize(bytes.data(), bytes.size()), '\0');
  REQUIRE_FALSE(ZSTD_isError(ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size())));
  MemoryDisk::the().remove(path);
  MemoryDisk::File& f = MemoryDisk::the().files[path];
  f.now = f.synced = std::move(out);
}

static std::set<std::string> names() {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(HOLDFAST_GOLDEN)) {
    const std::string file = entry.path().filename().string();
    if (const size_t at = file.find("-server.db.zst"); at != std::string::npos) out.insert(file.substr(0, at));
  }
  return out;
}

/// How many acknowledged changes a version that kept them in a table of their own has; −1: it has no such table.
static int64_t sent_apart(const char* path) {
  const auto db = must(Database::open(path, MemoryDisk::name()));
  Statement there = db->prepare("SELECT count(*) FROM sqlite_schema WHERE name='sent'");
  if (!there.step() || !there.integer(0)) return -1;
  Statement sent = db->prepare("SELECT count(*) FROM sent");
  return sent.step() ? sent.integer(0) : -1;
}

TEST_CASE("databases of every version so far open, and what waited in them is not lost") {
  REQUIRE(names().size() >= 11);
  int64_t moved = 0;
  for (const std::string& name : names())
    for (const bool server_first : {true, false}) {
      INFO(name << (server_first ? ", all updated" : ", an empty server that came back from an older backup"));
      TestClock time;
      ServerNode server("server", 1, &time);
      DeviceNode a("device-a", 2, &time), b("device-b", 3, &time);
      for (DeviceNode* d : {&a, &b}) d->close();
      server.close();
      for (const char* path : {"server", "device-a", "device-b"}) thaw(std::string(HOLDFAST_GOLDEN) + "/" + name + "-" + path + ".db.zst", path);
      time.now += int64_t{3} * 86'400'000;
      server.open();
      must(server.ws->atomically([&] { return server.authority->server_clock().accept(); }));
      if (!server_first) must(server.authority->begin_epoch());
      const int64_t sent = sent_apart("device-a");
      a.open();
      b.open();
      if (sent >= 0) CHECK(must(a.replica->outbox().sent()).size() == static_cast<size_t>(sent));
      moved += std::max<int64_t>(sent, 0);
      REQUIRE(must(a.replica->outbox().count()) == 3);
      REQUIRE(must(b.replica->outbox().count()) == 2);
      CHECK(must(a.replica->check()).empty());
      for (DeviceNode* d : {&a, &b, &a}) d->sync(server);
      CHECK(digest(*a.ws) == digest(*server.ws));
      CHECK(digest(*b.ws) == digest(*server.ws));
      CHECK(must(server.authority->check()).empty());
      CHECK(must(a.replica->check()).empty());
      Query words;
      words.search = "unsent";
      CHECK(must(b.ws->list(person, words)).size() == 3);
      words.search = "hamburg";
      CHECK(must(b.ws->count(person, words)) == 38);
      CHECK(must(b.ws->count(conflict)) == 1);
      const std::vector<Record> photos = must(b.ws->list(attachment, {}));
      CHECK(photos.size() == (std::stoi(name) < 3 ? 0 : 2));
      for (const Record& photo : photos) {
        const BlobKey key = BlobKey::of(photo);
        const std::string bytes = "the bytes of " + photo.text(attachment.name);
        const bool was_sent = key.sha[0] == 'a';
        CHECK(must(Blobs(a.ws->tables()).whole(key)) == bytes);
        CHECK(must(Blobs(a.ws->tables()).info(key)).state == (was_sent && server_first ? Blobs::State::complete : Blobs::State::unsent));
        CHECK(must(Blobs(server.ws->tables()).whole(key)) == (was_sent ? bytes : ""));
      }
    }
  CHECK(moved > 0);
}

TEST_CASE("an upgrade that loses power anywhere goes on with the next start, and no photo is lost") {
  TestClock time;
  SeededRandom random(1);
  MemoryDisk& disk = MemoryDisk::the();
  const auto open = [&](const std::function<void(Workspace&)>& look) -> Status {
    const std::unique_ptr<Database> db = TRY(Database::open("device-a", MemoryDisk::name()));
    const std::unique_ptr<Workspace> ws = TRY(Workspace::open(*db, product_schema(), Side::device, time, random));
    look(*ws);
    return {};
  };
  int cut = 0;
  for (bool whole = false; !whole;) {
    thaw(std::string(HOLDFAST_GOLDEN) + "/3-device-a.db.zst", "device-a");
    for (int steps = cut * 5;; steps = 1'000'000) {
      disk.steps_until_dead = steps;
      whole = open([](Workspace&) {}).ok() && steps < 1'000'000;
      const bool dead = disk.dead;
      disk.power_on();
      if (!dead) break;
      disk.crash("device-a", &random);
    }
    INFO("power lost after " << cut * 5 << " steps");
    int photos = 0;
    must(open([&](Workspace& ws) {
      for (const Record& photo : must(ws.list(attachment, {}))) {
        CHECK(must(Blobs(ws.tables()).whole(BlobKey::of(photo))) == "the bytes of " + photo.text(attachment.name));
        photos++;
      }
      Statement left = ws.tables().db().prepare("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%by_hash'");
      REQUIRE(left.step());
      CHECK(left.integer(0) == 0);
    }));
    CHECK(photos == 2);
    cut++;
  }
  CHECK(cut > 3);
}
