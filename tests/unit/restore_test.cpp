// The server comes back from a backup: what devices had sent since is not lost.

#include "shared/workspace/merging.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("after a restore devices send again what the server lost") {
  Two w;
  const Id kept = w.a.make_person("Kept", "One");
  w.both();
  w.backup();
  const Id lost = w.b.make_person("Lost", "Two");
  w.b.set(person, lost, person.job_title, "Buyer");
  w.a.set(person, kept, person.first_name, "sent before");
  w.both();
  w.a.set(person, kept, person.nickname, "sent too");
  w.both();
  w.restore();
  REQUIRE(must(w.server.ws->count(person)) == 1);
  w.a.set(person, kept, person.suffix, "unsent");
  w.both();
  w.both();
  CHECK(w.b.get(person, kept, person.first_name) == "sent before");
  CHECK(w.b.get(person, kept, person.nickname) == "sent too");
  CHECK(w.b.get(person, kept, person.suffix) == "unsent");
  CHECK(w.a.get(person, lost, person.job_title) == "Buyer");
  CHECK(must(w.a.replica->rejected()).empty());
  CHECK(must(w.b.replica->rejected()).empty());
  w.all_well();
}

TEST_CASE("a full disk while beginning again after a restore ends the cycle; the next one begins again") {
  Two w;
  w.a.make_person("Kept", "One");
  w.both();
  w.backup();
  const Id lost = w.a.make_person("Lost", "Two");
  w.both();
  w.restore();
  SyncSession session(*w.a.ws, *w.a.replica);
  int failed = 0;
  for (int writes = 0; must(w.server.ws->count(person)) == 1 && writes < 200; writes++) {
    session.start();
    while (const std::optional<SyncRequest> request = must(session.next())) {
      const auto [status, body] = w.server.answer(w.a.replica->identity().device, *request);
      MemoryDisk::the().writes_until_full = status == 409 ? writes : -1;
      const Status taken = session.received(status, body);
      MemoryDisk::the().writes_until_full = -1;
      if (taken.ok()) continue;
      failed++;
      CHECK_FALSE(session.busy());  // Else the same would be asked for again, with no pause in between.
      CHECK(session.trouble() == SyncTrouble::server);
      if (session.busy()) return;
    }
  }
  CHECK(failed > 1);
  w.both();
  w.both();
  CHECK(w.b.get(person, lost, person.first_name) == "Lost");
  w.all_well();
}

TEST_CASE("after a restore an edit of another's lost record waits for the record") {
  Two w;
  w.backup();
  const Id lost = w.a.make_person("Made", "by Anna");
  w.both();
  w.b.set(person, lost, person.job_title, "Buyer");
  w.both();
  w.restore();
  w.b.sync(w.server);  // Ben comes first: the server does not have Anna's record yet.
  const auto waiting = must(w.b.replica->rejected());
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].code == "waiting");
  w.both();
  w.both();
  CHECK(w.a.get(person, lost, person.job_title) == "Buyer");
  CHECK(w.b.get(person, lost, person.job_title) == "Buyer");
  w.all_well();
}

TEST_CASE("a change that waited, and was taken then, is sent again when the server comes back once more") {
  Two w;
  const Id lost = w.one_waits();
  w.both();
  w.both();
  REQUIRE(must(w.b.replica->rejected()).empty());
  w.restore();
  w.both();
  w.both();
  CHECK(w.a.get(person, lost, person.job_title) == "Buyer");
  w.all_well();
}

TEST_CASE("a device that registered after the backup signs in again and loses nothing") {
  Two w;
  w.backup();
  DeviceNode c("device-c", 9, &w.time);
  c.sign_in(w.server, w.ben, "new phone");
  const Id id = c.make_person("From", "the new phone");
  c.sync(w.server);
  w.restore();
  c.sign_in(w.server, w.ben, "new phone");
  c.sync(w.server);
  w.both();
  CHECK(w.a.get(person, id, person.first_name) == "From");
  w.all_well();
}

TEST_CASE("what builds on a record whose creation was refused is refused, and does not wait") {
  Two w;
  const Id id = w.a.ws->new_id();
  PreparedEdit forged;
  forged.rows.push_back({0, Record(conflict), {}});
  forged.rows[0].record.id = id;
  forged.ops.push_back({{OpKind::create, static_cast<uint16_t>(w.a.ws->schema().index_of(conflict)), id, 0, {}, {}, Life::live}, 0});
  must(w.a.ws->atomically([&] { return w.a.replica->write(forged); }));
  Edit edit;
  edit.set(conflict, id, conflict.resolved, int64_t{1});
  must(w.a.ws->commit(edit, "builds on it"));
  w.both();
  const auto refused = must(w.a.replica->rejected());
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].code == "forbidden");
  CHECK(refused[1].code == "depends");
  w.all_well();
}

TEST_CASE("while everything is loaded anew nothing changes on the device, and then all of it at once") {
  for (const bool power_cut : {false, true}) {
    Two w;
    std::vector<Id> ids;
    for (int i = 0; i < 20; i++) ids.push_back(w.a.make_person("Person", "Number " + std::to_string(i)));
    w.both();
    w.backup();
    const Id gone = w.b.make_person("Known", "for a day");  // Its author's data is lost too: it does not come back.
    w.both();
    w.a.close();
    w.a.page_bytes = 100;
    w.a.open();
    w.restore();
    Edit renamed;
    for (const Id& id : ids) renamed.set(person, id, person.first_name, std::string("Renamed"));
    must(w.server.ws->commit(renamed, "renamed"));
    REQUIRE(w.a.get(person, gone, person.first_name) == "Known");

    int pages = 0;
    for (bool complete = false; !complete;) {
      w.a.session->start();
      while (const std::optional<SyncRequest> request = must(w.a.session->next())) {
        const auto [status, body] = w.server.answer(w.a.replica->identity().device, *request);
        must(w.a.session->received(status, body));
        if (!w.a.session->busy()) break;
        pages++;
        for (const Id& id : ids) CHECK(w.a.get(person, id, person.first_name) == "Person");
        CHECK(w.a.get(person, gone, person.first_name) == "Known");
        if (power_cut && pages == 6) {
          w.a.set(person, ids[3], person.nickname, "meanwhile");
          w.a.crash();
          w.a.open();
          break;
        }
      }
      complete = !w.a.session->busy() && must(w.a.ws->tables().meta_int("resetting")) == 0;
    }
    CHECK(pages > 10);
    for (const Id& id : ids) CHECK(w.a.get(person, id, person.first_name) == "Renamed");
    CHECK(must(w.a.replica->check()).empty());
    w.both();
    if (power_cut) CHECK(w.b.get(person, ids[3], person.nickname) == "meanwhile");
    w.all_well();
  }
}

TEST_CASE("an app updated while its older self loaded everything anew, page by page, begins again") {
  Two w;
  for (int i = 0; i < 20; i++) w.a.make_person("Person", "Number " + std::to_string(i));
  w.both();
  // As the older one left it: the first half is in its rows, and the cursor stands in the middle.
  w.b.close();
  w.b.page_bytes = 300;
  w.b.open();
  const auto first = must(w.server.authority->page(w.b.replica->identity().device, "", 0, 300));
  const std::string cursor = must(PageReader::open(first.bytes, w.b.ws->schema())).header().cursor;
  REQUIRE(cursor.starts_with("s"));
  must(w.b.ws->tables().set_meta("cursor", cursor));
  must(w.b.ws->tables().set_meta_int("resetting", 1));
  w.b.close();
  w.b.open();
  w.both();
  w.all_well();
}

TEST_CASE("a database of a version that kept what was sent apart, whose last acknowledged change waits at the server") {
  Two w;
  const Id lost = w.one_waits();
  w.b.close();
  {
    const auto db = must(Database::open("device-b", MemoryDisk::name()));
    search_as_before_13(*db);
    must(db->execute("CREATE TABLE apart(op_no INTEGER PRIMARY KEY, body BLOB NOT NULL, label TEXT NOT NULL, at INTEGER NOT NULL, acked_at INTEGER NOT NULL, sum INTEGER NOT NULL DEFAULT 0);"
                     "INSERT INTO apart SELECT op_no, body, label, at, 1, sum FROM sent; DELETE FROM outbox WHERE op_no IN (SELECT op_no FROM apart);"
                     "DROP VIEW sent; DROP VIEW waiting; DROP TABLE acknowledged; ALTER TABLE outbox DROP COLUMN acked_at; ALTER TABLE apart RENAME TO sent;"
                     "CREATE INDEX pending_op ON pending(op_no); PRAGMA user_version=9;"));
  }
  w.b.open();
  w.both();
  CHECK(w.a.get(person, lost, person.job_title) == "Buyer");
  CHECK(must(w.b.replica->waiting()).empty());
  CHECK(must(w.b.replica->outbox().count()) == 0);
  w.all_well();
}

TEST_CASE("what waits for a record that does not come is told to its author after thirty days, and only then") {
  Two w;
  const Id lost = w.one_waits();
  const auto code = [&] {
    const auto inbox = must(w.b.replica->rejected());
    REQUIRE(inbox.size() == 1);
    return inbox[0].code;
  };
  const auto days_later = [&](int days) {
    w.time.now += int64_t{days} * 86'400'000;
    must(w.server.ws->atomically([&] { return w.server.authority->server_clock().accept(); }));
    w.b.make_person("Something", "else");
    w.b.sync(w.server);
  };
  days_later(29);
  CHECK(code() == "waiting");
  days_later(2);
  CHECK(code() == "depends");
  CHECK(must(w.b.replica->waiting()).empty());
  // The record comes after all: its own words, and nothing by itself of what was given up.
  w.a.sync(w.server);
  w.both();
  CHECK(w.b.get(person, lost, person.job_title).empty());
  w.all_well();
}

TEST_CASE("a backup from before an erasure brings the record back to everybody alike, and it can be erased again") {
  Two w;
  const Id id = w.a.make_person("To be", "forgotten");
  w.both();
  w.backup();
  must(w.server.authority->purge(person, id));
  w.both();
  REQUIRE_FALSE(must(w.b.ws->get(person, id)));
  w.restore();
  w.both();
  CHECK(w.a.get(person, id, person.last_name) == "forgotten");
  w.all_well();
  must(w.server.authority->purge(person, id));
  w.both();
  w.all_well();
  for (const auto& [name, file] : MemoryDisk::the().files)
    if (name == "server" || name == "device-a" || name == "device-b") CHECK(file.now.find("forgotten") == std::string::npos);
}

TEST_CASE("a backup older than what devices keep of their sent work: they go on from it, all alike, and nothing is held up") {
  Two w;
  const Id before = w.a.make_person("From before", "the backup");
  w.both();
  w.backup();
  const Id old = w.a.make_person("Sent", "long ago");
  w.both();
  w.time.now += Replica::sent_kept_ms + 86'400'000;
  w.a.set(person, before, person.job_title, "sent lately");
  w.both();
  w.b.set(person, old, person.job_title, "about what the server will not have");
  w.restore();
  w.a.set(person, before, person.first_name, "After");
  w.both();
  CHECK(w.b.get(person, before, person.job_title) == "sent lately");
  CHECK(w.b.get(person, before, person.first_name) == "After");
  CHECK(must(w.a.replica->outbox().count()) == 0);
  CHECK(must(w.b.replica->outbox().count()) == 0);
  const bool told = must(w.b.replica->rejected()).size() == 1;
  CHECK(told);  // Ben's words about it are in his inbox, not gone.
  w.all_well();
}

/// The office's own changes, which no device sends again.
static void office(Two& w, const Id& id, Field f, const std::string& text) {
  Edit edit;
  edit.set(person, id, f, text);
  must(w.server.ws->commit(edit, "office"));
}

TEST_CASE("a device that was away for two restores keeps no number of a history that parted before the last one") {
  Two w;
  const Id id = w.b.make_person("P", "Q");
  w.both();
  w.backup();
  for (int i = 0; i < 5; i++) office(w, id, person.suffix, "s" + std::to_string(i));
  w.both();
  Edit gone;  // Anna goes offline, and deletes what she saw in the history that is lost.
  gone.trash(person, id);
  must(w.a.ws->commit(gone, "gone"));
  w.restore();
  w.b.sync(w.server);
  w.b.set(person, id, person.job_title, "what Anna never saw");
  w.b.sync(w.server);
  for (int i = 0; i < 20; i++) w.b.make_person("Another", std::to_string(i));
  w.b.sync(w.server);
  w.backup();
  w.restore();
  w.b.sync(w.server);
  w.a.sync(w.server);
  w.both();
  const std::vector<Record> open = w.open_conflicts(*w.a.ws);
  REQUIRE(open.size() == 1);
  CHECK(open[0].text(conflict.field) == "life");
  w.all_well();
}

TEST_CASE("of two backups the newer is restored second: what was seen in between is not taken for what has its number there") {
  Two w;
  const Id id = w.a.make_person("P", "Q");
  w.both();
  w.backup();
  MemoryDisk::the().remove("older");
  MemoryDisk::the().copy("backup", "older");
  office(w, id, person.job_title, "of the office");
  w.backup();
  w.server.close();
  MemoryDisk::the().remove("server");
  MemoryDisk::the().copy("older", "server");
  w.server.open();
  must(w.server.authority->begin_epoch());
  office(w, id, person.job_title, "in between");
  w.both();
  w.b.set(person, id, person.job_title, "on top of what was in between");
  w.restore();
  w.both();
  const std::vector<Record> open = w.open_conflicts(*w.a.ws);
  REQUIRE(open.size() == 1);
  CHECK(open[0].text(conflict.kept) == "on top of what was in between");
  CHECK(open[0].text(conflict.lost) == "of the office");
  w.all_well();
}

TEST_CASE("a merge that is sent again after a restore hides nothing that was written before it there") {
  Two w;
  const Id part = w.a.make_person("P", "Q"), whole = w.a.make_person("P", "Quist");
  w.both();
  w.backup();
  for (int i = 0; i < 6; i++) office(w, part, person.suffix, "s" + std::to_string(i));
  w.both();
  w.b.set(person, part, person.job_title, "Buyer");  // Not sent yet.
  Edit edit;
  must(merge_records(*w.a.ws, edit, person, part, whole, {}));
  must(w.a.ws->commit(edit, "merged"));
  w.a.sync(w.server);
  w.restore();
  w.b.sync(w.server);
  w.a.sync(w.server);
  w.both();
  bool told = false;
  for (const Record& c : w.open_conflicts(*w.a.ws)) told = told || (c.text(conflict.field) == "job_title" && c.text(conflict.lost) == "Buyer");
  CHECK(told);
  w.all_well();
}
