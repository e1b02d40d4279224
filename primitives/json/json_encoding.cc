#include "primitives/json/json_encoding.h"

#include <bit>
#include <cmath>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_pointer.h"

namespace varve::json {
namespace {

constexpr std::size_t kVarintBytesMax = 10;

template <typename... Parts>
absl::Status DataLoss(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kDataLoss, "JSON value: ", parts...);
}

void AppendTag(std::string& to, Tag tag) { to.push_back(static_cast<char>(tag)); }

void AppendVarint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
  to.push_back(static_cast<char>(value));
}

std::size_t VarintBytes(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

void AppendText(std::string& to, std::string_view text) {
  AppendVarint(to, text.size());
  to.append(text);
}

void AppendNumber(std::string& to, const JsonValue& value) {
  if (value.is_number_float()) {
    AppendTag(to, Tag::kDouble);
    AppendLittleEndian(to, std::bit_cast<std::uint64_t>(value.get<double>()));
  } else if (value.is_number_unsigned() || value.get<std::int64_t>() >= 0) {
    AppendTag(to, Tag::kUnsigned);
    AppendVarint(to, value.get<std::uint64_t>());
  } else {
    AppendTag(to, Tag::kNegative);
    AppendVarint(to, static_cast<std::uint64_t>(-1 - value.get<std::int64_t>()));
  }
}

void AppendContainer(std::string& to, const JsonValue& value) {
  AppendTag(to, value.is_array() ? Tag::kArray : Tag::kObject);
  AppendLittleEndian(to, static_cast<std::uint32_t>(value.size()));
  for (auto child = value.begin(); child != value.end(); ++child) {
    if (value.is_object()) AppendText(to, child.key());
    AppendEncoded(to, *child);
  }
}

std::size_t ScalarBytes(const JsonValue& value) {
  if (value.is_string()) {
    const std::size_t size = value.get_ref<const std::string&>().size();
    return 1 + VarintBytes(size) + size;
  }
  if (!value.is_number()) return 1;
  if (value.is_number_float()) return 9;
  if (value.is_number_unsigned() || value.get<std::int64_t>() >= 0) {
    return 1 + VarintBytes(value.get<std::uint64_t>());
  }
  return 1 + VarintBytes(static_cast<std::uint64_t>(-1 - value.get<std::int64_t>()));
}

// Walks encoded bytes. Every call answers false at the first fault and says which in fault().
class Walker final {
 public:
  explicit Walker(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] absl::Status fault() const { return DataLoss(fault_); }

  bool ReadTag(Tag& tag) {
    if (rest_.empty()) return Fail("ends before its first byte");
    tag = static_cast<Tag>(rest_.front());
    rest_.remove_prefix(1);
    return true;
  }

  bool ReadVarint(std::uint64_t& value) {
    value = 0;
    for (std::size_t i = 0; i < kVarintBytesMax; ++i) {
      if (i == rest_.size()) break;
      const auto byte = static_cast<std::uint8_t>(rest_[i]);
      if (i == kVarintBytesMax - 1 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7Fu} << (7 * i);
      if (byte < 0x80) {
        if (byte == 0 && i > 0) break;  // it has a shorter form
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return Fail("a number is cut off, too long, or not in its shortest form");
  }

  bool ReadText(std::string_view& text) {
    std::uint64_t size = 0;
    if (!ReadVarint(size)) return false;
    if (size > rest_.size()) return Fail("a string is cut off");
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool ReadCount(std::uint32_t& count) {
    if (rest_.size() < sizeof count) return Fail("a count is cut off");
    count = LoadLittleEndian<std::uint32_t>(rest_.data());
    rest_.remove_prefix(sizeof count);
    // A child has at least a byte: no count makes us reserve what the bytes cannot fill.
    return count <= rest_.size() || Fail("a count is larger than what follows");
  }

  bool Skip(std::size_t depth_left = kJsonDepthMax);
  bool Read(JsonValue& value, std::size_t depth_left = kJsonDepthMax);

 private:
  bool Fail(std::string_view fault) {
    fault_ = fault;
    return false;
  }
  bool SkipBytes(std::size_t count) {
    if (count > rest_.size()) return Fail("a number is cut off");
    rest_.remove_prefix(count);
    return true;
  }
  bool ReadNumber(Tag tag, JsonValue& value);
  bool ReadString(JsonValue& value);
  bool ReadArray(JsonValue& value, std::size_t depth_left);
  bool ReadObject(JsonValue& value, std::size_t depth_left);

  std::string_view rest_;
  std::string_view fault_ = "whole";
};

bool Walker::Skip(std::size_t depth_left) {
  Tag tag{};
  if (!ReadTag(tag)) return false;
  std::uint64_t number = 0;
  std::string_view text;
  switch (tag) {
    case Tag::kNull:
    case Tag::kFalse:
    case Tag::kTrue:
      return true;
    case Tag::kUnsigned:
    case Tag::kNegative:
      return ReadVarint(number);
    case Tag::kDouble:
      return SkipBytes(sizeof(double));
    case Tag::kString:
      return ReadText(text);
    case Tag::kArray:
    case Tag::kObject: {
      if (depth_left == 0) return Fail("too deep");
      std::uint32_t count = 0;
      if (!ReadCount(count)) return false;
      for (; count > 0; --count) {
        if (tag == Tag::kObject && !ReadText(text)) return false;
        if (!Skip(depth_left - 1)) return false;
      }
      return true;
    }
    default:
      return Fail("its tag is not defined");
  }
}

bool Walker::ReadNumber(Tag tag, JsonValue& value) {
  if (tag == Tag::kDouble) {
    if (rest_.size() < sizeof(double)) return Fail("a double is cut off");
    const auto real = std::bit_cast<double>(LoadLittleEndian<std::uint64_t>(rest_.data()));
    if (!std::isfinite(real)) return Fail("a double is not finite");
    value = real;
    rest_.remove_prefix(sizeof(double));
    return true;
  }
  std::uint64_t number = 0;
  if (!ReadVarint(number)) return false;
  if (tag == Tag::kUnsigned) {
    value = number;
    return true;
  }
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return Fail("a negative integer has more than 64 bits");
  }
  value = -1 - static_cast<std::int64_t>(number);
  return true;
}

bool Walker::ReadString(JsonValue& value) {
  std::string_view text;
  if (!ReadText(text)) return false;
  if (!IsUtf8(text)) return Fail("a string is not UTF-8");
  value = std::string(text);
  return true;
}

bool Walker::ReadArray(JsonValue& value, std::size_t depth_left) {
  std::uint32_t count = 0;
  if (!ReadCount(count)) return false;
  value = JsonValue::array();
  for (; count > 0; --count) {
    value.push_back(nullptr);
    if (!Read(value.back(), depth_left)) return false;
  }
  return true;
}

bool Walker::ReadObject(JsonValue& value, std::size_t depth_left) {
  std::uint32_t count = 0;
  if (!ReadCount(count)) return false;
  value = JsonValue::object();
  auto& members = value.get_ref<JsonValue::object_t&>();
  std::string_view last;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view key;
    if (!ReadText(key)) return false;
    if (i > 0 && key <= last) return Fail("the keys of an object are not in order");
    if (!IsUtf8(key)) return Fail("a key is not UTF-8");
    last = key;
    const auto member = members.emplace_hint(members.end(), std::string(key), nullptr);
    if (!Read(member->second, depth_left)) return false;
  }
  return true;
}

bool Walker::Read(JsonValue& value, std::size_t depth_left) {
  Tag tag{};
  if (!ReadTag(tag)) return false;
  switch (tag) {
    case Tag::kNull:
      value = nullptr;
      return true;
    case Tag::kFalse:
    case Tag::kTrue:
      value = tag == Tag::kTrue;
      return true;
    case Tag::kUnsigned:
    case Tag::kNegative:
    case Tag::kDouble:
      return ReadNumber(tag, value);
    case Tag::kString:
      return ReadString(value);
    case Tag::kArray:
      return depth_left > 0 ? ReadArray(value, depth_left - 1) : Fail("too deep");
    case Tag::kObject:
      return depth_left > 0 ? ReadObject(value, depth_left - 1) : Fail("too deep");
    default:
      return Fail("its tag is not defined");
  }
}

enum class Step { kFound, kAbsent, kFault };

// Moves `walker` to the encoding of the child that `token` names.
Step StepInto(Walker& walker, const std::string& token) {
  Tag tag{};
  std::uint32_t count = 0;
  if (!walker.ReadTag(tag)) return Step::kFault;
  if (tag != Tag::kArray && tag != Tag::kObject) return Step::kAbsent;
  if (!walker.ReadCount(count)) return Step::kFault;
  const std::optional<std::uint32_t> index = ParseArrayIndex(token);
  if (tag == Tag::kArray && (!index.has_value() || *index >= count)) return Step::kAbsent;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (tag == Tag::kArray && i == *index) return Step::kFound;
    if (tag == Tag::kObject) {
      std::string_view key;
      if (!walker.ReadText(key)) return Step::kFault;
      if (key == token) return Step::kFound;
      if (key > token) return Step::kAbsent;
    }
    if (!walker.Skip()) return Step::kFault;
  }
  return Step::kAbsent;
}

}  // namespace

void AppendEncoded(std::string& to, const JsonValue& value) {
  switch (value.type()) {
    case JsonValue::value_t::null:
      return AppendTag(to, Tag::kNull);
    case JsonValue::value_t::boolean:
      return AppendTag(to, value.get<bool>() ? Tag::kTrue : Tag::kFalse);
    case JsonValue::value_t::string:
      AppendTag(to, Tag::kString);
      return AppendText(to, value.get_ref<const std::string&>());
    case JsonValue::value_t::array:
    case JsonValue::value_t::object:
      return AppendContainer(to, value);
    default:
      VARVE_CHECK(value.is_number());
      return AppendNumber(to, value);
  }
}

std::string Encode(const JsonValue& value) {
  std::string bytes;
  AppendEncoded(bytes, value);
  return bytes;
}

std::size_t EncodedBytes(const JsonValue& value, std::size_t enough) {
  if (!value.is_structured()) return ScalarBytes(value);
  std::size_t bytes = kContainerHeaderBytes;
  for (auto child = value.begin(); child != value.end() && bytes <= enough; ++child) {
    if (value.is_object()) bytes += EncodedKeyBytes(child.key());
    bytes += EncodedBytes(*child, enough - std::min(enough, bytes));
  }
  return bytes;
}

std::size_t EncodedKeyBytes(std::string_view key) { return VarintBytes(key.size()) + key.size(); }

absl::StatusOr<JsonValue> Decode(std::string_view bytes) {
  Walker walker(bytes);
  JsonValue value;
  if (!walker.Read(value)) return walker.fault();
  if (!walker.rest().empty()) return DataLoss(walker.rest().size(), " bytes follow its end");
  return value;
}

absl::StatusOr<std::optional<std::string_view>> FindEncoded(std::string_view bytes,
                                                            std::span<const std::string> path) {
  Walker walker(bytes);
  for (const std::string& token : path) {
    const Step step = StepInto(walker, token);
    if (step == Step::kFault) return walker.fault();
    if (step == Step::kAbsent) return std::nullopt;
  }
  const std::string_view begin = walker.rest();
  if (!walker.Skip()) return walker.fault();
  return begin.substr(0, begin.size() - walker.rest().size());
}

absl::StatusOr<Tag> TagOf(std::string_view row) {
  if (row.empty()) return DataLoss("a row is empty");
  const auto tag = static_cast<Tag>(row.front());
  if (tag <= Tag::kObject) return tag;
  const bool split = tag == Tag::kSplitArray || tag == Tag::kSplitObject;
  if (!split) return DataLoss("a row begins with a tag that is not defined");
  if (row.size() != 1) return DataLoss("a row of a split container has more than its tag");
  return tag;
}

}  // namespace varve::json
