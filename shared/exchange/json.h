#pragma once
// Records as JSON, and the description of the HTTP interface, both read off the schema.
//
// Keys are field keys. true/false, whole numbers, text; decimals, money, dates and instants in their text form;
// tags as an array; a ref as the other record's id; an empty value as null.

#include <nlohmann/json.hpp>
#include <string>

#include "shared/model/op.h"

namespace holdfast {

nlohmann::json record_to_json(const Record&);

/// The values of an object's keys. Unknown keys and values of the wrong form are errors that name the key.
Result<std::vector<FieldValue>> values_from_json(const Entity&, const nlohmann::json& object);

/// OpenAPI 3.1 for every entity that has a public address.
nlohmann::json openapi(const Schema&);

}  // namespace holdfast
