// Two records that are the same become one, on every device the same way, and two again.

#include "shared/store/aliases.h"
#include "shared/workspace/merging.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct Doubles : Two {
  Id x, y;
  Doubles() {
    x = a.make_person("Zoe", "Quist");
    y = a.make_person("Zoë", "Quist-Berg");
    both();
  }
  void merge(DeviceNode& d, const Id& loser, const Id& winner, const std::vector<FieldValue>& chosen = {}) {
    Edit edit;
    must(merge_records(*d.ws, edit, person, loser, winner, chosen));
    must(d.ws->commit(edit, "merged"));
  }
  void separate(DeviceNode& d, const Id& root) {
    Edit edit;
    for (const Merged& m : must(merged_parts(*d.ws, person, root))) edit.trash(alias, m.alias);
    must(d.ws->commit(edit, "separated"));
  }
  Id note_on(DeviceNode& d, const Id& who, const std::string& subject) {
    const Id id = d.ws->new_id();
    Edit edit;
    edit.create(activity, id);
    edit.set(activity, id, activity.person, who);
    edit.set(activity, id, activity.subject, subject);
    must(d.ws->commit(edit, "note"));
    return id;
  }
  size_t notes(DeviceNode& d, const Id& who) { return must(d.ws->children(activity, activity.person, who)).size(); }
  size_t found(DeviceNode& d, const std::string& words) {
    Query q;
    q.search = words;
    return must(d.ws->list(person, q)).size();
  }
};

}  // namespace

TEST_CASE("alias edges form a forest with one root a class, whatever their order and direction: all sets of three edges over four records") {
  std::vector<Id> ids(4);
  for (uint8_t i = 0; i < 4; i++) ids[i].bytes[15] = static_cast<uint8_t>(i + 1);
  for (int code = 0; code < 4096; code++) {
    std::vector<AliasEdge> edges;
    for (int n = 0; n < 3; n++) {
      AliasEdge e;
      e.seq = n + 1;
      e.id.bytes[0] = static_cast<uint8_t>(n + 1);
      e.loser = ids[static_cast<size_t>(code >> (4 * n) & 3)];
      e.winner = ids[static_cast<size_t>(code >> (4 * n + 2) & 3)];
      if (!(e.loser == e.winner)) edges.push_back(e);
    }
    const std::map<Id, Id> roots = alias_roots(edges);
    std::reverse(edges.begin(), edges.end());
    REQUIRE(alias_roots(edges) == roots);  // Only the server's order counts.
    const auto root = [&](const Id& id) { return roots.count(id) ? roots.at(id) : id; };
    for (const AliasEdge& e : edges) REQUIRE(root(e.loser) == root(e.winner));
    for (const auto& [id, r] : roots) {
      REQUIRE_FALSE(id == r);
      REQUIRE(root(r) == r);
    }
    // Taking the last edge out leaves what the others make.
    if (!edges.empty()) {
      std::vector<AliasEdge> fewer(edges.begin() + 1, edges.end());
      const std::map<Id, Id> before = alias_roots(fewer);
      for (const auto& [id, r] : before) REQUIRE(root(id) == root(r));
    }
  }
}

TEST_CASE("re-parenting loops that miss children created offline: what is added to a merged record without a network shows at the other") {
  Doubles w;
  w.note_on(w.a, w.x, "before");
  w.note_on(w.a, w.y, "of the winner");
  w.both();
  w.note_on(w.b, w.x, "offline, not knowing");
  w.merge(w.a, w.x, w.y, {{person.job_title.index, std::string("Buyer")}});
  w.both();
  for (DeviceNode* d : {&w.a, &w.b}) {
    CHECK(must(d->ws->count(person)) == 1);
    CHECK(must(d->ws->root(w.x)) == w.y);
    CHECK(w.notes(*d, w.y) == 3);
    CHECK(d->get(person, w.y, person.job_title) == "Buyer");
    CHECK(w.found(*d, "quist-berg") == 1);
    CHECK(w.found(*d, "zoe quist") == 1);  // By the name it had before, too.
  }
  w.all_well();
  // Separated again: each has its own.
  w.separate(w.b, w.y);
  w.both();
  for (DeviceNode* d : {&w.a, &w.b}) {
    CHECK(must(d->ws->count(person)) == 2);
    CHECK(w.notes(*d, w.y) == 1);
    CHECK(w.notes(*d, w.x) == 2);
    CHECK(d->get(person, w.x, person.first_name) == "Zoe");
    CHECK(w.found(*d, "berg") == 1);
  }
  w.all_well();
}

TEST_CASE("merge cycles: two devices merge the same records crosswise, and both show one record, the same") {
  Doubles w;
  w.merge(w.a, w.x, w.y);
  w.merge(w.b, w.y, w.x);
  w.both();
  CHECK(must(w.a.ws->count(person)) == 1);
  CHECK(must(w.a.ws->root(w.x)) == w.y);  // The server took Anna's first.
  CHECK(must(w.b.ws->root(w.x)) == w.y);
  CHECK(must(w.b.ws->root(w.y)) == w.y);
  w.all_well();
  w.separate(w.a, w.y);
  w.both();
  CHECK(must(w.b.ws->count(person)) == 2);
}

TEST_CASE("one record is merged into two others at once: all three are one, under the first winner") {
  Doubles w;
  const Id z = w.a.make_person("Z", "Quist");
  w.both();
  w.merge(w.a, w.x, w.y);
  w.b.set(person, z, person.job_title, "Chosen by Ben");
  w.merge(w.b, w.x, z);
  w.both();
  for (DeviceNode* d : {&w.a, &w.b}) {
    CHECK(must(d->ws->count(person)) == 1);
    for (const Id& id : {w.x, w.y, z}) CHECK(must(d->ws->root(id)) == w.y);
    // Nobody has chosen between the first winner and the second: what only the second has is told.
    std::map<std::string, std::string> told;
    for (const Record& c : w.open_conflicts(*d->ws)) {
      CHECK(as_id(c[conflict.record]) == z);
      CHECK(c.text(conflict.reason) == "merged");
      told[c.text(conflict.field)] = c.text(conflict.lost);
    }
    CHECK(told.at("first_name") == "Z");
    CHECK(told.at("job_title") == "Chosen by Ben");
  }
  w.all_well();
}

TEST_CASE("a merged-away record edited later: the change is told at the record that is shown") {
  Doubles w;
  w.merge(w.a, w.x, w.y);
  w.b.set(person, w.x, person.job_title, "Head of purchasing");
  w.both();
  auto open = w.open_conflicts(*w.b.ws);
  REQUIRE(open.size() == 1);
  CHECK(as_id(open[0][conflict.record]) == w.y);
  CHECK(open[0].text(conflict.lost) == "Head of purchasing");
  CHECK(open[0].text(conflict.reason) == "merged");
  w.all_well();
}

TEST_CASE("whoever merges not knowing what was changed meanwhile is told so") {
  Doubles w;
  w.b.set(person, w.x, person.job_title, "Head of purchasing");
  w.b.sync(w.server);
  w.merge(w.a, w.x, w.y);
  w.both();
  const auto open = w.open_conflicts(*w.a.ws);
  REQUIRE(open.size() == 1);
  CHECK(as_id(open[0][conflict.record]) == w.y);
  CHECK(open[0].text(conflict.lost) == "Head of purchasing");
  CHECK(as_id(open[0][conflict.lost_by]) == w.ben);
  w.all_well();
}

TEST_CASE("merging is refused where a record is unknown, erased, hidden, or the same; undo separates") {
  Doubles w;
  Edit none;
  CHECK_FALSE(merge_records(*w.a.ws, none, person, w.x, w.x, {}).ok());
  w.merge(w.a, w.x, w.y, {{person.first_name.index, std::string("Chosen")}});
  CHECK_FALSE(merge_records(*w.a.ws, none, person, w.y, w.x, {}).ok());
  w.both();
  REQUIRE(must(w.b.ws->count(person)) == 1);
  must(w.a.ws->undo());
  w.both();
  CHECK(must(w.b.ws->count(person)) == 2);
  CHECK(w.b.get(person, w.y, person.first_name) == "Zoë");
  // Hidden from Ben, however he came by the id.
  Edit keep;
  keep.set(person, w.x, person.visibility, std::string("private"));
  must(w.a.ws->commit(keep, "private"));
  w.merge(w.b, w.x, w.y);
  w.both();
  REQUIRE(must(w.b.replica->rejected()).size() == 1);
  CHECK(must(w.b.replica->rejected())[0].code == "forbidden");
  CHECK(must(w.server.authority->check()).empty());
}

TEST_CASE("erasing a record erases what was merged into it") {
  Doubles w;
  w.merge(w.a, w.x, w.y);
  w.both();
  CHECK(must(w.server.authority->purge(person, w.y)) == 3);
  w.both();
  for (const auto& [name, file] : MemoryDisk::the().files)
    if (name.starts_with("device") || name.starts_with("server")) CHECK(file.now.find("Quist") == std::string::npos);
  w.all_well();
}
