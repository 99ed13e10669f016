// One number that two devices used, in two histories of the server.

#include "tests/sim/invariants.h"

namespace holdfast::test {

namespace {

void restored(ServerNode& server, const std::string& from) {
  server.close();
  MemoryDisk::the().remove(server.path);
  MemoryDisk::the().copy(from, server.path);
  server.open();
  must(server.authority->begin_epoch());
}

/// Until nothing waits, as the app does it: a copy that learns that it is one takes a number of its own.
void sync(ServerNode& server, DeviceNode& d, const Fault& fault) {
  for (int cycle = 0; cycle < 20; cycle++) {
    d.session->start();
    while (const std::optional<SyncRequest> request = must(d.session->next())) {
      const auto [status, body] = server.answer(d.replica->identity().device, *request);
      must(d.session->received(status, body));
    }
    if (d.session->trouble() == SyncTrouble::copied) {
      const Id install = d.ws->new_id();
      const Device fresh = must(server.authority->renew_device(install, d.replica->identity().member, d.replica->identity().device, must(d.replica->waiting())));
      must(d.replica->renew(install, fresh.ordinal));
      d.session->failed();
    } else if (!must(d.replica->outbox().count())) {
      return;
    }
  }
  fault("liveness: a copied device cannot sync");
}

}  // namespace

void check_lost_history(ServerNode& server, const TestClock& time, const Id& member, uint64_t seed, const Fault& fault) {
  DeviceNode original("sim/original", seed, &time), copy("sim/copied", seed + 1, &time);
  original.sign_in(server, member, "original");
  const Id who = original.make_person("Once", "only");
  original.sync(server);
  original.close();
  copy.close();
  MemoryDisk::the().remove(copy.path);
  MemoryDisk::the().copy(original.path, copy.path);
  original.open();
  copy.open();
  server.close();
  MemoryDisk::the().remove("sim/before");
  MemoryDisk::the().copy(server.path, "sim/before");
  server.open();
  copy.set(person, who, person.job_title, "said by the copy");
  copy.sync(server);
  restored(server, "sim/before");
  original.set(person, who, person.first_name, "Said by the original");
  sync(server, original, fault);
  sync(server, copy, fault);
  sync(server, original, fault);
  const auto row = must(server.ws->get(person, who));
  if (!row || row->text(person.job_title) != "said by the copy") fault("no lost write: what a copy had sent is gone since another sent something under its number");
  if (!row || row->text(person.first_name) != "Said by the original") fault("no lost write: what an original sent is gone");
  check_convergence(server, copy, "a copy", fault);
  check_convergence(server, original, "an original", fault);
  for (DeviceNode* d : {&original, &copy}) {
    d->close();
    MemoryDisk::the().remove(d->path);
  }
  MemoryDisk::the().remove("sim/before");
}

}  // namespace holdfast::test
