// A disk that does not give what it has: that is an error, never taken for what is not there, and what was learnt from it is forgotten.

#include "shared/exchange/export.h"
#include "tests/support/copies.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// Does `work` once for each read it makes, each time on a node that has just started and keeps next to nothing in memory, and lets
/// that read fail. Either the work says so, or its outcome is the right one; and asked again it is the right one anyway.
template <class Node>
void whichever_read_fails(Node& node, const std::function<Result<std::string>()>& work) {
  const auto begin = [&, kept = "kept " + node.path](bool first) {
    node.close();
    MemoryDisk::the().remove(first ? kept : node.path);
    MemoryDisk::the().copy(first ? node.path : kept, first ? kept : node.path);
    node.open();
    must(node.db->execute("PRAGMA cache_size=1; PRAGMA shrink_memory"));
  };
  begin(true);
  const std::string right = must(work());
  int64_t errors = 0, number = 0;
  for (bool failed = true; failed; number++) {
    INFO("read " << number);
    begin(false);
    MemoryDisk::the().failing = MemoryDisk::Failing::read;
    MemoryDisk::the().operations_until_error = number;
    const Result<std::string> outcome = work();
    failed = MemoryDisk::the().operations_until_error < 0;
    MemoryDisk::the().power_on();
    if (outcome.ok()) CHECK((*outcome == right));  // Bytes, not to be printed.
    else errors++;
    if (!outcome.ok()) CHECK((must(work()) == right));
    REQUIRE((outcome.ok() || failed));
  }
  CHECK(errors > 5);  // There was something to fail.
}

Result<std::string> answered(ServerNode& server, uint32_t device, const SyncRequest& request) {
  auto [status, body] = server.answer(device, request);
  if (status != 200) return Error{ErrorKind::storage, body};
  return std::move(body);
}

/// Somebody only Anna may see, made on her device.
Id private_person(Two& w) {
  const Id id = w.a.make_person("Ada", "Hushsecret");
  w.a.set(person, id, person.visibility, "private");
  w.a.set(person, id, person.owner, w.anna.text());
  return id;
}

}  // namespace

TEST_CASE("whichever read of a pull fails, the server sends nobody what they may not see") {
  Two w;
  private_person(w);
  w.a.sync(w.server);
  w.b.make_person("By", "Ben");
  w.b.sync(w.server);
  w.b.session->start();
  const SyncRequest pull = *must(w.b.session->next());
  REQUIRE(pull.method == "GET");
  const uint32_t device = w.b.replica->identity().device;
  whichever_read_fails(w.server, [&]() -> Result<std::string> {
    TRY(w.server.authority->known_device(device));  // Asked before each request, outside its transaction.
    return answered(w.server, device, pull);
  });
  CHECK(must(answered(w.server, device, pull)).find("Hushsecret") == std::string::npos);
}

TEST_CASE("whichever read of a push fails, it is judged as ever") {
  Two w;
  const Id shared = w.a.make_person("Cleo", "Shared"), hidden = private_person(w);
  w.both();
  w.b.set(person, shared, person.job_title, "Buyer");
  w.tick();
  w.a.set(person, shared, person.job_title, "Seller");
  w.a.set(person, hidden, person.job_title, "Buyer");
  w.a.sync(w.server);
  w.b.make_person("By", "Ben");
  w.b.session->start();
  const SyncRequest push = *must(w.b.session->next());
  REQUIRE(push.method == "POST");
  whichever_read_fails(w.server, [&]() -> Result<std::string> {
    std::string reply = TRY(answered(w.server, w.b.replica->identity().device, push));
    const MemoryDisk::Spared disk;
    const std::vector<Record> told = w.open_conflicts(*w.server.ws);  // Its id is new each time.
    return reply + digest(*w.server.ws, nullptr, [](const Record& r) { return r.entity != &conflict; }) + told.at(0).text(conflict.lost) + std::to_string(told.size());
  });
  w.both();
  CHECK(must(w.server.authority->check()).empty());
}

TEST_CASE("whichever read fails while a copy gets its own number, what both have in common is judged once") {
  Two w;
  const Id id = w.a.make_person("Ada", "Byron");
  w.both();
  w.a.set(person, id, person.job_title, "of both");
  w.a.make_person("Of", "Both");
  const std::unique_ptr<DeviceNode> copy = copy_of(w, w.a);
  w.a.sync(w.server);
  const Identity me = copy->replica->identity();
  const Id install = copy->ws->new_id();
  whichever_read_fails(w.server, [&]() -> Result<std::string> {
    const Device fresh = TRY(w.server.authority->renew_device(install, me.member, me.device, must(copy->replica->waiting())));
    return std::to_string(fresh.ordinal) + " of " + std::to_string(fresh.family) + " was " + std::to_string(fresh.was);
  });
}

TEST_CASE("whichever read fails while a device takes in a pull, it shows what was sent or what it showed before") {
  Two w;
  const Id id = w.a.make_person("Ada", "Byron");
  w.both();
  w.a.set(person, id, person.job_title, "Buyer");
  w.a.make_person("Cleo", "New");
  w.a.sync(w.server);
  const std::string before = digest(*w.b.ws), after = digest(*w.server.ws);
  whichever_read_fails(w.b, [&]() -> Result<std::string> {
    const Status taken = [&]() -> Status {
      w.b.session->start();
      while (const std::optional<SyncRequest> request = TRY(w.b.session->next())) {
        std::optional<MemoryDisk::Spared> disk(std::in_place);
        const auto [status, body] = w.server.answer(w.b.replica->identity().device, *request);
        disk.reset();
        TRY(w.b.session->received(status, body));
      }
      return {};
    }();
    const MemoryDisk::Spared disk;
    std::string shown = digest(*w.b.ws);
    if (taken.ok()) return shown;
    w.b.session->failed();
    CHECK((shown == before || shown == after));  // The one that fails may be the first after it.
    return taken.error();
  });
  w.all_well();
}

TEST_CASE("whichever read fails, an export has everything or is not made") {
  Two w;
  const Id id = w.a.make_person("Ada", "Berg");
  w.a.set(person, id, person.owner, w.ben.text());
  w.both();
  whichever_read_fails(w.server, [&] { return export_csv(*w.server.ws, person); });
}
