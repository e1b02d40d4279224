#include "primitives/trace/trace_attributes.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "nlohmann/json.hpp"
#include "primitives/trace/span.h"

namespace varve::trace {

namespace {

// Sorted at every level: one form for one content, and no object is slow to read in.
using Json = nlohmann::json;

// Watches a parse for what the parser itself lets pass: the same key twice, and depth.
class Watch final {
 public:
  // nlohmann's callback; false drops the value, and the parse is refused anyway.
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      // The attributes object itself is not counted: its values are.
      if (static_cast<std::size_t>(depth) > kSpanAttributeDepthMax) too_deep_ = true;
      keys_.emplace_back();
    } else if (event == Event::object_end || event == Event::array_end) {
      if (!keys_.empty()) keys_.pop_back();
    } else if (event == Event::key && !keys_.empty()) {
      if (!keys_.back().insert(parsed.get_ref<const std::string&>()).second) {
        twice_ = parsed.get_ref<const std::string&>();
      }
    }
    return !too_deep_;
  }

  [[nodiscard]] absl::Status Verdict() const {
    if (too_deep_) {
      return ResourceExhausted("an attribute has more than ", kSpanAttributeDepthMax,
                               " brackets open at once, the limit: flatten it");
    }
    if (twice_.has_value()) {
      return InvalidArgument("the attributes hold the key \"", *twice_,
                             "\" twice in one object: keep one of them");
    }
    return absl::OkStatus();
  }

 private:
  std::vector<std::set<std::string>> keys_;
  std::optional<std::string> twice_;
  bool too_deep_ = false;
};

absl::Status CheckKey(std::string_view key) {
  if (key.empty() || key.size() > kNameBytesMax) {
    return InvalidArgument("an attribute's key has ", key.size(), " bytes: keys have 1 to ",
                           kNameBytesMax);
  }
  return absl::OkStatus();
}

bool IsPlain(std::string_view key) {
  return std::all_of(key.begin(), key.end(), [](char letter) {
    return static_cast<unsigned char>(letter) >= 0x20 && letter != '"' && letter != '\\';
  });
}

void AppendKey(std::string& to, std::string_view key) {
  if (IsPlain(key)) {
    to.append(1, '"').append(key).append(1, '"');
  } else {
    to += Json(std::string(key)).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

// The length of the sequence that `lead` begins, and its least second byte; 0: none begins so.
std::size_t SequenceBytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// No overlong forms, no surrogates, nothing above U+10FFFF.
bool IsSecondByte(unsigned char lead, unsigned char second) {
  if (lead == 0xE0) return second >= 0xA0;
  if (lead == 0xED) return second < 0xA0;
  if (lead == 0xF0) return second >= 0x90;
  if (lead == 0xF4) return second < 0x90;
  return true;
}

}  // namespace

absl::StatusOr<AttributeList> AttributeList::Parse(std::string_view object) {
  AttributeList list;
  if (object.empty()) return list;
  Watch watch;
  const Json parsed = Json::parse(object, std::ref(watch), /*allow_exceptions=*/false);
  VARVE_RETURN_IF_ERROR(watch.Verdict());
  if (!parsed.is_object()) {
    return InvalidArgument("the attributes (", object.size(),
                           " bytes) are not a JSON object in UTF-8 such as {\"tool\":\"search\"}");
  }
  if (parsed.size() > kSpanAttributesMax) {
    return ResourceExhausted("the attributes hold ", parsed.size(),
                             " members, more than the limit of ", kSpanAttributesMax,
                             ": nest them, or keep them in a document");
  }
  for (const auto& [key, value] : parsed.items()) {
    VARVE_RETURN_IF_ERROR(CheckKey(key));
    list.Add(key, value.is_null() ? std::string() : value.dump());
  }
  return list;
}

void AttributeList::Add(std::string key, std::string value) {
  members_.emplace_back(std::move(key), std::move(value));
}

std::vector<Attribute> AttributeList::Sorted() const {
  std::vector<Attribute> sorted;
  sorted.reserve(members_.size());
  for (const auto& [key, value] : members_) sorted.push_back({.key = key, .value = value});
  std::sort(sorted.begin(), sorted.end(),
            [](const Attribute& a, const Attribute& b) { return a.key < b.key; });
  return sorted;
}

std::string ToJson(std::span<const Attribute> attributes) {
  std::string text = "{";
  for (const Attribute& attribute : attributes) {
    if (text.size() > 1) text += ',';
    AppendKey(text, attribute.key);
    text.append(1, ':').append(attribute.value);
  }
  return text + '}';
}

bool IsUtf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[at]);
    const std::size_t length = SequenceBytes(lead);
    if (length == 0 || length > bytes.size() - at) return false;
    for (std::size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(bytes[at + i]);
      if ((next & 0xC0) != 0x80 || (i == 1 && !IsSecondByte(lead, next))) return false;
    }
    at += length;
  }
  return true;
}

}  // namespace varve::trace
