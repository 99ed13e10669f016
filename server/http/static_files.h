#pragma once
// The client's files, read once: type, bytes, their compressed forms, and a tag by content.

#include <map>
#include <string>

#include "shared/base/result.h"

namespace holdfast {

struct StaticFile {
  std::string type, bytes, brotli, gzip, etag;
};

class StaticFiles {
 public:
  static Result<StaticFiles> load(const std::string& folder);
  /// By URL path; app addresses ("/people/…") get the page itself. Null for what does not exist.
  const StaticFile* find(const std::string& path) const;

 private:
  std::map<std::string, StaticFile> files_;
};

}  // namespace holdfast
