#pragma once
// The look, said once: colours, type, spacing. No number of either sort stands anywhere else in the client.

#include <cstdint>

namespace holdfast {

using Colour = uint32_t;  ///< 0xRRGGBB; always opaque, blending is done by choosing.

struct Palette {
  Colour ground, surface, surface2, text, text2, text3, outline, divider, primary, on_primary, container, on_container;
  Colour success, warning, danger, on_danger, snackbar, on_snackbar, snackbar_action;
};
inline constexpr Palette light_palette = {0xF7F8FA, 0xFFFFFF, 0xEEF1F5, 0x1A1F27, 0x4A5361, 0x667080, 0x78828F, 0xDDE2E9, 0x0B57D0, 0xFFFFFF,
                                          0xD6E4FF, 0x062E6F, 0x1B6E3C, 0x8A5300, 0xB3261E, 0xFFFFFF, 0x2A313B, 0xF2F4F8, 0xA8C7FA};
inline constexpr Palette dark_palette = {0x101418, 0x171C22, 0x20262E, 0xE6EAF0, 0xB6BFCB, 0x8F99A7, 0x7C8694, 0x2C343E, 0xA8C7FA, 0x062E6F,
                                         0x1F4382, 0xD6E4FF, 0x7FD39B, 0xF5C26B, 0xF2B8B5, 0x601410, 0xE6EAF0, 0x171C22, 0x0B57D0};

/// Grounds for initials, dark enough for white letters in both themes.
inline constexpr Colour avatar_colours[] = {0x2F5FB3, 0x7A4FA3, 0x1F7A5C, 0xA8483B, 0x8A6116, 0x35707F, 0x9B3F6F, 0x4C6B2F};

struct TypeStyle {
  float size, line;
  bool strong;
};
inline constexpr TypeStyle type_display = {26, 34, true}, type_title = {20, 28, true}, type_section = {16, 24, true}, type_body = {16, 24, false},
                           type_body_strong = {16, 24, true}, type_secondary = {14, 20, false}, type_label = {14, 20, true}, type_caption = {12, 16, true};

namespace space {
inline constexpr float xs = 4, s = 8, m = 12, l = 16, xl = 24, xxl = 32;
inline constexpr float target = 48;        ///< Smallest side of anything to be hit.
inline constexpr float row = 68;           ///< A list row of two lines.
inline constexpr float field = 52;         ///< A field's box.
inline constexpr float bar = 60, nav = 64, rail = 232, list_pane = 380;
inline constexpr float radius_field = 10, radius_card = 14, radius_sheet = 18;
inline constexpr float form_footer = 72, form_width = 640;   ///< Forms and text get no wider.
}  // namespace space

inline constexpr float width_medium = 600, width_expanded = 840;

}  // namespace holdfast
