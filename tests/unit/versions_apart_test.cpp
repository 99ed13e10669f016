// An app and a server of different versions of the protocol.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "shared/base/bytes.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

/// The same frame, as a side of the next version of the protocol would send it.
static std::string of_next_version(std::string frame) {
  frame.resize(frame.size() - 4);
  REQUIRE(frame[1] == protocol_version);
  frame[1]++;
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
