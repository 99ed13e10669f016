#include <malloc.h>
#include <pthread.h>
#include <signal.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "server/auth/password.h"
#include "server/certificates.h"
#include "server/commands.h"
#include "server/http/http_server.h"

namespace holdfast {

static int failed(const Error& e) {
  std::fprintf(stderr, "%s\n", e.message.c_str());
  return 1;
}

static bool split_address(const std::string& listen, std::string& host, int& port) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return false;
  host = listen.substr(0, colon);
  if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
  const char* first = listen.data() + colon + 1;
  const char* last = listen.data() + listen.size();
  return std::from_chars(first, last, port).ptr == last && first != last && port >= 0 && port < 65536 && !host.empty();
}

int serve(const ServeOptions& wanted) {
  HttpOptions options;
  if (!split_address(wanted.listen, options.host, options.port)) return failed({ErrorKind::invalid, "--listen takes an address and a port, as in 127.0.0.1:8080."});
  if (wanted.tls_cert.empty() != wanted.tls_key.empty()) return failed({ErrorKind::invalid, "--tls-cert and --tls-key go together."});
  options.tls_cert = wanted.tls_cert;
  options.tls_key = wanted.tls_key;
  options.names = wanted.names;
  options.attachments_max = wanted.attachments_max;
  if (!options.tls_cert.empty()) {
    std::ifstream ca(wanted.data + "/tls/ca.crt", std::ios::binary);
    std::ostringstream text;
    text << ca.rdbuf();
    options.ca_cert = text.str();
    const std::string name = options.host == "0.0.0.0" || options.host == "::" ? machine_addresses().back() : options.host;
    options.trust_page = trust_page("https://" + name + ":" + std::to_string(options.port));
  }

  // The signals are waited for by one thread; blocked before any other is made, so that all inherit it.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  Result<std::unique_ptr<Node>> node = Node::open(wanted.data);
  if (!node.ok()) return failed(node.error());
  if (Status s = (*node)->ws->atomically([&] { return wanted.accept_clock ? (*node)->authority->server_clock().accept() : (*node)->authority->server_clock().check(); }); !s.ok()) return failed(s.error());
  (*node)->authority->offline_days = wanted.offline_days;
  (*node)->authority->records_max = wanted.records_max;
  StaticFiles files;
  if (!wanted.web.empty()) {
    Result<StaticFiles> loaded = StaticFiles::load(wanted.web);
    if (!loaded.ok()) return failed(loaded.error());
    files = loaded.take();
  }
  const Result<bool> has_account = (*node)->accounts->any();
  if (!has_account.ok()) return failed(has_account.error());
  if (!*has_account) options.setup_code = new_code();
  // Else glibc takes the 19 MiB a password's hash needs for an everyday size and keeps them, for each of its arenas.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  Result<std::unique_ptr<HttpServer>> server = HttpServer::open(**node, wanted.web.empty() ? nullptr : &files, options);
  if (!server.ok()) return failed(server.error());

  const std::string shown = options.host == "0.0.0.0" || options.host == "::" ? "localhost" : options.host;
  std::printf("Holdfast listens on %s://%s:%d\n", options.tls_cert.empty() ? "http" : "https", shown.c_str(), (*server)->port());
  if (!options.setup_code.empty()) std::printf("Open it and type this set-up code to create the first account: %s\n", options.setup_code.c_str());
  std::fflush(stdout);

  std::thread waiter([&] {
    // Meanwhile, now and then: what can wait until nobody asks for anything.
    for (const timespec second{1, 0}; sigtimedwait(&signals, nullptr, &second) < 0;)
      if (const std::unique_lock lock((*node)->mutex, std::try_to_lock); lock.owns_lock()) (*node)->db->tidy();
    (*server)->stop();
  });
  (*server)->run();
  // run() may also end by itself; the waiter must then be woken.
  pthread_kill(waiter.native_handle(), SIGTERM);
  waiter.join();
  std::printf("Stopped.\n");
  return 0;
}

}  // namespace holdfast
