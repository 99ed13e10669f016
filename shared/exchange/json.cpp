#include "shared/exchange/json.h"

namespace holdfast {

using nlohmann::json;

static json value_to_json(const FieldDef& f, const Value& v) {
  if (is_empty(v)) return nullptr;
  if (f.kind == Kind::boolean) return as_int(v) != 0;
  if (f.kind == Kind::integer) return as_int(v);
  if (f.kind == Kind::tags) return tag_elements(v);
  return format_value(f, v);
}

json record_to_json(const Record& r) {
  json out = {{"id", r.id.text()},
              {"version", r.meta.seq},
              {"trashed", r.meta.life != Life::live},
              {"created_at", format_instant(r.meta.created_at)},
              {"updated_at", format_instant(r.meta.updated_at)},
              {"created_by", r.meta.created_by.is_nil() ? json() : json(r.meta.created_by.text())},
              {"updated_by", r.meta.updated_by.is_nil() ? json() : json(r.meta.updated_by.text())}};
  for (const FieldDef& f : r.entity->fields) out[std::string(f.key)] = value_to_json(f, r.values[f.index]);
  return out;
}

static Result<Value> value_from_json(const FieldDef& f, const json& v) {
  const Error wrong{ErrorKind::invalid, std::string(f.key) + ": the value has the wrong form."};
  if (v.is_null()) return Value{};
  if (v.is_boolean() && f.kind == Kind::boolean) return Value{int64_t{v.get<bool>()}};
  if (v.is_number_integer() && (f.kind == Kind::integer || f.kind == Kind::decimal)) return parse_value(f, v.dump());
  if (v.is_array() && f.kind == Kind::tags) {
    std::vector<std::string> elements;
    for (const json& e : v) {
      if (!e.is_string()) return wrong;
      elements.push_back(normal_element(e.get<std::string>()));
    }
    Value tags = tags_from(std::move(elements));
    TRY(check_value(f, tags));
    return tags;
  }
  if (!v.is_string()) return wrong;
  return parse_value(f, v.get<std::string>());
}

Result<std::vector<FieldValue>> values_from_json(const Entity& entity, const json& object) {
  if (!object.is_object()) return Error{ErrorKind::invalid, "Send a JSON object with field keys."};
  std::vector<FieldValue> out;
  for (const auto& [key, v] : object.items()) {
    const FieldDef* f = entity.find(key);
    if (!f) return Error{ErrorKind::invalid, "There is no field \"" + key.substr(0, 80) + "\" in " + std::string(entity.key) + "."};
    Result<Value> value = value_from_json(*f, v);
    if (!value.ok()) return value.take_error();
    out.push_back({f->index, value.take()});
  }
  return out;
}

static json field_schema(const FieldDef& f) {
  json s;
  switch (f.kind) {
    case Kind::boolean: s["type"] = {"boolean", "null"}; break;
    case Kind::integer: s["type"] = {"integer", "null"}; break;
    case Kind::tags:
      s["type"] = {"array", "null"};
      s["items"] = {{"type", "string"}};
      break;
    default: s["type"] = {"string", "null"};
  }
  if (f.kind == Kind::date) s["format"] = "date";
  if (f.kind == Kind::instant) s["format"] = "date-time";
  if (f.kind == Kind::ref) s["format"] = "uuid";
  if (f.kind == Kind::money) s["examples"] = {"1250.00 EUR"};
  if (!f.options.choices.empty()) s["examples"] = f.options.choices;
  if (kind_info(f.kind).storage == Storage::text && f.kind != Kind::tags) s["maxLength"] = f.length_max();
  s["title"] = f.label;
  return s;
}

static json response(const char* what, const std::string& schema) {
  return {{"description", what}, {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/" + schema}}}}}}}};
}

json openapi(const Schema& schema) {
  json paths = json::object(), components = json::object();
  components["Error"] = {{"type", "object"}, {"properties", {{"error", {{"type", "string"}}}}}, {"required", {"error"}}};
  const json failed = response("What is wrong, in a sentence", "Error");
  const json id_parameter = {{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}, {"format", "uuid"}}}};
  for (const Entity* entity : schema) {
    const std::string key(entity->key);
    json properties = {{"id", {{"type", "string"}, {"format", "uuid"}, {"readOnly", true}}}, {"version", {{"type", "integer"}, {"readOnly", true}}},
                       {"trashed", {{"type", "boolean"}, {"readOnly", true}}}};
    for (const FieldDef& f : entity->fields) properties[std::string(f.key)] = field_schema(f);
    components[key] = {{"type", "object"}, {"title", entity->label}, {"properties", properties}};
    components[key + "_list"] = {{"type", "object"},
                                 {"properties", {{"items", {{"type", "array"}, {"items", {{"$ref", "#/components/schemas/" + key}}}}}, {"next", {{"type", {"string", "null"}}}}}}};
    const json body = {{"required", true}, {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/" + key}}}}}}}};
    json parameters = json::array();
    for (const char* name : {"search", "sort", "after", "limit", "trashed"})
      parameters.push_back({{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}});
    json& list = paths["/v1/records/" + key];
    list["get"] = {{"operationId", "list_" + key}, {"parameters", parameters}, {"responses", {{"200", response("A page", key + "_list")}, {"default", failed}}}};
    json& one = paths["/v1/records/" + key + "/{id}"];
    one["parameters"] = json::array({id_parameter});
    one["get"] = {{"operationId", "get_" + key}, {"responses", {{"200", response("The record", key)}, {"default", failed}}}};
    if (entity->server_owned) continue;
    list["post"] = {{"operationId", "create_" + key}, {"requestBody", body}, {"responses", {{"201", response("The record made", key)}, {"default", failed}}}};
    one["patch"] = {{"operationId", "change_" + key}, {"requestBody", body}, {"responses", {{"200", response("The record as it is now", key)}, {"default", failed}}}};
    one["delete"] = {{"operationId", "trash_" + key}, {"responses", {{"200", response("The record, in the trash", key)}, {"default", failed}}}};
    paths["/v1/records/" + key + "/{id}/restore"]["parameters"] = json::array({id_parameter});
    paths["/v1/records/" + key + "/{id}/purge"]["parameters"] = json::array({id_parameter, {{"name", "with"}, {"in", "query"}, {"schema", {{"type", "string"}, {"enum", {"everything"}}}}, {"description", "Its tasks and activities too"}}});
    paths["/v1/records/" + key + "/{id}/purge"]["post"] = {{"operationId", "purge_" + key}, {"description", "Erases a record in the trash for good. Administrators only."}, {"responses", {{"200", {{"description", "How many rows were erased"}}}, {"default", failed}}}};
    paths["/v1/records/" + key + "/{id}/restore"]["post"] = {{"operationId", "restore_" + key}, {"responses", {{"200", response("The record, restored", key)}, {"default", failed}}}};
  }
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "Holdfast"}, {"version", "1"}}},
          {"paths", paths},
          {"components", {{"schemas", components}, {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
          {"security", json::array({{{"token", json::array()}}})}};
}

}  // namespace holdfast
