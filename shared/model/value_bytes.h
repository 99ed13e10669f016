#pragma once
// A value as bytes: value := 0 | 1 signed | 2 text | 3 id | 4 signed currency[3]

#include "shared/base/bytes.h"
#include "shared/model/value.h"

namespace holdfast {

void write_value(ByteWriter&, const Value&);
Value read_value(ByteReader&);  ///< Empty, and the reader bad, on an unknown tag.
void write_currency(ByteWriter&, const Currency&);  ///< Three bytes, also where there is none.
void write_id(ByteWriter&, const Id&);
Id read_id(ByteReader&);

}  // namespace holdfast
