#include "recovery/open.h"

#include <string>
#include <utility>

#include "kernel/base/out_of_memory.h"
#include "recovery/opening.h"

namespace varve {

absl::StatusOr<OpenedStore> OpenStore(std::string_view directory, PrimitiveRegistry registry,
                                      const OpenOptions& options) {
  return CatchOutOfMemory(
      [&] { return recovery::Opening(std::string(directory), std::move(registry), options).Run(); },
      "the store was not opened; what is durable is as it was");
}

}  // namespace varve
