// Two devices and a server: what must hold when they meet.

#include <catch_amalgamated.hpp>

#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("a record made offline arrives everywhere, by snapshot and by pull") {
  Two w;
  const Id id = w.a.make_person("Zoë", "張偉");
  w.both();
  CHECK(w.b.get(person, id, person.first_name) == "Zoë");
  DeviceNode c("device-c", 9, &w.time);
  c.sign_in(w.server, w.ben, "new phone");
  c.sync(w.server);
  CHECK(digest(*c.ws) == digest(*w.server.ws));
  w.all_well();
}

TEST_CASE("edits of different fields both stand, of the same field one wins and the loser is kept") {
  Two w;
  const Id id = w.a.make_person("Zoe", "Miller");
  w.both();
  w.a.set(person, id, person.first_name, "Zoë");
  w.tick();
  w.b.set(person, id, person.last_name, "Müller");
  w.b.set(person, id, person.job_title, "Buyer");
  w.tick();
  w.a.set(person, id, person.job_title, "Head of buying");
  w.both();
  w.all_well();
  CHECK(w.b.get(person, id, person.first_name) == "Zoë");
  CHECK(w.a.get(person, id, person.last_name) == "Müller");
  CHECK(w.a.get(person, id, person.job_title) == "Head of buying");  // Later, though pushed first.
  const auto conflicts = must(w.a.ws->list(conflict, {}));
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].text(conflict.kept) == "Head of buying");
  CHECK(conflicts[0].text(conflict.lost) == "Buyer");
  CHECK(conflicts[0].text(conflict.field) == "job_title");
  CHECK(as_id(conflicts[0][conflict.lost_by]) == w.ben);
  CHECK(conflicts[0].text(conflict.lost_device) == "Ben's laptop");
  CHECK(conflicts[0].text(conflict.kept_device) == "Anna's phone");
}

TEST_CASE("several offline edits of one field are no conflict with oneself") {
  Two w;
  const Id id = w.a.make_person("A", "B");
  w.a.set(person, id, person.first_name, "C");
  w.both();
  w.a.set(person, id, person.first_name, "D");
  w.a.set(person, id, person.first_name, "E");
  w.both();
  CHECK(w.b.get(person, id, person.first_name) == "E");
  CHECK(must(w.a.ws->count(conflict)) == 0);
  w.all_well();
}

TEST_CASE("a clock ten years off wins nothing it should not and loses nothing it has seen") {
  for (const int64_t years : {-10, 10}) {
    Two w;
    w.b.clock.offset = years * 365 * 86'400'000LL;
    const Id id = w.a.make_person("A", "B");
    w.both();
    w.b.set(person, id, person.first_name, "wrong clock, but it saw A");
    w.both();
    CHECK(w.a.get(person, id, person.first_name) == "wrong clock, but it saw A");
    w.b.set(person, id, person.last_name, "earlier");
    w.tick();
    w.a.set(person, id, person.last_name, "later");
    w.both();
    CHECK(w.b.get(person, id, person.last_name) == "later");
    w.all_well();
  }
}

TEST_CASE("tags merge element by element and adding wins") {
  Two w;
  const Id id = w.a.make_person("A", "B");
  w.a.set(person, id, person.tag_set, "vip; north");
  w.both();
  w.a.set(person, id, person.tag_set, "north; lead");
  w.b.set(person, id, person.tag_set, "vip; north; south");
  w.both();
  CHECK(w.a.get(person, id, person.tag_set) == "lead; north; south");
  w.all_well();
  w.a.set(person, id, person.tag_set, "lead; north; south; x");
  w.a.set(person, id, person.tag_set, "lead; north; south");
  w.both();
  CHECK(w.b.get(person, id, person.tag_set) == "lead; north; south");
  w.all_well();
}

TEST_CASE("an address is one register") {
  Two w;
  const Id who = w.a.make_person("A", "B"), id = w.a.ws->new_id();
  Edit edit;
  edit.create(contact_point, id);
  edit.set(contact_point, id, contact_point.person, who);
  edit.set(contact_point, id, contact_point.type, std::string("address"));
  edit.set(contact_point, id, contact_point.street, std::string("1 High St"));
  edit.set(contact_point, id, contact_point.city, std::string("York"));
  must(w.a.ws->commit(edit, "address"));
  w.both();
  w.a.set(contact_point, id, contact_point.city, "Leeds");
  w.tick();
  w.b.set(contact_point, id, contact_point.street, "2 High St");
  w.both();
  CHECK(w.a.get(contact_point, id, contact_point.street) == "2 High St");
  CHECK(w.a.get(contact_point, id, contact_point.city) == "York");
  CHECK(must(w.a.ws->list(conflict, {})).size() == 1);
  w.all_well();
}

TEST_CASE("trash and restore travel, and fields survive them") {
  Two w;
  const Id id = w.a.make_person("A", "B");
  w.both();
  Edit trash;
  trash.trash(person, id);
  must(w.a.ws->commit(trash, "trashed"));
  w.b.set(person, id, person.first_name, "edited meanwhile");
  w.both();
  CHECK(must(w.b.ws->count(person)) == 0);
  Edit restore;
  restore.restore(person, id);
  must(w.b.ws->commit(restore, "restored"));
  w.both();
  CHECK(must(w.a.ws->count(person)) == 1);
  CHECK(w.a.get(person, id, person.first_name) == "edited meanwhile");
  w.all_well();
}

TEST_CASE("who deletes without knowing that somebody else did, and thinks again, overrules nobody without a word") {
  Two w;
  const Id id = w.a.make_person("A", "B");
  w.both();
  const auto live = [&](DeviceNode& d, bool wanted) {
    Edit edit;
    if (wanted) edit.restore(person, id);
    else edit.trash(person, id);
    must(d.ws->commit(edit, "life"));
    w.time.now += 60'000;
  };
  std::string kept = "live";
  SECTION("a deletion, by who deletes and takes it back") {
    live(w.a, false);
    live(w.b, false);
    live(w.b, true);
  }
  SECTION("a restoration, by who restores and deletes again") {
    live(w.a, false);
    w.both();
    live(w.a, true);
    live(w.b, true);
    live(w.b, false);
    kept = "trashed";
  }
  w.a.sync(w.server);
  w.both();
  const std::vector<Record> open = must(w.a.ws->list(conflict, {}));
  REQUIRE(open.size() == 1);
  CHECK(open[0].text(conflict.field) == "life");
  CHECK(open[0].text(conflict.kept) == kept);
  CHECK(as_id(open[0][conflict.kept_by]) == w.ben);
  CHECK(as_id(open[0][conflict.lost_by]) == w.anna);
  CHECK(must(w.a.ws->count(person)) == (kept == "live"));
  CHECK(must(w.b.ws->count(person)) == (kept == "live"));
  w.all_well();
}

TEST_CASE("who deletes what another has tagged unseen is asked, also when they tagged it themselves since") {
  Two w;
  const Id id = w.a.make_person("A", "B");
  w.both();
  w.b.set(person, id, person.tag_set, "vip");
  w.b.sync(w.server);
  w.a.set(person, id, person.tag_set, "north");
  Edit gone;
  gone.trash(person, id);
  must(w.a.ws->commit(gone, "gone"));
  w.a.sync(w.server);
  w.both();
  const std::vector<Record> open = w.open_conflicts(*w.a.ws);
  REQUIRE(open.size() == 1);
  CHECK(open[0].text(conflict.field) == "life");
  CHECK(as_id(open[0][conflict.lost_by]) == w.ben);
  CHECK(w.b.get(person, id, person.tag_set) == w.a.get(person, id, person.tag_set));
  w.all_well();
}

TEST_CASE("two who delete the same have nothing to decide") {
  Two w;
  const Id id = w.a.make_person("A", "B");
  w.both();
  for (DeviceNode* d : {&w.a, &w.b}) {
    Edit edit;
    edit.trash(person, id);
    must(d->ws->commit(edit, "trashed"));
  }
  w.both();
  CHECK(must(w.a.ws->list(conflict, {})).empty());
  CHECK(must(w.b.ws->count(person)) == 0);
  Edit edit;  // Seen by everybody now.
  edit.restore(person, id);
  must(w.b.ws->commit(edit, "restored"));
  w.both();
  CHECK(must(w.a.ws->count(person)) == 1);
  CHECK(must(w.a.ws->list(conflict, {})).empty());
  w.all_well();
}

TEST_CASE("a refused edit is restored, kept with its reason, and holds nothing up") {
  Two w;
  const Id good = w.a.make_person("Good", "One");
  w.both();
  // A conflict row belongs to the server: writing past the door makes a transaction only the server refuses.
  PreparedEdit edit;
  const Id id = w.a.ws->new_id();
  edit.rows.push_back({0, Record(conflict), {}});
  edit.rows[0].record.id = id;
  const auto e = static_cast<uint16_t>(w.a.ws->schema().index_of(conflict));
  edit.ops.push_back({{OpKind::create, e, id, 0, {}, {}, Life::live}, 0});
  edit.label = "forged";
  must(w.a.ws->atomically([&] { return w.a.replica->write(edit); }));
  CHECK(must(w.a.ws->count(conflict)) == 1);
  w.a.set(person, good, person.first_name, "after");
  w.both();
  CHECK(must(w.a.ws->count(conflict)) == 0);
  CHECK(w.b.get(person, good, person.first_name) == "after");
  const auto rejected = must(w.a.replica->rejected());
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].label == "forged");
  CHECK(rejected[0].code == "forbidden");
  w.all_well();
}

TEST_CASE("a pull of several pages brings every register, also of rows that changed again behind the page") {
  Two w;
  std::vector<Id> ids;
  for (int i = 0; i < 30; i++) ids.push_back(w.a.make_person("First " + std::to_string(i), "Last"));
  w.both();
  for (const Id& id : ids) w.a.set(person, id, person.first_name, "changed early");
  w.a.sync(w.server);
  for (const Id& id : ids) w.a.set(person, id, person.last_name, "changed late");
  w.a.sync(w.server);
  w.b.session->page_bytes_max = 200;
  w.both();
  CHECK(w.b.get(person, ids[0], person.first_name) == "changed early");
  w.all_well();
}

TEST_CASE("undo takes the last change back everywhere") {
  Two w;
  const Id id = w.a.make_person("Before", "B");
  w.both();
  w.a.set(person, id, person.first_name, "After");
  CHECK(must(w.a.ws->undo()) == "changed");
  w.both();
  CHECK(w.b.get(person, id, person.first_name) == "Before");
  w.all_well();
}

TEST_CASE("any bytes are answered with an error") {
  Two w;
  SeededRandom random(4);
  w.a.make_person("A", "B");
  const std::string good = encode_push(must(w.a.replica->next_push(0, 1000, 0)), KeyTable::own(w.a.ws->tables()));
  for (int i = 0; i < 3000; i++) {
    std::string bytes = good;
    for (uint64_t n = 1 + random.below(4); n > 0; n--) bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    if (i % 3 == 0) bytes.resize(random.below(bytes.size()));
    if (bytes != good) CHECK_FALSE(w.server.authority->push(w.a.replica->identity().device, bytes).ok());
  }
  w.both();
  w.all_well();
}

TEST_CASE("a full disk refuses the edit and keeps everything that was there") {
  Two w;
  const Id id = w.a.make_person("A", "B");
  MemoryDisk::the().writes_until_full = 0;
  Edit edit;
  edit.set(person, id, person.first_name, std::string("C"));
  const Status s = w.a.ws->commit(edit, "changed");
  MemoryDisk::the().writes_until_full = -1;
  REQUIRE_FALSE(s.ok());
  CHECK(s.error().kind == ErrorKind::storage);
  CHECK(w.a.get(person, id, person.first_name) == "A");
  must(w.a.ws->commit(edit, "changed"));
  w.both();
  CHECK(w.b.get(person, id, person.first_name) == "C");
  w.all_well();
}

namespace {
struct Gadget : Entity {
  Gadget() : Entity("gadget", "Gadget", "Gadgets", Common::none) {}
  Field name = text("name", "Name", {.title = true});
};
const Gadget gadget;
const Schema& newer_schema() {
  static const Schema schema({&member, &team, &company, &person, &contact_point, &activity, &task, &attachment, &alias, &conflict, &gadget});
  return schema;
}
}  // namespace

TEST_CASE("what a newer app wrote and the server does not know yet is refused with its reason, kept, and holds nothing up") {
  TestClock time;
  ServerNode server("old-server", 1, &time);
  DeviceNode device("new-device", 2, &time, newer_schema());
  device.sign_in(server, server.ws->new_id(), "new phone");
  device.sync(server);
  Edit edit;
  const Id id = device.ws->new_id();
  edit.create(gadget, id);
  edit.set(gadget, id, gadget.name, std::string("from the future"));
  must(device.ws->commit(edit, "gadget"));
  const Id someone = device.make_person("A", "B");
  device.sync(server);
  CHECK(must(server.ws->get(person, someone)).has_value());
  const auto rejected = must(device.replica->rejected());
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].code == "unknown");
  CHECK(rejected[0].reason.find("gadget") != std::string::npos);
  CHECK(must(device.replica->export_outbox()).find("from the future") != std::string::npos);
}

TEST_CASE("a row whose versions are damaged does not get those of the row before it") {
  Two w;
  const Id first = w.a.make_person("Ada", "First");
  w.both();
  w.a.set(person, first, person.first_name, "Bea");
  const Id damaged = w.a.make_person("Carl", "Second");
  w.both();
  must(w.server.ws->tables().db().execute("UPDATE person SET ver=x'ff' WHERE row=(SELECT max(row) FROM person)"));
  std::vector<Versions> seen;
  for (Rows::Scan scan = w.server.ws->rows(person).after_id(Id{}); scan.row(); scan.advance()) seen.push_back(scan.row()->versions);
  REQUIRE(seen.size() == 2);
  CHECK_FALSE(seen[0].exceptions.empty());
  CHECK(seen[1].exceptions.empty());
  CHECK(seen[1].base == must(w.server.ws->rows(person).read_head(damaged))->versions.base);
}
