#include "client/screens/begun_forms.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "client/screens/format.h"
#include "client/screens/screens.h"
#include "shared/store/outbox.h"

namespace holdfast {

/// "new?person=…?type=phone", as a draft's key has it, is "new?person=…&type=phone" as an address.
static std::string address_of_new(const Entity& entity, std::string about) {
  const size_t first = about.find('?');
  if (first != std::string::npos) std::replace(about.begin() + static_cast<std::ptrdiff_t>(first) + 1, about.end(), '?', '&');
  return base_of(entity) + "/" + about;
}

/// The name that was typed, as far as there is one.
static std::string typed_name(const Entity& entity, const std::string& body) {
  const nlohmann::json kept = nlohmann::json::parse(body, nullptr, false);
  Record typed(entity);
  for (const FieldDef& f : entity.fields) {
    if (!f.options.title || !kept.is_object() || !kept.contains(f.key) || !kept[std::string(f.key)].is_object()) continue;
    const nlohmann::json& field = kept[std::string(f.key)];
    if (!field.contains("text") || !field["text"].is_string()) continue;
    if (Result<Value> v = parse_value(f, field["text"].get<std::string>()); v.ok()) typed.values[f.index] = v.take();
  }
  return record_title(typed);
}

Result<std::vector<BegunForm>> begun_forms(Workspace& ws) {
  std::vector<BegunForm> out;
  for (const auto& [key, body] : TRY(Drafts(ws.tables().db()).all())) {
    const size_t slash = key.find('/');
    const int e = ws.schema().index_of(std::string_view(key).substr(0, slash));
    if (slash == std::string::npos || e < 0) continue;
    const Entity& entity = ws.schema()[static_cast<size_t>(e)];
    const std::string rest = key.substr(slash + 1);
    if (rest.starts_with("new")) {
      out.push_back({&entity, {}, address_of_new(entity, rest), typed_name(entity, body)});
      continue;
    }
    const Result<Id> id = Id::parse(rest);
    if (id.ok() && TRY(ws.get(entity, *id))) out.push_back({&entity, *id, base_of(entity) + "/" + rest + "/edit", ws.title(entity, *id)});
  }
  return out;
}

}  // namespace holdfast
