#include "snapshot/digest.h"

#include <xxhash.h>

#include <algorithm>
#include <vector>

#include "kernel/base/codec.h"
#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "snapshot/content.h"

namespace varve::snapshot {
namespace {

class DigestTarget final : public ContentTarget {
 public:
  void Begin(const SectionStart& start) override { start_ = start; }
  [[nodiscard]] absl::Status AddChunk(std::string& chunk) override {
    builder_.Add(chunk);
    return absl::OkStatus();
  }
  [[nodiscard]] absl::Status End() override {
    builder_.EndSection(start_.primitive, start_.version, start_.flags);
    return absl::OkStatus();
  }
  [[nodiscard]] Digest Finish() const { return builder_.Finish(); }

 private:
  SectionStart start_;
  DigestBuilder builder_;
};

}  // namespace

std::string Digest::ToString() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

struct DigestBuilder::State {
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash{MadeOrThrow(XXH3_createState()),
                                                                XXH3_freeState};
};

DigestBuilder::DigestBuilder() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(state_->hash.get());
}

DigestBuilder::~DigestBuilder() = default;

void DigestBuilder::Add(std::string_view bytes) {
  XXH3_128bits_update(state_->hash.get(), bytes.data(), bytes.size());
  section_bytes_ += bytes.size();
}

void DigestBuilder::EndSection(PrimitiveId primitive, std::uint8_t version, std::uint16_t flags) {
  std::string tail;
  tail.push_back(static_cast<char>(primitive.value()));
  tail.push_back(static_cast<char>(version));
  AppendLittleEndian(tail, flags);
  AppendLittleEndian(tail, section_bytes_);
  XXH3_128bits_update(state_->hash.get(), tail.data(), tail.size());
  section_bytes_ = 0;
}

Digest DigestBuilder::Finish() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_->hash.get()));
  Digest digest;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), digest.bytes.begin());
  return digest;
}

absl::StatusOr<Digest> DigestContent(table::MaterializedReader& state,
                                     const PrimitiveRegistry& registry,
                                     const std::function<absl::Status(std::uint64_t)>& checkpoint) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<const Primitive*> primitives,
                         PrimitivesWithRows(state, registry));
  DigestTarget target;
  VARVE_RETURN_IF_ERROR(SaveContent(state, primitives, target, checkpoint));
  return target.Finish();
}

absl::StatusOr<Digest> StateDigest(table::MaterializedReader& state,
                                   const PrimitiveRegistry& registry) {
  return DigestContent(state, registry, [](std::uint64_t) { return absl::OkStatus(); });
}

}  // namespace varve::snapshot
