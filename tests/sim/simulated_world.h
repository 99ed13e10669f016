#pragma once
// What a simulation is made of: a server, devices, virtual time and the chances of one seed; and machines that fail in the middle of
// what they do.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdio>
#include <functional>

#include "tests/sim/invariants.h"
#include "tests/sim/older_schema.h"
#include "tests/sim/simulation.h"

namespace holdfast::test {

/// Another seed for a part of a run, that has nothing to do with those of the other parts.
inline uint64_t mixed(uint64_t seed, uint64_t number) { return SeededRandom(seed * 0x9E3779B97F4A7C15ull + number).next(); }

/// Whether the apps are newer than the server at first.
inline bool server_updated_later(const SimulationPlan& plan) { return plan.mishaps && SeededRandom(mixed(~plan.seed, 1'000'000)).below(16) == 0; }

/// How often things go wrong in this run, per thousand; drawn from the seed so that runs differ in kind.
struct Weather {
  uint64_t drop_request, drop_reply, duplicate, garble, crash, power_cut, disk, clock_jump, restore, purge, rights, copies;
  explicit Weather(SeededRandom& r) {
    auto draw = [&](uint64_t most) { return r.below(3) == 0 ? 0 : 1 + r.below(most); };
    drop_request = draw(300);
    drop_reply = draw(300);
    duplicate = draw(200);
    garble = draw(40);
    crash = draw(150);
    power_cut = draw(60);
    disk = draw(60);
    clock_jump = draw(200);
    restore = r.below(2) ? draw(250) : 0;
    purge = r.below(2) ? draw(60) : 0;
    rights = r.below(2) ? draw(900) : 0;
    copies = r.below(3) ? 0 : draw(250);
    if (copies && r.below(2)) restore = 100 + r.below(400), purge = 0;  // Numbers that mean two things, after histories that parted.
  }
};

class SimulatedWorld {
 public:
  SimulatedWorld(const SimulationPlan& plan, bool keep_events)
      : plan_(plan), keep_events_(keep_events), random_(plan.seed), weather_(random_), server_("sim/server", plan.seed ^ 1, &time_, server_updated_later(plan) ? older_server_schema() : product_schema()) {
    MemoryDisk::the().remove("sim/backup");
    for (const char* name : {"Anna", "Ben", "Cleo"}) {
      members_.push_back(server_.ws->new_id());
      Edit edit;
      edit.create(member, members_.back());
      edit.set(member, members_.back(), member.name, std::string(name));
      must(server_.ws->commit(edit, "member"));
    }
    for (const char* name : {"North", "South"}) {
      teams_.push_back(server_.ws->new_id());
      Edit edit;
      edit.create(team, teams_.back());
      edit.set(team, teams_.back(), team.name, std::string(name));
      edit.set(team, teams_.back(), team.members, tags_from({members_[0].text(), members_[teams_.size() - 1].text()}));
      must(server_.ws->commit(edit, "team"));
    }
    const size_t count = 2 + random_.below(3);
    for (size_t i = 0; i < count; i++) {
      // The last one may run an app that has not been updated.
      const Schema& schema = i + 1 == count && random_.below(2) ? older_schema() : product_schema();
      devices_.push_back(std::make_unique<DeviceNode>("sim/device" + std::to_string(i), plan.seed * 7 + i + 10, &time_, schema));
      devices_[i]->page_bytes = random_.below(3) ? 60 + random_.below(400) : SyncSession::page_bytes_usual;
      devices_[i]->session->page_bytes_max = devices_[i]->page_bytes;
      devices_[i]->push_bytes = plan.seed % 4 == 2 ? 60 + plan.seed % 300 : SyncSession::push_bytes_usual;  // A change or a few.
      devices_[i]->session->push_bytes_max = devices_[i]->push_bytes;
      devices_[i]->replica->hold_max = devices_[i]->hold_bytes = (plan.seed + i) % 3 * 400;  // None, one or two pages, more.
      devices_[i]->blobs->part_size = devices_[i]->part_bytes = photo_part;
      devices_[i]->sign_in(server_, members_[i % members_.size()], "device " + std::to_string(i));
      generation_.push_back(0);
      waiting_.push_back(false);
      written_.emplace_back();
      confirmed_.emplace_back();
    }
  }
  ~SimulatedWorld() { MemoryDisk::the().power_on(); }

 protected:
  void event(const std::string& what) {
    trace_ = XXH3_64bits_withSeed(what.data(), what.size(), trace_);
    if (plan_.aloud) std::printf("    %s\n", what.substr(0, 120).c_str()), std::fflush(stdout);
    if (keep_events_) result_.events.push_back(what.substr(0, 120));
  }
  void sometimes(const char* what, int64_t n = 1) { result_.sometimes[what] += n; }
  void fault(const std::string& what) { result_.faults.push_back(what); }
  bool chance(uint64_t per_thousand) { return random_.below(1000) < per_thousand; }
  std::string device_name(size_t d) const { return "device " + std::to_string(d); }

  // ---- machines that fail in the middle of something

  /// Runs `work` on a machine whose disk may fill up, fail or lose power in the middle. True when power was lost.
  template <class Work>
  bool unreliable(Work work) {
    MemoryDisk& disk = MemoryDisk::the();
    const bool cut = chance(weather_.power_cut), full = chance(weather_.disk), error = chance(weather_.disk);
    if (cut) disk.steps_until_dead = static_cast<int64_t>(random_.below(30));
    if (full) disk.writes_until_full = static_cast<int64_t>(random_.below(30));
    if (error) {
      const auto n = static_cast<int64_t>(random_.below(30));
      disk.failing = n % 3 == 0 ? MemoryDisk::Failing::write : n % 3 == 1 ? MemoryDisk::Failing::sync : MemoryDisk::Failing::read;
      disk.operations_until_error = disk.failing == MemoryDisk::Failing::sync ? n / 8 : n;
    }
    const bool full_before = full, error_before = error;
    Status done = work();
    const bool dead = disk.dead, was_full = full_before && disk.writes_until_full == 0, had_error = error_before && disk.operations_until_error < 0;
    disk.power_on();
    if (was_full) sometimes("disk full");
    if (had_error) sometimes(disk.failing == MemoryDisk::Failing::write ? "disk error" : disk.failing == MemoryDisk::Failing::sync ? "sync of the disk failed" : "disk could not be read");
    const bool disbelieved = clock_doubtful_ && !done.ok() && done.error().kind == ErrorKind::offline;
    if (!done.ok() && !dead && !was_full && !had_error && !disbelieved) fault("unexpected: " + done.error().message);
    return dead;
  }

  template <class Work>
  void on_device(size_t d, Work work) {
    if (!unreliable(work)) return;
    sometimes("device power cut");
    event("power cut of " + device_name(d));
    revive(d);
  }

  /// Opens a node after a crash; it may lose power once more on the way.
  template <class Node>
  void start_again(Node& node) {
    MemoryDisk& disk = MemoryDisk::the();
    while (chance(weather_.power_cut * 4)) {
      disk.steps_until_dead = static_cast<int64_t>(random_.below(20));
      const Status opened = node.try_open();
      const bool dead = disk.dead;
      disk.power_on();
      if (!dead) return must(opened);
      sometimes("power cut while opening");
      event("power cut while opening");
      node.crash(&random_);
    }
    node.open();
  }

  void revive(size_t d) {
    devices_[d]->crash(&random_);
    start_again(*devices_[d]);
    waiting_[d] = false;
    generation_[d]++;
    if (must(devices_[d]->replica->synced_at()) == 0 && !must(devices_[d]->replica->cursor()).empty()) sometimes("first load gone on with");
  }

  template <class Work>
  void on_server(Work work) {
    if (!unreliable(work)) return;
    sometimes("server power cut");
    event("power cut of the server");
    server_.crash(&random_);
    start_again(server_);
  }

  static Query all() {
    Query q;
    q.limit = 100'000;
    return q;
  }

  const SimulationPlan& plan_;
  const bool keep_events_;
  TestClock time_;
  SeededRandom random_;
  Weather weather_;
  ServerNode server_;
  std::vector<Id> members_, teams_;
  std::vector<std::unique_ptr<DeviceNode>> devices_;
  std::vector<int64_t> generation_;
  std::vector<bool> waiting_;
  std::set<size_t> off_;  ///< Devices that lie switched off.
  std::map<size_t, std::set<int64_t>> forged_;
  std::vector<Written> written_;  ///< Of each device.
  std::vector<Confirmed> confirmed_;  ///< Of each device.
  std::set<std::string> purged_;
  std::map<Id, std::string> photos_;  ///< The bytes of each.
  int64_t backup_at_ = -1;
  bool clock_doubtful_ = false;  ///< The server's was set, and may be refused by the server until an operator has looked.
  int people_ = 0, words_ = 0;
  uint64_t trace_ = 0;
  SimulationResult result_;
};

}  // namespace holdfast::test
