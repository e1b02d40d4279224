// Search. Collections and their rows: vector.cc.
#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/varve_vector.h"
#include "primitives/vector/vector.h"

namespace varve_c {
namespace {

void FillHit(const VectorHit& known, varve_vector_row& item,
             Listing<varve_vector_row>& /*listing*/) {
  item.key = SliceOf(known.key);
  item.vector = known.vector.empty() ? nullptr : known.vector.data();
  item.dimension = known.vector.size();
  item.metadata = SliceOf(known.metadata);
  item.score = known.score;
}

absl::StatusOr<VectorSearchOptions> SearchOptionsOf(const varve_search_options* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_search_options taken, Take(given, "options"));
  VARVE_RETURN_IF_ERROR(Arguments().Bytes(taken.filter, "options.filter").status());
  VectorSearchOptions options;
  if (taken.k != 0) options.k = taken.k;
  if (taken.has_threshold != 0) options.threshold = taken.threshold;
  if (taken.filter.size != 0) {
    VARVE_ASSIGN_OR_RETURN(options.filter, VectorFilter::Parse(TextOf(taken.filter)));
  }
  options.include_vectors = taken.include_vectors != 0;
  options.include_metadata = taken.omit_metadata == 0;
  options.threads = taken.threads;
  options.guard_collection = taken.unguarded == 0;
  return options;
}

absl::Status CheckQueries(const varve_reader* reader, const varve_slice& collection,
                          const float* queries, std::size_t dimension) {
  VARVE_RETURN_IF_ERROR(Arguments()
                            .Given(reader, "reader")
                            .Bytes(collection, "collection")
                            .Given(queries, "the query")
                            .status());
  if (dimension == 0 || dimension > kVectorDimensionMax) {
    return InvalidArgument("argument dimension is ", dimension, ", not 1 to ", kVectorDimensionMax);
  }
  return absl::OkStatus();
}

// SearchMany knows how many queries there are only from the collection's own dimension.
absl::Status CheckDimension(const Vectors& vectors, std::string_view collection,
                            std::size_t dimension) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<VectorCollection> known, vectors.Info(collection));
  if (!known.has_value() || known->shape.dimension == dimension) return absl::OkStatus();
  return InvalidArgument("the queries have ", dimension, " components, the vectors of ", collection,
                         " have ", known->shape.dimension);
}

}  // namespace

extern "C" {

varve_status varve_vector_search(varve_reader* reader, const varve_uuid* run,
                                 varve_slice collection, const float* query, size_t dimension,
                                 const varve_search_options* options, varve_result** hits,
                                 varve_error** error) {
  if (hits != nullptr) *hits = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckQueries(reader, collection, query, dimension));
    VARVE_RETURN_IF_ERROR(Arguments().Given(hits, "hits").status());
    VARVE_ASSIGN_OR_RETURN(const VectorSearchOptions taken, SearchOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(
        std::vector<VectorHit> known,
        Vectors(*reader->reader, RunOf(run)).Search(TextOf(collection), {query, dimension}, taken));
    *hits = ListOf<varve_vector_row>(std::move(known), FillHit).release();
    return absl::OkStatus();
  });
}

varve_status varve_vector_search_many(varve_reader* reader, const varve_uuid* run,
                                      varve_slice collection, const float* queries,
                                      size_t dimension, size_t query_count,
                                      const varve_search_options* options, size_t* counts,
                                      varve_slice* keys, float* scores, varve_result** hits,
                                      varve_error** error) {
  if (hits != nullptr) *hits = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckQueries(reader, collection, queries, dimension));
    VARVE_RETURN_IF_ERROR(Arguments().Given(counts, "counts").Given(hits, "hits").status());
    if (query_count == 0 || query_count > kVectorSearchQueriesMax) {
      return InvalidArgument("argument query_count is ", query_count, ", not 1 to ",
                             kVectorSearchQueriesMax);
    }
    VARVE_ASSIGN_OR_RETURN(const VectorSearchOptions taken, SearchOptionsOf(options));
    const Vectors vectors(*reader->reader, RunOf(run));
    VARVE_RETURN_IF_ERROR(CheckDimension(vectors, TextOf(collection), dimension));
    VARVE_ASSIGN_OR_RETURN(
        std::vector<std::vector<VectorHit>> known,
        vectors.SearchMany(TextOf(collection), {queries, query_count * dimension}, taken));
    auto listing = std::make_unique<Listing<varve_vector_row>>();
    for (std::size_t i = 0; i < known.size(); ++i) {
      const std::vector<VectorHit>& found = listing->KeepSource(std::move(known[i]));
      counts[i] = found.size();
      for (std::size_t j = 0; j < found.size(); ++j) {
        FillHit(found[j], listing->Add(), *listing);
        if (keys != nullptr) keys[i * taken.k + j] = SliceOf(found[j].key);
        if (scores != nullptr) scores[i * taken.k + j] = found[j].score;
      }
    }
    *hits = listing.release();
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
