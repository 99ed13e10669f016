#include "shared/model/text_merge.h"

#include <algorithm>
#include <vector>

namespace holdfast {

using Words = std::vector<std::string_view>;

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// Runs of space and of anything else; each line feed by itself, so that lines do not hang together.
static Words words_of(std::string_view text) {
  Words out;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (text[i] != '\n')
      while (end < text.size() && text[end] != '\n' && is_space(text[end]) == is_space(text[i])) end++;
    out.push_back(text.substr(i, end - i));
    i = end;
  }
  return out;
}

/// For each word of `base` the word of `other` it went on as, or −1: a longest common subsequence.
static std::vector<int> matches(const Words& base, const Words& other) {
  constexpr size_t cells_max = 16'000'000;
  std::vector<int> out(base.size(), -1);
  size_t start = 0, base_end = base.size(), other_end = other.size();
  for (; start < base_end && start < other_end && base[start] == other[start]; start++) out[start] = static_cast<int>(start);
  for (; base_end > start && other_end > start && base[base_end - 1] == other[other_end - 1]; base_end--, other_end--)
    out[base_end - 1] = static_cast<int>(other_end - 1);
  const size_t n = base_end - start, m = other_end - start;
  if (n == 0 || m == 0 || n * m > cells_max) return out;  // Too much changed: the middle counts as rewritten.
  std::vector<uint16_t> length((n + 1) * (m + 1));
  auto at = [&](size_t i, size_t j) -> uint16_t& { return length[i * (m + 1) + j]; };
  for (size_t i = n; i-- > 0;)
    for (size_t j = m; j-- > 0;)
      at(i, j) = base[start + i] == other[start + j] ? static_cast<uint16_t>(at(i + 1, j + 1) + 1) : std::max(at(i + 1, j), at(i, j + 1));
  for (size_t i = 0, j = 0; i < n && j < m;) {
    if (base[start + i] == other[start + j]) out[start + i++] = static_cast<int>(start + j++);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return out;
}

/// Words [start, end) of the base replaced by a text; start == end is an insertion.
struct Rewording {
  size_t start, end;
  std::string text;
};

static std::vector<Rewording> changes(const Words& base, const Words& other) {
  const std::vector<int> went_to = matches(base, other);
  std::vector<Rewording> out;
  for (size_t b = 0, o = 0;; b++, o++) {
    size_t next = b;
    while (next < base.size() && went_to[next] < 0) next++;
    const bool end = next == base.size();
    const size_t o_next = end ? other.size() : static_cast<size_t>(went_to[next]);
    if (next > b || o_next > o) {
      Rewording c{b, next, {}};
      for (; o < o_next; o++) c.text += other[o];
      out.push_back(std::move(c));
    }
    if (end) return out;
    b = next;
    o = o_next;
  }
}

static bool overlap(const Rewording& a, const Rewording& b) {
  if (a.start == a.end && b.start == b.end) return false;
  if (a.start == a.end) return b.start < a.start && a.start < b.end;
  if (b.start == b.end) return a.start < b.start && b.start < a.end;
  return a.start < b.end && b.start < a.end;
}

/// What one author made of the words [start, end): their changes there, and the base between them.
static std::string rendered(const Words& base, size_t start, size_t end, const Rewording* first, const Rewording* last) {
  std::string out;
  size_t at = start;
  for (const Rewording* c = first; c != last; c++) {
    for (; at < c->start; at++) out += base[at];
    out += c->text;
    at = c->end;
  }
  for (; at < end; at++) out += base[at];
  return out;
}

MergedText merge_text(std::string_view base_text, std::string_view our_text, std::string_view their_text) {
  const Words base = words_of(base_text);
  const std::vector<Rewording> ours = changes(base, words_of(our_text)), theirs = changes(base, words_of(their_text));
  MergedText out;
  size_t at = 0, i = 0, j = 0;
  auto keep_to = [&](size_t end) {
    for (; at < end; at++) out.text += base[at];
  };
  auto take = [&](const Rewording& c) {
    keep_to(c.start);
    out.text += c.text;
    at = c.end;
  };
  while (i < ours.size() || j < theirs.size()) {
    if (j == theirs.size()) take(ours[i++]);
    else if (i == ours.size()) take(theirs[j++]);
    else if (ours[i].start == theirs[j].start && ours[i].end == theirs[j].end && ours[i].text == theirs[j].text) take(ours[i++]), j++;
    else if (!overlap(ours[i], theirs[j])) {
      // By place; of two at one place the insertion first, and of two insertions ours.
      const bool our_turn = ours[i].start != theirs[j].start ? ours[i].start < theirs[j].start : ours[i].end == ours[i].start || theirs[j].end != theirs[j].start;
      take(our_turn ? ours[i++] : theirs[j++]);
    } else {
      // Everything that hangs together with this place, as each left it.
      const size_t start = std::min(ours[i].start, theirs[j].start), first_i = i, first_j = j;
      size_t end = std::max(ours[i++].end, theirs[j++].end);
      for (bool grew = true; grew;) {
        grew = false;
        const Rewording region{start, end, {}};
        if (i < ours.size() && overlap(ours[i], region)) end = std::max(end, ours[i++].end), grew = true;
        if (j < theirs.size() && overlap(theirs[j], region)) end = std::max(end, theirs[j++].end), grew = true;
      }
      keep_to(start);
      const std::string our = rendered(base, start, end, &ours[first_i], ours.data() + i), their = rendered(base, start, end, &theirs[first_j], theirs.data() + j);
      out.text += our;
      if (our != their) {
        out.overlapped = true;
        out.text += std::string(overlap_separator) + their;
      }
      at = end;
    }
  }
  keep_to(base.size());
  return out;
}

std::optional<MergedText> merge_note(const FieldDef& f, const Value& base, const Value& ours, const Value& theirs) {
  if (f.kind != Kind::multiline || !f.options.group.empty()) return std::nullopt;
  MergedText merged = merge_text(as_text(base), as_text(ours), as_text(theirs));
  if (merged.text.size() > static_cast<size_t>(f.length_max())) return std::nullopt;
  return merged;
}

}  // namespace holdfast
