#include "shared/model/schema.h"

#include <algorithm>

#include "shared/base/result.h"

namespace holdfast {

Entity::Entity(std::string_view key, std::string_view label, std::string_view plural, Common common)
    : key(key), label(label), plural(plural) {
  fields.reserve(48);
  if (common == Common::none) return;
  owner = ref("owner", "Owner", {.target = "member"});
  source = choice("source", "Source",
                  {.hidden = true, .choices = {"manual", "import", "email", "form", "api", "automation", "device"}});
  external_ids = tags("external_ids", "External ids", {.hidden = true, .length_max = 300});
  if (common != Common::owner_source_and_access) return;
  own_access = true;
  // Empty is everyone. Members are elements of shared_with by the text of their ids.
  visibility = choice("visibility", "Visible to", {.hidden = true, .group = "access", .choices = {"everyone", "team", "private"}});
  team = ref("team", "Team", {.hidden = true, .group = "access", .target = "team"});
  shared_with = tags("shared_with", "Shared with", {.hidden = true, .length_max = 36});
}

Field Entity::add(Kind kind, std::string_view field_key, std::string_view field_label, FieldOptions options) {
  HOLDFAST_ASSERT(find(field_key) == nullptr);
  FieldDef def{field_key, field_label, kind, std::move(options)};
  def.index = def.leader = static_cast<uint16_t>(fields.size());
  if (!def.options.group.empty()) {
    HOLDFAST_ASSERT(kind != Kind::tags);
    for (const FieldDef& other : fields)
      if (other.options.group == def.options.group) {
        def.leader = other.leader;
        break;
      }
  }
  fields.push_back(std::move(def));
  return {fields.back().index};
}

const FieldDef* Entity::find(std::string_view field_key) const {
  for (const FieldDef& field : fields)
    if (field.key == field_key) return &field;
  return nullptr;
}

std::vector<uint16_t> Entity::register_fields(uint16_t leader) const {
  std::vector<uint16_t> out;
  for (const FieldDef& field : fields)
    if (field.leader == leader) out.push_back(field.index);
  return out;
}

bool Entity::writable_by_device(uint16_t field) const {
  if (!server_owned) return true;
  for (uint16_t allowed : device_writable)
    if (allowed == field) return true;
  return false;
}

bool Entity::decides_access(uint16_t field) const {
  if (own_access) return field == owner.index || field == visibility.index || field == team.index || field == shared_with.index;
  return std::find(seen_with.begin(), seen_with.end(), field) != seen_with.end();
}

int Schema::index_of(std::string_view entity_key) const {
  for (size_t i = 0; i < entities_.size(); i++)
    if (entities_[i]->key == entity_key) return static_cast<int>(i);
  return -1;
}

int Schema::index_of(const Entity& entity) const {
  for (size_t i = 0; i < entities_.size(); i++)
    if (entities_[i] == &entity) return static_cast<int>(i);
  return -1;
}

}  // namespace holdfast
