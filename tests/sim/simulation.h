#pragma once
// Devices, one server and everything that goes wrong between them, from one seed: messages dropped, duplicated and
// delayed past one another, power lost, clocks jumping.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace holdfast::test {

struct SimulationResult {
  std::vector<std::string> faults;   ///< Empty when every invariant held.
  uint64_t trace = 0;                ///< Hash of all events: the same for the same seed.
  uint64_t digest = 0;               ///< Hash of the final state.
  std::map<std::string, int64_t> sometimes;  ///< How often each interesting thing happened.
};

SimulationResult simulate(uint64_t seed, int ops);

}  // namespace holdfast::test
