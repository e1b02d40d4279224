// LevelDB: no compression, a block cache that holds all data, its own defaults otherwise.
#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include "bench/compare/engine.h"

namespace varve::compare {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{512} << 20;

void Check(const leveldb::Status& status, std::string_view what) {
  Require(status.ok(), "leveldb: " + std::string(what) + ": " + status.ToString());
}

leveldb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

class LeveldbReader final : public EngineReader {
 public:
  explicit LeveldbReader(leveldb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {
    options_.snapshot = snapshot_;
  }
  LeveldbReader(const LeveldbReader&) = delete;
  LeveldbReader& operator=(const LeveldbReader&) = delete;
  ~LeveldbReader() override { db_.ReleaseSnapshot(snapshot_); }

  std::optional<std::string_view> Get(std::string_view key) override {
    const leveldb::Status status = db_.Get(options_, ToSlice(key), &value_);
    if (status.IsNotFound()) {
      return std::nullopt;
    }
    Check(status, "get");
    return value_;
  }

  void Scan(const std::function<void(std::string_view, std::string_view)>& visit) override {
    const std::unique_ptr<leveldb::Iterator> rows(db_.NewIterator(options_));
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
      visit({rows->key().data(), rows->key().size()}, {rows->value().data(), rows->value().size()});
    }
    Check(rows->status(), "scan");
  }

 private:
  leveldb::DB& db_;
  const leveldb::Snapshot* snapshot_;
  leveldb::ReadOptions options_;
  std::string value_;
};

class LeveldbEngine final : public Engine {
 public:
  explicit LeveldbEngine(const EngineOptions& options) : cache_(leveldb::NewLRUCache(kCacheBytes)) {
    leveldb::Options settings;
    settings.create_if_missing = true;
    settings.compression = leveldb::kNoCompression;
    settings.block_cache = cache_.get();
    settings.write_buffer_size =
        options.keep_in_log ? std::size_t{1} << 30 : std::size_t{64} << 20;  // 1 GiB: its maximum
    leveldb::DB* db = nullptr;
    Check(leveldb::DB::Open(settings, options.directory, &db), "open");
    db_.reset(db);
    write_options_.sync = options.durable;
  }

  void Put(std::span<const Entry> entries) override {
    leveldb::WriteBatch batch;
    for (const Entry& entry : entries) {
      batch.Put(ToSlice(entry.key), ToSlice(entry.value));
    }
    Check(db_->Write(write_options_, &batch), "write");
  }

  void Settle() override { db_->CompactRange(nullptr, nullptr); }

  std::unique_ptr<EngineReader> NewReader() override {
    return std::make_unique<LeveldbReader>(*db_);
  }

 private:
  std::unique_ptr<leveldb::Cache> cache_;  // outlives db_
  std::unique_ptr<leveldb::DB> db_;
  leveldb::WriteOptions write_options_;
};

}  // namespace

EngineType LeveldbType() {
  EngineType type;
  type.name = "leveldb";
  type.version =
      std::to_string(leveldb::kMajorVersion) + "." + std::to_string(leveldb::kMinorVersion);
  type.copies = false;
  type.memtable = true;
  type.open = [](const EngineOptions& options) { return std::make_unique<LeveldbEngine>(options); };
  return type;
}

}  // namespace varve::compare
