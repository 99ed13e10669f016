#include <algorithm>

#include "client/screens/begun_forms.h"
#include "client/screens/due.h"
#include "client/screens/format.h"
#include "client/screens/screens.h"

namespace holdfast {

static void task_row(App& app, const Record& t, int position, int size) {
  RowLook look;
  look.title = shown_title(t);
  look.href = "/task/" + t.id.text();
  look.position = position;
  look.size = size;
  if (!is_empty(t[task.person])) look.subtitle = app.ws.title(person, as_id(t[task.person]));
  else if (!is_empty(t[task.company])) look.subtitle = app.ws.title(company, as_id(t[task.company]));
  look.meta = due_short(app, t);
  if (due_until(app, t) < app.now()) look.meta_colour = app.kit.colours().danger;
  const bool done = as_int(t[task.done]) != 0;
  look.struck = done;
  if (app.kit.check_row(t.id.text(), look, done)) {
    Edit edit;
    edit.set(task, t.id, task.done, int64_t{!done});
    app.commit(edit, done ? tr("Task opened again") : tr("Task done"));
  }
}

void draw_today(App& app, Rect r) {
  Kit& kit = app.kit;
  const Rect body = draw_bar(app, r, tr("Today"), "");
  kit.begin_scroll("body", body, tr("Today"));
  kit.narrow(space::form_width + 120);
  draw_clock_warning(app);
  draw_eviction_warning(app);
  draw_cut_off_import(app);
  if (app.around.update_ready) {
    kit.space_down(space::m);
    kit.banner("update", tr("A new version is ready. What you are writing is kept."), Icon::sync, kit.colours().primary);
    if (kit.button("update_now", tr("Update now"), ButtonStyle::tonal)) app.platform.tell("{\"t\":\"update\"}");
  }
  kit.space_down(space::l);
  kit.begin_line(space::target, {0, 0});
  kit.link_in(kit.cell(), "new_task", tr("New task"), "/task/new", ButtonStyle::primary, Icon::task);
  kit.link_in(kit.cell(), "new_activity", tr("New activity"), "/activity/new", ButtonStyle::tonal, Icon::note);
  kit.end_line();

  if (const Result<std::vector<BegunForm>> begun = begun_forms(app.ws); begun.ok() && !begun->empty()) {
    kit.section(tr("Begun and not saved"));
    kit.push_scope("begun", Role::list, tr("Begun and not saved"));
    for (const BegunForm& form : *begun) {
      RowLook look;
      look.title = form.name.empty() ? form_title(*form.entity, form.id.is_nil()) : form.name;
      if (!form.name.empty()) look.subtitle = form_title(*form.entity, form.id.is_nil());
      look.icon = Icon::note;
      look.href = form.href;
      look.position = static_cast<int>(&form - begun->data()) + 1;
      look.size = static_cast<int>(begun->size());
      kit.row(form.href, look);
    }
    kit.pop_scope();
  }

  std::vector<Record> mine;
  for (const Condition& whose : {Condition{task.owner.index, Compare::eq, app.ws.acting()}, Condition{task.owner.index, Compare::empty, {}}}) {
    Query open;
    open.where = {{task.done.index, Compare::eq, int64_t{0}}, whose};
    open.sort_by = SortBy::field;
    open.sort_field = task.due_on.index;
    open.limit = 50;
    if (Result<std::vector<Record>> tasks = app.ws.list(task, open); tasks.ok())
      for (Record& t : *tasks) mine.push_back(std::move(t));
  }
  std::stable_sort(mine.begin(), mine.end(), [&](const Record& x, const Record& y) { return due_until(app, x) < due_until(app, y); });
  kit.section(tr("My open tasks"));
  kit.push_scope("tasks", Role::list, tr("My open tasks"));
  for (size_t i = 0; i < mine.size(); i++) task_row(app, mine[i], static_cast<int>(i) + 1, static_cast<int>(mine.size()));
  kit.pop_scope();
  if (mine.empty()) kit.paragraph(tr("Nothing is due. Add a task to be reminded of a next step."), type_secondary, kit.colours().text2);

  kit.section(tr("Recent"));
  Query latest;
  latest.descending = true;
  latest.limit = 8;
  std::vector<Record> recent;
  for (const Entity* e : {static_cast<const Entity*>(&person), static_cast<const Entity*>(&company)})
    if (Result<std::vector<Record>> some = app.ws.list(*e, latest); some.ok())
      for (Record& one : *some) recent.push_back(std::move(one));
  std::sort(recent.begin(), recent.end(), [](const Record& a, const Record& b) { return a.meta.updated_at != b.meta.updated_at ? a.meta.updated_at > b.meta.updated_at : a.id < b.id; });
  if (recent.size() > 8) recent.erase(recent.begin() + 8, recent.end());
  kit.push_scope("recent", Role::list, tr("Recent"));
  for (size_t i = 0; i < recent.size(); i++) {
    const Record& one = recent[i];
    RowLook look;
    look.title = shown_title(one);
    look.subtitle = one.entity == &person ? one.text(person.job_title) : one.text(company.industry);
    look.initials = initials(look.title);
    look.href = base_of(*one.entity) + "/" + one.id.text();
    look.meta = shown_moment(one.meta.updated_at, app.now(), app.around.zone_minutes);
    look.position = static_cast<int>(i) + 1;
    look.size = static_cast<int>(recent.size());
    kit.row(one.id.text(), look);
  }
  kit.pop_scope();
  if (recent.empty()) {
    kit.paragraph(tr("No customers yet. Import your address book or a list, or add the first one by hand."), type_secondary, kit.colours().text2);
    kit.space_down(space::m);
    kit.begin_line(space::target, {0, 0});
    kit.link_in(kit.cell(), "import", tr("Import"), "/import", ButtonStyle::primary, Icon::upload);
    kit.link_in(kit.cell(), "add", tr("Add a person"), "/people/new", ButtonStyle::tonal, Icon::plus);
    kit.end_line();
  }
  kit.space_down(space::xxl);
  kit.end_scroll();
}

}  // namespace holdfast
