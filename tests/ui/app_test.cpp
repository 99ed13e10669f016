// The app without a screen: what a person finds by role and name, does, and then sees.

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "shared/exchange/columns.h"
#include "tests/ui/phone.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("a person is added, found, changed, deleted and brought back by undo") {
  Phone p;
  p.follow("People");
  p.follow("Add a person");
  p.type("First name", "Zoë");
  p.type("Last name", "張偉");
  p.press("Save");
  CHECK(p.find(Role::heading, "Zoë 張偉"));
  CHECK(p.find(Role::status, "Zoë 張偉 added"));
  CHECK(must(p.server.ws->count(person)) == 1);

  p.go("/people");
  p.type("Search", "偉", Role::searchbox);
  CHECK(p.find(Role::link, "Zoë 張偉"));
  p.type("Search", "nobody", Role::searchbox);
  CHECK_FALSE(p.find(Role::link, "Zoë 張偉"));
  CHECK(p.find(Role::text, "Nothing found for “nobody”"));
  p.type("Search", "zoe", Role::searchbox);
  p.follow("Zoë 張偉");
  p.press("Delete");
  CHECK(p.app->route.url == "/people");
  CHECK(must(p.device.ws->count(person)) == 0);
  p.press("Undo");
  CHECK(must(p.device.ws->count(person)) == 1);
  CHECK(must(p.server.ws->count(person)) == 1);
}

TEST_CASE("erasing for good takes what belongs to a customer along, unless one says otherwise") {
  Phone p;
  const Id id = p.device.make_person("Zoë", "Quist"), call = p.device.ws->new_id();
  Edit edit;
  edit.create(task, call);
  edit.set(task, call, task.title, std::string("Call about the offer"));
  edit.set(task, call, task.person, id);
  edit.trash(person, id);
  must(p.device.ws->commit(edit, "made"));
  p.go("/trash");
  p.press("Erase Zoë Quist for good");
  REQUIRE(p.at(Role::checkbox, "Its tasks and activities too (1)").checked);
  const auto asked = [&] {
    p.app->kit.on_activate(p.at(Role::button, "Erase for good").id);
    p.frame();
    for (const Headless::Request& r : p.platform.requests)
      if (r.path.find("/purge") != std::string::npos) return r.path.substr(r.path.find("/purge"));
    return std::string();
  };
  SECTION("as it is") { CHECK(asked() == "/purge?with=everything"); }
  SECTION("kept") {
    p.app->kit.on_activate(p.at(Role::checkbox, "Its tasks and activities too").id);
    p.settle();
    CHECK(asked() == "/purge");
  }
}

TEST_CASE("a task is due on a day, or at a moment of another time zone") {
  Phone p;
  p.app->around.zone = "Europe/London";
  p.app->around.zones = {"Europe/Berlin", "Europe/London"};
  p.time.now = 1'790'000'000'000;  // 2026-09-21, 14:13 UTC
  p.go("/task/new");
  p.type("Title", "Call about the offer");
  CHECK_FALSE(p.find(Role::select, "Time zone"));
  p.type("Due on", "2026-09-22", Role::date);
  p.type("At", "14:00");
  p.type("Time zone", "Europe/Berlin", Role::select);
  CHECK(p.at(Role::textbox, "At").value == "14:00");
  p.press("Save");
  const Record t = must(p.server.ws->list(task, {})).at(0);
  CHECK(t.text(task.due_at) == "2026-09-22T12:00:00.000Z");
  CHECK(t.text(task.due_on) == "2026-09-22");
  CHECK(t.text(task.due_zone) == "Europe/Berlin");
  p.go("/");
  CHECK(p.find(Role::link, "Call about the offer, Tomorrow, 13:00"));  // On London's clocks.
  p.go("/task/" + t.id.text());
  CHECK(p.find(Role::text, "22 Sep 2026, 14:00 (Europe/Berlin)"));

  // The day moves across the end of summer time: the clock time stays, the moment does not.
  p.go("/task/" + t.id.text() + "/edit");
  p.type("Due on", "2026-11-22", Role::date);
  p.press("Save");
  CHECK(must(p.server.ws->list(task, {})).at(0).text(task.due_at) == "2026-11-22T13:00:00.000Z");
  p.go("/task/" + t.id.text() + "/edit");
  p.type("At", "");
  p.press("Save");
  const Record by_day = must(p.server.ws->list(task, {})).at(0);
  CHECK(by_day.text(task.due_on) == "2026-11-22");
  CHECK(is_empty(by_day[task.due_at]));
  CHECK(is_empty(by_day[task.due_zone]));
}

TEST_CASE("a wrong clock is told and hinders nothing") {
  Phone p;
  CHECK_FALSE(p.find(Role::status, "clock is"));
  p.device.clock.offset = 3 * 3'600'000;
  p.app->sync_soon();
  p.settle();
  p.go("/");
  CHECK(p.find(Role::status, "3 hours ahead"));
  p.go("/people/new");
  p.type("Last name", "Berg");
  p.press("Save");
  CHECK(must(p.server.ws->count(person)) == 1);
  p.device.clock.offset = 0;
  p.app->sync_soon();
  p.settle();
  p.go("/sync");
  CHECK_FALSE(p.find(Role::status, "clock is"));
}

TEST_CASE("what was changed while another deleted it is asked about, and restored on request") {
  Phone p;
  p.go("/people/new");
  p.type("Last name", "Berg");
  p.press("Save");
  const Id id = must(p.device.ws->list(person, {})).at(0).id;
  p.online = false;
  p.go("/people/" + id.text() + "/edit");
  p.type("Job title", "Buyer");
  p.press("Save");
  Edit trash;
  trash.trash(person, id);
  must(p.server.ws->commit(trash, "API"));
  p.online = true;
  p.app->sync_soon();
  p.settle();
  p.go("/sync");
  CHECK(p.find(Role::text, "Changed, not knowing that it was deleted"));
  p.press("Restore");
  CHECK(must(p.server.ws->get(person, id))->meta.life == Life::live);
  CHECK(must(p.server.ws->get(person, id))->text(person.job_title) == "Buyer");
  CHECK_FALSE(p.find(Role::button, "Leave it in the trash"));
}

TEST_CASE("a customer is kept to a team and to whom it is shared with, and made everyone's again") {
  Phone p;
  const Id ben = p.server.ws->new_id(), north = p.server.ws->new_id();
  Edit edit;
  edit.create(member, ben);
  edit.set(member, ben, member.name, std::string("Ben Cash"));
  edit.create(team, north);
  edit.set(team, north, team.name, std::string("North"));
  edit.set(team, north, team.members, tags_from({p.me.text()}));
  must(p.server.ws->commit(edit, "team"));
  const Id id = p.device.make_person("Zoë", "Quist");
  p.app->sync_soon();
  p.settle();
  p.go("/people/" + id.text());
  p.follow("Visible to everyone");
  p.type("Visible to", north.text(), Role::select);
  p.app->kit.on_activate(p.at(Role::checkbox, "Ben Cash").id);
  p.settle();
  p.go("/people/" + id.text());
  CHECK(p.find(Role::link, "Visible to North and 1 more"));
  CHECK(must(p.server.authority->sees(ben, person, id)));
  p.go("/people/" + id.text() + "/access");
  p.type("Visible to", "private", Role::select);
  p.go("/people/" + id.text());
  CHECK(p.find(Role::link, "Visible to you and 1 more"));
  p.go("/people/" + id.text() + "/access");
  p.type("Visible to", "everyone", Role::select);
  p.go("/people/" + id.text());
  CHECK(p.find(Role::link, "Visible to everyone"));
  p.go("/teams");
  CHECK(p.find(Role::link, "North"));
}

TEST_CASE("a first load shows how far it is, and nothing half; work that waits for days in a browser that may drop it is warned about") {
  Phone p;
  for (int i = 0; i < 40; i++) {
    Edit edit;
    const Id id = p.server.ws->new_id();
    edit.create(person, id);
    edit.set(person, id, person.last_name, "Loaded " + std::to_string(i));
    must(p.server.ws->commit(edit, "made"));
  }
  DeviceNode fresh("ui-fresh", 7, &p.time);
  fresh.sign_in(p.server, p.me, "new phone");
  fresh.session->page_bytes_max = 300;
  App app(p.platform, *fresh.db, *fresh.ws, *fresh.replica);
  app.session.page_bytes_max = 300;
  app.on_route("/people");
  app.sync_soon();
  const auto shows = [&](Role role, const std::string& name) {
    double wait = 0;
    app.draw(390, 844, 0, wait);
    for (const SemanticNode& n : app.kit.semantics().nodes())
      if (n.role == role && n.name.find(name) != std::string::npos) return true;
    return false;
  };
  for (int i = 0; i < 3; i++) {
    const Headless::Request r = p.platform.requests.at(0);
    p.platform.requests.clear();
    const auto [status, body] = p.server.answer(fresh.replica->identity().device, {r.method, r.path, r.body});
    app.on_fetched(r.number, status, body);
  }
  CHECK(shows(Role::progressbar, "of about 41 records"));
  CHECK_FALSE(shows(Role::link, "Loaded"));
  p.platform.requests.clear();
  app.session.failed();
  CHECK(shows(Role::button, "Go on loading"));

  p.online = false;
  p.device.make_person("Only", "Here");
  p.go("/");
  CHECK_FALSE(p.find(Role::button, "Ask the browser to keep them"));
  p.time.now += int64_t{2} * 86'400'000;
  p.go("/");
  CHECK(p.find(Role::button, "Ask the browser to keep them"));
}

TEST_CASE("two records that are the same are merged, found by either name, and separated again") {
  Phone p;
  const Id x = p.device.make_person("Zoe", "Quist"), y = p.device.make_person("Zoë", "Quist-Berg");
  p.device.set(person, x, person.job_title, "Buyer");
  p.go("/people/" + y.text());
  p.follow("Merge with another record");
  p.type("Search", "quist", Role::searchbox);
  p.follow("Zoe Quist");
  CHECK(p.find(Role::select, "First name"));
  p.type("First name", "other", Role::select);
  p.press("Merge");
  CHECK(p.app->route.url == "/people/" + y.text());
  CHECK(p.device.get(person, y, person.first_name) == "Zoe");
  CHECK(p.device.get(person, y, person.job_title) == "Buyer");
  CHECK(p.find(Role::list, "Merged from"));
  p.go("/people/" + x.text());  // A link somebody kept.
  CHECK(p.app->route.url == "/people/" + y.text());
  p.go("/people");
  CHECK(must(p.device.ws->count(person)) == 1);
  p.go("/people/" + y.text());
  p.press("Separate");
  CHECK(must(p.device.ws->count(person)) == 2);
  CHECK_FALSE(p.find(Role::list, "Merged from"));
}

TEST_CASE("a list is narrowed down by what its records have") {
  Phone p;
  for (const auto& [name, tag] : {std::pair("Ash", "vip"), std::pair("Birch", "vip"), std::pair("Cedar", "north")}) {
    Edit edit;
    const Id id = p.device.ws->new_id();
    edit.create(person, id);
    edit.set(person, id, person.last_name, std::string(name));
    edit.set(person, id, person.tag_set, tags_from({tag}));
    must(p.device.ws->commit(edit, name));
  }
  p.go("/people");
  p.press("Filter");
  CHECK(p.at(Role::select, "Tags").options.size() == 3);  // Any, and both tags.
  p.type("Tags", "vip", Role::select);
  p.press("Show 2");
  CHECK(p.find(Role::link, "Ash"));
  CHECK_FALSE(p.find(Role::link, "Cedar"));
  p.press("Tags: vip");
  CHECK(p.find(Role::link, "Cedar"));
}

TEST_CASE("contact details, tasks and activities belong to their record") {
  Phone p;
  const Id id = p.device.make_person("Ben", "Cash");
  p.go("/people/" + id.text());
  p.follow("Phone");
  p.type("Phone", "+44 20 7946 0018");
  p.press("Save");
  CHECK(p.at(Role::link, "Call +44 20 7946 0018").href == "tel:+442079460018");
  p.follow("New task");
  p.type("Title", "Send the offer");
  p.press("Save");
  p.go("/");
  CHECK(p.find(Role::link, "Send the offer"));
  p.app->kit.on_activate(p.at(Role::checkbox, "Send the offer").id);
  p.settle();
  CHECK_FALSE(p.find(Role::link, "Send the offer"));
  p.go("/people/" + id.text());
  p.follow("New activity");
  p.type("Subject", "First visit");
  p.press("Save");
  CHECK(p.find(Role::link, "First visit"));
}

TEST_CASE("among hundreds of companies the right one is found by typing") {
  Phone p;
  for (int i = 0; i < 205; i++) {
    Edit edit;
    const Id id = p.device.ws->new_id();
    edit.create(company, id);
    edit.set(company, id, company.name, "Company " + std::to_string(1000 + i));
    must(p.device.ws->commit(edit, "company"));
  }
  p.go("/people/new");
  p.type("Find: Company", "1204", Role::searchbox);
  const SemanticNode& choice = p.at(Role::select, "Company");
  REQUIRE(choice.options.size() == 2);
  CHECK(choice.options[1].second == "Company 1204");
  p.type("Company", choice.options[1].first, Role::select);
  p.type("Last name", "Berg");
  p.press("Save");
  CHECK(p.find(Role::link, "Company 1204"));
}

TEST_CASE("offline work waits, is sent later, and a conflict is settled by hand") {
  Phone p;
  const Id id = p.device.make_person("Ben", "Cash");
  p.app->sync_soon();
  p.settle();
  p.online = false;
  p.device.set(person, id, person.job_title, "Buyer");
  p.app->sync_soon();
  p.settle();
  CHECK(p.app->pending_ops() == 1);
  p.go("/sync");
  CHECK(p.find(Role::status, "cannot be reached"));
  CHECK(p.find(Role::listitem, "changed"));
  p.time.now += 1000;
  Edit other;
  other.set(person, id, person.job_title, std::string("Head of buying"));
  p.server.ws->act_as(p.me);
  must(p.server.ws->commit(other, "other"));
  p.online = true;
  p.press("Sync now");
  CHECK(p.device.get(person, id, person.job_title) == "Head of buying");
  CHECK(p.find(Role::text, "Buyer"));
  p.press("Use the other");
  CHECK(p.device.get(person, id, person.job_title) == "Buyer");
  CHECK(must(p.server.ws->get(person, id))->text(person.job_title) == "Buyer");
  CHECK_FALSE(p.find(Role::button, "Use the other"));
}

TEST_CASE("a file is looked over, imported and reported") {
  Phone p;
  p.go("/import");
  p.app->on_file("people.csv", "First name,Last name,Birthday\nAnna,Berg,1990-02-29\nBen,Cash,1984-02-29\n");
  p.settle();
  CHECK(p.find(Role::text, "2 new"));
  CHECK(must(p.device.ws->count(person)) == 0);
  p.press("Import 2 rows");
  CHECK(p.find(Role::heading, "Import finished"));
  CHECK(p.find(Role::listitem, "Line 2"));
  CHECK(must(p.server.ws->count(person)) == 2);
  p.go("/import");
  p.press("Import another file");
  p.app->on_file("x.csv", "");
  p.settle();
  CHECK(p.find(Role::status, "The file is empty."));
}

TEST_CASE("an import that ended with the app is told of, and goes on with the same file") {
  Phone p;
  std::string file = "Last name,E-mail\n";
  for (int i = 0; i < 150; i++) file += "Last" + std::to_string(i) + ",p" + std::to_string(i) + "@example.org\n";
  p.go("/import");
  p.app->on_file("people.csv", file);
  p.settle();
  p.app->kit.on_activate(p.at(Role::button, "Import 150 rows").id);
  p.frame();
  p.frame();
  p.app = std::make_unique<App>(p.platform, *p.device.db, *p.device.ws, *p.device.replica);
  p.settle();
  const int64_t before = must(p.device.ws->count(person));
  REQUIRE(before > 0);
  REQUIRE(before < 150);
  CHECK(p.find(Role::status, "An import ended before its file did: people.csv. " + std::to_string(before) + " rows are in."));
  p.go(p.at(Role::link, "Import").href);
  p.app->on_file("people.csv", file);
  p.settle();
  p.press("Import 150 rows");
  CHECK(must(p.device.ws->count(person)) == 150);
  p.go("/");
  CHECK_FALSE(p.find(Role::status, "An import ended"));
}

TEST_CASE("every screen has a first heading, names for all its controls, and no two of the same identity") {
  Phone p;
  const Id who = p.device.make_person("Zoë", "Berg");
  for (const float w : {390.f, 700.f, 1280.f})
    for (const char* url : {"/", "/people", "/people/new", "/companies", "/companies/new", "/task/new", "/activity/new", "/contact_point/new?type=address", "/more", "/import", "/export", "/trash", "/sync", "/members", "/teams", "/teams/new",
                            "/settings", "/nowhere", "PERSON", "PERSON/edit"}) {
      std::string address = url;
      if (const size_t at = address.find("PERSON"); at != std::string::npos) address.replace(at, 6, "/people/" + who.text());
      p.width = w;
      p.go(address);
      INFO(address << " at " << w);
      std::set<uint32_t> ids;
      int headings = 0;
      for (const SemanticNode& n : p.app->kit.semantics().nodes()) {
        INFO(role_name(n.role) << " \"" << n.name << "\" at " << n.rect.x << "," << n.rect.y);
        CHECK(ids.insert(n.id).second);
        headings += n.role == Role::heading && n.level == 1;
        if (n.role != Role::listitem) CHECK_FALSE(n.name.empty());
        if (n.role == Role::button || n.role == Role::link || n.role == Role::checkbox || n.role == Role::file) {
          CHECK(n.rect.h >= 32);
          CHECK(n.rect.w >= 24);
        }
        if (n.role == Role::link) CHECK_FALSE(n.href.empty());
      }
      CHECK(headings >= 1);
    }
}

TEST_CASE("in a language from right to left every screen is the mirror image") {
  Phone p;
  const Id who = p.device.make_person("Zoë", "Berg");
  for (const float w : {390.f, 1280.f})
    for (const std::string& url : {std::string("/"), std::string("/people/new"), "/people/" + who.text(), std::string("/sync"), std::string("/settings")}) {
      p.width = w;
      p.app->around.right_to_left = false;
      p.go(url);
      const std::vector<SemanticNode> there = p.app->kit.semantics().nodes();
      p.app->around.right_to_left = true;
      p.go(url);
      const std::vector<SemanticNode>& here = p.app->kit.semantics().nodes();
      REQUIRE(there.size() == here.size());
      std::map<uint32_t, float> scroller_width;
      for (size_t i = 0; i < there.size(); i++) {
        INFO(url << " " << role_name(here[i].role) << " " << here[i].name);
        if (here[i].content_height > 0) scroller_width[here[i].id] = here[i].rect.w;
        // Through items and groups up to the scroller whose content this stands in, if any.
        uint32_t at = here[i].parent;
        while (at && !scroller_width.count(at)) {
          uint32_t up = 0;
          for (const SemanticNode& n : here)
            if (n.id == at) up = n.parent;
          at = up;
        }
        const float whole = at ? scroller_width[at] : w;
        if (here[i].rect.w > 0) CHECK(std::abs(here[i].rect.x - (whole - there[i].rect.x - there[i].rect.w)) < 0.6f);
      }
    }
}

TEST_CASE("every label has its German, and every icon its picture") {
  for (const Entity* e : product_schema()) {
    for (std::string_view label : {e->label, e->plural}) {
      INFO(label);
      CHECK(translated(label));
    }
    for (const FieldDef& f : e->fields) {
      INFO(e->key << "." << f.key << " " << f.label);
      CHECK(translated(f.label));
    }
  }
  for (const Entity* e : {static_cast<const Entity*>(&person), static_cast<const Entity*>(&company)})
    for (const ColumnTarget& t : column_targets(*e)) {
      INFO(t.label);
      CHECK(translated(t.label));
    }
  std::ifstream in("web/icons.json");
  const auto icons = nlohmann::json::parse(in, nullptr, false);
  REQUIRE(icons.is_array());
  CHECK(icons.size() == static_cast<size_t>(Icon::camera) + 1);
}

TEST_CASE("what the core and the server say is said in the person's language") {
  Phone p;
  const Id id = p.device.make_person("Zoë", "Quist");
  p.app->sync_soon();
  p.settle();
  set_language(Language::german);
  p.online = false;
  p.go("/people/" + id.text() + "/edit");
  p.type("Funktion", "Einkauf");
  MemoryDisk::the().writes_until_full = 0;
  p.press("Speichern");
  MemoryDisk::the().writes_until_full = -1;
  CHECK(p.find(Role::status, "Der Speicher ist voll"));
  p.press("Speichern");
  must(p.server.authority->purge(person, id));
  p.online = true;
  p.app->sync_soon();
  p.settle();
  p.go("/sync");
  CHECK(p.find(Role::text, "Eine Änderung an einem gelöschten Eintrag"));
  CHECK(p.find(Role::text, "Der Eintrag wurde endgültig gelöscht"));
}

TEST_CASE("whoever listens to a screen is told every text that is painted on it") {
  Phone p;
  // A customer with everything, a conflict, a refusal, something unsent, something in the trash.
  const Id zoe = p.device.make_person("Zoë", "Quist"), gone = p.device.make_person("Gone", "Soon"), trashed = p.device.make_person("In", "Trash");
  Edit edit;
  const Id mail = p.device.ws->new_id(), call = p.device.ws->new_id(), visit = p.device.ws->new_id(), north = p.server.ws->new_id();
  edit.create(contact_point, mail);
  edit.set(contact_point, mail, contact_point.person, zoe);
  edit.set(contact_point, mail, contact_point.type, std::string("email"));
  edit.set(contact_point, mail, contact_point.mail, std::string("zoe@quist.example"));
  edit.create(task, call);
  edit.set(task, call, task.title, std::string("Call about the offer"));
  edit.set(task, call, task.person, zoe);
  edit.set(task, call, task.due_on, int64_t{p.app->today()});
  edit.create(activity, visit);
  edit.set(activity, visit, activity.type, std::string("visit"));
  edit.set(activity, visit, activity.subject, std::string("Saw the roof"));
  edit.set(activity, visit, activity.person, zoe);
  edit.set(person, zoe, person.job_title, std::string("Head of buying"));
  edit.set(person, zoe, person.notes, std::string("Prefers mornings.\nHas a dog."));
  edit.trash(person, trashed);
  must(p.device.ws->commit(edit, "made"));
  p.app->sync_soon();
  p.settle();
  p.online = false;
  p.device.set(person, zoe, person.job_title, "Buyer");
  p.device.set(person, gone, person.job_title, "Buyer");
  Edit theirs;
  theirs.create(team, north);
  theirs.set(team, north, team.name, std::string("North"));
  theirs.set(person, zoe, person.job_title, std::string("Chief buyer"));
  must(p.server.ws->commit(theirs, "theirs"));
  must(p.server.authority->purge(person, gone));
  p.online = true;
  p.app->sync_soon();
  p.settle();
  p.online = false;
  p.device.set(person, zoe, person.nickname, "Zo");
  const std::string at = "/people/" + zoe.text();
  const auto bare = [](std::string s) {
    std::erase_if(s, [](char c) { return c == ' ' || c == '\n' || c == '*'; });
    return s;
  };
  for (const float w : {390.f, 1280.f})
    for (const std::string& url : {std::string("/"), std::string("/people"), at, at + "/edit", at + "/access", at + "/merge", std::string("/companies"), std::string("/more"), std::string("/sync"), std::string("/devices"), std::string("/members"), std::string("/teams"),
                                   std::string("/trash"), std::string("/settings"), std::string("/import"), std::string("/export"), std::string("/task/new"), std::string("/nowhere")}) {
      p.width = w;
      p.go(url);
      std::vector<std::string> painted;
      p.app->kit.on_painted = [&](const std::string& s) { painted.push_back(s); };
      p.frame();
      p.app->kit.on_painted = {};
      std::string said = "Holdfast";
      std::set<uint32_t> ids;
      for (const SemanticNode& n : p.app->kit.semantics().nodes()) {
        INFO(url << " at " << w << ": " << role_name(n.role) << " " << n.name);
        CHECK(ids.insert(n.id).second);
        said += "|" + bare(n.name) + "|" + bare(n.value) + "|" + bare(n.description);
        for (const auto& [value, label] : n.options) said += "|" + bare(label);
      }
      for (const std::string& s : painted) {
        INFO(url << " at " << w << ": " << s);
        CHECK((s.size() <= 4 || said.find(bare(s)) != std::string::npos));  // Initials and badges are pictures.
      }
    }
}

TEST_CASE("contrast of text on its grounds is at least 4.5, in both themes") {
  const auto luminance = [](Colour c) {
    const auto part = [](uint32_t v) {
      const double x = v / 255.0;
      return x <= 0.03928 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * part(c >> 16 & 255) + 0.7152 * part(c >> 8 & 255) + 0.0722 * part(c & 255);
  };
  const auto contrast = [&](Colour a, Colour b) {
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
  };
  for (const Palette* p : {&light_palette, &dark_palette}) {
    for (Colour ink : {p->text, p->text2, p->primary, p->danger, p->success, p->warning}) {
      CHECK(contrast(ink, p->surface) >= 4.5);
      CHECK(contrast(ink, p->surface2) >= 4.5);
    }
    CHECK(contrast(p->text3, p->surface) >= 4.5);
    CHECK(contrast(p->on_primary, p->primary) >= 4.5);
    CHECK(contrast(p->on_container, p->container) >= 4.5);
    CHECK(contrast(p->on_danger, p->danger) >= 4.5);
    CHECK(contrast(p->on_snackbar, p->snackbar) >= 4.5);
    CHECK(contrast(p->snackbar_action, p->snackbar) >= 4.5);
    CHECK(contrast(p->outline, p->surface) >= 3);
  }
  for (Colour ground : avatar_colours) CHECK(contrast(0xFFFFFF, ground) >= 4.5);
}
