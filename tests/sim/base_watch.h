#pragma once
// What the author of a change had seen, worked out a second time from what devices have sent.

#include <algorithm>
#include <optional>

#include "shared/store/outbox.h"
#include "shared/sync/codec.h"
#include "tests/sim/invariants.h"

namespace holdfast::test {

/// Base rule: what a device builds on its own change is judged by the version that one became; if it was refused, by what that one had seen.
class BaseWatch {
 public:
  /// After the server has answered a push; before it, it had judged the device's transactions up to `judged`.
  void heard(ServerNode& server, uint32_t device, const std::string& push, int64_t judged) {
    const MemoryDisk::Spared spared;
    const auto decoded = decode_push(push, server.ws->schema());
    if (!decoded.ok()) return;
    const PushRequest& request = decoded->first;
    if (!(history_[request.install] == request.epoch)) {  // What it had sent before means something else now, if the server has it at all.
      history_[request.install] = request.epoch;
      sent_[request.install].clear();
      open_[request.install].clear();
    }
    for (const std::string& body : request.bodies) {
      Result<Transaction> t = decode_transaction(body, decoded->second, nullptr);
      if (!t.ok() || t->op_no <= judged) continue;
      const auto first = request.sums.find(t->op_no);
      const uint32_t sum = first == request.sums.end() ? sum_of_body(body) : first->second;
      if (must(server.authority->log().sum_of(device, t->op_no)) != sum) continue;
      const int64_t op_no = t->op_no;
      sent_[request.install][op_no] = {sum, t.take()};
      open_[request.install].insert(op_no);
    }
  }
  /// Of all that has been accepted since.
  void check(ServerNode& server, const Fault& fault) {
    const MemoryDisk::Spared spared;
    for (auto& [install, numbers] : open_) {
      const auto device = must(server.authority->log().device_of(install));
      if (!device) continue;
      const From from{server, device->ordinal, sent_[install]};
      std::erase_if(numbers, [&](int64_t op_no) {
        const int64_t seq = must(server.authority->log().seq_of(from.device, op_no));
        if (seq) compare(from, op_no, seq, fault);
        const auto refused = seq ? std::optional<StoredRefusal>() : must(server.authority->log().refusal(from.device, op_no));
        return seq || (refused && refused->code != "waiting");
      });
    }
  }

 private:
  struct Sent {
    uint32_t sum = 0;
    Transaction t;
  };
  struct From {
    ServerNode& server;
    uint32_t device;
    std::map<int64_t, Sent>& sent;
  };
  std::map<Id, Id> history_;                    ///< By installation: the server's, as it last spoke of it.
  std::map<Id, std::map<int64_t, Sent>> sent_;  ///< By installation: what the server has judged.
  std::map<Id, std::set<int64_t>> open_;        ///< Of those: not yet accepted, nor refused for good.

  static void compare(const From& from, int64_t op_no, int64_t seq, const Fault& fault) {
    const Sent& sent = from.sent.at(op_no);
    const LogEntry entry = *must(from.server.authority->log().find(seq));
    if (entry.stamp.device != from.device || must(from.server.authority->log().sum_of(from.device, op_no)) != sent.sum) return;  // A copy's.
    const Transaction accepted = must(decode_transaction(entry.body, KeyTable::own(from.server.ws->tables()), nullptr));
    for (size_t i = 0; i < accepted.ops.size() && accepted.ops.size() == sent.t.ops.size(); i++) {
      if (sent.t.ops[i].kind == OpKind::create) continue;
      const std::optional<int64_t> seen = seen_by(from, sent.t.ops[i], seq);
      if (seen && *seen != accepted.ops[i].base)
        fault("base rule: the author of " + std::to_string(seq) + " had seen " + std::to_string(*seen) + " of " + accepted.ops[i].record.text() + ", and is judged by " + std::to_string(accepted.ops[i].base));
    }
  }
  /// When `seq` was accepted. Nothing where it builds on what this has not seen sent, or the server has lost.
  static std::optional<int64_t> seen_by(const From& from, const Op& op, int64_t seq) {
    if (op.base >= 0) return op.base;
    Log& log = from.server.authority->log();
    if (const int64_t became = must(log.seq_of(from.device, -op.base)); became && became < seq) return became;
    const auto earlier = from.sent.find(-op.base);
    if (earlier == from.sent.end() || !must(log.refusal(from.device, -op.base)) || must(log.sum_of(from.device, -op.base)) != earlier->second.sum) return std::nullopt;
    const Entity& entity = from.server.schema()[op.entity];
    const auto builds_on = [&](const Op& its) {
      if (!(its.record == op.record) || its.kind == OpKind::create || (its.kind == OpKind::life) != (op.kind == OpKind::life)) return false;
      return op.kind == OpKind::life || (entity.fields[its.values[0].field].leader == entity.fields[op.values[0].field].leader && its.element == op.element);
    };
    const std::vector<Op>& ops = earlier->second.t.ops;
    const auto found = std::find_if(ops.begin(), ops.end(), builds_on);
    return found == ops.end() ? std::optional<int64_t>(-1) : seen_by(from, *found, seq);
  }
};

}  // namespace holdfast::test
