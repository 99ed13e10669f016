#include "client/platform/headless/headless.h"

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

namespace holdfast {

bool Headless::Boxes::raster(float, bool, char32_t, int w, int h, float, float, void* rgba) {
  std::memset(rgba, 255, static_cast<size_t>(w) * static_cast<size_t>(h) * 4);
  return false;
}

std::optional<int> Headless::zone_offset(const std::string& zone, int64_t ms_utc) {
  if (!std::filesystem::exists("/usr/share/zoneinfo/" + zone)) return std::nullopt;
  setenv("TZ", zone.c_str(), 1);
  tzset();
  const time_t seconds = ms_utc / 1000;
  tm local{};
  localtime_r(&seconds, &local);
  unsetenv("TZ");
  tzset();
  return static_cast<int>(local.tm_gmtoff / 60);
}

}  // namespace holdfast
