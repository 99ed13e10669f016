#include <nlohmann/json.hpp>

#include "client/screens/format.h"
#include "client/screens/screens.h"

namespace holdfast {

using nlohmann::json;

static void load(App& app) {
  app.devices.asked = true;
  app.request("GET", "/v1/devices", "", [&app](int status, const std::string& answer) {
    const json list = json::parse(answer, nullptr, false);
    app.devices.items.clear();
    app.devices.problem = status == 200 && list.is_object() ? std::string() : app.problem_in(answer, status);
    if (!app.devices.problem.empty()) return;
    static const FieldDef moment{"", "", Kind::instant, {}};
    for (const json& d : list.value("items", json::array())) {
      const Result<Value> seen = parse_value(moment, d.value("last_seen", ""));
      app.devices.items.push_back({d.value("device", 0u), d.value("name", ""), d.value("member_name", ""), seen.ok() ? as_int(*seen) : 0, d.value("current", false)});
    }
  });
}

static void remove_dialog(App& app) {
  if (app.dialog != "remove_device") return;
  Kit& kit = app.kit;
  kit.begin_dialog("remove_device_dialog", tr("Remove {}?", app.texts["device_name"]), 252);
  kit.paragraph(tr("At its next contact its data is removed from it. What it has not sent by then is lost."), type_body, kit.colours().text2);
  kit.space_down(space::l);
  kit.begin_line(space::target, {0, 0});
  if (kit.button_in(kit.cell(), "keep", tr("Cancel"), ButtonStyle::tonal) || kit.dismissed()) app.dialog.clear();
  if (kit.button_in(kit.cell(), "remove", tr("Remove"), ButtonStyle::danger)) {
    app.dialog.clear();
    app.request("POST", "/v1/devices/" + app.texts["device"] + "/remove", "", [&app](int status, const std::string& answer) {
      app.say(status == 200 ? tr("Device removed") : app.problem_in(answer, status));
      app.devices.asked = false;
    });
  }
  kit.end_line();
  kit.end_dialog();
}

static void rename_dialog(App& app) {
  if (app.dialog != "rename_device") return;
  Kit& kit = app.kit;
  kit.begin_dialog("rename_device_dialog", tr("Rename this device"), app.notice.empty() ? 228.f : 252.f);
  FieldLook look;
  look.error = app.notice;
  kit.field("name", tr("Name"), app.texts["device_name"], look);
  kit.space_down(space::m);
  kit.begin_line(space::target, {0, 0});
  if (kit.button_in(kit.cell(), "keep", tr("Cancel"), ButtonStyle::tonal) || kit.dismissed()) app.dialog.clear();
  if (kit.button_in(kit.cell(), "rename", tr("Rename"), ButtonStyle::primary)) {
    app.request("PATCH", "/v1/devices/" + app.texts["device"], json{{"name", app.texts["device_name"]}}.dump(-1, ' ', false, json::error_handler_t::replace), [&app, device = app.texts["device"]](int status, const std::string& answer) {
      const bool there = app.dialog == "rename_device" && app.texts["device"] == device;
      if (status == 200) app.devices.asked = false;
      if (status == 200 && there) app.dialog.clear();
      if (status != 200 && there) app.notice = app.problem_in(answer, status);
      else app.say(status == 200 ? tr("Device renamed") : app.problem_in(answer, status));
    });
  }
  kit.end_line();
  kit.end_dialog();
}

void draw_devices(App& app, Rect r) {
  Kit& kit = app.kit;
  if (!app.devices.asked) load(app);
  const Rect body = draw_bar(app, r, tr("Devices"), "/more");
  kit.begin_scroll("body", body, tr("Devices"));
  kit.narrow(space::form_width + 120);
  kit.space_down(space::m);
  kit.paragraph(tr("Each browser that holds a copy of the data. Remove one that was lost."), type_secondary, kit.colours().text2);
  kit.space_down(space::m);
  if (!app.devices.problem.empty()) kit.banner("problem", app.devices.problem, Icon::offline, kit.colours().warning);
  if (!app.devices.items.empty()) kit.push_scope("devices", Role::list, tr("Devices"));
  for (const DeviceItem& d : app.devices.items) {
    const Rect line = kit.take(76);
    kit.begin_item(std::to_string(d.number), line);
    const float w = line.w - 52 - (d.current ? 1 : 2) * space::target - space::s;
    const std::string title = d.name + (d.current ? " · " + tr("this device") : "");
    kit.draw_icon({line.x, line.y + 14, 40, 40}, Icon::device, kit.colours().text2);
    kit.write_said("name", {line.x + 52, line.y + 14, w, 24}, title, type_body_strong, kit.colours().text);
    kit.write_said("more", {line.x + 52, line.y + 40, w, 20}, d.member + " · " + tr("last seen {}", shown_moment(d.last_seen, app.now(), app.around.zone_minutes)), type_secondary, kit.colours().text2);
    const auto ask = [&](const char* dialog) {
      app.dialog = dialog;
      app.notice.clear();
      app.texts["device"] = std::to_string(d.number);
      app.texts["device_name"] = d.name;
    };
    const Rect last{line.x + line.w - space::target, line.y + 14, space::target, space::target};
    const Rect before{last.x - (d.current ? 0 : space::target), last.y, last.w, last.h};
    if (kit.icon_button(before, "rename", tr("Rename {}", d.name), Icon::edit)) ask("rename_device");
    if (!d.current && kit.icon_button(last, "remove", tr("Remove {}", d.name), Icon::trash, kit.colours().danger)) ask("remove_device");
    kit.fill({line.x, line.y + line.h - 1, line.w, 1}, kit.colours().divider);
    kit.end_item();
  }
  if (!app.devices.items.empty()) kit.pop_scope();
  kit.space_down(96);
  kit.end_scroll();
  remove_dialog(app);
  rename_dialog(app);
}

}  // namespace holdfast
