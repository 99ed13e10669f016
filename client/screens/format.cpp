#include "client/screens/format.h"

#include "client/kit/messages.h"
#include "shared/base/text.h"

namespace holdfast {

static constexpr int64_t ms_per_day = 86'400'000;

std::string field_label(const FieldDef& f) { return tr(f.label); }
std::string choice_label(std::string_view choice) {
  std::string label = tr(choice);
  if (!label.empty() && label[0] >= 'a' && label[0] <= 'z') label[0] = static_cast<char>(label[0] - 32);
  return label;
}

std::string shown_title(const Record& r) {
  const std::string title = record_title(r);
  return title.empty() ? tr("(no name)") : title;
}

static std::string month_name(int month) {
  static const char* const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return tr(names[month - 1]);
}

static std::string day_text(int64_t day, int64_t today) {
  int y, m, d, y2, m2, d2;
  civil_from_days(day, y, m, d);
  civil_from_days(today, y2, m2, d2);
  const std::string out = std::to_string(d) + (language() == Language::german ? ". " : " ") + month_name(m);
  return y == y2 ? out : out + " " + std::to_string(y);
}

std::string shown_day(int64_t day, int64_t today) {
  if (day == today) return tr("Today");
  if (day == today - 1) return tr("Yesterday");
  if (day == today + 1) return tr("Tomorrow");
  return day_text(day, today);
}

static int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

std::string shown_moment(int64_t ms, int64_t now_ms, int zone_minutes) {
  const int64_t local = ms + zone_minutes * 60'000LL, now = now_ms + zone_minutes * 60'000LL;
  const int64_t day = floor_div(local, ms_per_day), today = floor_div(now, ms_per_day);
  if (day != today) return shown_day(day, today);
  const auto minutes = static_cast<int>((local - day * ms_per_day) / 60'000);
  char out[16];
  std::snprintf(out, sizeof out, "%02d:%02d", minutes / 60, minutes % 60);
  return out;
}

std::string shown_day_and_time(int64_t ms, int zone_minutes) {
  const int64_t local = ms + zone_minutes * 60'000LL, day = floor_div(local, ms_per_day);
  const auto minutes = static_cast<int>((local - day * ms_per_day) / 60'000);
  char out[16];
  std::snprintf(out, sizeof out, ", %02d:%02d", minutes / 60, minutes % 60);
  return day_text(day, INT32_MAX) + out;
}

std::string initials(const std::string& title) {
  std::string out;
  int letters = 0;
  for (const std::string& word : split(title, ' ')) {
    if (word.empty() || letters == 2) continue;
    size_t at = 0;
    const char32_t c = next_codepoint(word, at);
    if (c < 0x30) continue;
    if (c >= 'a' && c <= 'z') out += static_cast<char>(c - 32);
    else append_codepoint(out, c);
    letters++;
  }
  return out.empty() ? "?" : out;
}

std::string shown_value(Workspace& ws, const FieldDef& f, const Value& v) {
  if (is_empty(v)) return {};
  if (f.kind == Kind::choice) return choice_label(as_text(v));
  if (f.kind == Kind::boolean) return as_int(v) ? tr("Yes") : tr("No");
  if (f.kind == Kind::tags) return join(tag_elements(v), ", ");
  if (f.kind == Kind::date) return day_text(as_int(v), INT32_MAX);
  if (f.kind == Kind::ref) {
    const int e = ws.schema().index_of(f.options.target);
    return e < 0 ? std::string() : ws.title(ws.schema()[static_cast<size_t>(e)], as_id(v));
  }
  return format_value(f, v);
}

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.') out += c;
    else out += '%', out += "0123456789ABCDEF"[static_cast<uint8_t>(c) >> 4], out += "0123456789ABCDEF"[c & 15];
  }
  return out;
}

}  // namespace holdfast
