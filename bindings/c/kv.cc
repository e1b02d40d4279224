#include "primitives/kv/kv.h"

#include "bindings/c/answer.h"
#include "bindings/c/cursor.h"
#include "bindings/c/handles.h"
#include "bindings/c/varve_kv.h"

namespace varve_c {
namespace {

varve_kv_row RowOf(const KvRow& known) {
  varve_kv_row row{};
  row.struct_size = sizeof(row);
  row.key = SliceOf(known.key);
  row.value = SliceOf(known.value);
  row.lsn = known.lsn.value();
  row.commit_time = known.commit_time.micros();
  row.expires = known.expires.value_or(Timestamp()).micros();
  return row;
}

void FillVersion(const KvVersion& known, varve_kv_row& row, Listing<varve_kv_row>& /*listing*/) {
  row.value = SliceOf(known.value);
  row.lsn = known.lsn.value();
  row.commit_time = known.commit_time.micros();
  row.expires = known.expires.value_or(Timestamp()).micros();
  row.deleted = known.deleted ? 1 : 0;
}

absl::StatusOr<KvPutOptions> PutOptionsOf(const varve_kv_put_options* given) {
  KvPutOptions options;
  if (given == nullptr) return options;
  VARVE_ASSIGN_OR_RETURN(const varve_kv_put_options taken, Take(given, "options"));
  if (taken.expires != 0) options.expires = Timestamp(taken.expires);
  if (taken.ttl_us != 0) options.ttl = MicrosecondsOf(taken.ttl_us);
  return options;
}

absl::StatusOr<KvScanOptions> ScanOptionsOf(const varve_kv_scan_options* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_kv_scan_options taken, Take(given, "options"));
  VARVE_RETURN_IF_ERROR(Arguments()
                            .Bytes(taken.prefix, "options.prefix")
                            .Bytes(taken.begin, "options.begin")
                            .Bytes(taken.end, "options.end")
                            .Bytes(taken.cursor, "options.cursor")
                            .status());
  KvScanOptions options;
  options.prefix = TextOf(taken.prefix);
  options.begin = TextOf(taken.begin);
  options.end = TextOf(taken.end);
  options.reverse = taken.reverse != 0;
  options.limit = LimitOf(taken.limit, options.limit);
  options.cursor = TextOf(taken.cursor);
  return options;
}

// What every put has in common.
absl::Status CheckPut(const varve_txn* txn, const varve_slice& key, const varve_slice& value) {
  return Arguments().Given(txn, "txn").Bytes(key, "key").Bytes(value, "value").status();
}

}  // namespace

extern "C" {

const varve_kv_row* varve_result_kv_row(const varve_result* result, size_t index) {
  return ItemOf<varve_kv_row>(result, index);
}

const varve_kv_row* varve_cursor_kv_row(const varve_cursor* cursor) {
  if (cursor == nullptr || cursor->out_of_memory) return nullptr;
  const auto* scan = std::get_if<KvScan>(&cursor->scan);
  if (scan == nullptr || !scan->valid()) return nullptr;
  return &cursor->item.emplace<varve_kv_row>(RowOf(scan->row()));
}

varve_status varve_kv_get(varve_reader* reader, const varve_uuid* run, varve_slice key,
                          varve_kv_row* row, varve_bool* found, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Given(reader, "reader")
                              .Bytes(key, "key")
                              .Out(row, "row")
                              .Given(found, "found")
                              .status());
    VARVE_ASSIGN_OR_RETURN(const std::optional<KvRow> known,
                           Kv(*reader->reader, RunOf(run)).Get(TextOf(key)));
    *found = known.has_value() ? 1 : 0;
    if (known.has_value()) GiveStruct(RowOf(*known), row);
    return absl::OkStatus();
  });
}

varve_status varve_kv_get_many(varve_reader* reader, const varve_uuid* run, const varve_slice* keys,
                               size_t count, varve_result** rows, varve_error** error) {
  if (rows != nullptr) *rows = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Given(reader, "reader")
                              .Slices(keys, count, "keys")
                              .Given(rows, "rows")
                              .status());
    VARVE_ASSIGN_OR_RETURN(std::vector<std::optional<KvRow>> known,
                           Kv(*reader->reader, RunOf(run)).GetMany(TextsOf(keys, count)));
    // The keys belong to the caller and may be gone before the result is.
    *rows = ListOf<varve_kv_row>(std::move(known), [](const KvRow& each, varve_kv_row& row,
                                                      Listing<varve_kv_row>& listing) {
              row = RowOf(each);
              row.key = listing.Keep(std::string(each.key));
            }).release();
    return absl::OkStatus();
  });
}

varve_status varve_kv_exists(varve_reader* reader, const varve_uuid* run, varve_slice key,
                             varve_bool* exists, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(reader, "reader").Bytes(key, "key").Given(exists, "exists").status());
    VARVE_ASSIGN_OR_RETURN(const bool known, Kv(*reader->reader, RunOf(run)).Exists(TextOf(key)));
    *exists = known ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_kv_scan(varve_reader* reader, const varve_uuid* run,
                           const varve_kv_scan_options* options, varve_cursor** cursor,
                           varve_error** error) {
  if (cursor != nullptr) *cursor = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(cursor, "cursor").status());
    VARVE_ASSIGN_OR_RETURN(const KvScanOptions taken, ScanOptionsOf(options));
    *cursor = new varve_cursor(Kv(*reader->reader, RunOf(run)).Scan(taken));
    return absl::OkStatus();
  });
}

varve_status varve_kv_count(varve_reader* reader, const varve_uuid* run,
                            const varve_kv_scan_options* options, uint64_t* count,
                            varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(count, "count").status());
    VARVE_ASSIGN_OR_RETURN(const KvScanOptions taken, ScanOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(*count, Kv(*reader->reader, RunOf(run)).Count(taken));
    return absl::OkStatus();
  });
}

varve_status varve_kv_history(varve_reader* reader, const varve_uuid* run, varve_slice key,
                              uint64_t before, uint64_t limit, varve_result** versions,
                              varve_error** error) {
  if (versions != nullptr) *versions = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(reader, "reader").Bytes(key, "key").Given(versions, "versions").status());
    KvHistoryOptions options;
    const std::uint64_t wanted = LimitOf(limit, options.limit);
    options.limit = OneMore(wanted);
    if (before != 0) options.before = Lsn(before);
    VARVE_ASSIGN_OR_RETURN(std::vector<KvVersion> known,
                           Kv(*reader->reader, RunOf(run)).History(TextOf(key), options));
    const bool more = CutPage(known, wanted);
    *versions = ListOf<varve_kv_row>(std::move(known), FillVersion).release();
    (*versions)->more = more;
    return absl::OkStatus();
  });
}

varve_status varve_kv_put(varve_txn* txn, const varve_uuid* run, varve_slice key, varve_slice value,
                          const varve_kv_put_options* options, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPut(txn, key, value));
    VARVE_ASSIGN_OR_RETURN(const KvPutOptions taken, PutOptionsOf(options));
    return Kv(*txn->transaction, RunOf(run)).Put(TextOf(key), TextOf(value), taken);
  });
}

varve_status varve_kv_put_many(varve_txn* txn, const varve_uuid* run, const varve_slice* keys,
                               const varve_slice* values, size_t count,
                               const varve_kv_put_options* options, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Given(txn, "txn")
                              .Slices(keys, count, "keys")
                              .Slices(values, count, "values")
                              .status());
    VARVE_ASSIGN_OR_RETURN(const KvPutOptions taken, PutOptionsOf(options));
    std::vector<KvPair> pairs;
    pairs.reserve(count);
    for (std::size_t i = 0; i < count; ++i) pairs.push_back({TextOf(keys[i]), TextOf(values[i])});
    return Kv(*txn->transaction, RunOf(run)).PutMany(pairs, taken);
  });
}

varve_status varve_kv_delete(varve_txn* txn, const varve_uuid* run, varve_slice key,
                             varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Bytes(key, "key").status());
    return Kv(*txn->transaction, RunOf(run)).Delete(TextOf(key));
  });
}

varve_status varve_kv_put_if_absent(varve_txn* txn, const varve_uuid* run, varve_slice key,
                                    varve_slice value, const varve_kv_put_options* options,
                                    varve_bool* written, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPut(txn, key, value));
    VARVE_RETURN_IF_ERROR(Arguments().Given(written, "written").status());
    VARVE_ASSIGN_OR_RETURN(const KvPutOptions taken, PutOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(
        const bool known,
        Kv(*txn->transaction, RunOf(run)).PutIfAbsent(TextOf(key), TextOf(value), taken));
    *written = known ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_kv_compare_and_set(varve_txn* txn, const varve_uuid* run, varve_slice key,
                                      uint64_t expected, varve_slice value,
                                      const varve_kv_put_options* options, varve_bool* written,
                                      varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPut(txn, key, value));
    VARVE_RETURN_IF_ERROR(Arguments().Given(written, "written").status());
    VARVE_ASSIGN_OR_RETURN(const KvPutOptions taken, PutOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(const bool known,
                           Kv(*txn->transaction, RunOf(run))
                               .CompareAndSet(TextOf(key), Lsn(expected), TextOf(value), taken));
    *written = known ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_kv_compare_value_and_set(varve_txn* txn, const varve_uuid* run, varve_slice key,
                                            varve_slice expected, varve_slice value,
                                            const varve_kv_put_options* options,
                                            varve_bool* written, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPut(txn, key, value));
    VARVE_RETURN_IF_ERROR(
        Arguments().Bytes(expected, "expected").Given(written, "written").status());
    VARVE_ASSIGN_OR_RETURN(const KvPutOptions taken, PutOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(const bool known,
                           Kv(*txn->transaction, RunOf(run))
                               .CompareAndSet(TextOf(key), TextOf(expected), TextOf(value), taken));
    *written = known ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_kv_increment(varve_txn* txn, const varve_uuid* run, varve_slice key,
                                int64_t amount, int64_t* sum, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Bytes(key, "key").status());
    VARVE_ASSIGN_OR_RETURN(const std::int64_t known,
                           Kv(*txn->transaction, RunOf(run)).Increment(TextOf(key), amount));
    GiveTo(sum, known);
    return absl::OkStatus();
  });
}

varve_status varve_kv_sweep_expired(varve_txn* txn, const varve_uuid* run, uint64_t limit,
                                    uint64_t* deleted, varve_bool* more, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").status());
    VARVE_ASSIGN_OR_RETURN(const KvSweep known,
                           Kv(*txn->transaction, RunOf(run)).SweepExpired(LimitOf(limit)));
    GiveTo(deleted, known.deleted);
    GiveTo(more, known.more ? 1 : 0);
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
