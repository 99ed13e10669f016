#include "server/http/compress.h"

#include <zlib.h>
#include <zstd.h>

namespace holdfast {

static constexpr size_t worth_it_bytes = 256;

static bool accepts(std::string_view header, std::string_view coding) {
  const size_t at = header.find(coding);
  if (at == std::string_view::npos) return false;
  std::string_view rest = header.substr(at + coding.size());
  rest = rest.substr(0, rest.find(','));
  return rest.find("q=0") == std::string_view::npos || rest.find("q=0.") != std::string_view::npos;
}

std::string compressed_for(std::string_view accept, std::string bytes, std::string& coding) {
  coding.clear();
  if (bytes.size() < worth_it_bytes) return bytes;
  if (accepts(accept, "zstd")) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const size_t n = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3);
    if (ZSTD_isError(n)) return bytes;
    out.resize(n);
    coding = "zstd";
    return out;
  }
  if (!accepts(accept, "gzip")) return bytes;
  z_stream z{};
  if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return bytes;
  std::string out(deflateBound(&z, bytes.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(bytes.data());
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  if (code != Z_STREAM_END) return bytes;
  coding = "gzip";
  return out;
}

}  // namespace holdfast
