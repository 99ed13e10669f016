// Two records that are the same: which other one, and where they differ, which value stands.

#include <algorithm>

#include "client/screens/format.h"
#include "client/screens/screens.h"
#include "shared/base/text.h"
#include "shared/workspace/merging.h"

namespace holdfast {

static void choose_other(App& app, const Record& record) {
  Kit& kit = app.kit;
  const Entity& entity = *record.entity;
  std::string& words = app.texts["merge_search"];
  if (app.form_for != app.route.url) {
    app.form_for = app.route.url;
    const std::vector<std::string> title = search_words(shown_title(record));
    words = title.empty() ? std::string() : title.back();
  }
  kit.paragraph(tr("Which record is the same as {}?", shown_title(record)));
  kit.space_down(space::m);
  kit.search_field(kit.take(space::target, space::s), "merge_search", tr("Search"), words);
  Query query;
  query.search = words;
  query.limit = 50;
  const Result<std::vector<Record>> found = app.ws.list(entity, query);
  kit.push_scope("candidates", Role::list, tr("Records found"));
  int count = 0;
  if (found.ok())
    for (const Record& other : *found) {
      if (other.id == record.id) continue;
      RowLook look;
      look.title = shown_title(other);
      look.initials = initials(look.title);
      for (const FieldDef& f : entity.fields)
        if (const std::string text = f.options.in_list ? shown_value(app.ws, f, other.values[f.index]) : std::string(); !text.empty()) look.subtitle += (look.subtitle.empty() ? "" : " · ") + text;
      look.href = base_of(entity) + "/" + record.id.text() + "/merge?with=" + other.id.text();
      look.position = ++count;
      kit.row(other.id.text(), look);
    }
  kit.pop_scope();
  if (!count) kit.empty_state(Icon::search, tr("Nothing else is found by these words."));
}

/// Registers a person chooses between: both have a value, and not the same.
static std::vector<uint16_t> differing(const Record& a, const Record& b) {
  std::vector<uint16_t> out;
  for (const FieldDef& f : a.entity->fields)
    if (!f.options.hidden && f.kind != Kind::tags && f.leader == f.index && !a.entity->decides_access(f.index) && !is_empty(a.values[f.index]) && !is_empty(b.values[f.index]) &&
        a.values[f.index] != b.values[f.index])
      out.push_back(f.index);
  return out;
}

static void compare(App& app, const Record& stays, const Record& other) {
  Kit& kit = app.kit;
  const Entity& entity = *stays.entity;
  if (app.form_for != app.route.url) {
    app.form_for = app.route.url;
    for (uint16_t f : differing(stays, other)) app.texts["merge_" + std::string(entity.fields[f].key)] = "stays";
  }
  kit.paragraph(tr("{} becomes part of {}.", shown_title(other), shown_title(stays)), type_body_strong);
  kit.space_down(space::s);
  kit.paragraph(tr("Contact details, tasks and activities of both are shown together, and both names find it. You can separate them again at any time."), type_secondary, kit.colours().text2);
  kit.space_down(space::m);
  const std::vector<uint16_t> both = differing(stays, other);
  if (!both.empty()) kit.section(tr("Which value is right?"));
  for (uint16_t index : both) {
    const FieldDef& f = entity.fields[index];
    FieldLook look;
    look.options = {{"stays", shown_value(app.ws, f, stays.values[index])}, {"other", shown_value(app.ws, f, other.values[index])}};
    kit.field("merge_" + std::string(f.key), field_label(f), app.texts["merge_" + std::string(f.key)], look);
  }
  kit.space_down(space::l);
  kit.begin_line(space::target, {0, 0});
  const std::string back = base_of(entity) + "/" + stays.id.text();
  if (kit.button_in(kit.cell(), "cancel", tr("Cancel"), ButtonStyle::tonal)) app.go(back, true);
  if (kit.button_in(kit.cell(), "merge", tr("Merge"), ButtonStyle::primary, Icon::check)) {
    std::vector<FieldValue> chosen;
    for (const FieldDef& f : entity.fields) {
      if (f.kind == Kind::tags || entity.decides_access(f.index) || is_empty(other.values[f.index]) || f.key == "source") continue;
      const bool differs = std::find(both.begin(), both.end(), f.index) != both.end();
      if (differs ? app.texts["merge_" + std::string(f.key)] == "other" : is_empty(stays.values[f.index])) chosen.push_back({f.index, other.values[f.index]});
    }
    Edit edit;
    if (Status s = merge_records(app.ws, edit, entity, other.id, stays.id, chosen); !s.ok()) return app.say(s.error());
    app.commit(edit, tr("{} merged", shown_title(stays)));
    app.form_for.clear();
    app.go(back, true);
  }
  kit.end_line();
}

void draw_merge(App& app, Rect r, const Entity& entity, const Id& id) {
  Kit& kit = app.kit;
  const Rect body = draw_bar(app, r, tr("Merge"), base_of(entity) + "/" + id.text());
  kit.begin_scroll("merge", body, tr("Merge"));
  kit.narrow(space::form_width);
  kit.space_down(space::l);
  const auto with = app.route.query.find("with");
  const Result<Id> other = with == app.route.query.end() ? Result<Id>(Id{}) : Id::parse(with->second);
  const Result<std::optional<Record>> stays = app.ws.get(entity, id);
  const Result<std::optional<Record>> goes = other.ok() && !other->is_nil() ? app.ws.get(entity, *other) : Result<std::optional<Record>>(std::optional<Record>());
  if (!stays.ok() || !*stays) kit.empty_state(Icon::search, tr("This record is not on this device. It may have been removed, or not have arrived yet."));
  else if (goes.ok() && *goes) compare(app, **stays, **goes);
  else choose_other(app, **stays);
  kit.space_down(96);
  kit.end_scroll();
}

void draw_merged_parts(App& app, const Entity& entity, const Id& id) {
  Kit& kit = app.kit;
  const Result<std::vector<Merged>> parts = merged_parts(app.ws, entity, id);
  if (!parts.ok() || parts->empty()) return;
  kit.section(tr("Merged from"));
  kit.push_scope("merged", Role::list, tr("Merged from"));
  for (const Merged& m : *parts) {
    const Rect line = kit.take(space::target + space::s);
    kit.begin_item(m.alias.text(), line);
    const std::string name = record_title(m.record).empty() ? tr("No name") : record_title(m.record);
    kit.node("name", Role::text, name, {line.x, line.y, line.w - 150, space::target});
    kit.write({line.x, line.y, line.w - 150, space::target}, name, type_body, kit.colours().text);
    if (kit.button_in({line.x + line.w - 140, line.y, 140, space::target}, "separate", tr("Separate"), ButtonStyle::tonal)) {
      Edit edit;
      edit.trash(alias, m.alias);
      app.commit(edit, tr("{} separated", name));
    }
    kit.end_item();
  }
  kit.pop_scope();
}

}  // namespace holdfast
