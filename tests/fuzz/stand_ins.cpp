// The real server's surroundings, replaced for fuzzing: a clock that the fuzzer moves, chance that repeats itself, no data folder, and
// passwords that cost nothing. Everything else of server/ is the real thing.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <argon2.h>

#include <cstdio>
#include <cstring>

#include "tests/fuzz/doors.h"

int64_t holdfast::test::server_ms = 1'790'000'000'000;

namespace holdfast {

int64_t SystemClock::wall_ms() { return test::server_ms; }
int64_t SystemClock::mono_ms() { return test::server_ms; }
uint64_t SystemRandom::next() { return XXH3_64bits(&left_, sizeof left_) + left_++; }

FolderLock::~FolderLock() = default;  // No folder is ever locked.
Node::~Node() {
  accounts.reset();
  authority.reset();
  ws.reset();
  db.reset();
}

}  // namespace holdfast

extern "C" {

int argon2id_hash_encoded(uint32_t, uint32_t, uint32_t, const void* password, size_t size, const void*, size_t, size_t, char* out, size_t room) {
  std::snprintf(out, room, "%016llx", static_cast<unsigned long long>(XXH3_64bits(password, size)));
  return ARGON2_OK;
}
int argon2id_verify(const char* encoded, const void* password, size_t size) {
  char same[17];
  argon2id_hash_encoded(0, 0, 0, password, size, nullptr, 0, 0, same, sizeof same);
  return std::strcmp(encoded, same) == 0 ? ARGON2_OK : ARGON2_VERIFY_MISMATCH;
}
const char* argon2_error_message(int) { return ""; }

}
