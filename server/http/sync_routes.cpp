// Devices push changes and pull what is new.

#include <charconv>

#include "server/http/web.h"

namespace holdfast {

static int64_t number_or(const std::string& text, int64_t otherwise) {
  int64_t n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  return text.empty() || failed != std::errc() || end != text.data() + text.size() || n < 0 ? otherwise : n;
}

static WebResponse binary(std::string bytes) {
  WebResponse r;
  r.type = "application/octet-stream";
  r.body = std::move(bytes);
  return r;
}

static WebResponse answer(Authority::Page page) {
  WebResponse r = binary(std::move(page.bytes));
  if (page.reset) r.status = 409;
  return r;
}

static WebResponse push(Site& site, const WebRequest& q) {
  if (!q.session->device) return error_response(403, "Only a device can push. Sign in with an installation.");
  Authority::Page reply;
  {
    const std::lock_guard<std::mutex> lock(site.node.mutex);
    reply = TRY_WEB(site.node.authority->push(q.session->device, q.body));
  }
  site.announce();
  return answer(std::move(reply));
}

static WebResponse page(Site& site, const WebRequest& q, bool snapshot) {
  if (!q.session->device) return error_response(403, "Only a device can pull. Sign in with an installation.");
  const std::string cursor = q.query("cursor");
  if (!cursor.empty() && (cursor[0] == 's') != snapshot) return error_response(400, "The cursor belongs to the other address.");
  const std::string spoken = q.query("epoch");
  const Id epoch = spoken.empty() ? Id{} : TRY_WEB(Id::parse(spoken));
  const auto bytes_max = static_cast<size_t>(std::min<int64_t>(number_or(q.query("max"), 512 * 1024), 4 * 1024 * 1024));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  WebResponse r = answer(TRY_WEB(site.node.authority->page(q.session->device, cursor, number_or(q.query("acked"), 0), bytes_max, epoch)));
  r.compress = true;
  return r;
}

static WebResponse pull(Site& site, const WebRequest& q) {
  if (q.query("cursor").empty()) return error_response(400, "A pull needs a cursor; begin with /v1/snapshot.");
  return page(site, q, false);
}
static WebResponse snapshot(Site& site, const WebRequest& q) { return page(site, q, true); }

std::vector<Route> sync_routes() {
  return {{"POST", "/v1/push", Access::session, push}, {"GET", "/v1/pull", Access::session, pull}, {"GET", "/v1/snapshot", Access::session, snapshot}};
}

}  // namespace holdfast
