#pragma once
// What is on the screen, for everyone who cannot see pixels: assistive technology, keyboards, tests, and the page,
// whose real elements (made from these nodes) take every tap, key and text.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace holdfast {

enum class Role : uint8_t {
  none, navigation, main, region, dialog, heading, text, status, alert, button, link, textbox, searchbox, textarea, select, date, checkbox, list,
  listitem, group, progressbar, file, image
};
const char* role_name(Role);

struct Rect {
  float x = 0, y = 0, w = 0, h = 0;
  bool contains(float px, float py) const { return px >= x && py >= y && px < x + w && py < y + h; }
};

struct SemanticNode {
  uint32_t id = 0, parent = 0;   ///< 0: the root.
  Role role = Role::none;
  Rect rect;                     ///< In the page, in the dialog, or in the content of the scroller it stands in.
  std::string name, value, description;  ///< image: the value is the SHA-256 of its bytes, empty while they are not here.
  std::string href;              ///< link: where to; also tel:, mailto: and the like. file: the record it is for.
  std::string input;             ///< textbox: the input's type ("tel", "email", …).
  std::string autocomplete;
  std::vector<std::pair<std::string, std::string>> options;  ///< select: value, label.
  uint8_t level = 0;             ///< heading.
  float content_height = 0;      ///< list, region: how far it scrolls.
  int32_t position = 0, size = 0;  ///< listitem: of how many.
  float radius = 0;              ///< Of hover and focus marks.
  bool disabled = false, checked = false, required = false, invalid = false, current = false, busy = false, round = false;
  bool main = false;             ///< button: what Enter in the last field before it presses.
};

/// Collects one frame's nodes and says what changed since the last, as JSON for the page.
class Semantics {
 public:
  void begin();
  SemanticNode& add(SemanticNode node);
  /// Empty when nothing changed.
  std::string changes();
  /// The number of the last changes told, and of those this frame will tell.
  uint64_t told() const { return told_; }
  uint64_t telling() const { return told_ + 1; }
  /// Tells a node again, changed or not: its element may have changed by itself.
  void tell_again(uint32_t id) { sent_.erase(id); }
  const std::vector<SemanticNode>& nodes() const { return nodes_; }
  /// The node the page shall focus after this frame.
  void focus(uint32_t id) { focus_ = id; }
  void announce(const std::string& text) { announcement_ = text; }

 private:
  std::vector<SemanticNode> nodes_;
  std::unordered_map<uint32_t, uint64_t> sent_;
  std::vector<uint32_t> order_;
  uint32_t focus_ = 0;
  uint64_t told_ = 0;
  std::string announcement_;
};

}  // namespace holdfast
