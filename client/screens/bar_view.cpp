// What all screens share: the title bar, addresses of records, the line about sync.

#include "client/screens/format.h"
#include "client/screens/screens.h"

namespace holdfast {

std::string base_of(const Entity& e) {
  if (&e == &person) return "/people";
  if (&e == &company) return "/companies";
  return "/" + std::string(e.key);
}

const Entity* entity_at(const std::string& base) {
  if (base == "people") return &person;
  if (base == "companies") return &company;
  for (const Entity* e : {static_cast<const Entity*>(&activity), static_cast<const Entity*>(&task), static_cast<const Entity*>(&contact_point)})
    if (base == e->key) return e;
  return nullptr;
}

SyncLine sync_line(App& app) {
  const int64_t waiting = app.waiting();
  const std::string count = std::to_string(waiting);
  switch (app.session.trouble()) {
    case SyncTrouble::offline: return {waiting ? tr("Offline · {} waiting", count) : tr("Offline"), Icon::offline, false};
    case SyncTrouble::signed_out: return {tr("Sign in again to sync"), Icon::warning, true};
    case SyncTrouble::update_needed: case SyncTrouble::server: case SyncTrouble::copied: case SyncTrouble::removed: return {tr("Sync has a problem"), Icon::warning, true};
    case SyncTrouble::none: break;
  }
  if (app.session.loading_rows()) return {tr("Loading · {} rows", std::to_string(app.session.loading_rows())), Icon::sync, false};
  if (!app.around.online) return {waiting ? tr("Offline · {} waiting", count) : tr("Offline"), Icon::offline, false};
  if (waiting) return {tr("{} waiting", count), Icon::sync, false};
  const Result<int64_t> at = app.replica.synced_at();
  if (!at.ok() || !*at) return {tr("Not synced yet"), Icon::sync, false};
  return {tr("All synced"), Icon::check, false};
}

void draw_clock_warning(App& app) {
  if (!app.session.clock_wrong()) return;
  const int64_t minutes = app.session.clock_ahead_ms() / 60'000, many = minutes < 0 ? -minutes : minutes;
  const std::string much = many < 120 ? tr("{} minutes", std::to_string(many)) : many < 2880 ? tr("{} hours", std::to_string(many / 60)) : tr("{} days", std::to_string(many / 1440));
  app.kit.space_down(space::m);
  app.kit.banner("clock", minutes > 0 ? tr("This device’s clock is {} ahead. Your work syncs all the same; set the clock so that times are shown right.", much)
                                      : tr("This device’s clock is {} behind. Your work syncs all the same; set the clock so that times are shown right.", much),
                 Icon::warning, app.kit.colours().warning);
}

/// Whether a change, a photo or something the server refused has been nowhere but here since before a moment.
static bool only_here_since(App& app, int64_t before) {
  if (const Result<std::vector<OutboxEntry>> oldest = app.replica.outbox().after(0, 1); oldest.ok() && !oldest->empty() && oldest->front().at_ms < before) return true;
  if (const Result<std::vector<RejectedEdit>> refused = app.replica.rejected(); refused.ok())
    for (const RejectedEdit& e : *refused)
      if (e.at_ms < before) return true;
  const Result<std::vector<BlobKey>> unsent = app.blobs.to_send();
  if (!unsent.ok()) return false;
  for (const BlobKey& key : *unsent)
    if (const auto record = app.ws.get(attachment, key.record); record.ok() && *record && (*record)->meta.created_at < before) return true;
  return false;
}

void draw_eviction_warning(App& app) {
  constexpr int64_t patience_ms = 24 * 3'600'000;  // Ordinary work waits for a moment; what waits for days is at risk.
  if (app.around.persisted || !only_here_since(app, app.now() - patience_ms)) return;
  app.kit.space_down(space::m);
  app.kit.banner("eviction", tr("Some of your work is on this device only, and this browser may drop it when space runs low. Sync soon, or save it in Sync."), Icon::warning, app.kit.colours().warning);
  if (app.kit.button("persist", tr("Ask the browser to keep them"), ButtonStyle::tonal)) app.platform.tell("{\"t\":\"persist\"}");
}

Rect draw_bar(App& app, Rect r, const std::string& title, const std::string& back) {
  Kit& kit = app.kit;
  const Rect bar{r.x, r.y, r.w, space::bar};
  kit.begin_area(bar);
  float x = r.x + space::l;
  if (!back.empty()) {
    kit.icon_link({r.x + space::xs, r.y + 6, space::target, space::target}, "back", tr("Back"), Icon::back, back);
    x = r.x + 56;
  }
  SemanticNode& n = kit.node("title", Role::heading, title, {x, r.y, r.w - (x - r.x) - 140, space::bar});
  n.level = 1;
  kit.write({x, r.y, r.w - (x - r.x) - 140, space::bar}, title, type_title, kit.colours().text);
  const SyncLine line = sync_line(app);
  const Colour ink = line.trouble ? kit.colours().danger : kit.colours().text2;
  const bool narrow = r.w < 560;
  const float w = narrow ? space::target : std::min(220.f, text::width(type_label, line.text) + 58);
  const Rect pill{r.x + r.w - w - space::s, r.y + 6, w, space::target};
  if (narrow) kit.icon_link(pill, "sync", line.text, line.icon, "/sync", ink);
  else {
    kit.icon_link({pill.x, pill.y, pill.w, pill.h}, "sync", line.text, Icon::none, "/sync", ink);
    kit.draw_icon({pill.x + 8, pill.y, 24, pill.h}, line.icon, ink, 18);
    kit.write({pill.x + 38, pill.y, pill.w - 46, pill.h}, line.text, type_label, ink);
  }
  kit.fill({r.x, r.y + space::bar - 1, r.w, 1}, kit.colours().divider);
  kit.end_area();
  return {r.x, r.y + space::bar, r.w, r.h - space::bar};
}

}  // namespace holdfast
