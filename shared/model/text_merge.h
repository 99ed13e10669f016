#pragma once
// Three versions of a note become one: what each author did to their common base, word by word.
//
// Pure, and the same everywhere, but only the server calls it: devices never merge.

#include <optional>
#include <string>
#include <string_view>

#include "shared/model/value.h"

namespace holdfast {

struct MergedText {
  std::string text;
  bool overlapped = false;  ///< Both changed the same words: both texts stand in it, one after the other.
};

/// The changes base → ours and base → theirs in one text, on words and the space between them. As with diff3 (Khanna,
/// Kunal, Pierce: A formal investigation of diff3, 2007), but changes that merely touch do not overlap; what both insert at
/// the same place is kept in the order ours, theirs.
MergedText merge_text(std::string_view base, std::string_view ours, std::string_view theirs);

/// Stands between two texts for the same place.
inline constexpr std::string_view overlap_separator = "\n— — —\n";

/// For a field whose values merge that way; none when the field is of another kind or the result would be too long.
std::optional<MergedText> merge_note(const FieldDef&, const Value& base, const Value& ours, const Value& theirs);

}  // namespace holdfast
