// Varve: as an embedder gets it, through the KV primitive and with every default, apart from a
// memtable large enough where a workload asks to keep everything in the log.
#include <deque>

#include "bench/compare/engine.h"
#include "primitives/builtin.h"
#include "primitives/event/event.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"
#include "snapshot/snapshot.h"

namespace varve::compare {
namespace {

constexpr std::string_view kStream = "stream";

template <typename T>
T Checked(absl::StatusOr<T> answer, std::string_view what) {
  Require(answer.ok(), "varve: " + std::string(what) + ": " + answer.status().ToString());
  return *std::move(answer);
}

void Check(const absl::Status& status, std::string_view what) {
  Require(status.ok(), "varve: " + std::string(what) + ": " + status.ToString());
}

class VarveReader final : public EngineReader {
 public:
  explicit VarveReader(Store& store) : view_(Checked(store.View(), "view")), kv_(view_) {}

  std::optional<std::string_view> Get(std::string_view key) override {
    const std::optional<KvRow> found = Checked(kv_.Get(key), "get");
    if (!found.has_value()) {
      return std::nullopt;
    }
    return found->value;
  }

  void Scan(const std::function<void(std::string_view, std::string_view)>& visit) override {
    KvScan rows = kv_.Scan();
    for (const KvRow& row : rows) {
      visit(row.key, row.value);
    }
    Check(rows.status(), "scan");
  }

 private:
  ReadView view_;
  Kv kv_;
};

class VarveEngine final : public Engine {
 public:
  explicit VarveEngine(const EngineOptions& options)
      : durability_(options.durable ? Durability::kDurable : Durability::kBuffered) {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    OpenOptions settings;
    if (options.keep_in_log) {
      settings.store.memtable_bytes = std::uint64_t{16} << 30;
      settings.store.checkpoint_interval = std::chrono::hours(24);
    }
    opened_ = Checked(OpenStore(options.directory, std::move(registry), settings), "open");
  }
  ~VarveEngine() override { Check(store().Close(), "close"); }

  void Put(std::span<const Entry> entries) override {
    Transaction transaction = Write(entries);
    Checked(transaction.Commit(durability_), "commit");
  }

  void PutPipelined(std::span<const Entry> entries, std::size_t window) override {
    std::deque<CommitTicket> on_their_way;
    for (std::size_t index = 0; index < entries.size(); ++index) {
      if (on_their_way.size() == window) {
        Checked(on_their_way.front().Wait(), "wait");
        on_their_way.pop_front();
      }
      Transaction transaction = Write(entries.subspan(index, 1));
      on_their_way.push_back(Checked(transaction.CommitAsync(), "commit"));
    }
    for (const CommitTicket& ticket : on_their_way) {
      Checked(ticket.Wait(), "wait");
    }
  }

  void Append(std::string_view event) override {
    Transaction transaction = Checked(store().Begin(), "begin");
    Checked(Events(transaction).Append(kStream, "measured", event), "append");
    Checked(transaction.Commit(durability_), "commit");
  }
  std::uint64_t CountEvents() override {
    ReadView view = Checked(store().View(), "view");
    return Checked(Events(view).Length(kStream), "length");
  }

  void FlushLog() override { Check(store().Sync(), "sync"); }
  void Settle() override { Check(store().Checkpoint(), "checkpoint"); }

  std::unique_ptr<EngineReader> NewReader() override {
    return std::make_unique<VarveReader>(store());
  }

  void CopyTo(const std::string& directory) override {
    Check(store().Checkpoint(), "checkpoint");
    const auto state = Checked(store().OpenMaterialized(), "state");
    const Environment environment;
    Check(environment.files->CreateDirectory(directory), "create directory");
    Checked(snapshot::WriteSnapshot(environment, directory + "/copy.snapshot", *state,
                                    store().registry()),
            "snapshot");
  }

 private:
  [[nodiscard]] Store& store() const { return *opened_.store; }

  [[nodiscard]] Transaction Write(std::span<const Entry> entries) const {
    Transaction transaction = Checked(store().Begin(), "begin");
    Kv kv(transaction);
    for (const Entry& entry : entries) {
      Check(kv.Put(entry.key, entry.value), "put");
    }
    return transaction;
  }

  Durability durability_;
  OpenedStore opened_;
};

std::string FileKind(const std::string& path) {
  if (path.find("/wal/") != std::string::npos) {
    return "log";
  }
  if (path.find("/snapshots/") != std::string::npos) {
    return "snapshots";
  }
  return path.find("state.mdb") != std::string::npos ? "state" : "other";
}

}  // namespace

EngineType VarveType() {
  EngineType type;
  type.name = "varve";
  type.version = "this tree";
  type.pipelined = true;
  type.appends = true;
  type.memtable = true;
  type.open = [](const EngineOptions& options) { return std::make_unique<VarveEngine>(options); };
  type.file_kind = FileKind;
  return type;
}

}  // namespace varve::compare
