// Collections and their rows. Search: vector_search.cc.
#include "primitives/vector/vector.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/varve_vector.h"

namespace varve_c {
namespace {

absl::Status CheckCollection(const void* handle, const char* handle_name,
                             const varve_slice& collection) {
  return Arguments().Given(handle, handle_name).Bytes(collection, "collection").status();
}

Vectors VectorsOf(const varve_txn* txn, const varve_uuid* run) {
  return Vectors(*txn->transaction, RunOf(run));
}
Vectors VectorsOf(const varve_reader* reader, const varve_uuid* run) {
  return Vectors(*reader->reader, RunOf(run));
}

void FillCollection(const VectorCollection& known, varve_collection& item,
                    Listing<varve_collection>& /*listing*/) {
  item.name = SliceOf(known.name);
  item.dimension = known.shape.dimension;
  item.metric = static_cast<int32_t>(known.shape.metric);
  item.created = known.created.value();
  item.created_time = known.created_time.micros();
}

void FillRow(const VectorRow& known, varve_vector_row& item,
             Listing<varve_vector_row>& /*listing*/) {
  item.key = SliceOf(known.key);
  item.vector = known.vector.empty() ? nullptr : known.vector.data();
  item.dimension = known.vector.size();
  item.metadata = SliceOf(known.metadata);
  item.lsn = known.lsn.value();
  item.commit_time = known.commit_time.micros();
}

// The rows of a batch as C hands them over.
struct Batch {
  const varve_slice* keys;
  const float* vectors;
  std::size_t dimension;
  const varve_slice* metadata;  // may be null
  std::size_t count;
};

absl::StatusOr<std::vector<VectorItem>> ItemsOf(const Batch& batch) {
  VARVE_RETURN_IF_ERROR(Arguments().Slices(batch.keys, batch.count, "keys").status());
  if (batch.metadata != nullptr) {
    VARVE_RETURN_IF_ERROR(Arguments().Slices(batch.metadata, batch.count, "metadata").status());
  }
  if (batch.dimension == 0 || batch.dimension > kVectorDimensionMax) {
    return InvalidArgument("argument dimension is ", batch.dimension, ", not 1 to ",
                           kVectorDimensionMax);
  }
  if (batch.count != 0) VARVE_RETURN_IF_ERROR(Arguments().Given(batch.vectors, "vectors").status());
  std::vector<VectorItem> items;
  items.reserve(batch.count);
  for (std::size_t i = 0; i < batch.count; ++i) {
    items.push_back({TextOf(batch.keys[i]),
                     {batch.vectors + i * batch.dimension, batch.dimension},
                     batch.metadata == nullptr ? std::string_view() : TextOf(batch.metadata[i])});
  }
  return items;
}

// Which of the three that take a batch.
using BatchCall = absl::Status (Vectors::*)(std::string_view, std::span<const VectorItem>);

varve_status WriteMany(const varve_txn* txn, const varve_uuid* run, const varve_slice& collection,
                       const Batch& batch, BatchCall call, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCollection(txn, "txn", collection));
    VARVE_ASSIGN_OR_RETURN(const std::vector<VectorItem> items, ItemsOf(batch));
    return (VectorsOf(txn, run).*call)(TextOf(collection), items);
  });
}

}  // namespace

extern "C" {

const varve_collection* varve_result_collection(const varve_result* result, size_t index) {
  return ItemOf<varve_collection>(result, index);
}

const varve_vector_row* varve_result_vector_row(const varve_result* result, size_t index) {
  return ItemOf<varve_vector_row>(result, index);
}

varve_status varve_vector_create(varve_txn* txn, const varve_uuid* run, varve_slice collection,
                                 size_t dimension, int32_t metric, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCollection(txn, "txn", collection));
    if (metric < VARVE_METRIC_COSINE || metric > VARVE_METRIC_L2) {
      return InvalidArgument("argument metric is no VARVE_METRIC_...");
    }
    return VectorsOf(txn, run).Create(TextOf(collection),
                                      {dimension, static_cast<VectorMetric>(metric)});
  });
}

varve_status varve_vector_drop(varve_txn* txn, const varve_uuid* run, varve_slice collection,
                               varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCollection(txn, "txn", collection));
    return VectorsOf(txn, run).Drop(TextOf(collection));
  });
}

varve_status varve_vector_describe(varve_reader* reader, const varve_uuid* run,
                                   varve_slice collection, varve_result** info,
                                   varve_error** error) {
  if (info != nullptr) *info = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCollection(reader, "reader", collection));
    VARVE_RETURN_IF_ERROR(Arguments().Given(info, "info").status());
    VARVE_ASSIGN_OR_RETURN(std::optional<VectorCollection> known,
                           VectorsOf(reader, run).Info(TextOf(collection)));
    *info = ListOf<varve_collection>(std::move(known), FillCollection).release();
    return absl::OkStatus();
  });
}

varve_status varve_vector_list(varve_reader* reader, const varve_uuid* run, varve_slice after,
                               uint64_t limit, varve_result** infos, varve_error** error) {
  if (infos != nullptr) *infos = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(reader, "reader").Bytes(after, "after").Given(infos, "infos").status());
    const std::uint64_t wanted = LimitOf(limit);
    VARVE_ASSIGN_OR_RETURN(std::vector<VectorCollection> known,
                           VectorsOf(reader, run).List(TextOf(after), OneMore(wanted)));
    const bool more = CutPage(known, wanted);
    const std::string last = known.empty() ? "" : known.back().name;
    GivePage(ListOf<varve_collection>(std::move(known), FillCollection), more, last, infos);
    return absl::OkStatus();
  });
}

varve_status varve_vector_insert(varve_txn* txn, const varve_uuid* run, varve_slice collection,
                                 const varve_slice* keys, const float* vectors, size_t dimension,
                                 const varve_slice* metadata, size_t count, varve_error** error) {
  return WriteMany(txn, run, collection, {keys, vectors, dimension, metadata, count},
                   &Vectors::InsertMany, error);
}

varve_status varve_vector_upsert(varve_txn* txn, const varve_uuid* run, varve_slice collection,
                                 const varve_slice* keys, const float* vectors, size_t dimension,
                                 const varve_slice* metadata, size_t count, varve_error** error) {
  return WriteMany(txn, run, collection, {keys, vectors, dimension, metadata, count},
                   &Vectors::UpsertMany, error);
}

varve_status varve_vector_update(varve_txn* txn, const varve_uuid* run, varve_slice collection,
                                 const varve_slice* keys, const float* vectors, size_t dimension,
                                 size_t count, varve_error** error) {
  return WriteMany(txn, run, collection, {keys, vectors, dimension, nullptr, count},
                   &Vectors::UpdateMany, error);
}

varve_status varve_vector_set_metadata(varve_txn* txn, const varve_uuid* run,
                                       varve_slice collection, varve_slice key,
                                       varve_slice metadata, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCollection(txn, "txn", collection));
    VARVE_RETURN_IF_ERROR(Arguments().Bytes(key, "key").Bytes(metadata, "metadata").status());
    return VectorsOf(txn, run).SetMetadata(TextOf(collection), TextOf(key), TextOf(metadata));
  });
}

varve_status varve_vector_delete(varve_txn* txn, const varve_uuid* run, varve_slice collection,
                                 const varve_slice* keys, size_t count, uint64_t* deleted,
                                 varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCollection(txn, "txn", collection));
    VARVE_RETURN_IF_ERROR(Arguments().Slices(keys, count, "keys").status());
    VARVE_ASSIGN_OR_RETURN(
        const std::uint64_t known,
        VectorsOf(txn, run).DeleteMany(TextOf(collection), TextsOf(keys, count)));
    GiveTo(deleted, known);
    return absl::OkStatus();
  });
}

varve_status varve_vector_get(varve_reader* reader, const varve_uuid* run, varve_slice collection,
                              const varve_slice* keys, size_t count, varve_result** rows,
                              varve_error** error) {
  if (rows != nullptr) *rows = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCollection(reader, "reader", collection));
    VARVE_RETURN_IF_ERROR(Arguments().Slices(keys, count, "keys").Given(rows, "rows").status());
    VARVE_ASSIGN_OR_RETURN(
        std::vector<std::optional<VectorRow>> known,
        VectorsOf(reader, run).GetMany(TextOf(collection), TextsOf(keys, count)));
    *rows = ListOf<varve_vector_row>(std::move(known), FillRow).release();
    return absl::OkStatus();
  });
}

varve_status varve_vector_scan(varve_reader* reader, const varve_uuid* run, varve_slice collection,
                               const varve_vector_scan_options* options, varve_result** rows,
                               varve_error** error) {
  if (rows != nullptr) *rows = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCollection(reader, "reader", collection));
    VARVE_RETURN_IF_ERROR(Arguments().Given(rows, "rows").status());
    VARVE_ASSIGN_OR_RETURN(const varve_vector_scan_options taken, Take(options, "options"));
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Bytes(taken.prefix, "options.prefix")
                              .Bytes(taken.after, "options.after")
                              .status());
    const std::uint64_t limit = LimitOf(taken.limit);
    VARVE_ASSIGN_OR_RETURN(
        std::vector<VectorRow> known,
        VectorsOf(reader, run)
            .Scan(TextOf(collection), {TextOf(taken.prefix), TextOf(taken.after), OneMore(limit),
                                       taken.include_vectors != 0}));
    const bool more = CutPage(known, limit);
    const std::string last = known.empty() ? "" : known.back().key;
    GivePage(ListOf<varve_vector_row>(std::move(known), FillRow), more, last, rows);
    return absl::OkStatus();
  });
}

varve_status varve_vector_count(varve_reader* reader, const varve_uuid* run, varve_slice collection,
                                uint64_t* count, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCollection(reader, "reader", collection));
    VARVE_RETURN_IF_ERROR(Arguments().Given(count, "count").status());
    VARVE_ASSIGN_OR_RETURN(*count, VectorsOf(reader, run).Count(TextOf(collection)));
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
