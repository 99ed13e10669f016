#pragma once
// The closed set of field kinds. A kind decides storage, the one canonical text form, and the editor.

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

enum class Kind : uint8_t {
  text,       ///< One line.
  multiline,  ///< Several lines.
  boolean,
  integer,
  decimal,    ///< int64 × 10⁶; no floating point is ever stored.
  money,      ///< Minor units and an ISO 4217 code.
  date,       ///< A day without a zone, as days since 1970-01-01.
  instant,    ///< A moment in UTC milliseconds.
  choice,     ///< One key of a list; an unknown key is kept and shown raw.
  tags,       ///< A set of short texts; merges element by element.
  ref,        ///< Another record's id.
  email,
  phone,
  url,
};

/// How a kind is stored. Money takes two columns: amount, then `<key>_currency`.
enum class Storage : uint8_t { integer, text, blob };

struct KindInfo {
  Kind kind;
  std::string_view name;
  Storage storage;
  int length_max;  ///< Bytes of text a value may have unless the field says otherwise; 0 where meaningless.
};

const KindInfo& kind_info(Kind);
inline int column_count(Kind kind) { return kind == Kind::money ? 2 : 1; }

}  // namespace holdfast
