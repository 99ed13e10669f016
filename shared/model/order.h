#pragma once
// Places in an order people arrange by hand, as strings that compare bytewise: between two of them there is always another, so
// moving one record changes that record only. Equal places of two devices are told apart by the records' ids.
// The construction is fractional indexing in base 62 (D. Greenspan, "Implementing Fractional Indexing", 2020).

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// A place after `before` and ahead of `after`; empty stands for the beginning and the end. Needs before < after, and neither to
/// end in '0', which no place made here does.
std::string order_between(std::string_view before, std::string_view after);
/// `count` places far apart, in order.
std::vector<std::string> order_spread(size_t count);
/// Places longer than this are spread anew by the server.
inline constexpr size_t order_length_usual = 24;

}  // namespace holdfast
