// The HTTP layer around a route that misbehaves, as no real one should.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch_amalgamated.hpp>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "server/http/allowance.h"
#include "server/http/http_server.h"

using namespace holdfast;

static std::string answer_to(int port, const std::string& request) {
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(s, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(send(s, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  std::string out;
  char part[4096];
  for (ssize_t n; (n = recv(s, part, sizeof part, 0)) > 0;) out.append(part, static_cast<size_t>(n));
  close(s);
  return out;
}

TEST_CASE("each kind of error is the status that docs/sync.md promises") {
  const std::pair<ErrorKind, int> statuses[] = {{ErrorKind::invalid, 400},   {ErrorKind::corrupt, 400}, {ErrorKind::not_found, 404}, {ErrorKind::conflict, 409}, {ErrorKind::forbidden, 403},
                                                {ErrorKind::gone, 410},      {ErrorKind::offline, 503}, {ErrorKind::storage, 507},   {ErrorKind::outdated, 426}};
  for (const auto& [kind, status] : statuses) {
    const WebResponse r = error_response(Error{kind, "In words."});
    CHECK(r.status == status);
    CHECK(r.body == "{\"error\":\"In words.\"}");
  }
}

TEST_CASE("a route that throws costs its caller a sentence and nobody else anything") {
  std::string folder = (std::filesystem::temp_directory_path() / "holdfast-http-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()));
  {
    Result<std::unique_ptr<Node>> node = Node::open(folder);
    REQUIRE(node.ok());
    HttpOptions options;
    options.port = 0;
    options.routes = {{"GET", "/throws", Access::open, [](Site&, const WebRequest&) -> WebResponse { throw std::runtime_error("secret detail"); }}};
    Result<std::unique_ptr<HttpServer>> server = HttpServer::open(**node, nullptr, options);
    REQUIRE(server.ok());
    std::thread serving([&] { (*server)->run(); });
    const int port = (*server)->port();
    const std::string failed = answer_to(port, "GET /throws HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    CHECK(failed.starts_with("HTTP/1.1 500"));
    CHECK(failed.find("Something went wrong inside the server.") != std::string::npos);
    CHECK(failed.find("secret detail") == std::string::npos);
    CHECK(answer_to(port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 200"));
    CHECK(answer_to(port, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").find("\nholdfast_errors_total 1\n") != std::string::npos);
    (*server)->stop();
    serving.join();
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("a member's allowance for a minute is used up by requests or by bytes, and comes back; others are not affected") {
  holdfast::Allowance allowance;
  holdfast::Id anna, ben;
  anna.bytes[0] = 1;
  ben.bytes[0] = 2;
  for (int64_t i = 0; i < holdfast::Allowance::requests_max; i++) REQUIRE(allowance.take(anna, 0, 1000));
  CHECK_FALSE(allowance.take(anna, 0, 1000));
  CHECK(allowance.take(ben, holdfast::Allowance::bytes_max, 1000));
  CHECK_FALSE(allowance.take(ben, 1, 1000));
  CHECK(allowance.take(anna, 0, 1000 + holdfast::Allowance::window_ms));
}
