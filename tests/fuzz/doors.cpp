#include "tests/fuzz/doors.h"

#include <sqlite3.h>

#include <algorithm>

#include "server/auth/password.h"
#include "shared/store/blobs.h"

namespace holdfast::test {

namespace {

/// A is the first. The corpus counts on the order: what is new goes to the end.
constexpr std::string_view routes[] = {
    "POST /v1/setup", "POST /v1/login", "POST /v1/logout", "POST /v1/password", "POST /v1/members", "PATCH /v1/members/:id", "POST /v1/renew", "POST /v1/devices/:no/remove", "POST /v1/teams",
    "PATCH /v1/teams/:id", "DELETE /v1/teams/:id", "POST /v1/records/:entity", "PATCH /v1/records/:entity/:id", "DELETE /v1/records/:entity/:id", "POST /v1/records/:entity/:id/restore",
    "POST /v1/records/:entity/:id/purge", "POST /v1/push", "POST /v1/blobs/:record/:sha", "GET /v1/records/:entity", "GET /v1/records/:entity/:id", "GET /v1/blobs/:record/:sha",
    "GET /v1/blobs/:record/:sha/have", "GET /v1/pull", "GET /v1/snapshot", "GET /v1/devices", "GET /v1/me", "GET /v1/setup", "GET /v1/openapi.json", "PATCH /v1/devices/:no"};

/// Of the bytes "photo".
constexpr const char* photo_sha = "55c64d0fcd6f9d5f7c828093857e3fdfda68478bb4e9bd24d481ef391c7804e8";

/// A data folder in memory.
struct House {
  std::string path;
  Node node;
  std::map<std::string, MemoryDisk::File> kept;
  int untouched = 0;

  explicit House(std::string p) : path(std::move(p)) { open(); }
  void open() {
    MemoryDisk::the();
    node.db = must(Database::open(path, MemoryDisk::name()));
    node.ws = must(Workspace::open(*node.db, product_schema(), Side::server, node.clock, node.random));
    node.authority = must(Authority::open(*node.ws));
    node.accounts = must(Accounts::open(*node.db));
    must(node.ws->atomically([&] { return node.authority->server_clock().accept(); }));  // It has gone on since this was kept.
    untouched = sqlite3_total_changes(node.db->handle());
  }
  void close() {
    node.accounts.reset();
    node.authority.reset();
    node.ws.reset();
    node.db.reset();
  }
  void keep() {
    close();
    for (const auto& [name, file] : MemoryDisk::the().files)
      if (name.starts_with(path)) kept[name] = file;
    open();
  }
  void as_kept() {
    if (sqlite3_total_changes(node.db->handle()) == untouched) return;
    close();
    MemoryDisk::the().remove(path);
    for (const auto& [name, file] : kept) MemoryDisk::the().files[name] = file;
    open();
  }
};

struct Subject {
  const Entity* entity;
  Id id;
};

struct Street {
  House lived_in{"fuzz/lived-in"}, empty{"fuzz/empty"};
  std::vector<Session> callers;  ///< The first two are an administrator's.
  std::vector<Subject> subjects;
  std::map<std::string, Route> handlers;

  Id make(const Entity& entity, std::initializer_list<std::pair<Field, Value>> values) {
    Workspace& ws = *lived_in.node.ws;
    const Id id = ws.new_id();
    Edit edit;
    edit.create(entity, id);
    for (const auto& [field, value] : values) edit.set(entity, id, field, value);
    must(ws.commit(edit, "made"));
    subjects.push_back({&entity, id});
    return id;
  }
  void move_in(const char* name, bool admin, uint64_t install) {
    Node& node = lived_in.node;
    const Id id = make(member, {{member.name, std::string(name)}, {member.role, std::string(admin ? "admin" : "member")}, {member.active, int64_t{1}}});
    const Account account = must(node.accounts->add(id, std::string(name) + "@example.org", must(hash_password("a password that is right")), admin));
    Id device;
    device.bytes[0] = static_cast<uint8_t>(install);
    callers.push_back({account, must(node.authority->register_device(device, id, "Phone")).ordinal});
    callers.push_back({account, 0});
  }

  Street() {
    Node& node = lived_in.node;
    move_in("anna", true, 1);
    move_in("ben", false, 2);
    const Id zoe = make(person, {{person.last_name, std::string("Zoë")}, {person.tag_set, std::string("a\nb")}, {person.notes, std::string("one\ntwo")}});
    const Id twin = make(person, {{person.last_name, std::string("Twin")}});
    const Id north = make(team, {{team.name, std::string("North")}, {team.members, callers[0].account.member.text()}});
    make(person, {{person.last_name, std::string("Hidden")}, {person.visibility, std::string("team")}, {person.team, north}});
    make(company, {{company.name, std::string("Acme")}});
    make(contact_point, {{contact_point.person, zoe}, {contact_point.type, std::string("phone")}, {contact_point.phone_number, std::string("040 1")}});
    make(task, {{task.title, std::string("Call")}, {task.person, zoe}, {task.due_on, int64_t{20'700}}});
    make(activity, {{activity.subject, std::string("Called")}, {activity.type, std::string("call")}, {activity.person, zoe}});
    make(attachment, {{attachment.name, std::string("Photo")}, {attachment.person, zoe}, {attachment.size, int64_t{5}}, {attachment.sha256, std::string(photo_sha)}});
    make(alias, {{alias.entity, std::string("person")}, {alias.loser, twin}, {alias.winner, zoe}});
    const Id gone = make(person, {{person.last_name, std::string("Trashed")}});
    Edit trash;
    trash.trash(person, gone);
    must(node.ws->commit(trash, "trashed"));
    subjects.push_back({&conflict, node.ws->new_id()});
    for (const Entity* e : product_schema()) {
      Query words;
      words.search = "x";
      (void)node.ws->list(*e, words);  // The search index is not each input's work.
    }
    for (const Route& route : all_routes()) {
      const std::string name = std::string(route.method) + " " + route.pattern;
      if (std::find(std::begin(routes), std::end(routes), name) == std::end(routes)) assertion_failed(("a route that is not fuzzed: " + name).c_str(), __FILE__, __LINE__);
      handlers.emplace(name, route);
    }
    lived_in.keep();
    empty.keep();
  }
  static Street& the() {
    static Street street;
    return street;
  }
};

std::string parameter(const std::string& query, std::string_view name) {
  for (size_t at = 0; at < query.size();) {
    const size_t end = std::min(query.find('&', at), query.size()), equals = query.find('=', at);
    if (equals < end && std::string_view(query).substr(at, equals - at) == name) return query.substr(equals + 1, end - equals - 1);
    at = end + 1;
  }
  return {};
}

void look_at(const WebResponse& r, const std::string& route) {
  if (r.status >= 500) assertion_failed((route + ": " + std::to_string(r.status) + " " + r.body).c_str(), __FILE__, __LINE__);
  HOLDFAST_ASSERT(r.status == 200 || r.status == 201 || r.status >= 400);
  if (r.type != "application/json") return;
  const nlohmann::json said = nlohmann::json::parse(r.body, nullptr, false);
  HOLDFAST_ASSERT(!said.is_discarded());
  if (r.status >= 400) HOLDFAST_ASSERT(said.contains("error") && said["error"].is_string() && said["error"].get<std::string>().size() > 5);
}

}  // namespace

void knock(std::string_view bytes) {
  if (bytes.size() < 3) return;
  Street& s = Street::the();
  const auto letter = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(bytes[i] - 'A')); };
  const std::string name(routes[letter(0) % std::size(routes)]);
  const Route& route = s.handlers.at(name);
  House& house = name.ends_with("/v1/setup") ? s.empty : s.lived_in;
  const size_t line = std::min(bytes.find('\n'), bytes.size());
  const std::string query(bytes.substr(3, line < 3 ? 0 : line - 3));

  WebRequest q;
  q.method = route.method;
  q.body = std::string(bytes.substr(std::min(line + 1, bytes.size())));
  q.query = [&](const char* key) { return parameter(query, key); };
  q.header = [](const char*) { return std::string(); };
  q.session = s.callers[letter(1) % (route.access == Access::admin ? 2 : s.callers.size())];
  q.secret = "a secret";
  const size_t about = letter(2) % (s.subjects.size() + 1);
  if (about == s.subjects.size())  // What stands in an address can be anything too.
    for (const char* key : {"entity", "id", "record", "sha", "no"}) q.path_parameters[key] = query;
  else
    q.path_parameters = {{"entity", std::string(s.subjects[about].entity->key)}, {"id", s.subjects[about].id.text()}, {"record", s.subjects[about].id.text()}, {"sha", photo_sha}, {"no", std::to_string(about)}};

  server_ms += 900'000;  // Wrong passwords of earlier inputs are forgiven.
  const int64_t head = must(house.node.authority->head());
  Site site{.node = house.node, .setup_code = "ABCD-EFGH", .attachments_max = 1 << 20, .announce = [] {}};
  const WebResponse r = route.handle(site, q);
  look_at(r, name);
  HOLDFAST_ASSERT(house.node.ws->acting().is_nil());
  HOLDFAST_ASSERT(!house.node.db->in_transaction());
  if (r.status >= 400 && name != "POST /v1/push") HOLDFAST_ASSERT(must(house.node.authority->head()) == head);
  if (must(house.node.authority->head()) != head)
    if (const std::vector<std::string> wrong = must(house.node.authority->check()); !wrong.empty()) assertion_failed((name + ": " + wrong[0]).c_str(), __FILE__, __LINE__);
  house.as_kept();
}

}  // namespace holdfast::test
