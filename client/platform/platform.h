#pragma once
// What the client needs of the world around it. Bodies: web/ (the browser's worker) and headless/ (tests).

#include <optional>
#include <string>

#include "client/kit/text.h"
#include "shared/base/clock.h"

namespace holdfast {

struct Platform {
  virtual ~Platform() = default;
  virtual Clock& clock() = 0;
  virtual Random& random() = 0;
  virtual GlyphSource& glyphs() = 0;
  /// Minutes east of UTC that the clocks of `zone` (an IANA name) show at a moment; none for a zone nobody knows.
  virtual std::optional<int> zone_offset(const std::string& zone, int64_t ms_utc) = 0;
  /// Sends a request; the answer comes to App::on_fetched with the same number, status 0 when none came.
  virtual void fetch(uint32_t number, const std::string& method, const std::string& path, const std::string& body) = 0;
  /// Something for the page: JSON with a member "t" that names it. The list stands in web/page.js.
  virtual void tell(const std::string& json) = 0;
  /// A photo the semantics speak of by this name (Role::image): the page shows it from now on.
  virtual void show_photo(const std::string& photo, const std::string& bytes) = 0;
  /// Hands a file to the person.
  virtual void save_file(const std::string& name, const std::string& type, const std::string& bytes) = 0;
};

}  // namespace holdfast
