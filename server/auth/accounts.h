#pragma once
// Who may sign in: accounts, sessions bound to a device, and bearer tokens for scripts. Owns its tables.
//
// Names and roles are member records and travel to devices; what stands here never leaves the server.

#include <optional>

#include "shared/store/database.h"

namespace holdfast {

struct Account {
  int64_t id = 0;
  Id member;
  std::string email;
  std::string password;  ///< Encoded hash.
  bool admin = false;
  bool active = true;
};

struct Session {
  Account account;
  uint32_t device = 0;  ///< 0: a token, or a page without a device.
};

class Accounts {
 public:
  static Result<std::unique_ptr<Accounts>> open(Database&);

  Result<bool> any();
  Result<Account> add(const Id& member, std::string_view email, const std::string& password_hash, bool admin);
  Result<std::optional<Account>> find_email(std::string_view email);
  Result<std::optional<Account>> find_member(const Id& member);
  Status set_password(int64_t account, const std::string& password_hash);
  Status set_standing(int64_t account, bool admin, bool active);

  /// A new session's secret, given out once.
  Result<std::string> begin_session(int64_t account, uint32_t device, int64_t now_ms);
  Result<std::string> add_token(int64_t account, std::string_view name, int64_t now_ms);
  /// The session of a secret, if it stands; slides its end forward.
  Result<std::optional<Session>> session(std::string_view secret, int64_t now_ms);
  Status end_session(std::string_view secret);
  Status end_sessions(int64_t account, std::string_view except_secret = {});

  static constexpr int64_t session_ms = 30LL * 86'400'000;

 private:
  explicit Accounts(Database& db) : db_(db) {}
  Database& db_;
};

}  // namespace holdfast
