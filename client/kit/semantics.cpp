#include "client/kit/semantics.h"

#include <cmath>
#include <cstdio>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace holdfast {

const char* role_name(Role role) {
  static const char* const names[] = {"none",    "navigation", "main",      "region",   "dialog", "heading", "text",     "status", "alert",    "button", "link",
                                      "textbox", "searchbox",  "textarea",  "select",   "date",   "checkbox", "list",    "listitem", "group", "progressbar", "file", "image"};
  return names[static_cast<size_t>(role)];
}

void Semantics::begin() { nodes_.clear(); }

SemanticNode& Semantics::add(SemanticNode node) {
  nodes_.push_back(std::move(node));
  return nodes_.back();
}

static void put_text(std::string& out, const char* key, const std::string& text) {
  if (text.empty()) return;
  out += ",\"";
  out += key;
  out += "\":\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (static_cast<unsigned char>(c) < 32) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
      out += escaped;
    } else out += c;
  }
  out += '"';
}

static std::string as_json(const SemanticNode& n) {
  char head[256];
  std::snprintf(head, sizeof head, "{\"id\":%u,\"p\":%u,\"r\":\"%s\",\"x\":%d,\"y\":%d,\"w\":%d,\"h\":%d", n.id, n.parent, role_name(n.role),
                static_cast<int>(std::lround(n.rect.x)), static_cast<int>(std::lround(n.rect.y)), static_cast<int>(std::lround(n.rect.w)), static_cast<int>(std::lround(n.rect.h)));
  std::string out = head;
  auto number = [&](const char* key, int v) {
    if (v) out += std::string(",\"") + key + "\":" + std::to_string(v);
  };
  put_text(out, "n", n.name);
  put_text(out, "v", n.value);
  put_text(out, "d", n.description);
  put_text(out, "href", n.href);
  put_text(out, "input", n.input);
  put_text(out, "ac", n.autocomplete);
  number("level", n.level);
  number("ch", static_cast<int>(std::lround(n.content_height)));
  number("pos", n.position);
  number("size", n.size);
  number("rad", static_cast<int>(n.radius));
  number("dis", n.disabled);
  number("chk", n.checked);
  number("req", n.required);
  number("inv", n.invalid);
  number("cur", n.current);
  number("busy", n.busy);
  number("main", n.main);
  if (!n.options.empty()) {
    out += ",\"opts\":[";
    for (size_t i = 0; i < n.options.size(); i++) {
      std::string option;
      put_text(option, "v", n.options[i].first);
      put_text(option, "n", n.options[i].second);
      out += (i ? ",{" : "{") + (option.empty() ? option : option.substr(1)) + "}";
    }
    out += ']';
  }
  return out + "}";
}

std::string Semantics::changes() {
  std::string up, gone, order;
  std::unordered_map<uint32_t, uint64_t> now;
  std::vector<uint32_t> ids;
  now.reserve(nodes_.size());
  for (const SemanticNode& n : nodes_) {
    const std::string text = as_json(n);
    const uint64_t hash = XXH3_64bits(text.data(), text.size());
    if (!now.emplace(n.id, hash).second) continue;  // Two of one name: the first stands. A test looks for these.
    ids.push_back(n.id);
    const auto before = sent_.find(n.id);
    if (before == sent_.end() || before->second != hash) up += (up.empty() ? "" : ",") + text;
  }
  for (const auto& [id, hash] : sent_)
    if (!now.count(id)) gone += (gone.empty() ? "" : ",") + std::to_string(id);
  if (ids != order_)
    for (uint32_t id : ids) order += (order.empty() ? "" : ",") + std::to_string(id);
  sent_ = std::move(now);
  order_ = std::move(ids);
  if (up.empty() && gone.empty() && order.empty() && !focus_ && announcement_.empty()) return {};
  std::string out = "{\"no\":" + std::to_string(++told_) + ",\"up\":[" + up + "],\"del\":[" + gone + "]";
  if (!order.empty()) out += ",\"order\":[" + order + "]";
  if (focus_) out += ",\"focus\":" + std::to_string(focus_);
  put_text(out, "say", announcement_);
  focus_ = 0;
  announcement_.clear();
  return out + "}";
}

}  // namespace holdfast
