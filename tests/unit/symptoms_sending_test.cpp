// What has gone wrong in other systems that work offline, by its symptom: in what is sent and what comes.

#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// One cycle, and what it brought.
struct Cycle {
  size_t pushes = 0, rows = 0, whole = 0, bytes = 0;
};
/// With `push_answer` something on the way answers every push so, and the server never sees one.
Cycle cycle(DeviceNode& d, ServerNode& server, int push_answer = 200) {
  Cycle out;
  d.session->start();
  while (const std::optional<SyncRequest> request = must(d.session->next())) {
    const bool push = request->method == "POST";
    const bool stopped = push && push_answer != 200;
    const auto [status, body] = stopped ? std::pair(push_answer, std::string("<html></html>")) : server.answer(d.replica->identity().device, *request);
    out.pushes += push;
    if (!push) {
      PageReader page = must(PageReader::open(body, d.ws->schema()));
      for (RowChange row; page.next(row); out.rows++) out.whole += row.whole;
      out.bytes += body.size();
    }
    must(d.session->received(status, body));
  }
  return out;
}

}  // namespace

TEST_CASE("downloads that stop while uploads fail: others' rows go on coming, and what is unsent stays in sight") {
  for (const int answer : {413, 500, 504}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    w.a.set(person, id, person.job_title, "unsent");
    const Id unsent = w.a.make_person("Made", "Unsent");
    INFO(answer);
    for (int i = 1; i <= 5; i++) {
      w.tick();
      const std::string nth = std::to_string(i);
      const Id theirs = w.b.make_person("Ben", nth);
      w.b.set(person, id, person.nickname, nth);
      w.b.set(person, id, person.job_title, "Ben " + nth);
      w.b.sync(w.server);
      const Cycle c = cycle(w.a, w.server, answer);
      CHECK((c.pushes >= 1 && c.pushes <= 5));
      CHECK(w.a.session->trouble() == SyncTrouble::server);  // It is told,
      CHECK(w.a.get(person, theirs, person.last_name) == nth);  // and holds nothing up.
      CHECK(w.a.get(person, id, person.nickname) == nth);
      CHECK(w.a.get(person, id, person.job_title) == "unsent");
      CHECK(w.a.get(person, unsent, person.first_name) == "Made");
      CHECK(must(w.a.replica->outbox().count()) == 2);
      CHECK(must(w.a.replica->check()).empty());
    }
    w.both();
    CHECK(w.a.session->trouble() == SyncTrouble::none);
    CHECK(w.b.get(person, unsent, person.first_name) == "Made");
    CHECK(w.a.get(person, id, person.job_title) == "Ben 5");
    w.all_well();
  }
}

TEST_CASE("an answer of something on the way that is none of the server's, with status 200, is not taken for success") {
  // The page of a hotel where one has to sign in, an empty answer, and one that only begins like the server's.
  for (const std::string body : {"<html><body>Welcome to our network</body></html>", "", "A", "R"}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    w.a.set(person, id, person.job_title, "unsent");
    const std::string before = digest(*w.a.ws);
    CAPTURE(body);
    for (int i = 0; i < 3; i++) {
      w.a.session->start();
      while (must(w.a.session->next())) (void)w.a.session->received(200, body);
      CHECK(w.a.session->trouble() == SyncTrouble::server);
      CHECK(must(w.a.replica->outbox().count()) == 1);
      CHECK(digest(*w.a.ws) == before);
    }
    w.both();
    CHECK(w.b.get(person, id, person.job_title) == "unsent");
    w.all_well();
  }
}

TEST_CASE("a push that was taken while its sender was told of an error is not in limbo: it counts once, and what builds on it too") {
  for (const int status : {500, 502, 504}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    w.a.set(person, id, person.job_title, "taken");
    w.a.session->start();
    const SyncRequest push = *must(w.a.session->next());
    REQUIRE(push.method == "POST");
    REQUIRE(w.server.answer(w.a.replica->identity().device, push).first == 200);
    must(w.a.session->received(status, "<html>gateway</html>"));
    w.a.session->failed();
    CHECK(must(w.a.replica->outbox().count()) == 1);
    w.a.set(person, id, person.job_title, "and changed again");
    w.a.set(person, id, person.nickname, "N");
    const int64_t head = must(w.server.authority->head());
    w.a.sync(w.server);
    CHECK(must(w.server.authority->head()) == head + 2);
    w.both();
    CHECK(w.b.get(person, id, person.job_title) == "and changed again");
    CHECK(w.open_conflicts(*w.a.ws).empty());
    CHECK(must(w.a.replica->rejected()).empty());
    w.all_well();
  }
}

TEST_CASE("two records with the same e-mail address, made on two devices, do not hold up a pull: both stand") {
  Two w;
  std::vector<Id> ids;
  for (DeviceNode* d : {&w.a, &w.b}) {
    ids.push_back(d->make_person("Zoë", "Quist"));
    const Id point = d->ws->new_id();
    Edit edit;
    edit.create(contact_point, point);
    edit.set(contact_point, point, contact_point.person, ids.back());
    edit.set(contact_point, point, contact_point.type, std::string("email"));
    edit.set(contact_point, point, contact_point.mail, std::string("zoe@example.org"));
    edit.set(person, ids.back(), person.external_ids, tags_from({"crm:7"}));
    must(d->ws->commit(edit, "mail"));
  }
  const Id after = w.b.make_person("Comes", "After");
  w.both();
  w.both();
  for (DeviceNode* d : {&w.a, &w.b}) {
    for (const Id& id : ids) CHECK(must(d->ws->children(contact_point, contact_point.person, id)).size() == 1);
    CHECK(d->get(person, after, person.last_name) == "After");
  }
  w.all_well();
}

TEST_CASE("a device does not download its own pushes again and again") {
  Two w;
  std::vector<Id> ids;
  for (int i = 0; i < 50; i++) ids.push_back(w.a.make_person("First " + std::to_string(i), "Last"));
  w.both();
  for (const Id& id : ids) w.a.set(person, id, person.notes, std::string(2000, 'n'));
  const Cycle first = cycle(w.a, w.server);
  CHECK(first.pushes == 1);
  CHECK(first.whole == 0);  // Its own changes come once, with what the server made of them.
  const std::string shown = digest(*w.a.ws);
  for (int i = 0; i < 3; i++) {
    const Cycle idle = cycle(w.a, w.server);
    CHECK(idle.pushes == 0);
    CHECK(idle.rows == 0);
    CHECK(idle.bytes < 300);
  }
  CHECK(digest(*w.a.ws) == shown);
  const int64_t head = must(w.server.authority->head());
  w.both();
  CHECK(cycle(w.b, w.server).rows == 0);
  CHECK(must(w.server.authority->head()) == head);  // A quiet system stays quiet.
  w.all_well();
}
