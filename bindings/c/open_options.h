// How C says how to open, and what it is told of it.
#ifndef VARVE_BINDINGS_C_OPEN_OPTIONS_H_
#define VARVE_BINDINGS_C_OPEN_OPTIONS_H_

#include <functional>
#include <memory>

#include "bindings/c/listing.h"
#include "bindings/c/varve_store.h"
#include "recovery/open.h"

namespace varve_c {

// The callbacks of C; each part may be missing.
class Control final {
 public:
  [[nodiscard]] static absl::StatusOr<Control> From(const varve_control* given);
  // Empty where there is no callback.
  [[nodiscard]] std::function<bool()> cancelled() const;
  // For a struct of progress that has done and total in `done` and `total`.
  template <typename Progress>
  [[nodiscard]] std::function<void(const Progress&)> progress(
      std::uint64_t Progress::*done, std::uint64_t Progress::*total) const {
    if (control_.progress == nullptr) return nullptr;
    return [control = control_, done, total](const Progress& at) {
      varve_progress told{};
      told.struct_size = sizeof(told);
      told.done = at.*done;
      told.total = at.*total;
      if constexpr (requires { at.stage; }) told.stage = static_cast<int32_t>(at.stage);
      control.progress(control.user, &told);
    };
  }

 private:
  varve_control control_{};
};

// kInvalidArgument: a struct that is none, or numbers that no store can have.
[[nodiscard]] absl::StatusOr<OpenOptions> OpenOptionsOf(const varve_open_options* given);
// Refuses what a store without files does not have.
[[nodiscard]] absl::StatusOr<StoreOptions> MemoryOptionsOf(const varve_open_options* given);

// One item.
[[nodiscard]] std::unique_ptr<varve_result> ListingOf(const RecoveryReport& report);

// Every primitive that comes with Varve.
[[nodiscard]] PrimitiveRegistry BuiltinRegistry();

}  // namespace varve_c

#endif  // VARVE_BINDINGS_C_OPEN_OPTIONS_H_
