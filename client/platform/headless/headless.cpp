#include "client/platform/headless/headless.h"

#include <cstring>

namespace holdfast {

bool Headless::Boxes::raster(float, bool, char32_t, int w, int h, float, float, void* rgba) {
  std::memset(rgba, 255, static_cast<size_t>(w) * static_cast<size_t>(h) * 4);
  return false;
}

}  // namespace holdfast
