// What ends in the middle, by a disk that fails or by somebody else who comes between: nothing of it counts, and it is done again.

#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// The `number`th write from here on fails, counted from 0. Whether it came to that is told by done().
struct FailingWrite {
  explicit FailingWrite(int64_t number) {
    MemoryDisk::the().failing = MemoryDisk::Failing::write;
    MemoryDisk::the().operations_until_error = number;
  }
  ~FailingWrite() { MemoryDisk::the().power_on(); }
  bool done() const { return MemoryDisk::the().operations_until_error < 0; }
};

struct Reply {
  int status;
  std::string body;
};
Reply answer(ServerNode& server, DeviceNode& d, const SyncRequest& request) {
  const auto [status, body] = server.answer(d.replica->identity().device, request);
  return {status, body};
}

}  // namespace

TEST_CASE("a place in the history is kept only with its rows: whatever write of a pull fails, the device is as it was and asks for the same again") {
  int64_t number = 0;
  for (bool failed = true; failed; number++) {
    INFO("write " << number);
    Two w;
    w.a.make_person("Ada", "Byron");
    w.both();
    for (int i = 0; i < 20; i++) w.b.make_person("First " + std::to_string(i), std::string(500, 'n'));
    w.b.sync(w.server);
    const std::string cursor = must(w.a.replica->cursor()), shown = digest(*w.a.ws);
    const auto as_it_was = [&] { return must(w.a.replica->cursor()) == cursor && digest(*w.a.ws) == shown; };
    w.a.session->start();
    const std::optional<SyncRequest> pull = must(w.a.session->next());
    REQUIRE(pull);
    const Reply reply = answer(w.server, w.a, *pull);
    {
      const FailingWrite disk(number);
      const Status taken = w.a.session->received(reply.status, reply.body);
      failed = disk.done();
      CHECK(taken.ok() == !failed);
    }
    if (failed) {
      CHECK(as_it_was());
      w.a.crash();
      w.a.open();
      CHECK(as_it_was());
    }
    w.a.sync(w.server);
    CHECK_FALSE(as_it_was());
    w.all_well();
  }
  CHECK(number > 5);  // There was something to fail.
}

TEST_CASE("a push that is rolled back moves no clock and gives no number: whatever write of it fails, the server is as it was and takes it later") {
  int64_t number = 0;
  for (bool failed = true; failed; number++) {
    INFO("write " << number);
    Two w;
    const Id id = w.a.make_person("Ada", "Byron");
    w.both();
    w.a.clock.offset = 3'600'000;
    for (int i = 0; i < 5; i++) w.a.set(person, id, person.notes, std::string(3000, static_cast<char>('a' + i)));
    const std::string truth = digest(*w.server.ws);
    const int64_t head = must(w.server.authority->head());
    const uint32_t device = w.a.replica->identity().device;
    const int64_t last = must(w.server.authority->log().device(device))->last_op_no;
    w.a.session->start();
    const std::optional<SyncRequest> push = must(w.a.session->next());
    REQUIRE((push && push->method == "POST"));
    Reply reply;
    {
      const FailingWrite disk(number);
      reply = answer(w.server, w.a, *push);
      failed = disk.done();
    }
    CHECK(reply.status == (failed ? 507 : 200));
    if (failed) {
      for (const bool restarted : {false, true}) {
        INFO(restarted);
        if (restarted) w.server.crash(), w.server.open();
        CHECK(must(w.server.authority->head()) == head);
        CHECK(digest(*w.server.ws) == truth);
        CHECK(must(w.server.authority->log().device(device))->last_op_no == last);
      }
      w.a.session->failed();
    } else {
      must(w.a.session->received(reply.status, reply.body));
    }
    w.tick();
    w.a.sync(w.server);
    CHECK(w.server.authority->head().take() == head + 5);
    for (int64_t seq = head + 1; seq <= head + 5; seq++) CHECK(ms_from_hlc((*must(w.server.authority->log().find(seq))).stamp.hlc) <= w.time.now);
    w.both();
    w.all_well();
  }
  CHECK(number > 5);
}

TEST_CASE("two who reconnect at the same moment hold each other up in no order of their requests") {
  for (uint64_t seed = 1; seed <= 40; seed++) {
    INFO("seed " << seed);
    SeededRandom random(seed);
    Two w;
    const Id id = w.a.make_person("Ada", "Byron");
    w.both();
    DeviceNode* devices[] = {&w.a, &w.b};
    for (DeviceNode* d : devices) {
      d->push_bytes = d->session->push_bytes_max = 100;  // A change or two in each request.
      for (int i = 0; i < 5; i++) {
        w.tick();
        d->set(person, id, person.job_title, d->path + std::to_string(i));
        d->make_person("By", d->path + std::to_string(i));
      }
      d->session->start();
    }
    std::optional<Reply> under_way[2];
    int requests = 0;
    for (bool open[2] = {true, true}; open[0] || open[1];) {
      const size_t i = open[0] && open[1] ? random.below(2) : open[0] ? 0 : 1;
      DeviceNode& d = *devices[i];
      if (under_way[i]) {  // Its answer comes when others have been answered meanwhile.
        must(d.session->received(under_way[i]->status, under_way[i]->body));
        under_way[i].reset();
      } else if (const std::optional<SyncRequest> request = must(d.session->next())) {
        under_way[i] = answer(w.server, d, *request);
        REQUIRE(++requests < 100);
      } else {
        open[i] = false;
      }
    }
    for (DeviceNode* d : devices) {
      CHECK(d->session->trouble() == SyncTrouble::none);
      CHECK(must(d->replica->outbox().count()) == 0);
    }
    w.both();
    CHECK(must(w.server.ws->count(person)) == 11);
    w.all_well();
  }
}
