#include "tests/fuzz/links.h"

#include "client/screens/filter_model.h"
#include "client/screens/format.h"
#include "client/screens/record_form_model.h"
#include "client/shell/route.h"
#include "shared/base/text.h"

namespace holdfast::test {

static std::string address_of(const AppRoute& route) {
  std::string out;
  for (const std::string& part : route.parts) out += "/" + url_encoded(part);
  for (const auto& [key, text] : route.query) out += (out.find('?') == std::string::npos ? "?" : "&") + url_encoded(key) + "=" + url_encoded(text);
  return out;
}

static void filter_by(Workspace& ws, const Entity& entity, const Filters& filters) {
  Query query;
  query.where = filter_conditions(entity, filters);
  HOLDFAST_ASSERT(ws.rows(entity).row_numbers(query).ok());
  Filters same;
  for (const Condition& c : query.where) {
    HOLDFAST_ASSERT(check_value(entity.fields[c.field], c.value).ok());
    same[c.field] = format_value(entity.fields[c.field], c.value);
  }
  const std::vector<Condition> again = filter_conditions(entity, same);
  HOLDFAST_ASSERT(std::equal(again.begin(), again.end(), query.where.begin(), query.where.end(), [](const Condition& a, const Condition& b) { return a.field == b.field && a.value == b.value; }));
  for (const auto& [field, text] : filters) (void)filter_label(ws, entity, field, text);
}

bool follow_link(DeviceNode& device, std::string_view bytes) {
  const AppRoute route = AppRoute::parse(std::string(bytes));
  const AppRoute again = AppRoute::parse(address_of(route));
  HOLDFAST_ASSERT(again.parts == route.parts && again.query == route.query);
  Workspace& ws = *device.ws;
  bool saved = false;
  for (const Entity* entity : product_schema()) {
    Filters filters;
    for (const auto& [key, text] : route.query)
      if (const FieldDef* f = entity->find(key)) filters[f->index] = text;
    if (filters.empty()) continue;
    filter_by(ws, *entity, filters);
    // An address presets a form; a form keeps what was typed in a draft.
    RecordForm preset, typed, again;
    must(preset.open(ws, *device.replica, *entity, Id{}, route.query, route.query));
    for (const auto& [field, text] : filters) HOLDFAST_ASSERT(preset.texts[field] == text);
    must(typed.open(ws, *device.replica, *entity, Id{}, {}, {}));
    for (const auto& [field, text] : filters) typed.texts[field] = text;
    must(typed.keep_draft(ws));
    must(again.open(ws, *device.replica, *entity, Id{}, {}, {}));
    HOLDFAST_ASSERT(again.texts == typed.texts);
    must(typed.drop_draft(ws));
    saved = typed.save(ws, *device.replica).ok() || saved;
  }
  return saved;
}

}  // namespace holdfast::test
