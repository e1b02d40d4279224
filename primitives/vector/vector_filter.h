// Which rows a search may find, by their metadata.
//
//   VectorFilter filter = VectorFilter::And({VectorFilter::Eq("lang", "en"),
//                                            VectorFilter::Ge("year", 2020),
//                                            VectorFilter::Not(VectorFilter::Exists("hidden"))});
//
// or the same as JSON, one member per node:
//
//   {"and":[{"eq":["lang","en"]}, {"ge":["year",2020]}, {"not":{"exists":"hidden"}}]}
//
// A field is the name of a member of the metadata, or, starting with '/', a JSON Pointer (RFC 6901)
// through objects: "/author/name".
//
//   eq ne lt le gt ge   compare with a value. Numbers compare exactly,
//                       whatever their form; texts by their bytes;
//                       lt le gt ge know numbers and texts only
//   in, not_in          equal to one of a list, to none of it
//   contains            an array that has the value as an element, or a text that has it as a part
//   exists              the field is there, be it null
//
// A comparison with a field that is absent, or of another type, does not hold; that goes for `ne`
// and `not_in` too, where the field is absent. Not(Eq(...)) is "different or absent".
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_FILTER_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace varve {

inline constexpr std::size_t kVectorFilterNodesMax = 1024;  // nodes and listed values together
inline constexpr std::size_t kVectorFilterDepthMax = 32;
inline constexpr std::size_t kVectorFilterBytesMax = std::size_t{1} << 20;  // of a filter as JSON

// A JSON scalar. NaN and infinities match nothing.
class VectorValue final {
 public:
  VectorValue(std::nullptr_t) : value_(nullptr) {}
  VectorValue(bool value) : value_(value) {}
  VectorValue(int value) : value_(std::int64_t{value}) {}
  VectorValue(std::int64_t value) : value_(value) {}
  VectorValue(std::uint64_t value) : value_(value) {}
  VectorValue(double value) : value_(value) {}
  VectorValue(std::string value) : value_(std::move(value)) {}
  VectorValue(std::string_view value) : value_(std::string(value)) {}
  VectorValue(const char* value) : value_(std::string(value)) {}

  using Variant =
      std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string>;
  [[nodiscard]] const Variant& value() const { return value_; }

 private:
  Variant value_;
};

// Immutable and cheap to copy; any thread.
class VectorFilter final {
 public:
  VectorFilter() = default;  // every row

  [[nodiscard]] static VectorFilter Eq(std::string_view field, VectorValue value);
  [[nodiscard]] static VectorFilter Ne(std::string_view field, VectorValue value);
  [[nodiscard]] static VectorFilter Lt(std::string_view field, VectorValue value);
  [[nodiscard]] static VectorFilter Le(std::string_view field, VectorValue value);
  [[nodiscard]] static VectorFilter Gt(std::string_view field, VectorValue value);
  [[nodiscard]] static VectorFilter Ge(std::string_view field, VectorValue value);
  [[nodiscard]] static VectorFilter In(std::string_view field, std::vector<VectorValue> values);
  [[nodiscard]] static VectorFilter NotIn(std::string_view field, std::vector<VectorValue> values);
  [[nodiscard]] static VectorFilter Contains(std::string_view field, VectorValue value);
  [[nodiscard]] static VectorFilter Exists(std::string_view field);
  [[nodiscard]] static VectorFilter And(std::vector<VectorFilter> parts);  // of none: every row
  [[nodiscard]] static VectorFilter Or(std::vector<VectorFilter> parts);   // of none: no row
  [[nodiscard]] static VectorFilter Not(VectorFilter part);

  // kInvalidArgument: not such JSON (the message says where). kResourceExhausted: past
  // kVectorFilterNodesMax or kVectorFilterDepthMax.
  [[nodiscard]] static absl::StatusOr<VectorFilter> Parse(std::string_view json);
  // What a search asks first: the same limits for filters made in a program, and fields that are no
  // pointer.
  [[nodiscard]] absl::Status Check() const;

  [[nodiscard]] bool matches_all() const { return root_ == nullptr; }
  // `image`: of vector::MakeMetadataImage.
  [[nodiscard]] bool Matches(std::string_view image) const;

  struct Node;

 private:
  explicit VectorFilter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  [[nodiscard]] static VectorFilter Compare(int operation, std::string_view field,
                                            std::vector<VectorValue> values);
  [[nodiscard]] static VectorFilter Combine(int operation, std::vector<VectorFilter> parts);

  std::shared_ptr<const Node> root_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_FILTER_H_
