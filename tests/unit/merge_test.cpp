// The rules by which the server judges: proved on a small domain, and what they mean for people.

#include "shared/model/merge.h"
#include "shared/model/text_merge.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// A set of one register: who, when, what, and whether the author had seen what is there.
struct Set {
  Stamp stamp;
  int value;
  bool saw;
};
struct Held {
  RegisterState state;
  int value = 0;
};

void judge(Held& held, const Set& set, int64_t seq) {
  const int64_t base = set.saw ? held.state.seq : -1;
  if (judge_register(held.state, base, set.stamp) == Verdict::superseded) return;
  held = {{seq, set.stamp}, set.value};
}

}  // namespace

TEST_CASE("register rules: concurrent sets end the same in whatever order they come, and what has seen the value wins") {
  // Every triple of sets by different devices over 4 times and 3 values, unseen by each other, in each order.
  const Stamp before{hlc_from_ms(1), 9};
  std::vector<Set> domain;
  for (int64_t time = 1; time <= 4; time++)
    for (uint32_t device = 1; device <= 3; device++)
      for (int value = 0; value < 3; value++) domain.push_back({{hlc_from_ms(time), device}, value, false});
  size_t triples = 0;
  for (const Set& a : domain)
    for (const Set& b : domain)
      for (const Set& c : domain) {
        if (a.stamp.device == b.stamp.device || b.stamp.device == c.stamp.device || a.stamp.device == c.stamp.device) continue;
        triples++;
        const Set* order[] = {&a, &b, &c};
        std::sort(std::begin(order), std::end(order));
        const Set* winner = *std::max_element(std::begin(order), std::end(order), [](const Set* x, const Set* y) { return x->stamp < y->stamp; });
        const bool beats = before < winner->stamp;
        do {
          Held held{{1, before}, 7};
          int64_t seq = 1;
          for (const Set* s : order) judge(held, *s, ++seq);
          // A join: commutative, associative, and the largest stamp of all, that of the old value included.
          if (held.value != (beats ? winner->value : 7) || !(held.state.stamp == (beats ? winner->stamp : before))) FAIL("not a join");
          // Idempotent: the same once more, unseen, changes nothing.
          const Held once = held;
          for (const Set* s : order) judge(held, *s, ++seq);
          if (held.value != once.value) FAIL("not idempotent");
          // Whoever has seen the value wins, however old their clock.
          Set seen{{hlc_from_ms(-5), 4}, 5, true};
          judge(held, seen, ++seq);
          if (held.value != 5) FAIL("a causal change lost");
        } while (std::next_permutation(std::begin(order), std::end(order)));
      }
  CHECK(triples == 36 * 24 * 12);
}

TEST_CASE("register rules: every held version beside every incoming set, whatever base that names") {
  for (int64_t seq = 1; seq <= 4; seq++)
    for (int64_t held_time = 1; held_time <= 4; held_time++)
      for (uint32_t holder = 1; holder <= 3; holder++)
        for (int64_t base = -1; base <= 5; base++)  // None, of a lost history, older, this, newer than this.
          for (int64_t time = 1; time <= 4; time++)
            for (uint32_t device = 1; device <= 3; device++) {
              const RegisterState held{seq, {hlc_from_ms(held_time), holder}};
              const Stamp incoming{hlc_from_ms(time), device};
              const bool knew = base == seq || device == holder;
              const Verdict expected = knew ? Verdict::applied : incoming < held.stamp ? Verdict::superseded : Verdict::applied_concurrent;
              if (judge_register(held, base, incoming) != expected) FAIL("seq " << seq << " base " << base << " times " << held_time << " " << time);
            }
}

TEST_CASE("register rules: where stamps lie past what their authors had seen, any order that keeps causes first ends with the largest") {
  // Every triple of sets over 4 times and 3 devices, each of which had seen nothing, what was there before, or another of the three.
  constexpr int nothing = -1, before = 3;
  const Stamp stamp_before{hlc_from_ms(2), 9};
  struct Made {
    Stamp stamp;
    int saw;
  };
  std::vector<Made> domain;
  for (int64_t time = 1; time <= 4; time++)
    for (uint32_t device = 1; device <= 3; device++)
      for (const int saw : {nothing, 0, 1, 2, before}) domain.push_back({{hlc_from_ms(time), device}, saw});
  size_t orders = 0;
  Made made[3];
  const auto possible = [&] {
    for (int i = 0; i < 3; i++) {
      if (made[i].saw == i) return false;
      if (made[i].saw != nothing && !((made[i].saw == before ? stamp_before : made[made[i].saw].stamp) < made[i].stamp)) return false;
      for (int k = 0; k < i; k++)
        if (made[k].stamp == made[i].stamp) return false;
    }
    return true;
  };
  for (const Made& a : domain)
    for (const Made& b : domain)
      for (const Made& c : domain) {
        made[0] = a, made[1] = b, made[2] = c;
        if (!possible()) continue;
        Stamp largest = stamp_before;
        for (const Made& m : made) largest = std::max(largest, m.stamp, [](const Stamp& x, const Stamp& y) { return x < y; });
        int order[] = {0, 1, 2};
        do {
          int64_t seq_of[4] = {0, 0, 0, 1};  // 0: has not come.
          RegisterState held{1, stamp_before};
          int64_t seq = 1;
          bool causes_first = true;
          for (const int i : order) {
            if (made[i].saw != nothing && !seq_of[made[i].saw]) causes_first = false;
            for (int k = 0; k < 3; k++)  // What one device made comes in its order.
              if (made[k].stamp.device == made[i].stamp.device && made[k].stamp < made[i].stamp && !seq_of[k]) causes_first = false;
            seq_of[i] = ++seq;
            const int64_t base = made[i].saw == nothing ? -1 : seq_of[made[i].saw];
            if (judge_register(held, base, made[i].stamp) != Verdict::superseded) held = {seq, made[i].stamp};
          }
          if (!causes_first) continue;
          orders++;
          if (!(held.stamp == largest)) FAIL("another order, another end");
        } while (std::next_permutation(std::begin(order), std::end(order)));
      }
  CHECK(orders > 30'000);
}

TEST_CASE("element rules: whoever saw the last change decides, otherwise adding wins") {
  for (bool seen : {false, true})
    for (bool present : {false, true}) {
      CHECK((judge_element(seen, present, true) != Verdict::superseded));
      CHECK((judge_element(seen, present, false) == Verdict::superseded) == (!seen && present));
    }
}

TEST_CASE("stamps stay within the time a change can have been made in") {
  for (int64_t claimed : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{500}, int64_t{5'000}, INT64_MAX})
    for (int64_t offset : {INT64_MIN, int64_t{-400}, int64_t{0}, int64_t{400}, INT64_MAX})
      for (int64_t window : {0, 300, 1000}) {
        const Stamp s = bounded_stamp(claimed, offset, window, 1000, {}, {}, 3);
        CHECK(ms_from_hlc(s.hlc) <= 1000);
        CHECK(ms_from_hlc(s.hlc) >= std::min<int64_t>(window + 1, 1000));
      }
  CHECK(bounded_stamp(500, 0, 0, 1000, {hlc_from_ms(800), 3}, {}, 3).hlc == hlc_from_ms(800) + 1);
  CHECK(bounded_stamp(500, 0, 0, 1000, {}, {hlc_from_ms(900), 1}, 3).hlc == hlc_from_ms(900) + 1);
}

TEST_CASE("two texts of one base become one, word by word") {
  auto merged = [](const char* base, const char* a, const char* b) { return merge_text(base, a, b); };
  CHECK(merged("call on Monday", "call on Tuesday", "call on Monday morning").text == "call on Tuesday morning");
  CHECK(merged("one\ntwo\nthree", "one\n2\nthree", "one\ntwo\nthree\nfour").text == "one\n2\nthree\nfour");
  CHECK(merged("base", "base\nline of Anna", "base\nline of Ben").text == "base\nline of Anna\nline of Ben");
  CHECK(merged("a b c", "a c", "a b c d").text == "a c d");
  CHECK(merged("same", "other", "other").text == "other");
  CHECK(merged("", "", "new").text == "new");
  CHECK(merged("gone soon", "", "gone soon").text.empty());
  const MergedText both = merged("meet at noon", "meet at one", "meet at two");
  CHECK(both.overlapped);
  CHECK(both.text == "meet at one" + std::string(overlap_separator) + "two");
  CHECK_FALSE(merged("call on Monday", "call on Tuesday", "call on Monday morning").overlapped);
  // Nothing that either wrote is missing, whatever they did.
  SeededRandom random(11);
  auto text = [&] {
    std::string out;
    for (uint64_t n = random.below(8); n > 0; n--) out += std::string(1, static_cast<char>('a' + random.below(5))) + (random.below(4) ? " " : "\n");
    return out;
  };
  for (int i = 0; i < 2000; i++) {
    const std::string base = text(), a = text();
    INFO("base [" << base << "] a [" << a << "]");
    CHECK(merge_text(base, a, base).text == a);
    CHECK(merge_text(base, base, a).text == a);
    CHECK(merge_text(base, a, a).text == a);
    CHECK_FALSE(merge_text(base, a, base).overlapped);
  }
}

TEST_CASE("notes of two people become one text; where both changed the same words, both stand and a person is told") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.a.set(person, id, person.notes, "Prefers mail.\nVisits on Monday.");
  w.both();
  w.a.set(person, id, person.notes, "Prefers mail.\nVisits on Tuesday.");
  w.b.set(person, id, person.notes, "Prefers mail.\nVisits on Monday.\nHas a dog.");
  w.both();
  CHECK(w.a.get(person, id, person.notes) == "Prefers mail.\nVisits on Tuesday.\nHas a dog.");
  CHECK(w.open_conflicts(*w.a.ws).empty());
  w.all_well();
  w.a.set(person, id, person.notes, "Prefers calls.\nVisits on Tuesday.\nHas a dog.");
  w.b.set(person, id, person.notes, "Prefers letters.\nVisits on Tuesday.\nHas a dog.");
  w.both();
  const std::string notes = w.b.get(person, id, person.notes);
  CHECK(notes.find("calls") != std::string::npos);
  CHECK(notes.find("letters") != std::string::npos);
  REQUIRE(w.open_conflicts(*w.a.ws).size() == 1);
  w.all_well();
}

TEST_CASE("an edit of what another deleted, neither knowing, asks a person and brings nothing back") {
  for (const bool edit_first : {true, false}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    Edit edit;
    edit.trash(person, id);
    must(w.a.ws->commit(edit, "deleted"));
    w.tick();
    w.b.set(person, id, person.job_title, "Buyer");
    w.b.set(person, id, person.nickname, "Q");
    if (edit_first) w.b.sync(w.server);
    w.both();
    INFO((edit_first ? "edit first" : "trash first"));
    CHECK(must(w.a.ws->get(person, id))->meta.life == Life::trashed);
    CHECK(w.a.get(person, id, person.job_title) == "Buyer");  // It merged beneath.
    const auto asked = w.open_conflicts(*w.b.ws);
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].text(conflict.field) == "life");
    CHECK(as_id(asked[0][conflict.kept_by]) == w.anna);
    CHECK(as_id(asked[0][conflict.lost_by]) == w.ben);
    w.all_well();
  }
}

TEST_CASE("whoever deletes what they have seen, or edits what they see in the trash, is asked nothing") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.b.set(person, id, person.job_title, "Buyer");
  w.both();
  Edit edit;
  edit.trash(person, id);
  must(w.a.ws->commit(edit, "deleted"));
  w.both();
  w.b.set(person, id, person.job_title, "Owner");
  w.a.set(person, id, person.nickname, "P");
  w.both();
  CHECK(w.open_conflicts(*w.a.ws).empty());
  w.all_well();
}

TEST_CASE("a clock that was set while offline: each change counts by the offset it was made under") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  // Ben's clock is a year ahead, and known to be; offline he edits, sets it right, edits again.
  w.b.clock.offset = 31'536'000'000;
  w.b.set(person, id, person.suffix, "sent");
  w.b.sync(w.server);
  w.tick();
  w.b.set(person, id, person.nickname, "Ben first");
  w.tick();
  w.tick();
  w.a.set(person, id, person.nickname, "Anna last");
  w.tick();
  w.b.clock.offset = 0;
  w.b.set(person, id, person.job_title, "Buyer");
  w.both();
  CHECK(w.a.get(person, id, person.nickname) == "Anna last");
  w.all_well();
}

TEST_CASE("register rules through a server: every triple of values, times and arrivals ends with the latest, and whoever is overruled is told") {
  // Three devices set one register of a record, unseen by each other, to one of four values (one of them empty), at times and arriving
  // in each order; a record for each choice of values and times. Where a value is what was there before, that device changes nothing.
  const std::string domain[] = {"", "Buyer", "Seller", "Owner"};
  size_t judged = 0;
  int arrival[] = {0, 1, 2};
  do {
    for (const std::string& before : {std::string(), std::string("Buyer")}) {
      Two w;
      DeviceNode c{"device-c", 4, &w.time};
      c.sign_in(w.server, w.member_named("Cleo"), "Cleo's tablet");
      DeviceNode* devices[] = {&w.a, &w.b, &c};
      struct Choice {
        Id id;
        int value[3], time[3];
      };
      std::vector<Choice> choices;
      for (int values = 0; values < 64; values++)
        for (int time[] = {0, 1, 2}; true;) {
          const Id id = w.a.make_person("Ada", std::to_string(choices.size()));
          if (!before.empty()) w.a.set(person, id, person.job_title, before);
          choices.push_back({id, {values % 4, values / 4 % 4, values / 16}, {time[0], time[1], time[2]}});
          if (!std::next_permutation(std::begin(time), std::end(time))) break;
        }
      w.both();
      for (DeviceNode* d : devices) d->sync(w.server);
      w.tick();
      for (const Choice& choice : choices) {
        for (int t = 0; t < 3; t++, w.time.now += 10)
          for (int d = 0; d < 3; d++)
            if (choice.time[d] == t) devices[d]->set(person, choice.id, person.job_title, domain[choice.value[d]]);
      }
      w.tick();
      for (const int d : arrival) devices[d]->sync(w.server);
      for (DeviceNode* d : devices) d->sync(w.server);
      std::map<Id, std::set<std::pair<std::string, std::string>>> told;  // What was lost to what.
      for (const Record& r : w.open_conflicts(*w.server.ws)) told[as_id(r[conflict.record])].emplace(r.text(conflict.lost), r.text(conflict.kept));
      for (const Choice& choice : choices) {
        judged++;
        int last = -1;
        for (int d = 0; d < 3; d++)
          if (domain[choice.value[d]] != before && (last < 0 || choice.time[d] > choice.time[last])) last = d;
        const std::string wanted = last < 0 ? before : domain[choice.value[last]];
        std::set<std::pair<std::string, std::string>> overruled;  // Two who agree may share a conflict.
        for (int d = 0; d < 3; d++)
          if (const std::string& set = domain[choice.value[d]]; set != before && set != wanted) overruled.emplace(set, wanted);
        INFO("before \"" << before << "\", arriving " << arrival[0] << arrival[1] << arrival[2] << ", values " << choice.value[0] << choice.value[1] << choice.value[2] << ", times " << choice.time[0] << choice.time[1] << choice.time[2]);
        for (DeviceNode* d : devices) CHECK(d->get(person, choice.id, person.job_title) == wanted);
        CHECK(told[choice.id] == overruled);
      }
      w.all_well();
    }
  } while (std::next_permutation(std::begin(arrival), std::end(arrival)));
  CHECK(judged == 6 * 2 * 64 * 6);
}
