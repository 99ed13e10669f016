#include "client/kit/kit.h"

#include <imgui.h>
#include <imgui_internal.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace holdfast {

static ImU32 imgui_colour(Colour c) { return IM_COL32(c >> 16 & 255, c >> 8 & 255, c & 255, 255); }

// ---- what the page told

std::optional<std::string> Kit::take_visit() {
  if (told_.empty() || told_.front().what != Told::visit) return std::nullopt;
  std::string url = std::move(told_.front().text);
  told_.pop_front();
  return url;
}

bool Kit::visit_waiting() const {
  return std::any_of(told_.begin(), told_.end(), [](const Told& t) { return t.what == Told::visit; });
}

void Kit::take_told() {
  while (!told_.empty() && told_.front().what != Told::visit) {
    Told t = std::move(told_.front());
    told_.pop_front();
    if (t.what == Told::value) {
      // Of several in one frame the first says over what.
      values_.try_emplace(t.id, Written{{}, t.over}).first->second.text = std::move(t.text);
      continue;
    }
    if (t.what == Told::press) pressed_ = t.id, pressed_on_ = t.on;
    else dismissed_ = true;
    return;
  }
}

// ---- a frame

void Kit::begin(float w, float h, bool dark, bool rtl) {
  width_ = w;
  height_ = h;
  rtl_ = rtl;
  palette_ = dark ? &dark_palette : &light_palette;
  take_told();
  ImGui::NewFrame();
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize({w, h});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, imgui_colour(palette_->ground));
  ImGui::Begin("root", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoInputs);
  draw_ = ImGui::GetWindowDrawList();
  semantics_.begin();
  scopes_ = {0};
  parents_ = {0};
  columns_.clear();
  x_ = y_ = origin_x_ = origin_y_ = clip_top_ = 0;
  w_ = w;
  clip_bottom_ = h;
  scroller_ = 0;
  dialog_ = {};
}

std::string Kit::end() {
  ImGui::End();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
  ImGui::Render();
  pressed_ = 0;
  values_.clear();
  dismissed_ = false;
  return semantics_.changes();
}

uint32_t Kit::id_of(const std::string& key) const {
  const uint32_t id = XXH32(key.data(), key.size(), scopes_.back());
  return id ? id : 1;
}

SemanticNode& Kit::node(const std::string& key, Role role, const std::string& name, Rect rect) {
  SemanticNode n;
  n.id = id_of(key);
  n.parent = parents_.back();
  n.role = role;
  n.name = name;
  n.rect = scroller_ ? in_scroller(rect) : painted(rect);
  if (!scroller_) n.rect.x -= dialog_.x, n.rect.y -= dialog_.y;  // Its element is the place its children count from.
  n.radius = space::radius_field;
  return semantics_.add(std::move(n));
}

/// Screens lay out from start to end, with x growing from the start; here, and nowhere else, that becomes left or right.
Rect Kit::painted(Rect r) const {
  const float x = r.x + origin_x_;
  return {rtl_ ? width_ - x - r.w : x, r.y + origin_y_, r.w, r.h};
}

Rect Kit::in_scroller(Rect r) const { return {rtl_ ? scroller_w_ - r.x - r.w : r.x, r.y, r.w, r.h}; }
// ---- regions

void Kit::push_scope(const std::string& key, Role role, const std::string& name) {
  const uint32_t id = id_of(key);
  if (role != Role::none) node(key, role, name, {0, 0, 0, 0});
  scopes_.push_back(id);
  parents_.push_back(role == Role::none ? parents_.back() : id);
}
void Kit::pop_scope() {
  scopes_.pop_back();
  parents_.pop_back();
}

void Kit::begin_area(Rect r, float padding) {
  columns_.push_back({x_, y_, w_, origin_x_, origin_y_, clip_top_, clip_bottom_, scroller_});
  const Rect p = painted(r);
  draw_->PushClipRect({p.x, p.y}, {p.x + p.w, p.y + p.h}, true);
  x_ = r.x + padding;
  y_ = r.y + padding;
  w_ = r.w - 2 * padding;
}
void Kit::end_area() {
  draw_->PopClipRect();
  const Column& c = columns_.back();
  x_ = c.x, y_ = c.y, w_ = c.w, origin_x_ = c.origin_x, origin_y_ = c.origin_y, clip_top_ = c.clip_top, clip_bottom_ = c.clip_bottom, scroller_ = c.scroller;
  columns_.pop_back();
}

void Kit::begin_scroll(const std::string& key, Rect r, const std::string& name, Role role, float padding) {
  columns_.push_back({x_, y_, w_, origin_x_, origin_y_, clip_top_, clip_bottom_, scroller_});
  SemanticNode& n = node(key, role, name, r);
  const uint32_t id = n.id;
  scroller_node_ = semantics_.nodes().size() - 1;
  const Rect p = painted(r);
  draw_->PushClipRect({p.x, p.y}, {p.x + p.w, p.y + p.h}, true);
  const float top = scroll_.count(id) ? scroll_[id] : 0;
  scopes_.push_back(id);
  parents_.push_back(id);
  scroller_ = id;
  scroller_w_ = r.w;
  origin_x_ = r.x;
  origin_y_ = r.y - top;
  clip_top_ = top;
  clip_bottom_ = top + r.h;
  x_ = padding;
  y_ = 0;
  w_ = r.w - 2 * padding;
}

void Kit::end_scroll() {
  const_cast<SemanticNode&>(semantics_.nodes()[scroller_node_]).content_height = y_;
  pop_scope();
  end_area();
}

void Kit::scroll_to_top(const std::string& key) { scroll_[id_of(key)] = 0; }

void Kit::rows(int64_t count, float row_height, const std::function<void(int64_t)>& row) {
  // One screen more in each direction, so that a fast scroll finds its rows there already.
  const float visible = clip_bottom_ - clip_top_, start = y_;
  const int64_t first = std::max<int64_t>(0, static_cast<int64_t>((clip_top_ - visible - start) / row_height));
  const int64_t last = std::min<int64_t>(count, static_cast<int64_t>((clip_bottom_ + visible - start) / row_height) + 1);
  for (int64_t i = first; i < last; i++) {
    y_ = start + static_cast<float>(i) * row_height;
    row(i);
  }
  y_ = start + static_cast<float>(count) * row_height;
}

// ---- layout

Rect Kit::take(float h, float gap) {
  if (in_line_) return cell();
  const Rect r{x_, y_, w_, h};
  y_ += h + gap;
  return r;
}

void Kit::begin_line(float h, std::vector<float> widths, float gap) {
  float fixed = gap * static_cast<float>(widths.size() - 1);
  int shares = 0;
  for (float w : widths) {
    fixed += w;
    shares += w == 0;
  }
  for (float& w : widths)
    if (w == 0) w = std::max(0.f, (w_ - fixed) / static_cast<float>(shares));
  line_ = std::move(widths);
  line_at_ = 0;
  line_x_ = x_;
  line_y_ = y_;
  line_h_ = h;
  line_gap_ = gap;
  in_line_ = true;
}
Rect Kit::cell() {
  const float w = line_at_ < line_.size() ? line_[line_at_] : 0;
  const Rect r = {line_x_, line_y_, w, line_h_};
  line_x_ += w + line_gap_;
  line_at_++;
  return r;
}
void Kit::end_line() {
  in_line_ = false;
  y_ = line_y_ + line_h_;
}
void Kit::narrow(float most) {
  w_ = std::min(w_, most);
}

// ---- painting

void Kit::fill(Rect r, Colour c, float radius) {
  const Rect p = painted(r);
  draw_->AddRectFilled({p.x, p.y}, {p.x + p.w, p.y + p.h}, imgui_colour(c), radius);
}
void Kit::frame(Rect r, Colour c, float radius, float thickness) {
  const Rect p = painted(r);
  draw_->AddRect({p.x + .5f, p.y + .5f}, {p.x + p.w - .5f, p.y + p.h - .5f}, imgui_colour(c), radius, 0, thickness);
}

void Kit::write(Rect r, const std::string& utf8, const TypeStyle& style, Colour c, float align) {
  if (utf8.empty()) return;
  if (on_painted) on_painted(utf8);
  std::string s = text::shaped(utf8);
  ImFont* font = text::font(style.strong);
  float w = font->CalcTextSizeA(style.size, FLT_MAX, 0, s.data(), s.data() + s.size()).x;
  if (w > r.w + 0.5f) {  // Cut with an ellipsis.
    const float dots = font->CalcTextSizeA(style.size, FLT_MAX, 0, "…").x;
    const char* rest = nullptr;
    font->CalcTextSizeA(style.size, std::max(0.f, r.w - dots), 0, s.data(), s.data() + s.size(), &rest);
    s = std::string(static_cast<const char*>(s.data()), rest) + "…";
    w = font->CalcTextSizeA(style.size, FLT_MAX, 0, s.data(), s.data() + s.size()).x;
  }
  ImFontBaked* baked = font->GetFontBaked(style.size);
  const Rect p = painted(r);
  const float place = rtl_ ? 1 - align : align;
  const ImVec2 at(ImFloor(p.x + (p.w - w) * place), ImFloor(p.y + (p.h - (baked->Ascent - baked->Descent)) / 2));
  draw_->AddText(font, style.size, at, imgui_colour(c), s.data(), s.data() + s.size());
}

void Kit::draw_icon(Rect r, Icon icon, Colour c, float size) {
  if (icon == Icon::none) return;
  const Rect p = painted(r);
  const std::string s = text::icon(icon);
  const ImVec2 at(ImFloor(p.x + (p.w - size) / 2), ImFloor(p.y + (p.h - size) / 2));
  draw_->AddText(text::font(false), size, at, imgui_colour(c), s.data(), s.data() + s.size());
}

void Kit::avatar(Rect r, const std::string& initials) {
  const uint32_t hash = XXH32(initials.data(), initials.size(), 0);
  const Rect p = painted(r);
  draw_->AddCircleFilled({p.x + p.w / 2, p.y + p.h / 2}, p.w / 2, imgui_colour(avatar_colours[hash % (sizeof avatar_colours / sizeof *avatar_colours)]), 32);
  write(r, initials, r.w > 50 ? type_title : type_label, 0xFFFFFF, 0.5f);
}

float Kit::wrapped_height(const std::string& s, const TypeStyle& style, float w) const {
  const std::string shaped = text::shaped(s);
  ImFont* font = text::font(style.strong);
  int lines = 0;
  const char* at = shaped.data();
  const char* end = at + shaped.size();
  do {
    const char* cut = font->CalcWordWrapPosition(style.size, at, end, w);
    if (cut == at && at < end) cut++;
    at = cut;
    while (at < end && *at == ' ') at++;
    if (at < end && *at == '\n') at++;
    lines++;
  } while (at < end);
  return static_cast<float>(lines) * style.line;
}

// ---- text

void Kit::heading(const std::string& s, int level, const TypeStyle& style) {
  const Rect r = take(style.line);
  node("h:" + s, Role::heading, s, r).level = static_cast<uint8_t>(level);
  write(r, s, style, palette_->text);
}

void Kit::paragraph(const std::string& s, const TypeStyle& style, Colour c) {
  if (s.empty()) return;
  const Rect whole = take(wrapped_height(s, style, w_));
  node("p:" + s, Role::text, s, whole);
  write_wrapped(whole, s, style, c ? c : palette_->text);
}

void Kit::write_said(const std::string& key, Rect r, const std::string& s, const TypeStyle& style, Colour c) {
  if (!s.empty()) node(key, Role::text, s, r);
  write(r, s, style, c);
}

void Kit::write_wrapped(Rect r, const std::string& s, const TypeStyle& style, Colour c) {
  const std::string shaped = text::shaped(s);
  ImFont* font = text::font(style.strong);
  const char* at = shaped.data();
  const char* end = at + shaped.size();
  for (float y = r.y; at < end && y < r.y + r.h - 1; y += style.line) {
    const bool last = y + 2 * style.line > r.y + r.h + 1;
    const char* cut = last ? end : font->CalcWordWrapPosition(style.size, at, end, r.w);
    if (cut == at) cut++;
    // The last line of too small a place is cut with an ellipsis by write().
    if (y + style.line >= clip_top_ - style.line || !scroller_) write({r.x, y, r.w + (last ? 0 : 4), style.line}, std::string(at, cut), style, c);
    at = cut;
    while (at < end && *at == ' ') at++;
    if (at < end && *at == '\n') at++;
  }
}

void Kit::status(const std::string& key, const std::string& s, Colour c, Icon icon) {
  const Rect r = take(type_secondary.line);
  node(key, Role::status, s, r);
  const float shift = icon == Icon::none ? 0 : 24;
  if (shift) draw_icon({r.x, r.y, 20, r.h}, icon, c ? c : palette_->text2, 16);
  write({r.x + shift, r.y, r.w - shift, r.h}, s, type_secondary, c ? c : palette_->text2);
}

void Kit::divider() { fill(take(1), palette_->divider); }

void Kit::section(const std::string& title) {
  space_down(space::xl);
  heading(title, 2, type_section);
  space_down(space::s);
}

void Kit::empty_state(Icon icon, const std::string& sentence) {
  space_down(space::xxl);
  const Rect circle = take(72);
  const Rect round{circle.x + (circle.w - 72) / 2, circle.y, 72, 72};
  fill(round, palette_->surface2, 36);
  draw_icon(round, icon, palette_->text2, 30);
  space_down(space::l);
  const float w = std::min(w_, 420.f), x = x_, whole = w_;
  // Centred as a block, line by line.
  const Rect r = take(wrapped_height(sentence, type_body, w));
  node("empty", Role::text, sentence, r);
  const std::string s = text::shaped(sentence);
  ImFont* font = text::font(false);
  const char* at = s.data();
  const char* end = at + s.size();
  for (float y = r.y; at < end; y += type_body.line) {
    const char* cut = font->CalcWordWrapPosition(type_body.size, at, end, w);
    if (cut == at) cut++;
    write({x, y, whole, type_body.line}, std::string(at, cut), type_body, palette_->text2, 0.5f);
    at = cut;
    while (at < end && *at == ' ') at++;
  }
  space_down(space::l);
}

void Kit::banner(const std::string& key, const std::string& s, Icon icon, Colour c) {
  const float h = wrapped_height(s, type_secondary, w_ - 56) + 2 * space::m;
  const Rect r = take(h);
  fill(r, palette_->surface2, space::radius_card);
  draw_icon({r.x + space::m, r.y + space::m, 20, 20}, icon, c, 20);
  node(key, Role::status, s, r);
  const float x = x_, y = y_, w = w_;
  x_ = r.x + 44;
  w_ = r.w - 56;
  y_ = r.y + space::m;
  const std::string shaped = text::shaped(s);
  ImFont* font = text::font(false);
  const char* at = shaped.data();
  const char* end = at + shaped.size();
  while (at < end) {
    const char* cut = font->CalcWordWrapPosition(type_secondary.size, at, end, w_);
    if (cut == at) cut++;
    write({x_, y_, w_ + 4, type_secondary.line}, std::string(at, cut), type_secondary, palette_->text);
    y_ += type_secondary.line;
    at = cut;
    while (at < end && *at == ' ') at++;
  }
  x_ = x, y_ = y, w_ = w;
  space_down(space::s);
}

}  // namespace holdfast
