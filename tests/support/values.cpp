#include "tests/support/values.h"

#include "shared/base/text.h"

#include <algorithm>

namespace holdfast::test {

static std::string random_text(Random& random, size_t bytes_max, bool lines) {
  static const char* const pieces[] = {"a", "Zoë", "張偉", " ", "-", "\"", "'", ",", ";", "\\", "😀", "مرحبا", "0", "é", "é", "ß", ".", "="};
  std::string out;
  for (uint64_t n = 1 + random.below(20); n > 0; n--) {
    if (lines && random.below(8) == 0) out += "\n";
    const std::string piece = pieces[random.below(sizeof pieces / sizeof *pieces)];
    if (out.size() + piece.size() > bytes_max) break;
    out += piece;
  }
  out = nfc(out);
  if (!lines) out = trimmed(out);
  if (trimmed(out).empty()) out = "x";
  return out;
}

Value random_value(const FieldDef& f, Random& random) {
  if (random.below(6) == 0) return {};
  const auto signed_number = [&] { return static_cast<int64_t>(random.next() >> random.below(64)) * (random.below(2) ? 1 : -1); };
  switch (f.kind) {
    case Kind::multiline: return random_text(random, static_cast<size_t>(f.length_max()), true);
    case Kind::text: case Kind::email: case Kind::phone: case Kind::url: return random_text(random, static_cast<size_t>(f.length_max()), false);
    case Kind::choice:
      if (!f.options.choices.empty() && random.below(4)) return std::string(f.options.choices[random.below(f.options.choices.size())]);
      return std::string("from_a_newer_version");
    case Kind::boolean: return static_cast<int64_t>(random.below(2));
    case Kind::integer: case Kind::decimal:
      if (f.options.min != INT64_MIN) return f.options.min + static_cast<int64_t>(random.below(static_cast<uint64_t>(f.options.max - f.options.min) + 1));
      return signed_number();
    case Kind::money: {
      static constexpr std::string_view currencies[] = {"EUR", "USD", "JPY", "KWD"};
      return Money{signed_number(), currencies[random.below(4)]};
    }
    case Kind::date: return static_cast<int64_t>(random.below(60'000)) - 20'000;
    case Kind::instant: return static_cast<int64_t>(random.below(4'000'000'000'000)) - 1'000'000'000'000;
    case Kind::tags: {
      std::vector<std::string> elements;
      for (uint64_t n = 1 + random.below(4); n > 0; n--) elements.push_back(normal_element(random_text(random, std::min<size_t>(60, static_cast<size_t>(f.length_max())), false)));
      return tags_from(elements);
    }
    case Kind::ref: {
      Id id;
      for (auto& b : id.bytes) b = static_cast<uint8_t>(random.next());
      return id;
    }
  }
  return {};
}

}  // namespace holdfast::test
