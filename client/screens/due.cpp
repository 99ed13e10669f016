#include "client/screens/due.h"

#include "client/screens/format.h"

namespace holdfast {

static constexpr int64_t ms_per_minute = 60'000, ms_per_day = 86'400'000;

static int offset_in(App& app, const std::string& zone, int64_t ms) { return app.platform.zone_offset(zone, ms).value_or(app.around.zone_minutes); }

int64_t moment_in_zone(App& app, const std::string& zone, int64_t local_ms) {
  const int64_t guess = local_ms - offset_in(app, zone, local_ms) * ms_per_minute;
  return local_ms - offset_in(app, zone, guess) * ms_per_minute;
}

static std::string clock_text(int64_t local_ms) { return format_instant(local_ms).substr(11, 5); }

DueDraft DueDraft::of(App& app, const RecordForm& form) {
  DueDraft d{form.texts.at(task.due_on.index), {}, form.texts.at(task.due_zone.index)};
  const Result<Value> at = parse_value(task.at(task.due_at), form.texts.at(task.due_at.index));
  if (!at.ok() || is_empty(*at)) return d;
  const int64_t local = as_int(*at) + offset_in(app, d.zone, as_int(*at)) * ms_per_minute;
  d.day = format_instant(local).substr(0, 10);
  d.time = clock_text(local);
  return d;
}

void DueDraft::write_to(App& app, RecordForm& form) const {
  form.texts[task.due_on.index] = day;
  std::string& at = form.texts[task.due_at.index];
  at.clear();
  const Result<Value> local = parse_value(task.at(task.due_at), day + "T" + time + "Z");
  if (!time.empty() && local.ok()) at = format_instant(moment_in_zone(app, zone, as_int(*local)));
  form.texts[task.due_zone.index] = at.empty() ? std::string() : zone;
}

int64_t due_until(App& app, const Record& t) {
  if (!is_empty(t[task.due_at])) return as_int(t[task.due_at]);
  if (is_empty(t[task.due_on])) return INT64_MAX;
  return moment_in_zone(app, app.around.zone, (as_int(t[task.due_on]) + 1) * ms_per_day) - 1;
}

std::string due_short(App& app, const Record& t) {
  if (is_empty(t[task.due_at])) return is_empty(t[task.due_on]) ? std::string() : shown_day(as_int(t[task.due_on]), app.today());
  const int64_t at = as_int(t[task.due_at]), local = at + app.zone_minutes_at(at) * ms_per_minute;
  return shown_day(local / ms_per_day, app.today()) + ", " + clock_text(local);
}

std::string due_whole(App& app, const Record& t) {
  if (is_empty(t[task.due_at])) return shown_value(app.ws, task.at(task.due_on), t[task.due_on]);
  const std::string zone = t.text(task.due_zone);
  const int64_t at = as_int(t[task.due_at]);
  return shown_day_and_time(at, offset_in(app, zone, at)) + (zone.empty() || zone == app.around.zone ? "" : " (" + zone + ")");
}

}  // namespace holdfast
