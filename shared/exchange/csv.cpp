#include "shared/exchange/csv.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "shared/base/text.h"
#include "shared/exchange/columns.h"

namespace holdfast {

/// A quoted field longer than this was never meant to be one.
static constexpr size_t quoted_bytes_max = 256 * 1024;

bool CsvReader::fill() {
  if (ended_) return false;
  std::string chunk = source_();
  if (chunk.empty()) {
    ended_ = true;
    return true;
  }
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_ += chunk;
  return true;
}

bool CsvReader::parse(CsvRow& row, bool quotes_are_text) {
  row.clear();
  std::string field;
  bool in_quotes = false, was_quoted = false, blank = true;
  int lines = 0;
  const char quote = quotes_are_text ? 0 : dialect_.quote;
  for (size_t i = at_; i < buffer_.size(); i++) {
    const char c = buffer_[i];
    const bool has_next = i + 1 < buffer_.size();
    if (!has_next && !ended_ && (c == '\r' || c == quote || c == '\\')) return false;
    if (in_quotes) {
      if (i - at_ > quoted_bytes_max) return false;
      if (dialect_.backslash && c == '\\' && has_next && (buffer_[i + 1] == quote || buffer_[i + 1] == '\\')) field += buffer_[++i];
      else if (c != quote) {
        field += c;
        if (c == '\n') lines++;
      } else if (has_next && buffer_[i + 1] == quote) field += buffer_[++i];
      else in_quotes = false;
      continue;
    }
    if (c == dialect_.separator) {
      row.push_back(std::move(field));
      field.clear();
      was_quoted = false;
      blank = true;
    } else if (c == '\n' || c == '\r') {
      row.push_back(std::move(field));
      at_ = i + (c == '\r' && has_next && buffer_[i + 1] == '\n' ? 2 : 1);
      line_ += lines + 1;
      return true;
    } else if (quote && c == quote && blank && !was_quoted) {
      in_quotes = was_quoted = true;
      field.clear();  // Spaces before an opening quote are layout.
    } else {
      field += c;
      if (c != ' ' && c != '\t') blank = false;
    }
  }
  if (in_quotes || !ended_) return false;
  row.push_back(std::move(field));
  at_ = buffer_.size();
  line_ += lines + 1;
  return true;
}

bool CsvReader::next(CsvRow& row) {
  for (;;) {
    row_line_ = line_;
    while (!parse(row, false)) {
      if (buffer_.size() - at_ <= quoted_bytes_max && fill()) continue;
      if (at_ >= buffer_.size()) return false;
      // A quote that is never closed: in this row quotes are text.
      while (!parse(row, true))
        if (!fill() && at_ >= buffer_.size()) return false;
      break;
    }
    if (at_ >= buffer_.size() && ended_ && row.size() == 1 && row[0].empty()) return false;
    if (row.size() > 1 || !trimmed(row[0]).empty()) return true;
  }
}

// ---- what kind of file it is

static std::vector<CsvRow> rows_of(std::string_view sample, CsvDialect dialect, size_t count_max) {
  bool given = false;
  CsvReader reader([&]() -> std::string { return std::exchange(given, true) ? std::string() : std::string(sample); }, dialect);
  std::vector<CsvRow> rows;
  CsvRow row;
  while (rows.size() < count_max && reader.next(row)) rows.push_back(row);
  return rows;
}

static int64_t dialect_score(const std::vector<CsvRow>& rows, char quote) {
  std::map<size_t, int> widths;
  int64_t stray = 0;
  for (const CsvRow& row : rows) {
    widths[row.size()]++;
    for (const std::string& cell : row) {
      const std::string t = trimmed(cell);
      if (t.empty()) continue;
      // A field that still begins or ends with a quote, or spans lines, was cut by the wrong rules.
      if (t.front() == '"' || t.back() == '"' || (t.size() > 1 && t.front() == '\'' && t.back() == '\'')) stray++;
      if (t.find('\n') != std::string::npos && quote == '\'') stray += 4;
    }
  }
  int64_t best = 0;
  for (const auto& [width, count] : widths)
    if (width > 1) best = std::max<int64_t>(best, count * 1000 + static_cast<int64_t>(std::min<size_t>(width, 60)) * 20);
  return best - stray * 150 - static_cast<int64_t>(widths.size()) * 30;
}

CsvDialect detect_dialect(std::string_view sample) {
  CsvDialect best;
  int64_t best_score = -1;
  for (char quote : {'"', '\''})
    for (char separator : {',', ';', '\t', '|'}) {
      const CsvDialect dialect{separator, quote, false};
      const std::vector<CsvRow> rows = rows_of(sample, dialect, 200);
      if (rows.empty()) continue;
      const int64_t score = dialect_score(rows, quote) * 100 / static_cast<int64_t>(rows.size()) + (quote == '"' ? 1 : 0) + (separator == ',' ? 1 : 0);
      if (score > best_score) {
        best_score = score;
        best = dialect;
      }
    }
  size_t escaped = 0, doubled = 0;
  for (size_t i = 0; i + 1 < sample.size(); i++) {
    if (sample[i] == '\\' && sample[i + 1] == best.quote) escaped++;
    if (sample[i] == best.quote && sample[i + 1] == best.quote) doubled++;
  }
  best.backslash = escaped > 0 && escaped * 2 >= doubled;
  return best;
}

static bool looks_like_a_value(const std::string& cell) {
  const std::string t = trimmed(cell);
  if (t.find('@') != std::string::npos || t.size() > 60) return true;
  size_t digits = 0;
  for (char c : t) digits += c >= '0' && c <= '9';
  return digits > 0 && digits * 2 >= t.size();
}

CsvHeader detect_header(const std::vector<CsvRow>& rows) {
  if (rows.empty()) return {0, 0};
  std::map<size_t, int> widths;
  for (const CsvRow& row : rows) widths[row.size()]++;
  size_t width = 1;
  for (const auto& [w, n] : widths)
    if (n > widths[width] || (n == widths[width] && w > width)) width = w;

  auto filled = [](const CsvRow& row) {
    return std::count_if(row.begin(), row.end(), [](const std::string& c) { return !trimmed(c).empty(); });
  };
  auto known = [](const CsvRow& row) {
    return std::count_if(row.begin(), row.end(), [](const std::string& c) { return !known_column(c).empty(); });
  };
  auto label_like = [&](const CsvRow& row) {
    std::set<std::string> distinct;
    int64_t labels = 0;
    for (const std::string& cell : row) {
      if (looks_like_a_value(cell)) return false;
      if (!trimmed(cell).empty()) {
        labels++;
        distinct.insert(fold(cell));
      }
    }
    return labels > 0 && static_cast<int64_t>(distinct.size()) * 4 >= labels * 3;
  };

  const size_t look = std::min<size_t>(rows.size(), 12);
  size_t header = rows.size();
  int64_t most = 0;
  for (size_t i = 0; i < look; i++) {
    const int64_t n = known(rows[i]);
    if (n > most && label_like(rows[i]) && (n >= 2 || n * 2 >= filled(rows[i]))) {
      most = n;
      header = i;
    }
  }
  int rows_of_header = 1;
  if (header == rows.size()) {
    // No word we know: a first full row without values, above rows that have some in the same columns.
    size_t first = 0;
    while (first < look && (rows[first].size() != width || filled(rows[first]) * 2 < static_cast<int64_t>(width))) first++;
    if (first == look) return {0, 0};
    int with_values = 0, below = 0;
    for (size_t i = first + 1; i < rows.size() && i < first + 30; i++, below++)
      with_values += std::any_of(rows[i].begin(), rows[i].end(), looks_like_a_value);
    if (label_like(rows[first]) && below > 0 && with_values * 2 > below) return {static_cast<int>(first), 1};
    return {static_cast<int>(first), 0};
  }
  // Rows of labels directly above (groups) and below (units, second language) belong to it.
  size_t top = header;
  while (top > 0 && rows_of_header < 3 && rows[top - 1].size() == rows[header].size() && filled(rows[top - 1]) >= 2 && label_like(rows[top - 1])) {
    top--;
    rows_of_header++;
  }
  auto data_like_below = [&](size_t from) {
    int n = 0, all = 0;
    for (size_t i = from; i < rows.size() && i < from + 10; i++, all++) n += std::any_of(rows[i].begin(), rows[i].end(), looks_like_a_value);
    return all > 0 && n * 2 > all;
  };
  for (size_t next = header + 1; rows_of_header < 3 && next < rows.size() && rows[next].size() == rows[header].size(); next++) {
    const bool more_labels = known(rows[next]) >= 2 && label_like(rows[next]);
    const bool units = std::all_of(rows[next].begin(), rows[next].end(), [](const std::string& c) {
      const std::string t = trimmed(c);
      return t.empty() || (t.front() == '(' && t.back() == ')') || (t.front() == '[' && t.back() == ']');
    });
    if (!(units || (more_labels && data_like_below(next + 1)))) break;
    rows_of_header++;
  }
  return {static_cast<int>(top), rows_of_header};
}

std::string csv_row(const CsvRow& row) {
  std::string out;
  for (size_t i = 0; i < row.size(); i++) {
    if (i) out += ',';
    const std::string& cell = row[i];
    const bool plain = cell.find_first_of(",\"\r\n;\t") == std::string::npos && (cell.empty() || (cell.front() != ' ' && cell.back() != ' '));
    if (plain) {
      out += cell;
      continue;
    }
    out += '"';
    for (char c : cell) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  return out + "\r\n";
}

}  // namespace holdfast
