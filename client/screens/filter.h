#pragma once
// Narrowing a list down to records with certain values.

#include "client/shell/app.h"

namespace holdfast {

/// The dialog, while it is open: over everything else.
void draw_filter(App&);

}  // namespace holdfast
