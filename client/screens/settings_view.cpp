#include <nlohmann/json.hpp>

#include "client/screens/screens.h"

namespace holdfast {

using nlohmann::json;

static void setting(App& app, const char* key, const std::string& value) { app.platform.tell(json{{"t", "setting"}, {"key", key}, {"value", value}}.dump()); }

static void chips(App& app, const std::string& key, const std::vector<std::pair<std::string, std::string>>& choices, const std::string& now, const std::function<void(const std::string&)>& chosen) {
  Kit& kit = app.kit;
  const Rect r = kit.take(44);
  float x = r.x;
  for (const auto& [value, label] : choices) {
    const float w = Kit::chip_width(label);
    if (kit.chip({x, r.y, w, 44}, key + value, label, value == now)) chosen(value);
    x += w + space::s;
  }
}

void draw_settings(App& app, Rect r) {
  Kit& kit = app.kit;
  const Rect body = draw_bar(app, r, tr("Settings"), "/more");
  kit.begin_scroll("body", body, tr("Settings"));
  kit.narrow(space::form_width);
  kit.space_down(space::l);
  kit.paragraph(app.around.name, type_body_strong);
  kit.paragraph(app.around.email, type_secondary, kit.colours().text2);

  kit.section(tr("Language"));
  chips(app, "language_", {{"en", "English"}, {"de", "Deutsch"}}, language() == Language::german ? "de" : "en", [&](const std::string& v) {
    set_language(v == "de" ? Language::german : Language::english);
    setting(app, "language", v);
  });
  kit.section(tr("Theme"));
  chips(app, "theme_", {{"system", tr("As the device")}, {"light", tr("Light")}, {"dark", tr("Dark")}}, app.around.theme, [&](const std::string& v) {
    app.around.theme = v;
    setting(app, "theme", v);
  });

  kit.section(tr("Storage"));
  kit.paragraph(app.around.persisted ? tr("This browser keeps the data until you remove it.") : tr("This browser may remove the data when space runs low or the app is not used for long. Unsent changes would be lost with it."),
                type_body, app.around.persisted ? kit.colours().text : kit.colours().warning);
  if (!app.around.persisted) {
    kit.space_down(space::s);
    if (kit.button("persist", tr("Ask the browser to keep it"), ButtonStyle::tonal)) app.platform.tell("{\"t\":\"persist\"}");
  }

  kit.section(tr("Password"));
  if (!app.notice.empty()) kit.banner("notice", app.notice, Icon::warning, kit.colours().danger);
  FieldLook look;
  look.input = "password";
  look.autocomplete = "current-password";
  kit.field("old", tr("Present password"), app.texts["old"], look);
  look.autocomplete = "new-password";
  look.hint = tr("At least ten characters");
  kit.field("new", tr("New password"), app.texts["new"], look);
  if (kit.button("change", tr("Change password"), ButtonStyle::tonal)) {
    const json request = {{"old", app.texts["old"]}, {"new", app.texts["new"]}};
    app.request("POST", "/v1/password", request.dump(-1, ' ', false, json::error_handler_t::replace), [&app, asked = app.route.url](int status, const std::string& answer) {
      if (status == 200) {
        if (app.route.url == asked) app.texts.clear();
        app.notice.clear();
        app.say(tr("Password changed"));
      } else {
        app.notice = app.problem_in(answer, status);
      }
    });
  }

  kit.section(tr("Sign out"));
  const App::OnlyHere here = app.only_here();
  const int64_t waiting = here.total();
  kit.paragraph(waiting ? tr("Only on this device: {} (changes, photos or files, forms not saved). Save and sync before you sign out, or they stay here until you sign in again.", std::to_string(waiting))
                        : tr("Everything you changed is on the server."),
                type_body, waiting ? kit.colours().warning : kit.colours().text2);
  kit.space_down(space::m);
  if (kit.button("sign_out", tr("Sign out"), waiting ? ButtonStyle::danger : ButtonStyle::tonal, Icon::sign_out)) {
    if (waiting) app.dialog = "sign_out";
    else app.platform.tell("{\"t\":\"sign_out\"}");
  }
  kit.space_down(96);
  kit.end_scroll();

  if (app.dialog == "sign_out") {
    const int lines = (here.changes > 0) + (here.files > 0) + (here.refused > 0) + (here.forms > 0);
    kit.begin_dialog("sign_out_dialog", tr("Sign out and leave work here?"), 240.0f + 24.0f * static_cast<float>(lines));
    const auto line = [&](const std::string& text, int64_t count) {
      if (count) kit.paragraph(text, type_body, kit.colours().text);
    };
    line(tr("Changes not sent: {}", std::to_string(here.changes)), here.changes);
    line(tr("Photos or files not sent: {}", std::to_string(here.files)), here.files);
    line(tr("Changes the server refused: {}", std::to_string(here.refused)), here.refused);
    line(tr("Forms not saved: {}", std::to_string(here.forms)), here.forms);
    kit.space_down(space::s);
    kit.paragraph(here.changes + here.files ? tr("All of it stays on this device. What is not sent is sent when you sign in here again.") : tr("All of it stays on this device until you sign in here again."), type_body, kit.colours().text2);
    kit.space_down(space::l);
    kit.begin_line(space::target, {0, 0});
    if (kit.button_in(kit.cell(), "stay", tr("Stay signed in"), ButtonStyle::tonal) || kit.dismissed()) app.dialog.clear();
    if (kit.button_in(kit.cell(), "leave", tr("Sign out"), ButtonStyle::danger)) {
      app.dialog.clear();
      app.platform.tell("{\"t\":\"sign_out\"}");
    }
    kit.end_line();
    kit.end_dialog();
  }
}

}  // namespace holdfast
