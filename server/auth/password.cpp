#include "server/auth/password.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <mutex>

namespace holdfast {

static std::mutex one_at_a_time;  // 19 MiB each: a burst of sign-ins must not become a burst of memory.

static void random_bytes(unsigned char* out, int n) { HOLDFAST_ASSERT(RAND_bytes(out, n) == 1); }

Result<std::string> hash_password(std::string_view password) {
  unsigned char salt[16];
  random_bytes(salt, sizeof salt);
  char encoded[160];
  const std::lock_guard<std::mutex> lock(one_at_a_time);
  const int code = argon2id_hash_encoded(2, 19 * 1024, 1, password.data(), password.size(), salt, sizeof salt, 32, encoded, sizeof encoded);
  if (code != ARGON2_OK) return Error{ErrorKind::storage, std::string("The password could not be hashed: ") + argon2_error_message(code)};
  return std::string(encoded);
}

bool verify_password(std::string_view password, const std::string& encoded) {
  const std::lock_guard<std::mutex> lock(one_at_a_time);
  return argon2id_verify(encoded.c_str(), password.data(), password.size()) == ARGON2_OK;
}

Status acceptable_password(std::string_view password) {
  if (password.size() < 10) return Error{ErrorKind::invalid, "Choose a password of at least ten characters."};
  if (password.size() > 500) return Error{ErrorKind::invalid, "Choose a password of at most 500 characters."};
  return {};
}

static std::string base64url(const unsigned char* bytes, int n) {
  std::string out(static_cast<size_t>(4 * ((n + 2) / 3)), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, n);
  while (!out.empty() && out.back() == '=') out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

std::string new_secret() {
  unsigned char bytes[32];
  random_bytes(bytes, sizeof bytes);
  return base64url(bytes, sizeof bytes);
}

std::string new_code() {
  static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";  // 32 of them: no bias.
  unsigned char bytes[8];
  random_bytes(bytes, sizeof bytes);
  std::string out;
  for (unsigned char b : bytes) {
    if (out.size() == 4) out += '-';
    out += letters[b % 32];
  }
  return out;
}

std::string secret_hash(std::string_view secret) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest);
  return std::string(reinterpret_cast<char*>(digest), sizeof digest);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace holdfast
