#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/bench/place.h"

namespace holdfast::bench {

namespace fs = std::filesystem;

static const std::string& folder() {
  static const struct Folder {
    std::string path = (fs::temp_directory_path() / ("holdfast-bench-" + std::to_string(getpid()))).string();
    ~Folder() { fs::remove_all(path); }
  } f;
  return f.path;
}

std::string place(const std::string& name) { return folder() + "/" + name; }
void forget(const std::string& name) { fs::remove(place(name)); }
void clean() {
  fs::remove_all(folder());
  fs::create_directories(folder());
}

int64_t compressed(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  return static_cast<int64_t>(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
}

int64_t compressed_file(const std::string& name) {
  std::ifstream in(place(name), std::ios::binary);
  return compressed(std::string(std::istreambuf_iterator<char>(in), {}));
}

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1e3;
}

}  // namespace holdfast::bench
