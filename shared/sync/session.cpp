#include "shared/sync/session.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "shared/base/mutant.h"

namespace holdfast {

void SyncSession::start() {
  if (busy() || replica_.identity().workspace.is_nil()) return;
  state_ = SyncState::pushing;
  push_trouble_ = SyncTrouble::none;
  push_later_ = false;
  request_.reset();
}

Result<std::optional<SyncRequest>> SyncSession::next() {
  Result<std::optional<SyncRequest>> request = prepare();
  if (!request.ok()) finish(SyncTrouble::server, request.error().message);  // A full disk, say: the next cycle tries again.
  return request;
}

Result<std::optional<SyncRequest>> SyncSession::prepare() {
  if (request_ || state_ == SyncState::idle) return request_;
  // Without a history to speak of, a server back from a backup could not be told from the one that judged the push before.
  if (state_ == SyncState::pushing && TRY(ws_.tables().meta("epoch")).empty()) state_ = SyncState::pulling, push_later_ = true;
  if (state_ == SyncState::pushing) {
    sending_from_ = std::max(pushed_up_to_, TRY(replica_.acked_op_no()));
    PushRequest push = TRY(replica_.next_push(sending_from_, std::min(push_bytes_, push_bytes_max), ws_.clock().wall_ms()));
    if (!push.bodies.empty()) {
      sending_to_ = push.last;
      request_ = SyncRequest{"POST", "/v1/push", encode_push(push, KeyTable::own(ws_.tables()))};
      return request_;
    }
    state_ = SyncState::pulling;
  }
  const std::string cursor = TRY(replica_.cursor());
  const bool snapshot = cursor.empty() || cursor[0] == 's';
  request_ = SyncRequest{"GET",
                         std::string(snapshot ? "/v1/snapshot" : "/v1/pull") + "?acked=" + std::to_string(TRY(replica_.acked_op_no())) +
                             "&max=" + std::to_string(page_bytes_max) + (snapshot ? "&epoch=" + TRY(ws_.tables().meta("epoch")) : "") + "&cursor=" + cursor,
                         {}};
  return request_;
}

void SyncSession::finish(SyncTrouble trouble, std::string text) {
  state_ = SyncState::idle;
  request_.reset();
  loading_rows_ = 0;
  trouble_ = trouble;
  trouble_text_ = std::move(text);
}

/// Whether that is possible.
bool SyncSession::push_less(size_t sent) {
  // Something on the way may have a limit and not say so: it is not asked for as much again and again.
  if (sent * 2 > push_bytes_let_through_) push_bytes_let_through_ = std::max(sent / 2, push_bytes_least);
  const size_t before = std::exchange(push_bytes_, std::max(push_bytes_ / 4, push_bytes_least));
  return push_bytes_ < before;
}

void SyncSession::failed() {
  if (state_ == SyncState::pushing && request_) (void)push_less(request_->body.size());
  finish(SyncTrouble::offline, "The server cannot be reached. Your changes are kept on this device.");
}

/// For both ends of it: an app in a browser is updated by loading it anew.
static const char* const outdated_text =
    "This app and the server are of different versions. Reload the app; if that does not help, the server has to be updated. Your changes are kept on this device.";

static std::string reason_in(std::string_view body) {
  const nlohmann::json parsed = nlohmann::json::parse(body, nullptr, false);
  if (parsed.is_object() && parsed.contains("error") && parsed["error"].is_string()) return parsed["error"].get<std::string>();
  return {};
}

Status SyncSession::received(int status, std::string_view body) {
  Status done = take_answer(status, body);
  if (!done.ok() && busy()) finish(SyncTrouble::server, done.error().message);  // Else it would be asked for again at once, for ever.
  return done;
}

Status SyncSession::take_answer(int status, std::string_view body) {
  if (!request_) return {};
  const size_t sent = request_->body.size();
  request_.reset();
  if (status == 401) return finish(SyncTrouble::signed_out, "Sign in again to go on syncing. Your changes are kept on this device."), Status();
  if (status == 426) return finish(SyncTrouble::update_needed, outdated_text), Status();
  if (status == 410) return finish(SyncTrouble::removed, reason_in(body)), Status();
  if (status == 409) return begin_again(body);
  if (state_ == SyncState::pushing) {
    if (status == 200) {
      push_bytes_ = std::min(push_bytes_ * 2, push_bytes_let_through_);
      const Result<PushReply> reply = decode_push_reply(body);
      if (!reply.ok() && reply.error().kind == ErrorKind::outdated) return finish(SyncTrouble::update_needed, outdated_text), Status();
      if (reply.ok() && reply->last_op_no > sending_from_) {
        // Numbers beyond what was sent are a copy's, or of a push whose answer was lost: sent too, they are compared.
        pushed_up_to_ = MUTANT(answer_beyond_push) ? reply->last_op_no : std::min(reply->last_op_no, sending_to_);
        replica_.confirmed(pushed_up_to_);
        if (MUTANT(outbox_dropped_on_reply)) TRY(replica_.outbox().sent_up_to(pushed_up_to_, 0));
        return {};
      }
      if (reply.ok() && reply->last_op_no < sending_from_) {
        // The server has forgotten what it had judged: it came back from a backup. From where it stands, or, if it had even
        // acknowledged more, after the pull that will tell so.
        pushed_up_to_ = reply->last_op_no;
        if (TRY(replica_.acked_op_no()) > reply->last_op_no) state_ = SyncState::pulling;
        return {};
      }
      push_trouble_text_ = reply.ok() ? "The server did not take the changes. They are kept on this device." : reply.error().message;
    } else {
      const bool less = push_less(sent);  // A proxy may have a limit for sizes or times.
      if (status == 413) push_bytes_let_through_ = push_bytes_;
      if (status == 413 && less) return {};
      push_trouble_text_ = reason_in(body).empty() ? "The server answered with error " + std::to_string(status) + "." : reason_in(body);
    }
    push_trouble_ = SyncTrouble::server;
    state_ = SyncState::pulling;  // Downloads go on whatever happened to the upload.
    return {};
  }
  if (status != 200) {
    const std::string reason = reason_in(body);
    return finish(SyncTrouble::server, reason.empty() ? "The server answered with error " + std::to_string(status) + "." : reason), Status();
  }
  if (Status s = take_page(body); !s.ok()) {
    if (s.error().kind == ErrorKind::outdated) return finish(SyncTrouble::update_needed, outdated_text), Status();
    if (s.error().kind == ErrorKind::conflict) return finish(SyncTrouble::copied, s.error().message), Status();
    return s;
  }
  return {};
}

/// The server speaks of another history than this device.
Status SyncSession::begin_again(std::string_view body) {
  const Result<PageReader> page = PageReader::open(body, ws_.schema());
  if (!page.ok() && page.error().kind == ErrorKind::outdated) return finish(SyncTrouble::update_needed, outdated_text), Status();
  if (!page.ok() || !page->header().reset) {
    const std::string reason = reason_in(body);
    if (reason.empty()) return finish(SyncTrouble::server, "The server’s answer was damaged on the way."), Status();
    return finish(state_ == SyncState::pushing ? SyncTrouble::copied : SyncTrouble::server, reason), Status();
  }
  TRY(replica_.reset(page->header()));
  pushed_up_to_ = 0;
  push_trouble_ = SyncTrouble::none;
  state_ = SyncState::pushing;
  return {};
}

Status SyncSession::take_page(std::string_view body) {
  PageReader page = TRY(PageReader::open(body, ws_.schema()));
  clock_ahead_ms_ = ws_.clock().wall_ms() - page.header().server_ms;
  const std::string before = TRY(replica_.cursor());
  const bool complete = TRY(replica_.receive(page));
  if (complete) {
    // What was pushed in this cycle has been judged by now; else the server has come back without it.
    pushed_up_to_ = std::min(pushed_up_to_, TRY(replica_.acked_op_no()));
    if (std::exchange(push_later_, false) && TRY(replica_.outbox().count())) {
      state_ = SyncState::pushing;
      return {};
    }
    finish(push_trouble_, push_trouble_text_);
    return {};
  }
  if (before.empty() || before[0] == 's') loading_rows_ += static_cast<int64_t>(page.count());
  return {};
}

}  // namespace holdfast
