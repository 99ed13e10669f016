// Databases as earlier builds wrote them, with work in the middle: opened by this build, they lose nothing and sync.

#include <zstd.h>

#include <catch_amalgamated.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "shared/store/blobs.h"
#include "shared/workspace/merging.h"
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

static size_t found(Workspace& ws, const Entity& entity, const char* words, Life life = Life::live) {
  Query query;
  query.search = words;
  query.life = life;
  return must(ws.list(entity, query)).size();
}

static size_t conflicts(Workspace& ws, bool resolved) {
  Query query;
  query.where.push_back({conflict.resolved.index, Compare::eq, int64_t{resolved}});
  return must(ws.list(conflict, query)).size();
}

/// What was everywhere when a set was frozen, and still is when it is opened.
static void whole(Workspace& ws, int set, bool in_team) {
  CHECK(found(ws, person, "", Life::trashed) >= 1);
  Query noted;
  noted.search = "met prefers";
  const std::vector<Record> merged = must(ws.list(person, noted));
  REQUIRE(merged.size() == 1);  // The server's own words: a note of two authors.
  CHECK(merged[0].text(person.notes).find("Met at the fair.") != std::string::npos);
  CHECK(merged[0].text(person.notes).find("Prefers mail.") != std::string::npos);
  CHECK(must(ws.list(attachment, {})).size() == (set < 3 ? 0 : 2));
  CHECK(conflicts(ws, true) == (set < 12 ? 0 : 1));
  CHECK(must(ws.count(conflict)) == (set < 12 ? 1 : 2));
  if (set < 12) return;
  const std::vector<Record> teams = must(ws.list(team, {}));
  REQUIRE(teams.size() == 1);
  CHECK(tag_elements(teams[0][team.members]).size() == 2);
  CHECK(found(ws, person, "confidential") == (in_team ? 1 : 0));
  CHECK(found(ws, task, "discreetly") == (in_team ? 1 : 0));
  Query twins;
  twins.search = "twin";
  const std::vector<Record> twin = must(ws.list(person, twins));
  REQUIRE(twin.size() == 1);  // Of two, the one that stands for both.
  CHECK(must(ws.children(activity, activity.person, twin[0].id)).size() == 2);
  CHECK(must(merged_parts(ws, person, twin[0].id)).size() == 1);
}

/// Everything that a version of the schema or of the infrastructure tables decides.
static std::string shape(const std::string& path) {
  const std::unique_ptr<Database> db = must(Database::open(path, MemoryDisk::name()));
  std::string out;
  for (const char* sql : {"SELECT 'version', user_version FROM pragma_user_version", "SELECT entity, field FROM key ORDER BY entity, field", "SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY name"}) {
    Statement s = db->prepare(sql);
    while (s.step()) out += std::string(s.text(0)) + " " + std::string(s.text(1)) + "\n";
    must(s.status());
  }
  return out;
}

TEST_CASE("the present version is among the frozen ones") {  // Else: scripts/freeze with the next number.
  TestClock time;
  ServerNode server("present-server", 1, &time);
  DeviceNode device("present-device", 2, &time);
  server.close();
  device.close();
  const auto frozen = [&](const char* node) {
    int newest = 0;
    for (const std::string& name : names()) newest = std::max(newest, std::stoi(name));
    thaw(std::string(HOLDFAST_GOLDEN) + "/" + std::to_string(newest) + node + ".db.zst", "frozen");
    return shape("frozen");
  };
  CHECK(frozen("-server") == shape("present-server"));
  CHECK(frozen("-device-a") == shape("present-device"));
}

TEST_CASE("databases of every version so far open, and what waited in them is not lost") {
  REQUIRE(names().size() >= 13);
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
      const int set = std::stoi(name);
      for (const char* path : {"device-a", "server"}) CHECK((MemoryDisk::the().files[path].now.find("Confidential") != std::string::npos) == (set >= 12));
      CHECK(MemoryDisk::the().files["device-b"].now.find("Confidential") == std::string::npos);  // Ben is not in the team.
      time.now += int64_t{3} * 86'400'000;
      server.open();
      must(server.ws->atomically([&] { return server.authority->server_clock().accept(); }));
      if (!server_first) must(server.authority->begin_epoch());
      const int64_t sent = sent_apart("device-a");
      a.open();
      b.open();
      if (sent >= 0) CHECK(must(a.replica->outbox().sent()).size() == static_cast<size_t>(sent));
      moved += std::max<int64_t>(sent, 0);
      REQUIRE(must(a.replica->outbox().count()) == (set < 12 ? 3 : 4));
      REQUIRE(must(b.replica->outbox().count()) == 2);
      const auto all_whole = [&] {
        for (DeviceNode* d : {&a, &b}) CHECK(must(d->replica->check()).empty());
        whole(*server.ws, set, true);
        whole(*a.ws, set, true);
        whole(*b.ws, set, false);
      };
      all_whole();
      for (DeviceNode* d : {&a, &b, &a}) d->sync(server);
      all_whole();
      const auto as_seen = [&](const DeviceNode& d) {
        return digest(*server.ws, nullptr, [&](const Record& r) { return must(server.authority->sees(d.replica->identity().member, *r.entity, r.id)); });
      };
      CHECK(digest(*a.ws) == as_seen(a));
      CHECK(digest(*b.ws) == as_seen(b));
      CHECK(must(server.authority->check()).empty());
      CHECK(found(*b.ws, person, "unsent") == 3);
      CHECK(found(*b.ws, person, "hamburg") == 38);
      for (const Record& photo : must(b.ws->list(attachment, {}))) {
        const BlobKey key = BlobKey::of(photo);
        const std::string bytes = "the bytes of " + photo.text(attachment.name);
        const bool was_sent = key.sha[0] == 'a';
        CHECK(must(Blobs(a.ws->tables()).whole(key)) == bytes);
        CHECK(must(Blobs(a.ws->tables()).info(key)).state == (was_sent && server_first ? Blobs::State::complete : Blobs::State::unsent));
        CHECK(must(Blobs(server.ws->tables()).whole(key)) == (was_sent ? bytes : ""));
      }
      if (set < 12) continue;
      // The team goes on, and so do the two who were one.
      CHECK(found(*server.ws, person, "unsent") == 4);
      const Record north = must(server.ws->list(team, {})).at(0);
      Edit edit;
      edit.set(team, north.id, team.members, tags_from({b.replica->identity().member.text()}));
      must(server.ws->commit(edit, "team"));
      Query twins;
      twins.search = "twin";
      Edit apart;
      for (const Merged& m : must(merged_parts(*a.ws, person, must(a.ws->list(person, twins)).at(0).id))) apart.trash(alias, m.alias);
      must(a.ws->commit(apart, "separated"));
      for (DeviceNode* d : {&a, &b, &a}) d->sync(server);
      CHECK(found(*a.ws, person, "confidential") == 0);
      CHECK(found(*b.ws, person, "confidential") == 1);
      for (DeviceNode* d : {&a, &b}) CHECK(found(*d->ws, person, "twin") == 2);
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
