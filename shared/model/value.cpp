#include "shared/model/value.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "shared/base/text.h"

namespace holdfast {

// ---- days and moments

int64_t days_from_civil(int y, int m, int d) {
  y -= m <= 2;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t yoe = y - era * 400;
  const int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

void civil_from_days(int64_t z, int& year, int& month, int& day) {
  z += 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  year = static_cast<int>(yoe + era * 400 + (month <= 2));
}

static const int64_t day_min = days_from_civil(1000, 1, 1), day_max = days_from_civil(9999, 12, 31);
static constexpr int64_t ms_per_day = 86'400'000;

std::string format_date(int64_t days) {
  int y, m, d;
  civil_from_days(days, y, m, d);
  char out[32];
  std::snprintf(out, sizeof out, "%04d-%02d-%02d", y, m, d);
  return out;
}

std::string format_instant(int64_t ms) {
  int64_t days = ms / ms_per_day;
  if (ms % ms_per_day < 0) days--;
  const int rest = static_cast<int>(ms - days * ms_per_day);
  char out[32];
  std::snprintf(out, sizeof out, "T%02d:%02d:%02d.%03dZ", rest / 3'600'000, rest / 60'000 % 60, rest / 1000 % 60, rest % 1000);
  return format_date(days) + out;
}

static bool digits(std::string_view text, size_t at, size_t n, int& out) {
  if (at + n > text.size()) return false;
  out = 0;
  for (size_t i = at; i < at + n; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

static bool real_day(int y, int m, int d, int64_t& days) {
  if (y < 1000 || m < 1 || m > 12 || d < 1 || d > 31) return false;
  days = days_from_civil(y, m, d);
  int y2, m2, d2;
  civil_from_days(days, y2, m2, d2);
  return y2 == y && m2 == m && d2 == d;
}

/// 2026-11-22, 20261122, 22.11.2026, 22/11/2026 (day first unless impossible), 2026/11/22.
static bool parse_day(std::string_view t, int64_t& days) {
  int y, m, d;
  if (t.size() == 8 && digits(t, 0, 4, y) && digits(t, 4, 2, m) && digits(t, 6, 2, d)) return real_day(y, m, d, days);
  int part[3] = {}, length[3] = {}, n = 0;
  char separator = 0;
  for (size_t i = 0; i < t.size(); i++) {
    const char c = t[i];
    if (c >= '0' && c <= '9') {
      if (++length[n] > 4) return false;
      part[n] = part[n] * 10 + (c - '0');
    } else {
      if ((c != '-' && c != '.' && c != '/') || (separator && c != separator) || !length[n] || ++n > 2) return false;
      separator = c;
    }
  }
  if (n != 2 || !length[2]) return false;
  if (length[0] == 4) return real_day(part[0], part[1], part[2], days);
  if (length[2] != 4) return false;
  return (part[1] <= 12 && real_day(part[2], part[1], part[0], days)) || (separator == '/' && real_day(part[2], part[0], part[1], days));
}

/// RFC 3339 or ISO 8601 basic; a missing zone is UTC.
static bool parse_moment(std::string_view t, int64_t& ms) {
  int64_t days;
  const size_t split_at = t.find_first_of("Tt ");
  if (!parse_day(t.substr(0, split_at), days)) return false;
  ms = days * ms_per_day;
  if (split_at == std::string_view::npos) return true;
  std::string_view clock = t.substr(split_at + 1);
  int h = 0, min = 0, sec = 0, milli = 0, offset = 0;
  const size_t zone_at = clock.find_first_of("Zz+-");
  if (zone_at != std::string_view::npos) {
    std::string_view zone = clock.substr(zone_at);
    clock = clock.substr(0, zone_at);
    if (zone[0] == '+' || zone[0] == '-') {
      int zh = 0, zm = 0;
      if (!digits(zone, 1, 2, zh)) return false;
      if (zone.size() > 3 && !digits(zone, zone[3] == ':' ? 4 : 3, 2, zm)) return false;
      offset = (zone[0] == '-' ? -1 : 1) * (zh * 60 + zm);
    } else if (zone.size() != 1) {
      return false;
    }
  }
  const bool colons = clock.size() > 2 && clock[2] == ':';
  const size_t step = colons ? 3 : 2;
  if (!digits(clock, 0, 2, h) || !digits(clock, step, 2, min)) return false;
  if (clock.size() > 2 * step - (colons ? 1 : 0)) {
    if (!digits(clock, 2 * step, 2, sec)) return false;
    std::string_view fraction = clock.substr(2 * step + 2);
    if (!fraction.empty()) {
      if (fraction[0] != '.' || fraction.size() < 2) return false;
      int scale = 100;
      for (char c : fraction.substr(1)) {
        if (c < '0' || c > '9') return false;
        milli += (c - '0') * scale;
        scale /= 10;
      }
    }
  }
  if (h > 23 || min > 59 || sec > 60) return false;
  ms += (h * 3600 + min * 60 + sec) * 1000LL + milli - offset * 60'000LL;
  return true;
}

// ---- numbers

static bool parse_scaled(std::string_view text, int scale_digits, int64_t& out) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text == "." || text == ",") return false;
  int64_t v = 0;
  int fraction = -1;
  for (char c : text) {
    if ((c == '.' || c == ',') && fraction < 0) {
      fraction = 0;
      continue;
    }
    if (c < '0' || c > '9') return false;
    if (fraction >= 0 && fraction++ >= scale_digits) {
      if (c != '0') return false;
      continue;
    }
    if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, c - '0', &v)) return false;
  }
  for (int i = std::max(fraction, 0); i < scale_digits; i++)
    if (__builtin_mul_overflow(v, 10, &v)) return false;
  out = negative ? -v : v;
  return true;
}

static std::string format_scaled(int64_t v, int scale_digits, bool trim_zeros) {
  std::string s = std::to_string(v);
  const bool negative = s[0] == '-';
  if (negative) s.erase(0, 1);
  if (scale_digits > 0) {
    if (s.size() <= static_cast<size_t>(scale_digits)) s.insert(0, static_cast<size_t>(scale_digits) + 1 - s.size(), '0');
    s.insert(s.size() - static_cast<size_t>(scale_digits), ".");
    if (trim_zeros) {
      while (s.back() == '0') s.pop_back();
      if (s.back() == '.') s.pop_back();
    }
  }
  return negative ? "-" + s : s;
}

int currency_exponent(std::string_view c) {
  for (std::string_view zero : {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"})
    if (c == zero) return 0;
  for (std::string_view three : {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
    if (c == three) return 3;
  return c == "CLF" || c == "UYW" ? 4 : 2;
}

static bool is_currency(std::string_view c) {
  return c.size() == 3 && std::all_of(c.begin(), c.end(), [](char x) { return x >= 'A' && x <= 'Z'; });
}

// ---- sets

std::string normal_element(std::string_view text) {
  std::string t = trimmed(nfc(text));
  for (char& c : t)
    if (c == ';' || c == '\n' || c == '\r' || c == '\t' || c == ',') c = ' ';
  return trimmed(t);
}

std::vector<std::string> tag_elements(const Value& tags) {
  if (is_empty(tags)) return {};
  return split(as_text(tags), '\n');
}

Value tags_from(std::vector<std::string> elements) {
  elements.erase(std::remove(elements.begin(), elements.end(), std::string()), elements.end());
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  if (elements.empty()) return {};
  return join(elements, "\n");
}

// ---- the one text form

static Error wrong(const FieldDef& def, std::string_view what) {
  return {ErrorKind::invalid, std::string(def.label) + ": " + std::string(what)};
}

Result<Value> parse_value(const FieldDef& def, std::string_view raw) {
  if (!is_utf8(raw)) return wrong(def, "the text is not valid Unicode.");
  std::string text = def.kind == Kind::multiline ? nfc(raw) : trimmed(nfc(raw));
  if (text.empty() || (def.kind == Kind::multiline && trimmed(text).empty())) return Value{};
  Value value;
  int64_t n = 0;
  switch (def.kind) {
    case Kind::text: case Kind::email: case Kind::phone: case Kind::url:
      for (char& c : text)
        if (c == '\n' || c == '\r' || c == '\t') c = ' ';
      value = std::move(text);
      break;
    case Kind::multiline:
    case Kind::choice: value = std::move(text); break;
    case Kind::boolean: {
      const std::string low = ascii_lower(text);
      if (low == "1" || low == "true" || low == "yes" || low == "ja" || low == "x") value = int64_t{1};
      else if (low == "0" || low == "false" || low == "no" || low == "nein") value = int64_t{0};
      else return wrong(def, "write yes or no.");
      break;
    }
    case Kind::integer:
      if (!parse_scaled(text, 0, n)) return wrong(def, "write a whole number.");
      value = n;
      break;
    case Kind::decimal:
      if (!parse_scaled(text, 6, n)) return wrong(def, "write a number with at most six decimals.");
      value = n;
      break;
    case Kind::money: {
      const size_t space = text.find_last_of(' ');
      const std::string currency = space == std::string::npos ? "EUR" : text.substr(space + 1);
      if (!is_currency(currency) || !parse_scaled(text.substr(0, space), currency_exponent(currency), n))
        return wrong(def, "write an amount and a currency, as in 1250.00 EUR.");
      value = Money{n, std::string_view(currency)};
      break;
    }
    case Kind::date:
      if (!parse_day(text, n)) return wrong(def, "write a date as in 2026-11-22.");
      value = n;
      break;
    case Kind::instant:
      if (!parse_moment(text, n)) return wrong(def, "write a date and time as in 2026-11-22T09:14Z.");
      value = n;
      break;
    case Kind::tags: {
      std::vector<std::string> elements;
      for (char& c : text)
        if (c == ',' || c == '\n') c = ';';
      for (const std::string& part : split(text, ';')) elements.push_back(normal_element(part));
      value = tags_from(std::move(elements));
      break;
    }
    case Kind::ref: {
      const Result<Id> id = Id::parse(text);
      if (!id.ok()) return wrong(def, "write a record's identifier.");
      value = *id;
      break;
    }
  }
  TRY(check_value(def, value));
  return value;
}

std::string format_value(const FieldDef& def, const Value& value) {
  if (is_empty(value)) return {};
  switch (def.kind) {
    case Kind::boolean: return as_int(value) ? "yes" : "no";
    case Kind::integer: return std::to_string(as_int(value));
    case Kind::decimal: return format_scaled(as_int(value), 6, true);
    case Kind::money: {
      const Money* money = std::get_if<Money>(&value);
      return money ? format_scaled(money->minor, currency_exponent(money->currency), false) + " " + std::string(money->currency) : "";
    }
    case Kind::date: return format_date(as_int(value));
    case Kind::instant: return format_instant(as_int(value));
    case Kind::tags: return join(tag_elements(value), "; ");
    case Kind::ref: return as_id(value).text();
    case Kind::text: case Kind::multiline: case Kind::choice: case Kind::email: case Kind::phone: case Kind::url: break;
  }
  return std::string(as_text(value));
}

static Status check_text(const FieldDef& def, std::string_view text) {
  if (text.empty()) return wrong(def, "an empty text is the empty value.");
  if (text.size() > static_cast<size_t>(def.length_max()))
    return wrong(def, "at most " + std::to_string(def.length_max()) + " bytes fit here.");
  if (!is_utf8(text)) return wrong(def, "the text is not valid Unicode.");
  return {};
}

Status check_value(const FieldDef& def, const Value& value) {
  if (is_empty(value)) return {};
  const bool number = value.index() == 1, text = value.index() == 2;
  const int64_t n = as_int(value);
  switch (def.kind) {
    case Kind::text: case Kind::multiline: case Kind::choice: case Kind::email: case Kind::phone: case Kind::url:
      if (!text) break;
      return check_text(def, as_text(value));
    case Kind::tags: {
      if (!text) break;
      const auto elements = tag_elements(value);
      if (elements.size() > 500) return wrong(def, "at most 500 entries fit here.");
      for (const std::string& element : elements) {
        TRY(check_text(def, element));
        if (normal_element(element) != element) return wrong(def, "an entry has stray spaces or separators.");
      }
      if (tags_from(elements) != value) return wrong(def, "the entries are not sorted.");
      return {};
    }
    case Kind::boolean:
      if (!number || (n != 0 && n != 1)) break;
      return {};
    case Kind::integer: case Kind::decimal:
      if (!number) break;
      if (n == INT64_MIN || n < def.options.min || n > def.options.max) return wrong(def, "the number is out of range.");
      return {};
    case Kind::date:
      if (!number) break;
      if (n < day_min || n > day_max) return wrong(def, "the date is out of range.");
      return {};
    case Kind::instant:
      if (!number) break;
      if (n < day_min * ms_per_day || n >= (day_max + 1) * ms_per_day) return wrong(def, "the time is out of range.");
      return {};
    case Kind::money: {
      const Money* money = std::get_if<Money>(&value);
      if (!money || !is_currency(money->currency)) break;
      if (money->minor == INT64_MIN) return wrong(def, "the amount is out of range.");
      return {};
    }
    case Kind::ref:
      if (value.index() != 3) break;
      return {};
  }
  return wrong(def, "the value has the wrong form.");
}

}  // namespace holdfast
