#pragma once
// Random valid values for any field.

#include "shared/model/value.h"

namespace holdfast::test {

Value random_value(const FieldDef&, Random&);

}  // namespace holdfast::test
