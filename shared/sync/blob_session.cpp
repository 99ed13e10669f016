#include "shared/sync/blob_session.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "shared/model/entities.h"

namespace holdfast {

void BlobSession::want(const BlobKey& key, int64_t size) {
  if (!is_sha256(key.sha) || given_up_.count(key) || fetched_.count(key) || (transfer_ && transfer_->key == key)) return;
  if (std::none_of(wanted_.begin(), wanted_.end(), [&](const auto& w) { return w.first == key; })) wanted_.emplace_back(key, size);
}

/// An unsent one whose record the server has, else one that somebody wants to see.
Status BlobSession::choose() {
  for (const BlobKey& key : TRY(blobs_.to_send())) {
    if (given_up_.count(key)) continue;
    const Blobs::Info info = TRY(blobs_.info(key));
    const std::optional<Record> record = TRY(named(key));
    if (info.state == Blobs::State::unsent ? !record || record->meta.seq == 0 : TRY(made_and_not_accepted(key.record))) continue;
    transfer_ = Transfer{key, info.size, 0, true, false};
    return {};
  }
  while (!wanted_.empty()) {
    const auto [key, size] = wanted_.front();
    wanted_.erase(wanted_.begin());
    const Blobs::Info info = TRY(blobs_.info(key));
    if (Blobs::is_whole(info.state)) continue;
    transfer_ = Transfer{key, size, info.have, false, true};
    return {};
  }
  return {};
}

Result<std::optional<SyncRequest>> BlobSession::next() {
  if (request_ || waiting_) return request_;
  if (!transfer_) TRY(choose());
  if (!transfer_) return request_;
  const std::string path = "/v1/blobs/" + transfer_->key.text(), place = "?at=" + std::to_string(transfer_->at);
  if (!transfer_->up) request_ = SyncRequest{"GET", path + place, {}};
  else if (!transfer_->asked) request_ = SyncRequest{"GET", path + "/have", {}};
  else request_ = SyncRequest{"POST", path + place + "&size=" + std::to_string(transfer_->size), TRY(blobs_.part(transfer_->key, transfer_->at))};
  return request_;
}

/// The record the bytes belong to, as long as it names them.
Result<std::optional<Record>> BlobSession::named(const BlobKey& key) {
  std::optional<Record> record = TRY(ws_.get(attachment, key.record));
  if (record && !(BlobKey::of(*record) == key)) record.reset();
  return record;
}

/// Whether a change that waits or was refused makes the record: then the server has nothing to send bytes to.
Result<bool> BlobSession::made_and_not_accepted(const Id& record) {
  for (const std::string& body : TRY(blobs_.changes_about(record))) {
    const Result<Transaction> t = decode_transaction(body, KeyTable::own(ws_.tables()), nullptr);
    if (t.ok() && std::any_of(t->ops.begin(), t->ops.end(), [&](const Op& op) { return op.kind == OpKind::create && op.record == record; })) return true;
  }
  return false;
}

void BlobSession::give_up() {
  given_up_.insert(transfer_->key);
  transfer_.reset();
}

void BlobSession::failed() {
  request_.reset();
  transfer_.reset();
  waiting_ = true;
}

Status BlobSession::received(int status, std::string_view body) {
  if (!request_ || !transfer_) return {};
  request_.reset();
  if (status == 507) return give_up(), Status();  // No room for this one; others may go on, and it is tried again with the next wake.
  if (status >= 500 || status == 429 || status == 401) return failed(), Status();
  Transfer& t = *transfer_;
  if (status == 404 && t.up && body.find("\"error\"") != std::string_view::npos && TRY(blobs_.info(t.key)).state == Blobs::State::leaving && !TRY(made_and_not_accepted(t.key.record)))
    TRY(blobs_.erase(t.key));  // Erased since it went.
  if (status != 200) return give_up(), Status();
  if (t.up) {
    const nlohmann::json said = nlohmann::json::parse(body, nullptr, false);
    if (!said.is_object()) return give_up(), Status();
    if (said.value("complete", false)) {
      if (const std::optional<Record> record = TRY(named(t.key))) {
        // After a restore of the server also what others made goes up again; that they keep themselves.
        TRY(blobs_.used(t.key, ws_.clock().wall_ms()));
        TRY(blobs_.set_state(t.key, record->meta.created_by == ws_.acting() ? Blobs::State::sent : Blobs::State::complete));
      } else {
        TRY(blobs_.erase(t.key));
      }
      transfer_.reset();
      ws_.changed();
      return {};
    }
    const int64_t have = said.value("have", int64_t{-1});
    // Where nothing moves on, or the place is none where a part of ours begins, there is no use in going on.
    if (have < 0 || have >= t.size || have % blobs_.part_size || (t.asked && have <= t.at)) return give_up(), Status();
    t.at = have;
    t.asked = true;
    return {};
  }
  if (!TRY(named(t.key))) {  // Its record has gone while this was on its way.
    TRY(blobs_.drop(t.key));
    return give_up(), Status();
  }
  // Whole and known to be so at once: bytes that are all here and never complete would be asked for in vain.
  const int64_t here = t.at + static_cast<int64_t>(body.size());
  const Status kept = ws_.atomically([&]() -> Status {
    TRY(blobs_.append(t.key, t.size, t.at, body, ws_.clock().wall_ms()));
    if (here < t.size) return {};
    TRY(blobs_.set_state(t.key, Blobs::State::complete));
    return blobs_.keep_within(cache_max, ws_.clock().wall_ms() - Replica::sent_kept_ms);
  });
  if (!kept.ok()) {
    give_up();
    return kept;
  }
  t.at = here;
  if (here < t.size) return {};
  fetched_.insert(t.key);
  transfer_.reset();
  ws_.changed();
  return {};
}

}  // namespace holdfast
