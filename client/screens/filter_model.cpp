#include "client/screens/filter_model.h"

#include "client/screens/format.h"

namespace holdfast {

std::vector<Condition> filter_conditions(const Entity& entity, const Filters& filters) {
  std::vector<Condition> out;
  for (const auto& [field, text] : filters)
    if (Result<Value> value = parse_value(entity.fields[field], text); value.ok()) out.push_back({field, Compare::eq, value.take()});
  return out;
}

std::string filter_label(Workspace& ws, const Entity& entity, uint16_t field, const std::string& value) {
  const FieldDef& f = entity.fields[field];
  const Result<Value> v = parse_value(f, value);
  return field_label(f) + ": " + (v.ok() ? shown_value(ws, f, *v) : value);
}

}  // namespace holdfast
