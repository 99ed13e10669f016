// holdfast-bench: one JSON line a result.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

#include "tests/bench/bench.h"
#include "tests/bench/data.h"
#include "tests/bench/place.h"

using namespace holdfast::bench;

static void dump(const std::string& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream out(folder + "/contacts.tsv");
  for (const ContactText& c : contacts(100'000, 9)) {
    for (size_t i = 0; i < 12; i++) out << (i ? "\t" : "") << c[i];
    out << "\n";
  }
}

int main(int argc, char** argv) {
  CLI::App app{"Times the core's work beside its floor"};
  std::vector<std::string> works;
  std::string dump_to;
  app.add_option("works", works, "W1, W2, W3, W4; all when none is named")->check(CLI::IsMember({"W1", "W2", "W3", "W4"}));
  app.add_option("--dump", dump_to, "Write the benchmark's data into this folder as TSV, and do nothing else");
  CLI11_PARSE(app, argc, argv);
  if (!dump_to.empty()) return dump(dump_to), 0;
  if (works.empty()) works = {"W1", "W2", "W3", "W4"};
  for (const std::string& work : works) {
    if (work == "W1") w1();
    if (work == "W2") w2();
    if (work == "W3") w3();
    if (work == "W4") w4();
  }
  clean();
  return 0;
}
