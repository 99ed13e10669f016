// Colleagues who begin one after another while things go on: each first load finds pages kept from the one before.

#include "tests/sim/invariants.h"

namespace holdfast::test {

namespace {

/// Somebody of the office changes, hides or erases a customer.
void at_the_office(ServerNode& server, const std::vector<Id>& members, SeededRandom& random) {
  Query q;
  q.limit = 100;
  const auto people = must(server.ws->list(person, q));
  if (people.empty()) return;
  const Id& who = people[random.below(people.size())].id;
  const uint64_t what = random.below(4);
  if (what == 0) return (void)must(server.authority->purge(person, who));
  Edit edit;
  if (what == 1) {
    edit.set(person, who, person.visibility, std::string("private"));
    edit.set(person, who, person.owner, members[random.below(members.size())]);
  } else {
    edit.set(person, who, person.job_title, "n" + std::to_string(random.below(1000)));
  }
  must(server.ws->commit(edit, "office"));
}

void first_load(ServerNode& server, DeviceNode& d, const Id& who, const Fault& fault) {
  const uint32_t ordinal = d.replica->identity().device;
  for (bool complete = false; !complete;) {
    const std::string page = must(server.authority->page(ordinal, must(d.replica->cursor()), 0, d.session->page_bytes_max)).bytes;
    check_page(server, who, page, fault);
    complete = must(d.replica->receive(page));
  }
}

}  // namespace

void check_newcomers(ServerNode& server, const TestClock& time, const std::vector<Id>& members, uint64_t seed, const Fault& fault) {
  SeededRandom random(seed);
  const Id& who = members[random.below(members.size())];
  const size_t page_bytes = 200 + random.below(2000);
  for (uint64_t n = 0; n < 3; n++) {
    DeviceNode d("sim/newcomer", seed + n, &time);
    d.session->page_bytes_max = page_bytes;
    d.sign_in(server, who, "newcomer");
    first_load(server, d, who, fault);
    check_convergence(server, d, "a newcomer", fault);
    check_nothing_hidden_left(server, d, fault);
    for (const std::string& f : must(d.replica->check())) fault("visible = confirmed + pending: a newcomer: " + f);
    d.close();
    MemoryDisk::the().remove(d.path);
    at_the_office(server, members, random);
  }
}

}  // namespace holdfast::test
