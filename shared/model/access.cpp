#include "shared/model/access.h"

#include <algorithm>

namespace holdfast {

std::vector<Id> ids_in(const Value& tags) {
  std::vector<Id> out;
  for (const std::string& element : tag_elements(tags))
    if (const Result<Id> id = Id::parse(element); id.ok()) out.push_back(*id);
  return out;
}

Audience audience_of(const Record& r) {
  const Entity& e = *r.entity;
  const std::string_view visibility = as_text(r[e.visibility]);
  const bool team = visibility == "team" && !is_empty(r[e.team]);
  if (visibility.empty() || visibility == "everyone" || (visibility == "team" && !team)) return {};
  // Whatever else there is, private or a choice of a newer version: the narrowest.
  Audience out = ids_in(r[e.shared_with]);
  if (team) out.push_back(as_id(r[e.team]));
  const Id owner = is_empty(r[e.owner]) ? r.meta.created_by : as_id(r[e.owner]);
  if (!owner.is_nil()) out.push_back(owner);
  if (out.empty()) out.push_back(Id{});
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace holdfast
