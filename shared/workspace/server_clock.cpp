#include "shared/workspace/server_clock.h"

#include "shared/base/mutant.h"

namespace holdfast {

static const char* const known_key = "clock_ms";

Status ServerClock::check() {
  const int64_t wall = clock_.wall_ms(), mono = clock_.mono_ms();
  // While the program runs the steady clock says what time it must be; after a start only what was written last.
  const int64_t expected = wall_ ? wall_ + (mono - mono_) : TRY(tables_.meta_int(known_key));
  if (expected && !MUTANT(server_clock_believed) && (wall < expected - back_max_ms || wall > expected + forward_max_ms))
    return Error{ErrorKind::offline, std::string("The server’s clock was set ") + (wall < expected ? "back" : "forward") +
                                         " by more than is believable. An operator must check it, and start the server once with --accept-clock."};
  wall_ = wall;
  mono_ = mono;
  constexpr int64_t write_each_ms = 60'000;
  const int64_t written = TRY(tables_.meta_int(known_key));
  return wall - written >= write_each_ms || wall < written ? tables_.set_meta_int(known_key, wall) : Status();
}

Status ServerClock::accept() {
  wall_ = clock_.wall_ms();
  mono_ = clock_.mono_ms();
  return tables_.set_meta_int(known_key, wall_);
}

}  // namespace holdfast
