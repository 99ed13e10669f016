#include "tests/support/world.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace holdfast::test {

/// Tables and indexes take longest to make: once for each side and schema, then copied.
static void from_template(const std::string& path, Side side, const Schema& schema) {
  static std::map<std::pair<Side, const Schema*>, std::string> made;
  std::string& kept = made[{side, &schema}];
  if (kept.empty()) {
    kept = "template-" + std::to_string(made.size());
    TestClock clock;
    SeededRandom random(1);
    const std::unique_ptr<Database> db = must(Database::open(kept, MemoryDisk::name()));
    must(Workspace::open(*db, schema, side, clock, random));
  }
  MemoryDisk::the().copy(kept, path);
}

ServerNode::ServerNode(std::string p, uint64_t seed, const TestClock* time, const Schema& schema) : path(std::move(p)), random(seed), schema_(&schema) {
  clock.base = time;
  MemoryDisk::the().remove(path);
  from_template(path, Side::server, schema);
  open();
}

Status ServerNode::try_open() {
  db = TRY(Database::open(path, MemoryDisk::name()));
  ws = TRY(Workspace::open(*db, *schema_, Side::server, clock, random));
  authority = TRY(Authority::open(*ws));
  authority->kept_changes().transactions_min = 1;
  authority->offline_days = offline_days;
  return {};
}

void ServerNode::close() {
  authority.reset();
  ws.reset();
  db.reset();
}

void ServerNode::crash(Random* chance) {
  close();
  MemoryDisk::the().crash(path, chance);
}

static std::string parameter(const std::string& path, const std::string& name) {
  const size_t at = path.find(name + "=");
  if (at == std::string::npos) return {};
  const size_t start = at + name.size() + 1;
  return path.substr(start, path.find('&', start) - start);
}

std::pair<int, std::string> ServerNode::answer(uint32_t device, const SyncRequest& request) {
  auto failed = [](const Error& e) {
    const int status = e.kind == ErrorKind::conflict ? 409 : e.kind == ErrorKind::forbidden ? 403 : e.kind == ErrorKind::gone ? 410 : e.kind == ErrorKind::storage ? 507 : e.kind == ErrorKind::outdated ? 426 : e.kind == ErrorKind::offline ? 503 : 400;
    return std::pair(status, "{\"error\":\"" + e.message + "\"}");
  };
  if (request.path.starts_with("/v1/blobs/")) {
    Result<std::pair<int, std::string>> reply = answer_blob(device, request);
    return reply.ok() ? reply.take() : failed(reply.error());
  }
  if (request.method == "POST") {
    Result<Authority::Page> reply = authority->push(device, request.body);
    if (!reply.ok()) return failed(reply.error());
    return {reply->reset ? 409 : 200, std::move(reply->bytes)};
  }
  const std::string acked = parameter(request.path, "acked"), bytes_max = parameter(request.path, "max");
  const std::string spoken = parameter(request.path, "epoch");
  const Result<Id> epoch = spoken.empty() ? Id{} : Id::parse(spoken);
  if (!epoch.ok()) return failed(epoch.error());
  Result<Authority::Page> page = authority->page(device, parameter(request.path, "cursor"), std::stoll(acked), static_cast<size_t>(std::stoll(bytes_max)), *epoch);
  if (!page.ok()) return failed(page.error());
  return {page->reset ? 409 : 200, std::move(page->bytes)};
}

Result<std::pair<int, std::string>> ServerNode::answer_blob(uint32_t device, const SyncRequest& request) {
  const std::optional<BlobKey> key = BlobKey::parse(request.path.substr(10, 36 + 1 + 64));
  const Device who = TRY(authority->known_device(device));
  if (!key) return std::pair(400, std::string("{}"));
  const std::optional<Record> record = TRY(ws->get(attachment, key->record));
  const bool fetches = request.method == "GET" && request.path.find("/have") == std::string::npos;
  const std::pair<int, std::string> none(404, "{\"error\":\"There is no such attachment.\"}");
  if (!record || !(BlobKey::of(*record) == *key)) return none;
  if ((fetches || !(record->meta.created_by == who.member)) && !TRY(authority->sees(who.member, attachment, key->record))) return none;
  Blobs bytes(ws->tables());
  if (fetches) {
    if (TRY(bytes.info(*key)).state != Blobs::State::complete) return std::pair(404, std::string("{}"));
    return std::pair(200, TRY(bytes.part(*key, std::stoll(parameter(request.path, "at")))));
  }
  if (request.method == "POST")
    TRY(ws->atomically([&]() -> Status {
      if (Status s = bytes.append(*key, std::stoll(parameter(request.path, "size")), std::stoll(parameter(request.path, "at")), request.body, 0); !s.ok() && s.error().kind != ErrorKind::conflict) return s;
      const Blobs::Info info = TRY(bytes.info(*key));
      return info.state == Blobs::State::partial && info.have == info.size ? bytes.set_state(*key, Blobs::State::complete) : Status();
    }));
  const Blobs::Info info = TRY(bytes.info(*key));
  return std::pair(200, nlohmann::json{{"have", info.have}, {"complete", info.state == Blobs::State::complete}}.dump());
}

DeviceNode::DeviceNode(std::string p, uint64_t seed, const TestClock* time, const Schema& schema) : path(std::move(p)), random(seed), schema_(&schema) {
  clock.base = time;
  MemoryDisk::the().remove(path);
  from_template(path, Side::device, schema);
  open();
}

Status DeviceNode::try_open() {
  db = TRY(Database::open(path, MemoryDisk::name()));
  ws = TRY(Workspace::open(*db, *schema_, Side::device, clock, random));
  replica = TRY(Replica::open(*ws));
  replica->hold_max = hold_bytes;
  session = std::make_unique<SyncSession>(*ws, *replica);
  session->page_bytes_max = page_bytes;
  session->push_bytes_max = push_bytes;
  blobs = std::make_unique<Blobs>(ws->tables());
  blobs->part_size = part_bytes;
  files = std::make_unique<BlobSession>(*ws, *blobs);
  return {};
}

void DeviceNode::close() {
  files.reset();
  blobs.reset();
  session.reset();
  replica.reset();
  ws.reset();
  db.reset();
}

void DeviceNode::crash(Random* chance) {
  close();
  MemoryDisk::the().crash(path, chance);
}

void DeviceNode::sign_in(ServerNode& server, const Id& member, const std::string& name) {
  Identity me = replica->identity();
  const Device device = must(server.authority->register_device(me.install, member, name));
  me.workspace = server.authority->workspace_id();
  me.member = member;
  me.device = device.ordinal;
  must(replica->sign_in(me));
}

void DeviceNode::sync(ServerNode& server) {
  for (int round = 0; round < 50; round++) {
    session->start();
    while (const std::optional<SyncRequest> request = must(session->next())) {
      const auto [status, body] = server.answer(replica->identity().device, *request);
      must(session->received(status, body));
    }
    if (session->trouble() != SyncTrouble::none) assertion_failed(session->trouble_text().c_str(), __FILE__, __LINE__);
    if (must(replica->outbox().count()) == 0) return;
  }
  HOLDFAST_ASSERT(!"the outbox drains");
}

Id DeviceNode::make_person(const std::string& first, const std::string& last) {
  const Id id = ws->new_id();
  Edit edit;
  edit.create(person, id);
  if (!first.empty()) edit.set(person, id, person.first_name, first);
  if (!last.empty()) edit.set(person, id, person.last_name, last);
  must(ws->commit(edit, "made"));
  return id;
}

void DeviceNode::set(const Entity& entity, const Id& id, Field field, const std::string& text) {
  Edit edit;
  edit.set(entity, id, field, must(parse_value(entity.at(field), text)));
  must(ws->commit(edit, "changed"));
}

std::string DeviceNode::get(const Entity& entity, const Id& id, Field field) {
  const std::optional<Record> record = must(ws->get(entity, id));
  return record ? record->text(field) : "(none)";
}

std::string digest(Workspace& ws, const Schema* known, const std::function<bool(const Record&)>& seen) {
  std::string out;
  for (size_t e = 0; e < ws.schema().size(); e++) {
    const Entity& entity = ws.schema()[e];
    const int there = known ? known->index_of(entity.key) : 0;
    if (there < 0) continue;
    Rows::Scan scan = ws.rows(e).after_id(Id{});
    for (; scan.row(); scan.advance()) {
      const Record& r = scan.row()->record;
      if (r.meta.life == Life::purged || (seen && !seen(r))) continue;  // The server keeps its id; devices keep nothing.
      out += std::string(entity.key) + " " + r.id.text() + " " + std::to_string(static_cast<int>(r.meta.life)) + " " + std::to_string(r.meta.seq);
      for (const FieldDef& f : entity.fields)
        if (!is_empty(r.values[f.index]) && (!known || (*known)[static_cast<size_t>(there)].find(f.key))) out += " " + std::string(f.key) + "=" + format_value(f, r.values[f.index]);
      out += "\n";
    }
  }
  return out;
}

}  // namespace holdfast::test
