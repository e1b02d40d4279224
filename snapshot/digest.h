// The 128-bit digest of a state: equal states have equal digests, however they are stored.
#ifndef VARVE_SNAPSHOT_DIGEST_H_
#define VARVE_SNAPSHOT_DIGEST_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/registry.h"
#include "kernel/table/materialized_store.h"

namespace varve::snapshot {

struct Digest {
  std::array<std::uint8_t, 16> bytes{};
  [[nodiscard]] std::string ToString() const;  // 32 hexadecimal digits
  friend bool operator==(const Digest&, const Digest&) = default;
};

// XXH3-128 (xxHash 0.8, canonical byte order) over the logical content: for each section its
// content before chunking and compression, then its primitive id, version, flags and content
// length (docs/format/snapshot.md, SNAP-D1). The lengths stand behind what they measure so that a
// section can be digested while it streams by. Against accidents, not against forgers.
class DigestBuilder final {
 public:
  DigestBuilder();
  ~DigestBuilder();
  // Content of the section that EndSection will close.
  void Add(std::string_view bytes);
  void EndSection(PrimitiveId primitive, std::uint8_t version, std::uint16_t flags);
  [[nodiscard]] Digest Finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::uint64_t section_bytes_ = 0;  // since the last EndSection
};

// The digest that a snapshot of this state would carry, without writing one. Errors as
// WriteSnapshot.
[[nodiscard]] absl::StatusOr<Digest> StateDigest(table::MaterializedReader& state,
                                                 const PrimitiveRegistry& registry);

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_DIGEST_H_
