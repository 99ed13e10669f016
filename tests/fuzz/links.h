#pragma once
// What an address of the app carries into the client, and what is typed: its way to forms, filters and lists, without the screens.

#include "tests/support/world.h"

namespace holdfast::test {

/// True when the device has more to it now.
bool follow_link(DeviceNode&, std::string_view bytes);

}  // namespace holdfast::test
