#pragma once
// Values as the person reads them: in their language, relative where that is shorter.

#include <string>
#include <string_view>

#include "shared/model/record.h"
#include "shared/workspace/workspace.h"

namespace holdfast {

std::string shown_value(Workspace&, const FieldDef&, const Value&);
/// "14:05", "Yesterday", "12 Nov", "12 Nov 2024"; `zone_minutes` is the device's offset from UTC.
std::string shown_moment(int64_t ms, int64_t now_ms, int zone_minutes);
std::string shown_day(int64_t day, int64_t today);
std::string shown_day_and_time(int64_t ms, int zone_minutes);  ///< Always whole: "22 Nov 2026, 09:14".
std::string url_encoded(std::string_view);  ///< For a part of an address.
std::string initials(const std::string& title);
std::string field_label(const FieldDef&);
std::string choice_label(std::string_view choice);
/// A title for any record, "(no name)" when it has none.
std::string shown_title(const Record&);

}  // namespace holdfast
