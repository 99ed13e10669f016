#include "server/http/static_files.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace holdfast {

static std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

static const char* type_of(const std::string& extension) {
  if (extension == ".html") return "text/html; charset=utf-8";
  if (extension == ".js") return "text/javascript; charset=utf-8";
  if (extension == ".css") return "text/css; charset=utf-8";
  if (extension == ".wasm") return "application/wasm";
  if (extension == ".webmanifest") return "application/manifest+json";
  if (extension == ".svg") return "image/svg+xml";
  if (extension == ".png") return "image/png";
  if (extension == ".woff2") return "font/woff2";
  if (extension == ".json") return "application/json";
  return nullptr;
}

Result<StaticFiles> StaticFiles::load(const std::string& folder) {
  namespace fs = std::filesystem;
  StaticFiles out;
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return Error{ErrorKind::not_found, "The client's files are not in " + folder + ". Build them, or name their folder with --web."};
  for (const auto& entry : fs::recursive_directory_iterator(folder, failed)) {
    if (!entry.is_regular_file()) continue;
    const char* type = type_of(entry.path().extension().string());
    if (!type) continue;
    StaticFile file;
    file.type = type;
    file.bytes = read_file(entry.path());
    file.brotli = read_file(entry.path().string() + ".br");
    file.gzip = read_file(entry.path().string() + ".gz");
    char tag[24];
    std::snprintf(tag, sizeof tag, "\"%016llx\"", static_cast<unsigned long long>(XXH3_64bits(file.bytes.data(), file.bytes.size())));
    file.etag = tag;
    out.files_["/" + fs::relative(entry.path(), folder).generic_string()] = std::move(file);
  }
  if (!out.files_.count("/index.html")) return Error{ErrorKind::not_found, "The client's files in " + folder + " are incomplete. Build them again."};
  return out;
}

const StaticFile* StaticFiles::find(const std::string& path) const {
  if (const auto found = files_.find(path); found != files_.end()) return &found->second;
  // An address of the app has no dot in its last part; the app itself shows what it means.
  if (path.find('.', path.rfind('/') == std::string::npos ? 0 : path.rfind('/')) == std::string::npos && !path.starts_with("/v1/")) return &files_.at("/index.html");
  return nullptr;
}

}  // namespace holdfast
