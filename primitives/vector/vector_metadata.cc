#include "primitives/vector/vector_metadata.h"

#include <bit>
#include <cmath>
#include <set>
#include <vector>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "nlohmann/json.hpp"
#include "primitives/vector/vector_types.h"

namespace varve::vector {

namespace {

using Json = nlohmann::json;

// A field repeats the names on its way, so that few bytes of metadata could make a large image.
constexpr std::size_t kImageBytesMax = std::size_t{1} << 20;

void AppendField(std::string& image, const Field& field) {
  AppendLittleEndian(image, static_cast<std::uint32_t>(field.path.size()));
  AppendLittleEndian(image, static_cast<std::uint32_t>(field.text.size()));
  image.push_back(static_cast<char>(field.element));
  image.push_back(static_cast<char>(field.type));
  AppendLittleEndian(image, field.number);
  image.append(field.path);
  image.append(field.text);
}

// Takes the events of the parser, so that no tree is built and no depth can exhaust the stack.
class Flattener final : public nlohmann::json_sax<Json> {
 public:
  explicit Flattener(bool strict) : strict_(strict) {}

  bool null() override { return Scalar(FieldType::kNull, 0, {}); }
  bool boolean(bool value) override {
    return Scalar(value ? FieldType::kTrue : FieldType::kFalse, 0, {});
  }
  bool number_integer(std::int64_t value) override {
    return Scalar(FieldType::kSigned, static_cast<std::uint64_t>(value), {});
  }
  bool number_unsigned(std::uint64_t value) override {
    const bool is_signed = value <= static_cast<std::uint64_t>(INT64_MAX);
    return Scalar(is_signed ? FieldType::kSigned : FieldType::kUnsigned, value, {});
  }
  bool number_float(double value, const std::string& /*text*/) override {
    if (!std::isfinite(value)) return Fail("it holds a number beyond the range of doubles");
    return Scalar(FieldType::kDouble, std::bit_cast<std::uint64_t>(value), {});
  }
  bool string(std::string& value) override { return Scalar(FieldType::kText, 0, value); }
  bool binary(Json::binary_t& /*value*/) override { return Fail("it holds binary data"); }
  bool key(std::string& name) override {
    Level& level = levels_.back();
    path_.resize(level.path_bytes);
    AppendPointerPart(path_, name);
    if (strict_ && level.addressable && !seen_.insert(path_).second) {
      return Fail("the member \"" + path_ + "\" stands in it twice");
    }
    return true;
  }
  bool start_object(std::size_t /*count*/) override { return Open(FieldType::kObject); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t /*count*/) override { return Open(FieldType::kArray); }
  bool end_array() override { return Close(); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return Fail("it is not JSON at byte " + std::to_string(position));
  }

  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] bool too_deep() const { return too_deep_; }
  [[nodiscard]] bool too_large() const { return too_large_; }
  [[nodiscard]] std::string TakeImage() { return std::move(image_); }

 private:
  struct Level {
    bool array = false;
    bool addressable = true;  // no array on the way: what is in it can be named
    std::size_t path_bytes = 0;
  };

  bool Fail(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
    return false;
  }

  bool Scalar(FieldType type, std::uint64_t number, std::string_view text) {
    if (levels_.empty()) return Fail("it is not an object");
    return Emit(type, number, text);
  }

  // Elements are known by their array's path; what lies deeper in an array cannot be named.
  bool Emit(FieldType type, std::uint64_t number, std::string_view text) {
    const Level& level = levels_.back();
    if (!level.addressable && !(level.array && parent_addressable())) return true;
    if (image_.size() + path_.size() + text.size() > kImageBytesMax) {
      too_large_ = true;
      return Fail("its names are too long");
    }
    AppendField(
        image_,
        {.path = path_, .element = level.array, .type = type, .number = number, .text = text});
    return true;
  }

  [[nodiscard]] bool parent_addressable() const {
    return levels_.size() < 2 || levels_[levels_.size() - 2].addressable;
  }

  bool Open(FieldType type) {
    if (levels_.empty() && type != FieldType::kObject) return Fail("it is not an object");
    if (levels_.size() == kVectorMetadataDepthMax) {
      too_deep_ = true;
      return Fail("it is nested too deeply");
    }
    if (!levels_.empty() && !Emit(type, 0, {})) return false;
    const bool within_array = !levels_.empty() && !levels_.back().addressable;
    levels_.push_back({.array = type == FieldType::kArray,
                       .addressable = type == FieldType::kObject && !within_array,
                       .path_bytes = path_.size()});
    return true;
  }

  bool Close() {
    path_.resize(levels_.back().path_bytes);
    levels_.pop_back();
    return true;
  }

  const bool strict_;
  std::vector<Level> levels_;
  std::string path_;
  std::string image_;
  std::set<std::string> seen_;
  std::string fault_;
  bool too_deep_ = false;
  bool too_large_ = false;
};

bool Flatten(std::string_view json, Flattener& flattener) {
  return Json::sax_parse(json.begin(), json.end(), &flattener);
}

}  // namespace

void AppendPointerPart(std::string& pointer, std::string_view name) {
  pointer.push_back('/');
  for (const char character : name) {
    if (character == '~') {
      pointer.append("~0");
    } else if (character == '/') {
      pointer.append("~1");
    } else {
      pointer.push_back(character);
    }
  }
}

absl::Status CheckMetadata(std::string_view json) {
  if (json.empty()) return absl::OkStatus();
  if (json.size() > kVectorMetadataBytesMax) {
    return ResourceExhausted("the metadata have ", json.size(), " bytes, more than the limit of ",
                             kVectorMetadataBytesMax,
                             ": keep them elsewhere and put the place here");
  }
  Flattener flattener(true);
  if (Flatten(json, flattener)) return absl::OkStatus();
  if (flattener.too_deep()) {
    return ResourceExhausted("the metadata are nested deeper than ", kVectorMetadataDepthMax,
                             " objects and arrays");
  }
  if (flattener.too_large()) {
    return ResourceExhausted(
        "the metadata nest too many members below long names: with its way"
        " from the top each counts towards a limit of ",
        kImageBytesMax, " bytes");
  }
  return InvalidArgument("the metadata must be a JSON object: ", flattener.fault());
}

std::string MakeMetadataImage(std::string_view json) {
  if (json.empty()) return {};
  Flattener flattener(false);
  const bool whole = Flatten(json, flattener);
  std::string image = flattener.TakeImage();
  if (whole) image.shrink_to_fit();
  return image;
}

bool FieldReader::Next(Field& field) {
  if (rest_.empty()) return false;
  ByteReader reader(rest_);
  const std::uint32_t path_bytes = reader.Read<std::uint32_t>();
  const std::uint32_t text_bytes = reader.Read<std::uint32_t>();
  field.element = reader.Read<std::uint8_t>() != 0;
  field.type = static_cast<FieldType>(reader.Read<std::uint8_t>());
  field.number = reader.Read<std::uint64_t>();
  field.path = reader.ReadBytes(path_bytes);
  field.text = reader.ReadBytes(text_bytes);
  rest_ = reader.rest();
  return reader.ok();
}

}  // namespace varve::vector
