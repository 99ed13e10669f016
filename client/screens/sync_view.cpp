#include "client/screens/format.h"
#include "client/screens/screens.h"
#include "shared/base/text.h"

namespace holdfast {

static const Entity* entity_named(App& app, const std::string& key) {
  const int e = app.ws.schema().index_of(key);
  return e < 0 ? nullptr : &app.ws.schema()[static_cast<size_t>(e)];
}

/// A conflict's text taken apart: each field of the register and its value. A group keeps one line a field.
static std::vector<FieldValue> register_values(const Entity& entity, const std::string& key, const std::string& text) {
  std::vector<FieldValue> out;
  const std::vector<std::string> lines = split(text, '\n');
  size_t at = 0;
  for (const FieldDef& f : entity.fields) {
    const bool grouped = f.options.group == key;
    if (!grouped && f.key != key) continue;
    Result<Value> value = parse_value(f, grouped ? (at < lines.size() ? lines[at] : "") : text);
    at++;
    if (value.ok()) out.push_back({f.index, value.take()});
  }
  return out;
}

static std::string shown_register(App& app, const Entity& entity, const std::vector<FieldValue>& values) {
  std::string out;
  for (const FieldValue& v : values) {
    const FieldDef& f = entity.fields[v.field];
    const std::string text = f.kind == Kind::instant && !is_empty(v.value) ? shown_day_and_time(as_int(v.value), app.zone_minutes_at(as_int(v.value))) : shown_value(app.ws, f, v.value);
    if (!text.empty()) out += (out.empty() ? "" : ", ") + text;
  }
  return out.empty() ? tr("(empty)") : out;
}

static std::string register_label(const Entity& entity, const std::string& key) {
  if (key == "life") return tr("Deleted and changed");
  if (const FieldDef* f = entity.find(key)) return field_label(*f);
  return key == "address" ? tr("Address") : tr("Due");
}

/// Puts the value that lost back: an ordinary edit that has seen the one that won.
static void use_lost(App& app, const Record& c, const Entity& entity) {
  Edit edit;
  if (c.text(conflict.field) == "life") {
    const bool restore = c.text(conflict.lost) == "live";
    if (restore) edit.restore(entity, as_id(c[conflict.record]));
    else edit.trash(entity, as_id(c[conflict.record]));
    edit.set(conflict, c.id, conflict.resolved, int64_t{1});
    return app.commit(edit, tr(restore ? "{} restored" : "{} moved to the trash", app.ws.title(entity, as_id(c[conflict.record]))));
  }
  const Result<Id> root = app.ws.root(as_id(c[conflict.record]));
  if (!root.ok()) return app.say(root.error());
  for (FieldValue& v : register_values(entity, c.text(conflict.field), c.text(conflict.lost))) edit.set(entity, *root, v.field, std::move(v.value));
  edit.set(conflict, c.id, conflict.resolved, int64_t{1});
  app.commit(edit, tr("Your value is used again"));
}

static void conflict_card(App& app, const Record& c) {
  Kit& kit = app.kit;
  const Entity* entity = entity_named(app, c.text(conflict.entity));
  if (!entity) return;
  kit.push_scope(c.id.text(), Role::group, tr("Conflict"));
  const bool life = c.text(conflict.field) == "life";
  const std::string field = register_label(*entity, c.text(conflict.field));
  const std::string title = app.ws.title(*entity, as_id(c[conflict.record]));
  kit.space_down(space::m);
  const Rect top = kit.take(space::target);
  const std::string address = base_of(*entity) + "/" + as_id(c[conflict.record]).text();
  const bool edits = !life && entity_at(base_of(*entity).substr(1));  // Neither the one nor the other: something third.
  const Rect pencil{top.x + top.w - space::target, top.y, space::target, space::target}, words{top.x, top.y, top.w - (edits ? space::target : 0), top.h};
  kit.write(words, title + " · " + field, type_body_strong, kit.colours().text);
  kit.icon_link(words, "open", tr("Open {}", title + " · " + field), Icon::none, address);
  if (edits) kit.icon_link(pencil, "edit", tr("Edit {}", title + " · " + field), Icon::edit, address + "/edit?settles=" + c.id.text());
  auto side = [&](const char* label, Field value, Field by, Field at, const std::string& more) {
    const std::string who = app.ws.title(member, as_id(c[by]));
    kit.paragraph(tr(label) + (who.empty() ? "" : " · " + who) + " · " + shown_moment(as_int(c[at]), app.now(), app.around.zone_minutes) + (more.empty() ? "" : " · " + more),
                  type_secondary, kit.colours().text2);
    kit.paragraph(life ? tr(c.text(value) == "trashed" ? "Moved to the trash" : value.index == conflict.kept.index ? "Changed or restored" : "Changed, not knowing that it was deleted")
                       : shown_register(app, *entity, register_values(*entity, c.text(conflict.field), c.text(value))));
    kit.space_down(space::s);
  };
  side("Kept", conflict.kept, conflict.kept_by, conflict.kept_at, c.text(conflict.kept_device));
  if (c.text(conflict.reason) == "merged") kit.paragraph(tr("Changed in a record that had been merged into this one."), type_secondary, kit.colours().text2);
  side("Overruled", conflict.lost, conflict.lost_by, conflict.lost_at, c.text(conflict.lost_device));
  kit.begin_line(space::target, {0, 0});
  if (kit.button_in(kit.cell(), "keep", life && c.text(conflict.kept) == "trashed" ? tr("Leave it in the trash") : tr("Keep as it is"), ButtonStyle::tonal)) {
    Edit edit;
    edit.set(conflict, c.id, conflict.resolved, int64_t{1});
    app.commit(edit, tr("Conflict settled"));
  }
  if (kit.button_in(kit.cell(), "use", life ? tr(c.text(conflict.lost) == "live" ? "Restore" : "Move to the trash") : tr("Use the other"), ButtonStyle::primary)) use_lost(app, c, *entity);
  kit.end_line();
  kit.space_down(space::m);
  kit.divider();
  kit.pop_scope();
}

/// The bytes of a photo whose record the server refused are on this device alone.
static void save_refused_file(App& app, const RejectedEdit& e) {
  const Result<std::vector<BlobKey>> unsent = app.blobs.to_send();
  if (!unsent.ok()) return;
  for (const BlobKey& key : *unsent) {
    if (!(key.record == e.record)) continue;
    if (!app.kit.button_in(app.kit.cell(), "save_file", tr("Save the file"), ButtonStyle::tonal, Icon::download)) return;
    const std::string added = tr("{} added", std::string());
    const Result<std::string> bytes = app.blobs.whole(key);
    if (!bytes.ok()) return app.say(bytes.error());
    return app.platform.save_file(e.label.ends_with(added) ? e.label.substr(0, e.label.size() - added.size()) : "photo.jpg", "application/octet-stream", *bytes);
  }
}

void draw_sync(App& app, Rect r) {
  Kit& kit = app.kit;
  const Rect body = draw_bar(app, r, tr("Sync"), "/more");
  kit.begin_scroll("body", body, tr("Sync"));
  kit.narrow(space::form_width + 120);
  kit.space_down(space::l);
  const SyncLine line = sync_line(app);
  kit.banner("state", app.session.trouble() == SyncTrouble::none ? line.text : tr(app.session.trouble_text()), line.icon,
             line.trouble ? kit.colours().danger : line.icon == Icon::check ? kit.colours().success : kit.colours().warning);
  draw_clock_warning(app);
  draw_eviction_warning(app);
  const Result<int64_t> at = app.replica.synced_at();
  if (at.ok() && *at) kit.paragraph(tr("Complete, as far as you may see it, as of {}", shown_moment(*at, app.now(), app.around.zone_minutes)), type_secondary, kit.colours().text2);
  kit.space_down(space::m);
  kit.begin_line(space::target, {0, 0});
  if (app.session.trouble() == SyncTrouble::signed_out) {
    if (kit.button_in(kit.cell(), "sign_in", tr("Sign in again"), ButtonStyle::primary, Icon::user)) app.platform.tell("{\"t\":\"signed_out\"}");
  } else if (kit.button_in(kit.cell(), "now", tr("Sync now"), ButtonStyle::primary, Icon::sync)) {
    app.sync_soon();
  }
  const bool locked = app.locked();
  if (!locked && kit.button_in(kit.cell(), "save", tr("Save unsent"), ButtonStyle::tonal, Icon::download)) {
    Result<std::string> file = app.replica.export_outbox();
    if (file.ok()) app.platform.save_file("holdfast-unsent.json", "application/json", *file);
    else app.say(file.error());
  }
  kit.end_line();
  if (locked) {  // What follows is data.
    kit.space_down(space::m);
    kit.paragraph(tr("This device has not synced for longer than your workspace allows. Connect to go on; what you changed is kept."));
    return kit.end_scroll();
  }

  const Result<std::vector<RejectedEdit>> rejected = app.replica.rejected();
  if (rejected.ok() && !rejected->empty()) {
    kit.section(tr("Refused by the server"));
    kit.push_scope("rejected");
    for (const RejectedEdit& e : *rejected) {
      kit.push_scope(std::to_string(e.op_no), Role::group, tr(e.label));
      kit.space_down(space::s);
      kit.paragraph(tr(e.label) + " · " + shown_moment(e.at_ms, app.now(), app.around.zone_minutes), type_body_strong);
      kit.paragraph(tr(e.reason), type_secondary, kit.colours().danger);
      const Entity* entity = entity_named(app, e.entity);
      kit.begin_line(space::target, {0, 0});
      const Rect open = entity == &attachment ? Rect{} : kit.cell();
      const auto there = entity ? app.ws.get(*entity, e.record) : Result<std::optional<Record>>(std::nullopt);  // Not one whose making was refused.
      if (there.ok() && *there && entity_at(base_of(*entity).substr(1))) kit.link_in(open, "open", tr("Open the record"), base_of(*entity) + "/" + e.record.text(), ButtonStyle::tonal);
      if (entity == &attachment) save_refused_file(app, e);
      if (kit.button_in(kit.cell(), "dismiss", tr("Dismiss"), ButtonStyle::plain, Icon::close))
        if (Status s = app.replica.dismiss_rejected(e.op_no); !s.ok()) app.say(s.error());
      kit.end_line();
      kit.divider();
      kit.pop_scope();
    }
    kit.pop_scope();
  }

  kit.section(tr("Changed by two people at once"));
  Query open;
  open.where.push_back({conflict.resolved.index, Compare::eq, int64_t{0}});
  open.descending = true;
  open.limit = 50;
  const Result<std::vector<Record>> conflicts = app.ws.list(conflict, open);
  kit.push_scope("conflicts");
  if (conflicts.ok())
    for (const Record& c : *conflicts) conflict_card(app, c);
  kit.pop_scope();
  if (const Result<int64_t> all = app.ws.count(conflict, open); conflicts.ok() && all.ok() && *all > static_cast<int64_t>(conflicts->size()))
    kit.paragraph(tr("{} more follow when these are settled.", std::to_string(*all - static_cast<int64_t>(conflicts->size()))), type_secondary, kit.colours().text2);
  if (!conflicts.ok() || conflicts->empty()) kit.paragraph(tr("Nothing to settle. When two people change the same field, the later change stands and the other is kept here."), type_secondary, kit.colours().text2);

  kit.section(tr("Waiting to be sent"));
  const Result<std::vector<OutboxEntry>> waiting = app.replica.outbox().after(0, 100);
  kit.push_scope("waiting", Role::list, tr("Waiting to be sent"));
  if (waiting.ok())
    for (size_t i = 0; i < waiting->size(); i++) {
      const OutboxEntry& e = (*waiting)[i];
      const Rect item = kit.take(36);
      SemanticNode& n = kit.node(std::to_string(e.op_no), Role::listitem, tr(e.label), item);
      n.position = static_cast<int>(i) + 1;
      n.size = static_cast<int>(waiting->size());
      kit.write({item.x, item.y, item.w - 100, item.h}, tr(e.label), type_body, kit.colours().text);
      n.description = shown_moment(e.at_ms, app.now(), app.around.zone_minutes);
      kit.write({item.x + item.w - 100, item.y, 100, item.h}, shown_moment(e.at_ms, app.now(), app.around.zone_minutes), type_secondary, kit.colours().text2, 1);
    }
  if (const Result<int64_t> all = app.replica.outbox().count(); waiting.ok() && all.ok() && *all > static_cast<int64_t>(waiting->size())) {
    const std::string more = tr("and {} more", std::to_string(*all - static_cast<int64_t>(waiting->size())));
    const Rect item = kit.take(36);
    kit.node("more", Role::listitem, more, item);
    kit.write(item, more, type_secondary, kit.colours().text2);
  }
  const Result<std::vector<BlobKey>> unsent = app.blobs.to_send();
  if (unsent.ok())
    for (const BlobKey& key : *unsent) {
      const Rect item = kit.take(36);
      const std::string of = app.ws.title(attachment, key.record);
      const std::string name = of.empty() ? tr("A photo or file of a record you can no longer see") : tr("Photo or file: {}", of);
      kit.node(key.text(), Role::listitem, name, item);
      kit.write(item, name, type_body, kit.colours().text);
    }
  kit.pop_scope();
  if (waiting.ok() && waiting->empty() && unsent.ok() && unsent->empty()) kit.paragraph(tr("Nothing. Everything you changed is on the server."), type_secondary, kit.colours().text2);
  draw_self_check(app);
  kit.space_down(96);
  kit.end_scroll();
}

}  // namespace holdfast
