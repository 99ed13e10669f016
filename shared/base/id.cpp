#include "shared/base/id.h"

namespace holdfast {

Id Id::make(Clock& clock, Random& random) {
  Id id;
  const uint64_t ms = static_cast<uint64_t>(clock.wall_ms());
  const uint64_t a = random.next(), b = random.next();
  for (int i = 0; i < 6; i++) id.bytes[i] = static_cast<uint8_t>(ms >> (40 - 8 * i));
  id.bytes[6] = static_cast<uint8_t>(0x70 | (a & 0x0F));
  id.bytes[7] = static_cast<uint8_t>(a >> 8);
  for (int i = 0; i < 8; i++) id.bytes[8 + i] = static_cast<uint8_t>(b >> (8 * i));
  id.bytes[8] = static_cast<uint8_t>(0x80 | (id.bytes[8] & 0x3F));
  return id;
}

Result<Id> Id::parse(std::string_view text) {
  Id id;
  size_t digits = 0;
  bool good = text.size() == 36;
  for (size_t i = 0; good && i < text.size(); i++) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      good = c == '-';
      continue;
    }
    int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (v < 0) good = false;
    else {
      uint8_t& byte = id.bytes[digits / 2];
      byte = static_cast<uint8_t>(byte << 4 | v);
      digits++;
    }
  }
  if (!good) return Error{ErrorKind::invalid, "This is not a record identifier."};
  return id;
}

std::string Id::text() const {
  static const char hex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += hex[bytes[i] >> 4];
    out += hex[bytes[i] & 15];
  }
  return out;
}

}  // namespace holdfast
