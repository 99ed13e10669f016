// What a campaign does with runs: the shortest that still fails, and what must have happened in one of them.

#include <algorithm>

#include "tests/sim/simulation.h"

namespace holdfast::test {

std::string first_broken(const SimulationPlan& plan) {
  const SimulationResult r = simulate(plan);
  return r.faults.empty() ? std::string() : r.faults[0].substr(0, r.faults[0].find(':'));
}

SimulationPlan shrunk(SimulationPlan plan, int tries, const Judge& judge) {
  const std::string broken = judge(plan);  // Another promise broken would be another story.
  plan.left_out.resize(static_cast<size_t>(plan.events), false);
  for (size_t chunk = plan.left_out.size() / 2; chunk > 0 && tries > 0; chunk /= 2)
    for (size_t start = 0; start < plan.left_out.size() && tries > 0; start += chunk) {
      SimulationPlan less = plan;
      bool any = false;
      for (size_t i = start; i < std::min(start + chunk, less.left_out.size()); i++)
        if (!less.left_out[i]) less.left_out[i] = any = true;
      if (!any) continue;
      tries--;
      if (judge(less) == broken) plan = std::move(less);
    }
  return plan;
}

const std::vector<std::string>& expected_sometimes() {
  static const std::vector<std::string> all = {"app updated", "bytes carried", "change of an erased record refused", "change waited for its record", "copy got its own number", "device copied", "clock jump", "conflict", "conflict settled", "deletion asked about",
                                               "device crash", "device power cut", "disk could not be read", "disk error", "disk full", "epoch reset", "erased", "first load gone on with", "forged frame taken", "hostile bytes", "late reply ignored", "merged", "merged edit told",
                                               "notes overlapped", "page kept from another's load", "photo out of the cache", "photo taken", "refused", "reply cut short", "reply garbled", "reply lost", "request duplicated", "separated", "request lost", "server crash", "signed in again",
                                               "copy taken out later", "power cut while opening", "push with a hole", "put into a team", "rights changed", "server power cut", "server restored", "stamp told apart by its counter", "taken out of a team", "undo",
                                               "unsent edit of an evicted record refused", "sync of the disk failed", "waiting change accepted", "would have lost sight",
                                               "away for weeks", "backup from before an erasure", "clock that runs wrong", "companies merged", "company erased", "counter carried", "device removed", "erased again after a backup", "form over what came in", "imported", "imported again", "locked until it syncs",
                                               "member deactivated", "not served while the clock is doubtful", "put first", "server's clock accepted", "server's clock set wrong", "server's clock stepped", "storage wiped", "unsent changes lost with their device", "visit",
                                               "change that an older server did not know", "server updated after its apps", "wiped after its removal", "works at a company"};
  return all;
}

}  // namespace holdfast::test
