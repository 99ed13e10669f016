#include "shared/model/record.h"

namespace holdfast {

std::string record_title(const Record& record) {
  std::string title;
  for (const FieldDef& field : record.entity->fields) {
    if (!field.options.title || is_empty(record.values[field.index])) continue;
    if (!title.empty()) title += ' ';
    title += format_value(field, record.values[field.index]);
  }
  return title;
}

std::string_view ref_target(const Record& record, const FieldDef& ref) {
  if (!ref.options.target.empty()) return ref.options.target;
  const FieldDef* named = record.entity->find("entity");
  return named ? as_text(record.values[named->index]) : std::string_view();
}

}  // namespace holdfast
