// SQLite: WAL; synchronous FULL where durable, NORMAL where buffered; a memory map and a page
// cache that hold all data; one write connection shared by the threads, so that none ever meets
// "busy" (which measures worse).
#include <sqlite3.h>

#include <filesystem>
#include <mutex>

#include "bench/compare/engine.h"

namespace varve::compare {
namespace {

class Connection final {
 public:
  explicit Connection(const std::string& path) {
    Check(
        sqlite3_open_v2(path.c_str(), &handle_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr),
        "open");
    Run("PRAGMA cache_size = -524288");  // KiB
    Run("PRAGMA mmap_size = 2147483648");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { Check(sqlite3_close(handle_), "close"); }

  void Run(const std::string& sql) const {
    Check(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr), sql);
  }
  void Check(int code, std::string_view what) const {
    Require(code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE,
            "sqlite: " + std::string(what) + ": " + sqlite3_errmsg(handle_));
  }
  [[nodiscard]] sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

class Statement final {
 public:
  Statement(const Connection& connection, std::string_view sql) : connection_(connection) {
    connection.Check(
        sqlite3_prepare_v3(connection.handle(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &handle_, nullptr),
        sql);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(handle_); }

  void Bind(int position, std::string_view bytes) {
    connection_.Check(sqlite3_bind_blob(handle_, position, bytes.data(),
                                        static_cast<int>(bytes.size()), SQLITE_STATIC),
                      "bind");
  }
  bool Step() {
    const int code = sqlite3_step(handle_);
    connection_.Check(code, "step");
    return code == SQLITE_ROW;
  }
  void Reset() { sqlite3_reset(handle_); }
  [[nodiscard]] std::string_view Column(int position) const {
    const void* const bytes = sqlite3_column_blob(handle_, position);
    return {static_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(handle_, position))};
  }

 private:
  const Connection& connection_;
  sqlite3_stmt* handle_ = nullptr;
};

class SqliteReader final : public EngineReader {
 public:
  explicit SqliteReader(const std::string& path)
      : connection_(path),
        get_(connection_, "SELECT value FROM entries WHERE key = ?"),
        scan_(connection_, "SELECT key, value FROM entries ORDER BY key") {
    connection_.Run("BEGIN");
  }

  std::optional<std::string_view> Get(std::string_view key) override {
    get_.Reset();
    get_.Bind(1, key);
    return get_.Step() ? std::optional(get_.Column(0)) : std::nullopt;
  }

  void Scan(const std::function<void(std::string_view, std::string_view)>& visit) override {
    while (scan_.Step()) {
      visit(scan_.Column(0), scan_.Column(1));
    }
    scan_.Reset();
  }

 private:
  Connection connection_;
  Statement get_;
  Statement scan_;
};

class SqliteEngine final : public Engine {
 public:
  explicit SqliteEngine(const EngineOptions& options)
      : path_(PathIn(options.directory)), connection_(path_) {
    connection_.Run("PRAGMA journal_mode = WAL");
    connection_.Run(options.durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    if (options.keep_in_log) {
      connection_.Run("PRAGMA wal_autocheckpoint = 0");
    }
    connection_.Run(
        "CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID");
    begin_.emplace(connection_, "BEGIN IMMEDIATE");
    put_.emplace(connection_, "INSERT OR REPLACE INTO entries VALUES (?, ?)");
    commit_.emplace(connection_, "COMMIT");
  }

  void Put(std::span<const Entry> entries) override {
    const std::lock_guard lock(mutex_);
    Once(*begin_);
    for (const Entry& entry : entries) {
      put_->Bind(1, entry.key);
      put_->Bind(2, entry.value);
      Once(*put_);
    }
    Once(*commit_);
  }

  void Append(std::string_view event) override {
    const std::lock_guard lock(mutex_);
    if (!append_.has_value()) {
      connection_.Run("CREATE TABLE events (sequence INTEGER PRIMARY KEY, payload BLOB)");
      append_.emplace(connection_, "INSERT INTO events (payload) VALUES (?)");
    }
    append_->Bind(1, event);
    Once(*append_);  // a transaction of its own
  }
  std::uint64_t CountEvents() override {
    Statement count(connection_, "SELECT CAST(count(*) AS TEXT) FROM events");
    count.Step();
    return std::stoull(std::string(count.Column(0)));
  }

  void Settle() override { connection_.Run("PRAGMA wal_checkpoint(TRUNCATE)"); }

  std::unique_ptr<EngineReader> NewReader() override {
    return std::make_unique<SqliteReader>(path_);
  }

  void CopyTo(const std::string& directory) override {
    const Connection target(PathIn(directory));
    sqlite3_backup* const backup =
        sqlite3_backup_init(target.handle(), "main", connection_.handle(), "main");
    Require(backup != nullptr && sqlite3_backup_step(backup, -1) == SQLITE_DONE,
            "sqlite: backup failed");
    target.Check(sqlite3_backup_finish(backup), "finish backup");
  }

 private:
  static std::string PathIn(const std::string& directory) {
    std::filesystem::create_directories(directory);
    return directory + "/store.sqlite";
  }
  static void Once(Statement& statement) {
    statement.Step();
    statement.Reset();
  }

  std::string path_;
  Connection connection_;
  std::mutex mutex_;
  std::optional<Statement> begin_;
  std::optional<Statement> put_;
  std::optional<Statement> commit_;
  std::optional<Statement> append_;
};

}  // namespace

EngineType SqliteType() {
  EngineType type;
  type.name = "sqlite";
  type.version = sqlite3_libversion();
  type.appends = true;
  type.replay_batch = 100;  // one put a commit would log 4 KiB for each
  type.open = [](const EngineOptions& options) { return std::make_unique<SqliteEngine>(options); };
  return type;
}

}  // namespace varve::compare
