// LMDB: default flags where durable, MDB_NOSYNC where buffered (which a power cut can turn into a
// damaged file, not only a shorter one: a generous comparison).
#include <lmdb.h>

#include <filesystem>

#include "bench/compare/engine.h"

namespace varve::compare {
namespace {

constexpr std::size_t kMapBytes = std::size_t{64} << 30;

void Check(int code, std::string_view what) {
  Require(code == MDB_SUCCESS, "lmdb: " + std::string(what) + ": " + mdb_strerror(code));
}

MDB_val ToValue(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};  // LMDB never writes through it.
}

std::string_view ToText(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

class LmdbReader final : public EngineReader {
 public:
  LmdbReader(MDB_env* environment, MDB_dbi table) : table_(table) {
    Check(mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction_), "begin read");
  }
  LmdbReader(const LmdbReader&) = delete;
  LmdbReader& operator=(const LmdbReader&) = delete;
  ~LmdbReader() override { mdb_txn_abort(transaction_); }

  std::optional<std::string_view> Get(std::string_view key) override {
    MDB_val wanted = ToValue(key);
    MDB_val found;
    const int code = mdb_get(transaction_, table_, &wanted, &found);
    if (code == MDB_NOTFOUND) {
      return std::nullopt;
    }
    Check(code, "get");
    return ToText(found);
  }

  void Scan(const std::function<void(std::string_view, std::string_view)>& visit) override {
    MDB_cursor* cursor = nullptr;
    Check(mdb_cursor_open(transaction_, table_, &cursor), "cursor");
    MDB_val key;
    MDB_val value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
      visit(ToText(key), ToText(value));
    }
    mdb_cursor_close(cursor);
    Require(code == MDB_NOTFOUND, "lmdb: scan failed");
  }

 private:
  MDB_txn* transaction_ = nullptr;
  MDB_dbi table_;
};

class LmdbEngine final : public Engine {
 public:
  explicit LmdbEngine(const EngineOptions& options) {
    std::filesystem::create_directories(options.directory);
    Check(mdb_env_create(&environment_), "create");
    Check(mdb_env_set_mapsize(environment_, kMapBytes), "map size");
    const unsigned flags = MDB_NOTLS | (options.durable ? 0U : MDB_NOSYNC);
    Check(mdb_env_open(environment_, options.directory.c_str(), flags, 0644), "open");
    MDB_txn* transaction = nullptr;
    Check(mdb_txn_begin(environment_, nullptr, 0, &transaction), "begin");
    Check(mdb_dbi_open(transaction, nullptr, 0, &table_), "table");
    Check(mdb_txn_commit(transaction), "commit");
  }
  LmdbEngine(const LmdbEngine&) = delete;
  LmdbEngine& operator=(const LmdbEngine&) = delete;
  ~LmdbEngine() override {
    Check(mdb_env_sync(environment_, 1), "sync");
    mdb_env_close(environment_);
  }

  void Put(std::span<const Entry> entries) override {
    MDB_txn* transaction = nullptr;
    Check(mdb_txn_begin(environment_, nullptr, 0, &transaction), "begin");
    for (const Entry& entry : entries) {
      MDB_val key = ToValue(entry.key);
      MDB_val value = ToValue(entry.value);
      Check(mdb_put(transaction, table_, &key, &value, 0), "put");
    }
    Check(mdb_txn_commit(transaction), "commit");
  }

  // The key is a sequence of its own: LMDB lets one writer in at a time.
  void Append(std::string_view event) override {
    MDB_txn* transaction = nullptr;
    Check(mdb_txn_begin(environment_, nullptr, 0, &transaction), "begin");
    const std::uint64_t sequence = __builtin_bswap64(CountIn(transaction));
    MDB_val key = ToValue({reinterpret_cast<const char*>(&sequence), sizeof(sequence)});
    MDB_val value = ToValue(event);
    Check(mdb_put(transaction, table_, &key, &value, MDB_APPEND), "append");
    Check(mdb_txn_commit(transaction), "commit");
  }
  std::uint64_t CountEvents() override {
    MDB_txn* transaction = nullptr;
    Check(mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction), "begin read");
    const std::uint64_t count = CountIn(transaction);
    mdb_txn_abort(transaction);
    return count;
  }

  std::unique_ptr<EngineReader> NewReader() override {
    return std::make_unique<LmdbReader>(environment_, table_);
  }

  void CopyTo(const std::string& directory) override {
    std::filesystem::create_directories(directory);
    Check(mdb_env_copy(environment_, directory.c_str()), "copy");
  }

 private:
  [[nodiscard]] std::uint64_t CountIn(MDB_txn* transaction) const {
    MDB_stat about;
    Check(mdb_stat(transaction, table_, &about), "stat");
    return about.ms_entries;
  }

  MDB_env* environment_ = nullptr;
  MDB_dbi table_ = 0;
};

}  // namespace

EngineType LmdbType() {
  EngineType type;
  type.name = "lmdb";
  type.version = std::to_string(MDB_VERSION_MAJOR) + "." + std::to_string(MDB_VERSION_MINOR) + "." +
                 std::to_string(MDB_VERSION_PATCH);
  type.appends = true;
  type.replays = false;  // it has no log: after a kill there is nothing to replay
  type.open = [](const EngineOptions& options) { return std::make_unique<LmdbEngine>(options); };
  return type;
}

}  // namespace varve::compare
