#pragma once
// The versions of one row's registers, packed: most registers share the version of the row's creation.
//
//   blob      := base exception*
//   base      := varint              server sequence number
//   exception := varint varint       register's key number, its version − base; sorted by key number
//
// A register's key number is that of its leading field in this database; 0 is the record's life.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/result.h"

namespace holdfast {

inline constexpr uint32_t life_register = 0;

struct Versions {
  int64_t base = 0;
  std::vector<std::pair<uint32_t, int64_t>> exceptions;  ///< Key number → version; sorted.

  static Result<Versions> parse(std::string_view blob);
  std::string blob() const;
  int64_t of(uint32_t register_no) const;
  void set(uint32_t register_no, int64_t version);
};

}  // namespace holdfast
