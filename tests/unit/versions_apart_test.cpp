// An app and a server of different versions of the protocol.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "shared/base/bytes.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

/// The same frame, as a side of the next version of the protocol would send it, or of the one before.
static std::string of_next_version(std::string frame, char by = 1) {
  frame.resize(frame.size() - 4);
  REQUIRE(frame[1] == protocol_version);
  frame[1] = static_cast<char>(frame[1] + by);
  const uint32_t sum = XXH32(frame.data(), frame.size(), 0);
  ByteWriter(frame).fixed32(sum);
  return frame;
}

TEST_CASE("an app of another version is told to be updated, takes no new number, loses nothing, and goes on afterwards") {
  Two w;
  const Id id = w.a.make_person("Anna", "Berg");
  const uint32_t device = w.a.replica->identity().device;
  enum Part { question, push_answer, page_answer, reset_answer };
  for (const Part part : {question, push_answer, page_answer, reset_answer}) {
    CAPTURE(part);
    w.a.set(person, id, person.job_title, "of part " + std::to_string(part));
    SyncSession& session = *w.a.session;
    session.start();
    while (std::optional<SyncRequest> request = must(session.next())) {
      const bool pushes = request->method == "POST";
      if (pushes && part == question) request->body = of_next_version(request->body);
      auto [status, body] = w.server.answer(device, *request);
      if (pushes && part == question) CHECK(status == 426);
      if (pushes && part == push_answer) body = of_next_version(body);
      if (!pushes && part == page_answer) body = of_next_version(body);
      if (!pushes && part == reset_answer) status = 409, body = of_next_version(body);
      must(session.received(status, body));
    }
    CHECK(session.trouble() == SyncTrouble::update_needed);
    CHECK(w.a.replica->identity().device == device);
    CHECK(must(w.a.replica->outbox().count()) > 0);
    CHECK(w.a.get(person, id, person.job_title) == "of part " + std::to_string(part));
  }
  w.both();
  CHECK(w.b.get(person, id, person.job_title) == "of part 3");
  w.all_well();
}

TEST_CASE("an app that is updated in the middle of a load does not stumble over pages its older self has kept") {
  Two w;
  for (int i = 0; i < 40; i++) w.a.make_person("Person", std::to_string(i));
  w.a.sync(w.server);
  // Ben's laptop has a part of it, kept in its file.
  w.b.page_bytes = 300;
  w.b.hold_bytes = 0;
  w.b.close();
  w.b.open();
  w.b.session->start();
  for (int pages = 0; pages < 3; pages++) {
    const auto request = must(w.b.session->next());
    REQUIRE(request);
    const auto [status, body] = w.server.answer(w.b.replica->identity().device, *request);
    must(w.b.session->received(status, body));
  }
  const auto staged = must(w.b.replica->outbox().staged());
  REQUIRE(staged.size() > 1);
  for (const int64_t no : staged) {
    const std::string older = of_next_version(must(w.b.replica->outbox().staged_page(no)), -1);
    must(w.b.db->prepare("UPDATE stage SET page=? WHERE no=?").bind_blob(older).bind(no).run());
  }
  w.b.close();
  w.b.open();
  w.both();
  w.all_well();
}
