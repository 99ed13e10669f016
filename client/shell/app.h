#pragma once
// The client between page and core: routes, what is on screen, sync in the background, the one snackbar.

#include <functional>
#include <memory>
#include <set>

#include "client/kit/kit.h"
#include "client/kit/messages.h"
#include "client/platform/platform.h"
#include "client/screens/filter_model.h"
#include "client/screens/import_model.h"
#include "client/screens/record_form_model.h"
#include "client/screens/self_check.h"
#include "client/shell/route.h"
#include "shared/model/entities.h"
#include "shared/sync/blob_session.h"
#include "shared/sync/session.h"

namespace holdfast {

/// What the page knows of the signed-in person and this browser.
struct Surroundings {
  std::string name, email, role;
  bool online = true, persisted = false, update_ready = false;
  bool right_to_left = false;  ///< The direction of the language in force.
  int zone_minutes = 0;        ///< Of this device's clock, now.
  std::string zone;            ///< The IANA name of where this device is; may be empty.
  std::vector<std::string> zones;  ///< Every one this browser knows.
  std::string theme = "system";  ///< system, light, dark
  bool system_dark = false;
};

/// A list one scrolls through: row numbers of a query, and the rows near the eye.
struct RecordList {
  std::string search;
  int sort = 0;
  Filters filters;
  std::map<uint16_t, std::vector<std::pair<std::string, std::string>>> choices;  ///< What the filters offer.
  uint64_t choices_version = 0;
  std::vector<int64_t> rows;
  std::map<int64_t, Record> near;
  uint64_t version = 0;
  std::string asked;
};

/// A device as the server tells of it.
struct DeviceItem {
  uint32_t number = 0;
  std::string name, member;
  int64_t last_seen = 0;
  bool current = false;
};

class App {
 public:
  App(Platform&, Database&, Workspace&, Replica&);

  // ---- from the page
  void on_route(const std::string& url);
  void on_file(const std::string& name, std::string bytes);
  /// A file for the record at the address `to`, wherever the person has gone since.
  void on_attachment(const std::string& to, const std::string& name, const std::string& mime, const std::string& sha, std::string bytes);
  void on_fetched(uint32_t number, int status, const std::string& body);
  void on_wake(const std::string& why);  ///< online, visible, hint, timer, again (as told by "wake_later")
  Surroundings around;
  Kit kit;

  /// Draws a frame; the changes for the page. `wait_ms` is when the next one is due by itself; negative for never.
  std::string draw(float width, float height, double now_ms, double& wait_ms);
  /// Nothing queued, nothing in flight.
  bool idle() const;
  bool locked() const;  ///< Nothing of the data is to be seen, see Replica::locked.
  int64_t pending_ops();
  /// Changes, photos and files that are not on the server yet.
  int64_t waiting();
  /// What this device alone has: what waits, what the server refused and its author has not looked at, forms begun.
  struct OnlyHere {
    int64_t changes = 0, files = 0, refused = 0, forms = 0;
    int64_t total() const { return changes + files + refused + forms; }
  };
  OnlyHere only_here();

  // ---- for screens
  Platform& platform;
  Workspace& ws;
  Replica& replica;
  SyncSession session;
  Blobs blobs;
  BlobSession files;
  AppRoute route;
  void go(const std::string& url, bool replace = false);
  /// Shows what was done, with Undo when `undo`.
  void say(const std::string& message, bool undo = false);
  void say(const Error& e) { say(tr(e.message)); }
  void commit(const Edit&, const std::string& label);
  void request(const std::string& method, const std::string& path, const std::string& body, std::function<void(int, const std::string&)> done);
  void sync_soon();
  void transfer();  ///< Goes on with attachments, one request at a time, when nothing more urgent is under way.
  int64_t now() { return platform.clock().wall_ms(); }
  int64_t today();
  /// Minutes east of UTC at another moment: summer time may differ from now.
  int zone_minutes_at(int64_t ms) { return platform.zone_offset(around.zone, ms).value_or(around.zone_minutes); }
  std::string problem_in(const std::string& body, int status) const;

  // ---- state of screens
  RecordList people, companies;
  RecordForm form;
  std::string form_for;           ///< The route the form was opened for.
  std::string detail_for;
  ImportModel import;
  struct {
    bool asked = false;
    std::string problem;
    std::vector<DeviceItem> items;
  } devices;
  SelfCheck self_check;
  std::string dialog;             ///< Which one is open; empty for none.
  std::map<std::string, std::string> texts;  ///< Drafts of small forms (members, password).
  std::string notice;             ///< The outcome of a small form.

 private:
  void pump();
  void try_again_later();
  void show_photos();
  void settle_identity();
  void draw_frame_around(Rect& content, bool& list_beside);
  void draw_screen(Rect);
  void draw_snackbar(double now_ms, double& wait_ms);

  std::map<uint32_t, std::function<void(int, const std::string&)>> waiting_;
  uint32_t next_request_ = 1;
  std::set<std::string> shown_;  ///< Photos the page has.
  bool blob_in_flight_ = false;
  bool sync_in_flight_ = false, sync_wanted_ = false, renewing_ = false;
  std::string told_problem_;  ///< Of sync, last.
  int64_t again_ms_ = again_ms_first;  ///< Until a failed sync is tried again, about.
  static constexpr int64_t again_ms_first = 1000, again_ms_last = 32'000;
  std::string message_;
  bool message_undo_ = false;
  double message_until_ = 0;
  bool message_new_ = false;
  bool was_locked_ = false;
};

}  // namespace holdfast
