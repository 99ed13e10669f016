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
    const float w = line.w - 52 - (d.current ? 0.f : 138.f);
    const std::string title = d.name + (d.current ? " · " + tr("this device") : "");
    kit.draw_icon({line.x, line.y + 14, 40, 40}, Icon::device, kit.colours().text2);
    kit.write_said("name", {line.x + 52, line.y + 14, w, 24}, title, type_body_strong, kit.colours().text);
    kit.write_said("more", {line.x + 52, line.y + 40, w, 20}, d.member + " · " + tr("last seen {}", shown_moment(d.last_seen, app.now(), app.around.zone_minutes)), type_secondary, kit.colours().text2);
    if (!d.current && kit.button_in({line.x + line.w - 130, line.y + 14, 130, space::target}, "remove", tr("Remove"), ButtonStyle::tonal)) {
      app.dialog = "remove_device";
      app.texts["device"] = std::to_string(d.number);
      app.texts["device_name"] = d.name;
    }
    kit.fill({line.x, line.y + line.h - 1, line.w, 1}, kit.colours().divider);
    kit.end_item();
  }
  if (!app.devices.items.empty()) kit.pop_scope();
  kit.space_down(96);
  kit.end_scroll();
  remove_dialog(app);
}

}  // namespace holdfast
