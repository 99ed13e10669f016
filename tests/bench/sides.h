#pragma once
// A server and devices of the benchmark, on real files; and the bare tables beside which they are measured.

#include <memory>
#include <string>

#include "shared/model/entities.h"
#include "tests/bench/bench.h"
#include "tests/bench/data.h"
#include "tests/bench/place.h"
#include "tests/support/world.h"

namespace holdfast::bench {

using test::must;

/// W2 needs conflict rows, so the schema has them.
const Schema& with_conflicts();

struct Clocked : Clock {
  int64_t now = 1'790'000'000'000;
  int64_t wall_ms() override { return now++; }
  int64_t mono_ms() override { return now; }
};

struct Server {
  Clocked clock;
  SeededRandom random{1};
  std::unique_ptr<Database> db;
  std::unique_ptr<Workspace> ws;
  std::unique_ptr<Authority> authority;
  explicit Server(const std::string& name, const Schema& schema = with_conflicts()) {
    db = must(Database::open(place(name), nullptr, true));
    ws = must(Workspace::open(*db, schema, Side::server, clock, random));
    authority = must(Authority::open(*ws));
  }
};

struct Device {
  Clocked clock;
  SeededRandom random;
  std::unique_ptr<Database> db;
  std::unique_ptr<Workspace> ws;
  std::unique_ptr<Replica> replica;
  int64_t bytes = 0;       ///< Received, compressed.
  int64_t pushed = 0;      ///< Sent, as it is.
  double apply_ms = 0;     ///< From bytes to committed rows.
  double server_ms = 0;
  double zstd_ms = 0;
  Device(const std::string& name, uint64_t seed, Server& server) : random(seed) {
    db = must(Database::open(place(name)));
    ws = must(Workspace::open(*db, server.ws->schema(), Side::device, clock, random));
    replica = must(Replica::open(*ws));
    Identity me = replica->identity();
    me.member = ws->new_id();
    me.device = must(server.authority->register_device(me.install, me.member, name)).ordinal;
    me.workspace = server.authority->workspace_id();
    must(replica->sign_in(me));
  }
};

void push_all(Device&, Server&);
void pull_all(Device&, Server&);
/// The contact as a change of a device.
void make(Workspace&, const ContactText&, Edit&, const Id&);

/// A database of the same rows with ids, room for versions and a search table, and no more.
std::unique_ptr<Database> lean_database(const std::string& name);
void lean_insert(Database&, const Id&, const ContactText&);

}  // namespace holdfast::bench
