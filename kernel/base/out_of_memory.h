// Where memory ends. The standard library says so by throwing std::bad_alloc; no exception leaves
// an interface of ours. One catch stands at each of the few ways in (store.cc, transaction.cc,
// read_view.cc, what recovery/ offers, the threads of our own, the log's flush), and everything
// between releases what it holds by destructors. What a caller can rely on: docs/limits.md.
#ifndef VARVE_KERNEL_BASE_OUT_OF_MEMORY_H_
#define VARVE_KERNEL_BASE_OUT_OF_MEMORY_H_

#include <new>
#include <string_view>

#include "absl/status/status.h"

namespace varve {

// A status of `code` that says that memory ran out and, in `effect`, what became of the call;
// without these words where there is no memory for them either.
[[nodiscard]] absl::Status OutOfMemory(absl::StatusCode code, std::string_view effect) noexcept;

// What `work` answers (a Status or a StatusOr), or kResourceExhausted where memory ran out in it.
template <typename Work>
[[nodiscard]] auto CatchOutOfMemory(const Work& work,
                                    std::string_view effect = "nothing was changed")
    -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return OutOfMemory(absl::StatusCode::kResourceExhausted, effect);
  }
}

// What a library of C made, for which it had no memory where that is null: then std::bad_alloc.
template <typename Made>
[[nodiscard]] Made* MadeOrThrow(Made* made) {
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

}  // namespace varve

#endif  // VARVE_KERNEL_BASE_OUT_OF_MEMORY_H_
