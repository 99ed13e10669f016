// Loops over the schema: a field is tested by being declared.

#include <sqlite3.h>

#include <catch_amalgamated.hpp>
#include <map>
#include <set>

#include "shared/base/text.h"
#include "shared/sync/codec.h"
#include "tests/support/world.h"
#include "tests/support/values.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("every value of every field survives its text form") {
  SeededRandom random(11);
  for (const Entity* entity : product_schema())
    for (const FieldDef& f : entity->fields)
      for (int i = 0; i < 40; i++) {
        const Value v = random_value(f, random);
        INFO(entity->key << "." << f.key << " " << format_value(f, v));
        REQUIRE(check_value(f, v).ok());
        const Result<Value> again = parse_value(f, format_value(f, v));
        REQUIRE(again.ok());
        CHECK(*again == v);
      }
}

TEST_CASE("every value of every field survives the log, the wire and the row") {
  TestClock time;
  ServerNode server("server", 1, &time);
  DeviceNode device("device", 2, &time);
  const Id admin = server.ws->new_id();
  Edit joins;
  joins.create(member, admin);
  joins.set(member, admin, member.role, std::string("admin"));
  must(server.ws->commit(joins, "member"));
  device.sign_in(server, admin, "phone");
  SeededRandom random(12);
  for (int round = 0; round < 8; round++)
    for (const Entity* entity : product_schema()) {
      if (entity == &alias) continue;  // Only between records that are there: merging_test.cpp.
      Edit edit;
      const Id id = server.ws->new_id();
      edit.create(*entity, id);
      for (const FieldDef& f : entity->fields) edit.set(*entity, id, f.index, random_value(f, random));
      must(server.ws->commit(edit, "made"));
      time.now += 1000;
      Edit second;
      for (const FieldDef& f : entity->fields)
        if (random.below(3) == 0) second.set(*entity, id, f.index, random_value(f, random));
      must(server.ws->commit(second, "changed"));
      if (round % 2) device.sync(server);
    }
  device.sync(server);
  CHECK(digest(*device.ws) == digest(*server.ws));
  CHECK(must(server.authority->check()).empty());
}

TEST_CASE("hard rules refuse what does not fit, with the field's name in the sentence") {
  const auto refuses = [](const Entity& e, Field field, const std::string& text) {
    const Result<Value> v = parse_value(e.at(field), text);
    return !v.ok() && v.error().message.starts_with(std::string(e.at(field).label));
  };
  CHECK(refuses(person, person.birthday, "2026-02-30"));
  CHECK(refuses(person, person.birthday, "tomorrow"));
  CHECK(refuses(company, company.discount, "101"));
  CHECK(refuses(company, company.revenue, "12.345 EUR"));
  CHECK(refuses(activity, activity.minutes, "99999999999999999999"));
  CHECK(refuses(person, person.first_name, std::string(501, 'x')));
  CHECK(refuses(person, person.first_name, "\xC3"));
  CHECK(refuses(person, person.company, "not an id"));
}

TEST_CASE("dates are read as people write them") {
  const FieldDef& f = person.at(person.birthday);
  for (const char* text : {"1990-03-22", "19900322", "22.03.1990", "22/3/1990", "3/22/1990", "1990/03/22"}) CHECK(format_value(f, must(parse_value(f, text))) == "1990-03-22");
}

TEST_CASE("no key of the schema has vanished or changed its kind") {
  std::string now;
  for (const Entity* entity : product_schema())
    for (const FieldDef& f : entity->fields) now += std::string(entity->key) + "." + std::string(f.key) + " " + std::string(kind_info(f.kind).name) + "\n";
  const std::string golden =
#include "tests/golden/schema.inc"
      ;
  for (const std::string& line : split(golden, '\n')) {
    INFO(line);
    CHECK(now.find(line) != std::string::npos);
  }
  CHECK(now.size() == golden.size());  // New keys are added to tests/golden/schema.inc, once and for ever.
}

TEST_CASE("a group of fields never gains or loses one: an edit of an older app would not be the whole of it") {
  std::map<std::string, std::string> groups;
  for (const Entity* entity : product_schema())
    for (const FieldDef& f : entity->fields)
      if (!f.options.group.empty()) groups[std::string(entity->key) + "." + std::string(f.options.group)] += " " + std::string(f.key);
  std::string now;
  for (const auto& [group, fields] : groups) now += group + ":" + fields + "\n";
  const std::string golden =
#include "tests/golden/groups.inc"
      ;
  CHECK(now == golden);
}

TEST_CASE("folding joins what people take for the same") {
  CHECK(fold("Zoë  MÜLLER") == "zoe muller");
  CHECK(fold("Straße") == "strasse");
  CHECK(search_text("張偉 Ltd.") == "張 偉 ltd");
  CHECK(search_words("O'Brien-Smith") == std::vector<std::string>{"o", "brien", "smith"});
  CHECK(search_words("t\u065Eher a\xC2") == std::vector<std::string>{"ther", "a"});  // Marks go also where some bytes are no text.
}

TEST_CASE("search finds by any beginning, by characters, and by contact details; lists page through everything once") {
  TestClock time;
  ServerNode server("server", 1, &time);
  const Id zoe = server.ws->new_id(), point = server.ws->new_id();
  Edit edit;
  edit.create(person, zoe);
  edit.set(person, zoe, person.first_name, std::string("Zoë"));
  edit.set(person, zoe, person.last_name, std::string("張偉"));
  edit.create(contact_point, point);
  edit.set(contact_point, point, contact_point.person, zoe);
  edit.set(contact_point, point, contact_point.phone_number, std::string("+44 20 7946-0018"));
  must(server.ws->commit(edit, "made"));
  auto found = [&](const std::string& words) {
    Query q;
    q.search = words;
    return must(server.ws->list(person, q)).size();
  };
  for (const char* words : {"zoe", "ZO", "偉", "張偉 zoe", "7946", "442079460018"}) {
    INFO(words);
    CHECK(found(words) == 1);
  }
  CHECK(found("zoey") == 0);
  Edit change;
  change.set(contact_point, point, contact_point.phone_number, std::string("+49 30 1"));
  must(server.ws->commit(change, "changed"));
  CHECK(found("7946") == 0);
  CHECK(found("4930") == 1);

  // What is in the trash finds nobody; what is put elsewhere finds whom it is put to.
  Edit trash, restore, move;
  trash.trash(contact_point, point);
  must(server.ws->commit(trash, "trashed"));
  CHECK(found("4930") == 0);
  restore.restore(contact_point, point);
  must(server.ws->commit(restore, "restored"));
  CHECK(found("4930") == 1);
  const Id other = server.ws->new_id();
  move.create(person, other);
  move.set(person, other, person.last_name, std::string("Other"));
  move.set(contact_point, point, contact_point.person, other);
  must(server.ws->commit(move, "moved"));
  CHECK(found("4930") == 1);
  CHECK(found("zoe 4930") == 0);

  for (int i = 0; i < 57; i++) {
    Edit more;
    const Id id = server.ws->new_id();
    more.create(person, id);
    if (i % 3) more.set(person, id, person.last_name, "Name " + std::to_string(i % 7));
    must(server.ws->commit(more, "made"));
  }
  for (bool descending : {false, true}) {
    Query q;
    q.sort_by = SortBy::field;
    q.sort_field = person.last_name.index;
    q.descending = descending;
    q.limit = 10;
    std::set<Id> seen;
    std::optional<PageMark> next;
    do {
      q.after = next;
      for (const Record& r : must(server.ws->list(person, q, &next))) CHECK(seen.insert(r.id).second);
    } while (next);
    CHECK(seen.size() == 59);
  }
}

TEST_CASE("many new records are searched at once, and later changes of them too") {
  TestClock time;
  ServerNode server("server", 1, &time);
  std::vector<Id> ids;
  for (int i = 0; i < 1234; i++) {
    Edit edit;
    ids.push_back(server.ws->new_id());
    edit.create(person, ids.back());
    edit.set(person, ids.back(), person.last_name, "Number" + std::to_string(i) + (i % 2 ? " odd" : " even"));
    must(server.ws->commit(edit, "made"));
  }
  auto found = [&](const std::string& words) {
    Query q;
    q.search = words;
    return must(server.ws->count(person, q));
  };
  CHECK(found("odd") == 617);
  CHECK(found("number1233") == 1);
  // What is put off while there is much to do is not put off for ever.
  Statement merging = server.db->prepare("SELECT v FROM person_search_config WHERE k='automerge'");
  REQUIRE(merging.step());
  CHECK(merging.integer(0) == 4);
  merging.reset();
  Edit change;
  change.set(person, ids[1], person.last_name, std::string("Even so"));
  must(server.ws->commit(change, "changed"));
  CHECK(found("odd") == 616);
  CHECK(found("even") == 618);
}

TEST_CASE("changes of whatever fields together leave a bounded number of statements behind") {
  TestClock time;
  ServerNode server("server", 1, &time);
  const Id id = server.ws->new_id();
  Edit made;
  made.create(person, id);
  must(server.ws->commit(made, "made"));
  std::vector<uint16_t> texts;
  for (const FieldDef& f : person.fields)
    if (f.kind == Kind::text && f.options.group.empty()) texts.push_back(f.index);
  REQUIRE(texts.size() >= 5);
  SeededRandom random(13);
  std::set<std::vector<uint16_t>> sets;
  for (int i = 0; i < 900; i++) {
    for (size_t n = texts.size() - 1; n > 0; n--) std::swap(texts[n], texts[random.below(n + 1)]);
    const std::vector<uint16_t> some(texts.begin(), texts.begin() + 5);
    sets.insert(some);
    Edit edit;
    for (const uint16_t f : some) edit.set(person, id, f, "v" + std::to_string(i));
    must(server.ws->commit(edit, "changed"));
  }
  int kept = 0;
  for (sqlite3_stmt* s = sqlite3_next_stmt(server.db->handle(), nullptr); s; s = sqlite3_next_stmt(server.db->handle(), s)) kept++;
  CHECK(sets.size() > 500);
  CHECK(kept < 450);
}

namespace {

/// The same kind of record as two versions of the product know it.
struct Plain : Entity {
  explicit Plain(bool sortable) : Entity("thing", "Thing", "Things") { name = text("name", "Name", {.title = true, .sortable = sortable}); }
  Field name;
};

}  // namespace

TEST_CASE("a field that can be sorted by since an update sorts what was there before it") {
  static const Plain before(false), after(true);
  static const Schema older({&before}), newer({&after});
  TestClock time;
  ServerNode server("server", 1, &time, older);
  for (const char* name : {"Zoë", "äpfel", "Birne"}) {
    Edit edit;
    const Id id = server.ws->new_id();
    edit.create(before, id);
    edit.set(before, id, before.name, std::string(name));
    must(server.ws->commit(edit, "made"));
  }
  server.close();
  ServerNode again("elsewhere", 2, &time, newer);
  again.close();
  again.path = "server";
  again.open();
  Query q;
  q.sort_by = SortBy::field;
  q.sort_field = after.name.index;
  std::string names;
  for (const Record& r : must(again.ws->list(after, q))) names += r.text(after.name) + " ";
  CHECK(names == "äpfel Birne Zoë ");
}
