// Teams: who shares what is visible to a team. Administrators only.

#include "server/http/web.h"
#include "shared/model/access.h"

namespace holdfast {

using nlohmann::json;

/// The name and members a request names, as changes of a team; what it does not name stays.
static Result<std::vector<FieldValue>> wanted(Site& site, const WebRequest& q) {
  const json body = json::parse(q.body, nullptr, false);
  if (!body.is_object()) return Error{ErrorKind::invalid, "Send a JSON object."};
  std::vector<FieldValue> out;
  if (const auto name = body.find("name"); name != body.end()) {
    if (!name->is_string()) return Error{ErrorKind::invalid, "Write a name."};
    const Value value = TRY(parse_value(team.at(team.name), name->get<std::string>()));
    if (is_empty(value)) return Error{ErrorKind::invalid, "Write a name."};
    out.push_back({team.name.index, value});
  }
  if (const auto members = body.find("members"); members != body.end()) {
    if (!members->is_array()) return Error{ErrorKind::invalid, "\"members\" is a list of members' ids."};
    std::vector<std::string> ids;
    for (const json& m : *members) {
      if (!m.is_string()) return Error{ErrorKind::invalid, "\"members\" is a list of members' ids."};
      const Id id = TRY(Id::parse(m.get<std::string>()));
      if (!TRY(site.node.ws->get(member, id))) return Error{ErrorKind::invalid, "There is no such member."};
      ids.push_back(id.text());
    }
    out.push_back({team.members.index, tags_from(std::move(ids))});
  }
  return out;
}

static Status commit(Site& site, const WebRequest& q, const Edit& edit, const std::string& label) {
  site.node.ws->act_as(q.session->account.member);
  const Status done = site.node.ws->commit(edit, label);
  site.node.ws->act_as(Id{});
  site.announce();
  return done;
}

static WebResponse create(Site& site, const WebRequest& q) {
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  std::vector<FieldValue> values = TRY_WEB(wanted(site, q));
  if (values.empty() || values[0].field != team.name.index) return error_response(400, "Write a name.");
  const Id id = site.node.ws->new_id();
  Edit edit;
  edit.create(team, id);
  for (FieldValue& v : values) edit.set(team, id, v.field, std::move(v.value));
  TRY_WEB(commit(site, q, edit, "Team added"));
  return json_response({{"id", id.text()}}, 201);
}

static WebResponse change(Site& site, const WebRequest& q) {
  const Id id = TRY_WEB(Id::parse(q.path_parameters.at("id")));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  Edit edit;
  for (FieldValue& v : TRY_WEB(wanted(site, q))) edit.set(team, id, v.field, std::move(v.value));
  TRY_WEB(commit(site, q, edit, "Team changed"));
  return json_response({{"done", true}});
}

/// What was visible to the team stays visible to its owners and to administrators.
static WebResponse remove(Site& site, const WebRequest& q) {
  const Id id = TRY_WEB(Id::parse(q.path_parameters.at("id")));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  Edit edit;
  edit.trash(team, id);
  TRY_WEB(commit(site, q, edit, "Team removed"));
  return json_response({{"done", true}});
}

std::vector<Route> team_routes() {
  return {{"POST", "/v1/teams", Access::admin, create}, {"PATCH", "/v1/teams/:id", Access::admin, change}, {"DELETE", "/v1/teams/:id", Access::admin, remove}};
}

}  // namespace holdfast
