#include "server/http/web.h"

namespace holdfast {

using nlohmann::json;

WebResponse json_response(const json& body, int status) {
  WebResponse r;
  r.status = status;
  r.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return r;
}

WebResponse error_response(int status, const std::string& sentence) { return json_response({{"error", sentence}}, status); }

WebResponse error_response(const Error& e) {
  switch (e.kind) {
    case ErrorKind::invalid: case ErrorKind::corrupt: return error_response(400, e.message);
    case ErrorKind::not_found: return error_response(404, e.message);
    case ErrorKind::conflict: return error_response(409, e.message);
    case ErrorKind::forbidden: return error_response(403, e.message);
    case ErrorKind::gone: return error_response(410, e.message);
    case ErrorKind::offline: return error_response(503, e.message);
    case ErrorKind::storage: return error_response(507, e.message);
    case ErrorKind::outdated: return error_response(426, e.message);
  }
  return error_response(500, e.message);
}

std::vector<Route> all_routes() {
  std::vector<Route> out;
  for (const auto& some : {session_routes(), sync_routes(), record_routes(), device_routes(), team_routes(), blob_routes()}) out.insert(out.end(), some.begin(), some.end());
  return out;
}

}  // namespace holdfast
