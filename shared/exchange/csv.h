#pragma once
// Comma-separated values as people really have them: RFC 4180 and its damaged relatives, read row by row.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct CsvDialect {
  char separator = ',';
  char quote = '"';      ///< 0: no quoting.
  bool backslash = false;  ///< \" inside quotes stands for a quote, beside "".
};

using CsvRow = std::vector<std::string>;

/// The dialect under which the sample's rows agree best in width.
CsvDialect detect_dialect(std::string_view utf8_sample);

/// Reads rows from a source of UTF-8 chunks; an empty chunk ends it. Holds one row and one chunk at a time.
/// Quotes in the middle of a field are text; a quote that is never closed becomes text.
class CsvReader {
 public:
  using Source = std::function<std::string()>;
  CsvReader(Source source, CsvDialect dialect) : source_(std::move(source)), dialect_(dialect) {}

  /// False at the end. Lines without any character are passed over. line() then tells where the row began, from 1.
  bool next(CsvRow&);
  int line() const { return row_line_; }

 private:
  bool fill();  ///< False when nothing new was learnt: neither bytes nor that there are no more.
  /// False when the row goes on past what is buffered.
  bool parse(CsvRow&, bool quotes_are_text);

  Source source_;
  CsvDialect dialect_;
  std::string buffer_;
  size_t at_ = 0;
  bool ended_ = false;
  int line_ = 1, row_line_ = 1;
};

/// Where the header is: how many rows to pass over before it, and how many rows it has (0: none).
struct CsvHeader {
  int skip = 0, rows = 1;
};
CsvHeader detect_header(const std::vector<CsvRow>& first_rows);

/// One row, quoted where needed, ended by CRLF.
std::string csv_row(const CsvRow&);

}  // namespace holdfast
