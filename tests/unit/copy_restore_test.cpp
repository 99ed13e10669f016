// Copies of a device, and a server that comes back from a backup: the number both use tells nothing by itself.

#include "tests/support/copies.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("after a restore it does not matter which of two copies sends first what they have in common") {
  Two w;
  w.a.make_person("In", "Common");
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  w.backup();
  c.make_person("By", "The copy");
  c.sync(w.server);
  w.a.make_person("By", "The original");
  CHECK(cycle(w.a, w.server) == SyncTrouble::copied);
  w.restore();
  renew(w, w.a);
  w.a.sync(w.server);
  c.sync(w.server);
  CHECK(must(c.replica->rejected()).empty());
  w.both();
  CHECK(must(w.b.ws->count(person)) == 3);
  w.all_well();
}

TEST_CASE("a copy that got its number after the backup does not send yesterday's work as new when the server comes back") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.a.set(person, id, person.job_title, "yesterday");
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  w.a.sync(w.server);
  w.time.now += 86'400'000;
  w.a.set(person, id, person.job_title, "today");
  w.a.sync(w.server);
  w.backup();
  c.set(person, id, person.suffix, "by the copy");
  CHECK(cycle(c, w.server) == SyncTrouble::copied);
  renew(w, c);
  c.sync(w.server);
  w.restore();
  w.b.make_person("Takes", "The number");
  w.b.sync(w.server);
  c.sign_in(w.server, w.anna, "Anna's old phone");
  c.sync(w.server);
  w.both();
  c.sync(w.server);
  CHECK(c.get(person, id, person.job_title) == "today");
  CHECK(w.b.get(person, id, person.suffix) == "by the copy");
  CHECK(w.open_conflicts(*w.server.ws).empty());
  w.all_well();
}

TEST_CASE("after a restore, a change whose number a copy has used by then is not taken for known") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  w.backup();
  w.a.set(person, id, person.job_title, "by the original");
  w.a.sync(w.server);
  w.restore();
  c.set(person, id, person.nickname, "by the copy");
  c.sync(w.server);
  copy_noticed_and_both_kept(w, id);
  w.all_well();
}

TEST_CASE("after a restore, a change below the last number of a copy that had no more of the older ones is not taken for known") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.backup();
  w.a.set(person, id, person.job_title, "by the original");
  w.a.sync(w.server);
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  must(c.replica->outbox().drop_sent_before(INT64_MAX));
  w.restore();
  c.set(person, id, person.nickname, "by the copy");
  c.sync(w.server);
  copy_noticed_and_both_kept(w, id);
  w.all_well();
}

TEST_CASE("after a restore, what became of a change under the hands of a copy is told to its original too") {
  Two w;
  const Id id = w.b.make_person("P", "Q");
  w.both();
  SECTION("it is refused now, though it had been accepted") {
    w.backup();
    w.a.set(person, id, person.job_title, "of both");
    w.a.sync(w.server);
    const auto copied = copy_of(w, w.a);
    w.restore();
    const Id north = w.server.ws->new_id();
    Edit edit;
    edit.create(team, north);
    edit.set(team, north, team.name, std::string("North"));
    edit.set(team, north, team.members, tags_from({w.ben.text()}));
    edit.set(person, id, person.visibility, std::string("team"));
    edit.set(person, id, person.team, north);
    must(w.server.ws->commit(edit, "kept to the team"));
    copied->sync(w.server);
    REQUIRE(must(copied->replica->rejected()).size() == 1);
    w.a.sync(w.server);
    const std::vector<RejectedEdit> told = must(w.a.replica->rejected());
    REQUIRE(told.size() == 1);
    CHECK(told[0].code == "forbidden");
  }
  SECTION("it was refused, and is accepted now") {
    w.a.set(person, id, person.job_title, "of both");
    const auto copied = copy_of(w, w.a);
    w.backup();
    Edit edit;
    edit.set(person, id, person.visibility, std::string("private"));
    must(w.server.ws->commit(edit, "kept private"));
    w.a.sync(w.server);
    REQUIRE(must(w.a.replica->rejected()).size() == 1);
    w.restore();
    copied->sync(w.server);
    w.a.sync(w.server);
    CHECK(must(w.a.replica->rejected()).empty());
    CHECK(w.a.get(person, id, person.job_title) == "of both");
  }
  SECTION("it had to wait, and does not any more") {
    w.backup();
    const Id lost = w.a.make_person("Made", "by Anna");
    w.both();
    w.b.set(person, lost, person.job_title, "Buyer");
    w.restore();
    w.backup();
    w.b.sync(w.server);
    REQUIRE(must(w.b.replica->waiting()).size() == 1);
    const auto copied = copy_of(w, w.b);
    w.restore();
    w.a.sync(w.server);
    copied->sync(w.server);
    REQUIRE(must(copied->replica->rejected()).empty());
    w.b.sync(w.server);
    CHECK(must(w.b.replica->rejected()).empty());
    CHECK(w.b.get(person, lost, person.job_title) == "Buyer");
  }
  CHECK(must(w.a.replica->check()).empty());
}

TEST_CASE("a server that comes back once more before anything is loaded again is noticed") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  w.backup();
  w.a.set(person, id, person.job_title, "by the original");
  w.restore();
  w.a.session->start();
  for (const int expected : {409, 200}) {  // The history is another; the change is taken into it.
    const std::optional<SyncRequest> push = must(w.a.session->next());
    REQUIRE(push->path == "/v1/push");
    const auto [status, reply] = w.server.answer(w.a.replica->identity().device, *push);
    REQUIRE(status == expected);
    must(w.a.session->received(status, reply));
  }
  w.restore();
  c.set(person, id, person.nickname, "by the copy");
  c.sync(w.server);
  copy_noticed_and_both_kept(w, id);
  w.all_well();
}

TEST_CASE("what a device had sent before it got its own number is sent again when the server comes back without it") {
  for (const bool lost_before : {false, true}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    w.backup();
    w.a.set(person, id, person.job_title, "of both");
    w.a.sync(w.server);
    const auto copied = copy_of(w, w.a);  // Is lost soon after.
    copied->set(person, id, person.nickname, "by the copy");
    copied->sync(w.server);
    w.a.set(person, id, person.suffix, "by the original");
    CHECK(cycle(w.a, w.server) == SyncTrouble::copied);
    if (lost_before) w.restore();
    renew(w, w.a);
    if (!lost_before) {
      w.a.sync(w.server);
      w.restore();
      Identity me = w.a.replica->identity();
      me.device = must(w.server.authority->register_device(me.install, me.member, "phone")).ordinal;
      must(w.a.replica->sign_in(me));
    }
    w.a.sync(w.server);
    w.both();
    CHECK(w.b.get(person, id, person.job_title) == "of both");
    CHECK(w.b.get(person, id, person.suffix) == "by the original");
    w.all_well();
  }
}
