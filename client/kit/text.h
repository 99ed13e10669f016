#pragma once
// Text on the canvas. Glyphs come from the platform (the browser's own text engine), so every script it knows is shown;
// runs that need shaping become one glyph each.

#include <string>
#include <string_view>

#include "client/kit/tokens.h"

struct ImFont;

namespace holdfast {

/// What rasterises: measures and draws one code point, or a registered run, in device pixels.
struct GlyphSource {
  virtual ~GlyphSource() = default;
  struct Metrics {
    float advance, left, ascent, right, descent;  ///< Box around the ink, from the origin, all positive outwards.
  };
  virtual void font_metrics(float px, bool strong, float& ascent, float& descent) = 0;
  virtual Metrics measure(float px, bool strong, char32_t code) = 0;
  /// Fills w × h RGBA with the origin at (ox, oy). True when the glyph has colours of its own.
  virtual bool raster(float px, bool strong, char32_t code, int w, int h, float ox, float oy, void* rgba) = 0;
  /// From now on `code` (a private-use code point) stands for this run of text.
  virtual void define_run(char32_t code, std::string_view utf8) = 0;
};

/// Icons are glyphs too: private-use code points from here on, in the order of web/icons.json.
inline constexpr char32_t first_icon = 0xF800, first_run = 0xE000;
enum class Icon : uint8_t {
  today, people, company, plus, more, search, back, phone, mail, map, link, check, circle, trash, edit, close, sync, offline, warning, upload,
  download, settings, members, restore, calendar, note, visit, meeting, task, sort, chevron, user, sign_out, moon, conflict, filter, device, camera, none = 255
};

namespace text {

void add_fonts(GlyphSource&);  ///< To the current ImGui context.
ImFont* font(bool strong);
/// Replaces runs that need shaping by their private-use code points.
std::string shaped(std::string_view utf8);
float width(const TypeStyle&, std::string_view utf8);
std::string icon(Icon);

}  // namespace text
}  // namespace holdfast
