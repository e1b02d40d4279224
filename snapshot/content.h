// The logical content of a state, section by section, and who may receive it: a file, or a digest
// alone.
#ifndef VARVE_SNAPSHOT_CONTENT_H_
#define VARVE_SNAPSHOT_CONTENT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernel/registry.h"
#include "kernel/table/materialized_store.h"
#include "snapshot/digest.h"

namespace varve::snapshot {

// What a section is called before its content is known.
struct SectionStart {
  PrimitiveId primitive;
  std::uint8_t version = 1;
  std::uint16_t flags = 0;
};

// Receives sections in ascending order of primitives. Not thread-safe. After an error every later
// call answers the same error or another.
class ContentTarget {
 public:
  virtual ~ContentTarget() = default;
  // Writes nothing yet: what cannot be written is told by what follows.
  virtual void Begin(const SectionStart& start) = 0;
  // Takes the next chunk of content: kChunkRawBytesMax bytes, or fewer for the last of a section,
  // never none. What `chunk` holds afterwards is unspecified; its capacity may be reused.
  [[nodiscard]] virtual absl::Status AddChunk(std::string& chunk) = 0;
  [[nodiscard]] virtual absl::Status End() = 0;
};

// The primitives that have rows in `state`, ascending by id. kFailedPrecondition: there are rows
// of a primitive that is not registered, which a snapshot would lose.
[[nodiscard]] absl::StatusOr<std::vector<const Primitive*>> PrimitivesWithRows(
    table::MaterializedReader& state, const PrimitiveRegistry& registry);

// Saves every one of `primitives` into `target`. `checkpoint` is called after each chunk with the
// content bytes so far; an error of its stops the work and is returned.
[[nodiscard]] absl::Status SaveContent(
    table::MaterializedReader& state, const std::vector<const Primitive*>& primitives,
    ContentTarget& target, const std::function<absl::Status(std::uint64_t)>& checkpoint);

// StateDigest, with `checkpoint` as for SaveContent.
[[nodiscard]] absl::StatusOr<Digest> DigestContent(
    table::MaterializedReader& state, const PrimitiveRegistry& registry,
    const std::function<absl::Status(std::uint64_t)>& checkpoint);

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_CONTENT_H_
