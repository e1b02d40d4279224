// RocksDB: no compression, one column family, a block cache that holds all data, its own defaults
// otherwise.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/backup_engine.h>
#include <rocksdb/version.h>
#include <rocksdb/write_batch.h>

#include "bench/compare/engine.h"

namespace varve::compare {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{512} << 20;

void Check(const rocksdb::Status& status, std::string_view what) {
  Require(status.ok(), "rocksdb: " + std::string(what) + ": " + status.ToString());
}

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

rocksdb::Options MakeOptions(bool keep_in_log) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.bottommost_compression = rocksdb::kNoCompression;
  options.write_buffer_size = keep_in_log ? std::size_t{2} << 30 : std::size_t{64} << 20;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

class RocksdbReader final : public EngineReader {
 public:
  explicit RocksdbReader(rocksdb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {
    options_.snapshot = snapshot_;
  }
  RocksdbReader(const RocksdbReader&) = delete;
  RocksdbReader& operator=(const RocksdbReader&) = delete;
  ~RocksdbReader() override { db_.ReleaseSnapshot(snapshot_); }

  std::optional<std::string_view> Get(std::string_view key) override {
    value_.Reset();
    const rocksdb::Status status =
        db_.Get(options_, db_.DefaultColumnFamily(), ToSlice(key), &value_);
    if (status.IsNotFound()) {
      return std::nullopt;
    }
    Check(status, "get");
    return std::string_view(value_.data(), value_.size());
  }

  void Scan(const std::function<void(std::string_view, std::string_view)>& visit) override {
    const std::unique_ptr<rocksdb::Iterator> rows(db_.NewIterator(options_));
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
      visit({rows->key().data(), rows->key().size()}, {rows->value().data(), rows->value().size()});
    }
    Check(rows->status(), "scan");
  }

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* snapshot_;
  rocksdb::ReadOptions options_;
  rocksdb::PinnableSlice value_;
};

class RocksdbEngine final : public Engine {
 public:
  explicit RocksdbEngine(const EngineOptions& options) {
    rocksdb::DB* db = nullptr;
    Check(rocksdb::DB::Open(MakeOptions(options.keep_in_log), options.directory, &db), "open");
    db_.reset(db);
    write_options_.sync = options.durable;
  }

  void Put(std::span<const Entry> entries) override {
    rocksdb::WriteBatch batch;
    for (const Entry& entry : entries) {
      Check(batch.Put(ToSlice(entry.key), ToSlice(entry.value)), "batch");
    }
    Check(db_->Write(write_options_, &batch), "write");
  }

  void Settle() override {
    Check(db_->Flush(rocksdb::FlushOptions()), "flush");
    Check(db_->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr), "compact");
  }

  std::unique_ptr<EngineReader> NewReader() override {
    return std::make_unique<RocksdbReader>(*db_);
  }

  void CopyTo(const std::string& directory) override {
    rocksdb::BackupEngine* backup = nullptr;
    Check(rocksdb::BackupEngine::Open(rocksdb::BackupEngineOptions(directory),
                                      rocksdb::Env::Default(), &backup),
          "open backup");
    const std::unique_ptr<rocksdb::BackupEngine> owner(backup);
    Check(backup->CreateNewBackup(db_.get()), "backup");
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions write_options_;
};

}  // namespace

EngineType RocksdbType() {
  EngineType type;
  type.name = "rocksdb";
  type.version = std::to_string(ROCKSDB_MAJOR) + "." + std::to_string(ROCKSDB_MINOR) + "." +
                 std::to_string(ROCKSDB_PATCH);
  type.memtable = true;
  type.open = [](const EngineOptions& options) { return std::make_unique<RocksdbEngine>(options); };
  return type;
}

}  // namespace varve::compare
