#pragma once
// Time and chance as parameters: nothing in shared/ asks the machine for either.

#include <cstdint>

namespace holdfast {

/// What a machine knows of time.
struct Clock {
  virtual ~Clock() = default;
  virtual int64_t wall_ms() = 0;  ///< Milliseconds since 1970-01-01T00:00Z, as the device believes; may jump.
  virtual int64_t mono_ms() = 0;  ///< Milliseconds since some moment; never jumps while the program runs.
};

/// 64 random bits a call. Identifiers depend on its quality: real ones come from the system's generator.
struct Random {
  virtual ~Random() = default;
  virtual uint64_t next() = 0;

  /// Uniform in [0, n); n > 0. The bias of the modulo is below 2^-32 for the small n used here.
  uint64_t below(uint64_t n) { return next() % n; }
};

/// Repeatable numbers from a seed (SplitMix64, Steele et al. 2014), the same on every platform.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() override {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace holdfast
