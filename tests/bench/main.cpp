// holdfast-bench: one JSON line a result.

#include <CLI/CLI.hpp>

#include "tests/bench/bench.h"

int main(int argc, char** argv) {
  CLI::App app{"Times the core's work beside its floor"};
  std::vector<std::string> works;
  std::string dump;
  app.add_option("works", works, "W1, W2, W3, W4; all when none is named")->check(CLI::IsMember({"W1", "W2", "W3", "W4"}));
  app.add_option("--dump", dump, "Write the benchmark's data into this folder as TSV, and do nothing else");
  CLI11_PARSE(app, argc, argv);
  if (!dump.empty()) {
    holdfast::bench::dump(dump);
    return 0;
  }
  if (works.empty()) works = {"W1", "W2", "W3", "W4"};
  for (const std::string& work : works) {
    if (work == "W1") holdfast::bench::w1();
    if (work == "W2") holdfast::bench::w2();
    if (work == "W3") holdfast::bench::w3();
    if (work == "W4") holdfast::bench::w4();
  }
  return 0;
}
