// Who sees what: a record reaches the devices of those who may see it, leaves those of others without a trace, and nobody
// changes what they may not see.

#include "shared/workspace/merging.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct Teams : Two {
  Id north, admin;
  Teams() {
    north = server.ws->new_id();
    Edit edit;
    edit.create(team, north);
    edit.set(team, north, team.name, std::string("North"));
    edit.set(team, north, team.members, tags_from({anna.text()}));
    must(server.ws->commit(edit, "team"));
    admin = member_named("Ada");
    Edit role;
    role.set(member, admin, member.role, std::string("admin"));
    must(server.ws->commit(role, "role"));
    both();
  }
  void put_in_team(const Id& who, bool in) {
    std::vector<std::string> members;
    for (const std::string& m : tag_elements((*must(server.ws->get(team, north)))[team.members]))
      if (m != who.text()) members.push_back(m);
    if (in) members.push_back(who.text());
    Edit edit;
    edit.set(team, north, team.members, tags_from(members));
    must(server.ws->commit(edit, "team"));
  }
  /// A customer of the team with a contact detail, a task and an activity, made on Anna's phone.
  Id team_customer(const std::string& last) {
    const Id id = a.ws->new_id();
    Edit edit;
    edit.create(person, id);
    edit.set(person, id, person.last_name, last);
    edit.set(person, id, person.visibility, std::string("team"));
    edit.set(person, id, person.team, north);
    const Id point = a.ws->new_id(), todo = a.ws->new_id(), call = a.ws->new_id();
    edit.create(contact_point, point);
    edit.set(contact_point, point, contact_point.person, id);
    edit.set(contact_point, point, contact_point.mail, last + "@hidden.example");
    edit.create(task, todo);
    edit.set(task, todo, task.person, id);
    edit.set(task, todo, task.title, "Call " + last);
    edit.create(activity, call);
    edit.set(activity, call, activity.person, id);
    edit.set(activity, call, activity.subject, "Called " + last);
    must(a.ws->commit(edit, last + " added"));
    return id;
  }
  void set(DeviceNode& d, const Id& id, Field f, Value v) {
    Edit edit;
    edit.set(person, id, f, std::move(v));
    must(d.ws->commit(edit, "changed"));
  }
};

std::vector<std::string> files_holding(const std::string& path, const std::string& bytes) {
  std::vector<std::string> out;
  for (const auto& [name, file] : MemoryDisk::the().files)
    if (name.starts_with(path) && file.now.find(bytes) != std::string::npos) out.push_back(name);
  return out;
}

size_t found(Workspace& ws, const std::string& words) {
  Query q;
  q.search = words;
  return must(ws.list(person, q)).size();
}

/// The server takes what is unsent, and its answer is lost.
void push_without_answer(DeviceNode& device, ServerNode& server) {
  device.session->start();
  const SyncRequest push = *must(device.session->next());
  REQUIRE(server.answer(device.replica->identity().device, push).first == 200);
  device.session->failed();
}

/// The server takes what is unsent and says so; then the network goes.
void push_only(DeviceNode& device, ServerNode& server) {
  device.session->start();
  const SyncRequest push = *must(device.session->next());
  const auto [status, body] = server.answer(device.replica->identity().device, push);
  REQUIRE(status == 200);
  must(device.session->received(status, body));
  device.session->failed();
}

/// A cycle of which the push does not reach the server.
void pull_only(DeviceNode& device, ServerNode& server) {
  device.session->start();
  must(device.session->next());
  must(device.session->received(503, ""));
  while (const std::optional<SyncRequest> request = must(device.session->next())) {
    const auto [status, body] = server.answer(device.replica->identity().device, *request);
    must(device.session->received(status, body));
  }
}

}  // namespace

TEST_CASE("what is visible to a team reaches only its members and administrators, with everything that belongs to it") {
  Teams w;
  w.team_customer("Hushsecret");
  const Id open = w.a.make_person("Open", "Book");
  w.both();
  CHECK(found(*w.a.ws, "hushsecret") == 1);
  CHECK(found(*w.b.ws, "hushsecret") == 0);
  CHECK(must(w.b.ws->get(person, open)).has_value());
  for (const Entity* e : {static_cast<const Entity*>(&contact_point), static_cast<const Entity*>(&task), static_cast<const Entity*>(&activity)}) {
    CHECK(must(w.a.ws->count(*e)) == 1);
    CHECK(must(w.b.ws->count(*e)) == 0);
  }
  CHECK(files_holding("device-b", "Hushsecret").empty());
  DeviceNode c("device-c", 4, &w.time);
  c.sign_in(w.server, w.admin, "Ada's");
  c.sync(w.server);
  CHECK(digest(*c.ws) == digest(*w.server.ws));
  CHECK(must(w.server.authority->check()).empty());
}

TEST_CASE("filtered replication that never removes: who leaves a team loses what it saw with the next pull, to the last byte") {
  Teams w;
  w.put_in_team(w.ben, true);
  const Id id = w.team_customer("Hushsecret");
  w.both();
  REQUIRE(found(*w.b.ws, "hushsecret") == 1);
  w.b.set(person, id, person.job_title, "Hushtitle by Ben");
  w.both();
  REQUIRE(w.a.get(person, id, person.job_title) == "Hushtitle by Ben");
  w.put_in_team(w.ben, false);
  w.both();
  CHECK(found(*w.b.ws, "hushsecret") == 0);
  CHECK_FALSE(must(w.b.ws->get(person, id)).has_value());
  for (const char* secret : {"Hushsecret", "hushsecret", "hidden.example", "Hushtitle"}) {
    INFO(secret);
    CHECK(files_holding("device-b", secret).empty());
  }
  CHECK(w.a.get(person, id, person.last_name) == "Hushsecret");  // Gone from one device is not deleted.
  CHECK(must(w.server.ws->get(person, id))->meta.life == Life::live);
  CHECK(must(w.b.replica->check()).empty());
}

TEST_CASE("re-grant after a revoke: everything comes again, also what did not change in between") {
  Teams w;
  w.put_in_team(w.ben, true);
  const Id id = w.team_customer("Hushsecret");
  w.both();
  w.put_in_team(w.ben, false);
  w.both();
  REQUIRE(found(*w.b.ws, "hushsecret") == 0);
  w.a.set(person, id, person.job_title, "changed meanwhile");
  w.both();
  w.put_in_team(w.ben, true);
  w.both();
  CHECK(found(*w.b.ws, "hushsecret") == 1);
  CHECK(must(w.b.ws->count(contact_point)) == 1);
  w.all_well();
}

TEST_CASE("a record moves between audiences: private, shared with one, everyone's again") {
  Teams w;
  const Id id = w.a.make_person("Moving", "Hushmove");
  w.both();
  REQUIRE(must(w.b.ws->get(person, id)).has_value());
  w.set(w.a, id, person.visibility, std::string("private"));
  w.both();
  CHECK_FALSE(must(w.b.ws->get(person, id)).has_value());
  CHECK(files_holding("device-b", "Hushmove").empty());
  w.set(w.a, id, person.shared_with, tags_from({w.ben.text()}));
  w.both();
  CHECK(w.b.get(person, id, person.last_name) == "Hushmove");
  w.b.set(person, id, person.job_title, "Ben may change it");
  w.both();
  CHECK(w.a.get(person, id, person.job_title) == "Ben may change it");
  w.set(w.a, id, person.shared_with, Value());
  w.both();
  CHECK_FALSE(must(w.b.ws->get(person, id)).has_value());
  w.set(w.a, id, person.visibility, Value());
  w.both();
  w.all_well();
  CHECK(must(w.b.ws->get(person, id)).has_value());
}

TEST_CASE("unsent edits of a record that has gone are judged by today's rights and end in their author's inbox") {
  Teams w;
  w.put_in_team(w.ben, true);
  const Id id = w.team_customer("Hushsecret");
  w.both();
  w.b.set(person, id, person.job_title, "Ben's own words");
  w.put_in_team(w.ben, false);
  w.b.sync(w.server);
  CHECK_FALSE(must(w.b.ws->get(person, id)).has_value());
  const auto inbox = must(w.b.replica->rejected());
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].code == "forbidden");
  CHECK(inbox[0].label == "A change of a record you can no longer see");
  CHECK(must(w.b.replica->export_outbox()).find("Ben's own words") != std::string::npos);
  CHECK(files_holding("device-b", "Hushsecret").empty());
  CHECK(w.a.get(person, id, person.job_title).empty());
  CHECK(must(w.b.replica->check()).empty());
}

TEST_CASE("of a change that was taken, but whose answer was lost, nothing stays once its record has gone and the answer has come") {
  Teams w;
  w.put_in_team(w.ben, true);
  const Id id = w.team_customer("Hushsecret");
  w.both();
  w.b.set(person, id, person.job_title, "Hushwords");
  push_without_answer(w.b, w.server);
  w.put_in_team(w.ben, false);
  pull_only(w.b, w.server);
  REQUIRE_FALSE(must(w.b.ws->get(person, id)).has_value());
  CHECK_FALSE(files_holding("device-b", "Hushwords").empty());  // Ben's own, and for all he knows not sent.
  w.b.sync(w.server);
  CHECK(must(w.b.replica->rejected()).empty());
  CHECK(files_holding("device-b", "Hushwords").empty());
}

TEST_CASE("of a change about two records nothing stays, one of them gone and the other erased before its answer came") {
  Teams w;
  w.put_in_team(w.ben, true);
  const Id id = w.team_customer("Hushsecret"), other = w.a.make_person("Other", "One");
  w.both();
  Edit edit;
  edit.set(person, id, person.job_title, std::string("Hushwords"));
  edit.set(person, other, person.job_title, std::string("Otherwords"));
  must(w.b.ws->commit(edit, "two"));
  push_without_answer(w.b, w.server);
  w.put_in_team(w.ben, false);
  pull_only(w.b, w.server);
  must(w.server.authority->purge(person, other));
  pull_only(w.b, w.server);
  w.b.sync(w.server);
  CHECK(files_holding("device-b", "Hushwords").empty());
  CHECK(files_holding("device-b", "Otherwords").empty());
}

TEST_CASE("what was made and went out of sight before its author's device heard of it takes no unsent edit along") {
  Teams w;
  w.put_in_team(w.ben, true);  // Ben's laptop does not hear of it.
  const Id id = w.b.ws->new_id();
  Edit made;
  made.create(person, id);
  made.set(person, id, person.last_name, std::string("Hushsecret"));
  made.set(person, id, person.visibility, std::string("team"));
  made.set(person, id, person.team, w.north);
  made.set(person, id, person.owner, w.anna);
  must(w.b.ws->commit(made, "made"));
  push_only(w.b, w.server);
  w.set(w.b, id, person.job_title, std::string("unsent"));
  w.put_in_team(w.ben, false);
  pull_only(w.b, w.server);
  CHECK_FALSE(must(w.b.ws->get(person, id)).has_value());
  CHECK(must(w.b.replica->outbox().count()) == 1);
  w.b.sync(w.server);
  const auto refused = must(w.b.replica->rejected());
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == "forbidden");
  CHECK(must(w.b.replica->check()).empty());
  CHECK(must(w.server.authority->check()).empty());
}

TEST_CASE("a record that went while an edit of it waited comes back with the edit visible") {
  Teams w;
  w.put_in_team(w.ben, true);
  const Id id = w.team_customer("Hushsecret");
  w.both();
  w.put_in_team(w.ben, false);
  w.b.set(person, id, person.job_title, "waits");
  // The push gets lost, the pull does not.
  const uint32_t device = w.b.replica->identity().device;
  const auto pull = [&] {
    bool complete = false;
    while (!complete) {
      const std::string cursor = must(w.b.replica->cursor());
      complete = must(w.b.replica->receive(must(w.server.authority->page(device, cursor, 0, 100'000)).bytes));
    }
  };
  pull();
  REQUIRE_FALSE(must(w.b.ws->get(person, id)).has_value());
  CHECK(must(w.b.replica->outbox().count()) == 1);
  w.put_in_team(w.ben, true);
  pull();
  CHECK(w.b.get(person, id, person.job_title) == "waits");
  CHECK(must(w.b.replica->check()).empty());
  w.both();
  CHECK(w.a.get(person, id, person.job_title) == "waits");
  w.all_well();
}

TEST_CASE("rights before and after: nobody changes what they may not see, nor puts a record where they may not see it") {
  Teams w;
  const Id hidden = w.team_customer("Hushsecret");
  const Id mine = w.b.make_person("Ben's", "Own");
  w.both();
  // Ben knows the id, however he came by it.
  const auto e = static_cast<uint16_t>(w.b.ws->schema().index_of(person));
  Op op{OpKind::set, e, hidden, 0, {{person.job_title.index, std::string("forged")}}, {}, Life::live};
  Transaction t;
  t.op_no = must(w.b.replica->acked_op_no()) + 1;
  t.claimed_ms = w.time.now;
  t.ops.push_back(op);
  PushRequest push;
  push.workspace = w.b.replica->identity().workspace;
  push.install = w.b.replica->identity().install;
  push.device = w.b.replica->identity().device;
  push.wall_ms = w.time.now;
  push.judged = t.op_no - 1;
  push.bodies.push_back(encode_transaction(t, w.b.ws->tables()));
  must(w.server.authority->push(push.device, encode_push(push, KeyTable::own(w.b.ws->tables()))));
  CHECK(as_text((*must(w.server.ws->get(person, hidden)))[person.job_title]).empty());
  CHECK(must(w.server.authority->log().refusals_after(push.device, 0, 0))[0].code == "forbidden");

  // A device that knows of its own refusals goes on below; the forged one took a number of Ben's second device.
  DeviceNode c("device-c", 5, &w.time);
  c.sign_in(w.server, w.ben, "Ben's phone");
  c.sync(w.server);
  Edit away;
  away.set(person, mine, person.visibility, std::string("team"));
  away.set(person, mine, person.team, w.north);
  must(c.ws->commit(away, "to the north"));
  c.sync(w.server);
  CHECK(must(c.replica->rejected()).empty());  // Ben made it, so Ben still sees it.
  Edit handed;
  handed.set(person, mine, person.owner, w.anna);
  must(c.ws->commit(handed, "handed over"));
  Edit onto;
  const Id note = c.ws->new_id();
  onto.create(activity, note);
  onto.set(activity, note, activity.person, hidden);
  onto.set(activity, note, activity.subject, std::string("on a hidden one"));
  must(c.ws->commit(onto, "note"));
  c.sync(w.server);
  const auto refused = must(c.replica->rejected());
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].reason.starts_with("You would no longer see the record"));
  CHECK(refused[1].reason.starts_with("You do not have access"));
  CHECK(must(c.replica->check()).empty());
  CHECK(must(w.server.authority->check()).empty());
}

TEST_CASE("a member becomes an administrator and stops being one; a team is removed") {
  Teams w;
  w.team_customer("Hushsecret");
  w.both();
  Edit up, down;
  up.set(member, w.ben, member.role, std::string("admin"));
  down.set(member, w.ben, member.role, std::string("member"));
  must(w.server.ws->commit(up, "role"));
  w.both();
  w.all_well();
  CHECK(found(*w.b.ws, "hushsecret") == 1);
  must(w.server.ws->commit(down, "role"));
  w.both();
  CHECK(found(*w.b.ws, "hushsecret") == 0);
  CHECK(files_holding("device-b", "Hushsecret").empty());
  w.put_in_team(w.ben, true);
  w.both();
  CHECK(found(*w.b.ws, "hushsecret") == 1);
  Edit gone;
  gone.trash(team, w.north);
  must(w.server.ws->commit(gone, "team removed"));
  w.both();
  CHECK(found(*w.b.ws, "hushsecret") == 0);
  CHECK(found(*w.a.ws, "hushsecret") == 1);  // Made by Anna.
}

TEST_CASE("rights change in the middle of a pull of many pages, or of a first load: nothing that came too early stays") {
  for (const bool first_load : {false, true}) {
    INFO(first_load);
    Teams w;
    w.put_in_team(w.ben, true);
    if (!first_load) w.both();
    for (int i = 0; i < 6; i++) w.team_customer("Hushsecret" + std::to_string(i));
    w.a.sync(w.server);
    DeviceNode c("device-c", 6, &w.time);
    c.sign_in(w.server, w.ben, "Ben's phone");
    DeviceNode& d = first_load ? c : w.b;
    const uint32_t device = d.replica->identity().device;
    bool complete = false;
    int page = 0;
    for (; !complete; page++) {
      if (page == 2) w.put_in_team(w.ben, false);
      REQUIRE(page < 200);
      const std::string bytes = must(w.server.authority->page(device, must(d.replica->cursor()), must(d.replica->acked_op_no()), 150)).bytes;
      if (page >= 2) CHECK(bytes.find("Hushsecret") == std::string::npos);
      complete = must(d.replica->receive(bytes));
    }
    REQUIRE(page > 3);
    CHECK(found(*d.ws, "hushsecret") == 0);
    CHECK(files_holding(d.path, "Hushsecret").empty());
    w.put_in_team(w.ben, true);
    d.sync(w.server);
    CHECK(digest(*d.ws) == digest(*w.server.ws));
  }
}

TEST_CASE("what belongs to a record that is not there is seen by its author only, until the record comes") {
  Teams w;
  const Id nowhere = w.a.ws->new_id(), point = w.a.ws->new_id();
  Edit edit;
  edit.create(contact_point, point);
  edit.set(contact_point, point, contact_point.person, nowhere);
  edit.set(contact_point, point, contact_point.city, std::string("Hushtown"));
  must(w.a.ws->commit(edit, "point"));
  w.both();
  CHECK(must(w.a.ws->count(contact_point)) == 1);
  CHECK(must(w.b.ws->count(contact_point)) == 0);
  Edit later;
  later.create(person, nowhere);
  later.set(person, nowhere, person.last_name, std::string("Comes"));
  must(w.a.ws->commit(later, "person"));
  w.both();
  CHECK(must(w.b.ws->count(contact_point)) == 1);
  w.all_well();
}

TEST_CASE("what is written into a private record that somebody had merged stays with those who see it") {
  Teams w;
  const Id loser = w.a.make_person("Zoe", "Loser"), winner = w.b.make_person("Zoe", "Winner");
  w.both();
  Edit merge;
  must(merge_records(*w.b.ws, merge, person, loser, winner, {}));
  must(w.b.ws->commit(merge, "merged"));
  w.both();
  w.set(w.a, loser, person.visibility, std::string("private"));
  w.both();
  w.set(w.a, loser, person.job_title, std::string("Hushjob"));
  w.both();
  CHECK(files_holding("device-b", "Hushjob").empty());
  Query open;
  for (const Record& c : must(w.a.ws->list(conflict, open))) CHECK(c.text(conflict.kept).empty());
  CHECK(w.a.get(person, loser, person.job_title) == "Hushjob");
  // Nor do the server's lists answer for it.
  Query words;
  words.search = "hushjob";
  words.scopes = must(w.server.authority->scopes_seen_by(w.ben));
  CHECK(must(w.server.ws->count(person, words)) == 0);
}

TEST_CASE("a cursor made up with another's grant gets no id of what its sender may not see") {
  Teams w;
  const Id id = w.team_customer("Hushsecret");
  w.both();
  const std::string own = must(w.b.replica->cursor());
  for (int grant = 1; grant < 6; grant++) {
    const std::string made = "p." + w.server.authority->epoch().text() + "." + std::to_string(grant) + ".0.0.0";
    const auto page = w.server.authority->page(w.b.replica->identity().device, made, 0, 1'000'000);
    if (page.ok()) CHECK(page->bytes.find(id.view()) == std::string::npos);
  }
  w.both();
  CHECK(must(w.b.replica->check()).empty());
}

TEST_CASE("a device whose cursor is not believed loads anew, also where everything fits into one page") {
  Teams w;
  w.put_in_team(w.ben, true);
  const Id id = w.team_customer("Hushsecret");
  w.both();
  w.put_in_team(w.ben, false);
  const std::string head = std::to_string(must(w.server.authority->head()));
  must(w.b.ws->tables().set_meta("cursor", "p." + w.server.authority->epoch().text() + ".99.99." + head + "." + head));
  w.b.sync(w.server);
  w.b.sync(w.server);
  CHECK_FALSE(must(w.b.ws->get(person, id)).has_value());
  CHECK(files_holding("device-b", "Hushsecret").empty());
  CHECK(must(w.b.replica->check()).empty());
}

TEST_CASE("a merged note never keeps its author's push from being taken") {
  Teams w;
  const Id id = w.a.make_person("Zoe", "Quist");
  w.set(w.a, id, person.notes, std::string("one two three"));
  w.both();
  // Anna, offline: hers alone, and a note. Meanwhile the owner is Ben, and the note another.
  w.a.clock.offset = -3'600'000;
  Edit mine;
  mine.set(person, id, person.visibility, std::string("private"));
  mine.set(person, id, person.owner, w.anna);
  mine.set(person, id, person.notes, std::string("zero one two three"));
  must(w.a.ws->commit(mine, "mine"));
  w.tick();
  Edit theirs;
  theirs.set(person, id, person.owner, w.ben);
  theirs.set(person, id, person.notes, std::string("one two three four"));
  must(w.server.ws->commit(theirs, "theirs"));
  w.a.sync(w.server);
  CHECK(must(w.a.replica->outbox().count()) == 0);
  CHECK(must(w.server.authority->check()).empty());
}

TEST_CASE("a pull over everything ends, however many erased records it has to tell of") {
  Teams w;
  w.put_in_team(w.ben, true);
  std::vector<Id> gone;
  for (int i = 0; i < 40; i++) gone.push_back(w.a.make_person("Gone", "Soon"));
  w.team_customer("Hushsecret");
  w.both();
  for (const Id& id : gone) must(w.server.authority->purge(person, id));
  w.both();
  w.put_in_team(w.ben, false);
  w.b.session->page_bytes_max = 200;
  w.b.sync(w.server);
  CHECK(found(*w.b.ws, "hushsecret") == 0);
}

TEST_CASE("what belongs to an activity that comes later is seen with it") {
  Teams w;
  const Id visit = w.a.ws->new_id(), photo = w.a.ws->new_id();
  Edit early;
  early.create(attachment, photo);
  early.set(attachment, photo, attachment.name, std::string("roof"));
  early.set(attachment, photo, attachment.activity, visit);
  must(w.a.ws->commit(early, "photo"));
  w.both();
  Edit later;
  later.create(activity, visit);
  later.set(activity, visit, activity.subject, std::string("visit"));
  must(w.a.ws->commit(later, "visit"));
  w.both();
  CHECK(must(w.b.ws->get(attachment, photo)).has_value());
  w.all_well();
}

TEST_CASE("with a person all that belongs to them is erased if asked for, on every device; with a company not its people") {
  Teams w;
  const Id id = w.team_customer("Hushsecret");
  const Id photo = w.a.ws->new_id(), firm = w.a.ws->new_id();
  Edit edit;
  edit.create(attachment, photo);
  edit.set(attachment, photo, attachment.activity, must(w.a.ws->list(activity, {})).at(0).id);
  edit.set(attachment, photo, attachment.name, std::string("Hushsecret.jpg"));
  edit.set(attachment, photo, attachment.sha256, std::string(64, 'a'));
  edit.set(attachment, photo, attachment.size, int64_t{1});
  edit.create(company, firm);
  edit.set(company, firm, company.name, std::string("Hushsecret Ltd"));
  edit.set(person, id, person.company, firm);
  must(w.a.ws->commit(edit, "photo"));
  w.both();
  SECTION("the person") {
    CHECK(must(w.server.authority->purge(person, id, Authority::Erase::everything)) == 5);  // Contact detail, task, activity, photo.
    w.both();
    CHECK(must(w.a.ws->count(activity)) == 0);
    CHECK(must(w.a.ws->count(task)) == 0);
    CHECK(must(w.a.ws->count(company)) == 1);
    for (const Entity* e : {static_cast<const Entity*>(&activity), static_cast<const Entity*>(&attachment)}) CHECK(must(w.server.ws->count(*e)) == 0);
  }
  SECTION("the person, with more than fits into one transaction") {
    for (int i = 0; i < 3; i++) {
      Edit visits;
      for (int k = 0; k < 200; k++) {
        const Id visit = w.a.ws->new_id();
        visits.create(activity, visit);
        visits.set(activity, visit, activity.subject, std::string("Visit"));
        visits.set(activity, visit, activity.person, id);
      }
      must(w.a.ws->commit(visits, "visits"));
    }
    w.both();
    CHECK(must(w.server.authority->purge(person, id, Authority::Erase::everything)) == 605);
    w.both();
    CHECK(must(w.a.ws->count(activity)) == 0);
  }
  SECTION("the company") {
    CHECK(must(w.server.authority->purge(company, firm, Authority::Erase::everything)) == 1);
    w.both();
    CHECK(must(w.a.ws->count(person)) == 1);
    CHECK(must(w.a.ws->count(activity)) == 1);
  }
  CHECK(must(w.server.authority->check()).empty());
  CHECK(must(w.a.replica->check()).empty());
}

TEST_CASE("an activity of an erased record does not become everyone's") {
  Teams w;
  const Id id = w.team_customer("Hushsecret");
  w.both();
  must(w.server.authority->purge(person, id));
  w.both();
  CHECK(must(w.a.ws->count(activity)) == 1);
  CHECK(must(w.b.ws->count(activity)) == 0);
  CHECK(must(w.server.authority->check()).empty());
}

TEST_CASE("a way of being visible that a newer version has is the narrowest to this one") {
  Record r(person);
  r.meta.created_by = Id{{1}};
  CHECK(audience_of(r).empty());
  r[person.visibility] = std::string("partners");
  CHECK(audience_of(r) == Audience{Id{{1}}});
  r[person.owner] = Id{{2}};
  CHECK(audience_of(r) == Audience{Id{{2}}});
}
