#include "shared/base/result.h"

#include <cstdio>
#include <cstdlib>

namespace holdfast {

void assertion_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "holdfast: broken assumption '%s' at %s:%d\n", what, file, line);
  std::abort();
}

}  // namespace holdfast
