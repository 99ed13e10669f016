// The bytes of attachments: parts that go on where they stopped, a cache that forgets only what can be fetched again.

#include <nlohmann/json.hpp>

#include "shared/sync/blob_session.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

std::string sha_of(char c) { return std::string(64, c); }
std::string bytes_of(size_t n, char first) {
  std::string out(n, '\0');
  for (size_t i = 0; i < n; i++) out[i] = static_cast<char>(first + i % 251);
  return out;
}

/// What the HTTP layer does with these requests, without its rights and sums.
std::pair<int, std::string> answer(Blobs at, const SyncRequest& q) {
  const BlobKey key = *BlobKey::parse(q.path.substr(10, 36 + 1 + 64));
  const auto number = [&](const std::string& key) { return std::stoll(q.path.substr(q.path.find(key + "=") + key.size() + 1)); };
  if (q.method == "GET" && !q.path.ends_with("/have")) {
    const std::string part = must(at.part(key, number("at")));
    return {part.empty() ? 404 : 200, part};
  }
  if (q.method == "POST") {
    (void)at.append(key, number("size"), number("at"), q.body, 0);
    const Blobs::Info info = must(at.info(key));
    if (info.have == info.size) must(at.set_state(key, Blobs::State::complete));
  }
  const Blobs::Info info = must(at.info(key));
  return {200, nlohmann::json{{"have", info.have}, {"complete", info.state == Blobs::State::complete}}.dump()};
}

struct Photos : Two {
  Blobs a_blobs{a.ws->tables()}, b_blobs{b.ws->tables()};
  BlobSession up{*a.ws, a_blobs}, down{*b.ws, b_blobs};
  int requests = 0;

  Blobs server_blobs() { return Blobs(server.ws->tables()); }

  BlobKey attach(const std::string& sha, const std::string& bytes, const Id& who = {}) {
    Edit edit;
    const Id id = a.ws->new_id();
    edit.create(attachment, id);
    edit.set(attachment, id, attachment.name, std::string("photo"));
    edit.set(attachment, id, attachment.sha256, sha);
    edit.set(attachment, id, attachment.size, static_cast<int64_t>(bytes.size()));
    if (!who.is_nil()) edit.set(attachment, id, attachment.person, who);
    must(a.ws->commit(edit, "photo"));
    must(a_blobs.keep({id, sha}, bytes, time.now));
    return {id, sha};
  }
  /// Ben, whose customer it is, says who sees it.
  void show(const Id& who, const char* visibility) {
    Edit edit;
    edit.set(person, who, person.visibility, std::string(visibility));
    edit.set(person, who, person.owner, ben);
    must(b.ws->commit(edit, visibility));
    b.sync(server);
  }
  BlobKey send_after_backup(const std::string& bytes) {
    backup();
    const BlobKey key = attach(sha_of('9'), bytes);
    both();
    run(up);
    return key;
  }
  /// Requests until nothing is left; with `stop_after`, the network goes.
  void run(BlobSession& session, int stop_after = 1000) {
    while (const std::optional<SyncRequest> q = must(session.next())) {
      if (stop_after-- == 0) return session.failed();
      requests++;
      const auto [status, body] = answer(server_blobs(), *q);
      must(session.received(status, body));
    }
  }
};

}  // namespace

TEST_CASE("a photo goes up once its record is there, and comes down where it is looked at, going on where it stopped") {
  Photos w;
  const std::string bytes = bytes_of(3 * Blobs::part_max + 100, 'x');
  const BlobKey key = w.attach(sha_of('a'), bytes);
  w.run(w.up);
  CHECK(w.requests == 0);  // Its record is not on the server yet.
  w.both();
  w.run(w.up, 3);
  CHECK(must(w.server_blobs().info(key)).have == 2 * Blobs::part_max);
  w.run(w.up);
  CHECK(w.requests == 3);  // Not before somebody tries again.
  w.up.retry();
  w.run(w.up);
  CHECK(w.requests == 6);  // Where does it go on, and the two parts that were left.
  CHECK(must(w.server_blobs().whole(key)) == bytes);
  CHECK(must(w.a_blobs.info(key)).state == Blobs::State::sent);

  w.requests = 0;
  w.down.want(key, static_cast<int64_t>(bytes.size()));
  w.run(w.down, 2);
  CHECK(must(w.b_blobs.info(key)).have == 2 * Blobs::part_max);
  w.down.retry();
  w.down.want(key, static_cast<int64_t>(bytes.size()));
  w.run(w.down);
  CHECK(w.requests == 4);
  CHECK(must(w.b_blobs.whole(key)) == bytes);
  w.down.want(key, static_cast<int64_t>(bytes.size()));
  w.run(w.down);
  CHECK(w.requests == 4);  // It is here.
}

TEST_CASE("when the server comes back from a backup, photos it had are sent again by whoever has them") {
  Photos w;
  const std::string bytes = bytes_of(700, 'p');
  const BlobKey key = w.send_after_backup(bytes);
  REQUIRE(must(w.a_blobs.info(key)).state == Blobs::State::sent);
  w.restore();
  REQUIRE(must(w.server_blobs().info(key)).state == Blobs::State::none);
  w.both();
  w.run(w.up);
  CHECK(must(w.server_blobs().whole(key)) == bytes);
  CHECK(must(w.a_blobs.info(key)).state == Blobs::State::sent);
}

TEST_CASE("a photo that was sent stays for a week, whatever the cache has no room for: the server may come back without it") {
  Photos w;
  const BlobKey key = w.attach(sha_of('9'), bytes_of(700, 'p'));
  w.both();
  w.run(w.up);
  const int64_t sent = w.a.clock.wall_ms();
  must(w.a_blobs.keep_within(0, sent - 1));
  CHECK(must(w.a_blobs.info(key)).have == 700);
  must(w.a_blobs.keep_within(0, sent));
  CHECK(must(w.a_blobs.info(key)).have == 0);
}

TEST_CASE("where more photos are looked at than there is room for, each comes once") {
  Photos w;
  std::vector<BlobKey> keys;
  for (char c : {'1', '2', '3'}) keys.push_back(w.attach(sha_of(c), bytes_of(700, c)));
  w.both();
  w.run(w.up);
  w.requests = 0;
  w.down.cache_max = 1000;
  for (int frame = 0; frame < 10; frame++) {
    for (const BlobKey& key : keys)
      if (must(w.b_blobs.info(key)).state == Blobs::State::none) w.down.want(key, 700);
    w.run(w.down);
  }
  CHECK(w.requests == 3);
  CHECK(must(w.b_blobs.in_state(Blobs::State::complete)).size() == 1);
  w.down.look_again();
  w.down.want(keys[0], 700);
  w.run(w.down);
  CHECK(must(w.b_blobs.whole(keys[0])) == bytes_of(700, '1'));
}

TEST_CASE("after a restore a photo of somebody else goes up again, and is no more than cached") {
  Photos w;
  const std::string bytes = bytes_of(700, 'p');
  const BlobKey key = w.send_after_backup(bytes);
  w.down.want(key, 700);
  w.run(w.down);
  must(w.a_blobs.drop(key));
  w.restore();
  w.both();
  w.run(w.down);
  CHECK(must(w.server_blobs().whole(key)) == bytes);
  CHECK(must(w.b_blobs.info(key)).state == Blobs::State::complete);
}

TEST_CASE("a photo that is not there yet, or of another length, holds nothing up") {
  Photos w;
  const BlobKey not_yet{w.b.ws->new_id(), sha_of('b')};
  w.down.want(not_yet, 10);
  w.run(w.down);
  CHECK(w.down.gave_up(not_yet));
  const BlobKey longer = w.attach(sha_of('c'), "12345");
  w.both();
  must(w.server_blobs().keep(longer, "more than was said", 0));
  w.down.want(longer, 5);
  const SyncRequest q = *must(w.down.next());
  const auto [status, body] = answer(w.server_blobs(), q);
  CHECK_FALSE(w.down.received(status, body).ok());
  CHECK(must(w.b_blobs.info(longer)).state == Blobs::State::none);
  CHECK_FALSE(must(w.down.next()).has_value());
}

TEST_CASE("parts have their place, files their length, and the cache drops the longest unused that can be had again") {
  Photos w;
  Blobs& b = w.b_blobs;
  const Id record = w.b.ws->new_id();
  const auto key_of = [&](char c) { return BlobKey{record, sha_of(c)}; };
  CHECK(b.append(key_of('d'), 10, 5, "later", 1).error().kind == ErrorKind::conflict);
  CHECK(b.append(key_of('d'), Blobs::size_max + 1, 0, "x", 1).error().kind == ErrorKind::invalid);
  CHECK(b.append(key_of('d'), 3, 0, "four", 1).error().kind == ErrorKind::invalid);
  must(b.append(key_of('d'), 10, 0, "first", 1));
  CHECK(b.append(key_of('d'), 11, 5, "other", 1).error().kind == ErrorKind::invalid);
  must(b.drop(key_of('d')));
  for (char c : {'1', '2', '3'}) {
    must(b.keep(key_of(c), bytes_of(1000, c), c));
    if (c != '2') must(b.set_state(key_of(c), Blobs::State::complete));
  }
  must(b.used(key_of('1'), 100));
  must(b.keep_within(1500, 0));
  CHECK(must(b.info(key_of('3'))).state == Blobs::State::none);
  CHECK(must(b.info(key_of('1'))).state == Blobs::State::complete);
  must(b.keep_within(0, 0));
  CHECK(must(b.info(key_of('2'))).state == Blobs::State::unsent);  // Nowhere else.
  CHECK(must(b.total_bytes()) == 1000);
}

TEST_CASE("bytes not yet sent go with their record, and a late answer brings nothing back") {
  Photos w;
  const Id who = w.a.make_person("Seen", "Once");
  BlobKey unsent{{}, sha_of('7')}, late{{}, sha_of('8')};
  const std::string secret = "photographed-secret-" + bytes_of(500, 'z');
  for (BlobKey* key : {&unsent, &late}) {
    Edit edit;
    const Id id = key->record = w.a.ws->new_id();
    edit.create(attachment, id);
    edit.set(attachment, id, attachment.sha256, key->sha);
    edit.set(attachment, id, attachment.size, static_cast<int64_t>(secret.size()));
    edit.set(attachment, id, attachment.person, who);
    must(w.a.ws->commit(edit, "photo"));
  }
  must(w.a_blobs.keep(unsent, secret, 1));
  must(w.server_blobs().keep(late, secret, 1));
  must(w.server_blobs().set_state(late, Blobs::State::complete));
  w.both();
  w.down.want(late, static_cast<int64_t>(secret.size()));
  const SyncRequest q = *must(w.down.next());
  const auto [status, body] = answer(w.server_blobs(), q);
  must(w.server.authority->purge(person, who));
  w.both();
  (void)w.down.received(status, body);
  CHECK(must(w.b_blobs.info(late)).state == Blobs::State::none);
  CHECK(must(w.a_blobs.info(unsent)).state == Blobs::State::none);
  for (const auto& [name, file] : MemoryDisk::the().files)
    if (name.starts_with("device")) CHECK(file.now.find("photographed-secret") == std::string::npos);
}

TEST_CASE("with a record that goes from a device its photos go, to the last byte") {
  Photos w;
  const std::string secret = "photographed-secret-" + bytes_of(2000, 'y');
  const Id who = w.a.make_person("Seen", "Once");
  Edit edit;
  const Id id = w.a.ws->new_id();
  edit.create(attachment, id);
  const BlobKey key{id, sha_of('e')};
  edit.set(attachment, id, attachment.sha256, key.sha);
  edit.set(attachment, id, attachment.size, static_cast<int64_t>(secret.size()));
  edit.set(attachment, id, attachment.person, who);
  must(w.a.ws->commit(edit, "photo"));
  must(w.a_blobs.keep(key, secret, 1));
  w.both();
  w.run(w.up);
  w.down.want(key, static_cast<int64_t>(secret.size()));
  w.run(w.down);
  REQUIRE(must(w.b_blobs.whole(key)) == secret);
  Edit keep;
  keep.set(person, who, person.visibility, std::string("private"));
  must(w.a.ws->commit(keep, "private"));
  w.both();
  CHECK(must(w.b_blobs.info(key)).state == Blobs::State::none);
  for (const auto& [name, file] : MemoryDisk::the().files)
    if (name.starts_with("device-b")) CHECK(file.now.find("photographed-secret") == std::string::npos);
  CHECK(must(w.a_blobs.whole(key)) == secret);
  must(w.server.authority->purge(person, who));
  w.both();
  for (const auto& [name, file] : MemoryDisk::the().files)
    if (name.starts_with("device") || name.starts_with("server")) CHECK(file.now.find("photographed-secret") == std::string::npos);
}

TEST_CASE("a photo whose customer went out of its author's sight before the bytes were sent still reaches the server") {
  Photos w;
  const std::string secret = "photographed-secret-" + bytes_of(1000, 'q');
  const Id who = w.b.make_person("Seen", "Once");
  w.both();
  const BlobKey key = w.attach(sha_of('f'), secret, who);
  w.a.sync(w.server);
  w.show(who, "private");
  w.a.sync(w.server);
  REQUIRE_FALSE(must(w.a.ws->get(attachment, key.record)).has_value());
  CHECK(must(w.a_blobs.to_send()).size() == 1);
  const auto lies_here = [] {
    for (const auto& [name, file] : MemoryDisk::the().files)
      if (name.starts_with("device-a") && file.now.find("photographed-secret") != std::string::npos) return true;
    return false;
  };
  SECTION("it goes up, and then from the device") {
    w.run(w.up);
    CHECK(must(w.server_blobs().whole(key)) == secret);
    CHECK(must(w.a_blobs.to_send()).empty());
    CHECK_FALSE(lies_here());
  }
  SECTION("visible again, it stays") {
    w.show(who, "everyone");
    w.both();
    w.run(w.up);
    CHECK(must(w.server_blobs().whole(key)) == secret);
    CHECK(must(w.a_blobs.whole(key)) == secret);
  }
  SECTION("erased in the meantime, it goes") {
    must(w.server.authority->purge(person, who, Authority::Erase::everything));
    w.both();
    REQUIRE(must(w.up.next()).has_value());
    must(w.up.received(404, "{\"error\":\"There is no such attachment.\"}"));
    CHECK_FALSE(must(w.up.next()).has_value());
    CHECK_FALSE(lies_here());
  }
}

TEST_CASE("a photo whose customer went out of sight and came back before anything was told of it still reaches the server") {
  Photos w;
  const std::string bytes = bytes_of(1000, 'q');
  const Id who = w.b.make_person("Seen", "Once");
  w.both();
  const uint32_t device = w.a.replica->identity().device;
  BlobKey key;
  SECTION("the answer to its record was lost") {
    key = w.attach(sha_of('f'), bytes, who);
    w.a.session->start();
    REQUIRE(w.server.answer(device, must(w.a.session->next()).value()).first == 200);
    w.a.session->failed();
    w.show(who, "private");
    w.a.session->start();
    (void)must(w.a.session->next());
    must(w.a.session->received(503, ""));
    while (const std::optional<SyncRequest> request = must(w.a.session->next())) {
      const auto [status, body] = w.server.answer(device, *request);
      must(w.a.session->received(status, body));
    }
    REQUIRE_FALSE(must(w.a.ws->get(attachment, key.record)).has_value());
    w.show(who, "everyone");
    w.a.sync(w.server);
  }
  SECTION("one pull of two pages brings both") {
    key = w.attach(sha_of('f'), bytes, who);
    w.both();
    w.show(who, "private");
    w.b.make_person("One", "More");
    w.b.make_person("Two", "More");
    w.b.sync(w.server);
    for (int page = 0, complete = 0; !complete; page++) {
      complete = must(w.a.replica->receive(must(w.server.authority->page(device, must(w.a.replica->cursor()), must(w.a.replica->acked_op_no()), 10)).bytes));
      if (page) continue;
      REQUIRE_FALSE(complete);
      w.show(who, "everyone");
    }
  }
  CHECK(must(w.a_blobs.info(key)).state == Blobs::State::leaving);
  REQUIRE(must(w.a.ws->get(attachment, key.record)).has_value());
  CHECK(must(w.a.replica->outbox().count()) == 0);
  w.run(w.up);
  CHECK(must(w.server_blobs().whole(key)) == bytes);
}
