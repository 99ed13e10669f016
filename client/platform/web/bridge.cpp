// The module's side of the bridge: what the worker calls, and the browser's body of Platform. The worker's side is
// web/worker.js, the page's web/page.js.

#include <GLES3/gl3.h>
#include <emscripten.h>
#include <imgui.h>
#include <imgui_impl_opengl3.h>

#include <nlohmann/json.hpp>

#include "client/shell/app.h"

extern "C" {
int host_gl_start(void);
void host_canvas_size(int w, int h);
double host_wall_ms(void);
double host_mono_ms(void);
int host_zone_offset(const char* zone, double ms);
void host_random(void* out, int n);
void host_font_metrics(float px, int strong, float* out2);
void host_measure(float px, int strong, unsigned code, float* out5);
int host_raster(float px, int strong, unsigned code, int w, int h, float ox, float oy, void* rgba);
void host_define_run(unsigned code, const char* text, int n);
void host_semantics(const char* json, int n);
void host_tell(const char* json, int n);
void host_fetch(unsigned number, const char* method, const char* path, const void* body, int n);
void host_save(const char* name, const char* type, const void* bytes, int n);
void host_photo(const char* photo, const void* bytes, int n);
void holdfast_set_viewport(int w, int h);
}

#define EXPORT extern "C" EMSCRIPTEN_KEEPALIVE

namespace holdfast {

namespace {

struct BrowserClock final : Clock {
  int64_t wall_ms() override { return static_cast<int64_t>(host_wall_ms()); }
  int64_t mono_ms() override { return static_cast<int64_t>(host_mono_ms()); }
};
struct BrowserRandom final : Random {
  uint64_t next() override {
    uint64_t v;
    host_random(&v, sizeof v);
    return v;
  }
};
struct CanvasGlyphs final : GlyphSource {
  void font_metrics(float px, bool strong, float& ascent, float& descent) override {
    float out[2];
    host_font_metrics(px, strong, out);
    ascent = out[0];
    descent = out[1];
  }
  Metrics measure(float px, bool strong, char32_t code) override {
    float out[5];
    host_measure(px, strong, code, out);
    return {out[0], out[1], out[2], out[3], out[4]};
  }
  bool raster(float px, bool strong, char32_t code, int w, int h, float ox, float oy, void* rgba) override { return host_raster(px, strong, code, w, h, ox, oy, rgba); }
  void define_run(char32_t code, std::string_view text) override { host_define_run(code, text.data(), static_cast<int>(text.size())); }
};

struct Browser final : Platform {
  BrowserClock browser_clock;
  BrowserRandom browser_random;
  CanvasGlyphs canvas;
  Clock& clock() override { return browser_clock; }
  Random& random() override { return browser_random; }
  GlyphSource& glyphs() override { return canvas; }
  std::optional<int> zone_offset(const std::string& zone, int64_t ms_utc) override {
    const int minutes = host_zone_offset(zone.c_str(), static_cast<double>(ms_utc));
    return minutes == INT32_MIN ? std::nullopt : std::optional(minutes);
  }
  void fetch(uint32_t number, const std::string& method, const std::string& path, const std::string& body) override {
    host_fetch(number, method.c_str(), path.c_str(), body.data(), static_cast<int>(body.size()));
  }
  void tell(const std::string& json) override { host_tell(json.data(), static_cast<int>(json.size())); }
  void show_photo(const std::string& photo, const std::string& bytes) override { host_photo(photo.c_str(), bytes.data(), static_cast<int>(bytes.size())); }
  void save_file(const std::string& name, const std::string& type, const std::string& bytes) override {
    host_save(name.c_str(), type.c_str(), bytes.data(), static_cast<int>(bytes.size()));
  }
};

Browser browser;
std::unique_ptr<Database> database;
std::unique_ptr<Workspace> workspace;
std::unique_ptr<Replica> replica;
std::unique_ptr<App> app;
float width, height, density = 1;
int64_t frames;
std::string reply;

const char* answer(const nlohmann::json& json) {
  reply = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return reply.c_str();
}

void apply_surroundings(const nlohmann::json& m) {
  Surroundings& a = app->around;
  auto text = [&](const char* key, std::string& to) {
    if (const auto found = m.find(key); found != m.end() && found->is_string()) to = found->get<std::string>();
  };
  auto flag = [&](const char* key, bool& to) {
    if (const auto found = m.find(key); found != m.end() && found->is_boolean()) to = found->get<bool>();
  };
  text("name", a.name);
  text("email", a.email);
  text("role", a.role);
  text("theme", a.theme);
  text("zone", a.zone);
  if (const auto zones = m.find("zones"); zones != m.end() && zones->is_array()) {
    a.zones.clear();
    for (const nlohmann::json& zone : *zones)
      if (zone.is_string()) a.zones.push_back(zone.get<std::string>());
  }
  flag("online", a.online);
  flag("persisted", a.persisted);
  flag("update_ready", a.update_ready);
  flag("system_dark", a.system_dark);
  if (m.contains("zone_minutes") && m["zone_minutes"].is_number()) a.zone_minutes = m["zone_minutes"].get<int>();
  std::string language;
  text("language", language);
  if (!language.empty()) set_language(language == "de" ? Language::german : Language::english);
}

Result<bool> open_replica(const nlohmann::json& m) {
  replica.reset();
  workspace.reset();  // Before the database it speaks to.
  database = TRY(Database::open("holdfast.db"));
  workspace = TRY(Workspace::open(*database, product_schema(), Side::device, browser.browser_clock, browser.browser_random));
  const bool fresh = TRY(workspace->tables().meta("workspace")).empty();
  // A device number must not outlive its database: its operations would be numbered from one again.
  if (fresh && !m.value("just_signed_in", false)) return false;
  replica = TRY(Replica::open(*workspace));
  if (!fresh && !m.value("just_signed_in", false)) return true;  // The database knows best who it is.
  Identity me;
  me.workspace = TRY(Id::parse(m.value("workspace", "")));
  me.member = TRY(Id::parse(m.value("member", "")));
  me.install = TRY(Id::parse(m.value("install", "")));
  me.device = m.value("device", 0u);
  if (!fresh) me.install = replica->identity().install;
  TRY(replica->sign_in(me));
  return true;
}

}  // namespace
}  // namespace holdfast

using namespace holdfast;

EXPORT int app_start(float w, float h, float dpr) {
  if (!host_gl_start()) return 0;
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = io.LogFilename = nullptr;
  io.BackendPlatformName = "holdfast";
  text::add_fonts(browser.canvas);
  ImGui_ImplOpenGL3_Init("#version 300 es");
  width = w;
  height = h;
  density = dpr;
  return 1;
}

/// {"ok":true}, {"ok":false,"error":…} or {"ok":false,"again":true} when the person must sign in anew.
EXPORT const char* app_open(const char* identity) {
  const nlohmann::json m = nlohmann::json::parse(identity, nullptr, false);
  if (!m.is_object()) return answer({{"ok", false}, {"again", true}});
  const Result<bool> opened = open_replica(m);
  if (!opened.ok()) return answer({{"ok", false}, {"error", opened.error().message}});
  if (!*opened) return answer({{"ok", false}, {"again", true}, {"empty", !replica || replica->identity().workspace.is_nil()}});
  app = std::make_unique<App>(browser, *database, *workspace, *replica);
  apply_surroundings(m);
  const Identity& me = replica->identity();
  if (const Result<std::optional<Record>> self = workspace->get(member, me.member); self.ok() && *self) {
    app->around.name = (*self)->text(member.name);
    app->around.email = (*self)->text(member.mail);
    app->around.role = (*self)->text(member.role);
  }
  app->on_route(m.value("route", "/"));
  app->sync_soon();
  return answer({{"ok", true}, {"workspace", me.workspace.text()}, {"member", me.member.text()}, {"install", me.install.text()}, {"device", me.device},
                 {"name", app->around.name}, {"email", app->around.email}, {"role", app->around.role}});
}

EXPORT void app_resize(float w, float h, float dpr) {
  width = w;
  height = h;
  density = dpr;
}

/// Milliseconds until the next frame is due by itself; negative: never.
EXPORT double app_frame(double now_ms) {
  if (!app) return -1;
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {width, height};
  io.DisplayFramebufferScale = {density, density};
  io.DeltaTime = 1.f / 60;
  const int pixel_w = static_cast<int>(width * density + .5f), pixel_h = static_cast<int>(height * density + .5f);
  host_canvas_size(pixel_w, pixel_h);
  ImGui_ImplOpenGL3_NewFrame();
  double wait_ms = -1;
  const std::string changes = app->draw(width, height, now_ms, wait_ms);
  holdfast_set_viewport(pixel_w, pixel_h);
  glViewport(0, 0, pixel_w, pixel_h);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  if (!changes.empty()) host_semantics(changes.data(), static_cast<int>(changes.size()));
  frames++;
  return wait_ms;
}

EXPORT void app_event(const char* text) {
  const nlohmann::json m = nlohmann::json::parse(text, nullptr, false);
  if (!app || !m.is_object()) return;
  const std::string t = m.value("t", "");
  const uint32_t id = m.value("id", 0u);
  if (t == "activate") app->kit.on_activate(id, m.contains("on") ? std::optional(m.value("on", false)) : std::nullopt);
  else if (t == "value") app->kit.on_value(id, m.value("v", ""), m.value("over", UINT64_MAX));
  else if (t == "scroll") app->kit.on_scroll(id, m.value("y", 0.f));
  else if (t == "edit") app->kit.on_edit(id);
  else if (t == "dismiss") app->kit.on_dismiss();
  else if (t == "route") app->kit.on_visit(m.value("url", "/"));
  else if (t == "around") apply_surroundings(m);
  else if (t == "wake") app->on_wake(m.value("why", ""));
  else if (t == "unreadable") app->say(tr("The file could not be read. Try another one, or save it on this device first."));
}

EXPORT void app_file(const char* name, const char* bytes, int n) {
  if (app) app->on_file(name, std::string(bytes, static_cast<size_t>(n)));
}
EXPORT void app_attachment(const char* to, const char* name, const char* mime, const char* sha, const char* bytes, int n) {
  if (app) app->on_attachment(to, name, mime, sha, std::string(bytes, static_cast<size_t>(n)));
}
EXPORT void app_fetched(unsigned number, int status, const char* bytes, int n) {
  if (app) app->on_fetched(number, status, std::string(bytes, static_cast<size_t>(n)));
}
/// The number under which the files sync: a session of another device is none for them.
EXPORT unsigned app_device() { return replica ? replica->identity().device : 0; }
/// How much of a person's work is on this device alone.
EXPORT double app_only_here() { return app ? static_cast<double>(app->only_here().total()) : 0; }
EXPORT int app_idle() { return !app || app->idle(); }
/// Nothing has happened for a while.
EXPORT void app_rest() {
  if (database) database->tidy();
}
EXPORT const char* app_stats() {
  int64_t db_bytes = 0;
  if (database) {
    Statement pages = database->prepare("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    if (pages.step()) db_bytes = pages.integer(0);
  }
  return answer({{"frames", frames}, {"db_bytes", db_bytes}, {"pending_ops", app ? app->pending_ops() : 0}});
}
EXPORT void app_close() {
  app.reset();
  replica.reset();
  workspace.reset();
  database.reset();
}
