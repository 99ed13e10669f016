// The bytes of attachments. Whoever sees the record may send and fetch what it names. Each record has its own: knowing a hash, or
// making a record of it, is no right to what others sent.

#include <openssl/evp.h>

#include <charconv>

#include "server/http/web.h"
#include "shared/store/blobs.h"

namespace holdfast {

using nlohmann::json;

enum class Who { sees, sees_or_made };

/// The attachment a request speaks of, as far as the caller sees one, or made it and still has its bytes to send; unknown and
/// hidden ones are not told apart.
static Result<Record> visible(Site& site, const WebRequest& q, Who who = Who::sees) {
  const Error none{ErrorKind::not_found, "There is no such attachment."};
  const std::optional<BlobKey> key = BlobKey::parse(q.path_parameters.at("record") + "/" + q.path_parameters.at("sha"));
  if (!key) return none;
  std::optional<Record> record = TRY(site.node.ws->get(attachment, key->record));
  if (!record || !(BlobKey::of(*record) == *key)) return none;
  const Id& caller = q.session->account.member;
  if (!(who == Who::sees_or_made && record->meta.created_by == caller) && !TRY(site.node.authority->sees(caller, attachment, key->record))) return none;
  return std::move(*record);
}

static int64_t number_in(const WebRequest& q, const char* name) {
  const std::string text = q.query(name);
  int64_t n = -1;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  return failed == std::errc() && end == text.data() + text.size() ? n : -1;
}

static json progress(const Blobs::Info& info) { return {{"have", info.have}, {"complete", info.state == Blobs::State::complete}}; }

static WebResponse have(Site& site, const WebRequest& q) {
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  const BlobKey key = BlobKey::of(TRY_WEB(visible(site, q, Who::sees_or_made)));
  return json_response(progress(TRY_WEB(Blobs(site.node.ws->tables()).info(key))));
}

/// The server believes its own sum only.
static Result<bool> is_what_it_says(Blobs& blobs, const BlobKey& key, int64_t size) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  Status read;
  for (int64_t at = 0; at < size && read.ok();) {
    Result<std::string> part = blobs.part(key, at);
    if (!part.ok()) read = part.take_error();
    else if (part->empty()) break;
    else {
      EVP_DigestUpdate(context, part->data(), part->size());
      at += static_cast<int64_t>(part->size());
    }
  }
  unsigned char sum[32];
  EVP_DigestFinal_ex(context, sum, nullptr);
  EVP_MD_CTX_free(context);
  TRY(read);
  std::string text;
  for (unsigned char byte : sum) text += "0123456789abcdef"[byte >> 4], text += "0123456789abcdef"[byte & 15];
  return text == key.sha;
}

static WebResponse send(Site& site, const WebRequest& q) {
  const int64_t at = number_in(q, "at"), size = number_in(q, "size");
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  const Record record = TRY_WEB(visible(site, q, Who::sees_or_made));
  const BlobKey key = BlobKey::of(record);
  if (size != as_int(record[attachment.size])) return error_response(400, "The file is not as long as its record says.");
  Blobs blobs(site.node.ws->tables());
  const int64_t now = site.node.clock.wall_ms();
  // What was begun has its room already, also when its first part comes again because the answer was lost.
  if (at == 0 && TRY_WEB(blobs.info(key)).state == Blobs::State::none && TRY_WEB(blobs.total_bytes()) + size > site.attachments_max) return error_response(507, "The server has no room for more attachments.");
  // Whole, checked and known to be so at once: a crash in between would leave bytes that are all here and never complete.
  bool wrong = false;
  TRY_WEB(site.node.ws->atomically([&]() -> Status {
    if (Status s = blobs.append(key, size, at, q.body, now); !s.ok() && s.error().kind != ErrorKind::conflict) return s;
    const Blobs::Info info = TRY(blobs.info(key));
    if (info.state != Blobs::State::partial || info.have != info.size) return {};
    wrong = !TRY(is_what_it_says(blobs, key, size));
    return wrong ? blobs.drop(key) : blobs.set_state(key, Blobs::State::complete);
  }));
  if (wrong) return error_response(400, "The bytes are not those the record names.");
  const Blobs::Info info = TRY_WEB(blobs.info(key));
  if (info.state == Blobs::State::complete) site.announce();
  return json_response(progress(info));
}

/// A part from `at` on, or, without it, everything.
static WebResponse fetch(Site& site, const WebRequest& q) {
  const std::lock_guard<std::mutex> lock(site.node.mutex);
  const BlobKey key = BlobKey::of(TRY_WEB(visible(site, q)));
  Blobs blobs(site.node.ws->tables());
  if (TRY_WEB(blobs.info(key)).state != Blobs::State::complete) return error_response(404, "The file has not been uploaded yet.");
  WebResponse r;
  r.type = "application/octet-stream";
  r.headers.emplace_back("Content-Disposition", "attachment");
  r.body = q.query("at").empty() ? TRY_WEB(blobs.whole(key)) : TRY_WEB(blobs.part(key, number_in(q, "at")));
  if (r.body.empty()) return error_response(400, "No part begins there.");
  return r;
}

std::vector<Route> blob_routes() {
  return {{"GET", "/v1/blobs/:record/:sha", Access::session, fetch}, {"GET", "/v1/blobs/:record/:sha/have", Access::session, have}, {"POST", "/v1/blobs/:record/:sha", Access::session, send}};
}

}  // namespace holdfast
