// The browser's side: databases under the handles the worker has opened, and the door it calls.

#include <emscripten.h>
#include <emscripten/heap.h>
#include <sqlite3.h>

#include "tests/bench/bench.h"
#include "tests/bench/place.h"

namespace holdfast::bench {

std::string place(const std::string& name) { return name; }
void forget(const std::string& name) {
  sqlite3_vfs* files = sqlite3_vfs_find(nullptr);
  for (const char* suffix : {"", "-journal", "-wal"}) files->xDelete(files, (name + suffix).c_str(), 0);
}
void clean() {
  sqlite3_initialize();
  for (const char* name : {"server.db", "a.db", "b.db", "d.db", "colleague.db", "floor.db", "floor-server.db", "floor-a.db", "floor-b.db", "lean.db", "lean-server.db", "plain.db"}) forget(name);
}
int64_t compressed(const std::string&) { return 0; }
int64_t compressed_file(const std::string&) { return 0; }
double peak_memory_mb() { return static_cast<double>(emscripten_get_heap_size()) / 1e6; }

}  // namespace holdfast::bench

extern "C" EMSCRIPTEN_KEEPALIVE void bench_run(int work) {
  if (work == 1) holdfast::bench::w1();
  if (work == 2) holdfast::bench::w2();
  if (work == 3) holdfast::bench::w3();
}
