#include "client/screens/format.h"
#include "client/screens/screens.h"

namespace holdfast {

struct SortChoice {
  const char* label;
  SortBy by;
  const char* field;
  bool descending;
};

static std::vector<SortChoice> sorts_of(const Entity& e) {
  if (&e == &person) return {{"Last name", SortBy::field, "last_name", false}, {"First name", SortBy::field, "first_name", false}, {"Recent", SortBy::updated_at, "", true}};
  return {{"Name", SortBy::field, "name", false}, {"Industry", SortBy::field, "industry", false}, {"Recent", SortBy::updated_at, "", true}};
}

/// Asks the database again when the question or the data has changed.
static void refresh(App& app, const Entity& entity, RecordList& list) {
  std::string question = list.search + "\x1f" + std::to_string(list.sort);
  for (const auto& [field, value] : list.filters) question += "\x1f" + std::to_string(field) + "=" + value;
  if (list.version == app.ws.version() && list.asked == question) return;
  Query query;
  query.search = list.search;
  query.where = filter_conditions(entity, list.filters);
  const SortChoice choice = sorts_of(entity)[static_cast<size_t>(list.sort)];
  query.sort_by = choice.by;
  query.descending = choice.descending;
  if (const FieldDef* f = entity.find(choice.field)) query.sort_field = f->index;
  Result<std::vector<int64_t>> rows = app.ws.rows(entity).row_numbers(query);
  if (rows.ok()) list.rows = rows.take();
  list.near.clear();
  list.version = app.ws.version();
  list.asked = question;
}

static RowLook look_of(App& app, const Record& r) {
  RowLook look;
  look.title = shown_title(r);
  look.initials = initials(look.title);
  look.href = base_of(*r.entity) + "/" + r.id.text();
  for (const FieldDef& f : r.entity->fields) {
    if (!f.options.in_list) continue;
    const std::string text = shown_value(app.ws, f, r.values[f.index]);
    if (!text.empty()) look.subtitle += (look.subtitle.empty() ? "" : " · ") + text;
  }
  return look;
}

void draw_list(App& app, Rect r, const Entity& entity, RecordList& list, const std::string& selected) {
  Kit& kit = app.kit;
  kit.push_scope(std::string(entity.key) + "_list");
  const std::string title = tr(entity.plural);
  const Rect body = draw_bar(app, r, title, "");
  const float head = list.filters.empty() ? 112 : 164;
  kit.begin_area({body.x, body.y, body.w, head}, 0);
  const Rect search{body.x + space::l, body.y + space::s, body.w - 2 * space::l - 104, space::target};
  if (kit.search_field(search, "search", tr("Search"), list.search)) {
    kit.scroll_to_top("rows");
  }
  refresh(app, entity, list);
  if (kit.icon_button({body.x + body.w - space::l - 2 * space::target - space::xs, body.y + space::s, space::target, space::target}, "filter", tr("Filter"), Icon::filter,
                      list.filters.empty() ? kit.colours().text2 : kit.colours().primary))
    app.dialog = "filter_" + std::string(entity.key);
  kit.icon_link({body.x + body.w - space::l - space::target, body.y + space::s, space::target, space::target}, "add", &entity == &person ? tr("Add a person") : tr("Add a company"),
                Icon::plus, base_of(entity) + "/new", kit.colours().primary);
  float x = body.x + space::l;
  const auto sorts = sorts_of(entity);
  for (size_t i = 0; i < sorts.size(); i++) {
    const std::string label = tr(sorts[i].label);
    const float w = Kit::chip_width(label);
    if (kit.chip({x, body.y + 62, w, 44}, "sort" + std::to_string(i), label, static_cast<int>(i) == list.sort, tr("Sort by: {}", label))) {
      list.sort = static_cast<int>(i);
      kit.scroll_to_top("rows");
    }
    x += w + space::s;
  }
  // Each filter in force is a chip that takes itself away.
  x = body.x + space::l;
  uint16_t dropped = UINT16_MAX;
  for (const auto& [field, value] : list.filters) {
    const std::string filter = filter_label(app.ws, entity, field, value), label = filter + "  ×";
    const float w = std::min(Kit::chip_width(label), body.w - 2 * space::l);
    if (x + w > body.x + body.w - space::s) break;
    if (kit.chip({x, body.y + 114, w, 44}, "without" + std::to_string(field), label, true, tr("Without this filter: {}", filter))) dropped = field;
    x += w + space::s;
  }
  if (dropped != UINT16_MAX) list.filters.erase(dropped);
  kit.end_area();

  const Rect rows{body.x, body.y + head, body.w, body.h - head};
  kit.begin_scroll("rows", rows, title, list.rows.empty() ? Role::region : Role::list);
  kit.rows(static_cast<int64_t>(list.rows.size()), space::row, [&](int64_t i) {
    const int64_t number = list.rows[static_cast<size_t>(i)];
    auto found = list.near.find(number);
    if (found == list.near.end()) {
      if (list.near.size() > 400) list.near.clear();
      Result<std::optional<Row>> row = app.ws.rows(entity).read_row(number);
      if (!row.ok() || !*row) return;
      found = list.near.emplace(number, std::move((*row)->record)).first;
    }
    RowLook look = look_of(app, found->second);
    look.current = found->second.id.text() == selected;
    look.position = static_cast<int>(i) + 1;
    look.size = static_cast<int>(list.rows.size());
    kit.row(found->second.id.text(), look);
  });
  if (list.rows.empty()) {
    if (!list.filters.empty()) kit.empty_state(Icon::filter, tr("Nothing matches the filter."));
    else if (!list.search.empty()) kit.empty_state(Icon::search, tr("Nothing found for “{}”. Search looks at the beginnings of words.", list.search));
    else kit.empty_state(&entity == &person ? Icon::people : Icon::company, &entity == &person ? tr("No people yet. Add one, or import your address book under More.")
                                                                                               : tr("No companies yet. Add one, or import a list under More."));
  } else {
    kit.space_down(space::l);
  }
  kit.end_scroll();
  kit.pop_scope();
}

}  // namespace holdfast
