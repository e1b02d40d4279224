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
#include "primitives/vector/vector_top_k.h"

namespace varve::vector {

namespace {

// Queries that look at a row together. More would not be faster: it is their arithmetic that takes
// the time by then.
constexpr std::size_t kQueriesTogether = 128;
// What one thread takes at a time, and how many scores it computes before it looks at them.
constexpr std::size_t kSpanBytes = std::size_t{1} << 20;
constexpr std::size_t kScoresAtOnce = 32768;
constexpr std::size_t kBlocksAtOnceMax = 64;
// Below so many products one thread is done before a second has woken up.
constexpr std::size_t kProductsForThreads = std::size_t{1} << 21;

// What a row must be, apart from its score, to be an answer.
class Admission final {
 public:
  Admission(Lsn at, const VectorFilter& filter) : at_(at), filter_(filter) {}

  // Keys that this transaction has written: what the matrix says of them is out of date. Sorted.
  std::vector<std::string_view> shadowed{};

  [[nodiscard]] bool AdmitsSlot(const Slot& slot) const {
    return slot.VisibleAt(at_) &&
           !std::binary_search(shadowed.begin(), shadowed.end(), slot.label->key) &&
           filter_.Matches(slot.label->metadata_image);
  }
  [[nodiscard]] bool AdmitsMetadata(std::string_view json) const {
    return filter_.matches_all() || filter_.Matches(MakeMetadataImage(json));
  }

 private:
  Lsn at_;
  const VectorFilter& filter_;
};

// One thread's part of a search for a group of queries.
class Sieve final {
 public:
  Sieve(const QueryPack& queries, const VectorSearchOptions& options)
      : queries_(queries),
        blocks_at_once_(std::clamp<std::size_t>(kScoresAtOnce / (queries.count() * kLanes), 2,
                                                kBlocksAtOnceMax)),
        thresholds_(queries.count()),
        scores_(MakeFloats(queries.count() * blocks_at_once_ * kLanes)),
        hits_(queries.count() * blocks_at_once_) {
    const float least = options.threshold.value_or(-std::numeric_limits<float>::infinity());
    best_.assign(queries.count(), TopK(options.k, least));
  }

  // Looks at `rows` rows in blocks from `blocks` on. `key_if_admitted(row)` gives the key of a row
  // that may be an answer, nullopt for others; it is asked only for rows whose score would do.
  template <typename KeyIfAdmitted>
  void Look(const float* blocks, std::size_t rows, const KeyIfAdmitted& key_if_admitted) {
    const std::size_t block_count = (rows + kLanes - 1) / kLanes;
    for (std::size_t begin = 0; begin < block_count; begin += blocks_at_once_) {
      const std::size_t count = std::min(blocks_at_once_, block_count - begin);
      for (std::size_t query = 0; query < queries_.count(); ++query) {
        thresholds_[query] = best_[query].threshold();
      }
      ScoreBlocks(queries_, blocks + begin * BlockFloats(queries_.shape().dimension), count,
                  thresholds_.data(), scores_.get(), hits_.data());
      for (std::size_t place = 0; place < queries_.count() * count; ++place) {
        if (hits_[place] == 0) continue;
        LookAtBlock(place / count, place, (begin + place % count) * kLanes, rows, key_if_admitted);
      }
    }
  }

  [[nodiscard]] std::vector<TopK>& best() { return best_; }

 private:
  template <typename KeyIfAdmitted>
  void LookAtBlock(std::size_t query, std::size_t place, std::size_t first_row, std::size_t rows,
                   const KeyIfAdmitted& key_if_admitted) {
    TopK& best = best_[query];
    for (std::uint32_t hits = hits_[place]; hits != 0; hits &= hits - 1) {
      const auto lane = static_cast<std::size_t>(__builtin_ctz(hits));
      if (first_row + lane >= rows) return;
      const float score = scores_[place * kLanes + lane];
      if (score < best.threshold()) continue;
      const std::optional<std::string_view> key = key_if_admitted(first_row + lane);
      if (!key.has_value()) continue;
      const Found found{.score = score, .key = *key};
      if (best.Wants(found)) best.Add(found);
    }
  }

  const QueryPack& queries_;
  std::size_t blocks_at_once_;
  std::vector<float> thresholds_;
  Floats scores_;
  std::vector<std::uint16_t> hits_;
  std::vector<TopK> best_;
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
  std::size_t first_row;
  std::size_t rows;
};

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
      const QueryPack queries(request_.shape,
                              request_.queries.subspan(begin * dimension, together * dimension),
                              together);
      VARVE_RETURN_IF_ERROR(RunTogether(queries, answers));
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
      admission_.shadowed.push_back(row.key.substr(prefix_.size()));
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

  [[nodiscard]] absl::Status RunTogether(const QueryPack& queries,
                                         std::vector<std::vector<Answer>>& answers) {
    Sieve sieve(queries, *request_.options);
    if (snapshot_.has_value()) {
      LookAtMatrix(queries, sieve);
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

  void LookAtMatrix(const QueryPack& queries, Sieve& own) {
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
      for (std::size_t at = next++; at < spans.size(); at = next++) LookAtSpan(spans[at], *sieve);
    });
    for (const std::unique_ptr<Sieve>& sieve : sieves) {
      if (sieve == nullptr) continue;
      for (std::size_t query = 0; query < queries.count(); ++query) {
        own.best()[query].Merge(sieve->best()[query]);
      }
    }
  }

  void LookAtSpan(const Span& span, Sieve& sieve) const {
    const Slot* const slots = span.segment->slots.get() + span.first_row;
    sieve.Look(span.segment->floats.get() + span.first_row * request_.shape.dimension, span.rows,
               [&](std::size_t row) -> std::optional<std::string_view> {
                 if (!admission_.AdmitsSlot(slots[row])) return std::nullopt;
                 return slots[row].label->key;
               });
  }

  [[nodiscard]] std::size_t Helpers(const std::vector<Span>& spans, std::size_t queries) const {
    std::size_t threads = request_.options->threads;
    if (threads == 0) {
      std::size_t rows = 0;
      for (const Span& span : spans) rows += span.rows;
      const bool worth_it = rows * request_.shape.dimension * queries >= kProductsForThreads;
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
