#include "client/kit/messages.h"

#include <unordered_map>

#include "client/kit/messages_german.h"

namespace holdfast {

static Language current = Language::english;

void set_language(Language l) { current = l; }
Language language() { return current; }

static const std::unordered_map<std::string_view, std::string_view>& german() {
  static const std::unordered_map<std::string_view, std::string_view> table = [] {
    std::unordered_map<std::string_view, std::string_view> out;
    for (const auto& [english, other] : german_messages) out.emplace(english, other);
    return out;
  }();
  return table;
}

bool translated(std::string_view english) { return german().count(english) > 0; }

std::string tr(std::string_view english) {
  if (current == Language::german)
    if (const auto found = german().find(english); found != german().end()) return std::string(found->second);
  return std::string(english);
}

std::string tr(std::string_view english, const std::string& value) {
  std::string out = tr(english);
  if (const size_t at = out.find("{}"); at != std::string::npos) out.replace(at, 2, value);
  return out;
}

std::string tr(std::string_view english, const std::string& first, const std::string& second) {
  std::string out = tr(english);
  size_t at = out.find("{}");
  if (at == std::string::npos) return out;
  out.replace(at, 2, first);
  at = out.find("{}", at + first.size());
  if (at != std::string::npos) out.replace(at, 2, second);
  return out;
}

}  // namespace holdfast
