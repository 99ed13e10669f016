// Devices that are copied, brought back from an older state, or removed.

#include "tests/support/copies.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("two copies of one device both keep their work") {
  for (const bool copy_pulls_first : {false, true}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    // Anna's browser profile is copied to another machine; both go on.
    const auto copied = copy_of(w, w.a);
    DeviceNode& c = *copied;
    w.a.set(person, id, person.job_title, "by the original");
    if (!copy_pulls_first) c.set(person, id, person.nickname, "by the copy");
    w.a.sync(w.server);
    if (copy_pulls_first) {
      // Nothing of its own to send yet: the acknowledgement of the other's change tells.
      CHECK(cycle(c, w.server) == SyncTrouble::copied);
      c.set(person, id, person.nickname, "by the copy");
    }
    CHECK(cycle(c, w.server) == SyncTrouble::copied);
    renew(w, c);
    c.sync(w.server);
    w.both();
    CHECK(w.b.get(person, id, person.job_title) == "by the original");
    CHECK(w.b.get(person, id, person.nickname) == "by the copy");
    CHECK(digest(*c.ws) == digest(*w.server.ws));
    c.set(person, id, person.suffix, "goes on");
    c.sync(w.server);
    w.both();
    CHECK(w.a.get(person, id, person.suffix) == "goes on");
    CHECK(must(c.replica->check()).empty());
    w.all_well();
  }
}

TEST_CASE("a phone brought back from yesterday's copy does not send again what it had sent since") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.a.set(person, id, person.job_title, "yesterday");
  const Id fresh = w.a.make_person("Made", "Yesterday");
  w.a.set(person, fresh, person.nickname, "yesterday");
  w.a.close();
  MemoryDisk::the().remove("copy");
  MemoryDisk::the().copy("device-a", "copy");
  w.a.open();
  w.a.sync(w.server);
  w.time.now += 86'400'000;
  w.a.set(person, id, person.job_title, "today");
  w.a.set(person, fresh, person.nickname, "today");
  w.a.sync(w.server);
  w.a.close();
  MemoryDisk::the().remove("device-a");
  MemoryDisk::the().copy("copy", "device-a");
  w.a.open();
  w.a.set(person, fresh, person.suffix, "written on the old phone");
  CHECK(cycle(w.a, w.server) == SyncTrouble::copied);
  renew(w, w.a);
  w.a.sync(w.server);
  w.both();
  CHECK(must(w.a.replica->rejected()).empty());
  CHECK(w.a.get(person, id, person.job_title) == "today");
  CHECK(w.a.get(person, fresh, person.nickname) == "today");
  CHECK(w.b.get(person, fresh, person.suffix) == "written on the old phone");
  CHECK(w.open_conflicts(*w.a.ws).empty());
  w.all_well();
}

TEST_CASE("a copy is noticed also where its original's change was refused long ago") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  // Ben keeps the record for himself before the change arrives: it is refused, told, and in the inbox.
  Edit keep;
  keep.set(person, id, person.visibility, std::string("private"));
  keep.set(person, id, person.owner, w.ben);
  must(w.server.ws->commit(keep, "private"));
  w.a.set(person, id, person.job_title, "refused");
  w.a.sync(w.server);
  w.a.sync(w.server);
  REQUIRE(must(w.a.replica->rejected()).size() == 1);
  const Id other = c.make_person("By", "The copy");
  CHECK(cycle(c, w.server) == SyncTrouble::copied);
  renew(w, c);
  c.sync(w.server);
  CHECK(must(w.server.ws->get(person, other)).has_value());
}

TEST_CASE("what a copy writes on top of what it had sent before it got its own number is merged with it") {
  for (const bool restarted : {false, true}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    w.a.set(person, id, person.notes, "one");
    const auto copied = copy_of(w, w.a);
    DeviceNode& c = *copied;
    const uint32_t device = w.a.replica->identity().device;
    w.a.session->start();
    must(w.a.session->received(w.server.answer(device, *must(w.a.session->next())).first, w.server.answer(device, *must(w.a.session->next())).second));
    w.a.set(person, id, person.notes, "one two");  // On top of its own change, which is still under way.
    w.a.session->failed();
    const SyncRequest pull{"GET", "/v1/pull?acked=" + std::to_string(must(w.a.replica->acked_op_no())) + "&max=99999&cursor=" + must(w.a.replica->cursor()), {}};
    must(w.a.replica->receive(w.server.answer(device, pull).second));
    REQUIRE(must(w.a.replica->outbox().count()) == 1);
    c.set(person, id, person.notes, "one three");
    c.sync(w.server);
    CHECK(cycle(w.a, w.server) == SyncTrouble::copied);
    renew(w, w.a);
    if (restarted) {
      w.a.close();
      w.a.open();
    }
    w.a.sync(w.server);
    w.both();
    const std::string notes = w.b.get(person, id, person.notes);
    for (const char* word : {"one", "two", "three"}) CHECK(notes.find(word) != std::string::npos);
    CHECK(w.open_conflicts(*w.b.ws).empty());
  }
}

TEST_CASE("an acknowledgement of a copy's change is not taken for one of a push that failed") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  c.set(person, id, person.nickname, "by the copy");
  c.sync(w.server);
  w.a.set(person, id, person.job_title, "by the original");
  w.a.session->start();
  REQUIRE(must(w.a.session->next())->path == "/v1/push");
  must(w.a.session->received(503, ""));
  while (const std::optional<SyncRequest> request = must(w.a.session->next())) {
    const auto [status, body] = w.server.answer(w.a.replica->identity().device, *request);
    must(w.a.session->received(status, body));
  }
  CHECK(w.a.get(person, id, person.job_title) == "by the original");
  copy_noticed_and_both_kept(w, id);
}

TEST_CASE("what is written while a push is under way is sent, though a copy has used the numbers by then") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.a.set(person, id, person.job_title, "of both");
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  c.set(person, id, person.nickname, "by the copy");
  c.sync(w.server);
  w.a.session->start();
  const std::optional<SyncRequest> push = must(w.a.session->next());
  w.a.set(person, id, person.notes, "first");
  w.a.set(person, id, person.suffix, "second");
  const auto [status, reply] = w.server.answer(w.a.replica->identity().device, *push);
  must(w.a.session->received(status, reply));
  CHECK(cycle(w.a, w.server) == SyncTrouble::copied);
  renew(w, w.a);
  w.a.sync(w.server);
  w.both();
  for (const auto& [field, text] : {std::pair{person.job_title, "of both"}, {person.nickname, "by the copy"}, {person.notes, "first"}, {person.suffix, "second"}}) CHECK(w.b.get(person, id, field) == text);
  w.all_well();
}

TEST_CASE("a change that waits for a record is told to both of two copies when the record comes, and counts once") {
  for (const bool sent_before_copied : {false, true}) {
    CAPTURE(sent_before_copied);
    Two w;
    w.backup();
    const Id lost = w.a.make_person("Made", "by Anna");
    w.both();
    w.b.set(person, lost, person.job_title, "Buyer");
    if (sent_before_copied) w.b.sync(w.server);
    w.restore();
    const Id other = w.b.make_person("Of", "Ben");
    if (sent_before_copied) w.b.sync(w.server);
    const auto copied = copy_of(w, w.b);
    DeviceNode& c = *copied;
    w.b.set(person, other, person.suffix, "by the original");
    c.set(person, other, person.nickname, "by the copy");
    w.b.sync(w.server);
    REQUIRE(must(w.b.replica->waiting()).size() == 1);
    CHECK(cycle(c, w.server) == SyncTrouble::copied);
    renew(w, c);
    c.sync(w.server);
    REQUIRE(must(c.replica->waiting()).size() == 1);
    w.both();
    w.both();
    c.sync(w.server);
    CHECK(must(w.b.replica->rejected()).empty());
    CHECK(must(c.replica->rejected()).empty());
    int64_t times = 0;
    const KeyTable keys = KeyTable::own(w.server.ws->tables());
    for (int64_t seq = 1; seq <= must(w.server.authority->head()); seq++)
      for (const Op& op : must(decode_transaction(must(w.server.authority->log().find(seq))->body, keys, nullptr)).ops) times += op.record == lost && op.kind == OpKind::set;
    CHECK(times == 1);
    CHECK(c.get(person, lost, person.job_title) == "Buyer");
    CHECK(c.get(person, other, person.suffix) == "by the original");
    CHECK(w.b.get(person, other, person.nickname) == "by the copy");
    w.all_well();
  }
}

TEST_CASE("a device sends nothing before it knows the server's history, so that none is taken for another") {
  Two w;
  DeviceNode c("device-c", 9, &w.time);
  c.sign_in(w.server, w.ben, "new phone");
  w.backup();
  const auto copied = copy_of(w, c);
  DeviceNode& d = *copied;
  const Id of_c = c.make_person("By", "The original"), of_d = d.make_person("By", "The copy");
  d.session->start();
  const std::optional<SyncRequest> request = must(d.session->next());
  CHECK(request->path.starts_with("/v1/snapshot"));
  const auto [status, reply] = w.server.answer(d.replica->identity().device, *request);
  w.restore();
  must(d.session->received(status, reply));
  d.session->failed();
  c.sync(w.server);
  if (cycle(d, w.server) == SyncTrouble::none) cycle(d, w.server);
  REQUIRE(d.session->trouble() == SyncTrouble::copied);
  renew(w, d);
  d.sync(w.server);
  w.both();
  CHECK(w.b.get(person, of_c, person.last_name) == "The original");
  CHECK(w.b.get(person, of_d, person.last_name) == "The copy");
}

TEST_CASE("copies of a device that an earlier version knew are a family still") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.a.set(person, id, person.job_title, "of both");
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  const std::vector<OutboxEntry> common = must(w.a.replica->outbox().after(0, 100));
  w.a.set(person, id, person.suffix, "by the original");
  w.a.sync(w.server);
  c.set(person, id, person.nickname, "by the copy");
  CHECK(cycle(c, w.server) == SyncTrouble::copied);
  renew(w, c);
  c.sync(w.server);
  // As version 7 had it: the copy names the first of its family, which itself names none; and no table of what they share.
  w.log_as_before_11();
  must(w.server.db->execute("DROP TABLE common; ALTER TABLE device DROP COLUMN parted; UPDATE device SET family=0 WHERE was=0; PRAGMA user_version=7"));
  w.server.close();
  w.server.open();
  Log& log = w.server.authority->log();
  const uint32_t a = w.a.replica->identity().device;
  CHECK(must(log.device(a))->family == a);
  CHECK(must(log.device(c.replica->identity().device))->family == a);
  REQUIRE(common.size() == 2);
  for (const OutboxEntry& entry : common) CHECK(must(log.judged_in_family(a, entry.op_no, sum_of_body(entry.body))) == a);
  CHECK(must(log.judged_in_family(a, common.back().op_no, 1)) == 0);
  w.both();
  c.sync(w.server);
  w.all_well();
}

TEST_CASE("what a copy sent again first, after a restore, is its original's own work too, for the check of the log as well") {
  Two w;
  w.backup();
  const Id id = w.a.make_person("P", "Q");
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  w.a.make_person("By", "The original");
  w.a.sync(w.server);
  w.a.set(person, id, person.first_name, "P, later");
  c.make_person("By", "The copy");
  CHECK(cycle(c, w.server) == SyncTrouble::copied);
  w.restore();
  renew(w, c);
  c.sync(w.server);
  w.both();
  c.sync(w.server);
  CHECK(c.get(person, id, person.first_name) == "P, later");
  CHECK(w.open_conflicts(*w.server.ws).empty());
  CHECK(must(w.server.authority->check()).empty());
  w.all_well();
}

TEST_CASE("nobody is asked about a deletion because of what its author had written before they got their own number") {
  Two w;
  const Id id = w.a.make_person("P", "Q"), other = w.a.make_person("R", "S");
  w.both();
  w.a.set(person, id, person.nickname, "of both");
  const auto copied = copy_of(w, w.a);
  DeviceNode& c = *copied;
  w.a.set(person, other, person.nickname, "by the original");
  w.a.sync(w.server);
  Edit trash;
  trash.trash(person, id);
  must(c.ws->commit(trash, "trash"));
  CHECK(cycle(c, w.server) == SyncTrouble::copied);
  renew(w, c);
  c.sync(w.server);
  w.both();
  CHECK(must(w.b.ws->get(person, id))->meta.life == Life::trashed);
  CHECK(w.open_conflicts(*w.server.ws).empty());
  w.all_well();
}

TEST_CASE("a number of its own that could not be noted was not taken") {
  Two w;
  const Identity before = w.a.replica->identity();
  MemoryDisk::the().writes_until_full = 1;
  const Status done = w.a.replica->renew(w.a.ws->new_id(), 99);
  MemoryDisk::the().power_on();
  REQUIRE_FALSE(done.ok());
  CHECK(w.a.replica->identity().device == before.device);
  w.a.make_person("P", "Q");
  w.both();
  w.all_well();
}

TEST_CASE("a removed device gets nothing, gives nothing, and is told so") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  must(w.server.authority->remove_device(w.b.replica->identity().device));
  w.a.set(person, id, person.job_title, "Buyer");
  w.a.sync(w.server);
  w.b.set(person, id, person.nickname, "too late");
  CHECK(cycle(w.b, w.server) == SyncTrouble::removed);
  CHECK(w.b.get(person, id, person.job_title).empty());
  CHECK(must(w.server.ws->get(person, id))->text(person.nickname).empty());
}

TEST_CASE("what a removed device had sent before, and waits for a record, counts when the record comes, and holds nobody up") {
  Two w;
  w.backup();
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.b.set(person, id, person.nickname, "sent before");
  w.restore();  // Without the record: Ben's change comes first, and waits.
  CHECK(cycle(w.b, w.server) == SyncTrouble::none);
  REQUIRE_FALSE(must(w.server.ws->get(person, id)));
  must(w.server.authority->remove_device(w.b.replica->identity().device));
  const Id other = w.a.make_person("Of", "Anna");
  w.a.sync(w.server);
  CHECK(must(w.server.ws->get(person, other)));
  CHECK(must(w.server.ws->get(person, id))->text(person.nickname) == "sent before");
  CHECK(cycle(w.b, w.server) == SyncTrouble::removed);
  CHECK(must(w.server.authority->check()).empty());
}

TEST_CASE("a change that lost words about an erased record after it was sent is still the change that was sent") {
  Two w;
  const Id stays = w.a.make_person("P", "Q"), goes = w.a.make_person("Erased", "Soon");
  w.both();
  Edit both;
  both.set(person, stays, person.job_title, std::string("Buyer"));
  both.set(person, goes, person.job_title, std::string("Buyer"));
  must(w.a.ws->commit(both, "two at once"));
  const uint32_t device = w.a.replica->identity().device;
  w.a.session->start();
  const SyncRequest push = *must(w.a.session->next());
  must(w.a.session->received(504, ""));  // A proxy gave up waiting; the request is still on its way.
  must(w.server.authority->purge(person, goes));
  const auto [status, page] = w.server.answer(device, *must(w.a.session->next()));
  REQUIRE(w.server.answer(device, push).first == 200);  // Now it arrives.
  must(w.a.session->received(status, page));
  REQUIRE(must(w.a.replica->outbox().count()) == 1);
  REQUIRE(must(w.a.replica->outbox().after(0, 1))[0].body.find(goes.view()) == std::string::npos);
  CHECK(cycle(w.a, w.server) == SyncTrouble::none);
  CHECK(must(w.a.replica->outbox().count()) == 0);
  w.both();
  w.all_well();
}

TEST_CASE("a device that changed its number twice is known as a copy by each number it had") {
  Two w;
  w.backup();
  w.a.make_person("In", "Common");
  const auto copied = copy_of(w, w.a);
  renew(w, w.a);
  w.restore();
  Identity me = w.a.replica->identity();
  me.device = must(w.server.authority->register_device(me.install, me.member, "phone")).ordinal;
  must(w.a.replica->sign_in(me));
  renew(w, w.a);
  w.a.sync(w.server);
  copied->sync(w.server);
  CHECK(must(copied->replica->rejected()).empty());
  w.both();
  CHECK(must(w.b.ws->count(person)) == 1);
  w.all_well();
}

TEST_CASE("a stretch of the steady clock has a number of its own, also after an edit that the disk did not take") {
  Two w;
  const Id id = w.a.make_person("A", "B");
  const auto last = [&] {
    const auto entries = must(w.a.replica->outbox().after(0, 1000));
    return must(decode_transaction(entries.back().body, KeyTable::own(w.a.ws->tables()), nullptr)).mono_epoch;
  };
  const uint32_t before = last();
  w.a.clock.offset += 3'600'000;
  Edit edit;
  edit.set(person, id, person.first_name, std::string("C"));
  MemoryDisk::the().writes_until_full = 0;
  REQUIRE_FALSE(w.a.ws->commit(edit, "changed").ok());
  MemoryDisk::the().writes_until_full = -1;
  must(w.a.ws->commit(edit, "changed"));
  const uint32_t set = last();
  CHECK(set > before);
  w.a.close();
  w.a.clock.offset -= 3'600'000;
  w.a.open();
  w.a.set(person, id, person.last_name, "D");
  CHECK(last() > set);
}
