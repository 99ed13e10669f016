#pragma once
// What a column of a file may mean, and the words people use for it.
//
// A target is a field key of the entity ("first_name"), or one of the words below for what becomes a contact detail,
// a company or a remark of its own.

#include <string>
#include <string_view>
#include <vector>

#include "shared/model/schema.h"

namespace holdfast {

struct ColumnTarget {
  std::string_view key;    ///< "first_name", "phone.mobile", "email", "address.city", "full_name", "note", …
  std::string_view label;  ///< For people.
};

/// What a column header means; empty when no word is known. Case, accents and punctuation do not matter.
std::string_view known_column(std::string_view header);

/// Everything a column of a file of `entity` can be mapped to: "" (leave out) and "note" first.
std::vector<ColumnTarget> column_targets(const Entity& entity);

}  // namespace holdfast
