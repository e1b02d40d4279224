#include "recovery/open.h"

#include <string>
#include <utility>

#include "recovery/opening.h"

namespace varve {

absl::StatusOr<OpenedStore> OpenStore(std::string_view directory, PrimitiveRegistry registry,
                                      const OpenOptions& options) {
  return recovery::Opening(std::string(directory), std::move(registry), options).Run();
}

}  // namespace varve
