#include "shared/sync/frame.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "shared/sync/codec.h"

namespace holdfast {

Error corrupt(const char* what) { return {ErrorKind::corrupt, std::string("The message is damaged: ") + what + "."}; }

void seal(std::string& frame) {
  const uint32_t sum = XXH32(frame.data(), frame.size(), 0);
  ByteWriter(frame).fixed32(sum);
}

Result<std::string_view> unsealed(std::string_view frame, char tag, bool checked) {
  if (frame.size() < 6 || frame[0] != tag) return corrupt("unknown kind of frame");
  const std::string_view body = frame.substr(0, frame.size() - 4);
  if (!checked && ByteReader(frame.substr(body.size())).fixed32() != XXH32(body.data(), body.size(), 0)) return corrupt("wrong checksum");
  ByteReader in(body.substr(1));
  const uint64_t version = in.varint();
  if (version != protocol_version)
    return Error{ErrorKind::outdated, "This app and the server speak different versions. Update the older one."};
  return body;
}

ByteReader after_tag(std::string_view body) {
  ByteReader in(body.substr(1));
  in.varint();
  return in;
}

}  // namespace holdfast
