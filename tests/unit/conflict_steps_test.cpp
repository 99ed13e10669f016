// However many steps somebody takes to what they mean, it is one conflict, and it says what stands.

#include "shared/workspace/merging.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("of many edits of one field that lose against one, the last is kept and not every step on the way to it") {
  for (const bool often_sends_first : {true, false}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    for (int i = 1; i <= 3; i++) w.a.set(person, id, person.job_title, "Buyer " + std::to_string(i));
    w.tick();
    w.b.set(person, id, person.job_title, "Owner");
    (often_sends_first ? w.a : w.b).sync(w.server);
    w.both();
    INFO("often sends first " << often_sends_first);
    const auto open = w.open_conflicts(*w.a.ws);
    CHECK(open.size() == 1);
    for (const auto& c : open) UNSCOPED_INFO("kept " << c.text(conflict.kept) << ", lost " << c.text(conflict.lost));
    CHECK(w.a.get(person, id, person.job_title) == "Owner");
  }
}

TEST_CASE("many edits that win over one: the conflict names what stands") {
  for (const bool often_sends_first : {true, false}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    w.b.set(person, id, person.job_title, "Owner");
    w.tick();
    for (int i = 1; i <= 3; i++) w.a.set(person, id, person.job_title, "Buyer " + std::to_string(i));
    (often_sends_first ? w.a : w.b).sync(w.server);
    w.both();
    INFO("often sends first " << often_sends_first);
    const auto open = w.open_conflicts(*w.a.ws);
    CHECK(open.size() == 1);
    CHECK(open[0].text(conflict.kept) == w.a.get(person, id, person.job_title));
  }
}

TEST_CASE("two who arrive at the same value in several steps are asked nothing") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  for (DeviceNode* d : {&w.a, &w.b}) {
    d->set(person, id, person.job_title, "Head of byuing");
    d->set(person, id, person.job_title, "Head of buying");
    w.tick();
  }
  w.both();
  for (const auto& c : w.open_conflicts(*w.a.ws)) UNSCOPED_INFO("kept " << c.text(conflict.kept) << ", lost " << c.text(conflict.lost));
  CHECK(w.open_conflicts(*w.a.ws).empty());
  w.all_well();
}

TEST_CASE("whoever wins first and loses later has one conflict with the other, which says who stands") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.a.set(person, id, person.job_title, "A1");
  w.tick();
  w.b.set(person, id, person.job_title, "B2");
  w.tick();
  w.a.set(person, id, person.job_title, "A3");
  const auto sides = [&] {
    const auto open = w.open_conflicts(*w.server.ws);
    REQUIRE(open.size() == 1);
    return open[0].text(conflict.kept) + " over " + open[0].text(conflict.lost);
  };
  w.b.sync(w.server);
  w.a.sync(w.server);
  CHECK(sides() == "A3 over B2");
  w.a.set(person, id, person.job_title, "A4");  // Knowing nothing of the other still: that it goes on from its own is what counts.
  w.a.sync(w.server);
  CHECK(sides() == "A4 over B2");
  w.both();
  w.all_well();
}

TEST_CASE("a conflict says what stands also when somebody else goes on from what was kept; who comes to what had lost has settled it") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.a.set(person, id, person.job_title, "Buyer");
  w.tick();
  w.b.set(person, id, person.job_title, "Owner");
  w.both();
  w.a.set(person, id, person.job_title, "Owner and founder");
  w.both();
  REQUIRE(w.open_conflicts(*w.b.ws).size() == 1);
  CHECK(w.open_conflicts(*w.b.ws)[0].text(conflict.kept) == "Owner and founder");
  CHECK(as_id(w.open_conflicts(*w.b.ws)[0][conflict.kept_by]) == w.anna);
  w.b.set(person, id, person.job_title, "Buyer");
  w.both();
  CHECK(w.open_conflicts(*w.b.ws).empty());
  w.all_well();
}

TEST_CASE("a settled conflict stays settled; what its loser says after it is a new one") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.a.set(person, id, person.job_title, "A1");
  w.tick();
  w.b.set(person, id, person.job_title, "B2");
  w.b.sync(w.server);
  w.a.sync(w.server);
  w.b.sync(w.server);
  REQUIRE(w.open_conflicts(*w.b.ws).size() == 1);
  w.b.set(conflict, w.open_conflicts(*w.b.ws)[0].id, conflict.resolved, "yes");
  w.both();
  w.a.set(person, id, person.job_title, "A3");
  w.tick();
  w.b.set(person, id, person.job_title, "B4");
  w.both();
  REQUIRE(w.open_conflicts(*w.b.ws).size() == 1);
  CHECK(w.open_conflicts(*w.b.ws)[0].text(conflict.lost) == "A3");
  w.all_well();
}

TEST_CASE("several steps in an address are one conflict, with all lines of both") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  const Id point = w.a.ws->new_id();
  Edit edit;
  edit.create(contact_point, point);
  edit.set(contact_point, point, contact_point.person, id);
  edit.set(contact_point, point, contact_point.type, std::string("address"));
  must(w.a.ws->commit(edit, "address"));
  w.both();
  w.a.set(contact_point, point, contact_point.street, "Old Road 1");
  w.a.set(contact_point, point, contact_point.city, "Kiel");
  w.tick();
  w.b.set(contact_point, point, contact_point.city, "Bonn");
  w.both();
  const auto open = w.open_conflicts(*w.a.ws);
  REQUIRE(open.size() == 1);
  CHECK(open[0].text(conflict.lost).find("Old Road 1") != std::string::npos);
  CHECK(open[0].text(conflict.lost).find("Kiel") != std::string::npos);
  CHECK(open[0].text(conflict.kept).find("Bonn") != std::string::npos);
  w.all_well();
}

TEST_CASE("several steps written into a record that was merged away are told once, the last of them") {
  Two w;
  const Id stays = w.a.make_person("Stays", "Here"), goes = w.a.make_person("Goes", "There");
  w.both();
  Edit edit;
  must(merge_records(*w.a.ws, edit, person, goes, stays, {}));
  must(w.a.ws->commit(edit, "merge"));
  w.a.sync(w.server);
  for (int i = 1; i <= 3; i++) w.b.set(person, goes, person.job_title, "Step " + std::to_string(i));
  w.both();
  const auto open = w.open_conflicts(*w.b.ws);
  REQUIRE(open.size() == 1);
  CHECK(open[0].text(conflict.lost) == "Step 3");
  CHECK(open[0].text(conflict.reason) == "merged");
  w.all_well();
}

TEST_CASE("whoever settles a conflict settles what they saw: a step that had not come yet is asked about") {
  for (const bool use_other : {false, true})
    for (const bool step_wins : {false, true}) {
      CAPTURE(use_other, step_wins);
      Two w;
      DeviceNode d("device-d", 9, &w.time);
      d.sign_in(w.server, w.anna, "Anna's laptop");
      const Id id = w.a.make_person("P", "Q");
      w.both();
      w.b.set(person, id, person.job_title, "B1");
      if (!step_wins) w.b.set(person, id, person.job_title, "B2");
      w.tick();
      w.a.set(person, id, person.job_title, "A");
      w.a.sync(w.server);
      w.tick();
      // Ben's first word comes to the server before his second: the answer stays away, so that he does not see what came of it.
      Transaction first = must(decode_transaction(must(w.b.replica->outbox().after(0, 1))[0].body, KeyTable::own(w.b.ws->tables()), nullptr));
      PushRequest p;
      p.workspace = w.b.replica->identity().workspace;
      p.install = w.b.replica->identity().install;
      p.device = w.b.replica->identity().device;
      p.wall_ms = w.time.now;
      p.mono_epoch = first.mono_epoch;
      p.judged = first.op_no - 1;
      p.bodies.push_back(encode_transaction(first, w.b.ws->tables()));
      must(w.server.authority->push(p.device, encode_push(p, KeyTable::own(w.b.ws->tables()))));
      if (step_wins) w.b.set(person, id, person.job_title, "B2");
      d.sync(w.server);
      const auto seen = w.open_conflicts(*d.ws);
      REQUIRE(seen.size() == 1);
      CHECK(seen[0].text(conflict.lost) == "B1");
      Edit decision;
      decision.set(conflict, seen[0].id, conflict.resolved, int64_t{1});
      if (use_other) decision.set(person, id, person.job_title, seen[0].text(conflict.lost));
      must(d.ws->commit(decision, "decided"));
      w.b.sync(w.server);
      w.tick();
      d.sync(w.server);
      w.both();
      // Both words of the two who did not know of each other are in sight: one stands, one is asked about.
      std::string all = w.a.get(person, id, person.job_title);
      for (const Record& c : w.open_conflicts(*w.a.ws)) all += " " + c.text(conflict.kept) + " " + c.text(conflict.lost);
      CHECK(all.find("B2") != std::string::npos);
      if (!use_other) CHECK((all.find('A') != std::string::npos));
      CHECK_FALSE(w.open_conflicts(*w.a.ws).empty());
      w.all_well();
      d.sync(w.server);
      CHECK(digest(*d.ws) == digest(*w.server.ws));
    }
}

TEST_CASE("what several have lost against one follows that one's further steps") {
  Two w;
  DeviceNode d("device-d", 9, &w.time);
  d.sign_in(w.server, w.anna, "Anna's laptop");
  const Id id = w.a.make_person("P", "Q");
  w.both();
  d.sync(w.server);
  w.b.set(person, id, person.job_title, "B");
  d.set(person, id, person.job_title, "D");
  w.tick();
  w.a.set(person, id, person.job_title, "A1");
  w.a.sync(w.server);
  w.b.sync(w.server);
  d.sync(w.server);
  REQUIRE(w.open_conflicts(*w.server.ws).size() == 2);
  w.a.set(person, id, person.job_title, "A2");
  w.a.sync(w.server);
  for (const Record& c : w.open_conflicts(*w.server.ws)) CHECK(c.text(conflict.kept) == "A2");
  w.a.set(person, id, person.job_title, "D");
  w.both();
  REQUIRE(w.open_conflicts(*w.server.ws).size() == 1);
  CHECK(w.open_conflicts(*w.server.ws)[0].text(conflict.lost) == "B");
  w.all_well();
}

TEST_CASE("nobody takes away what somebody else has said by building on it") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.b.set(person, id, person.job_title, "B");
  w.tick();
  w.a.set(person, id, person.job_title, "A");
  w.both();
  const int64_t lost = as_int(w.open_conflicts(*w.server.ws)[0][conflict.lost_seq]);
  Transaction t;
  t.op_no = must(w.a.replica->outbox().last_op_no()) + 1;
  t.claimed_ms = w.time.now;
  t.ops.push_back({OpKind::set, static_cast<uint16_t>(w.a.ws->schema().index_of(person)), id, lost, {{person.job_title.index, std::string("forged")}}, {}, Life::live});
  t.ops.push_back(t.ops[0]);
  PushRequest p;
  p.workspace = w.a.replica->identity().workspace;
  p.install = w.a.replica->identity().install;
  p.device = w.a.replica->identity().device;
  p.wall_ms = w.time.now;
  p.judged = t.op_no - 1;
  p.bodies.push_back(encode_transaction(t, w.a.ws->tables()));
  must(w.server.authority->push(p.device, encode_push(p, KeyTable::own(w.a.ws->tables()))));
  CHECK(must(w.server.authority->log().refusal(p.device, t.op_no))->code == "invalid");  // One register, twice at once.
  t.op_no++;
  t.ops.pop_back();
  p.judged++;
  p.bodies = {encode_transaction(t, w.a.ws->tables())};
  must(w.server.authority->push(p.device, encode_push(p, KeyTable::own(w.a.ws->tables()))));
  bool there = false;
  for (const Record& c : w.open_conflicts(*w.server.ws)) there = there || c.text(conflict.lost) == "B";
  CHECK(there);
  CHECK(must(w.server.authority->check()).empty());
}
