#include "server/auth/accounts.h"

#include "server/auth/password.h"
#include "shared/base/text.h"

namespace holdfast {

static const char* const tables = R"sql(
CREATE TABLE IF NOT EXISTS account(id INTEGER PRIMARY KEY, member BLOB NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL, admin INTEGER NOT NULL, active INTEGER NOT NULL DEFAULT 1);
CREATE TABLE IF NOT EXISTS session(hash BLOB PRIMARY KEY, account INTEGER NOT NULL, device INTEGER NOT NULL, name TEXT NOT NULL,
  made_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, ends_at INTEGER) WITHOUT ROWID;
)sql";
static constexpr std::string_view account_columns = "SELECT id, member, email, password, admin, active FROM account";
static constexpr int64_t slide_every_ms = 3'600'000;  // A write a request would be a waste.

static std::string normal_email(std::string_view email) { return fold(trimmed(email)); }

static Result<std::optional<Account>> first(Statement& s) {
  std::optional<Account> out;
  if (s.step()) out = Account{s.integer(0), s.id(1), std::string(s.text(2)), std::string(s.text(3)), s.integer(4) != 0, s.integer(5) != 0};
  TRY(s.status());
  return out;
}

Result<std::unique_ptr<Accounts>> Accounts::open(Database& db) {
  TRY(db.execute(tables));
  return std::unique_ptr<Accounts>(new Accounts(db));
}

Result<bool> Accounts::any() {
  Statement s = db_.prepare("SELECT EXISTS(SELECT 1 FROM account)");
  const bool found = s.step() && s.integer(0);
  TRY(s.status());
  return found;
}

Result<Account> Accounts::add(const Id& member, std::string_view email, const std::string& password_hash, bool admin) {
  const std::string normal = normal_email(email);
  const size_t at = normal.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == normal.size() || normal.size() > 254) return Error{ErrorKind::invalid, "This is not an e-mail address."};
  if (TRY(find_email(normal))) return Error{ErrorKind::conflict, "There is an account with this e-mail address already."};
  Statement s = db_.prepare("INSERT INTO account(member, email, password, admin) VALUES(?,?,?,?)");
  TRY(s.bind(member).bind(normal).bind(password_hash).bind(int64_t{admin}).run());
  return Account{db_.last_row(), member, normal, password_hash, admin, true};
}

Result<std::optional<Account>> Accounts::find_email(std::string_view email) {
  const std::string normal = normal_email(email);
  Statement s = db_.prepare(std::string(account_columns) + " WHERE email=?");
  s.bind(normal);
  return first(s);
}

Result<std::optional<Account>> Accounts::find_member(const Id& member) {
  Statement s = db_.prepare(std::string(account_columns) + " WHERE member=?");
  s.bind(member);
  return first(s);
}

Status Accounts::set_password(int64_t account, const std::string& hash) {
  Statement s = db_.prepare("UPDATE account SET password=? WHERE id=?");
  return s.bind(hash).bind(account).run();
}

Status Accounts::set_standing(int64_t account, bool admin, bool active) {
  Statement s = db_.prepare("UPDATE account SET admin=?, active=? WHERE id=?");
  return s.bind(int64_t{admin}).bind(int64_t{active}).bind(account).run();
}

Result<std::string> Accounts::begin_session(int64_t account, uint32_t device, int64_t now_ms) {
  const std::string secret = new_secret(), hash = secret_hash(secret);
  Statement s = db_.prepare("INSERT INTO session(hash, account, device, name, made_at, seen_at, ends_at) VALUES(?,?,?,'',?,?,?)");
  TRY(s.bind_blob(hash).bind(account).bind(int64_t{device}).bind(now_ms).bind(now_ms).bind(now_ms + session_ms).run());
  return secret;
}

Result<std::string> Accounts::add_token(int64_t account, std::string_view name, int64_t now_ms) {
  const std::string secret = "hf_" + new_secret(), hash = secret_hash(secret);
  Statement s = db_.prepare("INSERT INTO session(hash, account, device, name, made_at, seen_at, ends_at) VALUES(?,?,0,?,?,?,NULL)");
  TRY(s.bind_blob(hash).bind(account).bind(name).bind(now_ms).bind(now_ms).run());
  return secret;
}

Result<std::optional<Session>> Accounts::session(std::string_view secret, int64_t now_ms) {
  const std::string hash = secret_hash(secret);
  Session out;
  int64_t account = 0, seen_at = 0, ends_at = 0;
  bool token = false;
  {
    Statement s = db_.prepare("SELECT account, device, seen_at, ends_at FROM session WHERE hash=?");
    s.bind_blob(hash);
    if (s.step()) {
      account = s.integer(0);
      out.device = static_cast<uint32_t>(s.integer(1));
      seen_at = s.integer(2);
      token = s.is_null(3);
      ends_at = s.integer(3);
    }
    TRY(s.status());
  }
  if (!account || (!token && ends_at <= now_ms)) return std::optional<Session>();
  {
    Statement s = db_.prepare(std::string(account_columns) + " WHERE id=?");
    s.bind(account);
    std::optional<Account> found = TRY(first(s));
    if (!found || !found->active) return std::optional<Session>();
    out.account = std::move(*found);
  }
  if (now_ms - seen_at > slide_every_ms) {
    Statement s = db_.prepare("UPDATE session SET seen_at=?, ends_at=CASE WHEN ends_at IS NULL THEN NULL ELSE ? END WHERE hash=?");
    TRY(s.bind(now_ms).bind(now_ms + session_ms).bind_blob(hash).run());
  }
  return std::optional<Session>(std::move(out));
}

Status Accounts::end_session(std::string_view secret) {
  const std::string hash = secret_hash(secret);
  Statement s = db_.prepare("DELETE FROM session WHERE hash=?");
  return s.bind_blob(hash).run();
}

Status Accounts::end_sessions(int64_t account, std::string_view except) {
  const std::string hash = secret_hash(except);
  Statement s = db_.prepare("DELETE FROM session WHERE account=? AND hash<>? AND ends_at IS NOT NULL");
  return s.bind(account).bind_blob(hash).run();
}

}  // namespace holdfast
