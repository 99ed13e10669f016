#pragma once
// Bytes of unknown encoding to UTF-8: what files from the field come in.

#include <string>
#include <string_view>

namespace holdfast {

enum class Encoding { utf8, utf16_le, utf16_be, windows_1252 };

/// By byte order mark, else by the pattern of zero bytes, else UTF-8 if it is valid, else Windows-1252.
/// `sample` is the beginning of the file; a code point cut at its end does not count against UTF-8.
Encoding detect_encoding(std::string_view sample);

/// Turns chunks of a file into UTF-8; keeps what a chunk boundary cut apart. Never fails: bad bytes become U+FFFD.
class Decoder {
 public:
  explicit Decoder(Encoding encoding) : encoding_(encoding) {}
  std::string decode(std::string_view chunk, bool last);

 private:
  Encoding encoding_;
  std::string rest_;
  bool started_ = false;
};

std::string decode_whole(std::string_view bytes, Encoding);
std::string decode_quoted_printable(std::string_view);

}  // namespace holdfast
