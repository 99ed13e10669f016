#include <algorithm>
#include <nlohmann/json.hpp>

#include "client/screens/format.h"
#include "client/screens/screens.h"
#include "shared/model/access.h"

namespace holdfast {

using nlohmann::json;

static Result<std::vector<Record>> by_name(App& app, const Entity& entity, Field name) {
  Query query;
  query.sort_by = SortBy::field;
  query.sort_field = name.index;
  query.limit = 500;
  return app.ws.list(entity, query);
}

static std::string members_line(App& app, const Record& t) {
  std::string out;
  for (const Id& id : ids_in(t[team.members])) {
    const std::string name = app.ws.title(member, id);
    if (!name.empty()) out += (out.empty() ? "" : ", ") + name;
  }
  return out.empty() ? tr("Nobody yet") : out;
}

static void draw_team_list(App& app, Rect r) {
  Kit& kit = app.kit;
  const bool admin = app.around.role == "admin";
  const Rect body = draw_bar(app, r, tr("Teams"), "/more");
  kit.begin_scroll("body", body, tr("Teams"));
  kit.narrow(space::form_width + 120);
  kit.space_down(space::m);
  kit.paragraph(tr("Customers can be visible to one team only. Who is in the team sees them on every device; who leaves it loses them with the next sync."), type_secondary, kit.colours().text2);
  kit.space_down(space::m);
  const Result<std::vector<Record>> teams = by_name(app, team, team.name);
  if (teams.ok() && teams->empty()) kit.empty_state(Icon::members, admin ? tr("There are no teams yet.") : tr("There are no teams yet. An administrator can add them."));
  kit.push_scope("teams", Role::list, tr("Teams"));
  if (teams.ok())
    for (size_t i = 0; i < teams->size(); i++) {
      const Record& t = (*teams)[i];
      RowLook look;
      look.title = shown_title(t);
      look.subtitle = members_line(app, t);
      look.initials = initials(look.title);
      if (admin) look.href = "/teams/" + t.id.text();
      look.position = static_cast<int>(i) + 1;
      look.size = static_cast<int>(teams->size());
      kit.row(t.id.text(), look);
    }
  kit.pop_scope();
  kit.space_down(space::m);
  if (admin) {
    kit.begin_line(space::target, {170});
    kit.link_in(kit.cell(), "new", tr("Add a team"), "/teams/new", ButtonStyle::primary, Icon::plus);
    kit.end_line();
  }
  kit.space_down(96);
  kit.end_scroll();
}

static void send(App& app, const std::string& method, const std::string& path, const json& body, const std::string& done) {
  app.request(method, path, body.dump(-1, ' ', false, json::error_handler_t::replace), [&app, done, asked = app.route.url](int status, const std::string& answer) {
    if (status != 200 && status != 201) {
      if (app.route.url == asked) app.notice = app.problem_in(answer, status);
      else app.say(app.problem_in(answer, status));
      return;
    }
    app.say(done);
    app.sync_soon();
    if (app.route.url == asked) app.go("/teams", true);
  });
}

static void draw_team(App& app, Rect r, const Id& id) {
  Kit& kit = app.kit;
  const bool fresh = id.is_nil();
  const Rect body = draw_bar(app, r, fresh ? tr("New team") : tr("Edit team"), "/teams");
  kit.begin_scroll("body", body, tr("Team"));
  kit.narrow(space::form_width);
  kit.space_down(space::l);
  const Result<std::optional<Record>> found = fresh ? Result<std::optional<Record>>(std::optional<Record>(Record(team))) : app.ws.get(team, id);
  if (!found.ok() || !*found || (*found)->meta.life != Life::live) {
    kit.empty_state(Icon::members, tr("This record does not exist any more."));
    kit.end_scroll();
    return;
  }
  if (app.form_for != app.route.url) {
    app.form_for = app.route.url;
    app.texts.clear();
    app.notice.clear();
    app.texts["name"] = (*found)->text(team.name);
    for (const Id& m : ids_in((**found)[team.members])) app.texts["in_" + m.text()] = "yes";
  }
  if (!app.notice.empty()) kit.banner("notice", app.notice, Icon::warning, kit.colours().danger);
  FieldLook look;
  look.required = true;
  kit.field("name", tr("Name"), app.texts["name"], look);
  kit.section(tr("Members"));
  json chosen = json::array();
  const Result<std::vector<Record>> members = by_name(app, member, member.name);
  if (members.ok())
    for (const Record& m : *members) {
      bool in = app.texts["in_" + m.id.text()] == "yes";
      if (kit.toggle("in_" + m.id.text(), shown_title(m), in)) app.texts["in_" + m.id.text()] = in ? "yes" : "";
      if (in) chosen.push_back(m.id.text());
    }
  kit.space_down(space::l);
  kit.begin_line(space::target, fresh ? std::vector<float>{0} : std::vector<float>{0, 0});
  const json wanted = {{"name", app.texts["name"]}, {"members", chosen}};
  if (kit.button_in(kit.cell(), "save", tr("Save"), ButtonStyle::primary, Icon::check))
    fresh ? send(app, "POST", "/v1/teams", wanted, tr("Team added")) : send(app, "PATCH", "/v1/teams/" + id.text(), wanted, tr("Team changed"));
  if (!fresh && kit.button_in(kit.cell(), "remove", tr("Remove team"), ButtonStyle::danger, Icon::trash)) app.dialog = "remove_team";
  kit.end_line();
  kit.space_down(96);
  kit.end_scroll();
  if (app.dialog != "remove_team") return;
  kit.begin_dialog("remove_team_dialog", tr("Remove {}?", app.texts["name"]), 252);
  kit.paragraph(tr("What was visible to the team stays with its owners and with administrators."), type_body, kit.colours().text2);
  kit.space_down(space::l);
  kit.begin_line(space::target, {0, 0});
  if (kit.button_in(kit.cell(), "keep", tr("Cancel"), ButtonStyle::tonal) || kit.dismissed()) app.dialog.clear();
  if (kit.button_in(kit.cell(), "confirm", tr("Remove"), ButtonStyle::danger)) {
    app.dialog.clear();
    send(app, "DELETE", "/v1/teams/" + id.text(), json::object(), tr("Team removed"));
  }
  kit.end_line();
  kit.end_dialog();
}

void draw_teams(App& app, Rect r) {
  const std::string& which = app.route.part(1);
  if (which.empty()) return draw_team_list(app, r);
  const Result<Id> id = which == "new" ? Result<Id>(Id{}) : Id::parse(which);
  if (!id.ok() || app.around.role != "admin") return draw_team_list(app, r);
  draw_team(app, r, *id);
}

}  // namespace holdfast
