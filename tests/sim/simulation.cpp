#include "tests/sim/simulation.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "tests/support/world.h"

namespace holdfast::test {

namespace {

/// How often things go wrong in this run, per thousand; drawn from the seed so that runs differ in kind.
struct Weather {
  uint64_t drop_request, drop_reply, duplicate, device_crash, server_crash, clock_jump;
  explicit Weather(SeededRandom& r) {
    auto draw = [&](uint64_t most) { return r.below(3) == 0 ? 0 : r.below(most); };
    drop_request = draw(300);
    drop_reply = draw(300);
    duplicate = draw(200);
    device_crash = draw(20);
    server_crash = draw(10);
    clock_jump = draw(20);
  }
};

struct Flight {
  size_t device;
  int64_t generation;  ///< A reply counts only for the wait it was asked in.
  SyncRequest request;
  bool answered = false;
  int status = 0;
  std::string body;
};

class Simulation {
 public:
  Simulation(uint64_t seed) : seed_(seed), random_(seed), weather_(random_), server_("sim/server", seed ^ 1, &time_) {
    member_ = server_.ws->new_id();
    Edit edit;
    edit.create(member, member_);
    edit.set(member, member_, member.name, std::string("Member"));
    must(server_.ws->commit(edit, "member"));
    for (size_t i = 0; i < 3; i++) {
      devices_.push_back(std::make_unique<DeviceNode>("sim/device" + std::to_string(i), seed * 7 + i + 10, &time_));
      devices_[i]->page_bytes = random_.below(3) ? 60 + random_.below(400) : SyncSession::page_bytes_usual;
      devices_[i]->session->page_bytes_max = devices_[i]->page_bytes;
      devices_[i]->sign_in(server_, member_, "device " + std::to_string(i));
      generation_.push_back(0);
      waiting_.push_back(false);
    }
  }

  SimulationResult run(int ops) {
    for (int i = 0; i < ops && result_.faults.empty(); i++) step();
    heal();
    judge();
    result_.trace = trace_;
    return std::move(result_);
  }

 private:
  void event(const std::string& what) { trace_ = XXH3_64bits_withSeed(what.data(), what.size(), trace_); }
  void fault(const std::string& what) { result_.faults.push_back(what); }
  bool chance(uint64_t per_thousand) { return random_.below(1000) < per_thousand; }

  void step() {
    time_.now += static_cast<int64_t>(random_.below(random_.below(50) == 0 ? 86'400'000 : 2000));
    const size_t d = random_.below(devices_.size());
    switch (random_.below(10)) {
      case 0: case 1: case 2: case 3: edit(d); break;
      case 4: case 5: send(d); break;
      case 6: case 7: case 8: deliver(); break;
      case 9: trouble(d); break;
    }
    if (random_.below(20) == 0)
      for (const std::string& f : must(devices_[d]->replica->check())) fault("device " + std::to_string(d) + ": " + f);
  }

  Id some_record(DeviceNode& device, const Entity& entity) {
    Query query;
    query.limit = 20;
    query.life = random_.below(8) == 0 ? Life::trashed : Life::live;
    const auto records = must(device.ws->list(entity, query));
    return records.empty() ? Id{} : records[random_.below(records.size())].id;
  }

  void edit(size_t d) {
    DeviceNode& device = *devices_[d];
    Edit edit;
    const uint64_t what = random_.below(12);
    const std::string value = "v" + std::to_string(random_.below(6));
    const Id who = some_record(device, person);
    if (who.is_nil() || (what == 0 && people_ < 20)) {
      const Id id = device.ws->new_id();
      edit.create(person, id);
      edit.set(person, id, person.first_name, value);
      edit.set(person, id, person.tag_set, tags_from({value}));
      if (random_.below(2)) {  // A transaction over two records: seen whole or not at all.
        const Id point = device.ws->new_id();
        edit.create(contact_point, point);
        edit.set(contact_point, point, contact_point.person, id);
        edit.set(contact_point, point, contact_point.city, value);
        edit.set(person, id, person.primary_phone, point);
      }
      people_++;
    } else if (what < 6) {
      edit.set(person, who, what % 2 ? person.first_name : person.last_name, value);
      if (random_.below(3) == 0) edit.set(person, who, person.job_title, value + "'");
    } else if (what < 8) {
      std::vector<std::string> tags = tag_elements((*must(device.ws->get(person, who)))[person.tag_set]);
      if (tags.empty() || random_.below(2)) tags.push_back(value);
      else tags.erase(tags.begin() + static_cast<long>(random_.below(tags.size())));
      edit.set(person, who, person.tag_set, tags_from(tags));
    } else if (what == 8) {
      const bool trashed = must(device.ws->get(person, who))->meta.life == Life::trashed;
      if (trashed) edit.restore(person, who);
      else edit.trash(person, who);
    } else if (what == 9) {
      if (Result<std::string> undone = device.ws->undo(); undone.ok()) result_.sometimes["undo"]++;
      return;
    } else if (what == 10) {
      const Id point = some_record(device, contact_point);
      if (point.is_nil()) return;
      edit.set(contact_point, point, random_.below(2) ? contact_point.city : contact_point.street, value);
    } else {
      if (!chance(300)) return;
      forge(device);
      return;
    }
    must(device.ws->commit(edit, "edit"));
    event("edit " + std::to_string(d));
  }

  /// A transaction only the server refuses, and an honest edit that builds on it.
  void forge(DeviceNode& device) {
    PreparedEdit prepared;
    const Id id = device.ws->new_id();
    prepared.rows.push_back({0, Record(conflict), {}});
    prepared.rows[0].record.id = id;
    prepared.ops.push_back({{OpKind::create, static_cast<uint16_t>(device.ws->schema().index_of(conflict)), id, 0, {}, {}, Life::live}, 0});
    prepared.label = "forged";
    must(device.ws->atomically([&] { return device.replica->write(prepared); }));
    Edit edit;
    edit.set(conflict, id, conflict.resolved, int64_t{1});
    must(device.ws->commit(edit, "resolves what was never there"));
    event("forge");
    forged_ += 2;
  }

  void send(size_t d) {
    if (waiting_[d]) return;
    devices_[d]->session->start();
    const std::optional<SyncRequest> request = must(devices_[d]->session->next());
    if (!request) return;
    waiting_[d] = true;
    generation_[d]++;
    event("send " + std::to_string(d) + request->path);
    if (chance(weather_.drop_request)) return result_.sometimes["request lost"]++, void();
    flights_.push_back({d, generation_[d], *request, false, 0, {}});
    if (chance(weather_.duplicate)) {
      flights_.push_back(flights_.back());
      result_.sometimes["request duplicated"]++;
    }
  }

  void deliver() {
    if (flights_.empty()) return;
    const size_t i = random_.below(flights_.size());
    Flight& f = flights_[i];
    if (!f.answered) {
      std::tie(f.status, f.body) = server_.answer(devices_[f.device]->replica->identity().device, f.request);
      f.answered = true;
      event("answer " + std::to_string(f.device) + " " + std::to_string(f.status) + " " + std::to_string(f.body.size()));
      if (f.status == 200) return;
      if (f.status != 403 && f.status != 400 && f.status != 409) fault("the server answered " + std::to_string(f.status) + ": " + f.body);
      return;
    }
    Flight done = std::move(f);
    flights_.erase(flights_.begin() + static_cast<long>(i));
    if (done.generation != generation_[done.device] || !waiting_[done.device]) return result_.sometimes["late reply ignored"]++, void();
    if (chance(weather_.drop_reply)) return result_.sometimes["reply lost"]++, void();
    waiting_[done.device] = false;
    if (Status s = devices_[done.device]->session->received(done.status, done.body); !s.ok()) fault("a page was not taken: " + s.error().message);
  }

  void trouble(size_t d) {
    if (waiting_[d] && chance(500)) {
      devices_[d]->session->failed();
      waiting_[d] = false;
      event("timeout");
    }
    if (chance(weather_.device_crash * 10)) {
      devices_[d]->crash();
      devices_[d]->open();
      waiting_[d] = false;
      generation_[d]++;
      event("device crash");
      result_.sometimes["device crash"]++;
    }
    if (chance(weather_.server_crash * 10)) {
      server_.crash();
      server_.open();
      event("server crash");
      result_.sometimes["server crash"]++;
    }
    if (chance(weather_.clock_jump * 10)) {
      static const int64_t jumps[] = {0, 3'600'000, -3'600'000, 315'360'000'000, -315'360'000'000};
      devices_[d]->clock.offset = jumps[random_.below(5)];
      event("clock jump");
      result_.sometimes["clock jump"]++;
    }
  }

  /// The network is whole again: everything must arrive within a few rounds.
  void heal() {
    flights_.clear();
    for (auto& device : devices_) {
      if (device->session->busy()) device->session->failed();
    }
    for (int round = 0; round < 2; round++)
      for (auto& device : devices_) device->sync(server_);
  }

  void judge() {
    const std::string truth = digest(*server_.ws);
    result_.digest = XXH3_64bits(truth.data(), truth.size());
    event(truth);
    for (size_t d = 0; d < devices_.size(); d++) {
      const std::string name = "device " + std::to_string(d);
      if (digest(*devices_[d]->ws) != truth) fault("convergence: " + name + " differs from the server");
      for (const std::string& f : must(devices_[d]->replica->check())) fault(name + ": " + f);
      if (must(devices_[d]->replica->outbox().count())) fault("liveness: " + name + " still has unsent edits");
      account(d, name);
    }
    for (const std::string& f : must(server_.authority->check())) fault("server: " + f);
    result_.sometimes["conflict"] += must(server_.ws->count(conflict));
    const int64_t head = must(server_.authority->head());
    for (auto& device : devices_) device->sync(server_);
    if (must(server_.authority->head()) != head) fault("a quiet system gave out new numbers");
  }

  /// No lost write, exactly once: every number a device ever used was accepted or stands refused in its inbox.
  void account(size_t d, const std::string& name) {
    DeviceNode& device = *devices_[d];
    const int64_t acked = must(device.replica->acked_op_no());
    std::map<int64_t, bool> refused;
    for (const RejectedEdit& r : must(device.replica->rejected())) refused[r.op_no] = true;
    result_.sometimes["refused"] += static_cast<int64_t>(refused.size());
    for (int64_t n = 1; n <= acked; n++) {
      const bool accepted = must(server_.authority->log().seq_of(device.replica->identity().device, n)) > 0;
      if (accepted == refused.count(n)) fault("lost write: " + name + " transaction " + std::to_string(n) + (accepted ? " both accepted and refused" : " is nowhere"));
    }
  }

  uint64_t seed_;
  TestClock time_;
  SeededRandom random_;
  Weather weather_;
  ServerNode server_;
  Id member_;
  std::vector<std::unique_ptr<DeviceNode>> devices_;
  std::vector<int64_t> generation_;
  std::vector<bool> waiting_;
  std::vector<Flight> flights_;
  int people_ = 0, forged_ = 0;
  uint64_t trace_ = 0;
  SimulationResult result_;
};

}  // namespace

SimulationResult simulate(uint64_t seed, int ops) { return Simulation(seed).run(ops); }

}  // namespace holdfast::test
