#pragma once
// What a push may change, noted before the server judges it and compared after.

#include <algorithm>

#include "shared/model/entities.h"
#include "shared/sync/codec.h"
#include "tests/sim/invariants.h"

namespace holdfast::test {

/// Rights, looked at from outside: nobody changes what they may not see, nor puts a record where they may not see it.
class PushWatch {
 public:
  PushWatch(ServerNode& server, uint32_t device, const Id& who, const SyncRequest& request) : server_(server), device_(device), who_(who) {
    if (request.method != "POST") return;
    const MemoryDisk::Spared spared;
    head_ = must(server.authority->head());
    const auto decoded = decode_push(request.body, server.ws->schema());
    const auto known = must(server.authority->log().device(device));
    if (!decoded.ok() || !known) return;
    judged_ = known->last_op_no;
    bool said_who_sees = false;  // From then on it may be different with every transaction of the push.
    for (const std::string& body : decoded->first.bodies) {
      const auto t = decode_transaction(body, decoded->second, nullptr);
      if (!t.ok() || t->op_no <= known->last_op_no) continue;
      fresh_++;
      for (const Op& op : t->ops) {
        const auto row = must(server.ws->rows(op.entity).read(op.record));
        if (!row || row->record.meta.life == Life::purged) continue;
        if (may_see(*server.ws, who, row->record)) seen_.push_back({t->op_no, op.entity, op.record});
        else if (!said_who_sees) hidden_.push_back({t->op_no, op.entity, op.record});
      }
      for (const Op& op : t->ops) said_who_sees = said_who_sees || says_who_sees(server.ws->schema()[op.entity], op);
    }
  }
  int64_t judged() const { return judged_; }  ///< The device's last transaction, before the push.
  void check(const Fault& fault) const {
    const MemoryDisk::Spared spared;
    for (const Target& t : hidden_)
      if (taken_now(t)) fault("rights: a change of " + t.id.text() + " was taken whose author may not see it");
    if (fresh_ != 1) return;  // Which of them was to be seen afterwards is not known.
    for (const Target& t : seen_) {
      if (!taken_now(t)) continue;
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
  /// Not one that a copy of the device sent before it: that was judged by what its author might see then.
  bool taken_now(const Target& t) const { return must(server_.authority->log().seq_of(device_, t.op_no)) > head_; }
  /// A new record may be what others' changes wait for; an alias puts one record in another's place.
  static bool says_who_sees(const Entity& entity, const Op& op) {
    return op.kind == OpKind::create || &entity == &alias || std::any_of(op.values.begin(), op.values.end(), [&](const FieldValue& v) { return entity.decides_access(v.field); });
  }
  ServerNode& server_;
  uint32_t device_;
  Id who_;
  int64_t head_ = 0, judged_ = 0;
  int fresh_ = 0;
  std::vector<Target> seen_, hidden_;
};

}  // namespace holdfast::test
