// The records of any entity over HTTP: five routes serve all of them.

#include <charconv>

#include "server/http/web.h"
#include "shared/exchange/json.h"

namespace holdfast {

using nlohmann::json;

static Result<const Entity*> entity_of(Site& site, const WebRequest& q) {
  const int e = site.node.ws->schema().index_of(q.path_parameters.at("entity"));
  if (e < 0) return Error{ErrorKind::not_found, "There is no such kind of record."};
  return &site.node.ws->schema()[static_cast<size_t>(e)];
}

static Status writable(const Entity& entity) {
  if (entity.server_owned) return Error{ErrorKind::forbidden, "These records cannot be written here."};
  return {};
}

/// What the caller may not see is not there.
static Result<Record> existing(Site& site, const WebRequest& q, const Entity& entity, const Id& id) {
  std::optional<Record> record = TRY(site.node.ws->get(entity, id));
  if (!record || !TRY(site.node.authority->sees(q.session->account.member, entity, id))) return Error{ErrorKind::not_found, "There is no such " + std::string(entity.label) + "."};
  return std::move(*record);
}

/// Where a page ended, as one token: sort key's form, key, row.
static std::string mark_text(const PageMark& mark) {
  return std::to_string(mark.row) + (mark.key.index() == 1 ? ".i" + std::to_string(as_int(mark.key)) : ".t" + std::string(as_text(mark.key)));
}

static Result<PageMark> parse_mark(const std::string& text) {
  const Error wrong{ErrorKind::invalid, "\"after\" is not a mark this server gave."};
  PageMark mark;
  const size_t dot = text.find('.');
  if (dot == std::string::npos || dot + 1 >= text.size()) return wrong;
  if (std::from_chars(text.data(), text.data() + dot, mark.row).ptr != text.data() + dot) return wrong;
  const std::string key = text.substr(dot + 2);
  if (text[dot + 1] == 't') mark.key = key;
  else {
    int64_t n = 0;
    if (text[dot + 1] != 'i' || std::from_chars(key.data(), key.data() + key.size(), n).ptr != key.data() + key.size()) return wrong;
    mark.key = n;
  }
  return mark;
}

static Result<Query> query_of(const Entity& entity, const WebRequest& q) {
  Query query;
  query.search = q.query("search");
  query.life = q.query("trashed") == "true" ? Life::trashed : Life::live;
  if (std::string sort = q.query("sort"); !sort.empty()) {
    if (sort[0] == '-') {
      query.descending = true;
      sort.erase(0, 1);
    }
    if (sort == "created_at") query.sort_by = SortBy::created_at;
    else if (sort != "updated_at") {
      const FieldDef* f = entity.find(sort);
      if (!f || !f->options.sortable) return Error{ErrorKind::invalid, "These records cannot be sorted by that field."};
      query.sort_by = SortBy::field;
      query.sort_field = f->index;
    }
  }
  if (const std::string limit = q.query("limit"); !limit.empty()) {
    int n = 0;
    if (std::from_chars(limit.data(), limit.data() + limit.size(), n).ptr != limit.data() + limit.size() || n < 1 || n > 500)
      return Error{ErrorKind::invalid, "\"limit\" is a number from 1 to 500."};
    query.limit = n;
  }
  if (const std::string after = q.query("after"); !after.empty()) query.after = TRY(parse_mark(after));
  for (const FieldDef& f : entity.fields) {
    const std::string text = q.query(std::string(f.key).c_str());
    if (text.empty()) continue;
    Result<Value> value = parse_value(f, text);
    if (!value.ok()) return value.take_error();
    query.where.push_back({f.index, Compare::eq, value.take()});
  }
  return query;
}

static WebResponse list(Site& site, const WebRequest& q) {
  const Entity& entity = *TRY_WEB(entity_of(site, q));
  Query query = TRY_WEB(query_of(entity, q));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  query.scopes = TRY_WEB(site.node.authority->scopes_seen_by(q.session->account.member));
  std::optional<PageMark> next;
  json items = json::array();
  for (const Record& r : TRY_WEB(site.node.ws->list(entity, query, &next))) items.push_back(record_to_json(r));
  return json_response({{"items", std::move(items)}, {"next", next ? json(mark_text(*next)) : json()}});
}

static WebResponse get(Site& site, const WebRequest& q) {
  const Entity& entity = *TRY_WEB(entity_of(site, q));
  const Id id = TRY_WEB(Id::parse(q.path_parameters.at("id")));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  json out = record_to_json(TRY_WEB(existing(site, q, entity, id)));
  if (const Id root = TRY_WEB(site.node.ws->root(id)); !(root == id) && TRY_WEB(site.node.authority->sees(q.session->account.member, entity, root))) out["merged_into"] = root.text();
  return json_response(out);
}

/// Commits for the caller and answers with the record as it then is.
static WebResponse commit(Site& site, const WebRequest& q, const Entity& entity, const Id& id, const Edit& edit, int status) {
  Workspace& ws = *site.node.ws;
  ws.act_as(q.session->account.member);
  const Status done = ws.commit(edit, "API");
  ws.act_as(Id{});
  TRY_WEB(done);
  site.announce();
  return json_response(record_to_json(TRY_WEB(existing(site, q, entity, id))), status);
}

static WebResponse create(Site& site, const WebRequest& q) {
  const Entity& entity = *TRY_WEB(entity_of(site, q));
  TRY_WEB(writable(entity));
  std::vector<FieldValue> values = TRY_WEB(values_from_json(entity, json::parse(q.body, nullptr, false)));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  const Id id = site.node.ws->new_id();
  Edit edit;
  edit.create(entity, id);
  edit.set(entity, id, entity.source, std::string("api"));
  for (FieldValue& v : values) edit.set(entity, id, v.field, std::move(v.value));
  return commit(site, q, entity, id, edit, 201);
}

static WebResponse change(Site& site, const WebRequest& q) {
  const Entity& entity = *TRY_WEB(entity_of(site, q));
  TRY_WEB(writable(entity));
  const Id id = TRY_WEB(Id::parse(q.path_parameters.at("id")));
  std::vector<FieldValue> values = TRY_WEB(values_from_json(entity, json::parse(q.body, nullptr, false)));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  (void)TRY_WEB(existing(site, q, entity, id));
  Edit edit;
  for (FieldValue& v : values) edit.set(entity, id, v.field, std::move(v.value));
  if (edit.empty()) return json_response(record_to_json(TRY_WEB(existing(site, q, entity, id))));
  return commit(site, q, entity, id, edit, 200);
}

static WebResponse set_life(Site& site, const WebRequest& q, Life life) {
  const Entity& entity = *TRY_WEB(entity_of(site, q));
  TRY_WEB(writable(entity));
  const Id id = TRY_WEB(Id::parse(q.path_parameters.at("id")));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  (void)TRY_WEB(existing(site, q, entity, id));
  Edit edit;
  if (life == Life::live) edit.restore(entity, id);
  else edit.trash(entity, id);
  return commit(site, q, entity, id, edit, 200);
}

/// For good, with its contact details, and with all that belongs to it if asked for; only what is in the trash already, so that no slip of a script erases anything.
static WebResponse purge(Site& site, const WebRequest& q) {
  const Entity& entity = *TRY_WEB(entity_of(site, q));
  TRY_WEB(writable(entity));
  const Id id = TRY_WEB(Id::parse(q.path_parameters.at("id")));
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  if (TRY_WEB(existing(site, q, entity, id)).meta.life != Life::trashed) return error_response(409, "Only what is in the trash can be erased for good.");
  const std::string with = q.query("with");
  if (!with.empty() && with != "everything") return error_response(400, "'with' can only be 'everything'.");
  site.node.ws->act_as(q.session->account.member);
  Result<int64_t> erased = site.node.authority->purge(entity, id, with.empty() ? Authority::Erase::record : Authority::Erase::everything);
  site.node.ws->act_as(Id{});
  site.announce();
  return json_response({{"erased", TRY_WEB(std::move(erased))}});
}

static WebResponse trash(Site& site, const WebRequest& q) { return set_life(site, q, Life::trashed); }
static WebResponse restore(Site& site, const WebRequest& q) { return set_life(site, q, Life::live); }
static WebResponse describe(Site& site, const WebRequest&) { return json_response(openapi(site.node.ws->schema())); }

std::vector<Route> record_routes() {
  return {{"GET", "/v1/openapi.json", Access::open, describe},
          {"GET", "/v1/records/:entity", Access::session, list},
          {"POST", "/v1/records/:entity", Access::session, create},
          {"GET", "/v1/records/:entity/:id", Access::session, get},
          {"PATCH", "/v1/records/:entity/:id", Access::session, change},
          {"DELETE", "/v1/records/:entity/:id", Access::session, trash},
          {"POST", "/v1/records/:entity/:id/restore", Access::session, restore},
          {"POST", "/v1/records/:entity/:id/purge", Access::admin, purge}};
}

}  // namespace holdfast
