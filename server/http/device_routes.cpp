// The devices that sync: who has which, since when they were not heard of, and taking one's rights away.

#include <charconv>

#include "server/http/web.h"

namespace holdfast {

using nlohmann::json;

static WebResponse list(Site& site, const WebRequest& q) {
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  json out = json::array();
  for (const Device& d : TRY_WEB(site.node.authority->log().devices())) {
    const bool own = d.member == q.session->account.member;
    if (d.removed || d.member.is_nil() || (!own && !q.session->account.admin)) continue;
    out.push_back({{"device", d.ordinal}, {"name", d.name}, {"member", d.member.text()}, {"member_name", site.node.ws->title(member, d.member)}, {"last_seen", format_instant(d.last_seen)},
                   {"current", d.ordinal == q.session->device}});
  }
  return json_response({{"items", std::move(out)}});
}

/// The device the address names, one's own or an administrator's to deal with.
static Result<uint32_t> device_in(Site& site, const WebRequest& q) {
  const Error none{ErrorKind::not_found, "There is no such device."};
  const std::string& text = q.path_parameters.at("no");
  uint32_t no = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), no).ptr != text.data() + text.size() || no == 0) return none;
  const std::optional<Device> device = TRY(site.node.authority->log().device(no));
  if (!device || (!(device->member == q.session->account.member) && !q.session->account.admin)) return none;
  return no;
}

static WebResponse rename(Site& site, const WebRequest& q) {
  const json body = json::parse(q.body, nullptr, false);
  const auto name = body.is_object() ? body.find("name") : body.end();
  if (!body.is_object() || name == body.end() || !name->is_string()) return error_response(400, "Send the new name.");
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  TRY_WEB(site.node.authority->name_device(TRY_WEB(device_in(site, q)), name->get<std::string>()));
  return json_response({{"done", true}});
}

static WebResponse remove(Site& site, const WebRequest& q) {
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  TRY_WEB(site.node.authority->remove_device(TRY_WEB(device_in(site, q))));
  site.announce();
  return json_response({{"done", true}});
}

/// The data of this session's device turned out to be a copy: it goes on as a device of its own.
static WebResponse renew(Site& site, const WebRequest& q) {
  const json body = json::parse(q.body, nullptr, false);
  const auto install = body.is_object() ? body.find("install") : body.end();
  if (!body.is_object() || install == body.end() || !install->is_string()) return error_response(400, "Send the new installation's id.");
  const Id id = TRY_WEB(Id::parse(install->get<std::string>()));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  if (!q.session->device) return error_response(409, "This installation cannot be renewed.");
  std::vector<int64_t> waiting;
  if (const auto list = body.find("waiting"); list != body.end() && list->is_array())
    for (const json& op_no : *list)
      if (op_no.is_number_integer()) waiting.push_back(op_no.get<int64_t>());
  const Device fresh = TRY_WEB(site.node.authority->renew_device(id, q.session->account.member, q.session->device, waiting));
  // A session of its own too: the other copy has the same cookie, and goes on as the device it was.
  const std::string secret = TRY_WEB(site.node.accounts->begin_session(q.session->account.id, fresh.ordinal, site.node.clock.wall_ms()));
  WebResponse r = json_response({{"device", fresh.ordinal}});
  r.headers.push_back(session_cookie(q, secret, Accounts::session_ms / 1000));
  return r;
}

std::vector<Route> device_routes() {
  return {{"GET", "/v1/devices", Access::session, list}, {"PATCH", "/v1/devices/:no", Access::session, rename}, {"POST", "/v1/devices/:no/remove", Access::session, remove}, {"POST", "/v1/renew", Access::session, renew}};
}

}  // namespace holdfast
