// holdfast-sim: runs the simulation for many seeds and says which of them broke a promise.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/sim/simulation.h"

int main(int argc, char** argv) {
  CLI::App app{"Simulates devices and a server under faults; the same seed gives the same run"};
  uint64_t seeds = 200, first = 1;
  int ops = 400;
  bool verbose = false;
  app.add_option("--seeds", seeds, "How many seeds to run");
  app.add_option("--first-seed", first, "The first of them");
  app.add_option("--ops", ops, "Events in each run");
  app.add_flag("--verbose", verbose, "Print each seed's trace and digest");
  CLI11_PARSE(app, argc, argv);

  uint64_t passed = 0, failed = 0;
  std::map<std::string, int64_t> sometimes;
  for (uint64_t seed = first; seed < first + seeds; seed++) {
    const holdfast::test::SimulationResult r = holdfast::test::simulate(seed, ops);
    for (const auto& [what, count] : r.sometimes) sometimes[what] += count;
    if (verbose) std::printf("seed %llu trace %016llx digest %016llx\n", (unsigned long long)seed, (unsigned long long)r.trace, (unsigned long long)r.digest);
    if (r.faults.empty()) {
      passed++;
      continue;
    }
    failed++;
    std::printf("seed %llu failed; repeat with: holdfast-sim --seeds 1 --first-seed %llu --ops %d\n", (unsigned long long)seed, (unsigned long long)seed, ops);
    for (size_t i = 0; i < r.faults.size() && i < 5; i++) std::printf("  %s\n", r.faults[i].c_str());
  }
  for (const auto& [what, count] : sometimes) std::printf("sometimes: %s %lld\n", what.c_str(), (long long)count);
  std::printf("%llu passed, %llu failed\n", (unsigned long long)passed, (unsigned long long)failed);
  return failed ? 1 : 0;
}
