#pragma once
// What happens to whole machines and people in some runs: clocks that are set, stand still or run too fast, devices removed or wiped by
// their browser, members deactivated for a while, an erasure undone by a backup.
//
// Drawn apart from everything else: a run without any of it is the same as if none of this existed.

#include "tests/sim/office_work.h"

namespace holdfast::test {

class Mishaps : public OfficeWork {
 public:
  Mishaps(const SimulationPlan& plan, bool keep_events) : OfficeWork(plan, keep_events) {
    SeededRandom draws(mixed(~plan.seed, 0));
    if (!plan.mishaps) return;
    if (draws.below(2) && !server_updated_later(plan)) return;
    const auto draw = [&](uint64_t most) { return draws.below(2) ? uint64_t{0} : 1 + draws.below(most); };
    rare_ = {draw(30), draw(30), draw(6), draw(6), draw(20), draw(80), draw(8), draw(20), draw(20), draw(6)};
    if (draws.below(3) == 0) {
      server_.close();
      server_.offline_days = 1 + static_cast<int>(draws.below(3));
      server_.open();
    }
  }

 protected:
  /// Perhaps something of this, instead of what would be event `number`. Whether it was.
  bool mishap(uint64_t number) {
    SeededRandom draws(mixed(~plan_.seed, number));
    uint64_t at = draws.below(1000);
    const auto within = [&](uint64_t share) { return at < share ? true : (at -= share, false); };
    const auto happens = [&](auto what) {
      random_ = draws;
      const size_t d = random_.below(devices_.size());
      if (!off_.count(d)) what(d);
      return true;
    };
    if (within(rare_.server_clock)) return happens([&](size_t) { set_server_clock(); });
    if (within(rare_.device_clock)) return happens([&](size_t d) { set_device_clock(d); });
    if (within(rare_.removed)) return happens([&](size_t d) { remove(d); });
    if (within(rare_.wiped)) return happens([&](size_t d) { begin_anew(d, "storage wiped"); });
    if (within(rare_.deactivated)) return happens([&](size_t) { change_activity(); });
    if (within(rare_.work)) return happens([&](size_t d) { at_work(d, [&] { return work(d); }); });
    if (within(rare_.import)) return happens([&](size_t d) { at_work(d, [&] { return import_file(d); }); });
    if (&server_.schema() != &product_schema() && within(15)) return happens([&](size_t) { update_server(); });
    if (within(rare_.away)) return happens([&](size_t) { go_away(); });
    if (within(rare_.much_written)) return happens([&](size_t d) { write_much(d); });
    if (within(rare_.erased_companies)) return happens([&](size_t) { erase_company(); });
    return false;
  }

  bool may_sign_in(size_t d) const { return !inactive_.count(devices_[d]->replica->identity().member); }

  /// The device's data is gone, by whatever took it, and with it what was not sent. Somebody signs in on it again.
  void begin_anew(size_t d, const char* why) {
    const size_t unsent = must(devices_[d]->replica->outbox().count());
    const Id who = devices_[d]->replica->identity().member;
    for (const auto& [id, bytes] : photos_)
      if (devices_[d]->schema().index_of("attachment") >= 0 && must(devices_[d]->ws->rows(attachment).find(id)) && (weather_.restore || !server_has(id))) lost_photos_.insert(id);
    const std::unique_ptr<DeviceNode> old = std::exchange(devices_[d], nullptr);
    old->close();
    devices_[d] = std::make_unique<DeviceNode>(old->path, plan_.seed * 7 + 1000 + d + 100 * ++anew_, &time_, old->schema());
    DeviceNode& fresh = *devices_[d];
    fresh.close();
    fresh.page_bytes = old->page_bytes, fresh.push_bytes = old->push_bytes, fresh.hold_bytes = old->hold_bytes, fresh.part_bytes = old->part_bytes;
    fresh.clock = old->clock;
    fresh.open();
    fresh.sign_in(server_, who, device_name(d));
    waiting_[d] = false;
    generation_[d]++;
    written_[d].clear();
    confirmed_[d] = {};
    forged_.erase(d);
    forget_forms(d);
    event(why + (" of " + device_name(d)));
    sometimes(why);
    if (unsent) sometimes("unsent changes lost with their device");
  }

  /// Before everything has to arrive: people have put right what is theirs to put right.
  void put_right() {
    inactive_.clear();
    if (clock_doubtful_) accept_clock(0);
    if (&server_.schema() != &product_schema()) update_server();
  }
  /// What a backup, or a device after it, has brought back; whether there was any.
  bool erase_again() {
    bool any = false;
    const auto again = [&](const Entity& entity, const std::set<Id>& ids) {
      for (const Id& id : ids) {
        const auto row = must(server_.ws->rows(static_cast<size_t>(server_.ws->schema().index_of(entity))).read_head(id));
        if (!row || row->record.meta.life == Life::purged) continue;
        must(server_.authority->purge(entity, id));
        sometimes("erased again after a backup");
        any = true;
      }
    };
    again(person, erased_people_);
    again(company, erased_companies_);
    return any;
  }

  std::set<Id> lost_photos_;
  std::set<Id> erased_people_, erased_companies_;  ///< To be erased again after a backup.
  bool nothing_erased() const { return erased_people_.empty() && erased_companies_.empty(); }
  bool erases_again() const { return rare_.erased_companies > 0; }

 private:
  struct Rare {  ///< Per thousand events.
    uint64_t server_clock = 0, device_clock = 0, removed = 0, wiped = 0, deactivated = 0, work = 0, import = 0, erased_companies = 0, much_written = 0, away = 0;
  };

  template <class Work>
  void at_work(size_t d, Work what) {
    if (&devices_[d]->schema() != &product_schema() || is_locked(d)) return;
    on_device(d, what);
    note_written(*devices_[d], written_[d]);
  }

  bool server_has(const Id& photo) {
    const auto record = must(server_.ws->get(attachment, photo));
    return record && Blobs::is_whole(must(Blobs(server_.ws->tables()).info(BlobKey::of(*record))).state);
  }

  // ---- clocks

  void set_server_clock() {
    if (clock_wrong_ || (clock_doubtful_ && random_.below(2))) return accept_clock(random_.below(2) ? 0 : 86'400'000);
    static const int64_t jumps[] = {-34'560'000'000, -315'360'000'000, 34'560'000'000, 315'360'000'000};
    const bool far = random_.below(2);
    server_.clock.offset += far ? jumps[random_.below(4)] : static_cast<int64_t>(random_.below(480'000)) - 240'000;
    clock_doubtful_ = true;  // Small steps too: several of them, or one after what was written last was lost.
    clock_wrong_ = far;
    event("the server's clock is set");
    sometimes(far ? "server's clock set wrong" : "server's clock stepped");
  }

  /// An operator has looked, and says that it is right: now and then it is a day ahead.
  void accept_clock(int64_t offset) {
    server_.clock.offset = offset;
    must(server_.ws->atomically([&] { return server_.authority->server_clock().accept(); }));
    clock_wrong_ = false;
    clock_doubtful_ = offset != 0;
    event("an operator accepts the server's clock");
    sometimes("server's clock accepted");
  }

  /// For weeks nobody does anything.
  void go_away() {
    time_.now += int64_t{86'400'000} * static_cast<int64_t>(20 + random_.below(40));
    clock_doubtful_ = true;  // A server that is started after that does not know how long it was off.
    if (random_.below(2)) accept_clock(0);
    event("away for weeks");
    sometimes("away for weeks");
  }

  void set_device_clock(size_t d) {
    TestClock& clock = devices_[d]->clock;
    clock.drift = 0, clock.grain = 1, clock.stopped_at.reset();
    switch (random_.below(4)) {
      case 0: clock.stopped_at = clock.wall_ms(); break;
      case 1: clock.grain = random_.below(2) ? 100 : 60'000; break;
      case 2: clock.drifts_from = time_.now, clock.drift = random_.below(2) ? 1000 : -500; break;
      case 3: return;  // Right again.
    }
    event("clock of " + device_name(d) + " runs wrong");
    sometimes("clock that runs wrong");
  }

  // ---- devices and members

  void remove(size_t d) {
    const uint32_t ordinal = devices_[d]->replica->identity().device;
    if (must(server_.authority->log().device_of(devices_[d]->replica->identity().install)).value_or(Device()).ordinal != ordinal) return;
    on_server([&]() -> Status {
      TRY(server_.authority->remove_device(ordinal));
      event("removal of " + device_name(d));
      sometimes("device removed");
      return {};
    });
  }

  /// A device's program has made 65,535 changes in this very millisecond, as far as its stamps go: the next one carries.
  void write_much(size_t d) {
    if (rare_.server_clock) return;  // A clock set back would make this stamp one of the future.
    std::optional<Device> device = must(server_.authority->log().device_of(devices_[d]->replica->identity().install));
    if (!device || device->ordinal != devices_[d]->replica->identity().device) return;
    device->last_hlc = std::max(device->last_hlc, hlc_from_ms(server_.clock.wall_ms()) | 0xFFFF);
    must(server_.ws->atomically([&] { return server_.authority->log().put_device(*device); }));
    full_counters_.insert(device->last_hlc);
    event("much written by " + device_name(d));
  }

  void change_activity() {
    const Id& who = members_[random_.below(members_.size())];
    if (inactive_.erase(who)) return event("member activated");
    inactive_.insert(who);
    event("member deactivated");
    sometimes("member deactivated");
  }

  void update_server() {
    server_.close();
    server_.use(product_schema());
    start_again(server_);
    event("the server is updated");
    sometimes("server updated after its apps");
  }

  void erase_company() {
    if (clock_doubtful_) return;
    const auto companies = must(server_.ws->list(company, all()));
    if (companies.empty()) return;
    const Record& firm = companies[random_.below(companies.size())];
    if (!as_text(firm[company.name]).starts_with("secret")) return;
    must(server_.authority->purge(company, firm.id));
    erased_companies_.insert(firm.id);
    purged_.emplace(as_text(firm[company.name]));
    event("a company is erased");
    sometimes("company erased");
  }

  Rare rare_;
  bool clock_wrong_ = false;  ///< By so much that nothing is to be taken.
  uint64_t anew_ = 0;

 protected:
  bool clock_wrong() const { return clock_wrong_; }
  bool is_locked(size_t d) {
    const bool locked = must(devices_[d]->replica->locked());
    if (locked) sometimes("locked until it syncs");
    return locked;
  }
  std::set<Id> inactive_;
  std::set<int64_t> full_counters_;  ///< Stamps after which the counter cannot rise.
};

}  // namespace holdfast::test
