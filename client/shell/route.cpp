#include "client/shell/route.h"

#include "shared/base/text.h"

namespace holdfast {

static std::string url_decoded(std::string_view text) {
  std::string out;
  auto hex = [](char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; };
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return repaired_utf8(out);
}

AppRoute AppRoute::parse(const std::string& url) {
  AppRoute r;
  r.url = url.empty() ? "/" : url;
  const size_t mark = r.url.find('?');
  for (const std::string& part : split(r.url.substr(0, mark), '/'))
    if (std::string text = url_decoded(part); !text.empty()) r.parts.push_back(std::move(text));
  if (mark != std::string::npos)
    for (const std::string& pair : split(r.url.substr(mark + 1), '&'))
      if (const size_t equals = pair.find('='); equals != std::string::npos) r.query[url_decoded(pair.substr(0, equals))] = url_decoded(pair.substr(equals + 1));
  return r;
}

const std::string& AppRoute::part(size_t i) const {
  static const std::string none;
  return i < parts.size() ? parts[i] : none;
}

}  // namespace holdfast
