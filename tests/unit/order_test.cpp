// Orders people arrange by hand.

#include <algorithm>

#include "shared/model/order.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("between two places there is always another, wherever one moves things") {
  SeededRandom random(21);
  std::vector<std::string> places;
  for (int i = 0; i < 3000; i++) {
    const size_t at = i % 3 == 0 ? 0 : i % 3 == 1 ? places.size() : random.below(places.size() + 1);
    const std::string before = at == 0 ? "" : places[at - 1], after = at == places.size() ? "" : places[at];
    const std::string place = order_between(before, after);
    INFO(before << " < " << place << " < " << after);
    REQUIRE(before < place);
    REQUIRE((after.empty() || place < after));
    REQUIRE(place.back() != '0');
    places.insert(places.begin() + static_cast<long>(at), place);
  }
  for (size_t n : {0, 1, 2, 61, 62, 1000}) {
    const std::vector<std::string> spread = order_spread(n);
    REQUIRE(spread.size() == n);
    CHECK(std::is_sorted(spread.begin(), spread.end()));
    CHECK(std::adjacent_find(spread.begin(), spread.end()) == spread.end());
    for (const std::string& place : spread) CHECK((place.back() != '0' && place.size() <= 3));
  }
  (void)order_between("b", "a");  // Any strings give one.
  (void)order_between("\xFF", "!");
}

TEST_CASE("two people arrange the same list at once: both see one order, and nothing is lost") {
  Two w;
  const Id who = w.a.make_person("Zoë", "Quist");
  std::vector<Id> points;
  for (int i = 0; i < 4; i++) {
    points.push_back(w.a.ws->new_id());
    Edit edit;
    edit.create(contact_point, points.back());
    edit.set(contact_point, points.back(), contact_point.person, who);
    edit.set(contact_point, points.back(), contact_point.city, "c" + std::to_string(i));
    must(w.a.ws->commit(edit, "point"));
  }
  w.both();
  const auto order = [&](DeviceNode& d) {
    std::string out;
    for (const Record& r : must(d.ws->children(contact_point, contact_point.person, who))) out += r.text(contact_point.city);
    return out;
  };
  const auto put_first = [&](DeviceNode& d, const Id& id) {
    const auto now = must(d.ws->children(contact_point, contact_point.person, who));
    Edit edit;
    edit.set(contact_point, id, contact_point.place, order_between({}, as_text(now.front()[contact_point.place])));
    must(d.ws->commit(edit, "first"));
  };
  CHECK(order(w.a) == "c0c1c2c3");
  put_first(w.a, points[2]);
  put_first(w.b, points[3]);  // The same place, not knowing.
  w.both();
  CHECK(order(w.a) == order(w.b));
  CHECK((order(w.a) == "c2c3c0c1" || order(w.a) == "c3c2c0c1"));  // By their ids.
  for (int i = 0; i < 200; i++) {
    put_first(w.a, points[static_cast<size_t>(i) % 4]);
    w.a.sync(w.server);
  }
  w.both();
  CHECK(order(w.a) == "c3c2c1c0");
  CHECK(order(w.b) == "c3c2c1c0");
  for (const Record& r : must(w.server.ws->children(contact_point, contact_point.person, who))) CHECK(r.text(contact_point.place).size() <= order_length_usual);
  w.all_well();
}
