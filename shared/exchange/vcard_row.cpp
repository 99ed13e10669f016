#include "shared/exchange/vcard_row.h"

#include <algorithm>

#include "shared/base/text.h"

namespace holdfast {

static std::string label_of(const VcardProperty& p) {
  if (p.is("fax")) return "fax";
  if (p.is("cell") || p.is("mobile") || p.is("iphone")) return "mobile";
  if (p.is("work")) return "work";
  if (p.is("home")) return "home";
  return "other";
}

static std::string one_line(std::string_view text) {
  std::string out;
  for (const std::string& part : split(text, '\n'))
    if (const std::string t = trimmed(part); !t.empty()) out += (out.empty() ? "" : ", ") + t;
  return out;
}

/// tel:, mailto: and the like are the form of a value, not part of it.
static std::string without_scheme(std::string value, std::string_view scheme) {
  if (ascii_lower(value.substr(0, scheme.size())) == scheme) value.erase(0, scheme.size());
  return value;
}

namespace {

class CardReader {
 public:
  explicit CardReader(const Vcard& card) : card_(card) {}

  ImportRow read() {
    row_.number = card_.line;
    for (const VcardProperty& p : card_.properties) property(p);
    if (!full_name_.empty() && !named_) {
      const size_t space = full_name_.find_last_of(' ');
      put(person.last_name, space == std::string::npos ? full_name_ : full_name_.substr(space + 1));
      if (space != std::string::npos) put(person.first_name, full_name_.substr(0, space));
    } else if (!named_ && row_.company.empty() && !row_.points.empty()) {
      put(person.last_name, row_.points[0].value);  // A card with nothing but an address is known by that.
    }
    if (pictures_) row_.warnings.push_back("The picture was not imported.");
    if (!card_.closed) row_.warnings.push_back("The card is not closed; everything up to the next one was read.");
    if (row_.values.empty() && row_.points.empty() && row_.company.empty() && row_.notes.empty()) row_.failure = "The card is empty.";
    row_.content_key = row_hash(normal_);
    row_.key = uid_.empty() ? row_.content_key : normal_element("uid:" + repaired_utf8(uid_.substr(0, 280)));
    return std::move(row_);
  }

 private:
  void put(Field field, const std::string& text) {
    const FieldDef& f = person.at(field);
    for (const auto& [index, value] : row_.values)
      if (index == f.index && f.kind != Kind::tags) {
        row_.notes.push_back(std::string(f.label) + ": " + text);
        return;
      }
    Result<Value> value = parse_value(f, text);
    if (!value.ok()) {
      row_.warnings.push_back(value.error().message);
      row_.notes.push_back(std::string(f.label) + ": " + text);
    } else if (!is_empty(*value)) {
      row_.values.emplace_back(f.index, value.take());
    }
  }

  std::string custom_label(const VcardProperty& p) const {
    if (p.group.empty()) return {};
    for (const VcardProperty& other : card_.properties)
      if (other.group == p.group && other.name == "X-ABLABEL") {
        std::string label = other.text();
        if (label.starts_with("_$!<") && label.ends_with(">!$_")) label = label.substr(4, label.size() - 8);
        return label;
      }
    return {};
  }

  void point(const VcardProperty& p, const char* type, std::string value) {
    value = one_line(value);
    if (value.empty()) return;
    ImportPoint out{type, label_of(p), std::move(value), {}, {}, {}, {}, {}};
    if (p.is("pref")) row_.points.insert(row_.points.begin(), std::move(out));
    else row_.points.push_back(std::move(out));
  }

  void address(const VcardProperty& p) {
    std::vector<std::string> parts = p.parts();
    parts.resize(7);
    ImportPoint out{"address", label_of(p), {}, {}, {}, {}, {}, {}};
    for (size_t i : {2u, 1u, 0u})
      if (const std::string t = one_line(parts[i]); !t.empty()) out.street += (out.street.empty() ? "" : ", ") + t;
    out.city = one_line(parts[3]);
    out.region = one_line(parts[4]);
    out.postcode = one_line(parts[5]);
    out.country = one_line(parts[6]);
    if (!(out.street + out.city + out.region + out.postcode + out.country).empty()) row_.points.push_back(std::move(out));
  }

  void name(const VcardProperty& p) {
    std::vector<std::string> parts = p.parts();
    parts.resize(5);
    const Field fields[] = {person.last_name, person.first_name, person.middle_name, person.prefix, person.suffix};
    for (size_t i = 0; i < 5; i++)
      if (const std::string t = one_line(parts[i]); !t.empty()) {
        put(fields[i], t);
        if (i < 2) named_ = true;
      }
  }

  void property(const VcardProperty& p) {
    if (p.binary) {
      if (p.name == "PHOTO" || p.name == "LOGO") pictures_ = true;
      return;
    }
    static const char* const ignored[] = {"VERSION", "PRODID", "REV", "X-ABLABEL", "X-ABADR", "X-ABUID", "CALSCALE", "KIND", "SOURCE", "XML", "SORT-STRING", "MAILER", "AGENT", "LABEL"};
    const std::string text = p.text();
    if (std::any_of(std::begin(ignored), std::end(ignored), [&](const char* n) { return p.name == n; }) || trimmed(text).empty()) return;
    normal_ += p.name + ":" + fold(text) + "\x1f";
    if (p.name == "UID") uid_ = trimmed(text);
    else if (p.name == "N") name(p);
    else if (p.name == "FN") full_name_ = one_line(text);
    else if (p.name == "NICKNAME") put(person.nickname, one_line(text));
    else if (p.name == "TITLE") put(person.job_title, one_line(text));
    else if (p.name == "ORG") {
      const auto parts = p.parts();
      if (row_.company.empty()) row_.company = one_line(parts[0]).substr(0, 480);
      else row_.notes.push_back("Organisation: " + one_line(parts[0]));
      for (size_t i = 1; i < parts.size(); i++)
        if (!trimmed(parts[i]).empty()) row_.notes.push_back("Department: " + one_line(parts[i]));
    } else if (p.name == "BDAY") {
      put(person.birthday, trimmed(text));
    } else if (p.name == "CATEGORIES") {
      put(person.tag_set, text);
    } else if (p.name == "NOTE") {
      row_.notes.push_back(text);
    } else if (p.name == "TEL") {
      point(p, "phone", without_scheme(text, "tel:"));
    } else if (p.name == "EMAIL") {
      point(p, "email", without_scheme(text, "mailto:"));
    } else if (p.name == "URL") {
      point(p, "web", text);
    } else if (p.name == "ADR") {
      address(p);
    } else if (p.name == "PHOTO" || p.name == "LOGO" || p.name == "SOUND") {
      pictures_ = true;
    } else {
      const std::string label = custom_label(p);
      std::string shown = label.empty() ? ascii_lower(p.name.starts_with("X-") ? p.name.substr(2) : p.name) : label;
      row_.notes.push_back(shown + ": " + one_line(join(p.parts(), " ")));
    }
  }

  const Vcard& card_;
  ImportRow row_;
  std::string uid_, full_name_, normal_;
  bool named_ = false, pictures_ = false;
};

}  // namespace

ImportRow row_from_card(const Vcard& card) { return CardReader(card).read(); }

}  // namespace holdfast
