#include <nlohmann/json.hpp>

#include "client/screens/format.h"
#include "client/screens/screens.h"

namespace holdfast {

using nlohmann::json;

static void patch(App& app, const Id& id, const json& body, const std::string& done) {
  app.request("PATCH", "/v1/members/" + id.text(), body.dump(), [&app, done](int status, const std::string& answer) {
    app.say(status == 200 ? done : app.problem_in(answer, status));
    app.sync_soon();
  });
}

void draw_members(App& app, Rect r) {
  Kit& kit = app.kit;
  const Rect body = draw_bar(app, r, tr("Members"), "/more");
  kit.begin_scroll("body", body, tr("Members"));
  kit.narrow(space::form_width + 120);
  kit.space_down(space::s);
  Query query;
  query.sort_by = SortBy::field;
  query.sort_field = member.name.index;
  query.limit = 200;
  const Result<std::vector<Record>> members = app.ws.list(member, query);
  const bool admin = app.around.role == "admin";
  kit.push_scope("members", Role::list, tr("Members"));
  if (members.ok())
    for (const Record& m : *members) {
      const std::string name = shown_title(m);
      const bool active = as_int(m[member.active]) != 0, me = m.id == app.ws.acting();
      const Rect line = kit.take(76);
      kit.begin_item(m.id.text(), line);
      kit.avatar({line.x, line.y + 18, 40, 40}, initials(name));
      kit.write_said("name", {line.x + 52, line.y + 14, line.w - 220, 24}, name + (me ? " (" + tr("you") + ")" : ""), type_body_strong, active ? kit.colours().text : kit.colours().text3);
      kit.write_said("more", {line.x + 52, line.y + 40, line.w - 220, 20}, m.text(member.mail) + " · " + choice_label(as_text(m[member.role])) + (active ? "" : " · " + tr("may not sign in")), type_secondary,
                kit.colours().text2);
      if (admin && !me) {
        const Rect b{line.x + line.w - 160, line.y + 14, 160, space::target};
        if (kit.button_in(b, "standing", active ? tr("Deactivate") : tr("Activate"), ButtonStyle::tonal)) patch(app, m.id, {{"active", !active}}, active ? tr("{} can no longer sign in", name) : tr("{} can sign in again", name));
      }
      kit.fill({line.x, line.y + line.h - 1, line.w, 1}, kit.colours().divider);
      kit.end_item();
    }
  kit.pop_scope();
  if (!admin) {
    kit.space_down(space::l);
    kit.paragraph(tr("Only an administrator can add members."), type_secondary, kit.colours().text2);
    kit.end_scroll();
    return;
  }
  kit.section(tr("Add a member"));
  if (!app.notice.empty()) kit.banner("notice", app.notice, Icon::warning, kit.colours().danger);
  FieldLook look;
  look.required = true;
  kit.field("name", tr("Name"), app.texts["name"], look);
  look.input = "email";
  kit.field("email", tr("E-mail"), app.texts["email"], look);
  look.input = "password";
  look.hint = tr("At least ten characters. The member can change it.");
  kit.field("password", tr("First password"), app.texts["password"], look);
  bool as_admin = app.texts["role"] == "admin";
  if (kit.toggle("role", tr("Administrator"), as_admin)) app.texts["role"] = as_admin ? "admin" : "";
  kit.space_down(space::m);
  if (kit.button("add", tr("Add member"), ButtonStyle::primary, Icon::plus)) {
    const json body = {{"name", app.texts["name"]}, {"email", app.texts["email"]}, {"password", app.texts["password"]}, {"role", as_admin ? "admin" : "member"}};
    app.request("POST", "/v1/members", body.dump(-1, ' ', false, json::error_handler_t::replace), [&app, asked = app.route.url](int status, const std::string& answer) {
      if (status == 201) {
        app.say(tr("{} added", app.texts["name"]));
        if (app.route.url == asked) app.texts.clear();
        app.notice.clear();
      } else {
        app.notice = app.problem_in(answer, status);
      }
      app.sync_soon();
    });
  }
  kit.space_down(96);
  kit.end_scroll();
}

}  // namespace holdfast
