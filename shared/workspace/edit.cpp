#include "shared/workspace/edit.h"

namespace holdfast {

size_t bytes_of(const std::vector<Change>& changes) {
  size_t bytes = 0;
  for (const Change& change : changes)
    for (const FieldValue& v : change.values)
      if (const std::string* text = std::get_if<std::string>(&v.value)) bytes += text->size();
  return bytes;
}

void Edit::create(const Entity& e, const Id& id) { changes_.push_back({OpKind::create, &e, id, {}, Life::live, {}}); }

void Edit::set(const Entity& e, const Id& id, uint16_t field, Value value) {
  Change* change = nullptr;
  for (auto it = changes_.rbegin(); it != changes_.rend() && !change; ++it)
    if (it->record == id && it->kind != OpKind::life) change = &*it;
  if (!change) change = &changes_.emplace_back(Change{OpKind::set, &e, id, {}, Life::live, {}});
  for (FieldValue& v : change->values)
    if (v.field == field) {
      v.value = std::move(value);
      return;
    }
  change->values.push_back({field, std::move(value)});
}

void Edit::saw(const Entity& e, const Id& id, uint16_t leader, Base base) {
  for (auto it = changes_.rbegin(); it != changes_.rend(); ++it)
    if (it->record == id && it->kind == OpKind::set && it->entity == &e) {
      it->seen[leader] = base;
      return;
    }
}

}  // namespace holdfast
