#pragma once
// Passwords and secrets: Argon2id for what people choose, SHA-256 for what the server made up itself.

#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace holdfast {

/// Argon2id, m = 19 MiB, t = 2, p = 1, with a random salt, in the usual encoded form. One at a time in the process.
Result<std::string> hash_password(std::string_view password);
bool verify_password(std::string_view password, const std::string& encoded);
/// What keeps a password from being accepted, or nothing.
Status acceptable_password(std::string_view password);

/// 32 random bytes as base64url, for sessions and tokens.
std::string new_secret();
/// A short code a person types once: eight letters and digits without look-alikes.
std::string new_code();
/// How a secret is kept: its SHA-256.
std::string secret_hash(std::string_view secret);
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace holdfast
