#include "client/screens/format.h"
#include "client/screens/screens.h"
#include "shared/exchange/export.h"

namespace holdfast {

void draw_more(App& app, Rect r) {
  Kit& kit = app.kit;
  const Rect body = draw_bar(app, r, tr("More"), "");
  kit.begin_scroll("body", body, tr("More"));
  kit.narrow(space::form_width);
  kit.space_down(space::s);
  struct Entry {
    const char* label;
    const char* about;
    Icon icon;
    const char* href;
    bool admin;
  };
  static const Entry entries[] = {{"Sync", "What waits, what was refused, what two people changed at once", Icon::sync, "/sync", false},
                                  {"Import", "Bring people and companies in from a CSV or address-book file", Icon::upload, "/import", false},
                                  {"Export", "Take everything out as CSV", Icon::download, "/export", false},
                                  {"Trash", "Restore what was deleted", Icon::trash, "/trash", false},
                                  {"Members", "Who works here, and who may sign in", Icon::members, "/members", true},
                                  {"Teams", "Who shares customers that others do not see", Icon::people, "/teams", false},
                                  {"Devices", "Who holds a copy of the data, and removing a lost one", Icon::device, "/devices", false},
                                  {"Settings", "Language, theme, password, storage, sign out", Icon::settings, "/settings", false}};
  int total = 0, at = 0;
  for (const Entry& e : entries) total += !e.admin || app.around.role == "admin";
  kit.push_scope("entries", Role::list, tr("More"));
  for (const Entry& e : entries) {
    if (e.admin && app.around.role != "admin") continue;
    RowLook look;
    look.title = tr(e.label);
    look.subtitle = tr(e.about);
    look.icon = e.icon;
    look.href = e.href;
    look.position = ++at;
    look.size = total;
    kit.row(e.href, look);
  }
  kit.pop_scope();
  kit.end_scroll();
}

/// How many tasks and activities belong to a record, as far as this device shows.
static int64_t belongings(App& app, const std::string& address) {
  const size_t slash = address.find('/');
  const std::string key = address.substr(0, slash);
  const Result<Id> id = Id::parse(address.substr(slash + 1));
  if (!id.ok() || (key != "person" && key != "company")) return 0;
  int64_t n = 0;
  for (const auto& [entity, field] : {std::pair<const Entity*, Field>{&task, key == "person" ? task.person : task.company}, {&activity, key == "person" ? activity.person : activity.company}})
    for (const Life life : {Life::live, Life::trashed})
      if (const Result<std::vector<Record>> found = app.ws.rows(*entity).children(field.index, *id, life); found.ok()) n += static_cast<int64_t>(found->size());
  return n;
}

/// Asks before a record is erased: the one thing that cannot be undone.
static void erase_dialog(App& app) {
  if (!app.dialog.starts_with("erase ")) return;
  const std::string address = app.dialog.substr(6);
  Kit& kit = app.kit;
  const int64_t belong = belongings(app, address);
  kit.begin_dialog("erase_dialog", tr("Erase “{}” for good?", app.texts["erase"]), belong ? 308 : 252);
  kit.paragraph(tr("It goes from every device, from the history and from conflicts, with its contact details. Nobody can bring it back."), type_body, kit.colours().text2);
  bool everything = belong && app.texts["erase_kept"].empty();
  if (belong && kit.toggle("everything", tr("Its tasks and activities too ({})", std::to_string(belong)), everything)) app.texts["erase_kept"] = everything ? "" : "yes";
  kit.space_down(space::l);
  kit.begin_line(space::target, {0, 0});
  if (kit.button_in(kit.cell(), "keep", tr("Keep it"), ButtonStyle::tonal) || kit.dismissed()) app.dialog.clear();
  if (kit.button_in(kit.cell(), "erase", tr("Erase for good"), ButtonStyle::danger)) {
    app.dialog.clear();
    app.request("POST", "/v1/records/" + address + "/purge" + (everything ? "?with=everything" : ""), "", [&app](int status, const std::string& answer) {
      app.say(status == 200 ? tr("Erased for good") : app.problem_in(answer, status));
      app.sync_soon();
    });
  }
  kit.end_line();
  kit.end_dialog();
}

void draw_trash(App& app, Rect r) {
  Kit& kit = app.kit;
  const Rect body = draw_bar(app, r, tr("Trash"), "/more");
  kit.begin_scroll("body", body, tr("Trash"));
  kit.narrow(space::form_width + 120);
  kit.space_down(space::s);
  int shown = 0;
  kit.push_scope("trashed", Role::list, tr("Trash"));
  for (const Entity* entity : app.ws.schema()) {
    if (entity->server_owned) continue;
    Query query;
    query.life = Life::trashed;
    query.descending = true;
    query.limit = 200;
    const Result<std::vector<Record>> records = app.ws.list(*entity, query);
    if (!records.ok()) continue;
    for (const Record& record : *records) {
      shown++;
      const std::string title = shown_title(record);
      const bool admin = app.around.role == "admin";
      const Rect line = kit.take(space::row);
      const float buttons = admin ? 200.f : 140.f, w = line.w - buttons - 10;
      kit.begin_item(record.id.text(), line);
      kit.write_said("name", {line.x, line.y + 12, w, 24}, title, type_body_strong, kit.colours().text);
      kit.write_said("more", {line.x, line.y + 36, w, 20}, tr(entity->label) + " · " + shown_moment(record.meta.updated_at, app.now(), app.around.zone_minutes), type_secondary, kit.colours().text2);
      const Rect b{line.x + line.w - buttons, line.y + 10, 140, space::target};
      if (kit.button_in(b, "restore", tr("Restore"), ButtonStyle::tonal, Icon::restore)) {
        Edit edit;
        edit.restore(*entity, record.id);
        app.commit(edit, tr("{} restored", title));
      }
      if (admin && kit.icon_button({line.x + line.w - space::target, line.y + 10, space::target, space::target}, "erase", tr("Erase {} for good", title), Icon::close, kit.colours().danger)) {
        app.dialog = "erase " + std::string(entity->key) + "/" + record.id.text();
        app.texts["erase"] = title;
        app.texts["erase_kept"].clear();
      }
      kit.fill({line.x, line.y + line.h - 1, line.w, 1}, kit.colours().divider);
      kit.end_item();
    }
  }
  kit.pop_scope();
  if (!shown) kit.empty_state(Icon::trash, tr("The trash is empty. What you delete waits here until you want it back."));
  kit.space_down(96);
  kit.end_scroll();
  erase_dialog(app);
}

void draw_export(App& app, Rect r) {
  Kit& kit = app.kit;
  const Rect body = draw_bar(app, r, tr("Export"), "/more");
  kit.begin_scroll("body", body, tr("Export"));
  kit.narrow(space::form_width);
  kit.space_down(space::l);
  kit.paragraph(tr("The files open in any spreadsheet, and Holdfast can import them again."), type_body, kit.colours().text2);
  kit.space_down(space::l);
  for (const Entity* e : {static_cast<const Entity*>(&person), static_cast<const Entity*>(&company), static_cast<const Entity*>(&activity), static_cast<const Entity*>(&task)}) {
    const std::string label = tr("Export {}", tr(e->plural));
    if (kit.button("export_" + std::string(e->key), label, ButtonStyle::tonal, Icon::download)) {
      Result<std::string> file = export_csv(app.ws, *e);
      if (file.ok()) {
        app.platform.save_file(std::string(e->key) + ".csv", "text/csv;charset=utf-8", *file);
        app.say(tr("{} exported", tr(e->plural)));
      } else {
        app.say(file.error());
      }
    }
    kit.space_down(space::m);
  }
  kit.end_scroll();
}

}  // namespace holdfast
