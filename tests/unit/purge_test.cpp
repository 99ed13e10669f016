// Erasing a record for good: no byte of it stays, anywhere, and nothing brings it back.

#include "shared/workspace/merging.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

/// The files on the memory disk, below a path, that hold these bytes.
static std::vector<std::string> files_with(const std::string& path, const std::string& bytes) {
  std::vector<std::string> out;
  for (const auto& [name, file] : MemoryDisk::the().files)
    if (name.starts_with(path) && (file.now.find(bytes) != std::string::npos)) out.push_back(name);
  return out;
}

TEST_CASE("a purged record leaves no byte on the server or any device, and later edits of it are refused") {
  Two w;
  const Id id = w.a.make_person("Secretname", "Hushword");
  Edit more;
  const Id point = w.a.ws->new_id();
  more.create(contact_point, point);
  more.set(contact_point, point, contact_point.person, id);
  more.set(contact_point, point, contact_point.type, std::string("email"));
  more.set(contact_point, point, contact_point.mail, std::string("secretname@hidden.example"));
  must(w.a.ws->commit(more, "mail"));
  const Id other = w.a.make_person("Stays", "Here");
  w.both();
  // Every place a value gets to: history, a conflict's loser, search text, a tag, an inbox, an outbox.
  w.a.set(person, id, person.job_title, "Hushtitle one");
  w.b.set(person, id, person.job_title, "Hushtitle two");
  w.a.set(person, id, person.tag_set, "hushtag");
  w.both();
  REQUIRE(w.open_conflicts(*w.a.ws).size() == 1);
  Query words;
  words.search = "secretname";
  for (Workspace* ws : {w.a.ws.get(), w.b.ws.get(), w.server.ws.get()}) REQUIRE(must(ws->list(person, words)).size() == 1);
  w.b.set(person, id, person.notes, "Hushnote unsent");
  REQUIRE_FALSE(files_with("server", "Secretname").empty());

  CHECK(must(w.server.authority->purge(person, id)) == 3);  // The person, the contact detail, the conflict.
  const std::vector<std::string> secrets = {"Secretname", "Hushword", "secretname", "hushword", "Hushtitle", "hushtag", "hidden.example"};
  for (const std::string& secret : secrets) {
    INFO(secret);
    CHECK(files_with("server", secret).empty());
  }
  w.both();
  for (const std::string& secret : secrets) {
    INFO(secret);
    CHECK(files_with("server", secret).empty());
    CHECK(files_with("device-a", secret).empty());
    CHECK(files_with("device-b", secret).empty());
  }
  CHECK(files_with("device-b", "Hushnote").empty());
  for (Workspace* ws : {w.a.ws.get(), w.b.ws.get(), w.server.ws.get()}) {
    CHECK(must(ws->list(person, words)).empty());
    CHECK_FALSE(must(ws->get(person, id)));
    CHECK(must(ws->get(person, other)));
  }
  const auto refused = must(w.b.replica->rejected());
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].label == "A change of a record that was erased");
  CHECK(must(w.server.authority->check()).empty());

  // A new device gets nothing of it, and its id cannot be used again.
  DeviceNode c("device-c", 9, &w.time);
  c.sign_in(w.server, w.ben, "new phone");
  c.sync(w.server);
  for (const std::string& secret : secrets) CHECK(files_with("device-c", secret).empty());
  Edit again;
  again.create(person, id);
  again.set(person, id, person.last_name, std::string("Again"));
  must(c.ws->commit(again, "again"));
  c.sync(w.server);
  REQUIRE(must(c.replica->rejected()).size() == 1);
  CHECK(must(c.replica->rejected())[0].code == "purged");
  w.all_well();
}

TEST_CASE("erasing reaches what was told at another record, which the erased one was part of for a while") {
  Two w;
  const Id stays = w.a.make_person("Stays", "Here"), erased = w.a.make_person("Secretname", "Hushword");
  w.both();
  Edit merge;
  must(merge_records(*w.a.ws, merge, person, erased, stays, {}));
  must(w.a.ws->commit(merge, "merged"));
  w.a.sync(w.server);
  w.b.set(person, erased, person.notes, "Hushnote of somebody who did not know");
  w.both();
  REQUIRE(must(w.server.ws->rows(conflict).children(conflict.record.index, stays)).size() == 1);
  Edit apart;
  apart.trash(alias, must(merged_parts(*w.a.ws, person, stays))[0].alias);
  must(w.a.ws->commit(apart, "separated"));
  w.both();
  must(w.server.authority->purge(person, erased));
  w.both();
  for (const char* secret : {"Secretname", "Hushword", "Hushnote"})
    for (const char* node : {"server", "device-a", "device-b"}) {
      INFO(secret << " at " << node);
      CHECK(files_with(node, secret).empty());
    }
  CHECK(must(w.server.ws->get(person, stays)));
  w.all_well();
}

TEST_CASE("an erasure whose last step fails is told, and asking again finishes it") {
  bool told = false;
  for (int64_t number = 0; number < 400; number++) {
    Two w;
    const Id id = w.a.make_person("Secretname", "Hushword");
    w.both();
    MemoryDisk::the().failing = MemoryDisk::Failing::write;
    MemoryDisk::the().operations_until_error = number;
    const Result<int64_t> first = w.server.authority->purge(person, id);
    const bool failed = MemoryDisk::the().operations_until_error < 0;
    MemoryDisk::the().power_on();
    INFO("write " << number);
    CHECK(first.ok() == !failed);
    if (first.ok()) break;
    const bool done = !must(w.server.ws->get(person, id));
    told = told || (done && first.error().message.starts_with("It is erased, but"));
    CHECK(w.server.authority->purge(person, id).ok() == !done);
    CHECK(files_with("server", "Secretname").empty());
  }
  CHECK(told);
}

TEST_CASE("a record that takes the place of one that was removed is found") {
  Two w;
  w.a.make_person("Stays", "Here");
  const auto found = [&](const std::string& words) {
    Query q;
    q.search = words;
    return must(w.a.ws->count(person, q));
  };
  Edit away;
  const Id gone = w.a.ws->new_id();
  away.create(person, gone);
  away.set(person, gone, person.last_name, std::string("Gone"));
  away.set(person, gone, person.visibility, std::string("private"));
  away.set(person, gone, person.owner, w.ben);
  must(w.a.ws->commit(away, "made"));
  REQUIRE(found("gone") == 1);
  w.both();
  REQUIRE(must(w.a.replica->rejected()).size() == 1);  // Its author would not see it.
  REQUIRE(found("gone") == 0);
  w.a.make_person("Comes", "Anew");
  CHECK(found("anew") == 1);
  CHECK(found("gone") == 0);
}

TEST_CASE("what somebody writes about an erased person, not knowing, is not kept by the server, whatever it is refused for") {
  Two w;
  const Id id = w.a.make_person("Gone", "Soon"), other = w.a.make_person("Stays", "Here");
  w.both();
  w.backup();
  const Id lost = w.a.make_person("Made", "Later");
  w.both();
  w.restore();  // What is about the last one waits for it.
  must(w.server.authority->purge(person, id));
  const auto say = [&](const char* words, const Id& second) {
    Edit edit;
    edit.set(person, second, person.job_title, std::string("Buyer"));
    edit.set(person, id, person.notes, std::string(words));
    must(w.b.ws->commit(edit, "noted"));
  };
  say("Hushed beside another", other);
  say("Hushed beside one that waits", lost);
  w.b.set(person, id, person.notes, "Hushed alone");
  const auto pushed = [&] {
    for (;;) {
      const std::optional<SyncRequest> request = must(w.b.session->next());
      REQUIRE(request);
      const auto [status, body] = w.server.answer(w.b.replica->identity().device, *request);
      if (request->method != "POST") return;
      must(w.b.session->received(status, body));
    }
  };
  w.b.session->start();
  pushed();
  const uint32_t device = w.b.replica->identity().device;
  int refused = 0;
  for (int64_t op_no = 1; op_no <= must(w.server.authority->log().device(device))->last_op_no; op_no++)
    if (const auto told = must(w.server.authority->log().refusal(device, op_no))) refused += told->code == "purged";
  CHECK(refused == 3);
  CHECK(files_with("server", "Hushed").empty());
}

TEST_CASE("what waits for a record, and is also about one that is erased meanwhile, is refused whole") {
  Two w;
  const Id erased = w.a.make_person("Gone", "Soon");
  w.both();
  w.backup();
  const Id lost = w.a.make_person("Made", "Later");
  w.both();
  Edit edit;
  edit.set(person, lost, person.job_title, std::string("Buyer"));
  edit.set(person, erased, person.job_title, std::string("Hushed"));
  must(w.b.ws->commit(edit, "both"));
  w.both();
  w.restore();
  w.b.sync(w.server);
  REQUIRE(must(w.b.replica->waiting()).size() == 1);
  must(w.server.authority->purge(person, erased));
  w.both();
  w.both();
  CHECK(w.a.get(person, lost, person.job_title).empty());
  CHECK(must(w.b.replica->waiting()).empty());
  const auto refused = must(w.b.replica->rejected());
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == "purged");
  for (const char* path : {"server", "device-a", "device-b"}) CHECK(files_with(path, "Hushed").empty());
  w.all_well();
}
