#include <algorithm>

#include "client/screens/due.h"
#include "client/screens/format.h"
#include "client/screens/screens.h"
#include "shared/model/order.h"

namespace holdfast {

static constexpr int options_max = 200;

std::vector<std::pair<std::string, std::string>> ref_options(App& app, const FieldDef& f, const std::string& now, const std::string& words) {
  std::vector<std::pair<std::string, std::string>> out = {{"", tr("None")}};
  const int e = app.ws.schema().index_of(f.options.target);
  if (e < 0) return out;
  const Entity& target = app.ws.schema()[static_cast<size_t>(e)];
  if (const Result<Id> id = Id::parse(now); id.ok()) out.emplace_back(now, app.ws.title(target, *id));
  Query query;
  query.limit = options_max;
  query.search = words;
  for (const FieldDef& t : target.fields)
    if (t.options.title && t.options.sortable) {
      query.sort_by = SortBy::field;
      query.sort_field = t.index;
    }
  if (Result<std::vector<Record>> records = app.ws.list(target, query); records.ok())
    for (const Record& r : *records)
      if (r.id.text() != now) out.emplace_back(r.id.text(), shown_title(r));
  return out;
}

static FieldLook look_of(App& app, const RecordForm& form, const FieldDef& f) {
  FieldLook look;
  if (const auto error = form.errors.find(f.index); error != form.errors.end()) look.error = error->second;
  look.required = f.options.required;
  look.autocomplete = f.options.autocomplete;
  look.multiline = f.kind == Kind::multiline;
  look.date = f.kind == Kind::date;
  const std::string& text = form.texts.at(f.index);
  switch (f.kind) {
    case Kind::phone: look.input = "tel"; break;
    case Kind::email: look.input = "email"; break;
    case Kind::url: look.input = "url"; break;
    case Kind::integer: case Kind::decimal: look.input = "decimal"; break;
    case Kind::money: look.hint = tr("An amount and a currency, as in 1250.00 EUR"); break;
    case Kind::tags: look.hint = tr("Separate by commas"); break;
    case Kind::instant:
      look.input = "datetime-local";
      if (const Result<Value> v = parse_value(f, text); v.ok() && !is_empty(*v)) look.shown = shown_day_and_time(as_int(*v), app.zone_minutes_at(as_int(*v)));
      break;
    case Kind::date:
      if (const Result<Value> v = parse_value(f, text); v.ok() && !is_empty(*v)) look.shown = shown_value(app.ws, f, *v);
      break;
    case Kind::ref: look.options = ref_options(app, f, text, app.texts["find_" + std::string(f.key)]); break;
    case Kind::boolean: break;
    case Kind::choice: {
      look.options.emplace_back("", tr("None"));
      bool known = text.empty();
      for (std::string_view choice : f.options.choices) {
        look.options.emplace_back(std::string(choice), choice_label(choice));
        known = known || choice == text;
      }
      if (!known) look.options.emplace_back(text, text);
      break;
    }
    default: break;
  }
  return look;
}

/// "2026-11-22T09:14:00.000Z" to and from what a local date-and-time input holds.
static std::string to_local_input(App& app, const FieldDef& f, const std::string& text) {
  const Result<Value> v = parse_value(f, text);
  return v.ok() && !is_empty(*v) ? format_instant(as_int(*v) + app.zone_minutes_at(as_int(*v)) * 60'000LL).substr(0, 16) : std::string();
}
static std::string from_local_input(App& app, const FieldDef& f, const std::string& text) {
  const Result<Value> v = parse_value(f, text + (text.empty() ? "" : "Z"));
  return v.ok() && !is_empty(*v) ? format_instant(moment_in_zone(app, app.around.zone, as_int(*v))) : text;
}

/// A day, and, if wanted, a time in some zone. True when the draft changed.
static bool due_fields(App& app, RecordForm& form) {
  Kit& kit = app.kit;
  const DueDraft before = DueDraft::of(app, form);
  DueDraft due = before;
  kit.field("due_on", field_label(task.at(task.due_on)), due.day, look_of(app, form, task.at(task.due_on)));
  FieldLook look;
  look.input = "time";
  kit.field("due_time", tr("At"), due.time, look);
  if (!due.time.empty()) {
    if (due.zone.empty()) due.zone = app.around.zone;
    if (due.day.empty()) due.day = format_date(app.today());
    FieldLook zones;
    if (std::find(app.around.zones.begin(), app.around.zones.end(), due.zone) == app.around.zones.end()) zones.options.emplace_back(due.zone, due.zone);
    for (const std::string& zone : app.around.zones) zones.options.emplace_back(zone, zone);
    kit.field("due_zone", field_label(task.at(task.due_zone)), due.zone, zones);
  }
  if (due == before) return false;
  form.written(task.register_fields(task.due_on.index), kit.written_over());
  due.write_to(app, form);
  return true;
}

std::string form_title(const Entity& entity, bool is_new) {
  if (&entity == &person) return tr(is_new ? "New person" : "Edit person");
  if (&entity == &company) return tr(is_new ? "New company" : "Edit company");
  if (&entity == &task) return tr(is_new ? "New task" : "Edit task");
  if (&entity == &activity) return tr(is_new ? "New activity" : "Edit activity");
  return tr(is_new ? "New contact detail" : "Edit contact detail");
}

static std::string owner_address(const RecordForm& form, const Entity& entity) {
  for (const char* key : {"person", "company"})
    if (const FieldDef* f = entity.find(key))
      if (const auto found = form.texts.find(f->index); found != form.texts.end() && !found->second.empty() && &entity != &person)
        return (key == std::string("person") ? "/people/" : "/companies/") + found->second;
  return "/";
}

static void open_form(App& app, const Entity& entity, const Id& id) {
  if (app.form_for == app.route.url) return;
  app.form_for = app.route.url;
  std::map<std::string, std::string> preset = app.route.query;
  if (id.is_nil()) {
    if (&entity == &activity) {
      preset.emplace("type", "visit");
      preset.emplace("at", format_instant(app.now() / 60'000 * 60'000));
    }
    if (&entity == &contact_point) preset.emplace("label", preset["type"] == "phone" ? "mobile" : "work");
    if (&entity == &task || &entity == &person || &entity == &company) preset.emplace("owner", app.ws.acting().text());
  }
  if (Status s = app.form.open(app.ws, app.replica, entity, id, app.route.query, preset); !s.ok()) app.say(s.error());
  app.kit.scroll_to_top("form");
}

static void find_field(App& app, const FieldDef& f) {
  const int e = app.ws.schema().index_of(f.options.target);
  if (e < 0) return;
  const Result<int64_t> count = app.ws.count(app.ws.schema()[static_cast<size_t>(e)]);
  if (!count.ok() || *count <= options_max) return;
  app.kit.search_field(app.kit.take(space::target, space::s), "find_" + std::string(f.key), tr("Find: {}", field_label(f)), app.texts["find_" + std::string(f.key)]);
}

/// The first phone, mail and address are the ones a tap at the top of the record uses.
static void offer_first_place(App& app, const RecordForm& form, const Id& id) {
  const bool of_person = !form.texts.at(contact_point.person.index).empty();
  const Result<Id> owner = Id::parse(form.texts.at(of_person ? contact_point.person.index : contact_point.company.index));
  if (!owner.ok()) return;
  const Result<std::vector<Record>> points = app.ws.children(contact_point, of_person ? contact_point.person : contact_point.company, *owner);
  if (!points.ok() || points->size() < 2 || points->front().id == id) return;
  app.kit.space_down(space::s);
  if (!app.kit.button("first", tr("Put first"), ButtonStyle::tonal, Icon::sort)) return;
  Edit edit;
  edit.set(contact_point, id, contact_point.place, order_between({}, as_text(points->front()[contact_point.place])));
  app.commit(edit, tr("Put first"));
}

/// Somebody else wrote where the person is writing. Below the last field of what belongs together.
static void show_others(App& app, RecordForm& form, const FieldDef& f) {
  const auto other = form.others.find(f.leader);
  if (other == form.others.end() || form.entity->register_fields(f.leader).back() != f.index) return;
  Kit& kit = app.kit;
  const std::string who = app.ws.title(member, other->second.by);
  kit.push_scope("others_" + std::string(f.key));
  if (f.kind == Kind::multiline) {
    kit.paragraph(tr("{} has written here too. When you save, both texts are merged.", who.empty() ? tr("Somebody") : who), type_secondary, kit.colours().warning);
  } else {
    const bool one = form.entity->register_fields(f.leader).size() == 1;
    std::string values;
    for (const auto& [field, value] : other->second.values) {
      const FieldDef& of = form.entity->fields[field];
      values += (values.empty() ? "" : " · ") + (one ? std::string() : field_label(of) + ": ") + (is_empty(value) ? tr("nothing") : shown_value(app.ws, of, value));
    }
    kit.paragraph((who.empty() ? tr("Changed meanwhile:") : tr("Changed meanwhile by {}:", who)) + " " + values, type_secondary, kit.colours().warning);
    kit.paragraph(tr("When you save, yours counts, and theirs is kept as a conflict."), type_secondary, kit.colours().text2);
    kit.space_down(space::s);
    if (kit.button("use", one ? tr("Use {}", values) : tr("Use theirs for all of it"), ButtonStyle::tonal))
      if (Status s = form.use_others(app.ws, app.replica, f.leader, kit.semantics().telling()); !s.ok()) app.say(s.error());
  }
  kit.space_down(space::m);
  kit.pop_scope();
}

void draw_form(App& app, Rect r, const Entity& entity, const Id& id) {
  Kit& kit = app.kit;
  open_form(app, entity, id);
  RecordForm& form = app.form;
  if (Status s = form.follow(app.ws, app.replica, app.kit.semantics().telling()); !s.ok()) app.say(s.error());
  const bool customer = &entity == &person || &entity == &company;
  const std::string address = base_of(entity) + "/" + id.text();
  if (form.entity != &entity) {
    const Rect body = draw_bar(app, r, tr(entity.label), "/");
    kit.begin_scroll("form", body, tr("Form"));
    kit.empty_state(Icon::search, tr("This record does not exist any more."));
    kit.end_scroll();
    return;
  }
  const std::string back = &entity == &contact_point || (id.is_nil() && !customer) ? owner_address(form, entity) : id.is_nil() ? base_of(entity) : address;
  const std::string what = form_title(entity, id.is_nil());
  const Rect body = draw_bar(app, r, what, back);
  const float footer = space::form_footer;
  kit.push_scope("form_" + std::string(entity.key));
  kit.begin_scroll("form", {body.x, body.y, body.w, body.h - footer}, what);
  kit.narrow(space::form_width);
  kit.space_down(space::l);
  if (!form.problem.empty()) kit.banner("problem", form.problem, Icon::warning, kit.colours().danger);
  if (form.gone != RecordForm::Gone::no)
    kit.banner("gone", tr(form.gone == RecordForm::Gone::gone ? "This record does not exist any more. What you have written is still here to copy." : "This record was moved to the trash meanwhile. What you save is in it when it is restored."), Icon::trash, kit.colours().warning);
  bool changed = false;
  const std::string contact_type = &entity == &contact_point ? form.texts[contact_point.type.index] : std::string();
  for (uint16_t index : RecordForm::fields_of(entity, contact_type)) {
    const FieldDef& f = entity.fields[index];
    std::string& text = form.texts[index];
    if (f.kind == Kind::boolean) {
      bool on = text == "yes";
      if (kit.toggle(std::string(f.key), field_label(f), on)) {
        text = on ? "yes" : "";
        changed = true;
      }
      kit.space_down(space::m);
      continue;
    }
    if (f.kind == Kind::instant) {
      std::string local = to_local_input(app, f, text);
      if (kit.field(std::string(f.key), field_label(f), local, look_of(app, form, f))) {
        text = from_local_input(app, f, local);
        form.written({index}, kit.written_over());
        changed = true;
      }
      show_others(app, form, f);
      continue;
    }
    if (&entity == &task && index == task.due_on.index) {
      changed = due_fields(app, form) || changed;
      show_others(app, form, task.fields[task.register_fields(f.leader).back()]);
      continue;
    }
    if (f.kind == Kind::ref) find_field(app, f);
    if (kit.field(std::string(f.key), field_label(f), text, look_of(app, form, f))) {
      form.written({index}, kit.written_over());
      changed = true;
    }
    show_others(app, form, f);
  }
  if (changed)
    if (Status s = form.keep_draft(app.ws); !s.ok()) app.say(s.error());
  if (&entity == &contact_point && !id.is_nil()) offer_first_place(app, form, id);
  if (&entity == &contact_point && !id.is_nil() && kit.button("delete", tr("Delete"), ButtonStyle::plain, Icon::trash)) {
    Edit edit;
    edit.trash(entity, id);
    app.commit(edit, tr("Contact detail moved to the trash"));
    app.form_for.clear();
    app.go(back, true);
  }
  kit.space_down(space::xl);
  kit.end_scroll();

  const Rect bar{body.x, body.y + body.h - footer, body.w, footer};
  kit.fill({bar.x, bar.y, bar.w, 1}, kit.colours().divider);
  kit.begin_area(bar, space::m);
  kit.narrow(space::form_width);
  kit.begin_line(space::target, {0, 0});
  if (kit.button_in(kit.cell(), "cancel", tr("Cancel"), ButtonStyle::tonal)) {
    (void)form.drop_draft(app.ws);
    app.form_for.clear();
    app.go(back, true);
  } else if (kit.button_in(kit.cell(), "save", tr("Save"), ButtonStyle::primary, Icon::check)) {
    Result<Id> saved = form.save(app.ws, app.replica);
    if (saved.ok()) {
      app.form_for.clear();
      app.say(app.ws.can_undo() ? app.ws.undo_label() : tr("Saved"), true);
      app.sync_soon();
      app.go(customer ? base_of(entity) + "/" + saved->text() : back, true);
    } else {
      app.say(saved.error());
    }
  }
  kit.end_line();
  kit.end_area();
  kit.pop_scope();
}

}  // namespace holdfast
