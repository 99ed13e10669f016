// A device's clock that runs too fast or too slow.

#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("a clock that runs twice as fast, or half: it misplaces a change only within its device's own time offline, and loses to who had seen it") {
  for (const int64_t drift : {3'600'000, -1'800'000}) {  // Of its clock while an hour goes by.
    CAPTURE(drift);
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    const int64_t left = w.time.now;
    for (int hour = 0; hour < 10; hour++) {
      w.time.now += 3'600'000;
      w.a.clock.offset += drift;
      w.a.set(person, id, person.job_title, "hour " + std::to_string(hour));
    }
    w.a.sync(w.server);
    int64_t before = 0;
    for (int64_t seq = must(w.server.authority->head()) - 9; seq <= must(w.server.authority->head()); seq++) {
      const int64_t hlc = must(w.server.authority->log().author_of(seq))->stamp.hlc;
      CHECK(ms_from_hlc(hlc) >= left - 2000);
      CHECK(ms_from_hlc(hlc) <= w.time.now);
      CHECK(hlc > before);
      before = hlc;
    }
    w.both();
    w.b.set(person, id, person.job_title, "seen and changed");
    w.both();
    CHECK(w.a.get(person, id, person.job_title) == "seen and changed");
    CHECK(w.open_conflicts(*w.a.ws).empty());
    w.all_well();
  }
}
