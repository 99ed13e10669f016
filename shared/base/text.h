#pragma once
// Text as people write it: validity, normal form, and the one folding that search and sorting share.

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

bool is_utf8(std::string_view);                       ///< Well-formed, no surrogates, no NUL.
std::string trimmed(std::string_view);                ///< Without white space (also no-break space) at either end.
std::string nfc(std::string_view utf8);               ///< Unicode normal form C; ill-formed input comes back as it was.

/// Case, accents and compatibility forms removed, white space single: "Zoë  Müller" → "zoe muller".
std::string fold(std::string_view utf8);

/// Folded, with each Chinese, Japanese or Korean character a word of its own, and punctuation as spaces.
std::string search_text(std::string_view utf8);
void append_search_text(std::string& out, std::string_view utf8);  ///< The same at the end of `out`.

/// The words of search_text.
std::vector<std::string> search_words(std::string_view utf8);

std::vector<std::string> split(std::string_view, char separator);
std::string join(const std::vector<std::string>&, std::string_view separator);
std::string ascii_lower(std::string_view);

/// Ill-formed sequences replaced by U+FFFD and NUL dropped: for input that must not be refused.
std::string repaired_utf8(std::string_view);
/// The beginning, at most so many bytes, not cut inside a character.
std::string cut_utf8(std::string_view, size_t bytes_max);

/// The next code point of valid UTF-8, advancing `at`; 0xFFFD where ill-formed.
char32_t next_codepoint(std::string_view, size_t& at);
void append_codepoint(std::string&, char32_t);

}  // namespace holdfast
