#pragma once
// When a task is due: on a day, or at a moment that the clocks of some time zone show.

#include "client/shell/app.h"

namespace holdfast {

/// The moment at which the clocks of `zone` show `local_ms` (a local time written as if it were UTC). A time the clocks
/// skip counts as the hour after; of one they show twice either may be meant.
int64_t moment_in_zone(App&, const std::string& zone, int64_t local_ms);

/// A due date as the form edits it, beside the three fields it is kept in.
struct DueDraft {
  std::string day, time, zone;  ///< "2026-11-24", "14:00" or empty, an IANA name or empty.
  static DueDraft of(App&, const RecordForm&);
  void write_to(App&, RecordForm&) const;
  friend bool operator==(const DueDraft& a, const DueDraft& b) { return a.day == b.day && a.time == b.time && a.zone == b.zone; }
};

/// The last moment that still counts as in time; the largest number when the task has no due date.
int64_t due_until(App&, const Record& task);
/// "Tomorrow", "Today, 14:00": on this device's clock. Empty without a due date.
std::string due_short(App&, const Record& task);
/// "24 Nov 2026, 14:00 (Europe/Berlin)": the zone only where it is another than here.
std::string due_whole(App&, const Record& task);

}  // namespace holdfast
