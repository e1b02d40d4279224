#include "snapshot/content.h"

#include <memory>
#include <string_view>

#include "kernel/base/status.h"
#include "kernel/section.h"
#include "snapshot/layout.h"

namespace varve::snapshot {
namespace {

// The row keys of the primitives with first <= id < end; `end` 256 means "to the last".
std::unique_ptr<table::VersionStream> RowsOf(table::MaterializedReader& state, unsigned first,
                                             unsigned end) {
  const std::string begin_key(first == 0 ? 0 : 1, static_cast<char>(first));
  const std::string end_key(end > 255 ? 0 : 1, static_cast<char>(end));
  return state.NewVersionStream(begin_key, end_key);
}

absl::StatusOr<bool> HasRows(table::MaterializedReader& state, unsigned first, unsigned end) {
  if (first >= end) return false;
  const std::unique_ptr<table::VersionStream> rows = RowsOf(state, first, end);
  const bool any = rows->Next();
  VARVE_RETURN_IF_ERROR(rows->status());
  return any;
}

absl::Status RefuseRows(table::MaterializedReader& state, unsigned first, unsigned end) {
  VARVE_ASSIGN_OR_RETURN(const bool any, HasRows(state, first, end));
  if (!any) return absl::OkStatus();
  return FailedPrecondition("the state holds rows of a primitive with an id in [", first, ", ", end,
                            ") that is not registered; a snapshot would lose them: register it");
}

// Cuts what a primitive saves into chunks.
class ChunkingSink final : public SectionSink {
 public:
  ChunkingSink(ContentTarget& target, std::uint64_t content_bytes,
               const std::function<absl::Status(std::uint64_t)>& checkpoint)
      : target_(target), content_bytes_(content_bytes), checkpoint_(checkpoint) {}

  [[nodiscard]] absl::Status Append(std::string_view bytes) override {
    if (bytes.size() < kChunkRawBytesMax - chunk_.size()) {
      chunk_.append(bytes);
      return status_;
    }
    return AppendAcross(bytes);
  }

  absl::Status Finish() {
    if (!chunk_.empty()) Flush();
    return status_;
  }
  [[nodiscard]] std::uint64_t content_bytes() const { return content_bytes_; }

 private:
  absl::Status AppendAcross(std::string_view bytes) {
    while (!bytes.empty() && status_.ok()) {
      const std::string_view part = bytes.substr(0, kChunkRawBytesMax - chunk_.size());
      chunk_.append(part);
      bytes.remove_prefix(part.size());
      if (chunk_.size() == kChunkRawBytesMax) Flush();
    }
    return status_;
  }

  void Flush() {
    if (status_.ok()) {
      content_bytes_ += chunk_.size();
      status_ = target_.AddChunk(chunk_);
      if (status_.ok()) status_ = checkpoint_(content_bytes_);
    }
    chunk_.clear();
    chunk_.reserve(kChunkRawBytesMax);
  }

  ContentTarget& target_;
  std::uint64_t content_bytes_;
  const std::function<absl::Status(std::uint64_t)>& checkpoint_;
  std::string chunk_;
  absl::Status status_;  // the first error; sticky
};

}  // namespace

absl::StatusOr<std::vector<const Primitive*>> PrimitivesWithRows(
    table::MaterializedReader& state, const PrimitiveRegistry& registry) {
  std::vector<const Primitive*> result;
  unsigned next_id = 0;
  for (const std::unique_ptr<Primitive>& primitive : registry.primitives()) {
    const unsigned id = primitive->spec().id.value();
    VARVE_RETURN_IF_ERROR(RefuseRows(state, next_id, id));
    VARVE_ASSIGN_OR_RETURN(const bool any, HasRows(state, id, id + 1));
    if (any) result.push_back(primitive.get());
    next_id = id + 1;
  }
  VARVE_RETURN_IF_ERROR(RefuseRows(state, next_id, 256));
  return result;
}

absl::Status SaveContent(table::MaterializedReader& state,
                         const std::vector<const Primitive*>& primitives, ContentTarget& target,
                         const std::function<absl::Status(std::uint64_t)>& checkpoint) {
  std::uint64_t content_bytes = 0;
  for (const Primitive* primitive : primitives) {
    const PrimitiveSpec& spec = primitive->spec();
    const unsigned id = spec.id.value();
    VARVE_RETURN_IF_ERROR(checkpoint(content_bytes));
    target.Begin(
        {spec.id, spec.section_version, spec.carried ? kSectionCarried : std::uint16_t{0}});
    ChunkingSink sink(target, content_bytes, checkpoint);
    const std::unique_ptr<table::VersionStream> rows = RowsOf(state, id, id + 1);
    VARVE_RETURN_IF_ERROR(primitive->Save(*rows, sink));
    VARVE_RETURN_IF_ERROR(sink.Finish());
    VARVE_RETURN_IF_ERROR(target.End());
    content_bytes = sink.content_bytes();
  }
  return absl::OkStatus();
}

}  // namespace varve::snapshot
