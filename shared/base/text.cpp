#include "shared/base/text.h"

#include <utf8proc.h>

#include <cstdlib>

namespace holdfast {

char32_t next_codepoint(std::string_view text, size_t& at) {
  utf8proc_int32_t cp = 0;
  const auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                  static_cast<utf8proc_ssize_t>(text.size() - at), &cp);
  if (n <= 0) {
    at++;
    return 0xFFFD;
  }
  at += static_cast<size_t>(n);
  return static_cast<char32_t>(cp);
}

void append_codepoint(std::string& out, char32_t cp) {
  utf8proc_uint8_t buffer[4];
  const auto n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(cp), buffer);
  out.append(reinterpret_cast<const char*>(buffer), static_cast<size_t>(n));
}

static bool is_ascii(std::string_view text) {
  for (char c : text)
    if (static_cast<unsigned char>(c) >= 0x80 || c == 0) return false;
  return true;
}

bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] == 0) return false;
    utf8proc_int32_t cp = 0;
    const auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                    static_cast<utf8proc_ssize_t>(text.size() - at), &cp);
    if (n <= 0) return false;
    at += static_cast<size_t>(n);
  }
  return true;
}

std::string repaired_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const char32_t cp = next_codepoint(text, at);
    if (cp) append_codepoint(out, cp);
  }
  return out;
}

std::string trimmed(std::string_view text) {
  auto blank_at_start = [&]() -> size_t {
    if (text.empty()) return 0;
    const unsigned char c = static_cast<unsigned char>(text[0]);
    if (c == ' ' || (c >= 9 && c <= 13)) return 1;
    return text.substr(0, 2) == "\xC2\xA0" ? 2 : text.substr(0, 3) == "\xEF\xBB\xBF" ? 3 : 0;
  };
  while (size_t n = blank_at_start()) text.remove_prefix(n);
  for (;;) {
    if (!text.empty() && (text.back() == ' ' || (text.back() >= 9 && text.back() <= 13))) text.remove_suffix(1);
    else if (text.size() >= 2 && text.substr(text.size() - 2) == "\xC2\xA0") text.remove_suffix(2);
    else return std::string(text);
  }
}

static std::string mapped(std::string_view text, int options) {
  utf8proc_uint8_t* result = nullptr;
  const auto n = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                              static_cast<utf8proc_ssize_t>(text.size()), &result,
                              static_cast<utf8proc_option_t>(options));
  if (n < 0) return std::string(text);
  std::string out(reinterpret_cast<char*>(result), static_cast<size_t>(n));
  std::free(result);
  return out;
}

std::string nfc(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::string fold(std::string_view text) {
  std::string folded;
  if (is_ascii(text)) folded = ascii_lower(text);
  else
    folded = mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK |
                              UTF8PROC_IGNORE);
  std::string out;
  out.reserve(folded.size());
  for (char c : folded) {
    const bool space = c == ' ' || (c >= 9 && c <= 13);
    if (!space) out += c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

static bool is_cjk(char32_t c) {
  return (c >= 0x2E80 && c <= 0x303F) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3100 && c <= 0x312F) ||
         (c >= 0x31F0 && c <= 0x31FF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

/// Of text that is folded, or plain ASCII in any case.
static void append_words(std::string& out, std::string_view text) {
  const size_t begin = out.size();
  auto gap = [&] {
    if (out.size() > begin && out.back() != ' ') out += ' ';
  };
  for (size_t at = 0; at < text.size();) {
    const unsigned char first = static_cast<unsigned char>(text[at]);
    if (first < 0x80) {
      at++;
      if ((first >= '0' && first <= '9') || (first >= 'a' && first <= 'z')) out += static_cast<char>(first);
      else if (first >= 'A' && first <= 'Z') out += static_cast<char>(first + ('a' - 'A'));
      else gap();
      continue;
    }
    const char32_t cp = next_codepoint(text, at);
    if (is_cjk(cp)) {
      // Conjoining Hangul comes decomposed from the fold; only whole characters are split.
      gap();
      append_codepoint(out, cp);
      out += ' ';
      continue;
    }
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(cp))) {
      case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
      case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ND:
      case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO: case UTF8PROC_CATEGORY_CO:
        append_codepoint(out, cp);
        break;
      default: gap();
    }
  }
  while (out.size() > begin && out.back() == ' ') out.pop_back();
}

void append_search_text(std::string& out, std::string_view text) {
  if (is_ascii(text)) append_words(out, text);
  else append_words(out, fold(repaired_utf8(text)));  // What is no UTF-8 cannot be folded, nor what is around it.
}

std::string search_text(std::string_view text) {
  std::string out;
  append_search_text(out, text);
  return out;
}

std::vector<std::string> search_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::string& word : split(search_text(text), ' '))
    if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (size_t start = 0;;) {
    const size_t end = text.find(separator, start);
    if (end == std::string_view::npos) {
      out.emplace_back(text.substr(start));
      return out;
    }
    out.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (size_t i = 0; i < parts.size(); i++) {
    if (i) out += separator;
    out += parts[i];
  }
  return out;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

std::string cut_utf8(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) bytes_max--;
  return std::string(text.substr(0, bytes_max));
}

}  // namespace holdfast
