// Set-up, signing in and out, and members.

#include <map>

#include "server/auth/members.h"
#include "server/auth/password.h"
#include "server/http/web.h"
#include "shared/base/text.h"

namespace holdfast {

using nlohmann::json;

static Result<json> object_in(const WebRequest& q) {
  json body = json::parse(q.body, nullptr, false);
  if (!body.is_object()) return Error{ErrorKind::invalid, "Send a JSON object."};
  return body;
}

static std::string text_of(const json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

static bool flag_of(const json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_boolean() && found->get<bool>();
}

/// The host name with which the browser sees the cookie decides the name: __Host- needs TLS.
std::pair<std::string, std::string> session_cookie(const WebRequest& q, const std::string& secret, int64_t seconds) {
  std::string cookie = std::string(q.secure ? "__Host-holdfast=" : "holdfast=") + secret + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(seconds);
  if (q.secure) cookie += "; Secure";
  return {"Set-Cookie", cookie};
}

/// Slows guessing: after ten wrong passwords for an address it must wait a quarter of an hour.
class Attempts {
 public:
  bool blocked(const std::string& email, int64_t now) {
    const auto found = failures_.find(email);
    return found != failures_.end() && found->second.first >= 10 && now - found->second.second < 900'000;
  }
  void failed(const std::string& email, int64_t now) {
    if (failures_.size() > 10'000) failures_.clear();
    auto& [count, last] = failures_[email];
    if (now - last >= 900'000) count = 0;
    count++;
    last = now;
  }
  void succeeded(const std::string& email) { failures_.erase(email); }

 private:
  std::map<std::string, std::pair<int, int64_t>> failures_;
};
static Attempts attempts;  // Guarded by the node's lock.

static json identity_json(Node& node, const Account& account, uint32_t device) {
  return {{"workspace", node.authority->workspace_id().text()}, {"member", account.member.text()},
          {"device", device},                                   {"name", node.ws->title(member, account.member)},
          {"email", account.email},                             {"role", account.admin ? "admin" : "member"}};
}

static WebResponse setup_needed(Site& site, const WebRequest&) {
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  return json_response({{"needed", !TRY_WEB(site.node.accounts->any())}});
}

static WebResponse set_up(Site& site, const WebRequest& q) {
  const json body = TRY_WEB(object_in(q));
  {
    const std::lock_guard<std::mutex> lock(site.node.mutex);
    if (TRY_WEB(site.node.accounts->any())) return error_response(409, "Holdfast is set up already. Sign in.");
    const int64_t now = site.node.clock.wall_ms();
    if (attempts.blocked("set-up", now)) return error_response(429, "Too many wrong codes. Wait a quarter of an hour.");
    if (site.setup_code.empty() || !equal_in_constant_time(text_of(body, "code"), site.setup_code)) {
      attempts.failed("set-up", now);
      return error_response(403, "The set-up code is wrong. The server printed it when it started.");
    }
  }
  TRY_WEB(add_member(site.node, {text_of(body, "name"), text_of(body, "email"), text_of(body, "password"), true}));
  site.setup_code.clear();
  site.announce();
  return json_response({{"done", true}}, 201);
}

static WebResponse sign_in(Site& site, const WebRequest& q) {
  const json body = TRY_WEB(object_in(q));
  const std::string email = text_of(body, "email"), password = text_of(body, "password");
  std::optional<Account> account;
  {
    const std::lock_guard<std::mutex> lock(site.node.mutex);
    if (attempts.blocked(email, site.node.clock.wall_ms())) return error_response(429, "Too many wrong passwords. Wait a quarter of an hour, then try again.");
    account = TRY_WEB(site.node.accounts->find_email(email));
  }
  // An unknown address costs as long as a wrong password, so that addresses cannot be probed.
  static const std::string nobody = hash_password("nobody at all").ok() ? hash_password("nobody at all").take() : std::string();
  const std::string asked = account ? account->password : nobody;
  const bool right = verify_password(password, asked);
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  Node& node = site.node;
  const int64_t now = node.clock.wall_ms();
  account = TRY_WEB(node.accounts->find_email(email));  // It may have changed while that was reckoned.
  if (!right || !account || account->password != asked) {
    attempts.failed(email, now);
    return error_response(401, "The e-mail address or the password is wrong.");
  }
  attempts.succeeded(email);
  if (!account->active) return error_response(403, "This account is deactivated. An administrator can activate it again.");
  if (flag_of(body, "token")) {
    const std::string token = TRY_WEB(node.accounts->add_token(account->id, text_of(body, "name"), now));
    json out = identity_json(node, *account, 0);
    out["token"] = token;
    return json_response(out);
  }
  uint32_t ordinal = 0;
  if (const std::string install = text_of(body, "install"); !install.empty()) {
    const Id id = TRY_WEB(Id::parse(install));
    const std::string name = cut_utf8(text_of(body, "device_name"), Authority::device_name_max);
    // An installation that another member used is another device: its op numbers are not to be shared.
    const std::optional<Device> known = TRY_WEB(node.authority->log().device_of(id));
    if (known && !(known->member == account->member)) return error_response(409, "This device holds another member's data. Sign in as that member, or clear the site's data.");
    ordinal = TRY_WEB(node.authority->register_device(id, account->member, name.empty() ? "Browser" : name)).ordinal;
  }
  const std::string secret = TRY_WEB(node.accounts->begin_session(account->id, ordinal, now));
  WebResponse r = json_response(identity_json(node, *account, ordinal));
  r.headers.push_back(session_cookie(q, secret, Accounts::session_ms / 1000));
  return r;
}

static WebResponse me(Site& site, const WebRequest& q) {
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  return json_response(identity_json(site.node, q.session->account, q.session->device));
}

static WebResponse sign_out(Site& site, const WebRequest& q) {
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  TRY_WEB(site.node.accounts->end_session(q.secret));
  WebResponse r = json_response({{"done", true}});
  r.headers.push_back(session_cookie(q, "", 0));
  return r;
}

static WebResponse change_password(Site& site, const WebRequest& q) {
  const json body = TRY_WEB(object_in(q));
  if (!verify_password(text_of(body, "old"), q.session->account.password)) return error_response(403, "The present password is wrong.");
  TRY_WEB(acceptable_password(text_of(body, "new")));
  const std::string hash = TRY_WEB(hash_password(text_of(body, "new")));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  TRY_WEB(site.node.accounts->set_password(q.session->account.id, hash));
  TRY_WEB(site.node.accounts->end_sessions(q.session->account.id, q.secret));
  return json_response({{"done", true}});
}

static WebResponse create_member(Site& site, const WebRequest& q) {
  const json body = TRY_WEB(object_in(q));
  const Account account = TRY_WEB(add_member(site.node, {text_of(body, "name"), text_of(body, "email"), text_of(body, "password"), text_of(body, "role") == "admin"}));
  site.announce();
  return json_response({{"id", account.member.text()}, {"email", account.email}}, 201);
}

static WebResponse edit_member(Site& site, const WebRequest& q) {
  const json body = TRY_WEB(object_in(q));
  const Id id = TRY_WEB(Id::parse(q.path_parameters.at("id")));
  const auto active = body.find("active");
  std::optional<bool> is_active, is_admin;
  if (active != body.end() && active->is_boolean()) is_active = active->get<bool>();
  if (const std::string role = text_of(body, "role"); !role.empty()) is_admin = role == "admin";
  if (id == q.session->account.member && (is_active == false || is_admin == false))
    return error_response(409, "You cannot take your own rights away. Ask another administrator.");
  TRY_WEB(change_member(site.node, id, is_admin, is_active, text_of(body, "password")));
  site.announce();
  return json_response({{"done", true}});
}

std::vector<Route> session_routes() {
  return {{"GET", "/v1/setup", Access::open, setup_needed},         {"POST", "/v1/setup", Access::open, set_up},
          {"POST", "/v1/login", Access::open, sign_in},             {"GET", "/v1/me", Access::session, me},
          {"POST", "/v1/logout", Access::session, sign_out},        {"POST", "/v1/password", Access::session, change_password},
          {"POST", "/v1/members", Access::admin, create_member},    {"PATCH", "/v1/members/:id", Access::admin, edit_member}};
}

}  // namespace holdfast
