#pragma once
// What every frame begins and ends with: a letter for its kind, the version of the protocol; a checksum.

#include <string>
#include <string_view>

#include "shared/model/value_bytes.h"

namespace holdfast {

Error corrupt(const char* what);
/// Adds the checksum.
void seal(std::string& frame);
/// The frame without its checksum. Kinds: corrupt; outdated when it is of another protocol. `checked`: its checksum was right before.
Result<std::string_view> unsealed(std::string_view frame, char tag, bool checked = false);
/// What follows the version.
ByteReader after_tag(std::string_view body);

/// Hostile differences may overflow; the result is then merely wrong, and judged like any wrong number.
inline int64_t wrapping_sum(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }

}  // namespace holdfast
