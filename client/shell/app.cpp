#include "client/shell/app.h"

#include <nlohmann/json.hpp>

#include "client/screens/begun_forms.h"
#include "client/screens/filter.h"
#include "client/screens/screens.h"

namespace holdfast {

static constexpr double message_ms = 7000;

App::App(Platform& p, Database&, Workspace& w, Replica& r) : platform(p), ws(w), replica(r), session(w, r), blobs(w.tables()), files(w, blobs) {}

int64_t App::today() {
  const int64_t local = now() + around.zone_minutes * 60'000LL;
  return local / 86'400'000;
}

// ---- routes

void App::on_route(const std::string& url) {
  route = AppRoute::parse(url);
  dialog.clear();
  notice.clear();
  texts.clear();
  files.look_again();
  form_for.clear();  // Whoever comes back sees what is there by then; what was typed is a draft.
  devices.asked = false;
  if (!message_new_ && !message_undo_) message_.clear();  // It spoke of the screen that is left.
}

void App::go(const std::string& url, bool replace) {
  // The screen is left in any case; where the person has gone to since, the page knows better.
  if (!kit.visit_waiting()) platform.tell(nlohmann::json{{"t", "go"}, {"url", url}, {"replace", replace}}.dump());
  on_route(url);
}

void App::say(const std::string& message, bool undo) {
  message_ = message;
  message_undo_ = undo;
  message_new_ = true;
  kit.semantics().announce(message);
}

void App::commit(const Edit& edit, const std::string& label) {
  if (Status s = ws.commit(edit, label); !s.ok()) return say(s.error());
  say(label, true);
  sync_soon();
}

// ---- the server

void App::request(const std::string& method, const std::string& path, const std::string& body, std::function<void(int, const std::string&)> done) {
  const uint32_t number = next_request_++;
  waiting_[number] = std::move(done);
  platform.fetch(number, method, path, body);
}

std::string App::problem_in(const std::string& body, int status) const {
  if (status == 0) return tr("The server cannot be reached. Try again later.");
  const nlohmann::json parsed = nlohmann::json::parse(body, nullptr, false);
  if (parsed.is_object() && parsed.contains("error") && parsed["error"].is_string()) return tr(parsed["error"].get<std::string>());
  return tr("The server answered with error {}.", std::to_string(status));
}

void App::sync_soon() {
  sync_wanted_ = true;
  pump();
}

/// Keeps one sync request in flight while there is something to sync.
void App::pump() {
  if (sync_in_flight_) return;
  if (!session.busy()) {
    if (!sync_wanted_) return;
    sync_wanted_ = false;
    session.start();
  }
  Result<std::optional<SyncRequest>> next = session.next();
  if (next.ok() && !*next && !session.busy()) transfer();
  if (!next.ok()) return try_again_later();  // Shown as the state of sync, which is what failed.
  if (!*next) return;
  sync_in_flight_ = true;
  request((*next)->method, (*next)->path, (*next)->body, [this](int status, const std::string& body) {
    sync_in_flight_ = false;
    std::string problem;
    if (status == 0) session.failed();
    else if (Status s = session.received(status, body); !s.ok()) problem = s.error().message;
    if (!session.busy()) {
      // Said once; reading and editing go on, and the sync screen has the way back in.
      if (session.trouble() == SyncTrouble::signed_out) problem = session.trouble_text();
      if (!problem.empty() && problem != told_problem_) say(tr(problem));
      if (!problem.empty() || session.trouble() == SyncTrouble::none) told_problem_ = problem;
    }
    settle_identity();
    if (!session.busy()) try_again_later();
    pump();
    if (!session.busy() && session.trouble() == SyncTrouble::none) transfer();
  });
}

/// A browser says that there is a network before anything gets through, and a server that restarts says nothing at all. The
/// time is doubled with each failure, and spread, so that not everybody comes back at the same moment.
void App::try_again_later() {
  if (session.trouble() != SyncTrouble::offline && session.trouble() != SyncTrouble::server) {
    if (std::exchange(again_ms_, again_ms_first) != again_ms_first) files.retry();
    return;
  }
  platform.tell(nlohmann::json{{"t", "wake_later"}, {"ms", again_ms_ / 2 + static_cast<int64_t>(platform.random().below(static_cast<uint64_t>(again_ms_)))}}.dump());
  again_ms_ = std::min(again_ms_ * 2, again_ms_last);
}

void App::transfer() {
  if (blob_in_flight_ || session.busy()) return;
  Result<std::optional<SyncRequest>> next = files.next();
  if (!next.ok()) return say(next.error());
  if (!*next) return;
  blob_in_flight_ = true;
  request((*next)->method, (*next)->path, (*next)->body, [this](int status, const std::string& body) {
    blob_in_flight_ = false;
    if (status == 0) files.failed();
    else if (Status s = files.received(status, body); !s.ok()) say(s.error());
    transfer();
  });
}

/// The page is given each photo on screen once, when its bytes are here.
void App::show_photos() {
  for (const SemanticNode& n : kit.semantics().nodes()) {
    if (n.role != Role::image || n.value.empty() || shown_.count(n.value)) continue;
    const std::optional<BlobKey> key = BlobKey::parse(n.value);
    if (!key) continue;
    const Result<std::string> bytes = blobs.whole(*key);
    if (!bytes.ok()) continue;
    shown_.insert(n.value);
    (void)blobs.used(*key, now());
    platform.show_photo(n.value, *bytes);
  }
}

/// A copy of another device becomes a device of its own; a removed one lets its data go.
void App::settle_identity() {
  if (session.busy()) return;
  if (session.trouble() == SyncTrouble::removed) return platform.tell("{\"t\":\"removed\"}");
  if (session.trouble() != SyncTrouble::copied || renewing_) return;
  const Result<std::vector<int64_t>> waiting = replica.waiting();
  if (!waiting.ok()) return;  // The next cycle tries again.
  renewing_ = true;
  const Id install = ws.new_id();
  request("POST", "/v1/renew", nlohmann::json{{"install", install.text()}, {"waiting", *waiting}}.dump(), [this, install](int status, const std::string& body) {
    renewing_ = false;
    const nlohmann::json answer = nlohmann::json::parse(body, nullptr, false);
    if (status != 200 || !answer.is_object()) return;  // The next cycle tries again.
    if (Status s = replica.renew(install, answer.value("device", 0u)); !s.ok()) return say(s.error());
    platform.tell(nlohmann::json{{"t", "renewed"}, {"install", install.text()}, {"device", replica.identity().device}}.dump());
    sync_soon();
  });
}

void App::on_fetched(uint32_t number, int status, const std::string& body) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  const auto done = std::move(found->second);
  waiting_.erase(found);
  done(status, body);
}

void App::on_wake(const std::string& why) {
  if (why != "again") files.retry();  // Else what has just failed would be sent again and again.
  sync_soon();
}

void App::on_file(const std::string& name, std::string bytes) { import.choose(ws, name, std::move(bytes)); }

bool App::idle() const { return !kit.waiting() && waiting_.empty() && !session.busy() && !sync_wanted_ && import.step != ImportModel::Step::run; }

int64_t App::pending_ops() {
  const Result<int64_t> n = replica.outbox().count();
  return n.ok() ? *n : -1;
}

int64_t App::waiting() {
  const Result<int64_t> changes = replica.outbox().count();
  const Result<std::vector<BlobKey>> files_unsent = blobs.to_send();
  return changes.ok() && files_unsent.ok() ? *changes + static_cast<int64_t>(files_unsent->size()) : 1;  // What cannot be read may be there.
}

App::OnlyHere App::only_here() {
  const auto count = [](const auto& list) { return list.ok() ? static_cast<int64_t>(list->size()) : 1; };  // What cannot be read may be there.
  const Result<int64_t> changes = replica.outbox().count();
  return {changes.ok() ? *changes : 1, count(blobs.to_send()), count(replica.rejected()), count(begun_forms(ws))};
}

// ---- a frame

static int attention(App& app) {
  Query open;
  open.where.push_back({conflict.resolved.index, Compare::eq, int64_t{0}});
  const Result<int64_t> conflicts = app.ws.count(conflict, open);
  const Result<std::vector<RejectedEdit>> rejected = app.replica.rejected();
  return static_cast<int>((conflicts.ok() ? *conflicts : 0) + (rejected.ok() ? static_cast<int64_t>(rejected->size()) : 0));
}

void App::draw_frame_around(Rect& content, bool& list_beside) {
  struct Item {
    const char* key;
    const char* label;
    Icon icon;
    const char* href;
  };
  static const Item items[] = {{"today", "Today", Icon::today, "/"}, {"people", "People", Icon::people, "/people"}, {"companies", "Companies", Icon::company, "/companies"}, {"more", "More", Icon::more, "/more"}};
  const std::string& where = route.part(0);
  const bool in_more = where == "more" || where == "import" || where == "trash" || where == "sync" || where == "members" || where == "devices" || where == "teams" || where == "settings" || where == "export";
  auto current = [&](const Item& item) { return item.href == std::string("/") ? where.empty() : item.key == std::string("more") ? in_more : where == item.key; };
  const int badge = attention(*this);
  kit.push_scope("nav", Role::navigation, tr("Main"));
  if (kit.width() < width_medium) {
    const Rect bar{0, kit.height() - space::nav, kit.width(), space::nav};
    kit.fill(bar, kit.colours().surface);
    kit.fill({bar.x, bar.y, bar.w, 1}, kit.colours().divider);
    kit.begin_area(bar);
    kit.begin_line(space::nav, {0, 0, 0, 0}, 0);
    for (const Item& item : items) kit.nav_item(kit.cell(), item.key, tr(item.label), item.icon, item.href, current(item), false, item.icon == Icon::more ? badge : 0);
    kit.end_line();
    kit.end_area();
    content = {0, 0, kit.width(), kit.height() - space::nav};
  } else {
    const bool wide = kit.width() >= width_expanded;
    const float w = wide ? space::rail : 88;
    const Rect rail{0, 0, w, kit.height()};
    kit.fill(rail, kit.colours().surface2);
    kit.begin_area(rail, wide ? space::m : 0);
    kit.space_down(space::m);
    if (wide) {
      const Rect brand = kit.take(40);
      kit.write({brand.x + space::l, brand.y, brand.w - space::l, brand.h}, "Holdfast", type_title, kit.colours().primary);
      kit.space_down(space::m);
    }
    for (const Item& item : items) {
      kit.nav_item(kit.take(wide ? 48.f : space::nav, space::xs), item.key, tr(item.label), item.icon, item.href, current(item), wide, item.icon == Icon::more ? badge : 0);
    }
    kit.end_area();
    content = {w, 0, kit.width() - w, kit.height()};
  }
  kit.pop_scope();
  list_beside = kit.width() >= width_expanded;
}

bool App::locked() const {
  const Result<bool> locked = replica.locked();
  return locked.ok() && *locked;
}

/// Not in contact for longer than the workspace allows: only what brings the contact back.
static bool draw_lock(App& app, Rect r) {
  if (!app.locked()) return false;
  Kit& kit = app.kit;
  const Rect body = draw_bar(app, r, tr("Locked"), "");
  kit.begin_scroll("body", body, tr("Locked"));
  kit.narrow(space::form_width);
  kit.empty_state(Icon::offline, tr("This device has not synced for longer than your workspace allows. Connect to go on; what you changed is kept."));
  kit.space_down(space::m);
  if (kit.button("now", tr("Sync now"), ButtonStyle::primary, Icon::sync)) app.sync_soon();
  kit.end_scroll();
  return true;
}

/// What is here is not whole yet: only how far it is.
static bool draw_loading(App& app, Rect r) {
  const Result<std::optional<Replica::Loading>> loading = app.replica.loading();
  if (!loading.ok() || !*loading) return false;
  Kit& kit = app.kit;
  const Replica::Loading& l = **loading;
  const Rect body = draw_bar(app, r, tr("Loading"), "");
  kit.begin_scroll("body", body, tr("Loading"));
  kit.narrow(space::form_width);
  kit.space_down(space::xl);
  kit.paragraph(tr("Your workspace is being loaded onto this device. Afterwards everything works without a network."));
  kit.space_down(space::l);
  const int64_t tenths = l.bytes * 10 / (1024 * 1024);
  const std::string amount = tr("{} of about {} records", std::to_string(l.rows), std::to_string(std::max(l.total, l.rows))) + " · " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
  kit.progress("load", amount, l.total > 0 ? static_cast<double>(l.rows) / static_cast<double>(l.total) : 0);
  if (app.session.trouble() != SyncTrouble::none) {
    kit.space_down(space::l);
    kit.banner("trouble", tr(app.session.trouble_text()), Icon::offline, kit.colours().warning);
    if (kit.button("now", tr("Go on loading"), ButtonStyle::primary, Icon::sync)) app.sync_soon();
  }
  kit.end_scroll();
  return true;
}

void App::draw_screen(Rect r) {
  const std::string& where = route.part(0);
  if (where != "sync" && where != "settings" && (draw_lock(*this, r) || draw_loading(*this, r))) return;
  if (where.empty()) return draw_today(*this, r);
  if (where == "more") return draw_more(*this, r);
  if (where == "import") return draw_import(*this, r);
  if (where == "export") return draw_export(*this, r);
  if (where == "trash") return draw_trash(*this, r);
  if (where == "sync") return draw_sync(*this, r);
  if (where == "members") return draw_members(*this, r);
  if (where == "devices") return draw_devices(*this, r);
  if (where == "teams") return draw_teams(*this, r);
  if (where == "settings") return draw_settings(*this, r);
  const Entity* entity = entity_at(where);
  if (!entity) {
    const Rect rest = draw_bar(*this, r, tr("Not found"), "/");
    kit.begin_scroll("body", rest, tr("Not found"));
    kit.empty_state(Icon::search, tr("There is nothing at this address."));
    kit.end_scroll();
    return;
  }
  const bool list = entity == &person || entity == &company;
  RecordList& records = entity == &person ? people : companies;
  const std::string& which = route.part(1);
  const Result<Id> id = which.empty() || which == "new" ? Result<Id>(Id{}) : Id::parse(which);
  const bool editing = which == "new" || route.part(2) == "edit";
  const bool beside = list && kit.width() >= width_expanded;
  if (list && (which.empty() || beside)) {
    const float w = beside ? space::list_pane : r.w;
    draw_list(*this, {r.x, r.y, w, r.h}, *entity, records, which);
    if (!beside) return;
    kit.fill({r.x + w, r.y, 1, r.h}, kit.colours().divider);
    r = {r.x + w + 1, r.y, r.w - w - 1, r.h};
    if (which.empty()) {
      kit.push_scope("detail", Role::none);
      kit.begin_scroll("body", r, tr("Details"));
      kit.empty_state(entity == &person ? Icon::people : Icon::company, tr("Choose a record to see everything about it."));
      kit.end_scroll();
      kit.pop_scope();
      return;
    }
  }
  kit.push_scope("detail", Role::none);
  if (!id.ok()) draw_detail(*this, r, *entity, Id{}, !beside);
  else if (list && route.part(2) == "access") draw_access(*this, r, *entity, *id);
  else if (list && route.part(2) == "merge") draw_merge(*this, r, *entity, *id);
  else if (editing) draw_form(*this, r, *entity, *id);
  else draw_detail(*this, r, *entity, *id, !beside);
  kit.pop_scope();
}

void App::draw_snackbar(double now_ms, double& wait_ms) {
  if (message_new_) {
    message_until_ = now_ms + message_ms;
    message_new_ = false;
  }
  if (message_.empty()) return;
  if (now_ms >= message_until_) {
    message_.clear();
    return;
  }
  wait_ms = message_until_ - now_ms;
  const bool undo = message_undo_ && ws.can_undo();
  const bool form = route.part(1) == "new" || route.part(2) == "edit";  // Its buttons stay free.
  if (!kit.snackbar(message_, undo ? tr("Undo") : std::string(), (kit.width() < width_medium ? space::nav : 0) + (form ? space::form_footer : 0))) return;
  Result<std::string> undone = ws.undo();
  if (!undone.ok()) return say(undone.error());
  say(tr("Undone"));
  form_for.clear();
  sync_soon();
}

std::string App::draw(float width, float height, double now_ms, double& wait_ms) {
  wait_ms = -1;
  const bool dark = around.theme == "dark" || (around.theme == "system" && around.system_dark);
  if (import.step == ImportModel::Step::run) {
    if (!import.advance(ws)) {
      say(tr(import.problem.empty() ? "Import finished" : "Import stopped"));
      sync_soon();
    }
    wait_ms = 0;
  }
  if (self_check.going())
    if (Status s = self_check.advance(ws, replica); !s.ok()) say(s.error());
  while (const std::optional<std::string> url = kit.take_visit()) on_route(*url);
  kit.begin(width, height, dark, around.right_to_left);
  Rect content;
  bool beside = false;
  draw_frame_around(content, beside);
  kit.push_scope("main", Role::main, tr("Content"));
  kit.fill(content, kit.colours().surface);
  draw_screen(content);
  kit.pop_scope();
  show_photos();
  transfer();
  const bool locks = locked();
  if (locks && !was_locked_) message_.clear();  // It speaks of data.
  was_locked_ = locks;
  if (!locks) draw_filter(*this);
  double message_wait = -1;
  draw_snackbar(now_ms, message_wait);
  if (wait_ms < 0) wait_ms = message_wait;
  if (kit.waiting() || self_check.going()) wait_ms = 0;
  return kit.end();
}

}  // namespace holdfast
