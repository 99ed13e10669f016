// Who sees a customer: everyone, a team, or its owner and those it is shared with.

#include <algorithm>

#include "client/screens/format.h"
#include "client/screens/screens.h"
#include "shared/model/access.h"

namespace holdfast {

static bool is_in(const std::vector<Id>& ids, const Id& id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

static Id owner_of(const Record& r) { return is_empty(r[r.entity->owner]) ? r.meta.created_by : as_id(r[r.entity->owner]); }

std::string access_line(App& app, const Record& r) {
  const Audience audience = audience_of(r);
  if (audience.empty()) return tr("Visible to everyone");
  const size_t shared = ids_in(r[r.entity->shared_with]).size();
  if (as_text(r[r.entity->visibility]) == "team") {
    const std::string name = app.ws.title(team, as_id(r[r.entity->team]));
    const std::string shown = name.empty() ? tr("another team") : name;
    return shared ? tr("Visible to {} and {} more", shown, std::to_string(shared)) : tr("Visible to {}", shown);
  }
  const bool mine = owner_of(r) == app.ws.acting();
  const std::string name = app.ws.title(member, owner_of(r));
  const std::string who = mine ? tr("you") : name.empty() ? tr("its owner") : name;
  return shared ? tr("Visible to {} and {} more", who, std::to_string(shared)) : tr("Visible only to {}", who);
}

/// What the choice offers: nothing that would hide the record from whoever chooses.
static std::vector<std::pair<std::string, std::string>> choices(App& app, const Record& r) {
  const Id& me = app.ws.acting();
  const bool admin = app.around.role == "admin";
  std::vector<std::pair<std::string, std::string>> out = {{"everyone", tr("Everyone")}};
  Query by_name;
  by_name.sort_by = SortBy::field;
  by_name.sort_field = team.name.index;
  by_name.limit = 200;
  const Result<std::vector<Record>> teams = app.ws.list(team, by_name);
  if (teams.ok())
    for (const Record& t : *teams)
      if (admin || is_in(ids_in(t[team.members]), me) || (!is_empty(r[r.entity->team]) && as_id(r[r.entity->team]) == t.id)) out.emplace_back(t.id.text(), tr("Team {}", shown_title(t)));
  const bool stays = admin || owner_of(r) == me || is_in(ids_in(r[r.entity->shared_with]), me);
  if (stays || as_text(r[r.entity->visibility]) == "private") out.emplace_back("private", tr("Only the owner, and who is chosen below"));
  return out;
}

static void choose(App& app, const Record& r, const std::string& choice) {
  const Entity& e = *r.entity;
  Edit edit;
  if (const Result<Id> id = Id::parse(choice); id.ok()) {
    edit.set(e, r.id, e.visibility, std::string("team"));
    edit.set(e, r.id, e.team, *id);
  } else {
    edit.set(e, r.id, e.visibility, choice == "everyone" ? Value() : Value(choice));
    edit.set(e, r.id, e.team, Value());
  }
  app.commit(edit, tr("Who sees {} changed", shown_title(r)));
}

static void share_list(App& app, const Record& r) {
  Kit& kit = app.kit;
  const Entity& e = *r.entity;
  const std::vector<Id> shared = ids_in(r[e.shared_with]);
  Query by_name;
  by_name.sort_by = SortBy::field;
  by_name.sort_field = member.name.index;
  by_name.limit = 200;
  const Result<std::vector<Record>> members = app.ws.list(member, by_name);
  if (!members.ok()) return;
  kit.section(tr("Also shared with"));
  for (const Record& m : *members) {
    if (m.id == owner_of(r)) continue;
    bool on = is_in(shared, m.id);
    const bool was = on;
    if (!kit.toggle("share_" + m.id.text(), shown_title(m), on) || on == was) continue;
    std::vector<std::string> now;
    for (const Id& id : shared)
      if (on || !(id == m.id)) now.push_back(id.text());
    if (on) now.push_back(m.id.text());
    Edit edit;
    edit.set(e, r.id, e.shared_with, tags_from(std::move(now)));
    app.commit(edit, on ? tr("Shared with {}", shown_title(m)) : tr("No longer shared with {}", shown_title(m)));
  }
}

void draw_access(App& app, Rect r, const Entity& entity, const Id& id) {
  Kit& kit = app.kit;
  const Rect body = draw_bar(app, r, tr("Who sees it"), base_of(entity) + "/" + id.text());
  kit.begin_scroll("access", body, tr("Who sees it"));
  kit.narrow(space::form_width);
  kit.space_down(space::l);
  const Result<std::optional<Record>> found = app.ws.get(entity, id);
  if (!found.ok() || !*found) {
    kit.empty_state(Icon::search, tr("This record is not on this device. It may have been removed, or not have arrived yet."));
    kit.end_scroll();
    return;
  }
  const Record& record = **found;
  kit.heading(shown_title(record), 2, type_display);
  kit.space_down(space::m);
  const std::string_view visibility = as_text(record[entity.visibility]);
  const bool open = audience_of(record).empty();
  const std::string before = open ? "everyone" : visibility == "team" ? as_id(record[entity.team]).text() : "private";
  std::string now = before;
  FieldLook look;
  look.options = choices(app, record);
  if (std::none_of(look.options.begin(), look.options.end(), [&](const auto& o) { return o.first == before; })) look.options.emplace_back(before, tr("another team"));
  if (kit.field("visibility", tr("Visible to"), now, look) && now != before) choose(app, record, now);
  kit.paragraph(tr("Its contact details, tasks and activities go with it. The owner and administrators always see it."), type_secondary, kit.colours().text2);
  if (!open) share_list(app, record);
  kit.space_down(96);
  kit.end_scroll();
}

}  // namespace holdfast
