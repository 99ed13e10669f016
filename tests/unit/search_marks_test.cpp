// Which rows the search index has to read again.

#include <set>

#include "shared/store/search.h"
#include "shared/workspace/merging.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("search marks: what was marked and committed is taken once, in order, whatever was rolled back or closed between") {
  const uint64_t seed = GENERATE(1u, 2u, 3u, 4u);
  INFO("seed " << seed);
  SeededRandom random(seed);
  const char* const path = "marked";
  MemoryDisk::the().remove(path);
  auto db = must(Database::open(path, MemoryDisk::name()));
  auto tables = must(Tables::open(*db, product_schema(), Side::server));
  const auto people = static_cast<size_t>(product_schema().index_of(person)), companies = static_cast<size_t>(product_schema().index_of(company));
  std::map<size_t, std::set<int64_t>> marked;
  int taken = 0, rolled_back = 0;
  for (int step = 0; step < 300; step++) {
    auto after = marked;
    const auto some = [&]() -> Status {
      for (auto n = random.below(100); n > 0; n--) {
        const size_t entity = random.below(2) ? people : companies;
        const auto row = static_cast<int64_t>(random.below(5) ? 60 + random.below(80) : random.below(1'000'000'000'000));
        TRY(tables->search_marks().mark(entity, row));
        after[entity].insert(row);
      }
      return {};
    };
    const auto take = [&](size_t entity) {
      const std::vector<int64_t> rows = must(tables->search_marks().marked(entity));
      must(tables->search_marks().clear(entity));
      CHECK(rows == std::vector<int64_t>(after[entity].begin(), after[entity].end()));
      taken += !rows.empty();
      after[entity].clear();
    };
    switch (random.below(6)) {
      case 0: must(some()); break;  // Each by itself, without a transaction around them.
      case 1: take(people); break;
      case 2:
        tables.reset();
        db.reset();
        db = must(Database::open(path, MemoryDisk::name()));
        tables = must(Tables::open(*db, product_schema(), Side::server));
        break;
      default: {
        const bool stands = random.below(3) > 0;
        const Status done = db->transaction([&]() -> Status {
          TRY(some());
          if (random.below(3) == 0) take(companies);
          TRY(db->transaction(some));
          return stands ? Status() : Error{ErrorKind::storage, "full"};
        });
        CHECK(done.ok() == stands);
        rolled_back += !stands;
        if (!stands) after = marked;
      }
    }
    marked = after;
  }
  CHECK(taken > 20);
  CHECK(rolled_back > 20);
}

TEST_CASE("search marks: those of a database of version 12 are kept, each kind's apart") {
  const std::map<std::string, std::vector<int64_t>> rows = {{"company", {1, 62, 63, 64, 127, 128, 5000, 5063}}, {"person", {1, 63, 65}}};
  Two w;
  search_as_before_13(*w.server.db);
  for (const auto& [entity, numbers] : rows)
    for (const int64_t row : numbers) {
      Statement s = w.server.db->prepare("INSERT INTO search_dirty(entity, row) VALUES(?, ?)");
      must(s.bind(std::string_view(entity)).bind(row).run());
    }
  must(w.server.db->execute("PRAGMA user_version=12"));
  w.server.close();
  w.server.open();
  for (const auto& [entity, numbers] : rows)
    CHECK(must(w.server.ws->tables().search_marks().marked(static_cast<size_t>(product_schema().index_of(entity)))) == numbers);
  w.all_well();
}

static int64_t found(Workspace& ws, const std::string& words) {
  Query q;
  q.search = words;
  return must(ws.count(person, q));
}

TEST_CASE("who was renamed before an update of the app is found after it by the new name") {
  Two w;
  const Id id = w.a.make_person("Anna", "Berg");
  for (int i = 0; i < 80; i++) w.a.make_person("Other", "Person");
  CHECK(found(*w.a.ws, "berg") == 1);
  w.a.set(person, id, person.last_name, "Cash");
  search_as_before_13(*w.a.db);
  must(w.a.db->execute("PRAGMA user_version=12"));
  w.a.close();
  w.a.open();
  CHECK(found(*w.a.ws, "cash") == 1);
  CHECK(found(*w.a.ws, "berg") == 0);
}

TEST_CASE("a change that the disk has no room for leaves people found by what they are still called") {
  Two w;
  const Id id = w.a.make_person("Anna", "Berg");
  CHECK(found(*w.a.ws, "berg") == 1);
  int failed = 0;
  for (int writes = 0;; writes++) {
    const std::string was = w.a.get(person, id, person.last_name), name = "Name" + std::to_string(writes);
    Edit edit;
    edit.set(person, id, person.last_name, name);
    MemoryDisk::the().writes_until_full = writes;
    const Status done = w.a.ws->commit(edit, "renamed");
    MemoryDisk::the().writes_until_full = -1;
    CHECK(w.a.get(person, id, person.last_name) == (done.ok() ? name : was));
    CHECK(found(*w.a.ws, was) == !done.ok());
    CHECK(found(*w.a.ws, name) == done.ok());
    if (done.ok()) break;
    failed++;
  }
  CHECK(failed > 1);
  w.both();
  w.all_well();
}

TEST_CASE("a transaction whose marks cannot be written is rolled back whole") {
  Two w;
  const Id id = w.a.make_person("Anna", "Berg");
  CHECK(found(*w.a.ws, "berg") == 1);
  must(w.a.db->execute("CREATE TRIGGER no BEFORE INSERT ON search_marked BEGIN SELECT raise(ABORT, 'no'); END"));
  Edit edit;
  edit.set(person, id, person.last_name, std::string("Cash"));
  CHECK_FALSE(w.a.ws->commit(edit, "renamed").ok());
  must(w.a.db->execute("DROP TRIGGER no"));
  CHECK(w.a.get(person, id, person.last_name) == "Berg");
  CHECK(found(*w.a.ws, "berg") == 1);
  must(w.a.ws->commit(edit, "renamed"));
  CHECK(found(*w.a.ws, "berg") == 0);
  w.both();
  w.all_well();
}

TEST_CASE("a search for bytes that are no text finds nothing, and is no error") {
  Two w;
  w.a.make_person("Anna", "Berg");
  Query q;
  q.search = "Csz\x8Dt\xD9\x9Eher\xC2" "1";
  CHECK(must(w.a.ws->count(person, q)) == 0);
}

TEST_CASE("a search that fails leaves its marks, and of the change around it nothing is kept, though it goes on") {
  Two w;
  const Id anna = w.a.make_person("Anna", "Berg"), bea = w.a.make_person("Bea", "Cash");
  CHECK(found(*w.a.ws, "berg") == 1);
  w.a.set(person, anna, person.last_name, "Dell");
  w.a.set(person, bea, person.last_name, "Ende");
  must(w.a.db->execute("CREATE TRIGGER no BEFORE INSERT ON person_search_docsize BEGIN SELECT raise(ABORT, 'no'); END"));
  CHECK_FALSE(w.a.ws->atomically([&]() -> Status {
                  w.a.set(person, bea, person.last_name, "Fuchs");
                  Query q;
                  q.search = "dell";
                  CHECK_FALSE(w.a.ws->count(person, q).ok());
                  return {};
                }).ok());
  must(w.a.db->execute("DROP TRIGGER no"));
  for (const char* name : {"dell", "ende"}) CHECK(found(*w.a.ws, name) == 1);
  for (const char* name : {"berg", "cash"}) CHECK(found(*w.a.ws, name) == 0);
}

TEST_CASE("what SQLite ended after an error nobody looked at is not gone on with") {
  Two w;
  const Id id = w.a.make_person("Anna", "Berg");
  CHECK_FALSE(w.a.ws->atomically([&]() -> Status {
                  w.a.set(person, id, person.last_name, "Cash");
                  must(w.a.db->execute("ROLLBACK"));
                  Edit edit;
                  edit.set(person, id, person.last_name, std::string("Dell"));
                  CHECK_FALSE(w.a.ws->commit(edit, "renamed").ok());
                  return {};
                }).ok());
  CHECK(w.a.get(person, id, person.last_name) == "Berg");
  w.a.set(person, id, person.last_name, "Ende");
  w.both();
  w.all_well();
}

/// Which row has which word, for every kind that is searched.
static std::set<std::string> words_in_index(Workspace& ws) {
  std::set<std::string> out;
  Database& db = ws.tables().db();
  for (size_t e = 0; e < ws.schema().size(); e++) {
    const Entity& entity = ws.schema()[e];
    if (entity.found_by_parent) continue;
    const std::string key(entity.key);
    must(Search(ws.tables()).flush(ws.rows(e)));
    must(db.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, '" + key + "_search', instance)"));
    {
      Statement s = must(db.prepare_once("SELECT term, doc FROM temp.words"));
      while (s.step()) out.insert(key + " " + std::to_string(s.integer(1)) + " " + std::string(s.text(0)));
      must(s.status());
    }
    must(db.execute("DROP TABLE temp.words"));
  }
  return out;
}

TEST_CASE("the search index says what the rows say, whatever came, went, was merged, rolled back and searched between") {
  const uint64_t seed = GENERATE(1u, 2u, 3u, 4u, 5u, 6u);
  INFO("seed " << seed);
  SeededRandom random(seed);
  Two w;
  std::vector<Id> people, details, merges;
  const auto word = [&] { return "word" + std::to_string(random.below(1000)); };
  for (int i = 0; i < 70; i++) people.push_back((i % 2 ? w.a : w.b).make_person(word(), word()));
  w.both();
  for (int step = 0; step < 250; step++) {
    Workspace& ws = random.below(5) ? *(random.below(2) ? w.a : w.b).ws : *w.server.ws;
    const auto one_of = [&](const std::vector<Id>& ids) { return ids[random.below(ids.size())]; };
    const Id who = one_of(people);
    Edit edit;
    switch (random.below(12)) {
      case 0: w.both(); break;
      case 1: words_in_index(ws); break;
      case 2:
        details.push_back(ws.new_id());
        edit.create(contact_point, details.back());
        edit.set(contact_point, details.back(), contact_point.person, who);
        edit.set(contact_point, details.back(), contact_point.type, std::string("address"));
        edit.set(contact_point, details.back(), contact_point.street, word());
        break;
      case 3:  // To another person, or with another text.
        if (details.empty()) break;
        if (random.below(2)) edit.set(contact_point, one_of(details), contact_point.person, who);
        else edit.set(contact_point, one_of(details), contact_point.street, word());
        break;
      case 4:
        if (!details.empty()) edit.trash(contact_point, one_of(details));
        break;
      case 5: edit.trash(person, who); break;
      case 6: edit.restore(person, who); break;
      case 7: {
        const Id other = one_of(people);
        if (who == other || merge_records(ws, edit, person, who, other, {}).ok()) break;
        edit = {};
        break;
      }
      case 8:
        if (random.below(4) == 0) (void)w.server.authority->purge(person, who);
        break;
      case 9:
        CHECK_FALSE(ws.atomically([&]() -> Status {
                        for (int i = 0; i < 5; i++) {
                          Edit lost;
                          lost.set(person, one_of(people), person.last_name, word());
                          (void)ws.commit(lost, "lost");
                          if (random.below(4) == 0) words_in_index(ws);
                        }
                        return Error{ErrorKind::storage, "full"};
                      }).ok());
        break;
      default: edit.set(person, who, random.below(2) ? person.last_name : person.notes, word()); break;
    }
    (void)ws.commit(edit, "changed");  // What it names may not be there.
  }
  w.both();
  for (Workspace* ws : {w.a.ws.get(), w.b.ws.get(), w.server.ws.get()}) {
    const std::set<std::string> had = words_in_index(*ws);
    CHECK(had.size() > 100);
    must(ws->tables().db().transaction([&]() -> Status {
      for (size_t e = 0; e < ws->schema().size(); e++)
        if (!ws->schema()[e].found_by_parent) TRY(Search(ws->tables()).forget_removed(ws->rows(e)));
      return {};
    }));
    CHECK(had == words_in_index(*ws));
  }
}
