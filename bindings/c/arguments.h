// What C hands over, checked; and back. The only place that knows struct sizes and NULL.
#ifndef VARVE_BINDINGS_C_ARGUMENTS_H_
#define VARVE_BINDINGS_C_ARGUMENTS_H_

#include <chrono>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bindings/c/varve_types.h"
#include "kernel/base/ids.h"

// Outside of varve, whose names the shared library gives out: nothing of this is for others.
namespace varve_c {

using namespace varve;

// Larger ones are no structs of ours, of whatever version.
inline constexpr std::size_t kStructBytesMax = 4096;

template <typename Struct>
[[nodiscard]] bool HasSize(const Struct* given) {
  return given != nullptr && given->struct_size >= sizeof(std::size_t) &&
         given->struct_size <= kStructBytesMax;
}

// Remembers the first argument that is none:
//
//   VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Bytes(key, "key").status());
class Arguments final {
 public:
  Arguments& Given(const void* argument, const char* name) {
    if (argument == nullptr) Fault(name, "is NULL");
    return *this;
  }
  Arguments& Bytes(const varve_slice& slice, const char* name) {
    if (slice.data == nullptr && slice.size != 0) Fault(name, "has a size but no data");
    return *this;
  }
  // An array of `count` slices; NULL where that is 0.
  Arguments& Slices(const varve_slice* slices, std::size_t count, const char* name);
  // A struct for the answer.
  template <typename Struct>
  Arguments& Out(const Struct* out, const char* name) {
    if (!HasSize(out)) Fault(name, "is NULL or has no struct_size: make it with VARVE_INIT");
    return *this;
  }
  template <typename Struct>
  Arguments& OutOrNull(const Struct* out, const char* name) {
    return out == nullptr ? *this : Out(out, name);
  }
  // kInvalidArgument, naming the first fault.
  [[nodiscard]] absl::Status status() const {
    return name_ == nullptr ? absl::OkStatus() : Describe();
  }

 private:
  void Fault(const char* name, const char* what) {
    if (name_ != nullptr) return;
    name_ = name;
    what_ = what;
  }
  [[nodiscard]] absl::Status Describe() const;

  const char* name_ = nullptr;
  const char* what_ = nullptr;
};

[[nodiscard]] inline std::string_view TextOf(const varve_slice& slice) {
  return {static_cast<const char*>(slice.data), slice.size};
}
[[nodiscard]] inline varve_slice SliceOf(std::string_view text) {
  return {text.data(), text.size()};
}
[[nodiscard]] Uuid UuidOf(const varve_uuid& uuid);
[[nodiscard]] varve_uuid UuidOf(const Uuid& uuid);
// nil where `run` is NULL.
[[nodiscard]] RunId RunOf(const varve_uuid* run);
[[nodiscard]] std::vector<std::string_view> TextsOf(const varve_slice* slices, std::size_t count);
[[nodiscard]] std::vector<std::string> StringsOf(const varve_slice* slices, std::size_t count);

// At most a century: far from overflow, and further than any wait, expiry or history.
[[nodiscard]] std::chrono::microseconds MicrosecondsOf(std::uint64_t count);

// Copies `given` (NULL: zeros) into `known_bytes` zeros at `to`. kInvalidArgument: no size of a
// struct, or it has something in fields that are not known here.
[[nodiscard]] absl::Status TakeStruct(const void* given, void* to, std::size_t known_bytes,
                                      const char* name);
template <typename Struct>
[[nodiscard]] absl::StatusOr<Struct> Take(const Struct* given, const char* name) {
  Struct taken{};
  const absl::Status status = TakeStruct(given, &taken, sizeof(Struct), name);
  if (!status.ok()) return status;
  return taken;
}

// Copies what fits to `to`, whose size was checked (HasSize), and leaves its struct_size.
void GiveStruct(const void* from, std::size_t known_bytes, void* to);
template <typename Struct>
void GiveStruct(const Struct& answer, Struct* to) {
  GiveStruct(&answer, sizeof(Struct), to);
}

// A copy for the caller. Throws std::bad_alloc.
[[nodiscard]] varve_bytes BytesOf(std::string_view text);

// For outputs that may be NULL.
template <typename Value, typename Answer>
void GiveTo(Value* output, const Answer& answer) {
  if (output != nullptr) *output = static_cast<Value>(answer);
}

}  // namespace varve_c

#endif  // VARVE_BINDINGS_C_ARGUMENTS_H_
