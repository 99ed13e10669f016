#pragma once
// The message catalogue. A message's name is its English text; other languages are tables beside it.

#include <string>
#include <string_view>

namespace holdfast {

enum class Language : uint8_t { english, german };

void set_language(Language);
Language language();

/// The message in the language in force; the English text where the catalogue has none.
std::string tr(std::string_view english);
/// With {} replaced by `value`.
std::string tr(std::string_view english, const std::string& value);
std::string tr(std::string_view english, const std::string& first, const std::string& second);
/// True when the catalogue has an entry: a test asks it for every label of the schema.
bool translated(std::string_view english);

}  // namespace holdfast
