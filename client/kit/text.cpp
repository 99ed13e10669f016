#include "client/kit/text.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <unordered_map>

#include "shared/base/text.h"

namespace holdfast::text {

namespace {

ImFont* regular = nullptr;
ImFont* semibold = nullptr;

struct FontSource {
  GlyphSource* glyphs;
  bool strong;
};
FontSource sources[2];

const FontSource& source_of(const ImFontConfig* config) { return sources[config->FontNo]; }

bool contains(ImFontAtlas*, ImFontConfig*, ImWchar c) { return c >= 32 && !(c >= 0xD800 && c < 0xDC00 + 0x400); }

bool baked_init(ImFontAtlas*, ImFontConfig* config, ImFontBaked* baked, void*) {
  const float density = baked->RasterizerDensity;
  float ascent, descent;
  source_of(config).glyphs->font_metrics(baked->Size * density, source_of(config).strong, ascent, descent);
  baked->Ascent = ImCeil(ascent / density);
  baked->Descent = -ImCeil(descent / density);
  return true;
}

bool load_glyph(ImFontAtlas* atlas, ImFontConfig* config, ImFontBaked* baked, void*, ImWchar code, ImFontGlyph* glyph, float* advance_only) {
  if (!contains(atlas, config, code)) return false;
  const FontSource& source = source_of(config);
  const float density = baked->RasterizerDensity, px = baked->Size * density;
  const GlyphSource::Metrics m = source.glyphs->measure(px, source.strong, code);
  if (advance_only) {
    *advance_only = m.advance / density;
    return true;
  }
  glyph->Codepoint = code;
  glyph->AdvanceX = m.advance / density;
  const int left = static_cast<int>(ImCeil(m.left)) + 1, up = static_cast<int>(ImCeil(m.ascent)) + 1;
  const int w = left + static_cast<int>(ImCeil(m.right)) + 1, h = up + static_cast<int>(ImCeil(m.descent)) + 1;
  if (m.left + m.right <= 0 || m.ascent + m.descent <= 0 || w <= 0 || h <= 0) return true;  // A space.
  const ImFontAtlasRectId id = ImFontAtlasPackAddRect(atlas, w, h);
  if (id == ImFontAtlasRectId_Invalid) return false;
  ImTextureRect* place = ImFontAtlasPackGetRect(atlas, id);
  atlas->Builder->TempBuffer.resize(w * h * 4);
  unsigned char* pixels = atlas->Builder->TempBuffer.Data;
  glyph->Colored = source.glyphs->raster(px, source.strong, code, w, h, static_cast<float>(left), static_cast<float>(up), pixels);
  glyph->X0 = -static_cast<float>(left) / density;
  glyph->Y0 = -static_cast<float>(up) / density + IM_ROUND(baked->Ascent);
  glyph->X1 = glyph->X0 + static_cast<float>(w) / density;
  glyph->Y1 = glyph->Y0 + static_cast<float>(h) / density;
  glyph->Visible = true;
  glyph->PackId = id;
  ImFontAtlasBakedSetFontGlyphBitmap(atlas, baked, config, glyph, place, pixels, ImTextureFormat_RGBA32, w * 4);
  return true;
}

const ImFontLoader* loader() {
  static ImFontLoader l;
  l.Name = "platform";
  l.FontSrcInit = [](ImFontAtlas*, ImFontConfig*) { return true; };
  l.FontSrcDestroy = [](ImFontAtlas*, ImFontConfig*) {};
  l.FontSrcContainsGlyph = contains;
  l.FontBakedInit = baked_init;
  l.FontBakedLoadGlyph = load_glyph;
  return &l;
}

bool needs_shaping(char32_t c) {
  return (c >= 0x300 && c <= 0x36F) || (c >= 0x590 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) || c == 0x200D || c == 0x200C ||
         (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xFB1D && c <= 0xFEFC) || (c >= 0x1F1E6 && c <= 0x1F1FF) || (c >= 0x1F3FB && c <= 0x1F3FF) || c == 0x20E3;
}
bool right_to_left(char32_t c) { return (c >= 0x590 && c <= 0x8FF) || (c >= 0xFB1D && c <= 0xFEFC); }

std::unordered_map<std::string, char32_t> runs;

}  // namespace

void add_fonts(GlyphSource& glyphs) {
  sources[0] = {&glyphs, false};
  sources[1] = {&glyphs, true};
  ImFont** fonts[] = {&regular, &semibold};
  for (int i = 0; i < 2; i++) {
    ImFontConfig config;
    config.FontLoader = loader();
    config.FontNo = static_cast<ImU32>(i);  // The loader's key to its source: the library keeps its own pointer.
    config.SizePixels = type_body.size;
    *fonts[i] = ImGui::GetIO().Fonts->AddFont(&config);
  }
}

ImFont* font(bool strong) { return strong ? semibold : regular; }

std::string icon(Icon i) {
  std::string out;
  append_codepoint(out, first_icon + static_cast<char32_t>(i));
  return out;
}

std::string shaped(std::string_view in) {
  bool any = false;
  for (unsigned char c : in) any = any || c >= 0xCC;
  if (!any) return std::string(in);
  std::string out;
  for (size_t at = 0; at < in.size();) {
    // One word, or a right-to-left phrase with its inner spaces.
    size_t end = at;
    bool needs = false, rtl = false;
    while (end < in.size()) {
      size_t next = end;
      const char32_t c = next_codepoint(in, next);
      if (c == ' ') {
        size_t after = next;
        if (!rtl || after >= in.size() || !right_to_left(next_codepoint(in, after))) break;
      }
      needs = needs || needs_shaping(c);
      rtl = rtl || right_to_left(c);
      end = next;
    }
    if (end == at) {
      out += in[at++];
      continue;
    }
    const std::string word(in.substr(at, end - at));
    at = end;
    if (!needs) {
      out += word;
      continue;
    }
    auto found = runs.find(word);
    if (found == runs.end()) {
      const char32_t code = first_run + static_cast<char32_t>(runs.size());
      if (code >= first_icon) {
        out += word;  // Thousands of runs in one session: shown unshaped rather than wrong.
        continue;
      }
      found = runs.emplace(word, code).first;
      sources[0].glyphs->define_run(code, word);
    }
    append_codepoint(out, found->second);
  }
  return out;
}

float width(const TypeStyle& style, std::string_view utf8) {
  const std::string s = shaped(utf8);
  return font(style.strong)->CalcTextSizeA(style.size, FLT_MAX, 0, s.data(), s.data() + s.size()).x;
}

}  // namespace holdfast::text
