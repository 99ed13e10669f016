// What the app says of sync, and lets people do about it: how complete it is, what two changed at once, what was refused, the lock.

#include <nlohmann/json.hpp>

#include "tests/ui/phone.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {
constexpr int64_t minute = 60'000, day = 86'400'000;

Id member_named(Phone& p, const std::string& name) {
  const Id id = p.server.ws->new_id();
  Edit edit;
  edit.create(member, id);
  edit.set(member, id, member.name, name);
  must(p.server.ws->commit(edit, "member"));
  return id;
}

/// Signed in, and nothing has been loaded yet.
void start_over(Phone& p) {
  p.app.reset();
  p.device.close();
  DeviceNode("ui-device", 7, &p.time).close();
  p.device.open();
  p.device.sign_in(p.server, p.me, "new phone");
  p.app = std::make_unique<App>(p.platform, *p.device.db, *p.device.ws, *p.device.replica);
}

/// Anna has no network and makes Zoë a buyer at 14:13; at 14:15 Ben makes her something else. Then Anna's phone syncs.
struct TwoAtOnce : Phone {
  DeviceNode laptop{"ui-laptop", 3, &time};
  Id ben = member_named(*this, "Ben Cash"), zoe = device.make_person("Zoë", "Quist");
  const std::string page = "/people/" + zoe.text();

  TwoAtOnce() {
    device.set(person, zoe, person.nickname, "Zo");
    device.sync(server);
    laptop.sign_in(server, ben, "laptop");
    laptop.sync(server);
    device.set(person, zoe, person.job_title, "Buyer");
    time.now += 2 * minute;
    laptop.set(person, zoe, person.job_title, "Head of buying");
    laptop.sync(server);
    time.now += 2 * minute;
    app->sync_soon();
    settle();
    go("/sync");
  }
  std::string on_server(Field f) { return must(server.ws->get(person, zoe))->text(f); }
  size_t open_conflicts(Workspace& ws) {
    size_t n = 0;
    for (const Record& c : must(ws.list(conflict, {}))) n += !as_int(c[conflict.resolved]);
    return n;
  }
};
}  // namespace

TEST_CASE("the sync screen says as of when the data is complete, and not before it is") {
  Phone p;
  for (int i = 0; i < 40; i++) p.device.make_person("Loaded", std::to_string(i));
  p.device.sync(p.server);
  start_over(p);
  p.app->session.page_bytes_max = 300;
  p.go("/sync");
  CHECK_FALSE(p.find(Role::text, "Complete"));
  // Half of it is here when the network goes.
  p.app->kit.on_activate(p.at(Role::button, "Sync now").id);
  p.frame();
  REQUIRE(p.platform.requests.size() == 1);
  const Headless::Request r = p.platform.requests.front();
  p.platform.requests.clear();
  const auto [status, body] = p.server.answer(p.device.replica->identity().device, {r.method, r.path, r.body});
  p.online = false;
  p.app->on_fetched(r.number, status, body);
  p.settle();
  REQUIRE(must(p.device.replica->loading()));
  CHECK_FALSE(p.find(Role::text, "Complete"));
  p.online = true;
  p.press("Sync now");
  CHECK(p.at(Role::text, "Complete").name == "Complete, as far as you may see it, as of 14:13");
  // A try that fails makes nothing newer.
  p.time.now += 2 * minute;
  p.online = false;
  p.press("Sync now");
  CHECK(p.at(Role::text, "Complete").name.ends_with("as of 14:13"));
  p.online = true;
  p.press("Sync now");
  CHECK(p.at(Role::text, "Complete").name.ends_with("as of 14:15"));
  p.app->around.zone_minutes = 120;
  p.frame();
  CHECK(p.at(Role::text, "Complete").name.ends_with("as of 16:15"));
}

TEST_CASE("a first load shows how many rows and how many bytes have come") {
  Phone p;
  for (int i = 0; i < 20; i++) {
    Edit edit;
    const Id id = p.device.ws->new_id();
    edit.create(person, id);
    edit.set(person, id, person.last_name, "Loaded " + std::to_string(i));
    std::string words;
    while (words.size() < 30'000) words += p.device.ws->new_id().text();
    edit.set(person, id, person.notes, words);
    must(p.device.ws->commit(edit, "made"));
  }
  p.device.sync(p.server);
  start_over(p);
  p.app->session.page_bytes_max = 100'000;
  p.app->on_route("/people");
  p.app->sync_soon();
  size_t bytes = 0;
  int before = -1;
  for (int i = 0; i < 3; i++) {
    REQUIRE(p.platform.requests.size() == 1);
    const Headless::Request r = p.platform.requests.front();
    p.platform.requests.clear();
    const auto [status, body] = p.server.answer(p.device.replica->identity().device, {r.method, r.path, r.body});
    bytes += body.size();
    p.app->on_fetched(r.number, status, body);
    p.frame();
    const size_t tenths = bytes * 10 / (1024 * 1024);
    REQUIRE(tenths > 0);
    const SemanticNode& bar = p.at(Role::progressbar, " MB");
    CHECK(bar.name == std::to_string(must(p.device.replica->loading())->rows) + " of about 21 records · 0." + std::to_string(tenths) + " MB");
    CHECK(std::stoi(bar.value) > before);
    before = std::stoi(bar.value);
  }
  CHECK(before < 100);
  p.settle();
  CHECK_FALSE(p.find(Role::progressbar, ""));
  CHECK(p.find(Role::link, "Loaded"));
}

TEST_CASE("a conflict's card says of both values who wrote them, when, and on which device") {
  TwoAtOnce p;
  const SemanticNode card = p.at(Role::group, "Conflict");
  std::vector<std::string> said;
  for (const SemanticNode& n : p.app->kit.semantics().nodes())
    if (n.parent == card.id && n.role == Role::text) said.push_back(n.name);
  CHECK(said == std::vector<std::string>{"Kept · Ben Cash · 14:15 · laptop", "Head of buying", "Overruled · Anna Berg · 14:13 · phone", "Buyer"});
  CHECK(p.at(Role::link, "Open Zoë Quist · Job title").href == p.page);
}

TEST_CASE("who keeps a conflict as it is changes nothing, and nobody is asked again") {
  TwoAtOnce p;
  p.press("Keep as it is");
  CHECK_FALSE(p.find(Role::group, "Conflict"));
  CHECK(p.find(Role::text, "Nothing to settle"));
  CHECK(p.on_server(person.job_title) == "Head of buying");
  CHECK(p.open_conflicts(*p.server.ws) == 0);
  p.laptop.sync(p.server);
  CHECK(p.open_conflicts(*p.laptop.ws) == 0);
  CHECK(p.laptop.get(person, p.zoe, person.job_title) == "Head of buying");
}

TEST_CASE("a conflict's pencil opens the form with what stands, and a third value counts for everybody") {
  TwoAtOnce p;
  p.follow("Edit Zoë Quist · Job title");
  CHECK(p.app->route.url.starts_with(p.page + "/edit?settles="));
  CHECK(p.at(Role::textbox, "Job title").value == "Head of buying");
  p.type("Job title", "Chief buyer");
  p.press("Save");
  CHECK(p.on_server(person.job_title) == "Chief buyer");
  CHECK(must(p.server.ws->count(conflict)) == 1);  // Not a new one.
  p.laptop.sync(p.server);
  CHECK(p.laptop.get(person, p.zoe, person.job_title) == "Chief buyer");
}

TEST_CASE("an overruled field is marked on the record's page until somebody has settled it") {
  TwoAtOnce p;
  const std::string mark = "Two people changed this";
  const auto marked = [&] {
    p.go(p.page);
    std::vector<std::string> out;
    for (const SemanticNode& n : p.app->kit.semantics().nodes())
      if (n.role == Role::link && n.name.find(mark) != std::string::npos) out.push_back(n.name);
    return out;
  };
  CHECK(marked() == std::vector<std::string>{"Job title: Two people changed this. See what was overruled."});
  p.follow(mark);
  CHECK(p.app->route.url == "/sync");
  CHECK(p.find(Role::group, "Conflict"));
  SECTION("it is kept") { p.press("Keep as it is"); }
  SECTION("the other is used") { p.press("Use the other"); }
  SECTION("by somebody else") {
    p.laptop.sync(p.server);
    Edit edit;
    edit.set(conflict, must(p.laptop.ws->list(conflict, {})).at(0).id, conflict.resolved, int64_t{1});
    must(p.laptop.ws->commit(edit, "settled"));
    p.laptop.sync(p.server);
    p.app->sync_soon();
    p.settle();
  }
  CHECK(marked().empty());
}

TEST_CASE("a refused change is taken back and listed with its reason, leads to its record, and goes when it was read") {
  Phone p;
  const Id ben = member_named(p, "Ben Cash"), zoe = p.server.ws->new_id();
  Edit edit;
  edit.create(person, zoe);
  edit.set(person, zoe, person.last_name, std::string("Quist"));
  edit.set(person, zoe, person.owner, ben);
  must(p.server.ws->commit(edit, "Ben's"));
  p.app->sync_soon();
  p.settle();
  p.online = false;
  p.go("/people/" + zoe.text() + "/access");
  p.type("Visible to", "private", Role::select);  // Anna would not see it any more.
  p.go("/people/" + zoe.text());
  CHECK_FALSE(p.find(Role::link, "Visible to everyone"));
  p.time.now += 2 * minute;
  p.online = true;
  p.app->sync_soon();
  p.settle();
  CHECK(p.find(Role::link, "Visible to everyone"));
  p.go("/sync");
  CHECK(p.find(Role::heading, "Refused by the server"));
  const SemanticNode entry = p.at(Role::group, "Who sees Quist changed");
  std::vector<std::string> said;
  for (const SemanticNode& n : p.app->kit.semantics().nodes())
    if (n.parent == entry.id && n.role == Role::text) said.push_back(n.name);
  CHECK(said == std::vector<std::string>{"Who sees Quist changed · 14:13", "You would no longer see the record. Share it with yourself, or ask an administrator."});
  p.press("Save unsent");
  CHECK(p.platform.saved.back().second.find("Who sees Quist changed") != std::string::npos);
  p.follow("Open the record");
  CHECK(p.app->route.url == "/people/" + zoe.text());
  CHECK(p.find(Role::heading, "Quist"));
  p.go("/sync");
  p.press("Dismiss");
  CHECK_FALSE(p.find(Role::heading, "Refused by the server"));
  CHECK_FALSE(p.find(Role::group, "Who sees Quist changed"));
  CHECK(p.app->only_here().total() == 0);
}

TEST_CASE("the data of a device can be checked, and what is wrong with it is said with what to do") {
  Phone p;
  const Id ada = p.device.make_person("Ada", "Byron");
  p.app->sync_soon();
  p.settle();
  p.online = false;
  p.device.set(person, ada, person.job_title, "Countess");
  p.go("/sync");
  p.press("Check this device");
  p.settle();
  const int64_t records = must(p.device.ws->count(person)) + must(p.device.ws->count(member));
  CHECK(p.find(Role::status, "All is well. Records checked: " + std::to_string(records)));
  must(p.device.db->execute("UPDATE pending SET op_no=op_no+5"));
  p.press("Check this device");
  p.settle();
  CHECK(p.find(Role::status, "Save what is unsent, then sign out and in again"));
  CHECK(p.find(Role::text, "pending for a transaction that is not in the outbox"));
}

TEST_CASE("after too many days without contact the app shows its lock and no data, until it has synced") {
  Phone p;
  const std::string at = "/people/" + p.device.make_person("Zoë", "Quist").text();
  p.server.authority->offline_days = 14;
  p.app->sync_soon();
  p.settle();
  p.time.now += 13 * day;
  p.go(at);
  CHECK(p.find(Role::heading, "Zoë Quist"));
  p.go("/people/new");
  p.type("Last name", "Berg");
  p.online = false;
  p.press("Save");
  p.time.now += 2 * day;
  for (const float w : {390.f, 1280.f})
    for (const std::string& url : {std::string("/"), std::string("/people"), at, at + "/edit", at + "/merge", std::string("/people/new"), std::string("/companies"), std::string("/more"), std::string("/trash"), std::string("/export")}) {
      p.width = w;
      p.go(url);
      INFO(url << " at " << w);
      CHECK(p.find(Role::heading, "Locked"));
      for (const SemanticNode& n : p.app->kit.semantics().nodes()) {
        INFO(role_name(n.role) << " \"" << n.name << "\" " << n.value);
        CHECK((n.name + n.value + n.description).find("Quist") == std::string::npos);
      }
    }
  p.go(at);
  SECTION("the network is back") {
    p.press("Sync now");
    CHECK(p.find(Role::heading, "Locked"));  // Not yet.
    p.online = true;
    p.press("Sync now");
  }
  SECTION("one has to sign in") {
    p.app->kit.on_activate(p.at(Role::button, "Sync now").id);
    p.frame();
    REQUIRE(p.platform.requests.size() == 1);
    const uint32_t asked = p.platform.requests.front().number;
    p.platform.requests.clear();
    p.app->on_fetched(asked, 401, "{}");
    p.settle();
    CHECK(p.find(Role::heading, "Locked"));
    p.follow("Sign in again to sync");
    p.press("Sign in again");
    CHECK(p.platform.told.back() == "{\"t\":\"signed_out\"}");
    p.device.sign_in(p.server, p.me, "phone");
    p.online = true;
    p.app->sync_soon();
    p.settle();
    p.go(at);
  }
  CHECK_FALSE(p.find(Role::heading, "Locked"));
  CHECK(p.find(Role::heading, "Zoë Quist"));
  CHECK(must(p.server.ws->count(person)) == 2);  // What was changed before is kept, and sent.
}

TEST_CASE("a sync that brings nothing makes no list read its rows again") {
  Phone p;
  p.device.make_person("Zoë", "Quist");
  p.app->sync_soon();
  p.settle();
  const uint64_t before = p.device.ws->version();
  p.app->on_wake("timer");
  p.settle();
  p.online = false;
  p.app->on_wake("timer");
  p.settle();
  CHECK(p.device.ws->version() == before);
  p.online = true;
  Edit edit;
  edit.create(person, p.server.ws->new_id());
  must(p.server.ws->commit(edit, "made"));
  p.app->on_wake("hint");
  p.settle();
  CHECK(p.device.ws->version() > before);
}

TEST_CASE("a sync that failed is tried again by itself, soon at first and then less often") {
  Phone p;
  const auto asked_for = [&] {
    const nlohmann::json told = nlohmann::json::parse(p.platform.told.empty() ? "{}" : p.platform.told.back());
    p.platform.told.clear();
    return told.value("t", "") == "wake_later" ? told.value("ms", 0) : 0;
  };
  CHECK(asked_for() == 0);
  // The browser says that there is a network before there is one: what comes of it fails, and nothing else would begin it.
  p.online = false;
  p.app->on_wake("online");
  p.settle();
  for (int64_t around = 1000; around < 32000; around *= 2) {
    const int64_t ms = asked_for();
    INFO(ms << " of about " << around);
    CHECK((ms >= around / 2 && ms < around * 3 / 2));  // Spread: after a server's restart not everybody comes at once.
    p.app->on_wake("again");
    p.settle();
  }
  const int64_t longest = asked_for();
  CHECK((longest >= 16000 && longest < 48000));
  p.online = true;
  p.app->on_wake("again");
  p.settle();
  CHECK(asked_for() == 0);
  // The next time it begins anew.
  p.online = false;
  p.app->on_wake("hint");
  p.settle();
  const int64_t anew = asked_for();
  CHECK((anew >= 500 && anew < 1500));
}

TEST_CASE("a clock that is years wrong does not keep anybody from saving") {
  for (const int64_t wrong : {-800 * day, 800 * day}) {
    Phone p;
    p.device.clock.offset = wrong;
    p.app->sync_soon();
    p.go("/");
    CHECK(p.find(Role::status, wrong < 0 ? "800 days behind" : "800 days ahead"));
    p.go("/people/new");
    p.type("Last name", "Berg");
    p.press("Save");
    const Id id = must(p.server.ws->list(person, {})).at(0).id;
    p.online = false;
    p.go("/people/" + id.text() + "/edit");
    p.type("Job title", "Buyer");
    p.press("Save");
    CHECK(p.device.get(person, id, person.job_title) == "Buyer");
    p.online = true;
    p.app->sync_soon();
    p.settle();
    CHECK(must(p.server.ws->get(person, id))->text(person.job_title) == "Buyer");
    CHECK(must(p.server.ws->count(conflict)) == 0);
  }
}

TEST_CASE("a conflict is settled by saving a third value over it from its pencil, and by that field alone") {
  TwoAtOnce p;
  p.follow("Edit Zoë Quist · Job title");
  p.type("Nickname", "Zozo");
  p.press("Save");
  CHECK(p.open_conflicts(*p.server.ws) == 1);
  p.go("/sync");
  p.follow("Edit Zoë Quist · Job title");
  p.type("Job title", "Chief buyer");
  p.press("Save");
  CHECK(p.open_conflicts(*p.server.ws) == 0);
  CHECK(p.on_server(person.job_title) == "Chief buyer");
  p.go("/sync");
  CHECK_FALSE(p.find(Role::group, "Conflict"));
}

TEST_CASE("more conflicts and unsent changes than are listed are counted") {
  TwoAtOnce p;
  for (int i = 0; i < 53; i++) {
    p.device.set(person, p.zoe, person.job_title, "Buyer " + std::to_string(i));
    p.time.now += minute;
    p.laptop.set(person, p.zoe, person.job_title, "Head " + std::to_string(i));
    p.laptop.sync(p.server);
    p.device.sync(p.server);
  }
  p.online = false;
  for (int i = 0; i < 103; i++) p.device.set(person, p.zoe, person.nickname, "Zo " + std::to_string(i));
  REQUIRE(p.open_conflicts(*p.device.ws) == 54);
  p.go("/sync");
  CHECK(p.find(Role::text, "4 more follow when these are settled."));
  CHECK(p.find(Role::listitem, "and 3 more"));
}

TEST_CASE("a clock that is wrong by more than the days without contact locks nobody who has contact, and setting it back opens nothing") {
  Phone p;
  p.server.authority->offline_days = 14;
  p.device.clock.offset = 20 * day;
  p.app->sync_soon();
  p.settle();
  REQUIRE(p.app->session.trouble() == SyncTrouble::none);
  p.go("/people/new");
  CHECK_FALSE(p.find(Role::heading, "Locked"));
  CHECK(p.find(Role::button, "Save"));
  p.time.now += 13 * day;
  p.go("/people");
  CHECK_FALSE(p.find(Role::heading, "Locked"));
  p.device.clock.offset -= 40 * day;
  p.go("/people");
  CHECK(p.find(Role::heading, "Locked"));
}

TEST_CASE("while locked no screen, dialog or message shows data") {
  SECTION("the sync screen") {
    TwoAtOnce p;
    p.server.authority->offline_days = 14;
    p.app->sync_soon();
    p.settle();
    p.time.now += 15 * day;
    p.go("/sync");
    for (const SemanticNode& n : p.app->kit.semantics().nodes()) CHECK((n.name + n.value + n.description).find("Quist") == std::string::npos);
    CHECK(p.find(Role::button, "Sync now"));
    CHECK_FALSE(p.find(Role::button, "Save unsent"));
  }
  SECTION("an open filter, and what was said last") {
    Phone p;
    Edit edit;
    const Id id = p.device.ws->new_id();
    edit.create(person, id);
    edit.set(person, id, person.last_name, std::string("Ash"));
    edit.set(person, id, person.tag_set, tags_from({"vip"}));
    must(p.device.ws->commit(edit, "made"));
    p.server.authority->offline_days = 14;
    p.app->sync_soon();
    p.settle();
    p.go("/people/new");
    p.type("Last name", "Berg");
    p.press("Save");
    CHECK(p.find(Role::status, "Berg"));
    p.go("/people");
    p.press("Filter");
    CHECK(p.find(Role::select, "Tags"));
    p.time.now += 15 * day;
    p.frame();
    CHECK(p.find(Role::heading, "Locked"));
    CHECK_FALSE(p.find(Role::select, "Tags"));
    CHECK_FALSE(p.find(Role::status, "Berg"));
    CHECK_FALSE(p.find(Role::button, "Undo"));
  }
}

TEST_CASE("a field is marked as overruled also when it is empty now, is a name, or is a contact detail's") {
  TwoAtOnce p;
  p.press("Keep as it is");
  p.laptop.sync(p.server);
  const auto made = [&](const Entity& entity, const std::vector<std::pair<Field, Value>>& values) {
    const Id id = p.device.ws->new_id();
    Edit edit;
    edit.create(entity, id);
    for (const auto& [field, value] : values) edit.set(entity, id, field, value);
    must(p.device.ws->commit(edit, "made"));
    p.device.sync(p.server);
    p.laptop.sync(p.server);
    return id;
  };
  const auto overruled = [&](const Entity& entity, const Id& id, Field field, const char* here, const char* there) {
    p.device.set(entity, id, field, here);
    p.time.now += 2 * minute;
    p.laptop.set(entity, id, field, there);
    p.laptop.sync(p.server);
    p.app->sync_soon();
    p.settle();
    REQUIRE(p.open_conflicts(*p.device.ws) == 1);
  };
  std::vector<std::string> shown_at;
  SECTION("empty") {
    overruled(person, p.zoe, person.job_title, "Buyer", "");
    shown_at = {p.page};
  }
  SECTION("a company's name") {
    const Id acme = made(company, {{company.name, std::string("Acme")}});
    overruled(company, acme, company.name, "Acme Ltd", "Acme plc");
    shown_at = {"/companies/" + acme.text()};
  }
  SECTION("a phone number") {
    const Id tel = made(contact_point, {{contact_point.person, p.zoe}, {contact_point.type, std::string("phone")}, {contact_point.phone_number, std::string("1")}});
    overruled(contact_point, tel, contact_point.phone_number, "2", "3");
    shown_at = {"/contact_point/" + tel.text(), p.page};
  }
  for (const std::string& url : shown_at) {
    p.go(url);
    CHECK(p.find(Role::link, "Two people changed this"));
  }
}

TEST_CASE("a refused creation, which is gone, offers no way to its record") {
  Phone p;
  const Id ben = member_named(p, "Ben Cash"), id = p.device.ws->new_id();
  p.app->sync_soon();
  p.settle();
  p.online = false;
  Edit edit;
  edit.create(person, id);
  edit.set(person, id, person.last_name, std::string("Quist"));
  edit.set(person, id, person.owner, ben);
  edit.set(person, id, person.visibility, std::string("private"));
  must(p.device.ws->commit(edit, "Quist added"));
  p.online = true;
  p.app->sync_soon();
  p.settle();
  p.go("/sync");
  CHECK(p.find(Role::button, "Dismiss"));
  CHECK_FALSE(p.find(Role::link, "Open the record"));
}

TEST_CASE("somebody locked out can still sign out, and is asked about what was not sent") {
  Phone p;
  p.server.authority->offline_days = 14;
  p.app->sync_soon();
  p.settle();
  p.online = false;
  p.device.make_person("Not", "Sent");
  p.time.now += 15 * day;
  p.go("/settings");
  p.press("Sign out");
  p.frame();
  CHECK(p.app->dialog == "sign_out");
}
