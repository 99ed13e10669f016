#pragma once
// Narrowing a list down to records with certain values.

#include "client/shell/app.h"

namespace holdfast {

/// The conditions of a list's filters.
std::vector<Condition> filter_conditions(const Entity&, const RecordList&);
/// "Tags: vip".
std::string filter_label(App&, const Entity&, uint16_t field, const std::string& value);
/// The dialog, while it is open: over everything else.
void draw_filter(App&);

}  // namespace holdfast
