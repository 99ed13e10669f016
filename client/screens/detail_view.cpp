#include <set>

#include "client/screens/due.h"
#include "client/screens/format.h"
#include "client/screens/screens.h"
#include "shared/model/access.h"

namespace holdfast {

static std::string url_encoded(const std::string& text) {
  static const char hex[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_') out += static_cast<char>(c);
    else out += std::string("%") + hex[c >> 4] + hex[c & 15];
  }
  return out;
}

static std::string address_of(const Record& p, const char* separator) {
  std::string out;
  auto add = [&](const std::string& part) {
    if (!part.empty()) out += (out.empty() ? "" : separator) + part;
  };
  add(p.text(contact_point.street));
  const std::string place = p.text(contact_point.postcode) + (is_empty(p[contact_point.postcode]) || is_empty(p[contact_point.city]) ? "" : " ") + p.text(contact_point.city);
  add(place);
  add(p.text(contact_point.region));
  add(p.text(contact_point.country));
  return out;
}

struct ContactAction {
  std::string text, href, name;
  Icon icon;
};

/// What one tap on a contact detail does.
static ContactAction action_of(const Record& p) {
  const std::string_view type = as_text(p[contact_point.type]);
  if (type == "phone") {
    const std::string number = p.text(contact_point.phone_number);
    std::string dial;
    for (char c : number)
      if ((c >= '0' && c <= '9') || c == '+') dial += c;
    return {number, "tel:" + dial, tr("Call {}", number), Icon::phone};
  }
  if (type == "email") {
    const std::string mail = p.text(contact_point.mail);
    return {mail, "mailto:" + url_encoded(mail), tr("Write to {}", mail), Icon::mail};
  }
  if (type == "address") {
    const std::string address = address_of(p, ", ");
    return {address, "geo:0,0?q=" + url_encoded(address), tr("Show {} on a map", address), Icon::map};
  }
  const std::string link = p.text(contact_point.link);
  return {link, link.find("://") == std::string::npos ? "https://" + link : link, tr("Open {}", link), Icon::link};
}

static void trash_with_undo(App& app, const Entity& entity, const Id& id, const std::string& title, const std::string& back) {
  Edit edit;
  edit.trash(entity, id);
  app.commit(edit, tr("{} moved to the trash", title));
  app.go(back, true);
}

/// Fields and groups of a record where somebody else's change stands, and nobody has looked.
static std::set<std::string> overruled_in(App& app, const Id& record) {
  std::set<std::string> out;
  if (const auto open = app.ws.children(conflict, conflict.record, record); open.ok())
    for (const Record& c : *open)
      if (!as_int(c[conflict.resolved])) out.insert(c.text(conflict.field));
  return out;
}

/// Leads to what was overruled.
static void overruled_link(App& app, const std::string& key, const std::string& of, Rect line) {
  Kit& kit = app.kit;
  kit.fill({line.x, line.y + line.h / 2 - 4, 8, 8}, kit.colours().danger, 4);
  kit.write({line.x + 16, line.y, line.w - 16, line.h}, tr("Two people changed this. See what was overruled."), {13, 18, false}, kit.colours().danger);
  kit.icon_link(line, "overruled_" + key, of + ": " + tr("Two people changed this. See what was overruled."), Icon::none, "/sync");
}

static void contact_points(App& app, const Entity& entity, const Id& id) {
  Kit& kit = app.kit;
  const bool is_person = &entity == &person;
  const Result<std::vector<Record>> points = app.ws.children(contact_point, is_person ? contact_point.person : contact_point.company, id);
  kit.push_scope("contact", Role::list, tr("Contact details"));
  if (points.ok())
    for (const Record& p : *points) {
      const ContactAction a = action_of(p);
      const bool marked = !overruled_in(app, p.id).empty();
      const Rect all = kit.take(marked ? 60 + space::target : 60), r{all.x, all.y, all.w, 60};
      kit.begin_item(p.id.text(), all);
      kit.draw_icon({r.x, r.y, 28, r.h}, a.icon, kit.colours().primary, 20);
      kit.write({r.x + 44, r.y + 8, r.w - 100, 24}, a.text, type_body, kit.colours().text);
      kit.write({r.x + 44, r.y + 32, r.w - 100, 18}, choice_label(as_text(p[contact_point.label])), {13, 18, false}, kit.colours().text2);
      if (marked) overruled_link(app, "detail", a.text, {r.x, r.y + r.h - 4, r.w, space::target});
      kit.icon_link({r.x, r.y + 4, r.w - 56, 52}, "use", a.name, Icon::none, a.href);
      kit.icon_link({r.x + r.w - space::target, r.y + 6, space::target, space::target}, "edit", tr("Edit {}", a.text), Icon::edit, "/contact_point/" + p.id.text() + "/edit");
      kit.end_item();
    }
  kit.pop_scope();
  kit.space_down(space::s);
  const std::string owner = std::string("?") + (is_person ? "person=" : "company=") + id.text() + "&type=";
  kit.begin_line(space::target, {0, 0, 0});
  kit.link_in(kit.cell(), "add_phone", tr("Phone"), "/contact_point/new" + owner + "phone", ButtonStyle::tonal, Icon::plus);
  kit.link_in(kit.cell(), "add_email", tr("E-mail"), "/contact_point/new" + owner + "email", ButtonStyle::tonal, Icon::plus);
  kit.link_in(kit.cell(), "add_address", tr("Address"), "/contact_point/new" + owner + "address", ButtonStyle::tonal, Icon::plus);
  kit.end_line();
}

static void quick_actions(App& app, const Entity& entity, const Id& id) {
  Kit& kit = app.kit;
  const Result<std::vector<Record>> points = app.ws.children(contact_point, &entity == &person ? contact_point.person : contact_point.company, id);
  const Record* first[3] = {};
  static const char* const types[] = {"phone", "email", "address"};
  if (points.ok())
    for (const Record& p : *points)
      for (int i = 0; i < 3; i++)
        if (!first[i] && as_text(p[contact_point.type]) == types[i]) first[i] = &p;
  const char* const labels[] = {"Call", "Mail", "Map"};
  const Icon icons[] = {Icon::phone, Icon::mail, Icon::map};
  if (!first[0] && !first[1] && !first[2]) return;
  kit.begin_line(space::target, {0, 0, 0});
  for (int i = 0; i < 3; i++) {
    const Rect r = kit.cell();
    const std::string key = std::string("quick_") + types[i];
    if (first[i]) kit.link_in(r, key, tr(labels[i]), action_of(*first[i]).href, ButtonStyle::primary, icons[i]);
    else kit.button_in(r, key, tr(labels[i]), ButtonStyle::tonal, icons[i], true);
  }
  kit.end_line();
}

static void fields(App& app, const Record& record) {
  Kit& kit = app.kit;
  const Result<std::vector<uint16_t>> pending = app.replica.pending_fields(*record.entity, record.id);
  const std::set<std::string> overruled = overruled_in(app, record.id);
  for (uint16_t index : RecordForm::fields_of(*record.entity, record.entity == &contact_point ? record.text(contact_point.type) : std::string())) {
    const FieldDef& f = record.entity->fields[index];
    const Value& value = record.values[index];
    const std::string shown = record.entity == &task && index == task.due_on.index   ? due_whole(app, record)
                              : f.kind == Kind::instant && !is_empty(value) ? shown_day_and_time(as_int(value), app.zone_minutes_at(as_int(value)))
                                                                            : shown_value(app.ws, f, value);
    const bool marked = overruled.count(std::string(f.register_name())) && f.leader == f.index;
    if (!marked && (shown.empty() || (f.options.title && record.entity != &person))) continue;
    kit.space_down(space::s);
    const bool waits = pending.ok() && std::find(pending->begin(), pending->end(), f.leader) != pending->end();
    kit.push_scope("field_" + std::string(f.key), Role::group, field_label(f));
    kit.write_said("label", kit.take(18), field_label(f) + (waits ? " · " + tr("not sent yet") : ""), {13, 18, false}, waits ? kit.colours().warning : kit.colours().text2);
    if (marked) overruled_link(app, std::string(f.key), field_label(f), kit.take(22));
    if (f.kind == Kind::ref && !shown.empty() && (f.options.target == "company" || f.options.target == "person")) {
      const Rect r = kit.take(32);
      kit.write(r, shown, type_body, kit.colours().primary);
      kit.icon_link(r, "ref_" + std::string(f.key), field_label(f) + ": " + shown, Icon::none, (f.options.target == "company" ? "/companies/" : "/people/") + as_id(record.values[index]).text());
    } else {
      kit.paragraph(shown.empty() ? tr("(empty)") : shown);
    }
    kit.pop_scope();
  }
}

static void related(App& app, const Entity& entity, const Id& id) {
  Kit& kit = app.kit;
  const bool is_person = &entity == &person;
  const std::string owner = std::string(is_person ? "?person=" : "?company=") + id.text();

  kit.section(tr("Tasks"));
  Result<std::vector<Record>> tasks = app.ws.children(task, is_person ? task.person : task.company, id);
  kit.push_scope("tasks", Role::list, tr("Tasks"));
  if (tasks.ok())
    for (size_t i = 0; i < tasks->size(); i++) {
      const Record& t = (*tasks)[i];
      RowLook look;
      look.title = shown_title(t);
      look.struck = as_int(t[task.done]) != 0;
      look.href = "/task/" + t.id.text();
      look.meta = due_short(app, t);
      look.position = static_cast<int>(i) + 1;
      look.size = static_cast<int>(tasks->size());
      if (kit.check_row(t.id.text(), look, look.struck)) {
        Edit edit;
        edit.set(task, t.id, task.done, int64_t{!look.struck});
        app.commit(edit, look.struck ? tr("Task opened again") : tr("Task done"));
      }
    }
  kit.pop_scope();
  kit.space_down(space::s);
  kit.begin_line(space::target, {160});
  kit.link_in(kit.cell(), "new_task", tr("New task"), "/task/new" + owner, ButtonStyle::tonal, Icon::plus);
  kit.end_line();

  kit.section(tr("Activities"));
  Result<std::vector<Record>> activities = app.ws.children(activity, is_person ? activity.person : activity.company, id);
  if (activities.ok()) std::stable_sort(activities->begin(), activities->end(), [](const Record& a, const Record& b) { return as_int(a[activity.at]) > as_int(b[activity.at]); });
  kit.push_scope("activities", Role::list, tr("Activities"));
  if (activities.ok())
    for (size_t i = 0; i < activities->size(); i++) {
      const Record& a = (*activities)[i];
      RowLook look;
      look.title = shown_title(a);
      look.subtitle = choice_label(as_text(a[activity.type]));
      const std::string_view type = as_text(a[activity.type]);
      look.icon = type == "call" ? Icon::phone : type == "meeting" ? Icon::meeting : type == "visit" ? Icon::visit : type == "email" ? Icon::mail : Icon::note;
      if (!is_empty(a[activity.at])) look.meta = shown_moment(as_int(a[activity.at]), app.now(), app.around.zone_minutes);
      look.href = "/activity/" + a.id.text();
      look.position = static_cast<int>(i) + 1;
      look.size = static_cast<int>(activities->size());
      kit.row(a.id.text(), look);
    }
  kit.pop_scope();
  kit.space_down(space::s);
  kit.begin_line(space::target, {190});
  kit.link_in(kit.cell(), "new_activity", tr("New activity"), "/activity/new" + owner, ButtonStyle::tonal, Icon::plus);
  kit.end_line();

  if (is_person) return;
  kit.section(tr("People"));
  const Result<std::vector<Record>> people = app.ws.children(person, person.company, id);
  kit.push_scope("people", Role::list, tr("People"));
  if (people.ok())
    for (size_t i = 0; i < people->size() && i < 200; i++) {
      const Record& p = (*people)[i];
      RowLook look;
      look.title = shown_title(p);
      look.initials = initials(look.title);
      look.subtitle = p.text(person.job_title);
      look.href = "/people/" + p.id.text();
      look.position = static_cast<int>(i) + 1;
      look.size = static_cast<int>(people->size());
      kit.row(p.id.text(), look);
    }
  kit.pop_scope();
  kit.space_down(space::s);
  kit.begin_line(space::target, {190});
  kit.link_in(kit.cell(), "new_person", tr("Add a person"), "/people/new?company=" + id.text(), ButtonStyle::tonal, Icon::plus);
  kit.end_line();
}

void draw_detail(App& app, Rect r, const Entity& entity, const Id& id, bool alone) {
  Kit& kit = app.kit;
  const bool customer = &entity == &person || &entity == &company;
  if (const Result<Id> root = app.ws.root(id); root.ok() && !(*root == id)) return app.go(base_of(entity) + "/" + root->text(), true);  // What it was merged into.
  Result<std::optional<Record>> found = app.ws.get(entity, id);
  const std::string back = customer ? (alone ? base_of(entity) : "") : "/";
  if (!found.ok() || !*found) {
    const Rect body = draw_bar(app, r, tr(entity.label), back);
    kit.begin_scroll("body", body, tr("Details"));
    kit.empty_state(Icon::search, tr("This record is not on this device. It may have been removed, or not have arrived yet."));
    kit.end_scroll();
    return;
  }
  const Record& record = **found;
  const std::string title = shown_title(record), address = base_of(entity) + "/" + id.text();
  if (app.detail_for != address) {
    app.detail_for = address;
    kit.scroll_to_top("body");
  }
  const Rect body = draw_bar(app, r, customer ? tr(entity.label) : title, back);
  kit.begin_scroll("body", body, tr("Details"));
  kit.narrow(space::form_width + 120);
  kit.space_down(space::l);
  if (record.meta.life == Life::trashed) {
    kit.banner("trashed", tr("This record is in the trash."), Icon::trash, kit.colours().warning);
    if (kit.button("restore", tr("Restore"), ButtonStyle::primary, Icon::restore)) {
      Edit edit;
      edit.restore(entity, id);
      app.commit(edit, tr("{} restored", title));
    }
    kit.space_down(space::m);
  }
  if (customer) {
    const Rect head = kit.take(64);
    kit.avatar({head.x, head.y, 64, 64}, initials(title));
    kit.node("name", Role::heading, title, {head.x + 80, head.y, head.w - 80, 64}).level = 2;
    std::string subtitle = &entity == &person ? record.text(person.job_title) : record.text(company.industry);
    if (&entity == &person && !is_empty(record[person.company])) {
      const std::string at = app.ws.title(company, as_id(record[person.company]));
      subtitle += (subtitle.empty() || at.empty() ? "" : " · ") + at;
    }
    kit.write({head.x + 80, head.y + (subtitle.empty() ? 15 : 4), head.w - 80, 34}, title, type_display, kit.colours().text);
    kit.write({head.x + 80, head.y + 38, head.w - 80, 22}, subtitle, type_secondary, kit.colours().text2);
    kit.space_down(space::l);
    quick_actions(app, entity, id);
    kit.space_down(space::l);
  } else {
    kit.heading(title, 2, type_display);
    kit.space_down(space::m);
  }
  kit.begin_line(space::target, {140, 140});
  kit.link_in(kit.cell(), "edit", tr("Edit"), address + "/edit", ButtonStyle::tonal, Icon::edit);
  if (record.meta.life == Life::live && kit.button_in(kit.cell(), "delete", tr("Delete"), ButtonStyle::plain, Icon::trash)) trash_with_undo(app, entity, id, title, customer ? base_of(entity) : "/");
  kit.end_line();
  if (customer && record.meta.life == Life::live) {
    const std::string access = access_line(app, record);
    kit.space_down(space::s);
    kit.begin_line(space::target, {std::min(kit.column_width(), Kit::chip_width(access) + 56)});
    kit.link_in(kit.cell(), "access", access, address + "/access", ButtonStyle::plain, audience_of(record).empty() ? Icon::people : Icon::members);
    kit.end_line();
  }
  if (customer) {
    kit.section(tr("Contact details"));
    contact_points(app, entity, id);
  }
  kit.section(tr("Details"));
  fields(app, record);
  if (customer || &entity == &activity) draw_attachments(app, record);
  if (customer) {
    related(app, entity, id);
    draw_merged_parts(app, entity, id);
    kit.space_down(space::l);
    if (record.meta.life == Life::live) {
      kit.begin_line(space::target, {std::min(kit.column_width(), Kit::chip_width(tr("Merge with another record")) + 56)});
      kit.link_in(kit.cell(), "merge", tr("Merge with another record"), address + "/merge", ButtonStyle::plain, Icon::conflict);
      kit.end_line();
    }
  }
  kit.space_down(space::l);
  const std::string by = record.meta.updated_by.is_nil() ? std::string() : app.ws.title(member, record.meta.updated_by);
  kit.paragraph(by.empty() ? tr("Changed {}", shown_moment(record.meta.updated_at, app.now(), app.around.zone_minutes))
                           : tr("Changed {} by {}", shown_moment(record.meta.updated_at, app.now(), app.around.zone_minutes), by),
                {12, 16, false}, kit.colours().text3);
  kit.space_down(96);
  kit.end_scroll();
}

}  // namespace holdfast
