// Photos and files of a record: taken, looked at, saved, removed.

#include "client/screens/format.h"
#include "client/screens/screens.h"
#include "shared/base/text.h"

namespace holdfast {

static Field parent_of(const Entity& entity) { return &entity == &activity ? attachment.activity : &entity == &person ? attachment.person : attachment.company; }

static bool is_picture(const Record& a) {
  const std::string_view mime = as_text(a[attachment.mime]);
  return mime == "image/jpeg" || mime == "image/png" || mime == "image/webp" || mime == "image/gif";
}

static std::string size_text(int64_t bytes) {
  if (bytes < 1024 * 1024) return std::to_string(std::max<int64_t>(bytes / 1024, 1)) + " KB";
  return std::to_string(bytes / (1024 * 1024)) + "." + std::to_string(bytes % (1024 * 1024) * 10 / (1024 * 1024)) + " MB";
}

static void attachment_item(App& app, const Record& a) {
  Kit& kit = app.kit;
  const BlobKey key = BlobKey::of(a);
  const std::string name = shown_title(a);
  const Result<Blobs::Info> info = app.blobs.info(key);
  const Blobs::State state = info.ok() ? info->state : Blobs::State::none;
  const bool here = Blobs::is_whole(state), unsent = state == Blobs::State::unsent || state == Blobs::State::leaving;
  std::string line = size_text(as_int(a[attachment.size]));
  if (unsent) line += " · " + tr(app.files.gave_up(key) ? "the server did not take it, it is tried again later" : "not sent yet");
  else if (!here) line += " · " + tr(app.files.gave_up(key) ? "not on the server yet" : is_picture(a) || state == Blobs::State::partial ? "loading" : "on the server");
  if (is_picture(a)) {
    kit.photo("photo", name, here ? key.text() : std::string(), 220);
    if (!here) app.files.want(key, as_int(a[attachment.size]));
  }
  const Rect row = kit.take(space::target + space::s);
  const float buttons = 2 * space::target + space::s;
  kit.draw_icon({row.x, row.y, 28, space::target}, Icon::note, kit.colours().text2);
  kit.write_said("name", {row.x + 36, row.y + 2, row.w - 36 - buttons, 22}, name, type_body, kit.colours().text);
  kit.write_said("more", {row.x + 36, row.y + 24, row.w - 36 - buttons, 20}, line, type_secondary, unsent ? kit.colours().warning : kit.colours().text2);
  if (kit.icon_button({row.x + row.w - buttons, row.y, space::target, space::target}, "save", tr("Save {}", name), Icon::download)) {
    if (here) {
      const Result<std::string> bytes = app.blobs.whole(key);
      if (bytes.ok()) app.platform.save_file(name, a.text(attachment.mime), *bytes);
      else app.say(bytes.error());
    } else {
      app.files.want(key, as_int(a[attachment.size]));
      app.say(tr("It is being fetched. Save it when it is here."));
      app.transfer();
    }
  }
  if (kit.icon_button({row.x + row.w - space::target, row.y, space::target, space::target}, "remove", tr("Remove {}", name), Icon::trash)) {
    Edit edit;
    edit.trash(attachment, a.id);
    app.commit(edit, tr("{} moved to the trash", name));
  }
}

void draw_attachments(App& app, const Record& record) {
  Kit& kit = app.kit;
  const Entity& entity = *record.entity;
  kit.section(tr("Photos and files"));
  Result<std::vector<Record>> all = app.ws.children(attachment, parent_of(entity), record.id);
  if (all.ok() && !all->empty()) {
    kit.push_scope("attachments", Role::list, tr("Photos and files"));
    for (const Record& a : *all) {
      kit.begin_item(a.id.text(), {});
      attachment_item(app, a);
      kit.end_item();
    }
    kit.pop_scope();
  }
  if (record.meta.life != Life::live) return;
  const std::string to = base_of(entity) + "/" + record.id.text();
  kit.space_down(space::s);
  kit.begin_line(space::target, {0, 0});
  kit.file_button_in(kit.cell(), "take_photo", tr("Take a photo"), "image/*", "camera", to, ButtonStyle::tonal, Icon::camera);
  kit.file_button_in(kit.cell(), "add_file", tr("Add a file"), "", "attach", to, ButtonStyle::tonal, Icon::plus);
  kit.end_line();
}

void App::on_attachment(const std::string& to, const std::string& name, const std::string& mime, const std::string& sha, std::string bytes) {
  const AppRoute record = AppRoute::parse(to);
  const Entity* entity = entity_at(record.part(0));
  const Result<Id> id = Id::parse(record.part(1));
  if (!entity || !id.ok() || !is_sha256(sha)) return;
  if (bytes.empty() || static_cast<int64_t>(bytes.size()) > Blobs::size_max) return say(tr("Files of up to 25 MB can be attached."));
  Edit edit;
  const Id fresh = ws.new_id();
  edit.create(attachment, fresh);
  edit.set(attachment, fresh, attachment.name, name.empty() ? Value(tr("Photo")) : Value(cut_utf8(name, 200)));
  if (!mime.empty()) edit.set(attachment, fresh, attachment.mime, cut_utf8(mime, 100));
  edit.set(attachment, fresh, attachment.size, static_cast<int64_t>(bytes.size()));
  edit.set(attachment, fresh, attachment.sha256, sha);
  edit.set(attachment, fresh, parent_of(*entity), *id);
  // Record and bytes are there together or not at all.
  const Status done = ws.atomically([&]() -> Status {
    TRY(blobs.keep({fresh, sha}, bytes, now()));
    return ws.commit(edit, tr("{} added", name));
  });
  if (!done.ok()) return say(done.error());
  say(tr("{} added", name), true);
  sync_soon();
}

}  // namespace holdfast
