#include "primitives/kv/kv.h"

#include <charconv>

#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "kernel/store.h"
#include "primitives/kv/kv_payload.h"
#include "primitives/kv/kv_primitive.h"

namespace varve {

namespace {

absl::Status CheckKey(std::string_view key) {
  if (key.size() < kKeyBytesMin) {
    return InvalidArgument("the KV key is empty: keys have ", kKeyBytesMin, " to ", kKeyBytesMax,
                           " bytes");
  }
  if (key.size() > kKeyBytesMax) {
    return ResourceExhausted("the KV key has ", key.size(), " bytes, more than the limit of ",
                             kKeyBytesMax, ": shorten it, or use a hash of it");
  }
  return absl::OkStatus();
}

absl::Status CheckValue(std::string_view key, std::string_view value) {
  if (value.size() > kValueBytesMax) {
    return ResourceExhausted("the KV value for a key of ", key.size(), " bytes has ", value.size(),
                             " bytes, more than the limit of ", kValueBytesMax,
                             ": split it over several keys");
  }
  return absl::OkStatus();
}

// The number that `text` is, all of it.
std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

// The lines of kKvExpiries whose moment is `now` or earlier.
KeyRange ExpiriesUpTo(Timestamp now) {
  constexpr std::uint64_t kForEver = ~std::uint64_t{0};
  if (now.micros() == kForEver) return KeyRange::All();
  return {.begin = {}, .end = kv::MakeExpiryKey(Timestamp(now.micros() + 1), {})};
}

// What a put adds to Transaction::bytes().
std::uint64_t PutEntryBytes(const KvPair& pair, bool has_run, bool has_expiry) {
  const std::size_t row_bytes = pair.value.size() + (has_expiry ? kv::RowLayout::kExpiryValueOffset
                                                                : kv::RowLayout::kPlainValueOffset);
  return RoundUpTo8(EntryLayout::kBytes + (has_run ? sizeof(RunId) : 0) +
                    kv::PutLayout::kKeyOffset + pair.key.size() + row_bytes);
}

}  // namespace

Kv::Kv(Transaction& transaction, const RunId& run)
    : reader_(&transaction), transaction_(&transaction), run_(run) {}

Kv::Kv(Reader& reader, const RunId& run) : reader_(&reader), transaction_(nullptr), run_(run) {}

absl::StatusOr<std::optional<KvRow>> Kv::Get(std::string_view key) const {
  VARVE_RETURN_IF_ERROR(CheckKey(key));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader_->Get(kKvRows, run_, key));
  if (!row.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const kv::RowImage image, kv::DecodeRow(row->value));
  if (image.expires.has_value() && *image.expires <= reader_->now()) return std::nullopt;
  return KvRow{.key = row->key,
               .value = image.value,
               .lsn = row->lsn,
               .commit_time = row->commit_time,
               .expires = image.expires};
}

absl::StatusOr<std::vector<std::optional<KvRow>>> Kv::GetMany(
    std::span<const std::string_view> keys) const {
  std::vector<std::optional<KvRow>> rows;
  rows.reserve(keys.size());
  for (const std::string_view key : keys) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<KvRow> row, Get(key));
    rows.push_back(row);
  }
  return rows;
}

absl::StatusOr<bool> Kv::Exists(std::string_view key) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<KvRow> row, Get(key));
  return row.has_value();
}

KvScan Kv::Scan(const KvScanOptions& options) const { return KvScan(*reader_, run_, options); }

absl::StatusOr<std::uint64_t> Kv::Count(const KvScanOptions& options) const {
  std::uint64_t count = 0;
  KvScan scan = Scan(options);
  for (; scan.valid(); scan.Next()) ++count;
  VARVE_RETURN_IF_ERROR(scan.status());
  return count;
}

absl::StatusOr<std::vector<KvVersion>> Kv::History(std::string_view key,
                                                   const KvHistoryOptions& options) const {
  VARVE_RETURN_IF_ERROR(CheckKey(key));
  if (options.limit == 0) {
    return InvalidArgument("a history with the limit 0 gives nothing: the least limit is 1");
  }
  std::vector<KvVersion> versions;
  absl::Status decoded;
  const auto take = [&](const Row& row, bool deleted) {
    // This transaction's own write has no LSN yet and comes before all that have one.
    const bool own_write = row.lsn == Lsn();
    if (options.before != kLsnMax && (own_write || row.lsn >= options.before)) return true;
    KvVersion version{.deleted = deleted, .lsn = row.lsn, .commit_time = row.commit_time};
    if (!deleted) {
      const absl::StatusOr<kv::RowImage> image = kv::DecodeRow(row.value);
      decoded = image.status();
      if (!decoded.ok()) return false;
      version.value = image->value;
      version.expires = image->expires;
    }
    versions.push_back(version);
    return versions.size() < options.limit;
  };
  VARVE_RETURN_IF_ERROR(reader_->History(kKvRows, run_, key, take));
  VARVE_RETURN_IF_ERROR(decoded);
  return versions;
}

absl::Status Kv::Put(std::string_view key, std::string_view value, const KvPutOptions& options) {
  VARVE_RETURN_IF_ERROR(CheckPut(key, value));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Timestamp> expires, ExpiryOf(options));
  return WritePut(key, value, expires);
}

absl::Status Kv::PutMany(std::span<const KvPair> pairs, const KvPutOptions& options) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_ASSIGN_OR_RETURN(const std::optional<Timestamp> expires, ExpiryOf(options));
  // All or none: whatever could refuse a later pair is asked before the first is written.
  std::uint64_t bytes = transaction_->bytes();
  for (const KvPair& pair : pairs) {
    VARVE_RETURN_IF_ERROR(CheckPut(pair.key, pair.value));
    bytes += PutEntryBytes(pair, !run_.is_nil(), expires.has_value());
  }
  if (bytes > kTransactionBytesMax) {
    return ResourceExhausted("PutMany: the transaction would hold ", bytes,
                             " bytes, more than the limit of ", kTransactionBytesMax,
                             ": commit in smaller steps");
  }
  for (const KvPair& pair : pairs) {
    VARVE_RETURN_IF_ERROR(WritePut(pair.key, pair.value, expires));
  }
  return absl::OkStatus();
}

absl::Status Kv::Delete(std::string_view key) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_RETURN_IF_ERROR(CheckKey(key));
  return transaction_->Write({.type = kKvDelete, .run = run_, .payload = key});
}

absl::StatusOr<bool> Kv::PutIfAbsent(std::string_view key, std::string_view value,
                                     const KvPutOptions& options) {
  return PutWhere(key, value, options,
                  [](const std::optional<KvRow>& row) { return !row.has_value(); });
}

absl::StatusOr<bool> Kv::CompareAndSet(std::string_view key, Lsn expected, std::string_view value,
                                       const KvPutOptions& options) {
  return PutWhere(key, value, options, [expected](const std::optional<KvRow>& row) {
    return row.has_value() && row->lsn == expected;
  });
}

absl::StatusOr<bool> Kv::CompareAndSet(std::string_view key, std::string_view expected,
                                       std::string_view value, const KvPutOptions& options) {
  return PutWhere(key, value, options, [expected](const std::optional<KvRow>& row) {
    return row.has_value() && row->value == expected;
  });
}

absl::StatusOr<std::int64_t> Kv::Increment(std::string_view key, std::int64_t amount) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_ASSIGN_OR_RETURN(const std::optional<KvRow> row, Get(key));
  std::int64_t sum = 0;
  if (row.has_value()) {
    const std::optional<std::int64_t> number = ParseNumber(row->value);
    if (!number.has_value()) {
      return FailedPrecondition("Increment: the value of ", row->value.size(),
                                " bytes is not a 64-bit decimal number such as -12");
    }
    sum = *number;
  }
  if (__builtin_add_overflow(sum, amount, &sum)) {
    return MakeStatus(absl::StatusCode::kOutOfRange, "Increment: ", row->value, " plus ",
                      std::to_string(amount), " leaves the range of 64-bit signed numbers");
  }
  const std::optional<Timestamp> expires = row.has_value() ? row->expires : std::nullopt;
  VARVE_RETURN_IF_ERROR(WritePut(key, std::to_string(sum), expires));
  return sum;
}

absl::StatusOr<KvSweep> Kv::SweepExpired(std::uint64_t limit) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  if (limit == 0) return InvalidArgument("a sweep with the limit 0 sweeps nothing");
  // The lines are copied: the writes below change the table that the scan reads.
  KvSweep sweep;
  std::vector<std::string> lines;
  const std::unique_ptr<RowScan> scan =
      reader_->Scan(kKvExpiries, run_, ExpiriesUpTo(reader_->now()));
  for (; scan->valid(); scan->Next()) {
    if (lines.size() == limit) {
      sweep.more = true;
      break;
    }
    lines.emplace_back(scan->row().key);
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  for (const std::string& line : lines) {
    VARVE_ASSIGN_OR_RETURN(const kv::ExpirePayload expire, kv::ParseExpiryKey(line));
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader_->Get(kKvRows, run_, expire.key));
    if (row.has_value()) {
      VARVE_ASSIGN_OR_RETURN(const kv::RowImage image, kv::DecodeRow(row->value));
      if (image.expires == expire.expires) ++sweep.deleted;
    }
    kv::EncodeExpire(payload_, expire.expires, expire.key);
    VARVE_RETURN_IF_ERROR(
        transaction_->Write({.type = kKvExpire, .run = run_, .payload = payload_}));
  }
  return sweep;
}

absl::Status Kv::CheckWritable() const {
  if (transaction_ == nullptr) {
    return FailedPrecondition("this Kv is on a read-only view: write through one on a Transaction");
  }
  return absl::OkStatus();
}

absl::Status Kv::CheckPut(std::string_view key, std::string_view value) const {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_RETURN_IF_ERROR(CheckKey(key));
  return CheckValue(key, value);
}

absl::StatusOr<std::optional<Timestamp>> Kv::ExpiryOf(const KvPutOptions& options) const {
  if (!options.ttl.has_value()) return options.expires;
  if (options.expires.has_value()) {
    return InvalidArgument("KvPutOptions holds both `expires` and `ttl`: set one of them");
  }
  if (options.ttl->count() <= 0) {
    return InvalidArgument("KvPutOptions::ttl is not above zero: delete the key instead");
  }
  const auto ttl = static_cast<std::uint64_t>(options.ttl->count());
  return Timestamp(reader_->now().micros() + ttl);
}

absl::Status Kv::WritePut(std::string_view key, std::string_view value,
                          std::optional<Timestamp> expires) {
  kv::EncodePut(payload_, key, expires, value);
  return transaction_->Write({.type = kKvPut, .run = run_, .payload = payload_});
}

absl::StatusOr<bool> Kv::PutWhere(std::string_view key, std::string_view value,
                                  const KvPutOptions& options,
                                  absl::FunctionRef<bool(const std::optional<KvRow>&)> holds) {
  VARVE_RETURN_IF_ERROR(CheckPut(key, value));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Timestamp> expires, ExpiryOf(options));
  VARVE_ASSIGN_OR_RETURN(const std::optional<KvRow> row, Get(key));
  if (!holds(row)) return false;
  VARVE_RETURN_IF_ERROR(WritePut(key, value, expires));
  return true;
}

absl::StatusOr<std::optional<KvCopy>> Kv::GetAt(Store& store, std::string_view key, Lsn at,
                                                const RunId& run) {
  VARVE_RETURN_IF_ERROR(CheckKey(key));
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.AsOf(at));
  VARVE_ASSIGN_OR_RETURN(const std::optional<KvRow> row, Kv(view, run).Get(key));
  if (!row.has_value()) return std::nullopt;
  return KvCopy{.value = std::string(row->value),
                .lsn = row->lsn,
                .commit_time = row->commit_time,
                .expires = row->expires};
}

}  // namespace varve
