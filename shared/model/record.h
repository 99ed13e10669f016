#pragma once
// One record in memory: values in field order, and what the server says about the row.

#include <string>
#include <vector>

#include "shared/model/value.h"

namespace holdfast {

enum class Life : uint8_t { live = 0, trashed = 1, purged = 2 };

/// Set by the server; a device fills it provisionally until the row comes back.
struct RowMeta {
  int64_t seq = 0;  ///< Server sequence number of the last change; 0 until confirmed.
  Life life = Life::live;
  int64_t created_at = 0, updated_at = 0;  ///< UTC milliseconds.
  Id created_by, updated_by;               ///< Members; nil when unknown.
};

struct Record {
  const Entity* entity = nullptr;
  Id id;
  std::vector<Value> values;
  RowMeta meta;

  Record() = default;
  explicit Record(const Entity& e) : entity(&e), values(e.fields.size()) {}
  const Value& operator[](Field field) const { return values[field.index]; }
  Value& operator[](Field field) { return values[field.index]; }
  std::string text(Field field) const { return format_value(entity->at(field), values[field.index]); }
};

/// The entity a ref of this record points to; where the ref leaves that open, the record's own field "entity" names it.
std::string_view ref_target(const Record&, const FieldDef& ref);
/// The title fields that are not empty, joined by a space. Empty when the record has no name yet.
std::string record_title(const Record&);

}  // namespace holdfast
