#include "shared/model/order.h"

namespace holdfast {

static constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static size_t digit(char c) {
  const size_t at = digits.find(c);
  return at == std::string_view::npos ? 0 : at;  // What a device made up is somewhere, and harms nobody.
}

std::string order_between(std::string_view before, std::string_view after) {
  if (!after.empty()) {
    size_t same = 0;
    while (same < after.size() && (same < before.size() ? before[same] : digits[0]) == after[same]) same++;
    if (same == after.size()) return std::string(before) + digits[digits.size() / 2];  // Not before < after.
    if (same > 0) return std::string(after.substr(0, same)) + order_between(before.size() > same ? before.substr(same) : std::string_view(), after.substr(same));
  }
  const size_t low = before.empty() ? 0 : digit(before[0]), high = after.empty() ? digits.size() : digit(after[0]);
  if (high > low + 1) return std::string(1, digits[(low + high) / 2]);
  if (after.size() > 1) return std::string(after.substr(0, 1));
  return std::string(1, digits[low]) + order_between(before.empty() ? std::string_view() : before.substr(1), {});
}

std::vector<std::string> order_spread(size_t count) {
  size_t width = 1, room = digits.size();
  while (room < (count + 1) * 16) width++, room *= digits.size();
  std::vector<std::string> out;
  for (size_t i = 1; i <= count; i++) {
    size_t n = room / (count + 1) * i;
    std::string text(width, digits[0]);
    for (size_t at = width; at > 0; at--, n /= digits.size()) text[at - 1] = digits[n % digits.size()];
    while (text.size() > 1 && text.back() == digits[0]) text.pop_back();
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace holdfast
