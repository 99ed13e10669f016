// Kit's controls: what can be pressed, typed into and chosen.

#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>

#include "client/kit/kit.h"
#include "client/kit/messages.h"

namespace holdfast {

static ImU32 imgui_colour(Colour c) { return IM_COL32(c >> 16 & 255, c >> 8 & 255, c & 255, 255); }

bool Kit::button_face(Rect r, uint32_t id, const std::string& label, ButtonStyle style, Icon icon, bool disabled) {
  Colour ground = palette_->primary, ink = palette_->on_primary;
  if (style == ButtonStyle::tonal) ground = palette_->container, ink = palette_->on_container;
  if (style == ButtonStyle::danger) ground = palette_->danger, ink = palette_->on_danger;
  if (style == ButtonStyle::plain) ink = palette_->primary;
  if (disabled) ground = palette_->surface2, ink = palette_->text3;
  if (style != ButtonStyle::plain) fill(r, ground, r.h / 2);
  const float w = text::width(type_label, label), both = w + (icon == Icon::none ? 0 : 26);
  const float x = r.x + std::max(space::s, (r.w - both) / 2);
  const float shift = icon == Icon::none ? 0 : 26;
  draw_icon({x, r.y, 18, r.h}, icon, ink, 18);
  write({x + shift, r.y, r.x + r.w - x - shift - 4, r.h}, label, type_label, ink);
  return !disabled && took(id);
}

bool Kit::button_in(Rect r, const std::string& key, const std::string& label, ButtonStyle style, Icon icon, bool disabled) {
  SemanticNode& n = node(key, Role::button, label, r);
  n.disabled = disabled;
  n.main = style == ButtonStyle::primary;
  n.radius = r.h / 2;
  return button_face(r, n.id, label, style, icon, disabled);
}

bool Kit::button(const std::string& key, const std::string& label, ButtonStyle style, Icon icon, bool disabled) {
  if (in_line_) return button_in(cell(), key, label, style, icon, disabled);
  const float w = std::min(w_, std::max(120.f, text::width(type_label, label) + 2 * space::xl + (icon == Icon::none ? 0 : 26)));
  const Rect whole = take(space::target);
  return button_in({whole.x, whole.y, w, whole.h}, key, label, style, icon, disabled);
}

bool Kit::icon_button(Rect r, const std::string& key, const std::string& name, Icon icon, Colour c) {
  SemanticNode& n = node(key, Role::button, name, r);
  n.radius = r.h / 2;
  draw_icon(r, icon, c ? c : palette_->text2);
  return took(n.id);
}

void Kit::icon_link(Rect r, const std::string& key, const std::string& name, Icon icon, const std::string& href, Colour c) {
  SemanticNode& n = node(key, Role::link, name, r);
  n.radius = r.h / 2;
  n.href = href;
  draw_icon(r, icon, c ? c : palette_->text2);
}

void Kit::link_in(Rect r, const std::string& key, const std::string& label, const std::string& href, ButtonStyle style, Icon icon) {
  SemanticNode& n = node(key, Role::link, label, r);
  n.href = href;
  n.radius = r.h / 2;
  button_face(r, n.id, label, style, icon, false);
}

/// What is pressed of a row, and coloured when it is the current one.
static Rect row_area(Rect r) { return {r.x - space::s, r.y + 2, r.w + 2 * space::s, r.h - 4}; }

void Kit::row_face(Rect r, const RowLook& look, float start) {
  if (look.current) fill(row_area(r), palette_->container, space::radius_card);
  float x = start;
  if (!look.initials.empty() || look.icon != Icon::none) {
    const Rect circle = {r.x + x, r.y + (r.h - 40) / 2, 40, 40};
    if (!look.initials.empty()) avatar(circle, look.initials);
    else {
      fill(circle, palette_->surface2, 20);
      draw_icon(circle, look.icon, palette_->text2, 20);
    }
    x += 40 + space::m;
  }
  const float meta = look.meta.empty() ? 0 : std::min(text::width(type_secondary, look.meta) + space::s, r.w * 0.4f);
  const bool two = !look.subtitle.empty();
  const float top = r.y + (r.h - (two ? 44 : 24)) / 2;
  const Rect title = {r.x + x, top, r.w - x - meta, 24};
  write(title, look.title, type_body_strong, look.struck ? palette_->text3 : look.current ? palette_->on_container : palette_->text);
  if (look.struck) fill({title.x, title.y + 12, std::min(title.w, text::width(type_body_strong, look.title)), 1}, palette_->text3);
  if (two) write({r.x + x, top + 24, r.w - x - meta, 20}, look.subtitle, type_secondary, look.current ? palette_->on_container : palette_->text2);
  if (meta > 0) write({r.x + r.w - meta, r.y, meta, r.h}, look.meta, type_secondary, look.meta_colour ? look.meta_colour : palette_->text2, 1);
}

static std::string row_name(const RowLook& look) {
  std::string name = look.title;
  for (const std::string* part : {&look.subtitle, &look.meta})
    if (!part->empty()) name += ", " + *part;
  return name;
}

void Kit::begin_item(const std::string& key, Rect r, int position, int size) {
  push_scope(key);
  SemanticNode& item = node("item", Role::listitem, {}, r);
  item.position = position;
  item.size = size;
  parents_.back() = item.id;
}

bool Kit::row(const std::string& key, const RowLook& look) {
  const Rect r = take(space::row);
  begin_item(key, r, look.position, look.size);
  SemanticNode& n = node("open", look.href.empty() ? Role::button : Role::link, row_name(look), row_area(r));
  n.href = look.href;
  n.current = look.current;
  n.radius = space::radius_card;
  const uint32_t id = n.id;
  end_item();
  row_face(r, look, 0);
  if (!look.current) fill({r.x + (look.initials.empty() && look.icon == Icon::none ? 0 : 52), r.y + r.h - 1, r.w - (look.initials.empty() && look.icon == Icon::none ? 0 : 52), 1}, palette_->divider);
  return took(id);
}

bool Kit::check_row(const std::string& key, const RowLook& look, bool checked) {
  const Rect r = take(space::row);
  begin_item(key, r, look.position, look.size);
  const Rect box = {r.x - space::m, r.y + (r.h - space::target) / 2, space::target, space::target};
  SemanticNode& mark = node("mark", Role::checkbox, look.title, box);
  mark.checked = checked;
  mark.radius = space::target / 2;
  const uint32_t mark_id = mark.id;
  if (!look.href.empty()) {
    const Rect rest = {r.x + space::target - space::m, r.y, r.w - space::target + space::m, r.h};
    SemanticNode& n = node("open", Role::link, row_name(look), rest);
    n.href = look.href;
  }
  pop_scope();
  draw_icon(box, checked ? Icon::check : Icon::circle, checked ? palette_->success : palette_->outline, 24);
  row_face(r, look, space::target - space::m + space::xs);
  fill({r.x + space::target - space::m, r.y + r.h - 1, r.w - space::target + space::m, 1}, palette_->divider);
  return switched(mark_id, checked);
}

float Kit::chip_width(const std::string& label) { return text::width(type_label, label) + 2 * space::l; }

bool Kit::chip(Rect r, const std::string& key, const std::string& label, bool selected, const std::string& name) {
  SemanticNode& n = node(key, Role::button, name.empty() ? label : name, r);
  n.current = selected;
  n.radius = r.h / 2;
  const Rect face{r.x, r.y + (r.h - 34) / 2, r.w, 34};
  if (selected) fill(face, palette_->container, 17);
  else frame(face, palette_->outline, 17);
  write(face, label, type_label, selected ? palette_->on_container : palette_->text2, 0.5f);
  return took(n.id);
}

// ---- fields

bool Kit::field(const std::string& key, const std::string& label, std::string& value, const FieldLook& look) {
  const float box_h = look.multiline ? 132 : space::field;
  const Rect caption = take(type_label.line, space::xs);
  const Rect box = take(box_h);
  const Role role = look.multiline ? Role::textarea : !look.options.empty() ? Role::select : look.date ? Role::date : Role::textbox;
  SemanticNode& n = node(key, role, label, box);
  const uint32_t id = n.id;
  bool changed = false;
  if (const auto found = values_.find(id); found != values_.end()) {
    changed = found->second.text != value;
    value = found->second.text;
    written_over_ = found->second.over;
  }
  n.value = value;
  n.input = look.input;
  n.autocomplete = look.autocomplete;
  n.required = look.required;
  n.invalid = !look.error.empty();
  n.description = look.error.empty() ? look.hint : look.error;
  n.options = look.options;

  write(caption, look.required ? label + " *" : label, type_label, look.error.empty() ? palette_->text2 : palette_->danger);
  if (look.pending) {
    const Rect dot = painted({caption.x + caption.w - 10, caption.y + 6, 8, 8});
    draw_->AddCircleFilled({dot.x + 4, dot.y + 4}, 4, imgui_colour(palette_->warning));
  }
  fill(box, palette_->surface, space::radius_field);
  const bool editing = editing_ == id && role != Role::select;
  frame(box, !look.error.empty() ? palette_->danger : editing ? palette_->primary : palette_->outline, space::radius_field, editing || !look.error.empty() ? 2 : 1);
  if (!editing) {
    std::string shown = look.shown.empty() ? value : look.shown;
    for (const auto& [option, option_label] : look.options)
      if (option == value) shown = option_label;
    const Rect inside{box.x + space::m, box.y, box.w - 2 * space::m - (look.options.empty() && !look.date ? 0 : 24), box.h};
    if (look.multiline) {
      float y = box.y + space::m;
      const std::string s = text::shaped(shown);
      ImFont* font = text::font(false);
      const char* at = s.data();
      const char* end = at + s.size();
      while (at < end && y + type_body.line <= box.y + box.h) {
        const char* cut = font->CalcWordWrapPosition(type_body.size, at, end, inside.w);
        if (cut == at && *at != '\n') cut++;
        write({inside.x, y, inside.w + 4, type_body.line}, std::string(at, cut), type_body, palette_->text);
        at = cut;
        while (at < end && *at == ' ') at++;
        if (at < end && *at == '\n') at++;
        y += type_body.line;
      }
    } else {
      write(inside, shown, type_body, palette_->text);
    }
    if (!look.options.empty()) draw_icon({box.x + box.w - 36, box.y, 24, box.h}, Icon::chevron, palette_->text2, 18);
    if (look.date) draw_icon({box.x + box.w - 36, box.y, 24, box.h}, Icon::calendar, palette_->text2, 18);
  }
  if (!n.description.empty()) {
    // `n` may have moved: its description was copied from `look`.
    const std::string& below = look.error.empty() ? look.hint : look.error;
    space_down(space::xs);
    static constexpr TypeStyle small = {12, 16, false};
    write_wrapped(take(wrapped_height(below, small, w_)), below, small, look.error.empty() ? palette_->text3 : palette_->danger);
  }
  space_down(space::m);
  return changed;
}

bool Kit::search_field(Rect r, const std::string& key, const std::string& label, std::string& value) {
  SemanticNode& n = node(key, Role::searchbox, label, r);
  const uint32_t id = n.id;
  n.radius = r.h / 2;
  bool changed = false;
  if (const auto found = values_.find(id); found != values_.end()) {
    changed = found->second.text != value;
    value = found->second.text;
  }
  n.value = value;
  fill(r, palette_->surface2, r.h / 2);
  draw_icon({r.x + space::m, r.y, 22, r.h}, Icon::search, palette_->text2, 18);
  if (editing_ != id) write({r.x + 44, r.y, r.w - 56, r.h}, value.empty() ? label : value, type_body, value.empty() ? palette_->text2 : palette_->text);
  return changed;
}

bool Kit::toggle(const std::string& key, const std::string& label, bool& value) {
  const Rect r = take(space::target);
  SemanticNode& n = node(key, Role::checkbox, label, r);
  const uint32_t id = n.id;
  const bool pressed = switched(id, value);
  if (pressed) value = !value;
  n.checked = value;
  write({r.x, r.y, r.w - 60, r.h}, label, type_body, palette_->text);
  const Rect track = {r.x + r.w - 48, r.y + (r.h - 28) / 2, 48, 28};
  fill(track, value ? palette_->primary : palette_->surface2, 14);
  if (!value) frame(track, palette_->outline, 14, 2);
  const Rect p = painted(track);
  const bool at_end = value != rtl_;
  draw_->AddCircleFilled({p.x + (at_end ? p.w - 14 : 14), p.y + 14}, value ? 10.f : 8.f, imgui_colour(value ? palette_->on_primary : palette_->outline), 24);
  return pressed;
}

void Kit::file_button(const std::string& key, const std::string& label, const std::string& accept) {
  const float w = std::min(w_, std::max(160.f, text::width(type_label, label) + 2 * space::xl + 26));
  const Rect whole = take(space::target);
  const Rect r = {whole.x, whole.y, w, whole.h};
  SemanticNode& n = node(key, Role::file, label, r);
  n.value = accept;
  n.radius = r.h / 2;
  button_face(r, n.id, label, ButtonStyle::primary, Icon::upload, false);
}

void Kit::file_button_in(Rect r, const std::string& key, const std::string& label, const std::string& accept, const std::string& use, const std::string& to, ButtonStyle style, Icon icon) {
  SemanticNode& n = node(key, Role::file, label, r);
  n.value = accept;
  n.input = use;
  n.href = to;
  n.radius = r.h / 2;
  button_face(r, n.id, label, style, icon, false);
}

void Kit::photo(const std::string& key, const std::string& name, const std::string& photo, float height) {
  const Rect r = take(height, space::s);
  fill(r, palette_->surface2, space::s);
  if (photo.empty()) draw_icon(r, Icon::camera, palette_->text3, 40);
  SemanticNode& n = node(key, Role::image, name, r);
  n.value = photo;
  n.radius = space::s;
}

void Kit::progress(const std::string& key, const std::string& label, double fraction) {
  const Rect words = take(type_secondary.line, space::xs);
  const Rect bar = take(8, space::s);
  const int percent = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * 100);
  node(key, Role::progressbar, label, bar).value = std::to_string(percent);
  write(words, label, type_secondary, palette_->text2);
  fill(bar, palette_->surface2, 4);
  fill({bar.x, bar.y, bar.w * static_cast<float>(percent) / 100, bar.h}, palette_->primary, 4);
}

void Kit::nav_item(Rect r, const std::string& key, const std::string& label, Icon icon, const std::string& href, bool current, bool beside, int badge) {
  SemanticNode& n = node(key, Role::link, label, r);
  n.href = href;
  n.current = current;
  n.radius = beside ? r.h / 2 : space::radius_card;
  const Colour ink = current ? palette_->on_container : palette_->text2;
  if (beside) {
    if (current) fill(r, palette_->container, r.h / 2);
    draw_icon({r.x + space::l, r.y, 22, r.h}, icon, ink);
    write({r.x + space::l + 34, r.y, r.w - space::l - 34 - 30, r.h}, label, type_label, ink);
  } else {
    if (current) fill({r.x + (r.w - 60) / 2, r.y + 6, 60, 30}, palette_->container, 15);
    draw_icon({r.x, r.y + 6, r.w, 30}, icon, ink);
    write({r.x + 2, r.y + 38, r.w - 4, 18}, label, type_caption, current ? palette_->text : palette_->text2, 0.5f);
  }
  if (badge > 0) {
    const std::string number = badge > 99 ? "99+" : std::to_string(badge);
    const float w = std::max(20.f, text::width(type_caption, number) + 10);
    const Rect b = beside ? Rect{r.x + r.w - w - space::m, r.y + (r.h - 20) / 2, w, 20} : Rect{r.x + r.w / 2 + 6, r.y + 2, w, 20};
    fill(b, palette_->danger, 10);
    write(b, number, type_caption, palette_->on_danger, 0.5f);
  }
}

// ---- over everything

void Kit::begin_dialog(const std::string& key, const std::string& title, float h) {
  const float w = std::min(width_ - 2 * space::l, 460.f);
  const Rect r{(width_ - w) / 2, std::max(space::l, (height_ - h) / 2), w, h};
  draw_->AddRectFilled({0, 0}, {width_, height_}, IM_COL32(0, 0, 0, 140));
  fill(r, palette_->surface, space::radius_sheet);
  node(key, Role::dialog, title, r);
  scopes_.push_back(id_of(key));
  parents_.push_back(scopes_.back());
  begin_area(r, space::xl);
  dialog_ = painted(r);
  heading(title, 2, type_title);
  space_down(space::m);
}
void Kit::end_dialog() {
  end_area();
  pop_scope();
  dialog_ = {};
}

bool Kit::snackbar(const std::string& message, const std::string& action, float bottom) {
  const float w = std::min(width_ - 2 * space::l, 520.f);
  const Rect r{(width_ - w) / 2, height_ - bottom - 60, w, 52};
  fill(r, palette_->snackbar, space::radius_card);
  push_scope("snackbar");
  node("message", Role::status, message, r);
  const float aw = action.empty() ? 0 : text::width(type_label, action) + 2 * space::l;
  write({r.x + space::l, r.y, r.w - 2 * space::l - aw, r.h}, message, type_secondary, palette_->on_snackbar);
  bool pressed = false;
  if (!action.empty()) {
    const Rect b = {r.x + r.w - aw - space::xs, r.y + 2, aw, 48};
    SemanticNode& n = node("action", Role::button, action, b);
    n.radius = 24;
    write(b, action, type_label, palette_->snackbar_action, 0.5f);
    pressed = took(n.id);
  }
  pop_scope();
  return pressed;
}

}  // namespace holdfast
