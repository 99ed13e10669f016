#pragma once
// Addresses of the app, as they stand in links and in the browser's history.

#include <map>
#include <string>
#include <vector>

namespace holdfast {

/// "/people/ID/edit?type=phone" taken apart.
struct AppRoute {
  std::string url = "/";
  std::vector<std::string> parts;
  std::map<std::string, std::string> query;
  static AppRoute parse(const std::string& url);
  const std::string& part(size_t i) const;
};

}  // namespace holdfast
