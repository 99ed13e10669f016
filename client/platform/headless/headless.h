#pragma once
// A platform without a screen: tests read the semantics and do what a person would.

#include <functional>
#include <vector>

#include "client/platform/platform.h"

namespace holdfast {

class Headless final : public Platform {
 public:
  explicit Headless(Clock& clock, Random& random) : clock_(clock), random_(random) {}
  Clock& clock() override { return clock_; }
  Random& random() override { return random_; }
  GlyphSource& glyphs() override { return glyphs_; }
  std::optional<int> zone_offset(const std::string& zone, int64_t ms_utc) override;
  void fetch(uint32_t number, const std::string& method, const std::string& path, const std::string& body) override { requests.push_back({number, method, path, body}); }
  void tell(const std::string& json) override { told.push_back(json); }
  void show_photo(const std::string& photo, const std::string&) override { photos.push_back(photo); }
  void save_file(const std::string& name, const std::string&, const std::string& bytes) override { saved.emplace_back(name, bytes); }

  struct Request {
    uint32_t number;
    std::string method, path, body;
  };
  std::vector<Request> requests;  ///< Not yet answered; the test answers them.
  std::vector<std::string> told, photos;
  std::vector<std::pair<std::string, std::string>> saved;

 private:
  /// Every glyph is half as wide as the text is high.
  struct Boxes final : GlyphSource {
    void font_metrics(float px, bool, float& ascent, float& descent) override { ascent = px * 0.8f, descent = px * 0.2f; }
    Metrics measure(float px, bool, char32_t) override { return {px / 2, 0, px * 0.7f, px / 2, 0}; }
    bool raster(float, bool, char32_t, int w, int h, float, float, void* rgba) override;
    void define_run(char32_t, std::string_view) override {}
  };
  Clock& clock_;
  Random& random_;
  Boxes glyphs_;
};

}  // namespace holdfast
