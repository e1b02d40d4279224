#include "primitives/vector/vector_search.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/registry.h"
#include "kernel/transaction.h"
#include "primitives/vector/vector_index.h"
#include "primitives/vector/vector_kernels.h"
#include "primitives/vector/vector_metadata.h"
#include "primitives/vector/vector_payload.h"
#include "primitives/vector/vector_primitive.h"
#include "primitives/vector/vector_shadow.h"
#include "primitives/vector/vector_sieve.h"
#include "primitives/vector/vector_top_k.h"

namespace varve::vector {

namespace {

// Queries that look at a row together. More would not be faster: it is their arithmetic that takes
// the time by then.
constexpr std::size_t kQueriesTogether = 128;
// What one thread takes at a time.
constexpr std::size_t kSpanBytes = std::size_t{1} << 20;
// Below so many products one thread is done before a second has woken up.
constexpr std::size_t kProductsForThreads = std::size_t{1} << 21;

// What a row must be, apart from its score, to be an answer.
class Admission final {
 public:
  Admission(Lsn at, const VectorFilter& filter) : at_(at), filter_(filter) {}

  // Keys that this transaction has written: what the matrix says of them is out of date. Sorted.
  std::vector<std::string_view> overwritten{};

  [[nodiscard]] bool AdmitsSlot(const Slot& slot) const {
    return slot.VisibleAt(at_) &&
           !std::binary_search(overwritten.begin(), overwritten.end(), slot.label->key) &&
           filter_.Matches(slot.label->metadata_image);
  }
  [[nodiscard]] bool AdmitsMetadata(std::string_view json) const {
    return filter_.matches_all() || filter_.Matches(MakeMetadataImage(json));
  }

 private:
  Lsn at_;
  const VectorFilter& filter_;
};

// Rows that stand in no matrix: gathered into blocks of their own and looked at in the same way.
class LooseRows final {
 public:
  LooseRows(Sieve& sieve, const VectorShape& shape, const Admission& admission)
      : sieve_(sieve),
        shape_(shape),
        admission_(admission),
        vector_(shape.dimension),
        blocks_(MakeFloats(BlockFloats(shape.dimension) * kBlocks)) {}

  // `table_key` and `value` live as long as the reader.
  [[nodiscard]] absl::Status Add(std::string_view table_key, std::string_view value) {
    VARVE_ASSIGN_OR_RETURN(const VectorKey key, DecodeVectorKey(table_key));
    VARVE_ASSIGN_OR_RETURN(const RowImage image, DecodeRow(value));
    if (!(image.shape == shape_)) {
      return MakeStatus(absl::StatusCode::kDataLoss,
                        "a vector has another dimension or metric than its collection");
    }
    vector_ = image.ToVector();
    PrepareVector(shape_.metric, vector_, vector_);
    const std::size_t row = rows_.size();
    StoreLane(vector_, row % kLanes, blocks_.get() + row / kLanes * BlockFloats(shape_.dimension));
    rows_.push_back({.key = key.key, .metadata = image.metadata});
    if (rows_.size() == kBlocks * kLanes) Look();
    return absl::OkStatus();
  }

  void Look() {
    sieve_.Look(blocks_.get(), rows_.size(),
                [this](std::size_t row) -> std::optional<std::string_view> {
                  if (!admission_.AdmitsMetadata(rows_[row].metadata)) return std::nullopt;
                  return rows_[row].key;
                });
    rows_.clear();
  }

 private:
  static constexpr std::size_t kBlocks = 4;
  struct LooseRow {
    std::string_view key;
    std::string_view metadata;
  };

  Sieve& sieve_;
  const VectorShape shape_;
  const Admission& admission_;
  std::vector<float> vector_;
  Floats blocks_;
  std::vector<LooseRow> rows_;
};

// A piece of a matrix that one thread takes at a time.
struct Span {
  const Segment* segment;
  std::size_t first_row;  // of a block
  std::size_t rows;
};

std::size_t RowsOf(const MatrixSnapshot& snapshot) {
  std::size_t rows = 0;
  for (const MatrixSnapshot::Part& part : snapshot.parts) rows += part.rows;
  return rows;
}

std::vector<Span> CutIntoSpans(const MatrixSnapshot& snapshot, std::size_t dimension) {
  const std::size_t blocks =
      std::max<std::size_t>(1, kSpanBytes / (BlockFloats(dimension) * sizeof(float)));
  const std::size_t span_rows = blocks * kLanes;
  std::vector<Span> spans;
  for (const MatrixSnapshot::Part& part : snapshot.parts) {
    for (std::size_t row = 0; row < part.rows; row += span_rows) {
      spans.push_back({part.segment.get(), row, std::min(span_rows, part.rows - row)});
    }
  }
  return spans;
}

class Search final {
 public:
  Search(Reader& reader, const SearchRequest& request)
      : reader_(reader),
        request_(request),
        prefix_(MakeCollectionPrefix(request.collection)),
        admission_(reader.lsn(), request.options->filter),
        index_(FindIndex(reader)) {
    if (index_ != nullptr) {
      snapshot_ = index_->Find(request.run, prefix_, request.shape, reader.lsn());
    }
  }

  [[nodiscard]] absl::StatusOr<std::vector<std::vector<Answer>>> Run() {
    TakeOwnWrites();
    if (snapshot_.has_value() && request_.options->guard_collection) {
      VARVE_RETURN_IF_ERROR(GuardCollection());
    }
    const std::size_t dimension = request_.shape.dimension;
    const std::size_t count = request_.queries.size() / dimension;
    std::vector<std::vector<Answer>> answers;
    for (std::size_t begin = 0; begin < count; begin += kQueriesTogether) {
      const std::size_t together = std::min(kQueriesTogether, count - begin);
      VARVE_RETURN_IF_ERROR(RunTogether(
          request_.queries.subspan(begin * dimension, together * dimension), together, answers));
    }
    return answers;
  }

 private:
  struct OwnRow {
    std::string_view table_key;
    std::string_view value;
  };

  static VectorIndex* FindIndex(Reader& reader) {
    auto* const primitive = dynamic_cast<VectorPrimitive*>(reader.registry().FindById(kVectorId));
    return primitive == nullptr ? nullptr : &primitive->index();
  }

  // Keys and values stand in the transaction's buffer and stay there during the search.
  void TakeOwnWrites() {
    reader_.VisitOwnWrites(kVectorRows, request_.run, [&](const Row& row, bool deleted) {
      if (!row.key.starts_with(prefix_)) return;
      admission_.overwritten.push_back(row.key.substr(prefix_.size()));
      if (!deleted) own_rows_.push_back({row.key, row.value});
    });
  }

  // A scan to its end tells the transaction what its commit must find unchanged. The matrix is
  // faster at the rest.
  [[nodiscard]] absl::Status GuardCollection() {
    if (dynamic_cast<Transaction*>(&reader_) == nullptr) return absl::OkStatus();
    const std::unique_ptr<RowScan> scan =
        reader_.Scan(kVectorRows, request_.run, KeyRange::Prefix(prefix_));
    while (scan->valid()) scan->Next();
    return scan->status();
  }

  [[nodiscard]] absl::Status RunTogether(std::span<const float> raw, std::size_t count,
                                         std::vector<std::vector<Answer>>& answers) {
    const QueryPack queries(request_.shape, raw, count);
    Sieve sieve(queries, *request_.options);
    if (snapshot_.has_value()) {
      std::optional<ShadowPack> shadow;
      if (AsksShadow()) {
        shadow.emplace(request_.shape, raw, count);
        if (!shadow->usable()) shadow.reset();
      }
      LookAtMatrix(queries, shadow, sieve);
      LooseRows loose(sieve, request_.shape, admission_);
      for (const OwnRow& row : own_rows_) {
        VARVE_RETURN_IF_ERROR(loose.Add(row.table_key, row.value));
      }
      loose.Look();
    } else {
      VARVE_RETURN_IF_ERROR(LookAtTable(sieve));
    }
    for (TopK& best : sieve.best()) {
      std::vector<Answer>& to = answers.emplace_back();
      for (const Found& found : best.TakeSorted()) {
        to.push_back({.score = found.score, .key = std::string(found.key)});
      }
    }
    return absl::OkStatus();
  }

  [[nodiscard]] bool AsksShadow() const {
    const VectorOptions& options = index_->options();
    return options.shadow && RowsOf(*snapshot_) >= options.shadow_rows_min &&
           request_.shape.dimension >= kShadowDimensionMin;
  }

  // The scan sees what this transaction wrote, too.
  [[nodiscard]] absl::Status LookAtTable(Sieve& sieve) {
    LooseRows loose(sieve, request_.shape, admission_);
    const std::unique_ptr<RowScan> scan =
        reader_.Scan(kVectorRows, request_.run, KeyRange::Prefix(prefix_));
    for (; scan->valid(); scan->Next()) {
      VARVE_RETURN_IF_ERROR(loose.Add(scan->row().key, scan->row().value));
    }
    VARVE_RETURN_IF_ERROR(scan->status());
    loose.Look();
    return absl::OkStatus();
  }

  void LookAtMatrix(const QueryPack& queries, const std::optional<ShadowPack>& shadow, Sieve& own) {
    const std::vector<Span> spans = CutIntoSpans(*snapshot_, request_.shape.dimension);
    const std::size_t helpers = Helpers(spans, queries.count());
    std::vector<std::unique_ptr<Sieve>> sieves(helpers + 1);  // each made by its thread
    std::atomic<std::size_t> next{0};
    index_->workers().Run(helpers, [&](std::size_t worker) {
      Sieve* sieve = &own;
      if (worker != 0) {
        sieves[worker] = std::make_unique<Sieve>(queries, *request_.options);
        sieve = sieves[worker].get();
      }
      for (std::size_t at = next++; at < spans.size(); at = next++) {
        LookAtSpan(spans[at], shadow, *sieve);
      }
    });
    for (const std::unique_ptr<Sieve>& sieve : sieves) {
      if (sieve == nullptr) continue;
      for (std::size_t query = 0; query < queries.count(); ++query) {
        own.best()[query].Merge(sieve->best()[query]);
      }
    }
  }

  void LookAtSpan(const Span& span, const std::optional<ShadowPack>& shadow, Sieve& sieve) const {
    const Slot* const slots = span.segment->slots.get() + span.first_row;
    const float* const blocks =
        span.segment->floats.get() + span.first_row * request_.shape.dimension;
    const auto key_if_admitted = [&](std::size_t row) -> std::optional<std::string_view> {
      if (!admission_.AdmitsSlot(slots[row])) return std::nullopt;
      return slots[row].label->key;
    };
    if (shadow.has_value() && span.segment->shadows != nullptr) {
      sieve.LookBehind(*shadow, span.segment->Shadow(span.first_row / kLanes), blocks,
                       span.rows / kLanes, key_if_admitted);
    } else {
      sieve.Look(blocks, span.rows, key_if_admitted);
    }
  }

  [[nodiscard]] std::size_t Helpers(const std::vector<Span>& spans, std::size_t queries) const {
    std::size_t threads = request_.options->threads;
    if (threads == 0) {
      const bool worth_it =
          RowsOf(*snapshot_) * request_.shape.dimension * queries >= kProductsForThreads;
      threads = worth_it ? std::thread::hardware_concurrency() : 1;
      threads = std::min(threads, kVectorSearchThreadsMax);
    }
    const std::size_t useful = std::min(threads, spans.size());
    return useful < 2 ? 0 : useful - 1;
  }

  Reader& reader_;
  const SearchRequest& request_;
  const std::string prefix_;
  Admission admission_;
  VectorIndex* const index_;
  std::optional<MatrixSnapshot> snapshot_;
  std::vector<OwnRow> own_rows_;
};

}  // namespace

absl::StatusOr<std::vector<std::vector<Answer>>> SearchCollection(Reader& reader,
                                                                  const SearchRequest& request) {
  return Search(reader, request).Run();
}

}  // namespace varve::vector
