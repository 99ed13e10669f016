#pragma once
// A device's transfers of attachments: what was made here goes up once its record is on the server, what somebody looks at comes
// down, part by part. Like SyncSession: no sockets, one request at a time, bytes in, bytes out.

#include <optional>
#include <set>

#include "shared/store/blobs.h"
#include "shared/sync/session.h"

namespace holdfast {

class BlobSession {
 public:
  BlobSession(Workspace& ws, Blobs& blobs) : ws_(ws), blobs_(blobs) {}

  /// To be fetched, if it is not here.
  void want(const BlobKey& key, int64_t size);
  bool gave_up(const BlobKey& key) const { return given_up_.count(key) > 0; }
  bool busy() const { return request_.has_value(); }
  /// The request to send, if any; the same one until it is answered.
  Result<std::optional<SyncRequest>> next();
  Status received(int http_status, std::string_view body);
  void failed();  ///< No answer came: everything waits for retry().
  /// Something else is looked at now.
  void look_again() { fetched_.clear(); }
  /// What failed, was not there, or had to make room for something else is tried again.
  void retry() { waiting_ = false, given_up_.clear(), fetched_.clear(); }

  int64_t cache_max = int64_t{200} << 20;  ///< Bytes of what could be fetched again.

 private:
  struct Transfer {
    BlobKey key;
    int64_t size = 0, at = 0;
    bool up = false, asked = false;
  };
  Status choose();
  Result<std::optional<Record>> named(const BlobKey& key);
  Result<bool> made_and_not_accepted(const Id& record);
  void give_up();

  Workspace& ws_;
  Blobs& blobs_;
  std::optional<Transfer> transfer_;
  std::optional<SyncRequest> request_;
  std::vector<std::pair<BlobKey, int64_t>> wanted_;
  std::set<BlobKey> given_up_;
  std::set<BlobKey> fetched_;  ///< Since the last retry(): where more is looked at than there is room for, each comes once.
  bool waiting_ = false;
};

}  // namespace holdfast
