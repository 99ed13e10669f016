#pragma once
// The HTTP side of a node: limits, who may do what, static files, live hints, logs and metrics.
//
// The only user of cpp-httplib. One blocking thread a connection; the core behind it runs one request at a time.

#include <memory>

#include "server/http/static_files.h"
#include "server/http/web.h"

namespace holdfast {

struct HttpOptions {
  std::vector<Route> routes = all_routes();
  std::string host = "127.0.0.1";
  int port = 8080;               ///< 0: any free one.
  std::string tls_cert, tls_key; ///< Both or neither.
  std::vector<std::string> names;  ///< Host names answered to besides localhost, addresses and this machine's own.
  std::string setup_code;
  int64_t attachments_max = int64_t{50} << 30;  ///< Bytes of all attachments together.
  std::string trust_page;        ///< HTML shown at /trust when ca_cert is offered.
  std::string ca_cert;           ///< The local authority's certificate, offered for download; may be empty.
};

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> open(Node&, const StaticFiles*, const HttpOptions&);
  ~HttpServer();
  int port() const;
  /// Serves until stop(), then lets running requests end.
  void run();
  void stop();  ///< From any thread.

 private:
  HttpServer();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast
