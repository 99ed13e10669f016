#pragma once
// Every screen: a function that draws itself into a rectangle. What they decide about data stands in the models.

#include "client/shell/app.h"

namespace holdfast {

void draw_today(App&, Rect);
void draw_list(App&, Rect, const Entity&, RecordList&, const std::string& selected);
void draw_detail(App&, Rect, const Entity&, const Id&, bool alone);
void draw_form(App&, Rect, const Entity&, const Id&);
void draw_more(App&, Rect);
void draw_import(App&, Rect);
void draw_trash(App&, Rect);
void draw_sync(App&, Rect);
void draw_members(App&, Rect);
void draw_settings(App&, Rect);
void draw_devices(App&, Rect);
void draw_teams(App&, Rect);
/// Who sees a person or company.
void draw_access(App&, Rect, const Entity&, const Id&);
void draw_export(App&, Rect);

/// The title bar of a screen; returns what is left of the rectangle. `back` empty: none.
Rect draw_bar(App&, Rect, const std::string& title, const std::string& back);
/// "/people", "/companies" …: where an entity's records live.
std::string base_of(const Entity&);
const Entity* entity_at(const std::string& base);
/// "New person", "Edit task" …
std::string form_title(const Entity&, bool is_new);
/// What a ref field can be set to: "None", the present one, then records of its target by name; where there are too many to
/// choose from, those found by `words`.
std::vector<std::pair<std::string, std::string>> ref_options(App&, const FieldDef&, const std::string& now, const std::string& words);
/// The photos and files of an activity, person or company, and adding more.
void draw_attachments(App&, const Record&);
/// Makes a person or company and another one the same.
void draw_merge(App&, Rect, const Entity&, const Id&);
/// What was merged into a record, each with a way back.
void draw_merged_parts(App&, const Entity&, const Id&);
/// Who sees a person or company, in a few words.
std::string access_line(App&, const Record&);
/// One line about sync: text, icon and colour.
struct SyncLine {
  std::string text;
  Icon icon;
  bool trouble;
};
SyncLine sync_line(App&);
/// A banner while this device's clock is wrong. Nothing else changes: sync corrects for it.
void draw_clock_warning(App&);
/// A banner after an import that was cut off.
void draw_cut_off_import(App&);
/// A banner while the browser may drop data that is nowhere else.
void draw_eviction_warning(App&);
/// A button that has this device's data checked, and what came of it.
void draw_self_check(App&);

}  // namespace holdfast
