#include "shared/sync/blob_session.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "shared/model/entities.h"

namespace holdfast {

void BlobSession::want(const std::string& sha, int64_t size) {
  if (!is_sha256(sha) || given_up_.count(sha) || (transfer_ && transfer_->sha == sha)) return;
  if (std::none_of(wanted_.begin(), wanted_.end(), [&](const auto& w) { return w.first == sha; })) wanted_.emplace_back(sha, size);
}

/// An unsent one whose record the server has, else one that somebody wants to see.
Status BlobSession::choose() {
  for (const std::string& sha : TRY(blobs_.in_state(Blobs::State::unsent))) {
    if (given_up_.count(sha)) continue;
    Query of;
    of.where.push_back({attachment.sha256.index, Compare::eq, sha});
    const std::vector<Record> records = TRY(ws_.list(attachment, of));
    if (std::none_of(records.begin(), records.end(), [](const Record& r) { return r.meta.seq > 0; })) continue;
    transfer_ = Transfer{sha, TRY(blobs_.info(sha)).size, 0, true, false};
    return {};
  }
  while (!wanted_.empty()) {
    const auto [sha, size] = wanted_.front();
    wanted_.erase(wanted_.begin());
    const Blobs::Info info = TRY(blobs_.info(sha));
    if (info.state == Blobs::State::complete || info.state == Blobs::State::unsent) continue;
    transfer_ = Transfer{sha, size, info.have, false, true};
    return {};
  }
  return {};
}

Result<std::optional<SyncRequest>> BlobSession::next() {
  if (request_ || waiting_) return request_;
  if (!transfer_) TRY(choose());
  if (!transfer_) return request_;
  const std::string path = "/v1/blobs/" + transfer_->sha, place = "?at=" + std::to_string(transfer_->at);
  if (!transfer_->up) request_ = SyncRequest{"GET", path + place, {}};
  else if (!transfer_->asked) request_ = SyncRequest{"GET", path + "/have", {}};
  else request_ = SyncRequest{"POST", path + place + "&size=" + std::to_string(transfer_->size), TRY(blobs_.part(transfer_->sha, transfer_->at))};
  return request_;
}

Result<bool> BlobSession::spoken_of(const std::string& sha) {
  Query of;
  of.where.push_back({attachment.sha256.index, Compare::eq, sha});
  for (of.life = Life::live;; of.life = Life::trashed) {
    if (TRY(ws_.count(attachment, of))) return true;
    if (of.life == Life::trashed) return false;
  }
}

void BlobSession::give_up() {
  given_up_.insert(transfer_->sha);
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
  if (status >= 500 || status == 429 || status == 401) return failed(), Status();
  if (status != 200) return give_up(), Status();
  Transfer& t = *transfer_;
  if (t.up) {
    const nlohmann::json said = nlohmann::json::parse(body, nullptr, false);
    if (!said.is_object()) return give_up(), Status();
    if (said.value("complete", false)) {
      TRY(blobs_.set_state(t.sha, Blobs::State::complete));
      transfer_.reset();
      ws_.changed();
      return {};
    }
    const int64_t have = said.value("have", int64_t{-1});
    // Where nothing moves on, or the place is none where a part of ours begins, there is no use in going on.
    if (have < 0 || have >= t.size || have % Blobs::part_max || (t.asked && have <= t.at)) return give_up(), Status();
    t.at = have;
    t.asked = true;
    return {};
  }
  if (!TRY(spoken_of(t.sha))) {  // Its record has gone while this was on its way.
    TRY(blobs_.drop(t.sha));
    return give_up(), Status();
  }
  if (Status s = blobs_.append(t.sha, t.size, t.at, body, ws_.clock().wall_ms()); !s.ok()) {
    give_up();
    return s;
  }
  t.at += static_cast<int64_t>(body.size());
  if (t.at < t.size) return {};
  TRY(blobs_.set_state(t.sha, Blobs::State::complete));
  TRY(blobs_.keep_within(cache_max));
  transfer_.reset();
  ws_.changed();
  return {};
}

}  // namespace holdfast
