#pragma once
// A request and its answer as the routes see them, and the one table of routes. Knows nothing of sockets.

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "server/node.h"

namespace holdfast {

struct WebRequest {
  std::string method, body;
  std::map<std::string, std::string> path_parameters;
  std::function<std::string(const char*)> query;   ///< Empty when absent.
  std::function<std::string(const char*)> header;
  std::optional<Session> session;
  std::string secret;       ///< What the session was found by.
  bool secure = false;      ///< Over TLS.
};

struct WebResponse {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool compress = false;
};

enum class Access : uint8_t { open, session, admin };

/// What the routes share: the node, the set-up code, and a way to tell live listeners.
struct Site {
  Node& node;
  std::string setup_code;          ///< Empty once there is an account.
  int64_t attachments_max;         ///< Bytes of all attachments together.
  std::function<void()> announce;  ///< The head moved.
};

struct Route {
  const char* method;
  const char* pattern;  ///< cpp-httplib's "/:name" form; never a regular expression.
  Access access;
  WebResponse (*handle)(Site&, const WebRequest&);
};

std::vector<Route> session_routes();  ///< Set-up, sign-in, members.
std::vector<Route> sync_routes();
std::vector<Route> record_routes();
std::vector<Route> device_routes();
std::vector<Route> team_routes();
std::vector<Route> blob_routes();
/// The header that gives a browser its session; no seconds take it away.
std::pair<std::string, std::string> session_cookie(const WebRequest&, const std::string& secret, int64_t seconds);
std::vector<Route> all_routes();

WebResponse json_response(const nlohmann::json&, int status = 200);
/// One table maps kinds of error to statuses.
WebResponse error_response(const Error&);
WebResponse error_response(int status, const std::string& sentence);

/// `expr`'s value, or an early return with its error as a response.
#define TRY_WEB(expr)                                                    \
  __extension__({                                                        \
    auto try_result = (expr);                                            \
    if (!try_result.ok()) return error_response(try_result.error());     \
    try_result.take();                                                   \
  })

}  // namespace holdfast
