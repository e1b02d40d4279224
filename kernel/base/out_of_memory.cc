#include "kernel/base/out_of_memory.h"

#include "kernel/base/status.h"

namespace varve {

absl::Status OutOfMemory(absl::StatusCode code, std::string_view effect) noexcept {
  try {
    return MakeStatus(code, "out of memory: ", effect);
  } catch (const std::bad_alloc&) {
    return absl::Status(code, "");  // held in a word
  }
}

}  // namespace varve
