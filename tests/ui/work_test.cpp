// What a person typed, pressed or photographed is never lost, and never goes astray: forms, drafts, undo, photos.

#include "tests/ui/phone.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {
/// Somebody else's change of one field, and it has come.
void others_write(Phone& p, const Id& id, Field f, Value v) {
  Edit edit;
  edit.set(person, id, f, std::move(v));
  must(p.server.ws->commit(edit, "theirs"));
  p.app->sync_soon();
  p.settle();
}
}  // namespace

TEST_CASE("what was done before going on is done on the screen it was meant for") {
  Phone p;
  p.go("/people/new");
  p.type("First name", "Zoë");
  // A slow frame: typing, saving and going on all arrive before it.
  p.app->kit.on_value(p.at(Role::textbox, "Last name").id, "Quist");
  p.app->kit.on_activate(p.at(Role::button, "Save").id);
  p.app->kit.on_visit("/companies");
  p.platform.told.clear();
  p.settle();
  CHECK(p.app->route.url == "/companies");
  CHECK(p.platform.told.empty());  // The page is there already.
  CHECK(must(p.server.ws->list(person, {})).at(0).text(person.last_name) == "Quist");

  // Saved, and pressed again out of impatience: one person, and nothing is left in the form.
  p.go("/people/new");
  p.type("Last name", "Once");
  for (int i = 0; i < 2; i++) p.app->kit.on_activate(p.at(Role::button, "Save").id);
  p.app->kit.on_value(p.at(Role::textbox, "Last name").id, "Late");
  p.app->kit.on_visit("/companies");
  p.settle();
  CHECK(must(p.server.ws->count(person)) == 2);
  p.go("/people/new");
  CHECK(p.at(Role::textbox, "Last name").value.empty());

  // What was typed into one form is not taken for the other's, whose fields look the same.
  const Id other = p.device.make_person("Ben", "Cash");
  p.go("/people/new");
  p.app->kit.on_value(p.at(Role::textbox, "Last name").id, "Half typed");
  p.app->kit.on_visit("/people/" + other.text() + "/edit");
  p.settle();
  CHECK(p.at(Role::textbox, "Last name").value == "Cash");
  p.go("/people/new");
  CHECK(p.at(Role::textbox, "Last name").value == "Half typed");
}

TEST_CASE("a photo goes to the record it was taken for, and counts as unsent until its bytes are there") {
  Phone p;
  const Id zoe = p.device.make_person("Zoë", "Quist"), ben = p.device.make_person("Ben", "Cash");
  p.app->sync_soon();
  p.settle();
  p.online = false;
  p.go("/people/" + zoe.text());
  const std::string to = p.at(Role::file, "Take a photo").href;
  p.go("/people/" + ben.text());  // While the picture was made smaller.
  p.app->on_attachment(to, "roof.jpg", "image/jpeg", std::string(64, 'a'), "bytes");
  p.settle();
  CHECK(must(p.device.ws->children(attachment, attachment.person, zoe)).size() == 1);
  // The record of it is sent, its bytes are not.
  p.online = true;
  p.device.sync(p.server);
  p.online = false;
  p.settle();
  REQUIRE(p.app->pending_ops() == 0);
  REQUIRE(must(p.app->blobs.to_send()).size() == 1);
  p.go("/sync");
  CHECK_FALSE(p.find(Role::text, "Everything you changed is on the server"));
  CHECK(p.find(Role::listitem, "Photo or file: roof.jpg"));
  // For a server without room, say: a browser that may drop it is warned of after a day.
  CHECK_FALSE(p.find(Role::status, "on this device only"));
  p.time.now += 2 * 86'400'000;
  p.go("/");
  CHECK(p.find(Role::status, "on this device only"));
  p.app->around.persisted = true;
  p.go("/sync");
  CHECK_FALSE(p.find(Role::status, "on this device only"));
  p.go("/settings");
  CHECK(p.find(Role::text, "Only on this device: 1"));
  p.press("Sign out");
  CHECK(p.find(Role::dialog, "Sign out and leave work here?"));
  CHECK(p.find(Role::text, "Photos or files not sent: 1"));
  CHECK(p.find(Role::text, "What is not sent is sent when you sign in"));
  CHECK_FALSE(p.find(Role::text, "Forms not saved"));
}

TEST_CASE("what others wrote while a form was open is not overruled unseen") {
  Phone p;
  const Id id = p.device.make_person("Ada", "Byron");
  Edit edit;
  edit.set(person, id, person.job_title, std::string("Buyer"));
  edit.set(person, id, person.notes, std::string("one two three"));
  edit.set(person, id, person.tag_set, tags_from({"vip"}));
  must(p.device.ws->commit(edit, "made"));
  p.app->sync_soon();
  p.settle();
  const std::string form = "/people/" + id.text() + "/edit";
  p.go(form);
  p.type("Job title", "Mine");
  p.type("Notes", "one two three mine", Role::textarea);
  p.type("Tags", "vip, mine");
  const auto theirs = [&] {
    others_write(p, id, person.job_title, std::string("Theirs"));
    others_write(p, id, person.notes, std::string("theirs one two three"));
    others_write(p, id, person.tag_set, tags_from({"vip", "theirs"}));
  };
  SECTION("the form stays open") { theirs(); }
  SECTION("the draft waits, over a restart too") {
    p.go("/");
    theirs();
    p.go(form);
    CHECK(p.at(Role::textbox, "Job title").value == "Mine");
  }
  p.press("Save");
  const Record now = *must(p.server.ws->get(person, id));
  CHECK(now.text(person.job_title) == "Mine");
  CHECK(now.text(person.notes) == "theirs one two three mine");
  CHECK(now.text(person.tag_set) == "mine; theirs; vip");
  const std::vector<Record> conflicts = must(p.server.ws->list(conflict, {}));
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].text(conflict.lost) == "Theirs");
}

TEST_CASE("who is writing in a form is told what others make of it") {
  Phone p;
  const Id id = p.device.make_person("Ada", "Byron");
  p.device.set(person, id, person.job_title, "Buyer");
  p.app->sync_soon();
  p.settle();
  p.go("/people/" + id.text() + "/edit");
  p.type("Job title", "Mine");
  p.type("Notes", "mine", Role::textarea);
  others_write(p, id, person.first_name, std::string("Augusta"));
  CHECK(p.at(Role::textbox, "First name").value == "Augusta");  // Nothing was written there.
  CHECK_FALSE(p.find(Role::text, "Changed meanwhile"));
  others_write(p, id, person.job_title, std::string("Theirs"));
  others_write(p, id, person.notes, std::string("theirs"));
  CHECK(p.at(Role::textbox, "Job title").value == "Mine");
  CHECK(p.find(Role::text, "Changed meanwhile: Theirs"));
  CHECK(p.find(Role::text, "both texts are merged"));
  SECTION("theirs is used") {
    p.press("Use Theirs");
    CHECK(p.at(Role::textbox, "Job title").value == "Theirs");
    CHECK_FALSE(p.find(Role::text, "Changed meanwhile"));
    p.press("Save");
    CHECK(must(p.server.ws->get(person, id))->text(person.job_title) == "Theirs");
  }
  SECTION("both came to the same") {
    others_write(p, id, person.job_title, std::string("Mine"));
    CHECK_FALSE(p.find(Role::text, "Changed meanwhile"));
    p.press("Save");
  }
  CHECK(must(p.server.ws->list(conflict, {})).empty());
  const Record now = *must(p.server.ws->get(person, id));
  CHECK(now.text(person.first_name) == "Augusta");
  CHECK(now.text(person.notes).find("mine") != std::string::npos);
  CHECK(now.text(person.notes).find("theirs") != std::string::npos);
}

TEST_CASE("what is typed before the page shows what others made of it does not overrule it unseen") {
  Phone p;
  const Id id = p.device.make_person("Ada", "Byron");
  Edit edit;
  edit.set(person, id, person.job_title, std::string("Buyer"));
  edit.set(person, id, person.tag_set, tags_from({"vip"}));
  must(p.device.ws->commit(edit, "made"));
  p.app->sync_soon();
  p.settle();
  p.go("/people/" + id.text() + "/edit");
  const uint32_t title = p.at(Role::textbox, "Job title").id, tags = p.at(Role::textbox, "Tags").id, call = p.at(Role::checkbox, "Do not call").id;
  const uint64_t shown = p.app->kit.semantics().told();
  others_write(p, id, person.job_title, std::string("Theirs"));
  others_write(p, id, person.tag_set, tags_from({"vip", "theirs"}));
  others_write(p, id, person.do_not_call, int64_t{1});
  p.app->kit.on_value(title, "Mine", shown);
  p.app->kit.on_value(tags, "vip, mine", shown);
  p.app->kit.on_activate(call, true);
  p.settle();
  CHECK(p.find(Role::text, "Changed meanwhile: Theirs"));
  CHECK(p.at(Role::checkbox, "Do not call").checked);
  p.press("Save");
  const Record now = *must(p.server.ws->get(person, id));
  CHECK(now.text(person.job_title) == "Mine");
  CHECK(now.text(person.tag_set) == "mine; theirs; vip");
  const std::vector<Record> conflicts = must(p.server.ws->list(conflict, {}));
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].text(conflict.lost) == "Theirs");
}

TEST_CASE("of what belongs together all that others made is shown, and chosen as one") {
  Phone p;
  const Id todo = p.device.ws->new_id();
  Edit edit;
  edit.create(task, todo);
  edit.set(task, todo, task.title, std::string("Call"));
  edit.set(task, todo, task.owner, p.me);
  edit.set(task, todo, task.due_on, must(parse_value(task.at(task.due_on), "2026-12-01")));
  must(p.device.ws->commit(edit, "made"));
  p.app->sync_soon();
  p.settle();
  p.go("/task/" + todo.text() + "/edit");
  p.type("Due on", "2026-12-05", Role::date);
  edit = {};
  edit.set(task, todo, task.due_on, must(parse_value(task.at(task.due_on), "2026-12-01")));
  edit.set(task, todo, task.due_at, must(parse_value(task.at(task.due_at), "2026-12-01T08:00:00.000Z")));
  edit.set(task, todo, task.due_zone, std::string("Europe/Berlin"));
  must(p.server.ws->commit(edit, "others"));
  p.app->sync_soon();
  p.settle();
  CHECK(p.find(Role::text, "Changed meanwhile: "));
  p.press("Use theirs for all of it");
  CHECK(p.at(Role::date, "Due on").value == "2026-12-01");
  CHECK_FALSE(p.find(Role::text, "Changed meanwhile"));
}

TEST_CASE("a note that was written in before two changes of others came loses neither") {
  Phone p;
  const Id id = p.device.make_person("Ada", "Byron");
  p.device.set(person, id, person.notes, "start");
  p.app->sync_soon();
  p.settle();
  p.go("/people/" + id.text() + "/edit");
  const uint32_t notes = p.at(Role::textarea, "Notes").id;
  const uint64_t shown = p.app->kit.semantics().told();
  others_write(p, id, person.notes, std::string("start second"));
  others_write(p, id, person.notes, std::string("start second third"));
  for (const char* text : {"m start", "mi start", "mine start"}) {
    p.app->kit.on_value(notes, text, shown);
    p.settle();
  }
  p.press("Save");
  CHECK(must(p.server.ws->get(person, id))->text(person.notes) == "mine start second third");
  CHECK(must(p.server.ws->list(conflict, {})).empty());
}

TEST_CASE("who is writing in a form is told when the record goes") {
  Phone p;
  const Id id = p.device.make_person("Ada", "Byron");
  p.app->sync_soon();
  p.settle();
  p.go("/people/" + id.text() + "/edit");
  p.type("Job title", "Mine");
  Edit edit;
  edit.trash(person, id);
  must(p.server.ws->commit(edit, "trash"));
  p.app->sync_soon();
  p.settle();
  CHECK(p.find(Role::status, "moved to the trash meanwhile"));
  must(p.server.authority->purge(person, id));
  p.app->sync_soon();
  p.settle();
  CHECK(p.find(Role::status, "does not exist any more"));
  CHECK(p.at(Role::textbox, "Job title").value == "Mine");
}

TEST_CASE("a form that is come back to shows what is there by then") {
  Phone p;
  const Id id = p.device.make_person("Ada", "Byron");
  p.app->sync_soon();
  p.settle();
  const std::string at = "/people/" + id.text();
  p.go(at + "/edit");
  p.go(at);
  others_write(p, id, person.job_title, std::string("Theirs"));
  p.go(at + "/edit");
  CHECK(p.at(Role::textbox, "Job title").value == "Theirs");
}

TEST_CASE("undo takes back what it says, and what others wrote since is asked about") {
  Phone p;
  const Id ada = p.device.make_person("Ada", "Byron"), ben = p.device.make_person("Ben", "Cash");
  p.device.set(person, ada, person.job_title, "First");
  p.app->sync_soon();
  p.settle();
  p.go("/people/" + ben.text());
  p.press("Delete");
  p.go("/people/" + ada.text() + "/edit");
  p.press("Save");  // Nothing was changed.
  CHECK_FALSE(p.find(Role::button, "Undo"));
  p.go("/people/" + ada.text() + "/edit");
  p.type("Job title", "Second");
  p.press("Save");
  others_write(p, ada, person.job_title, std::string("Theirs"));
  p.press("Undo");
  CHECK(must(p.server.ws->get(person, ada))->text(person.job_title) == "First");
  const std::vector<Record> conflicts = must(p.server.ws->list(conflict, {}));
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].text(conflict.lost) == "Theirs");
}

TEST_CASE("a draft of something new is of the customer it was begun for") {
  Phone p;
  const Id ada = p.device.make_person("Ada", "Byron"), ben = p.device.make_person("Ben", "Cash");
  const auto form = [&](const Id& id, const char* type) { p.go("/contact_point/new?person=" + id.text() + "&type=" + type); };
  form(ada, "phone");
  p.type("Phone", "+44 20 7946 0018");
  form(ben, "email");
  CHECK_FALSE(p.find(Role::textbox, "Phone"));
  form(ben, "phone");
  CHECK(p.at(Role::textbox, "Phone").value.empty());
  p.type("Phone", "+44 20 7946 0099");
  p.press("Save");
  CHECK(must(p.device.ws->children(contact_point, contact_point.person, ben)).size() == 1);
  CHECK(must(p.device.ws->children(contact_point, contact_point.person, ada)).empty());
  form(ada, "phone");
  CHECK(p.at(Role::textbox, "Phone").value == "+44 20 7946 0018");
  // With the person goes what was typed about them, also if typing goes on.
  p.app->sync_soon();
  p.settle();
  p.go("/people/" + ada.text() + "/edit");
  p.type("Notes", "secret words", Role::textarea);
  must(p.server.authority->purge(person, ada));
  p.app->sync_soon();
  p.settle();
  p.type("Notes", "secret words and more", Role::textarea);
  Statement left = p.device.db->prepare("SELECT count(*) FROM draft");
  REQUIRE(left.step());
  CHECK(left.integer(0) == 0);
}

TEST_CASE("what is typed stays when a record that it names only in a field is erased") {
  Phone p;
  const Id acme = p.device.ws->new_id(), ada = p.device.make_person("Ada", "Byron");
  Edit edit;
  edit.create(company, acme);
  edit.set(company, acme, company.name, std::string("Acme"));
  must(p.device.ws->commit(edit, "Acme"));
  p.app->sync_soon();
  p.settle();
  const std::string begun[] = {"/people/new", "/people/" + ada.text() + "/edit"};
  for (const std::string& form : begun) {
    p.go(form);
    p.type("Last name", "Half");
    p.type("Company", acme.text(), Role::select);
  }
  p.go("/");
  must(p.server.authority->purge(company, acme));
  p.app->sync_soon();
  p.settle();
  for (const std::string& form : begun) {
    p.go(form);
    CHECK(p.at(Role::textbox, "Last name").value == "Half");
    CHECK(p.at(Role::select, "Company").value.empty());
  }
  p.press("Save");
  p.app->sync_soon();
  p.settle();
  CHECK(must(p.server.ws->get(person, ada))->text(person.last_name) == "Half");
  CHECK(must(p.device.replica->outbox().rejected()).empty());
}

TEST_CASE("a form that was begun is found again, and signing out asks about it") {
  Phone p;
  const Id ada = p.device.make_person("Ada", "Byron");
  p.app->sync_soon();
  p.settle();
  p.go("/people/new");
  p.type("Last name", "Half");
  p.go("/contact_point/new?person=" + ada.text() + "&type=phone");
  p.type("Phone", "+44 20");
  p.go("/people/" + ada.text() + "/edit");
  p.type("Job title", "Countess");
  p.go("/people/" + ada.text() + "/edit");
  p.type("Job title", "");  // As it was: nothing is begun.
  p.go("/settings");
  CHECK(p.find(Role::text, "Only on this device: 2"));
  p.press("Sign out");
  CHECK(p.find(Role::dialog, "Sign out and leave work here?"));
  CHECK(p.find(Role::text, "Forms not saved: 2"));
  CHECK_FALSE(p.find(Role::text, "is sent when you sign in"));
  p.go("/");
  CHECK(p.at(Role::link, "Half").href == "/people/new");
  p.go(p.at(Role::link, "New contact detail").href);
  CHECK(p.at(Role::textbox, "Phone").value == "+44 20");
  p.press("Cancel");
  p.go("/people/new");
  p.press("Save");
  p.go("/");
  CHECK_FALSE(p.find(Role::list, "Begun and not saved"));
}

TEST_CASE("a begun form is found again whatever its address said") {
  Phone p;
  const std::string address = "/people/new?last_name=Who%3F%20%26%20Co%3D1%25&job_title=A?b";
  p.go(address);
  p.type("First name", "Ada");
  p.go("/");
  p.go(p.at(Role::link, "Ada").href);
  CHECK(p.at(Role::textbox, "First name").value == "Ada");
  CHECK(p.at(Role::textbox, "Last name").value == "Who? & Co=1%");
  CHECK(p.at(Role::textbox, "Job title").value == "A?b");
  // As it was kept once.
  must(p.device.db->execute("UPDATE draft SET key='person/new?last_name=M\xC3\xBCller'"));
  p.go("/");
  p.go(p.at(Role::link, "Ada").href);
  CHECK(p.at(Role::textbox, "First name").value == "Ada");
  CHECK(p.at(Role::textbox, "Last name").value == "M\xC3\xBCller");
  p.type("Middle name", "K.");
  p.press("Cancel");
  p.go("/");
  CHECK_FALSE(p.find(Role::list, "Begun and not saved"));
}

TEST_CASE("the form of a record that is gone says so") {
  Phone p;
  for (const char* kind : {"people", "companies", "task", "activity", "contact_point"}) {
    p.go(std::string("/") + kind + "/" + p.device.ws->new_id().text() + "/edit");
    INFO(kind);
    CHECK(p.find(Role::text, "does not exist any more"));
  }
}

TEST_CASE("a team that is opened once more has its members") {
  Phone p;
  const Id north = p.server.ws->new_id();
  Edit edit;
  edit.create(team, north);
  edit.set(team, north, team.name, std::string("North"));
  edit.set(team, north, team.members, tags_from({p.me.text()}));
  must(p.server.ws->commit(edit, "team"));
  p.app->sync_soon();
  p.settle();
  for (int i = 0; i < 2; i++) {
    p.go("/teams/" + north.text());
    CHECK(p.at(Role::textbox, "Name").value == "North");
    CHECK(p.at(Role::checkbox, "Anna Berg").checked);
    p.go("/teams");
  }
}

TEST_CASE("the bytes of a photo that was refused can be saved, and go when its author has looked") {
  Phone p;
  const Id ben = p.server.ws->new_id(), id = p.server.ws->new_id();
  Edit edit;
  edit.create(member, ben);
  edit.set(member, ben, member.name, std::string("Ben"));
  edit.create(person, id);
  edit.set(person, id, person.last_name, std::string("Quist"));
  edit.set(person, id, person.owner, ben);
  must(p.server.ws->commit(edit, "Ben's"));
  p.app->sync_soon();
  p.settle();
  p.online = false;
  p.app->on_attachment("/people/" + id.text(), "roof.jpg", "image/jpeg", std::string(64, 'a'), "bytes");
  p.settle();
  others_write(p, id, person.visibility, std::string("private"));
  p.online = true;
  p.app->sync_soon();
  p.settle();
  p.time.now += 2 * 86'400'000;
  p.go("/sync");
  CHECK(p.find(Role::status, "on this device only"));
  p.press("Save the file");
  CHECK(p.platform.saved.back() == std::pair<std::string, std::string>("roof.jpg", "bytes"));
  p.press("Dismiss");
  CHECK(p.app->only_here().total() == 0);
  CHECK(p.find(Role::text, "Everything you changed is on the server"));
}

TEST_CASE("presses are taken one after the other") {
  Phone p;
  p.go("/people/new");
  p.type("Last name", "Berg");
  p.press("Save");
  p.app->kit.on_activate(p.at(Role::button, "Delete").id);
  p.app->kit.on_activate(p.at(Role::button, "Delete").id);  // Pressed twice: the second finds another screen.
  p.settle();
  CHECK(must(p.device.ws->count(person)) == 0);
  CHECK(p.find(Role::button, "Undo"));
}

TEST_CASE("a save that is reported as failed on a full disk did not happen") {
  // The disk fills up after one write more each time, until the save goes through.
  for (int64_t writes = 0; writes < 60; writes++) {
    Phone p;
    p.online = false;
    p.go("/people/new");
    p.type("Last name", "Berg");
    MemoryDisk::the().writes_until_full = writes;
    p.press("Save");
    MemoryDisk::the().writes_until_full = -1;
    const bool failed = p.find(Role::status, "disk is full");
    INFO("after " << writes << " writes");
    CHECK(must(p.device.ws->count(person)) == (failed ? 0 : 1));
    CHECK(must(p.device.replica->check()).empty());
    if (!failed) return;
    p.press("Save");
    CHECK(must(p.device.ws->count(person)) == 1);
  }
  FAIL("the save never went through");
}

TEST_CASE("what cannot be saved is said at the field, and a draft outlives the app") {
  Phone p;
  p.go("/companies/new");
  p.type("Annual revenue", "a lot");
  p.press("Save");
  CHECK(p.at(Role::textbox, "Annual revenue").invalid);
  CHECK(p.at(Role::textbox, "Annual revenue").description.find("write an amount") != std::string::npos);
  p.type("Name", "Acme");
  p.app->form_for.clear();  // As after a reload: nothing of the form is in memory.
  p.go("/companies");
  p.go("/companies/new");
  CHECK(p.at(Role::textbox, "Name").value == "Acme");
  p.type("Annual revenue", "1250.00 EUR");
  p.press("Save");
  CHECK(must(p.server.ws->count(company)) == 1);
  p.go("/companies/new");
  CHECK(p.at(Role::textbox, "Name").value.empty());
}
