#pragma once
// Compression of what devices pull.

#include <string>
#include <string_view>

namespace holdfast {

/// Compresses by the best coding the Accept-Encoding header allows; `coding` is then its name, else empty.
std::string compressed_for(std::string_view accept_encoding, std::string bytes, std::string& coding);

}  // namespace holdfast
