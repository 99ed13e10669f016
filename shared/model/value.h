#pragma once
// One field's value, and the one canonical text form each kind has.
//
// Form drafts, CSV, filters, conflict rows, the API and debug output all use parse_value and format_value.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/base/id.h"
#include "shared/base/result.h"
#include "shared/model/schema.h"

namespace holdfast {

/// The three letters of an ISO 4217 currency, or none: what is of another length is no currency. In their place instead of as a
/// string, since each value is as large as the largest kind of value.
class Currency {
 public:
  Currency() = default;
  Currency(std::string_view code) {
    if (code.size() == letters_.size()) std::copy(code.begin(), code.end(), letters_.begin());
  }
  operator std::string_view() const { return letters_ == std::array<char, 3>{} ? std::string_view() : std::string_view(letters_.data(), letters_.size()); }
  friend bool operator==(const Currency& a, const Currency& b) { return a.letters_ == b.letters_; }

 private:
  std::array<char, 3> letters_{};
};

/// An amount in minor units (cents; none for yen).
struct Money {
  int64_t minor = 0;
  Currency currency;
  friend bool operator==(const Money& a, const Money& b) { return a.minor == b.minor && a.currency == b.currency; }
};

/// Empty, a number (boolean, integer, decimal, date, instant), text (also choice and tags), a ref, or money.
/// Tags are sorted, without repeats, joined by a line feed.
using Value = std::variant<std::monostate, int64_t, std::string, Id, Money>;

inline bool is_empty(const Value& v) { return v.index() == 0; }
inline int64_t as_int(const Value& v) { return v.index() == 1 ? std::get<1>(v) : 0; }
inline std::string_view as_text(const Value& v) { return v.index() == 2 ? std::string_view(std::get<2>(v)) : std::string_view(); }
inline Id as_id(const Value& v) { return v.index() == 3 ? std::get<3>(v) : Id{}; }

/// From text a person or a file wrote. Empty text is the empty value. Errors name the field and say what would do.
Result<Value> parse_value(const FieldDef&, std::string_view text);

/// The canonical text: parse_value(format_value(v)) == v for every valid v.
std::string format_value(const FieldDef&, const Value&);

/// The hard rules: kind, range, length, form. The same on device and server, so what is accepted offline stays accepted.
Status check_value(const FieldDef&, const Value&);

std::vector<std::string> tag_elements(const Value& tags);
Value tags_from(std::vector<std::string> elements);
/// One element as the set holds it: trimmed, NFC, without separators; empty when nothing is left.
std::string normal_element(std::string_view);

/// Digits after the decimal point of a currency (ISO 4217): 2 unless listed otherwise.
int currency_exponent(std::string_view currency);

// Days and moments. Civil dates by H. Hinnant's days_from_civil; years 1000 to 9999.
int64_t days_from_civil(int year, int month, int day);
void civil_from_days(int64_t days, int& year, int& month, int& day);
std::string format_date(int64_t days);        ///< "2026-11-22"
std::string format_instant(int64_t ms_utc);   ///< "2026-11-22T09:14:00.000Z"

}  // namespace holdfast
