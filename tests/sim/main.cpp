// holdfast-sim: runs the simulation for many seeds and says which of them broke a promise.

#include <fcntl.h>
#include <getopt.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "shared/base/mutant.h"
#include "tests/sim/simulation.h"

using namespace holdfast;
using namespace holdfast::test;

static const char* const usage =
    "holdfast-sim [--seeds N] [--first-seed S] [--ops N] [--plain] [--verbose] [--twice] [--campaign] [--no-shrink]"
#ifdef HOLDFAST_MUTANTS
    " [--with NAME] [--mutant NAME|all] [--replay FILE]"
#endif
    "\n"
    "Simulates devices and a server under faults; the same seed gives the same run.\n"
    "  --plain     nothing of tests/sim/mishaps.h: the runs that seeds had before there was any\n"
    "  --verbose   print each seed's trace and digest\n"
    "  --twice     run each seed twice and compare the traces\n"
    "  --campaign  fail when something that should happen sometimes never did\n"
#ifdef HOLDFAST_MUTANTS
    "  --with      run with this fault planted\n"
    "  --mutant    look for a seed that notices a fault, from the first on\n"
    "  --replay    plant each fault and run the seed that once noticed it\n"
#endif
    ;

struct Options {
  uint64_t seeds = 200, first = 1;
  int events = 400;
  bool verbose = false, twice = false, campaign = false, shrink = true, plain = false;
  std::string mutant, replay, with;
};

/// What repeats a run.
static std::string command(const SimulationPlan& plan) {
  std::string out = "build/native/holdfast-sim";
#ifdef HOLDFAST_MUTANTS
  if (active_mutant != Mutant::none) out += std::string("-mutants --with ") + mutant_name(active_mutant);
#endif
  return out + " --seeds 1 --first-seed " + std::to_string(plan.seed) + " --ops " + std::to_string(plan.events) + (plan.mishaps ? "" : " --plain");
}

static void tell(const SimulationPlan& plan, const SimulationResult& r, const Options& o) {
  std::printf("seed %" PRIu64 " failed; repeat with: %s\n", plan.seed, command(plan).c_str());
  for (size_t i = 0; i < r.faults.size() && i < 5; i++) std::printf("  %s\n", r.faults[i].c_str());
  if (!o.shrink) return;
  const SimulationResult least = simulate(shrunk(plan, 300), true);
  std::printf("  the shortest run found that still fails, %zu events:\n", least.events.size());
  for (const std::string& event : least.events) std::printf("    %s\n", event.c_str());
  for (size_t i = 0; i < least.faults.size() && i < 3; i++) std::printf("    → %s\n", least.faults[i].c_str());
}

#ifndef __EMSCRIPTEN__

/// The first promise that a run breaks; empty when none. In a process of its own: a fault may be noticed by an assertion.
static std::string first_fault(const SimulationPlan& plan) {
  int ends[2];
  if (pipe(ends)) std::abort();
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    if (!plan.aloud) dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);  // What broke is told once, at the end.
    const std::string what = first_broken(plan);
    if (write(ends[1], what.data(), what.size()) < 0) std::abort();
    _exit(0);
  }
  close(ends[1]);
  std::string what;
  char bytes[256];
  for (ssize_t n; (n = read(ends[0], bytes, sizeof bytes)) > 0;) what.append(bytes, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? what : "assertion";
}

static SimulationPlan running;
static bool shrinks = true;

/// An assumption of the core broke, which ends the program: what led there is told all the same, from runs in other processes.
static void tell_abort(int) {
  std::printf("seed %" PRIu64 " failed, a broken assumption; repeat with: %s\n", running.seed, command(running).c_str());
  if (shrinks) {
    SimulationPlan least = shrunk(running, 300, first_fault);
    least.aloud = true;
    std::printf("  the shortest run found that still fails:\n");
    first_fault(least);
  }
  std::fflush(stdout);
  _exit(1);
}

#endif

static int run(const Options& o) {
#ifndef __EMSCRIPTEN__
  std::signal(SIGABRT, tell_abort);
  shrinks = o.shrink;
#endif
  uint64_t passed = 0, failed = 0;
  std::map<std::string, int64_t> sometimes;
  for (const std::string& what : expected_sometimes()) sometimes[what] = 0;
  for (uint64_t seed = o.first; seed < o.first + o.seeds; seed++) {
    SimulationPlan plan;
    plan.seed = seed;
    plan.events = o.events;
    plan.mishaps = !o.plain;
#ifndef __EMSCRIPTEN__
    running = plan;
#endif
    SimulationResult r = simulate(plan);
    for (const auto& [what, count] : r.sometimes) sometimes[what] += count;
    if (o.verbose) std::printf("seed %" PRIu64 " trace %016" PRIx64 " digest %016" PRIx64 "\n", seed, r.trace, r.digest);
    if (o.twice && simulate(plan).trace != r.trace) r.faults.push_back("determinism: the same seed gave another run");
    if (r.faults.empty()) {
      passed++;
      continue;
    }
    failed++;
    tell(plan, r, o);
  }
  for (const auto& [what, count] : sometimes) {
    std::printf("sometimes: %s %lld\n", what.c_str(), static_cast<long long>(count));
    if (o.campaign && !count) {
      std::printf("never happened: %s\n", what.c_str());
      failed++;
    }
  }
  std::printf("%" PRIu64 " passed, %" PRIu64 " failed\n", passed, failed);
  return failed ? 1 : 0;
}

#ifdef HOLDFAST_MUTANTS

/// Every planted fault with the seed that once caught it: lines of `name seed`. All must be named, and each must be caught again.
static int replay(const Options& o) {
  std::FILE* file = std::fopen(o.replay.c_str(), "r");
  if (!file) return std::fprintf(stderr, "%s cannot be read.\n", o.replay.c_str()), 2;
  std::map<std::string, uint64_t> seeds;
  char name[64];
  for (uint64_t seed; std::fscanf(file, "%63s %" SCNu64, name, &seed) == 2;) seeds[name] = seed;
  std::fclose(file);
  uint64_t passed = 0, failed = 0;
  for (int m = 1; m < static_cast<int>(Mutant::count); m++) {
    active_mutant = static_cast<Mutant>(m);
    const char* mutant = mutant_name(active_mutant);
    SimulationPlan plan;
    plan.events = o.events;
    const auto found = seeds.find(mutant);
    if (found != seeds.end()) plan.seed = found->second;
    const bool caught = found != seeds.end() && !first_fault(plan).empty();
    if (!caught) std::printf("%s is not noticed any more; look for another seed with --mutant %s\n", mutant, mutant);
    (caught ? passed : failed)++;
  }
  std::printf("%" PRIu64 " passed, %" PRIu64 " failed\n", passed, failed);
  return failed ? 1 : 0;
}

/// Each planted fault must be noticed; the seed that did is told, to be kept.
static int hunt(const Options& o) {
  uint64_t passed = 0, failed = 0;
  for (int m = 1; m < static_cast<int>(Mutant::count); m++) {
    const char* name = mutant_name(static_cast<Mutant>(m));
    if (o.mutant != "all" && o.mutant != name) continue;
    active_mutant = static_cast<Mutant>(m);
    bool caught = false;
    for (uint64_t seed = o.first; seed < o.first + o.seeds && !caught; seed++) {
      SimulationPlan plan;
      plan.seed = seed;
      plan.events = o.events;
      const std::string fault = first_fault(plan);
      if (fault.empty()) continue;
      caught = true;
      std::printf("%s %" PRIu64 " %s\n", name, seed, fault.c_str());
    }
    if (!caught) std::printf("%s was not noticed in %" PRIu64 " seeds\n", name, o.seeds);
    (caught ? passed : failed)++;
    std::fflush(stdout);
  }
  std::printf("%" PRIu64 " passed, %" PRIu64 " failed\n", passed, failed);
  return failed || !passed ? 1 : 0;
}

#endif

int main(int argc, char** argv) {
  Options o;
  static const option known[] = {{"seeds", required_argument, nullptr, 's'}, {"first-seed", required_argument, nullptr, 'f'}, {"ops", required_argument, nullptr, 'o'},
                                 {"verbose", no_argument, nullptr, 'v'},     {"twice", no_argument, nullptr, 't'},            {"campaign", no_argument, nullptr, 'c'},
                                 {"no-shrink", no_argument, nullptr, 'n'},   {"mutant", required_argument, nullptr, 'm'}, {"with", required_argument, nullptr, 'w'}, {"plain", no_argument, nullptr, 'p'},     {"replay", required_argument, nullptr, 'r'}, {nullptr, 0, nullptr, 0}};
  for (int c; (c = getopt_long(argc, argv, "", known, nullptr)) != -1;) switch (c) {
      case 's': o.seeds = std::strtoull(optarg, nullptr, 10); break;
      case 'f': o.first = std::strtoull(optarg, nullptr, 10); break;
      case 'o': o.events = std::atoi(optarg); break;
      case 'v': o.verbose = true; break;
      case 't': o.twice = true; break;
      case 'c': o.campaign = true; break;
      case 'n': o.shrink = false; break;
      case 'm': o.mutant = optarg; break;
      case 'r': o.replay = optarg; break;
      case 'w': o.with = optarg; break;
      case 'p': o.plain = true; break;
      default: std::fputs(usage, stderr); return 2;
    }
#ifdef HOLDFAST_MUTANTS
  if (!o.replay.empty()) return replay(o);
  if (!o.mutant.empty()) return hunt(o);
  if (!o.with.empty()) {
    for (int m = 1; m < static_cast<int>(Mutant::count); m++)
      if (o.with == mutant_name(static_cast<Mutant>(m))) active_mutant = static_cast<Mutant>(m);
    if (active_mutant == Mutant::none) return std::fprintf(stderr, "No fault is called %s.\n", o.with.c_str()), 2;
  }
#else
  if (!o.mutant.empty() || !o.replay.empty() || !o.with.empty()) return std::fputs("Only holdfast-sim-mutants has planted faults.\n", stderr), 2;
#endif
  return run(o);
}
