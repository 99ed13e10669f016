#pragma once
// The widgets. Each draws itself with ImGui's draw list, adds its node to the semantics, and answers what the person did.
//
// Immediate: a screen is a function that calls these in reading order, every frame. Positions flow down a column;
// start and end follow the direction of the language. The only user of ImGui besides text.cpp and the backends.

#include <deque>
#include <functional>
#include <optional>

#include "client/kit/semantics.h"
#include "client/kit/text.h"
#include "client/kit/tokens.h"

struct ImDrawList;

namespace holdfast {

enum class ButtonStyle : uint8_t { primary, tonal, plain, danger };

struct FieldLook {
  std::string error, hint;
  std::string shown;                 ///< How the value reads while it is not edited; empty: as it is.
  const char* input = "text";        ///< "tel", "email", "url", "password", "search" or "decimal".
  std::string autocomplete;
  bool required = false, multiline = false, pending = false;
  std::vector<std::pair<std::string, std::string>> options;  ///< Not empty: a choice.
  bool date = false;
};

struct RowLook {
  std::string title, subtitle, meta, href;
  std::string initials;      ///< A circle with letters; else `icon`.
  Icon icon = Icon::none;
  Colour meta_colour = 0;    ///< 0: the usual.
  bool current = false, struck = false;
  int position = 0, size = 0;
};

class Kit {
 public:
  // ---- a frame
  void begin(float width, float height, bool dark, bool rtl);
  /// Changes for the page; empty when there are none.
  std::string end();
  float width() const { return width_; }
  float height() const { return height_; }
  const Palette& colours() const { return *palette_; }

  // ---- what the page told
  // What a person did is meant for the screen as it then was, and taken in the order it was done: a frame takes what was
  // typed up to the first press, dismissal or visit, and what comes after waits for the next frame.
  /// `on`: of what is switched, how it shall be.
  void on_activate(uint32_t id, std::optional<bool> on = {}) { told_.push_back({Told::press, id, {}, 0, on}); }
  /// `over`: the number of the changes that brought what the element held before, see Semantics::told.
  void on_value(uint32_t id, std::string value, uint64_t over = UINT64_MAX) { told_.push_back({Told::value, id, std::move(value), over}); }
  void on_dismiss() { told_.push_back({Told::dismissal, 0, {}}); }
  void on_visit(std::string url) { told_.push_back({Told::visit, 0, std::move(url)}); }
  void on_scroll(uint32_t id, float y) { scroll_[id] = y; }
  void on_edit(uint32_t id) { editing_ = id; }  ///< The input being edited; 0 for none.
  /// Before a frame: where the person has gone to, when nothing done before waits.
  std::optional<std::string> take_visit();
  bool waiting() const { return !told_.empty(); }
  bool visit_waiting() const;

  // ---- regions
  /// Everything until pop_scope belongs to the node `role`, and keys are relative to `key`.
  void push_scope(const std::string& key, Role role = Role::none, const std::string& name = {});
  void pop_scope();
  /// A column with its own place; it does not scroll.
  void begin_area(Rect, float padding = 0);
  void end_area();
  /// A scrolling column. `name` is for assistive technology.
  void begin_scroll(const std::string& key, Rect, const std::string& name, Role role = Role::region, float padding = space::l);
  void end_scroll();
  void scroll_to_top(const std::string& key);
  /// Calls `row` for each of `count` rows of equal height that is near the visible part. `total` ≥ count is announced.
  void rows(int64_t count, float row_height, const std::function<void(int64_t)>& row);

  // ---- layout inside a column
  void space_down(float h) { y_ += h; }
  float column_width() const { return w_; }
  Rect take(float h, float gap = 0);     ///< The next h of the column.
  float y() const { return y_; }
  /// Puts the next widgets beside each other at fixed widths, start to end; 0 shares what is left.
  void begin_line(float h, std::vector<float> widths, float gap = space::s);
  Rect cell();
  void end_line();
  void narrow(float width_max);          ///< The column gets no wider than this.

  // ---- text
  void heading(const std::string&, int level, const TypeStyle& = type_title);
  void paragraph(const std::string&, const TypeStyle& = type_body, Colour colour = 0);
  void status(const std::string& key, const std::string&, Colour colour = 0, Icon = Icon::none);
  void divider();
  void section(const std::string& title);
  void empty_state(Icon, const std::string& sentence);
  void banner(const std::string& key, const std::string&, Icon, Colour);

  // ---- controls
  bool button(const std::string& key, const std::string& label, ButtonStyle = ButtonStyle::primary, Icon = Icon::none, bool disabled = false);
  bool button_in(Rect, const std::string& key, const std::string& label, ButtonStyle, Icon = Icon::none, bool disabled = false);
  bool icon_button(Rect, const std::string& key, const std::string& name, Icon, Colour colour = 0);
  void link_in(Rect, const std::string& key, const std::string& label, const std::string& href, ButtonStyle, Icon = Icon::none);
  void icon_link(Rect, const std::string& key, const std::string& name, Icon, const std::string& href, Colour colour = 0);
  /// What follows until end_item is one item of the list around it.
  void begin_item(const std::string& key, Rect, int position = 0, int size = 0);
  void end_item() { pop_scope(); }
  bool row(const std::string& key, const RowLook&);
  /// A row of something that has a check mark at its start. True when the mark was changed.
  bool check_row(const std::string& key, const RowLook&, bool checked);
  /// `name`: what is read out, where the label alone would not say what it does. It has the words of the label.
  bool chip(Rect, const std::string& key, const std::string& label, bool selected, const std::string& name = {});
  static float chip_width(const std::string& label);
  /// True when the text changed.
  bool field(const std::string& key, const std::string& label, std::string& value, const FieldLook& = {});
  /// Over which changes' value the last field was changed.
  uint64_t written_over() const { return written_over_; }
  bool search_field(Rect, const std::string& key, const std::string& label, std::string& value);
  bool toggle(const std::string& key, const std::string& label, bool& value);
  void file_button(const std::string& key, const std::string& label, const std::string& accept);
  /// `use`: "camera" or "attach", for a file that belongs to the record at the address `to`.
  void file_button_in(Rect, const std::string& key, const std::string& label, const std::string& accept, const std::string& use, const std::string& to, ButtonStyle, Icon);
  /// The page shows it in this place; until its bytes are here, a placeholder.
  void photo(const std::string& key, const std::string& name, const std::string& photo, float height);
  void progress(const std::string& key, const std::string& label, double fraction);
  void nav_item(Rect, const std::string& key, const std::string& label, Icon, const std::string& href, bool current, bool beside, int badge = 0);

  // ---- over everything
  void begin_dialog(const std::string& key, const std::string& title, float height);
  void end_dialog();
  bool dismissed() const { return dismissed_; }
  /// True when the action was taken.
  bool snackbar(const std::string& message, const std::string& action, float bottom);

  // ---- painting
  void fill(Rect, Colour, float radius = 0);
  void frame(Rect, Colour, float radius, float thickness = 1);
  void write(Rect, const std::string&, const TypeStyle&, Colour, float align = 0);  ///< One line, cut with …; align 0 start, 0.5 middle, 1 end.
  /// The same, and told to whoever listens: for a line that is not the name of something else.
  void write_said(const std::string& key, Rect, const std::string&, const TypeStyle&, Colour);
  void write_wrapped(Rect, const std::string&, const TypeStyle&, Colour);  ///< As many lines as fit.
  void draw_icon(Rect, Icon, Colour, float size = 22);
  void avatar(Rect, const std::string& initials);

  Semantics& semantics() { return semantics_; }
  /// Told every text that is painted: tests see to it that each is said by the semantics too.
  std::function<void(const std::string&)> on_painted;
  uint32_t id_of(const std::string& key) const;
  SemanticNode& node(const std::string& key, Role, const std::string& name, Rect);

 private:
  struct Column {
    float x, y, w, origin_x, origin_y, clip_top, clip_bottom;
    uint32_t scroller;
  };
  Rect painted(Rect) const;
  Rect in_scroller(Rect) const;
  bool took(uint32_t id) const { return pressed_ == id; }
  /// A switch that stands at `now` was pressed, and shall stand otherwise.
  bool switched(uint32_t id, bool now) {
    if (took(id)) semantics_.tell_again(id);
    return took(id) && pressed_on_ != std::optional(now);
  }
  void take_told();
  bool button_face(Rect, uint32_t id, const std::string& label, ButtonStyle, Icon, bool disabled);
  void row_face(Rect, const RowLook&, float start);
  float wrapped_height(const std::string&, const TypeStyle&, float w) const;

  ImDrawList* draw_ = nullptr;
  const Palette* palette_ = &light_palette;
  float width_ = 0, height_ = 0;
  bool rtl_ = false;
  float x_ = 0, y_ = 0, w_ = 0, origin_x_ = 0, origin_y_ = 0, clip_top_ = 0, clip_bottom_ = 0;
  uint32_t scroller_ = 0;
  float scroller_w_ = 0;
  size_t scroller_node_ = 0;
  std::vector<Column> columns_;
  std::vector<uint32_t> scopes_, parents_;
  std::vector<float> line_;
  size_t line_at_ = 0;
  float line_y_ = 0, line_h_ = 0, line_x_ = 0, line_gap_ = 0;
  bool in_line_ = false, dismissed_ = false;
  Rect dialog_;  ///< Where the one being drawn is painted; of no size for none.
  struct Told {
    enum What : uint8_t { press, value, dismissal, visit } what;
    uint32_t id;
    std::string text;
    uint64_t over = 0;
    std::optional<bool> on = {};
  };
  std::deque<Told> told_;
  uint32_t pressed_ = 0;             ///< In this frame; 0 for none.
  std::optional<bool> pressed_on_;   ///< How it shall stand, where that was said.
  struct Written {
    std::string text;
    uint64_t over;  ///< See on_value.
  };
  std::unordered_map<uint32_t, Written> values_;
  uint64_t written_over_ = UINT64_MAX;
  std::unordered_map<uint32_t, float> scroll_;
  uint32_t editing_ = 0;
  Semantics semantics_;
};

}  // namespace holdfast
