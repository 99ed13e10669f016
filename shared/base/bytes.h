#pragma once
// Reading and writing little-endian varints (LEB128) and length-prefixed bytes.
//
// The reader is total: past the end or on an overlong number it turns bad() and returns zeros, so a decoder
// may read a whole structure and ask once.

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

inline uint64_t zigzag(int64_t v) { return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63); }
inline int64_t unzigzag(uint64_t v) { return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1); }

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}
  void byte(uint8_t v) { out_ += static_cast<char>(v); }
  void varint(uint64_t v) {
    if (v < 0x80) return byte(static_cast<uint8_t>(v));
    char bytes[10];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7) bytes[n++] = static_cast<char>(v | 0x80);
    bytes[n++] = static_cast<char>(v);
    out_.append(bytes, n);
  }
  void svarint(int64_t v) { varint(zigzag(v)); }
  void raw(std::string_view bytes) { out_ += bytes; }
  void text(std::string_view bytes) {
    varint(bytes.size());
    raw(bytes);
  }
  void fixed32(uint32_t v) {
    for (int i = 0; i < 4; i++) byte(static_cast<uint8_t>(v >> (8 * i)));
  }

 private:
  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}
  bool bad() const { return bad_; }
  bool at_end() const { return in_.empty(); }
  size_t left() const { return in_.size(); }
  void fail() {
    bad_ = true;
    in_ = {};
  }
  uint8_t byte() {
    if (in_.empty()) return fail(), 0;
    const uint8_t v = static_cast<uint8_t>(in_[0]);
    in_.remove_prefix(1);
    return v;
  }
  uint64_t varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t b = byte();
      if (shift == 63 && b > 1) return fail(), 0;
      v |= static_cast<uint64_t>(b & 0x7F) << shift;
      if (!(b & 0x80)) return bad_ ? 0 : v;
    }
    return fail(), 0;
  }
  int64_t svarint() { return unzigzag(varint()); }
  std::string_view raw(uint64_t n) {
    if (n > in_.size()) return fail(), std::string_view{};
    std::string_view v = in_.substr(0, static_cast<size_t>(n));
    in_.remove_prefix(static_cast<size_t>(n));
    return v;
  }
  std::string_view text() { return raw(varint()); }
  uint32_t fixed32() {
    std::string_view b = raw(4);
    if (bad_) return 0;
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) v |= static_cast<uint32_t>(static_cast<uint8_t>(b[static_cast<size_t>(i)])) << (8 * i);
    return v;
  }

 private:
  std::string_view in_;
  bool bad_ = false;
};

}  // namespace holdfast
