// Devices that are copied, brought back from an older state, or removed.

#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// A cycle that may end in trouble.
SyncTrouble cycle(DeviceNode& device, ServerNode& server) {
  device.session->start();
  while (const std::optional<SyncRequest> request = must(device.session->next())) {
    const auto [status, body] = server.answer(device.replica->identity().device, *request);
    must(device.session->received(status, body));
  }
  return device.session->trouble();
}

/// What the app does when it learns that it is a copy.
void renew(Two& w, DeviceNode& device) {
  const Id install = device.ws->new_id();
  const Device fresh = must(w.server.authority->register_device(install, w.anna, "copy"));
  must(device.replica->renew(install, fresh.ordinal));
}

}  // namespace

TEST_CASE("two copies of one device both keep their work") {
  for (const bool copy_pulls_first : {false, true}) {
    Two w;
    const Id id = w.a.make_person("P", "Q");
    w.both();
    // Anna's browser profile is copied to another machine; both go on.
    w.a.close();
    MemoryDisk::the().remove("device-c");
    MemoryDisk::the().copy("device-a", "device-c");
    w.a.open();
    DeviceNode c("elsewhere", 77, &w.time);
    c.close();
    c.path = "device-c";
    c.open();
    w.a.set(person, id, person.job_title, "by the original");
    if (!copy_pulls_first) c.set(person, id, person.nickname, "by the copy");
    w.a.sync(w.server);
    if (copy_pulls_first) {
      // Nothing of its own to send yet: the acknowledgement of the other's change tells.
      CHECK(cycle(c, w.server) == SyncTrouble::copied);
      c.set(person, id, person.nickname, "by the copy");
    }
    CHECK(cycle(c, w.server) == SyncTrouble::copied);
    renew(w, c);
    c.sync(w.server);
    w.both();
    CHECK(w.b.get(person, id, person.job_title) == "by the original");
    CHECK(w.b.get(person, id, person.nickname) == "by the copy");
    CHECK(digest(*c.ws) == digest(*w.server.ws));
    c.set(person, id, person.suffix, "goes on");
    c.sync(w.server);
    w.both();
    CHECK(w.a.get(person, id, person.suffix) == "goes on");
    CHECK(must(c.replica->check()).empty());
    w.all_well();
  }
}

TEST_CASE("a removed device gets nothing, gives nothing, and is told so") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  must(w.server.authority->remove_device(w.b.replica->identity().device));
  w.a.set(person, id, person.job_title, "Buyer");
  w.a.sync(w.server);
  w.b.set(person, id, person.nickname, "too late");
  CHECK(cycle(w.b, w.server) == SyncTrouble::removed);
  CHECK(w.b.get(person, id, person.job_title).empty());
  CHECK(must(w.server.ws->get(person, id))->text(person.nickname).empty());
}
