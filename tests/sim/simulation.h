#pragma once
// Devices, one server and everything that goes wrong between them, from one seed: messages dropped, duplicated and delayed
// past one another, power lost in the middle of a write, disks full or failing, clocks jumping, a server that comes back from
// a backup, an app of an older build that is updated on the way.
//
// Each event draws its chances from the seed and its own number, so that a failing run can be shrunk by leaving events out.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace holdfast::test {

struct SimulationPlan {
  uint64_t seed = 1;
  int events = 400;
  bool mishaps = true;         ///< With what tests/sim/mishaps.h has, in the half of the seeds that draw it.
  std::vector<bool> left_out;  ///< By event number; shorter means none of the rest.
  bool aloud = false;          ///< Each event is printed as it happens: the run may not come to its end.
};

struct SimulationResult {
  std::vector<std::string> faults;   ///< Empty when every invariant held. Each begins with the invariant's name.
  uint64_t trace = 0;                ///< Hash of all events: the same for the same plan.
  uint64_t digest = 0;               ///< Hash of the final state: the same natively and as wasm.
  std::map<std::string, int64_t> sometimes;  ///< How often each interesting thing happened.
  std::vector<std::string> events;   ///< What happened, one line each; kept when asked for.
};

SimulationResult simulate(const SimulationPlan&, bool keep_events = false);

/// Which promise a run broke first; empty when none.
using Judge = std::function<std::string(const SimulationPlan&)>;
std::string first_broken(const SimulationPlan&);
/// The smallest plan found by leaving events out that still breaks the same promise; at most `tries` runs.
SimulationPlan shrunk(SimulationPlan, int tries, const Judge& = first_broken);

/// Everything a long campaign must have seen at least once.
const std::vector<std::string>& expected_sometimes();

}  // namespace holdfast::test
