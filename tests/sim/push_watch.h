#pragma once
// What a push may change, noted before the server judges it and compared after.

#include "shared/sync/codec.h"
#include "tests/sim/invariants.h"

namespace holdfast::test {

/// Rights, looked at from outside: nobody changes what they may not see, nor puts a record where they may not see it.
class PushWatch {
 public:
  PushWatch(ServerNode& server, uint32_t device, const Id& who, const SyncRequest& request) : server_(server), device_(device), who_(who) {
    if (request.method != "POST") return;
    const auto decoded = decode_push(request.body, server.ws->schema());
    const auto known = must(server.authority->log().device(device));
    if (!decoded.ok() || !known) return;
    for (const std::string& body : decoded->first.bodies) {
      const auto t = decode_transaction(body, decoded->second, nullptr);
      if (!t.ok() || t->op_no <= known->last_op_no) continue;
      fresh_++;
      for (const Op& op : t->ops) {
        const auto row = must(server.ws->rows(op.entity).read(op.record));
        if (!row || row->record.meta.life == Life::purged) continue;
        (may_see(*server.ws, who, row->record) ? seen_ : hidden_).push_back({t->op_no, op.entity, op.record});
      }
    }
  }
  void check(const Fault& fault) const {
    // Several transactions in one push may each have changed who sees what: then only the first is as it was.
    if (fresh_ != 1) return;
    for (const Target& t : hidden_)
      if (must(server_.authority->log().seq_of(device_, t.op_no))) fault("rights: a change of " + t.id.text() + " was taken whose author may not see it");
    for (const Target& t : seen_) {
      if (!must(server_.authority->log().seq_of(device_, t.op_no))) continue;
      const auto row = must(server_.ws->rows(t.entity).read(t.id));
      if (row && !may_see(*server_.ws, who_, row->record)) fault("rights: the author of a change of " + t.id.text() + " may not see it any more");
    }
  }

 private:
  struct Target {
    int64_t op_no;
    size_t entity;
    Id id;
  };
  ServerNode& server_;
  uint32_t device_;
  Id who_;
  int fresh_ = 0;
  std::vector<Target> seen_, hidden_;
};

}  // namespace holdfast::test
