// The materialized store against bare LMDB doing the same work in the same process: 16-byte keys,
// 100-byte values. `Bare` cases verify a checksum of their own, as the store does.
#include <benchmark/benchmark.h>
#include <lmdb.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/table/materialized_store.h"

namespace varve::table {
namespace {

constexpr std::size_t kValueBytes = 100;

// VARVE_BENCH_ROWS=1000000 for the canonical figures; small by default so that it runs as a test.
std::uint64_t Rows() {
  const char* const rows = std::getenv("VARVE_BENCH_ROWS");
  return rows == nullptr ? 20000 : std::strtoull(rows, nullptr, 10);
}

std::string KeyOf(std::uint64_t i) {
  std::string key = "\x01\x01";  // table
  key.push_back('\0');           // nil run
  std::string digits = std::to_string(i);
  key.append(13 - digits.size(), '0').append(digits);
  return key;
}

// Ascending rows, or a sorted random choice of them.
class NumberedRows final : public VersionStream {
 public:
  NumberedRows(std::vector<std::uint64_t> numbers, Lsn lsn)
      : numbers_(std::move(numbers)), lsn_(lsn), value_(kValueBytes, 'v') {}
  bool Next() override {
    if (next_ == numbers_.size()) return false;
    key_ = KeyOf(numbers_[next_++]);
    given_ = false;
    return true;
  }
  std::string_view row_key() const override { return key_; }
  std::optional<RowVersion> NextVersion() override {
    if (given_) return std::nullopt;
    given_ = true;
    return RowVersion{lsn_, Timestamp(lsn_.value()), false, value_};
  }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const std::vector<std::uint64_t> numbers_;
  const Lsn lsn_;
  const std::string value_;
  std::string key_;
  std::size_t next_ = 0;
  bool given_ = false;
};

std::vector<std::uint64_t> AllRows() {
  std::vector<std::uint64_t> numbers(Rows());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  return numbers;
}

std::vector<std::uint64_t> SortedChoice(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < Rows() / 10; ++i) numbers.push_back(random() % Rows());
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

class Folder final {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "varve_lmdb_bench") {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string File() const { return path_ / "state.mdb"; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<MaterializedStore> MakeStore(const Folder& folder, bool filled) {
  VARVE_CHECK(CreateLmdbFile(PosixFileSystem(), folder.File(), AppliedMark{}).ok());
  auto store = OpenLmdbStore(folder.File(), {});
  VARVE_CHECK(store.ok());
  if (filled) {
    NumberedRows rows(AllRows(), Lsn(1));
    VARVE_CHECK((*store)->Checkpoint(rows, AppliedMark{Uuid(), Lsn(1), Timestamp(1), Lsn()}).ok());
  }
  return *std::move(store);
}

// LMDB alone, default flags, one transaction open.
class Bare final {
 public:
  explicit Bare(const Folder& folder) {
    VARVE_CHECK(mdb_env_create(&environment_) == 0);
    VARVE_CHECK(mdb_env_set_mapsize(environment_, std::size_t{1} << 36) == 0);
    const std::string path = folder.File();
    VARVE_CHECK(mdb_env_open(environment_, path.c_str(), MDB_NOSUBDIR | MDB_NOTLS, 0644) == 0);
    MDB_txn* transaction = Begin(0);
    VARVE_CHECK(mdb_dbi_open(transaction, nullptr, 0, &rows_) == 0);
    mdb_txn_abort(transaction);
  }
  ~Bare() { mdb_env_close(environment_); }
  MDB_txn* Begin(unsigned flags) {
    MDB_txn* transaction = nullptr;
    VARVE_CHECK(mdb_txn_begin(environment_, nullptr, flags, &transaction) == 0);
    return transaction;
  }
  // Each value ends with the checksum of key and value.
  void Write(const std::vector<std::uint64_t>& numbers, unsigned flags) {
    MDB_txn* transaction = Begin(0);
    MDB_cursor* cursor = nullptr;
    VARVE_CHECK(mdb_cursor_open(transaction, rows_, &cursor) == 0);
    const std::string plain(kValueBytes + 16, 'v');
    for (const std::uint64_t number : numbers) {
      const std::string key = KeyOf(number);
      std::string value = plain;
      AppendLittleEndian(value, ExtendCrc32c(Crc32c(key), plain));
      MDB_val put_key{key.size(), const_cast<char*>(key.data())};
      MDB_val put_value{value.size(), value.data()};
      VARVE_CHECK(mdb_cursor_put(cursor, &put_key, &put_value, flags) == 0);
    }
    mdb_cursor_close(cursor);
    VARVE_CHECK(mdb_txn_commit(transaction) == 0);
  }
  MDB_dbi rows() const { return rows_; }

 private:
  MDB_env* environment_ = nullptr;
  MDB_dbi rows_ = 0;
};

bool BareIsSound(const MDB_val& key, const MDB_val& value) {
  const std::string_view bytes(static_cast<const char*>(value.mv_data), value.mv_size - 4);
  const std::string_view key_bytes(static_cast<const char*>(key.mv_data), key.mv_size);
  return ExtendCrc32c(Crc32c(key_bytes), bytes) ==
         LoadLittleEndian<std::uint32_t>(bytes.data() + bytes.size());
}

std::vector<std::string> RandomKeys() {
  std::mt19937_64 random(3);
  std::vector<std::string> keys;
  for (int i = 0; i < 100000; ++i) keys.push_back(KeyOf(random() % Rows()));
  return keys;
}

void BM_GetBare(benchmark::State& state) {
  const Folder folder;
  Bare bare(folder);
  bare.Write(AllRows(), MDB_APPEND);
  const std::vector<std::string> keys = RandomKeys();
  MDB_txn* transaction = bare.Begin(MDB_RDONLY);
  std::size_t i = 0;
  for (auto _ : state) {
    const std::string& wanted = keys[i++ % keys.size()];
    MDB_val key{wanted.size(), const_cast<char*>(wanted.data())};
    MDB_val value;
    VARVE_CHECK(mdb_get(transaction, bare.rows(), &key, &value) == 0);
    VARVE_CHECK(BareIsSound(key, value));
  }
  mdb_txn_abort(transaction);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_GetBare);

void BM_Get(benchmark::State& state) {
  const Folder folder;
  const auto store = MakeStore(folder, true);
  const std::vector<std::string> keys = RandomKeys();
  const auto reader = store->OpenReader();
  std::size_t i = 0;
  for (auto _ : state) {
    const auto found = (*reader)->Get(keys[i++ % keys.size()], kLsnMax);
    VARVE_CHECK(found.ok() && found->has_value());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Get);

void BM_OpenReader(benchmark::State& state) {
  const Folder folder;
  const auto store = MakeStore(folder, true);
  for (auto _ : state) benchmark::DoNotOptimize(store->OpenReader());
}
BENCHMARK(BM_OpenReader);

void BM_ScanBare(benchmark::State& state) {
  const bool verify = state.range(0) != 0;
  const Folder folder;
  Bare bare(folder);
  bare.Write(AllRows(), MDB_APPEND);
  MDB_txn* transaction = bare.Begin(MDB_RDONLY);
  MDB_cursor* cursor = nullptr;
  VARVE_CHECK(mdb_cursor_open(transaction, bare.rows(), &cursor) == 0);
  for (auto _ : state) {
    MDB_val key;
    MDB_val value;
    std::uint64_t count = 0;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; code == 0; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
      if (verify) VARVE_CHECK(BareIsSound(key, value));
      count += value.mv_size;
    }
    benchmark::DoNotOptimize(count);
  }
  mdb_cursor_close(cursor);
  mdb_txn_abort(transaction);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Rows()));
}
BENCHMARK(BM_ScanBare)->ArgName("verify")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void BM_Scan(benchmark::State& state) {
  const Folder folder;
  const auto store = MakeStore(folder, true);
  const auto reader = store->OpenReader();
  for (auto _ : state) {
    std::uint64_t count = 0;
    const auto cursor = (*reader)->NewCursor(kLsnMax);
    for (cursor->SeekAtOrAfter({}); cursor->valid(); cursor->Next()) {
      count += cursor->version().value.size();
    }
    VARVE_CHECK(count == Rows() * kValueBytes);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Rows()));
}
BENCHMARK(BM_Scan)->Unit(benchmark::kMillisecond);

void BM_LoadAscendingBare(benchmark::State& state) {
  for (auto _ : state) {
    const Folder folder;
    Bare bare(folder);
    bare.Write(AllRows(), MDB_APPEND);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Rows()));
}
BENCHMARK(BM_LoadAscendingBare)->Unit(benchmark::kMillisecond);

void BM_LoadAscending(benchmark::State& state) {
  for (auto _ : state) {
    const Folder folder;
    MakeStore(folder, true);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Rows()));
}
BENCHMARK(BM_LoadAscending)->Unit(benchmark::kMillisecond);

void BM_UpdateSortedBare(benchmark::State& state) {
  const Folder folder;
  Bare bare(folder);
  bare.Write(AllRows(), MDB_APPEND);
  std::uint64_t seed = 0;
  for (auto _ : state) bare.Write(SortedChoice(++seed), 0);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Rows() / 10));
}
BENCHMARK(BM_UpdateSortedBare)->Unit(benchmark::kMillisecond);

// A checkpoint of a tenth of all rows, chosen at random. Counters: what the file then takes.
void BM_UpdateSorted(benchmark::State& state) {
  const Folder folder;
  const auto store = MakeStore(folder, true);
  std::uint64_t lsn = 1;
  for (auto _ : state) {
    ++lsn;
    NumberedRows rows(SortedChoice(lsn), Lsn(lsn));
    VARVE_CHECK(store->Checkpoint(rows, AppliedMark{Uuid(), Lsn(lsn), Timestamp(lsn), Lsn()}).ok());
  }
  const auto footprint = store->Footprint();
  state.counters["file_MB"] = static_cast<double>(footprint->file_bytes) / 1e6;
  state.counters["live_MB"] = static_cast<double>(footprint->live_bytes) / 1e6;
  state.counters["free_MB"] = static_cast<double>(footprint->free_bytes) / 1e6;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Rows() / 10));
}
BENCHMARK(BM_UpdateSorted)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace varve::table
