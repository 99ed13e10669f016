// What has gone wrong in other systems that work offline, each by its symptom: none of it may be seen here.

#include "shared/model/merge.h"
#include "shared/workspace/merging.h"
#include "tests/sim/older_schema.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

constexpr int64_t day_ms = 86'400'000;

void put_life(DeviceNode& d, const Id& id, Life life) {
  Edit edit;
  if (life == Life::live) edit.restore(person, id);
  else edit.trash(person, id);
  must(d.ws->commit(edit, "life"));
}

/// The same records as before, whatever was joined or separated between.
std::string without_aliases(Workspace& ws) {
  return digest(ws, nullptr, [](const Record& r) { return r.entity != &alias; });
}

/// The stamps of what a device made, in the order the server took it.
std::vector<Stamp> stamps_of(ServerNode& server, uint32_t device) {
  std::vector<Stamp> out;
  for (int64_t seq = 1; seq <= must(server.authority->head()); seq++)
    if (const LogEntry e = *must(server.authority->log().find(seq)); e.stamp.device == device) out.push_back(e.stamp);
  return out;
}

}  // namespace

// ---- clocks

TEST_CASE("a counter that overflows: stamps of a clock that stands still keep their order, however many it gives") {
  const int64_t now = 1'790'000'000'000;
  Stamp last{hlc_from_ms(now - 500), 3};
  for (int i = 0; i < 200'000; i++) {
    const Stamp next = bounded_stamp(now, 0, now - 1000, now, last, {}, 3);
    if (!(last < next)) FAIL("out of order after " << i);
    last = next;
  }
  // More than the counter holds run a few milliseconds ahead, and no further: a later change by anybody else is later.
  CHECK(ms_from_hlc(last.hlc) <= now + 200'000 / 65'536);
  CHECK(last < bounded_stamp(now + 10, 0, now, now + 10, {}, {}, 1));
}

TEST_CASE("a counter that overflows in the middle of a push: no change is lost, and another's later one still wins") {
  for (const bool knows : {true, false}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    // As after tens of thousands of changes in this very millisecond.
    const uint32_t number = w.a.replica->identity().device;
    Device device = *must(w.server.authority->log().device(number));
    device.last_hlc = hlc_from_ms(w.time.now) + 65'530;
    must(w.server.authority->log().put_device(device));
    for (int i = 1; i <= 20; i++) w.a.set(person, id, person.nickname, "Anna " + std::to_string(i));
    w.a.sync(w.server);
    const std::vector<Stamp> stamps = stamps_of(w.server, number);
    CHECK(std::is_sorted(stamps.begin(), stamps.end()));
    CHECK(std::adjacent_find(stamps.begin(), stamps.end()) == stamps.end());
    CHECK(ms_from_hlc(stamps.back().hlc) > w.time.now);
    // Who has seen it is right at once, though time still stands; who has not, as soon as they are later.
    if (knows) w.b.sync(w.server);
    else w.tick();
    INFO((knows ? "knows" : "does not know"));
    w.b.set(person, id, person.nickname, "Ben");
    w.b.sync(w.server);
    w.both();
    CHECK(w.a.get(person, id, person.nickname) == "Ben");
    const auto open = w.open_conflicts(*w.a.ws);
    REQUIRE(open.size() == (knows ? 0 : 1));
    if (!knows) CHECK(open[0].text(conflict.lost) == "Anna 20");
    w.all_well();
  }
}

TEST_CASE("a clock made coarse by its browser: its owner's changes keep their order, and who was later by more than that wins") {
  for (const bool anna_last : {true, false})
    for (const bool anna_first_to_send : {true, false}) {
      Two w;
      TestClock coarse;
      w.a.clock.base = &coarse;
      const auto pass = [&](int64_t ms) {
        w.time.now += ms;
        coarse.now = w.time.now / 100 * 100;
      };
      pass(37);
      const Id id = w.a.make_person("P", "Q");
      w.both();
      pass(14);
      const auto anna = [&] {
        for (int i = 1; i <= 30; i++, pass(1)) w.a.set(person, id, person.nickname, "Anna " + std::to_string(i));
      };
      const auto ben = [&] { w.b.set(person, id, person.nickname, "Ben"); };
      if (!anna_last) anna();
      else ben();
      pass(250);
      if (anna_last) anna();
      else ben();
      pass(23);
      (anna_first_to_send ? w.a : w.b).sync(w.server);
      w.both();
      INFO("Anna last " << anna_last << ", Anna sends first " << anna_first_to_send);
      CHECK(w.b.get(person, id, person.nickname) == (anna_last ? "Anna 30" : "Ben"));
      w.all_well();
    }
}

// ---- merging

TEST_CASE("most edits win: who corrects a field a hundred times does not overrule the one who changed it last") {
  for (const bool often_is_last : {true, false})
    for (const bool often_sends_first : {true, false}) {
      Two w;
      const Id id = w.a.make_person("P", "Q");
      w.both();
      const auto often = [&] {
        for (int i = 1; i <= 100; i++) w.a.set(person, id, person.job_title, "Buyer " + std::to_string(i));
      };
      const auto once = [&] { w.b.set(person, id, person.job_title, "Owner"); };
      if (often_is_last) once();
      else often();
      w.tick();
      if (often_is_last) often();
      else once();
      (often_sends_first ? w.a : w.b).sync(w.server);
      w.both();
      INFO("often is last " << often_is_last << ", often sends first " << often_sends_first);
      CHECK(w.b.get(person, id, person.job_title) == (often_is_last ? "Buyer 100" : "Owner"));
      const auto open = w.open_conflicts(*w.b.ws);  // What lost is kept, the last of the many too.
      const std::string lost = often_is_last ? "Owner" : "Buyer 100";
      CHECK(std::any_of(open.begin(), open.end(), [&](const Record& c) { return c.text(conflict.lost) == lost; }));
      w.all_well();
    }
}

TEST_CASE("a conflict of two who wrote the same: equal values ask nobody") {
  Two w;
  const Id id = w.a.make_person("P", "Q"), point = w.a.ws->new_id();
  Edit edit;
  edit.create(contact_point, point);
  edit.set(contact_point, point, contact_point.person, id);
  edit.set(contact_point, point, contact_point.type, std::string("address"));
  must(w.a.ws->commit(edit, "address"));
  const Id gone = w.a.make_person("Gone", "Soon");
  w.both();
  for (DeviceNode* d : {&w.a, &w.b}) {
    d->set(person, id, person.job_title, "Head of buying");
    d->set(person, id, person.notes, "Prefers mail.\nVisits on Monday.");
    d->set(person, id, person.birthday, "1980-04-23");
    d->set(person, id, person.tag_set, "vip; north");
    d->set(contact_point, point, contact_point.city, "York");
    put_life(*d, gone, Life::trashed);
    w.tick();
  }
  w.both();
  CHECK(must(w.b.ws->count(conflict)) == 0);
  CHECK(w.b.get(person, id, person.notes) == "Prefers mail.\nVisits on Monday.");
  CHECK(w.a.get(contact_point, point, contact_point.city) == "York");
  CHECK(must(w.a.ws->get(person, gone))->meta.life == Life::trashed);
  w.all_well();
}

TEST_CASE("more conflicts than anybody foresaw: all are kept, all are listed page by page, and all can be settled") {
  Two w;
  constexpr int many = 320;
  std::vector<Id> ids;
  for (int i = 0; i < many; i++) ids.push_back(w.a.make_person("First " + std::to_string(i), "Last"));
  w.both();
  for (const Id& id : ids) {
    w.a.set(person, id, person.job_title, "Buyer");
    w.b.set(person, id, person.job_title, "Owner");
  }
  w.both();
  Query open;
  open.where.push_back({conflict.resolved.index, Compare::eq, int64_t{0}});
  CHECK(must(w.b.ws->count(conflict, open)) == many);
  std::set<Id> about;
  do {
    std::optional<PageMark> next;
    Edit settle;  // Each the other way than it stands, as a person may decide.
    for (const Record& c : must(w.b.ws->list(conflict, open, &next))) {
      about.insert(as_id(c[conflict.record]));
      settle.set(person, as_id(c[conflict.record]), person.job_title, c.text(conflict.lost));
      settle.set(conflict, c.id, conflict.resolved, int64_t{1});
    }
    must(w.b.ws->commit(settle, "settled"));
    open.after = next;
  } while (open.after);
  CHECK(about == std::set<Id>(ids.begin(), ids.end()));
  w.both();
  CHECK(w.open_conflicts(*w.a.ws).empty());
  CHECK(must(w.a.ws->count(conflict)) == many);
  for (DeviceNode* d : {&w.a, &w.b}) {
    CHECK(digest(*d->ws) == digest(*w.server.ws));
    CHECK(must(d->replica->check()).empty());
  }
}

TEST_CASE("separating what was merged gives back what was before, and what was written meanwhile stays where it was written") {
  for (const bool edited : {false, true}) {
    Two w;
    const Id x = w.a.make_person("Zoe", "Quist"), y = w.a.make_person("Zoë", "Quist-Berg");
    w.a.set(person, x, person.job_title, "Buyer");
    w.a.set(person, y, person.tag_set, "vip");
    w.both();
    std::string before = without_aliases(*w.server.ws);
    Edit merge;
    must(merge_records(*w.a.ws, merge, person, x, y, {}));
    must(w.a.ws->commit(merge, "merged"));
    w.both();
    REQUIRE(must(w.b.ws->count(person)) == 1);
    CHECK(without_aliases(*w.b.ws) == before);  // Nothing is rewritten by it.
    if (edited) {
      w.b.set(person, y, person.notes, "Prefers mail.");
      w.a.set(person, y, person.birthday, "1980-04-23");
      w.both();
      before = without_aliases(*w.server.ws);
    }
    Edit separate;
    for (const Merged& part : must(merged_parts(*w.b.ws, person, y))) separate.trash(alias, part.alias);
    must(w.b.ws->commit(separate, "separated"));
    w.both();
    for (Workspace* ws : {w.a.ws.get(), w.b.ws.get(), w.server.ws.get()}) {
      CHECK(without_aliases(*ws) == before);
      CHECK(must(ws->count(person)) == 2);
      CHECK(must(ws->root(x)) == x);
    }
    CHECK(w.a.get(person, x, person.notes).empty());
    CHECK(must(w.a.ws->count(conflict)) == 0);
    w.all_well();
  }
}

TEST_CASE("undoing a merge takes back the values that were chosen with it, and nothing that was written since") {
  Two w;
  const Id x = w.a.make_person("Zoe", "Quist"), y = w.a.make_person("Zoë", "Quist-Berg");
  w.a.set(person, x, person.tag_set, "north; vip");
  w.a.set(person, y, person.tag_set, "vip");
  w.both();
  Edit merge;
  must(merge_records(*w.a.ws, merge, person, x, y, {{person.first_name.index, std::string("Zoe")}, {person.job_title.index, std::string("Buyer")}}));
  must(w.a.ws->commit(merge, "merged"));
  w.both();
  REQUIRE(w.b.get(person, y, person.tag_set) == "north; vip");
  w.b.set(person, y, person.nickname, "Z");
  w.both();
  must(w.a.ws->undo());
  w.both();
  CHECK(must(w.b.ws->count(person)) == 2);
  CHECK(w.b.get(person, y, person.first_name) == "Zoë");
  CHECK(w.b.get(person, y, person.job_title).empty());
  CHECK(w.b.get(person, y, person.nickname) == "Z");
  CHECK(w.b.get(person, y, person.tag_set) == "vip");
  CHECK(w.b.get(person, x, person.tag_set) == "north; vip");
  CHECK(w.b.get(person, x, person.first_name) == "Zoe");
  CHECK(must(w.a.ws->count(conflict)) == 0);
  w.all_well();
}

// ---- deleting

TEST_CASE("a record made and deleted before a fresh install first loads does not survive there") {
  Two w;
  const Id stays = w.a.make_person("Stays", "Here");
  const Id told = w.a.make_person("Told", "Between");
  const Id erased = w.a.make_person("Erased", "Between");
  w.a.sync(w.server);
  for (const Id& id : {told, erased}) put_life(w.a, id, Life::trashed);
  w.a.sync(w.server);
  const Id at_once = w.a.make_person("Made", "Deleted");  // In one push, and for Ben in one page.
  put_life(w.a, at_once, Life::trashed);
  const Id at_once_erased = w.a.make_person("Made", "Erased");
  put_life(w.a, at_once_erased, Life::trashed);
  w.a.sync(w.server);
  for (const Id& id : {erased, at_once_erased}) must(w.server.authority->purge(person, id));
  DeviceNode fresh("device-c", 9, &w.time);
  fresh.sign_in(w.server, w.ben, "new phone");
  fresh.sync(w.server);
  w.both();
  CHECK(digest(*fresh.ws) == digest(*w.server.ws));
  CHECK(must(fresh.replica->check()).empty());
  for (DeviceNode* d : {&w.a, &w.b, &fresh}) {
    CHECK(must(d->ws->count(person)) == 1);
    CHECK(must(d->ws->get(person, stays)));
    for (const Id& id : {told, at_once}) CHECK(must(d->ws->get(person, id))->meta.life == Life::trashed);
    for (const Id& id : {erased, at_once_erased}) CHECK_FALSE(must(d->ws->get(person, id)));
    Query words;
    for (const char* name : {"told", "made", "erased"}) {
      words.search = name;
      CHECK(must(d->ws->count(person, words)) == 0);
    }
  }
  w.all_well();
}

TEST_CASE("what is deleted while a fresh install loads, before or behind the page it is at, does not survive there") {
  Two w;
  std::vector<Id> ids;
  for (int i = 0; i < 40; i++) ids.push_back(w.a.make_person("First " + std::to_string(i), "Last"));
  w.both();
  DeviceNode fresh("device-c", 9, &w.time);
  fresh.sign_in(w.server, w.ben, "new phone");
  fresh.session->page_bytes_max = 200;
  fresh.session->start();
  size_t pages = 0;
  while (const std::optional<SyncRequest> request = must(fresh.session->next())) {
    const auto [status, body] = w.server.answer(fresh.replica->identity().device, *request);
    must(fresh.session->received(status, body));
    if (++pages != 5) continue;
    for (size_t i = 0; i < ids.size(); i += 2) put_life(w.a, ids[i], Life::trashed);
    const Id late = w.a.make_person("Late", "Last");
    put_life(w.a, late, Life::trashed);
    w.a.sync(w.server);
    for (size_t i = 0; i < ids.size(); i += 4) must(w.server.authority->purge(person, ids[i]));
    must(w.server.authority->purge(person, late));
  }
  CHECK(pages > 8);
  CHECK(fresh.session->trouble() == SyncTrouble::none);
  w.both();
  CHECK(must(fresh.ws->count(person)) == 20);
  CHECK(digest(*fresh.ws) == digest(*w.server.ws));
  CHECK(must(fresh.replica->check()).empty());
  w.all_well();
}

TEST_CASE("made, deleted and restored in quick succession, with a sync after each: the record is there once, everywhere") {
  Two w;
  const Id id = w.a.make_person("Quick", "Hands");
  const auto all = [&] { w.a.sync(w.server), w.b.sync(w.server); };  // And no time passes.
  const auto there = [&] { return std::pair(must(w.a.ws->count(person)), must(w.b.ws->count(person))); };
  all();
  CHECK(there() == std::pair<int64_t, int64_t>(1, 1));
  for (int i = 0; i < 3; i++) {
    put_life(w.a, id, Life::trashed);
    all();
    CHECK(there() == std::pair<int64_t, int64_t>(0, 0));
    all();
    CHECK(there() == std::pair<int64_t, int64_t>(0, 0));  // Nothing comes back by itself.
    put_life(i % 2 ? w.a : w.b, id, Life::live);
    all(), all();
    CHECK(there() == std::pair<int64_t, int64_t>(1, 1));
  }
  DeviceNode fresh("device-c", 9, &w.time);
  fresh.sign_in(w.server, w.ben, "new phone");
  fresh.sync(w.server);
  CHECK(must(fresh.ws->count(person)) == 1);
  Query trashed;
  trashed.life = Life::trashed;
  for (Workspace* ws : {w.a.ws.get(), w.b.ws.get(), fresh.ws.get(), w.server.ws.get()}) CHECK(must(ws->count(person, trashed)) == 0);
  CHECK(must(w.a.ws->count(conflict)) == 0);
  w.all_well();
}

TEST_CASE("a deletion that was synced and then undone stays undone after the syncs that follow") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  put_life(w.a, id, Life::trashed);
  w.both();
  REQUIRE(must(w.b.ws->count(person)) == 0);
  w.b.set(person, id, person.nickname, "written in the trash");
  w.b.sync(w.server);
  CHECK(must(w.a.ws->undo()) == "life");
  for (int i = 0; i < 3; i++) {
    w.both();
    for (DeviceNode* d : {&w.a, &w.b}) {
      CHECK(must(d->ws->get(person, id))->meta.life == Life::live);
      CHECK(d->get(person, id, person.nickname) == "written in the trash");
    }
  }
  CHECK(must(w.a.ws->count(conflict)) == 0);
  w.all_well();
}

TEST_CASE("a device that was away for months brings back nothing that was erased or deleted meanwhile, nor what was written into it") {
  Two w;
  const Id kept = w.a.make_person("Kept", "K");
  const Id erased = w.a.make_person("Erased", "E"), erased_edited = w.a.make_person("Erased", "Edited"), erased_restored = w.a.make_person("Erased", "Restored");
  const Id deleted = w.a.make_person("Deleted", "D"), deleted_edited = w.a.make_person("Deleted", "Edited");
  w.both();
  // Ben goes away with all of it confirmed, and writes.
  w.b.set(person, kept, person.nickname, "from Ben");
  w.b.set(person, erased_edited, person.job_title, "from Ben");
  w.b.set(person, deleted_edited, person.job_title, "from Ben");
  put_life(w.b, erased_restored, Life::trashed);
  put_life(w.b, erased_restored, Life::live);
  for (const Id& id : {deleted, deleted_edited}) put_life(w.a, id, Life::trashed);
  w.a.sync(w.server);
  for (const Id& id : {erased, erased_edited, erased_restored}) must(w.server.authority->purge(person, id));
  for (int month = 0; month < 14; month++) {
    w.time.now += 30 * day_ms;
    w.a.set(person, kept, person.job_title, "month " + std::to_string(month));
    w.a.sync(w.server);
  }
  w.b.close();  // Its phone was off.
  w.b.open();
  w.both();
  for (DeviceNode* d : {&w.a, &w.b}) {
    CHECK(must(d->ws->count(person)) == 1);
    CHECK(d->get(person, kept, person.nickname) == "from Ben");
    CHECK(d->get(person, kept, person.job_title) == "month 13");
    for (const Id& id : {erased, erased_edited, erased_restored}) CHECK_FALSE(must(d->ws->get(person, id)));
    for (const Id& id : {deleted, deleted_edited}) CHECK(must(d->ws->get(person, id))->meta.life == Life::trashed);
    CHECK(d->get(person, deleted_edited, person.job_title) == "from Ben");
  }
  const auto refused = must(w.b.replica->rejected());
  CHECK(refused.size() == 3);
  for (const RejectedEdit& e : refused) CHECK(e.code == "purged");
  const auto open = w.open_conflicts(*w.a.ws);
  REQUIRE(open.size() == 1);
  CHECK(as_id(open[0][conflict.record]) == deleted_edited);
  w.all_well();
}

TEST_CASE("clocks that a deletion drops: which of two changes of a field is the later one does not depend on a deletion after both") {
  for (const bool after_deletion : {false, true}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    w.a.set(person, id, person.job_title, "first");
    w.a.sync(w.server);
    w.tick();
    w.b.set(person, id, person.job_title, "second");  // Not knowing of the first.
    w.tick();
    if (!after_deletion) w.b.sync(w.server);
    for (const bool gone : {true, false}) {
      Edit edit;
      gone ? edit.trash(person, id) : edit.restore(person, id);
      must(w.a.ws->commit(edit, "life"));
      w.a.sync(w.server);
    }
    w.both();
    w.both();
    CAPTURE(after_deletion);
    CHECK(w.a.get(person, id, person.job_title) == "second");
    CHECK(w.b.get(person, id, person.job_title) == "second");
    CHECK(must(w.server.ws->get(person, id))->meta.life == Life::live);
    w.all_well();
  }
}

// ---- the rest

TEST_CASE("a choice that only a newer app knows is shown, and passes unharmed through one that does not know it") {
  Two w;
  DeviceNode old("device-old", 4, &w.time, older_schema());
  old.sign_in(w.server, w.ben, "Ben's old laptop");
  const Id who = w.a.make_person("P", "Q"), call = w.a.ws->new_id();
  Edit edit;
  edit.create(activity, call);
  edit.set(activity, call, activity.type, std::string("hologram"));
  edit.set(activity, call, activity.subject, std::string("about the offer"));
  edit.set(activity, call, activity.person, who);
  must(w.a.ws->commit(edit, "made"));
  w.both();
  old.sync(w.server);
  for (DeviceNode* d : {&w.b, &old}) CHECK(d->get(activity, call, activity.type) == "hologram");
  // Others change other fields of it, and one changes the choice and takes that back.
  old.set(activity, call, activity.subject, "about the better offer");
  w.b.set(activity, call, activity.minutes, "30");
  old.sync(w.server);
  w.both();
  w.b.set(activity, call, activity.type, "call");
  must(w.b.ws->undo());
  w.both();
  old.sync(w.server);
  for (DeviceNode* d : {&w.a, &w.b, &old}) {
    CHECK(d->get(activity, call, activity.type) == "hologram");
    CHECK(d->get(activity, call, activity.subject) == "about the better offer");
    CHECK(d->get(activity, call, activity.minutes) == "30");
  }
  // Where it loses against one that is known, it is kept as any other value would be.
  w.a.set(activity, call, activity.type, "telepathy");
  w.tick();
  old.set(activity, call, activity.type, "visit");
  old.sync(w.server);
  w.both();
  old.sync(w.server);
  const auto open = w.open_conflicts(*old.ws);
  REQUIRE(open.size() == 1);
  CHECK(open[0].text(conflict.kept) == "visit");
  CHECK(open[0].text(conflict.lost) == "telepathy");
  CHECK(must(old.replica->check()).empty());
  w.all_well();
}

TEST_CASE("the check of a server calls nothing wrong because somebody settled a conflict") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.a.set(person, id, person.job_title, "Buyer");
  w.b.set(person, id, person.job_title, "Owner");
  w.both();
  REQUIRE(w.open_conflicts(*w.a.ws).size() == 1);
  CHECK(must(w.server.authority->check()).empty());
  w.a.set(conflict, w.open_conflicts(*w.a.ws)[0].id, conflict.resolved, "yes");
  w.both();
  REQUIRE(w.open_conflicts(*w.b.ws).empty());
  w.all_well();
}

TEST_CASE("undoing a change of tags is about those tags: what others added since stays, what they removed does not come back") {
  struct Case {
    const char *before, *mine, *theirs, *undone;
  };
  for (const Case& c : {Case{"vip", "north; vip", "lead; north; vip", "lead; vip"}, Case{"north; vip", "north", "", "vip"}}) {
    INFO(c.before << " → " << c.mine << " → " << c.theirs);
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.a.set(person, id, person.tag_set, c.before);
    w.both();
    w.a.set(person, id, person.tag_set, c.mine);
    w.both();
    w.b.set(person, id, person.tag_set, c.theirs);
    w.both();
    must(w.a.ws->undo());
    w.both();
    CHECK(w.b.get(person, id, person.tag_set) == c.undone);
    w.all_well();
  }
}
