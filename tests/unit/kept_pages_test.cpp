// First loads that others have had before: nothing is read twice, nothing is missed, and nobody gets what they may not see.

#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct Beginners : Two {
  std::vector<Id> people;
  std::vector<std::unique_ptr<DeviceNode>> newcomers;
  Beginners() {
    for (int i = 0; i < 60; i++) people.push_back(a.make_person("First" + std::to_string(i), "Last" + std::to_string(i)));
    both();
  }
  DeviceNode& newcomer(const std::string& role = "member") {
    const std::string n = std::to_string(newcomers.size());
    newcomers.push_back(std::make_unique<DeviceNode>("newcomer-" + n, 10 + newcomers.size(), &time));
    DeviceNode& d = *newcomers.back();
    const Id who = member_named("Newcomer " + n);
    Edit edit;
    edit.set(member, who, member.role, role);
    must(server.ws->commit(edit, "role"));
    d.sign_in(server, who, "Phone " + n);
    return d;
  }
  /// So many pages; all, unless told. Returns what came.
  std::string load(DeviceNode& d, int pages = 1000) {
    std::string bytes;
    for (bool complete = false; !complete && pages > 0; pages--) {
      const std::string page = must(server.authority->page(d.replica->identity().device, must(d.replica->cursor()), 0, 500)).bytes;
      complete = must(d.replica->receive(page));
      bytes += page;
    }
    return bytes;
  }
  int64_t used() { return server.authority->kept_pages().used; }
  void change(const Id& id, Field f, Value v) {
    Edit edit;
    edit.set(person, id, f, std::move(v));
    must(a.ws->commit(edit, "changed"));
    a.sync(server);
  }
  void is_whole(DeviceNode& d) {
    CHECK(digest(*d.ws) == digest(*server.ws));
    CHECK(must(d.replica->check()).empty());
  }
};

}  // namespace

TEST_CASE("a first load that a colleague has had is not read again, and what changed since comes with the pull") {
  Beginners w;
  DeviceNode& first = w.newcomer();
  w.load(first);
  w.is_whole(first);
  w.change(w.people[3], person.first_name, std::string("Changed since"));
  w.a.make_person("New", "Since");
  w.a.sync(w.server);
  const int64_t before = w.used();
  DeviceNode& second = w.newcomer();
  w.load(second);
  CHECK(w.used() > before + 5);
  w.is_whole(second);
  CHECK(second.get(person, w.people[3], person.first_name) == "Changed since");
}

TEST_CASE("loads that overtake each other miss nothing") {
  Beginners w;
  DeviceNode &slow = w.newcomer(), &quick = w.newcomer();
  w.load(slow, 3);
  w.change(w.people[0], person.last_name, std::string("Between"));
  w.change(w.people[59], person.last_name, std::string("Between too"));
  w.load(quick, 6);
  w.change(w.people[1], person.last_name, std::string("Later"));
  w.load(slow);
  w.load(quick);
  w.is_whole(slow);
  w.is_whole(quick);
}

TEST_CASE("no kept page brings what has left its reader's audience or was erased") {
  Beginners w;
  const Id hidden = w.a.make_person("Hushfirst", "Hushsecret"), erased = w.a.make_person("Goneby", "Gonesecret");
  w.a.sync(w.server);
  w.load(w.newcomer());
  SECTION("private now") {
    w.change(hidden, person.visibility, std::string("private"));
    const std::string bytes = w.load(w.newcomer());
    CHECK(bytes.find("Hushsecret") == std::string::npos);
    CHECK(bytes.find("Gonesecret") != std::string::npos);
  }
  SECTION("erased") {
    must(w.server.authority->purge(person, erased));
    DeviceNode& late = w.newcomer();
    const std::string bytes = w.load(late);
    CHECK(bytes.find("Gonesecret") == std::string::npos);
    CHECK(bytes.find("Hushsecret") != std::string::npos);
    w.is_whole(late);
  }
}

TEST_CASE("who sees more than others has a load of their own") {
  Beginners w;
  const Id hidden = w.a.make_person("Hushfirst", "Hushsecret");
  w.change(hidden, person.visibility, std::string("private"));
  CHECK(w.load(w.newcomer("admin")).find("Hushsecret") != std::string::npos);
  CHECK(w.load(w.newcomer()).find("Hushsecret") == std::string::npos);
  CHECK(w.load(w.newcomer("admin")).find("Hushsecret") != std::string::npos);
}

TEST_CASE("when a tenth has changed, or in a new history, a first load is read anew") {
  Beginners w;
  w.load(w.newcomer());
  SECTION("a tenth") {
    for (int i = 0; i < 8; i++) w.change(w.people[static_cast<size_t>(i)], person.first_name, "Changed" + std::to_string(i));
  }
  SECTION("a tenth in one transaction") {
    Edit edit;
    for (int i = 0; i < 8; i++) edit.set(person, w.people[static_cast<size_t>(i)], person.first_name, "Changed" + std::to_string(i));
    must(w.a.ws->commit(edit, "changed"));
    w.a.sync(w.server);
  }
  SECTION("a new history") { must(w.server.authority->begin_epoch()); }
  DeviceNode& late = w.newcomer();
  const std::string cursor = must(PageReader::open(must(w.server.authority->page(late.replica->identity().device, "", 0, 500)).bytes, product_schema())).header().cursor;
  CHECK(cursor.find("." + std::to_string(must(w.server.authority->head())) + ".") != std::string::npos);
  w.load(late);
  w.is_whole(late);
}

TEST_CASE("what does not fit among the kept pages is read anew") {
  Beginners w;
  w.server.authority->kept_pages().bytes_max = 15'000;
  w.load(w.newcomer());
  const int64_t before = w.used();
  DeviceNode& second = w.newcomer();
  w.load(second);
  CHECK(w.used() > before);
  w.is_whole(second);
}

TEST_CASE("changes that a colleague has pulled are not read again, and only as long as nothing is new") {
  Beginners w;
  DeviceNode &first = w.newcomer(), &second = w.newcomer(), &later = w.newcomer();
  for (DeviceNode* d : {&first, &second, &later}) d->sync(w.server);
  const auto used = [&] { return w.server.authority->kept_changes().used; };
  const auto pull = [&](DeviceNode& d) { return must(w.server.authority->page(d.replica->identity().device, must(d.replica->cursor()), 0, 500)).bytes; };
  for (int i = 0; i < 40; i++) w.change(w.people[static_cast<size_t>(i)], person.first_name, std::string("Changed"));
  const int64_t before = used();
  w.load(first);
  CHECK(used() == before);
  w.is_whole(first);
  w.load(second);
  CHECK(used() > before + 1);  // Several pages.
  w.is_whole(second);
  // In the middle of a pull something new comes.
  const int64_t until_here = used();
  w.load(later, 2);
  CHECK(used() == until_here + 2);
  w.change(w.people[5], person.first_name, std::string("Changed since"));
  w.load(later);
  CHECK(used() == until_here + 2);
  w.is_whole(later);
  // Erased: its words are in no page, and it goes.
  w.both();
  for (int i = 0; i < 3; i++) w.change(w.people[7], person.job_title, std::string("Unmistakable"));
  CHECK(pull(first).find("Unmistakable") != std::string::npos);
  CHECK(w.server.authority->kept_changes().bytes() > 0);
  must(w.server.authority->purge(person, w.people[7]));
  CHECK(w.server.authority->kept_changes().bytes() == 0);
  CHECK(pull(first).find("Unmistakable") == std::string::npos);
  for (DeviceNode* d : {&first, &second, &later}) {
    d->sync(w.server);
    w.is_whole(*d);
  }
}

TEST_CASE("changes kept for colleagues are only for those who see the same") {
  Beginners w;
  DeviceNode &teammate = w.newcomer(), &stranger = w.newcomer(), &admin = w.newcomer("admin");
  const auto everybody = [&](const std::function<void(DeviceNode&)>& each) {
    for (DeviceNode* d : {&teammate, &stranger, &admin}) each(*d);
  };
  everybody([&](DeviceNode& d) { d.sync(w.server); });
  for (int i = 0; i < 20; i++) {
    Edit edit;
    edit.set(person, w.people[static_cast<size_t>(i)], person.visibility, std::string("private"));
    edit.set(person, w.people[static_cast<size_t>(i)], person.notes, "Not for strangers " + std::to_string(i));
    must(w.a.ws->commit(edit, "hidden"));
  }
  w.a.sync(w.server);
  std::string seen_by_admin, seen_by_stranger;
  seen_by_admin = w.load(admin);
  seen_by_stranger = w.load(stranger) + w.load(teammate);
  CHECK(seen_by_admin.find("Not for strangers") != std::string::npos);
  CHECK(seen_by_stranger.find("Not for strangers") == std::string::npos);
  CHECK(must(stranger.ws->count(person)) == 40);
  CHECK(must(admin.ws->count(person)) == 60);
}
