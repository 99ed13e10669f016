#pragma once
// A record's identity: a UUID version 7 (RFC 9562), made on the device. 16 bytes inside, text only at the edges.

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace holdfast {

struct Id {
  std::array<uint8_t, 16> bytes{};

  static Id make(Clock&, Random&);
  static Result<Id> parse(std::string_view text);      ///< 8-4-4-4-12 hex digits, either case.
  static Id from_bytes(const void* sixteen) {
    Id id;
    std::memcpy(id.bytes.data(), sixteen, 16);
    return id;
  }
  std::string text() const;
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), 16}; }
  bool is_nil() const { return *this == Id{}; }
  friend bool operator==(const Id& a, const Id& b) { return a.bytes == b.bytes; }
  friend bool operator<(const Id& a, const Id& b) { return a.bytes < b.bytes; }
};

struct IdHash {
  size_t operator()(const Id& id) const {
    uint64_t low;
    std::memcpy(&low, id.bytes.data() + 8, 8);
    return static_cast<size_t>(low);
  }
};

}  // namespace holdfast
