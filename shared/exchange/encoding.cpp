#include "shared/exchange/encoding.h"

#include "shared/base/text.h"

namespace holdfast {

static size_t cut_tail(std::string_view text) {
  // Bytes at the end that may be the beginning of a code point.
  for (size_t n = 1; n <= 3 && n <= text.size(); n++) {
    const unsigned char c = static_cast<unsigned char>(text[text.size() - n]);
    if (c >= 0xC0) return (c >= 0xF0 ? 4u : c >= 0xE0 ? 3u : 2u) > n ? n : 0;
    if (c < 0x80) return 0;
  }
  return 0;
}

Encoding detect_encoding(std::string_view s) {
  if (s.substr(0, 3) == "\xEF\xBB\xBF") return Encoding::utf8;
  if (s.substr(0, 2) == "\xFF\xFE") return Encoding::utf16_le;
  if (s.substr(0, 2) == "\xFE\xFF") return Encoding::utf16_be;
  size_t even = 0, odd = 0;
  for (size_t i = 0; i < s.size() && i < 4000; i++)
    if (!s[i]) (i % 2 ? odd : even)++;
  const size_t looked = std::min<size_t>(s.size(), 4000) / 2;
  if (looked > 4 && odd > looked / 3) return Encoding::utf16_le;
  if (looked > 4 && even > looked / 3) return Encoding::utf16_be;
  std::string without_nul;
  for (char c : s.substr(0, s.size() - cut_tail(s)))
    if (c) without_nul += c;
  return is_utf8(without_nul) ? Encoding::utf8 : Encoding::windows_1252;
}

static char32_t from_1252(unsigned char c) {
  static const char16_t high[32] = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  return c >= 0x80 && c < 0xA0 ? high[c - 0x80] : c;
}

std::string Decoder::decode(std::string_view chunk, bool last) {
  std::string bytes = std::move(rest_) + std::string(chunk);
  rest_.clear();
  std::string out;
  if (encoding_ == Encoding::windows_1252) {
    for (char c : bytes)
      if (c) append_codepoint(out, from_1252(static_cast<unsigned char>(c)));
  } else if (encoding_ == Encoding::utf8) {
    const size_t keep = last ? 0 : cut_tail(bytes);
    rest_ = bytes.substr(bytes.size() - keep);
    bytes.resize(bytes.size() - keep);
    out = repaired_utf8(bytes);
  } else {
    auto unit = [&](size_t i) {
      const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
      return static_cast<char32_t>(encoding_ == Encoding::utf16_le ? a | b << 8 : a << 8 | b);
    };
    size_t i = 0;
    for (; i + 1 < bytes.size(); i += 2) {
      char32_t c = unit(i);
      if (c >= 0xD800 && c < 0xDC00) {
        if (i + 3 >= bytes.size()) {
          if (!last) break;
          c = 0xFFFD;
        } else if (const char32_t low = unit(i + 2); low >= 0xDC00 && low < 0xE000) {
          c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
          i += 2;
        } else {
          c = 0xFFFD;
        }
      } else if (c >= 0xDC00 && c < 0xE000) {
        c = 0xFFFD;
      }
      if (c) append_codepoint(out, c);
    }
    rest_ = bytes.substr(i);
  }
  if (!started_ && !out.empty()) {
    started_ = true;
    if (out.starts_with("\xEF\xBB\xBF")) out.erase(0, 3);
  }
  return out;
}

std::string decode_whole(std::string_view bytes, Encoding encoding) { return Decoder(encoding).decode(bytes, true); }

std::string decode_quoted_printable(std::string_view text) {
  auto hex = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '=' && i + 2 < text.size() + 0 && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace holdfast
