// One number that two devices used, in two or three histories of the server.

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

/// A device, its copy, and the server as it was when they parted.
struct Parted {
  DeviceNode original, copy;
  Id who;

  Parted(ServerNode& server, const TestClock& time, const Id& member, uint64_t seed) : original("sim/original", seed, &time), copy("sim/copied", seed + 1, &time) {
    original.sign_in(server, member, "original");
    who = original.make_person("Once", "only");
    original.sync(server);
    for (DeviceNode* d : {&original, &copy}) d->close();
    server.close();
    for (const auto& [to, from] : {std::pair(copy.path, original.path), std::pair(std::string("sim/before"), server.path)}) {
      MemoryDisk::the().remove(to);
      MemoryDisk::the().copy(from, to);
    }
    server.open();
    for (DeviceNode* d : {&original, &copy}) d->open();
  }
  ~Parted() {
    for (DeviceNode* d : {&original, &copy}) {
      d->close();
      MemoryDisk::the().remove(d->path);
    }
    MemoryDisk::the().remove("sim/before");
  }
  void both_said_it(ServerNode& server, const Fault& fault) {
    sync(server, original, fault);
    sync(server, copy, fault);
    sync(server, original, fault);
    const auto row = must(server.ws->get(person, who));
    if (!row || row->text(person.job_title) != "said by the copy") fault("no lost write: what a copy had sent is gone since another sent something under its number");
    if (!row || row->text(person.first_name) != "Said by the original") fault("no lost write: what an original sent is gone");
    check_convergence(server, copy, "a copy", fault);
    check_convergence(server, original, "an original", fault);
  }
};

/// One request of a cycle that goes on, there and back.
void one_request(ServerNode& server, DeviceNode& d) {
  const std::optional<SyncRequest> request = must(d.session->next());
  if (!request) return;
  const auto [status, body] = server.answer(d.replica->identity().device, *request);
  must(d.session->received(status, body));
}

}  // namespace

void check_lost_history(ServerNode& server, const TestClock& time, const Id& member, uint64_t seed, const Fault& fault) {
  {
    Parted w(server, time, member, seed);
    w.copy.set(person, w.who, person.job_title, "said by the copy");
    w.copy.sync(server);
    restored(server, "sim/before");
    w.original.set(person, w.who, person.first_name, "Said by the original");
    w.both_said_it(server, fault);
  }
  // Lost twice, the second time after the copy has sent it again and before it has loaded anything of the new history.
  Parted w(server, time, member, seed + 2);
  w.copy.set(person, w.who, person.job_title, "said by the copy");
  restored(server, "sim/before");
  w.copy.session->start();
  for (int requests = 0; requests < 2; requests++) one_request(server, w.copy);  // It learns of the restore, and sends.
  restored(server, "sim/before");
  w.original.set(person, w.who, person.first_name, "Said by the original");
  sync(server, w.original, fault);
  w.both_said_it(server, fault);
}

}  // namespace holdfast::test
