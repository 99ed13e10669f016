#include "shared/model/value_bytes.h"

namespace holdfast {

void write_id(ByteWriter& w, const Id& id) { w.raw(id.view()); }

Id read_id(ByteReader& in) {
  const std::string_view b = in.raw(16);
  return b.size() == 16 ? Id::from_bytes(b.data()) : Id{};
}

void write_currency(ByteWriter& w, const Currency& c) {
  const std::string_view letters = c;
  w.raw(letters.empty() ? "   " : letters);
}

void write_value(ByteWriter& w, const Value& v) {
  w.byte(static_cast<uint8_t>(v.index()));
  switch (v.index()) {
    case 1: w.svarint(std::get<1>(v)); break;
    case 2: w.text(std::get<2>(v)); break;
    case 3: write_id(w, std::get<3>(v)); break;
    case 4:
      w.svarint(std::get<4>(v).minor);
      write_currency(w, std::get<4>(v).currency);
      break;
  }
}

Value read_value(ByteReader& in) {
  switch (in.byte()) {
    case 0: return {};
    case 1: return in.svarint();
    case 2: return std::string(in.text());
    case 3: return read_id(in);
    case 4: {
      Money money;
      money.minor = in.svarint();
      money.currency = in.raw(3);
      return money;
    }
  }
  in.fail();
  return {};
}

}  // namespace holdfast
