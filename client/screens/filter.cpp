#include "client/screens/filter.h"

#include "client/screens/format.h"
#include "client/screens/screens.h"

namespace holdfast {

static constexpr size_t choices_max = 200;

/// Fields with few different values, or values one looks for: where a record belongs, whose it is, what it is marked as.
static bool can_filter(const FieldDef& f) {
  if (f.options.hidden || f.options.retired) return false;
  switch (f.kind) {
    case Kind::boolean: case Kind::choice: case Kind::tags: case Kind::ref: return true;
    case Kind::text: return f.options.sortable && !f.options.title;
    default: return false;
  }
}

static std::vector<std::pair<std::string, std::string>> choices_of(App& app, const Entity& entity, const FieldDef& f) {
  std::vector<std::pair<std::string, std::string>> out = {{"", tr("Any")}};
  switch (f.kind) {
    case Kind::boolean:
      out.emplace_back("yes", tr("Yes"));
      out.emplace_back("no", tr("No"));
      break;
    case Kind::choice:
      for (std::string_view choice : f.options.choices) out.emplace_back(std::string(choice), choice_label(choice));
      break;
    case Kind::ref:
      for (auto& [value, label] : ref_options(app, f, "", ""))
        if (!value.empty()) out.emplace_back(value, label);
      break;
    default:
      if (Result<std::vector<std::string>> texts = app.ws.rows(entity).distinct(f.index, choices_max); texts.ok())
        for (std::string& text : *texts) out.emplace_back(text, text);
  }
  return out;
}

void draw_filter(App& app) {
  if (!app.dialog.starts_with("filter_")) return;
  const bool of_people = app.dialog == "filter_person";
  const Entity& entity = of_people ? static_cast<const Entity&>(person) : company;
  RecordList& list = of_people ? app.people : app.companies;
  Kit& kit = app.kit;
  if (list.choices_version != app.ws.version()) {
    list.choices.clear();
    for (const FieldDef& f : entity.fields)
      if (can_filter(f)) list.choices[f.index] = choices_of(app, entity, f);
    list.choices_version = app.ws.version();
  }
  kit.begin_dialog("filter_dialog", tr("Filter"), 136 + 88 * static_cast<float>(list.choices.size()));
  for (const auto& [field, choices] : list.choices) {
    FieldLook look;
    look.options = choices;
    std::string value = list.filters.count(field) ? list.filters[field] : std::string();
    if (!value.empty() && std::none_of(choices.begin(), choices.end(), [&](const auto& c) { return c.first == value; })) look.options.emplace_back(value, value);
    if (!kit.field(std::string(entity.fields[field].key), field_label(entity.fields[field]), value, look)) continue;
    if (value.empty()) list.filters.erase(field);
    else list.filters[field] = value;
    kit.scroll_to_top("rows");
  }
  kit.begin_line(space::target, {0, 0});
  if (kit.button_in(kit.cell(), "clear", tr("Clear"), ButtonStyle::tonal)) list.filters.clear();
  if (kit.button_in(kit.cell(), "done", tr("Show {}", std::to_string(list.rows.size())), ButtonStyle::primary) || kit.dismissed()) app.dialog.clear();
  kit.end_line();
  kit.end_dialog();
}

}  // namespace holdfast
