#pragma once
// vCard 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350) as address books write them.

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct VcardProperty {
  std::string name;                ///< Upper case, without its group.
  std::string group;
  std::vector<std::string> types;  ///< Lower case: "cell", "work", "pref", …
  std::string value;               ///< Decoded to UTF-8, still with backslash escapes.
  bool binary = false;             ///< A picture, sound or key: not kept.
  int line = 0;

  /// The structured parts (separated by ';'), each unescaped.
  std::vector<std::string> parts() const;
  std::string text() const;        ///< Unescaped as a whole.
  bool is(std::string_view type) const;
};

struct Vcard {
  int line = 1;        ///< Where it begins, from 1.
  bool closed = true;  ///< END:VCARD was there.
  std::vector<VcardProperty> properties;
};

/// All cards of a file of any encoding. Lines outside cards are passed over.
std::vector<Vcard> parse_vcards(std::string_view bytes);

}  // namespace holdfast
