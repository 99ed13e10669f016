// An app that has not been updated, beside a server that has: what it cannot read yet is kept, and there at once when it can.

#include <catch_amalgamated.hpp>

#include "tests/sim/older_schema.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// Knows a person's job title, but neither notes nor tasks.
struct MiddlePerson : OlderPerson {
  Field job_title = text("job_title", "Job title", {.searchable = true});
};
const Schema& middle_schema() {
  static const MiddlePerson middle_person;
  static const Schema schema({&member, &company, &middle_person, &contact_point, &activity, &conflict, &team});
  return schema;
}

/// Ben's laptop runs the older app.
struct Old : Two {
  DeviceNode old{"device-old", 4, &time, older_schema()};
  Id zoe, call, gone;
  Old() {
    old.sign_in(server, ben, "Ben's old laptop");
    old.sync(server);
    zoe = a.make_person("Zoë", "Quist");
    Edit edit;
    edit.set(person, zoe, person.notes, std::string("prefers mornings"));
    for (Id* task_id : {&call, &gone}) {
      *task_id = a.ws->new_id();
      edit.create(task, *task_id);
      edit.set(task, *task_id, task.title, std::string("Call about the offer"));
      edit.set(task, *task_id, task.person, zoe);
    }
    must(a.ws->commit(edit, "made"));
    sync();
    // In parts: a register set, one cleared, a record changed, one moved to the trash, one erased.
    a.set(person, zoe, person.job_title, "Head of buying");
    a.set(person, zoe, person.notes, "");
    a.set(task, call, task.title, "Call about the better offer");
    sync();
    Edit trash;
    trash.trash(task, call);
    must(a.ws->commit(trash, "trashed"));
    sync();
    must(server.authority->purge(task, gone));
    sync();
  }
  void sync() {
    both();
    old.sync(server);
  }
  void update(const Schema& schema) {
    old.close();
    old.use(schema);
    old.open();
  }
  /// As the server has it, with the versions that later edits will name.
  void all_there() {
    CHECK(digest(*old.ws) == digest(*server.ws, &old.schema()));
    CHECK(must(old.replica->check()).empty());
    for (const Entity* entity : old.schema()) {
      const size_t here = static_cast<size_t>(old.schema().index_of(*entity)), there = static_cast<size_t>(server.ws->schema().index_of(entity->key));
      for (const Life life : {Life::live, Life::trashed}) {
        Query all;
        all.life = life;
        for (const Record& r : must(old.ws->list(*entity, all))) {
          const Row mine = *must(old.ws->rows(here).read_head(r.id)), theirs = *must(server.ws->rows(there).read_head(r.id));
          INFO(entity->key << " " << r.id.text());
          CHECK(mine.record.meta.seq == theirs.record.meta.seq);
          CHECK(mine.versions.of(life_register) == theirs.versions.of(life_register));
          for (const FieldDef& f : entity->fields)
            CHECK(mine.versions.of(old.ws->tables().key_no(here, f.leader)) == theirs.versions.of(server.ws->tables().key_no(there, server.ws->schema()[there].find(entity->fields[f.leader].key)->index)));
        }
      }
    }
  }
  bool kept(const std::string& text) { return MemoryDisk::the().files["device-old"].now.find(text) != std::string::npos || MemoryDisk::the().files["device-old-wal"].now.find(text) != std::string::npos; }
};

}  // namespace

TEST_CASE("what an app does not know yet is there at once after its update, without a network") {
  Old w;
  w.update(product_schema());
  w.all_there();
  CHECK(must(w.old.replica->cursor()).starts_with("p"));  // Nothing is loaded anew.
  CHECK(must(w.old.ws->get(task, w.call))->meta.life == Life::trashed);
  CHECK_FALSE(must(w.old.ws->get(task, w.gone)).has_value());
  Query words;
  words.search = "buying";
  CHECK(must(w.old.ws->count(person, words)) == 1);
  // Edits know what they saw: nobody is in conflict.
  w.old.set(person, w.zoe, person.job_title, "Chief buyer");
  w.sync();
  w.all_there();
  CHECK(must(w.server.ws->get(person, w.zoe))->text(person.job_title) == "Chief buyer");
  CHECK(w.open_conflicts(*w.server.ws).empty());
}

TEST_CASE("an app that is updated in steps keeps what the step between does not know") {
  Old w;
  w.update(middle_schema());
  w.all_there();
  w.a.set(person, w.zoe, person.notes, "on holiday");
  w.sync();
  w.update(product_schema());
  w.all_there();
  CHECK(must(w.old.ws->get(person, w.zoe))->text(person.notes) == "on holiday");
}

TEST_CASE("a field of another kind than the app knows is kept over a restart, until an update knows it") {
  struct OtherPerson : OlderPerson {
    Field job_title = choice("job_title", "Job title", {.choices = {"buyer", "seller"}});
  };
  static const OtherPerson other_person;
  static const Schema other_schema({&member, &company, &other_person, &contact_point, &activity, &conflict});
  Two w;
  DeviceNode old{"device-old", 4, &w.time, other_schema};
  old.sign_in(w.server, w.ben, "Ben's old laptop");
  const Id zoe = w.a.make_person("Zoë", "Quist");
  w.a.set(person, zoe, person.job_title, "Head of buying");
  w.both();
  old.sync(w.server);
  old.close();
  old.open();
  old.close();
  old.use(product_schema());
  old.open();
  CHECK(old.get(person, zoe, person.job_title) == "Head of buying");
}

TEST_CASE("a server that knows more than when its data began brings all of it to a device that loads it page by page") {
  TestClock time;
  ServerNode server("server", 1, &time, older_server_schema());
  const Id anna = server.ws->new_id();
  Edit joins;
  joins.create(member, anna);
  joins.set(member, anna, member.name, std::string("Anna"));
  must(server.ws->commit(joins, "member"));
  server.close();
  server.use(product_schema());  // Tasks are new, and come before attachments in it.
  server.open();
  for (int i = 0; i < 5; i++) {
    Edit edit;
    const Id todo = server.ws->new_id(), photo = server.ws->new_id();
    edit.create(task, todo);
    edit.set(task, todo, task.title, "to do " + std::to_string(i));
    edit.create(attachment, photo);
    edit.set(attachment, photo, attachment.name, "photo " + std::to_string(i));
    must(server.ws->commit(edit, "made"));
  }
  for (const size_t page_bytes : {100, 250, 1000, 100'000}) {
    CAPTURE(page_bytes);
    DeviceNode device("device-new", 4, &time);
    device.session->page_bytes_max = page_bytes;
    device.sign_in(server, anna, "new");
    device.sync(server);
    CHECK(digest(*device.ws) == digest(*server.ws));
  }
}

TEST_CASE("what builds on a change that an older server did not know is judged by what that one had seen") {
  TestClock time;
  ServerNode server("server", 1, &time, older_server_schema());
  const Id anna = server.ws->new_id(), point = server.ws->new_id();
  Edit made;
  made.create(member, anna);
  made.set(member, anna, member.name, std::string("Anna"));
  must(server.ws->commit(made, "member"));
  const OlderContactPoint& older = static_cast<const OlderContactPoint&>(server.schema()[static_cast<size_t>(server.schema().index_of("contact_point"))]);
  const auto in_office = [&](const std::string& city, bool creates) {
    Edit edit;
    if (creates) edit.create(older, point);
    edit.set(older, point, older.find("city")->index, city);
    must(server.ws->commit(edit, "office"));
  };
  in_office("Bonn", true);
  in_office("Berlin", false);
  DeviceNode device("device", 2, &time);
  device.sign_in(server, anna, "phone");
  device.sync(server);
  Edit edit;
  edit.set(contact_point, point, contact_point.city, std::string("Hamburg"));
  edit.set(contact_point, point, contact_point.place, std::string("M"));  // The server does not know this.
  must(device.ws->commit(edit, "arranged"));
  device.set(contact_point, point, contact_point.city, "Hamburg-Altona");
  device.sync(server);
  REQUIRE(must(device.replica->rejected()).size() == 1);
  CHECK(must(device.replica->rejected())[0].code == "unknown");
  CHECK(as_text((*must(server.ws->get(older, point))).values[older.find("city")->index]) == "Hamburg-Altona");
  CHECK(must(server.ws->count(conflict)) == 0);  // Berlin was before their eyes.
}

TEST_CASE("an app that was rolled back does not open what a newer one wrote: it would neither see nor erase all of it") {
  Old w;
  w.update(product_schema());
  w.old.close();
  const auto db = must(Database::open("device-old", MemoryDisk::name()));
  TestClock time;
  SeededRandom random(1);
  const auto opened = Workspace::open(*db, older_schema(), Side::device, time, random);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().message.find("newer version") != std::string::npos);
}

TEST_CASE("what goes from a device takes along what was kept of it aside") {
  Old w;
  w.a.set(person, w.zoe, person.notes, "a secret of Zoë’s");
  w.a.set(task, w.call, task.title, "a secret of the call’s");
  w.sync();
  REQUIRE(w.kept("a secret of Zoë’s"));
  REQUIRE(w.kept("a secret of the call’s"));
  SECTION("erased for everybody") { must(w.server.authority->purge(person, w.zoe)); }
  SECTION("kept to others") {
    const Id north = w.server.ws->new_id();
    Edit edit;
    edit.create(team, north);
    edit.set(team, north, team.name, std::string("North"));
    edit.set(team, north, team.members, tags_from({w.anna.text()}));
    edit.set(person, w.zoe, person.visibility, std::string("team"));
    edit.set(person, w.zoe, person.team, north);
    must(w.server.ws->commit(edit, "team"));
  }
  w.sync();
  CHECK(must(w.old.ws->rows(static_cast<size_t>(w.old.schema().index_of("person"))).find(w.zoe)) == 0);
  CHECK_FALSE(w.kept("a secret of Zoë’s"));
  CHECK_FALSE(w.kept("a secret of the call’s"));
  CHECK(must(w.old.replica->check()).empty());
}

TEST_CASE("what was kept aside of a history that is lost is not believed after an update") {
  Old w;
  w.backup();
  w.a.set(person, w.zoe, person.notes, "lost");
  w.a.set(task, w.call, task.title, "lost");
  w.sync();
  w.restore();
  SECTION("updated before it has loaded the new one") {
    w.old.sync(w.server);
    w.update(product_schema());
  }
  SECTION("updated before it has heard of it") { w.update(product_schema()); }
  w.sync();
  w.sync();
  w.all_there();
}

TEST_CASE("an app of before, which kept nothing aside, loads everything once after its update") {
  Old w;
  must(w.old.ws->tables().set_meta_int("unknown_kept", 0));
  must(w.old.ws->tables().db().execute("DELETE FROM unknown"));
  w.update(product_schema());
  CHECK(must(w.old.replica->cursor()).empty());
  w.sync();
  w.all_there();
}
