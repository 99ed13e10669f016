#include "shared/exchange/vcard.h"

#include <algorithm>

#include "shared/base/text.h"
#include "shared/exchange/encoding.h"

namespace holdfast {

static std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

static std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    out += c == 'n' || c == 'N' ? '\n' : c;
  }
  return out;
}

std::vector<std::string> VcardProperty::parts() const {
  std::vector<std::string> out;
  std::string part;
  for (size_t i = 0; i < value.size(); i++) {
    if (value[i] == '\\' && i + 1 < value.size()) {
      part += value[i];
      part += value[++i];
    } else if (value[i] == ';') {
      out.push_back(unescaped(part));
      part.clear();
    } else {
      part += value[i];
    }
  }
  out.push_back(unescaped(part));
  return out;
}

std::string VcardProperty::text() const { return unescaped(value); }
bool VcardProperty::is(std::string_view type) const { return std::find(types.begin(), types.end(), type) != types.end(); }

namespace {

struct Line {
  std::string text;
  int number;
};

/// Physical lines joined: a line that begins with a blank continues the one before; so does one after a
/// quoted-printable line that ends in '='.
std::vector<Line> logical_lines(std::string_view bytes) {
  std::vector<Line> out;
  int number = 0;
  bool soft_break = false;
  for (size_t at = 0; at < bytes.size();) {
    size_t end = bytes.find_first_of("\r\n", at);
    if (end == std::string_view::npos) end = bytes.size();
    std::string_view line = bytes.substr(at, end - at);
    at = end + (bytes.substr(end, 2) == "\r\n" ? 2 : 1);
    number++;
    if (soft_break && !out.empty()) out.back().text += line;
    else if (!line.empty() && (line[0] == ' ' || line[0] == '\t') && !out.empty()) out.back().text += line.substr(1);
    else if (!line.empty()) out.push_back({std::string(line), number});
    soft_break = false;
    if (!out.empty() && !out.back().text.empty() && out.back().text.back() == '=') {
      const std::string head = upper(std::string_view(out.back().text).substr(0, out.back().text.find(':')));
      if (head.find("QUOTED-PRINTABLE") != std::string::npos) {
        out.back().text.pop_back();
        soft_break = true;
      }
    }
  }
  return out;
}

/// The colon that ends name and parameters: not one inside a quoted parameter.
size_t value_start(std::string_view line) {
  bool quoted = false;
  for (size_t i = 0; i < line.size(); i++) {
    if (line[i] == '"') quoted = !quoted;
    if (line[i] == ':' && !quoted) return i;
  }
  return std::string_view::npos;
}

std::vector<std::string> split_parameters(std::string_view head) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (char c : head) {
    if (c == '"') quoted = !quoted;
    else if (c == ';' && !quoted) out.emplace_back();
    else out.back() += c;
  }
  return out;
}

bool parse_line(const Line& line, VcardProperty& p) {
  const size_t colon = value_start(line.text);
  if (colon == std::string_view::npos) return false;
  const std::vector<std::string> head = split_parameters(std::string_view(line.text).substr(0, colon));
  p.line = line.number;
  p.name = upper(trimmed(head[0]));
  if (const size_t dot = p.name.find('.'); dot != std::string::npos) {
    p.group = p.name.substr(0, dot);
    p.name.erase(0, dot + 1);
  }
  std::string encoding, charset;
  for (size_t i = 1; i < head.size(); i++) {
    const size_t equals = head[i].find('=');
    const std::string key = equals == std::string::npos ? "TYPE" : upper(trimmed(std::string_view(head[i]).substr(0, equals)));
    const std::string value = equals == std::string::npos ? head[i] : head[i].substr(equals + 1);
    if (key == "ENCODING") encoding = upper(value);
    else if (key == "CHARSET") charset = upper(value);
    else if (key == "TYPE")
      for (const std::string& type : split(value, ',')) {
        const std::string low = ascii_lower(trimmed(type));
        if (low == "quoted-printable") encoding = "QUOTED-PRINTABLE";
        else if (low == "base64") encoding = "BASE64";
        else p.types.push_back(low);
      }
    else if (key == "PREF") p.types.emplace_back("pref");
  }
  std::string value = line.text.substr(colon + 1);
  const bool media = p.name == "PHOTO" || p.name == "LOGO" || p.name == "SOUND" || p.name == "KEY";
  p.binary = encoding == "BASE64" || encoding == "B" || (media && value.size() > 200) || value.starts_with("data:");
  if (p.binary) return true;
  if (encoding == "QUOTED-PRINTABLE") value = decode_quoted_printable(value);
  const bool latin = charset.find("8859") != std::string::npos || charset.find("1252") != std::string::npos;
  p.value = is_utf8(value) && !latin ? value : decode_whole(value, is_utf8(value) && !latin ? Encoding::utf8 : Encoding::windows_1252);
  return true;
}

}  // namespace

std::vector<Vcard> parse_vcards(std::string_view bytes) {
  std::string converted;
  const Encoding encoding = detect_encoding(bytes.substr(0, 65536));
  // A file in one byte an letter may still declare a charset line by line: only UTF-16 is converted as a whole.
  if (encoding == Encoding::utf16_le || encoding == Encoding::utf16_be) {
    converted = decode_whole(bytes, encoding);
    bytes = converted;
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  std::vector<Vcard> out;
  int depth = 0;
  for (const Line& line : logical_lines(bytes)) {
    VcardProperty p;
    if (!parse_line(line, p)) continue;
    const std::string value = upper(trimmed(p.value));
    if (p.name == "BEGIN" && value == "VCARD") {
      if (depth > 0 && !out.empty() && out.back().properties.empty()) depth = 0;
      if (depth++ == 0) out.push_back({line.number, false, {}});
      else if (p.group.empty() && out.back().properties.size() && out.back().properties.back().name != "AGENT") {
        out.push_back({line.number, false, {}});  // The one before was never closed.
        depth = 1;
      }
    } else if (p.name == "END" && value == "VCARD") {
      if (depth > 0 && --depth == 0 && !out.empty()) out.back().closed = true;
    } else if (depth == 1) {
      out.back().properties.push_back(std::move(p));
    }
  }
  return out;
}

}  // namespace holdfast
