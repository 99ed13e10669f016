#pragma once
// Devices that are copies of one another, as a profile put onto a second machine makes them.

#include "tests/support/two.h"

namespace holdfast::test {

/// A cycle that may end in trouble.
inline SyncTrouble cycle(DeviceNode& device, ServerNode& server) {
  device.session->start();
  while (const std::optional<SyncRequest> request = must(device.session->next())) {
    const auto [status, body] = server.answer(device.replica->identity().device, *request);
    must(device.session->received(status, body));
  }
  return device.session->trouble();
}

/// What the app does when it learns that it is a copy.
inline void renew(Two& w, DeviceNode& device) {
  const Id install = device.ws->new_id();
  const Identity& me = device.replica->identity();
  const Device fresh = must(w.server.authority->renew_device(install, me.member, me.device, must(device.replica->waiting())));
  must(device.replica->renew(install, fresh.ordinal));
}

/// A browser profile, or a phone's backup, on another machine.
inline std::unique_ptr<DeviceNode> copy_of(Two& w, DeviceNode& original) {
  const std::string path = "copy of " + original.path;
  original.close();
  MemoryDisk::the().remove(path);
  MemoryDisk::the().copy(original.path, path);
  original.open();
  auto c = std::make_unique<DeviceNode>("elsewhere", 77, &w.time);
  c->close();
  c->path = path;
  c->open();
  return c;
}

/// The original learns that there is a copy, goes on under a number of its own, and what either wrote is with everybody.
inline void copy_noticed_and_both_kept(Two& w, const Id& id) {
  CHECK(cycle(w.a, w.server) == SyncTrouble::copied);
  renew(w, w.a);
  w.a.sync(w.server);
  w.both();
  CHECK(w.b.get(person, id, person.job_title) == "by the original");
  CHECK(w.b.get(person, id, person.nickname) == "by the copy");
}

}  // namespace holdfast::test
