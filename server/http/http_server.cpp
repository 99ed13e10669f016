#include "server/http/http_server.h"

#include "server/http/allowance.h"

// Every limit of the library is set here; its defaults are far too generous for a port people can reach.
#define CPPHTTPLIB_OPENSSL_SUPPORT
#define CPPHTTPLIB_REQUEST_URI_MAX_LENGTH 2048
#define CPPHTTPLIB_HEADER_MAX_LENGTH 8192
#define CPPHTTPLIB_HEADER_MAX_COUNT 64
#define CPPHTTPLIB_MULTIPART_FORM_DATA_FILE_MAX_COUNT 16
#define CPPHTTPLIB_RANGE_MAX_COUNT 8
#define CPPHTTPLIB_PAYLOAD_MAX_LENGTH (2 * 1024 * 1024)  // A push of SyncSession::push_bytes_usual with all that goes with it.
#define CPPHTTPLIB_LISTEN_BACKLOG 128
#define CPPHTTPLIB_TCP_NODELAY true
#define CPPHTTPLIB_KEEPALIVE_TIMEOUT_SECOND 1  // A connection that waits holds a thread.
#define CPPHTTPLIB_KEEPALIVE_MAX_COUNT 1000
#define CPPHTTPLIB_SERVER_READ_TIMEOUT_SECOND 5
#define CPPHTTPLIB_SERVER_WRITE_TIMEOUT_SECOND 10
#define CPPHTTPLIB_WEBSOCKET_MAX_PAYLOAD_LENGTH 65536
#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>

#include "server/http/compress.h"
#include "shared/base/text.h"

namespace holdfast {

// A fixed number of threads: the library's growing pool can leave a request queued behind threads held by live streams.
static constexpr size_t threads = 96, queue_max = 416;
static constexpr int live_max = 32;  // Each live stream holds a thread; the rest must stay for requests.
static constexpr int kept_max = 64;  // With more connections than this, each is closed with its answer, so that none waits for an idle one.
static constexpr auto live_ping = std::chrono::seconds(20);

static constexpr const char* content_security_policy =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self' blob: data:; style-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Tells waiting live streams that the head moved.
class LiveHub {
 public:
  void announce() {
    const std::lock_guard<std::mutex> lock(mutex_);
    version_++;
    moved_.notify_all();
  }
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    moved_.notify_all();
  }
  bool join() { return ++listeners_ <= live_max || (--listeners_, false); }
  void leave() { --listeners_; }
  /// Waits for news after `seen`; false when the hub is closed. `seen` is unchanged when only time passed.
  bool wait(uint64_t& seen) {
    std::unique_lock<std::mutex> lock(mutex_);
    moved_.wait_for(lock, live_ping, [&] { return closed_ || version_ != seen; });
    seen = version_;
    return !closed_;
  }
  uint64_t version() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return version_;
  }
  int listeners() const { return listeners_; }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  uint64_t version_ = 1;
  bool closed_ = false;
  std::atomic<int> listeners_{0};
};

/// The threads, and how many connections are open: each holds a thread, or waits for one.
class CountedThreads : public httplib::TaskQueue {
 public:
  explicit CountedThreads(std::atomic<int>& open) : open_(open), pool_(threads, threads, queue_max) {}
  bool enqueue(std::function<void()> work) override {
    open_++;
    const bool taken = pool_.enqueue([this, work = std::move(work)] {
      work();
      open_--;
    });
    if (!taken) open_--;
    return taken;
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  std::atomic<int>& open_;
  httplib::ThreadPool pool_;
};

struct HttpServer::State {
  State(Node& n, const StaticFiles* f, const HttpOptions& o) : files(f), options(o), site{n, o.setup_code, o.attachments_max, [this] { hub.announce(); }} {}
  std::unique_ptr<httplib::Server> server;
  const StaticFiles* files;
  HttpOptions options;
  Site site;
  LiveHub hub;
  Allowance allowance;
  int port = 0;
  std::string machine;
  std::atomic<int> connections{0};
  std::atomic<int64_t> requests{0}, errors{0}, refused{0}, microseconds{0};

  bool secure() const { return !options.tls_cert.empty(); }
  void limits();
  void guards();
  void add(const Route&);
  void add_live();
  void add_static();
  void add_health();
  bool known_host(std::string host) const;
  std::optional<std::string> secret_of(const httplib::Request&, bool& from_cookie) const;
  bool still_welcome(const std::string& secret);
  WebResponse handle(const Route&, const httplib::Request&);
  void answer(const httplib::Request&, httplib::Response&, WebResponse);
};

HttpServer::HttpServer() = default;
HttpServer::~HttpServer() = default;
int HttpServer::port() const { return state_->port; }
void HttpServer::run() { state_->server->listen_after_bind(); }
void HttpServer::stop() {
  state_->hub.close();
  state_->server->stop();
}

// ---- who is asking

/// Against DNS rebinding: only names this server is known by. Addresses cannot be rebound.
bool HttpServer::State::known_host(std::string host) const {
  if (host.starts_with("[")) return host.find(']') != std::string::npos;
  host = ascii_lower(host.substr(0, host.find(':')));
  if (host == "localhost" || host == machine || host == machine + ".local") return true;
  if (!host.empty() && host.find_first_not_of("0123456789.") == std::string::npos) return true;
  return std::find(options.names.begin(), options.names.end(), host) != options.names.end();
}

std::optional<std::string> HttpServer::State::secret_of(const httplib::Request& q, bool& from_cookie) const {
  from_cookie = false;
  const std::string authorization = q.get_header_value("Authorization");
  if (authorization.starts_with("Bearer ")) return authorization.substr(7);
  const std::string name = secure() ? "__Host-holdfast=" : "holdfast=";
  for (const std::string& part : split(q.get_header_value("Cookie"), ';'))
    if (const std::string cookie = trimmed(part); cookie.starts_with(name)) {
      from_cookie = true;
      return cookie.substr(name.size());
    }
  return std::nullopt;
}

static std::string origin_host(const std::string& origin) {
  const size_t at = origin.find("://");
  return at == std::string::npos ? std::string() : origin.substr(at + 3);
}

void HttpServer::State::guards() {
  server->set_pre_routing_handler([this](const httplib::Request& q, httplib::Response& r) {
    auto refuse = [&](int status, const char* sentence) {
      refused++;
      answer(q, r, error_response(status, sentence));
      return httplib::Server::HandlerResponse::Handled;
    };
    // The library decodes percent signs in header values; what then holds a line break was meant to split a message.
    for (const auto& [key, value] : q.headers)
      if (key.find_first_of("\r\n\0") != std::string::npos || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        return refuse(400, "A header holds a line break.");
    if (!known_host(q.get_header_value("Host"))) return refuse(421, "This server does not go by that name. Start it with --name to add one.");
    if (q.has_header("Upgrade")) return refuse(400, "This server does not upgrade connections.");
    if (q.has_header("Content-Encoding")) return refuse(415, "Send the body uncompressed.");
    if (q.has_header("Origin") && origin_host(q.get_header_value("Origin")) != q.get_header_value("Host"))
      return refuse(403, "Requests from other sites are refused.");
    // A write that says nothing of a body has none; the library would wait for one until the connection times out.
    if (!q.has_header("Content-Length") && !q.has_header("Transfer-Encoding")) const_cast<httplib::Request&>(q).set_header("Content-Length", "0");
    return httplib::Server::HandlerResponse::Unhandled;
  });
  server->set_exception_handler([this](const httplib::Request& q, httplib::Response& r, std::exception_ptr) {
    answer(q, r, error_response(500, "Something went wrong inside the server."));
  });
  server->set_error_handler([this](const httplib::Request& q, httplib::Response& r) {
    if (!r.body.empty()) return;
    const char* sentence = r.status == 404   ? "There is nothing at this address."
                           : r.status == 413 ? "The request is too large."
                           : r.status == 414 ? "The address is too long."
                           : r.status == 431 ? "The headers are too large."
                                             : "The request could not be understood.";
    answer(q, r, error_response(r.status, sentence));
  });
  server->set_logger([this](const httplib::Request& q, const httplib::Response& r) {
    requests++;
    if (r.status >= 500) errors++;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - q.start_time_).count();
    microseconds += took;
    // The route, never the address: identifiers and searches are personal.
    const std::string route = !q.matched_route.empty() ? q.matched_route : q.path.starts_with("/v1/") ? "/v1/…" : "(file)";
    std::fprintf(stderr, "{\"at\":%lld,\"method\":\"%s\",\"route\":\"%s\",\"status\":%d,\"us\":%lld,\"in\":%zu,\"out\":%zu}\n",
                 static_cast<long long>(site.node.clock.wall_ms()), q.method.c_str(), route.c_str(), r.status, static_cast<long long>(took), q.body.size(), r.body.size());
  });
}

// ---- answering

/// What every answer says of itself, whatever stands in it.
static void protect(httplib::Response& r) {
  r.set_header("X-Content-Type-Options", "nosniff");
  r.set_header("Referrer-Policy", "no-referrer");
  if (!r.has_header("Cache-Control")) r.set_header("Cache-Control", "no-store");
  if (!r.has_header("Content-Security-Policy")) r.set_header("Content-Security-Policy", content_security_policy);
}

void HttpServer::State::answer(const httplib::Request& q, httplib::Response& r, WebResponse w) {
  r.status = w.status;
  if (w.compress) {
    std::string coding;
    w.body = compressed_for(q.get_header_value("Accept-Encoding"), std::move(w.body), coding);
    if (!coding.empty()) r.set_header("Content-Encoding", coding);
    r.set_header("Vary", "Accept-Encoding");
  }
  for (const auto& [key, value] : w.headers) r.set_header(key, value);
  protect(r);
  if (connections > kept_max) r.set_header("Connection", "close");
  r.set_content(std::move(w.body), w.type);
}

WebResponse HttpServer::State::handle(const Route& route, const httplib::Request& q) {
  WebRequest request;
  request.method = q.method;
  request.body = q.body;
  for (const auto& [key, value] : q.path_params) request.path_parameters[key] = value;
  request.query = [&q](const char* name) { return q.has_param(name) ? q.get_param_value(name) : std::string(); };
  request.header = [&q](const char* name) { return q.get_header_value(name); };
  request.secure = secure();
  const bool writes = q.method != "GET";
  bool from_cookie = false;
  if (const auto secret = secret_of(q, from_cookie)) {
    const std::lock_guard<std::mutex> lock(site.node.mutex);
    request.session = TRY_WEB(site.node.accounts->session(*secret, site.node.clock.wall_ms()));
    request.secret = *secret;
    // A browser's tabs share a cookie, and it may be another member's by now than the one whose data asks.
    if (const std::string device = q.get_header_value("X-Holdfast-Device"); !device.empty() && request.session && device != std::to_string(request.session->device)) request.session.reset();
    // A removed device keeps its session only to be told so: no other number is given to it. Its member may sign in anew.
    if (route.access != Access::open && request.session && request.session->device) TRY_WEB(site.node.authority->known_device(request.session->device));
  }
  if (writes && (from_cookie || route.access == Access::open) && q.get_header_value("X-Holdfast").empty())
    return error_response(403, "Writing from a page needs the header X-Holdfast.");
  if (route.access != Access::open && !request.session) return error_response(401, "Sign in first.");
  if (request.session && !allowance.take(request.session->account.member, q.body.size(), site.node.clock.mono_ms()))
    return error_response(429, "That is more than one member may ask of the server in a minute. Wait a little.");
  if (route.access == Access::admin && !request.session->account.admin) return error_response(403, "Only an administrator can do this.");
  return route.handle(site, request);
}

void HttpServer::State::add(const Route& route) {
  auto handler = [this, route](const httplib::Request& q, httplib::Response& r) { answer(q, r, handle(route, q)); };
  const std::string method = route.method;
  if (method == "GET") server->Get(route.pattern, handler);
  else if (method == "POST") server->Post(route.pattern, handler);
  else if (method == "PATCH") server->Patch(route.pattern, handler);
  else server->Delete(route.pattern, handler);
}

/// Whether the session has neither ended nor is of a removed device.
bool HttpServer::State::still_welcome(const std::string& secret) {
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  const Result<std::optional<Session>> session = site.node.accounts->session(secret, site.node.clock.wall_ms());
  return session.ok() && *session && (!(*session)->device || site.node.authority->known_device((*session)->device).ok());
}

/// Server-sent hints that there is something to pull. Never data: a device that misses one polls.
void HttpServer::State::add_live() {
  server->Get("/v1/live", [this](const httplib::Request& q, httplib::Response& r) {
    static const Route open = {"GET", "/v1/live", Access::session, [](Site&, const WebRequest&) { return WebResponse{}; }};
    WebResponse allowed = handle(open, q);
    if (allowed.status != 200) return answer(q, r, std::move(allowed));
    if (!hub.join()) return answer(q, r, error_response(503, "Too many live connections; poll instead."));
    protect(r);
    auto seen = std::make_shared<uint64_t>(0);
    bool from_cookie = false;
    r.set_chunked_content_provider(
        "text/event-stream",
        [this, seen, secret = secret_of(q, from_cookie).value_or(""), port = q.remote_port](size_t, httplib::DataSink& sink) {
          const auto send = [&sink](const std::string& text) { return sink.write(text.data(), text.size()); };
          const uint64_t before = *seen;
          if (*seen == 0) *seen = hub.version();
          else if (!hub.wait(*seen)) {
            sink.done();
            return true;
          }
          // Who comes back after a restart does not come in the same moment as everybody.
          if (before == 0) return send("retry: " + std::to_string(3000 + port % 4000) + "\n\n");
          const bool welcome = still_welcome(secret);
          if (!send(before == *seen && welcome ? ": still here\n\n" : "data: moved\n\n")) return false;
          if (!welcome) sink.done();  // With a hint before it: who comes to look is told why.
          return true;
        },
        [this](bool) { hub.leave(); });
  });
}

void HttpServer::State::add_static() {
  if (!options.ca_cert.empty()) {
    auto offer = [this](const char* path, const char* type, const std::string& body) {
      server->Get(path, [this, type, &body](const httplib::Request& q, httplib::Response& r) {
        WebResponse w;
        w.type = type;
        w.body = body;
        answer(q, r, std::move(w));
      });
    };
    offer("/ca.crt", "application/x-x509-ca-cert", options.ca_cert);
    offer("/trust", "text/html; charset=utf-8", options.trust_page);
  }
  if (!files) return;
  auto serve = [this](const httplib::Request& q, httplib::Response& r) {
    const StaticFile* file = files->find(q.path == "/" ? "/index.html" : q.path);
    if (!file) return answer(q, r, error_response(404, "There is nothing at this address."));
    WebResponse w;
    w.type = file->type;
    w.headers = {{"ETag", file->etag}, {"Cache-Control", "no-cache"}, {"Vary", "Accept-Encoding"}};
    if (q.get_header_value("If-None-Match") == file->etag) {
      w.status = 304;
      return answer(q, r, std::move(w));
    }
    const std::string accept = q.get_header_value("Accept-Encoding");
    if (!file->brotli.empty() && accept.find("br") != std::string::npos) {
      w.headers.emplace_back("Content-Encoding", "br");
      w.body = file->brotli;
    } else if (!file->gzip.empty() && accept.find("gzip") != std::string::npos) {
      w.headers.emplace_back("Content-Encoding", "gzip");
      w.body = file->gzip;
    } else {
      w.body = file->bytes;
    }
    answer(q, r, std::move(w));
  };
  // The library's only catch-all is a regular expression, and those overflow its stack on long paths: files are served
  // from the pre-routing hook's sibling, the error handler's place, by fixed depths instead.
  for (const char* pattern : {"/", "/:a", "/:a/:b", "/:a/:b/:c"}) server->Get(pattern, serve);
}

void HttpServer::State::add_health() {
  server->Get("/healthz", [this](const httplib::Request& q, httplib::Response& r) {
    const std::lock_guard<std::mutex> lock(site.node.mutex);
    const Result<int64_t> head = site.node.authority->head();
    answer(q, r, head.ok() ? json_response({{"status", "ok"}, {"head", *head}}) : error_response(head.error()));
  });
  server->Get("/metrics", [this](const httplib::Request& q, httplib::Response& r) {
    int64_t head = 0;
    {
      const std::lock_guard<std::mutex> lock(site.node.mutex);
      if (const Result<int64_t> h = site.node.authority->head(); h.ok()) head = *h;
    }
    WebResponse w;
    w.type = "text/plain; version=0.0.4";
    auto line = [&](const char* name, const char* kind, const char* help, const std::string& value) {
      w.body += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + kind + "\n" + name + " " + value + "\n";
    };
    line("holdfast_requests_total", "counter", "HTTP requests answered.", std::to_string(requests.load()));
    line("holdfast_errors_total", "counter", "Answers of status 500 and above.", std::to_string(errors.load()));
    line("holdfast_refused_total", "counter", "Requests refused before routing.", std::to_string(refused.load()));
    line("holdfast_request_seconds_total", "counter", "Time spent answering.", std::to_string(static_cast<double>(microseconds.load()) / 1e6));
    line("holdfast_connections", "gauge", "Open connections, with those that wait for a thread.", std::to_string(connections.load()));
    line("holdfast_live_connections", "gauge", "Open live streams.", std::to_string(hub.listeners()));
    line("holdfast_head", "gauge", "Last sequence number given.", std::to_string(head));
    answer(q, r, std::move(w));
  });
}

void HttpServer::State::limits() {
  server->new_task_queue = [this] { return new CountedThreads(connections); };
  server->set_payload_max_length(CPPHTTPLIB_PAYLOAD_MAX_LENGTH);
  server->set_keep_alive_max_count(CPPHTTPLIB_KEEPALIVE_MAX_COUNT);
  server->set_read_timeout(CPPHTTPLIB_SERVER_READ_TIMEOUT_SECOND, 0);
  server->set_write_timeout(CPPHTTPLIB_SERVER_WRITE_TIMEOUT_SECOND, 0);
  server->set_tcp_nodelay(true);
}

Result<std::unique_ptr<HttpServer>> HttpServer::open(Node& node, const StaticFiles* files, const HttpOptions& options) {
  std::unique_ptr<HttpServer> out(new HttpServer());
  out->state_ = std::make_unique<State>(node, files, options);
  State& s = *out->state_;
  char machine[256] = "";
  gethostname(machine, sizeof machine - 1);
  s.machine = ascii_lower(machine);
  if (s.secure()) {
    auto tls = std::make_unique<httplib::SSLServer>(options.tls_cert.c_str(), options.tls_key.c_str());
    if (!tls->is_valid()) return Error{ErrorKind::invalid, "The certificate or its key cannot be used. Make new ones with 'holdfast cert'."};
    s.server = std::move(tls);
  } else {
    s.server = std::make_unique<httplib::Server>();
  }
  s.limits();
  s.guards();
  for (const Route& route : options.routes) s.add(route);
  s.add_live();
  s.add_health();
  s.add_static();
  if (options.port == 0) s.port = s.server->bind_to_any_port(options.host);
  else s.port = s.server->bind_to_port(options.host, options.port) ? options.port : -1;
  if (s.port <= 0) return Error{ErrorKind::conflict, "The address " + options.host + ":" + std::to_string(options.port) + " cannot be listened on. Is something else using it?"};
  return out;
}

}  // namespace holdfast
