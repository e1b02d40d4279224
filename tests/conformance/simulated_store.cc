#include "tests/conformance/simulated_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/table/row.h"

namespace varve::conformance {

namespace {

constexpr char kDirectory[] = "subject.varve";
constexpr std::uint64_t kOperationsMax = 4;         // of one transaction
constexpr std::uint64_t kPauseMicrosMax = 500'000;  // between transactions

// A primitive may refuse an operation for what it finds; everything else is a failure.
bool IsRefusal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kFailedPrecondition:
      return true;
    default:
      return false;
  }
}

StoreOptions KeepingAll() {
  StoreOptions options;
  options.history.keep = std::chrono::microseconds::max();
  options.background_threads = false;
  options.log.background_threads = false;
  options.log.segment_bytes_min = std::uint64_t{64} << 10;
  return options;
}

RunId MakeRun(char fill) { return *RunId::FromBytes(std::string(sizeof(RunId), fill)); }

}  // namespace

SimulatedStore::SimulatedStore(const Subject& subject, std::uint64_t seed)
    : subject_(subject),
      primitive_(subject.make()),
      random_(crash::Decisions::FromSeed(seed)),
      world_(seed),
      runs_{RunId(), MakeRun('\x01'), MakeRun('\xFE')} {}

OpenOptions SimulatedStore::Options(std::shared_ptr<table::MaterializedStore>& materialized) {
  OpenOptions options;
  options.store = KeepingAll();
  options.environment = world_.environment();
  options.materialized = [&materialized](const table::MaterializedOptions& wanted,
                                         const table::AppliedMark& fresh)
      -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
    if (materialized == nullptr) materialized = table::MakeMemoryStore(wanted, fresh);
    return materialized;
  };
  return options;
}

absl::StatusOr<PrimitiveRegistry> SimulatedStore::Registry() const {
  PrimitiveRegistry registry;
  VARVE_RETURN_IF_ERROR(registry.Register(subject_.make()));
  return registry;
}

absl::Status SimulatedStore::Open(State state) {
  if (state == State::kLost) materialized_ = nullptr;
  VARVE_ASSIGN_OR_RETURN(PrimitiveRegistry registry, Registry());
  VARVE_ASSIGN_OR_RETURN(opened_,
                         OpenStore(kDirectory, std::move(registry), Options(materialized_)));
  uuid_ = store().uuid();
  return absl::OkStatus();
}

absl::Status SimulatedStore::OpenCarrying() {
  materialized_ = nullptr;
  OpenOptions options = Options(materialized_);
  options.unknown_entries = UnknownEntries::kCarry;
  VARVE_ASSIGN_OR_RETURN(opened_, OpenStore(kDirectory, PrimitiveRegistry(), options));
  return absl::OkStatus();
}

absl::StatusOr<ModelTables> SimulatedStore::Restored(Lsn lsn) {
  const std::string target = "restored-" + std::to_string(lsn.value()) + ".varve";
  std::shared_ptr<table::MaterializedStore> materialized;
  const OpenOptions options = Options(materialized);
  VARVE_ASSIGN_OR_RETURN(PrimitiveRegistry registry, Registry());
  VARVE_RETURN_IF_ERROR(
      RestoreStore(kDirectory, target, {.lsn = lsn}, std::move(registry), options).status());
  VARVE_ASSIGN_OR_RETURN(registry, Registry());
  VARVE_ASSIGN_OR_RETURN(const OpenedStore restored,
                         OpenStore(target, std::move(registry), options));
  VARVE_ASSIGN_OR_RETURN(ReadView view, restored.store->View());
  return Dump(view);
}

absl::Status SimulatedStore::Close() {
  const absl::Status status = store().Close();
  opened_ = {};
  return status;
}

absl::Status SimulatedStore::Crash() {
  std::unique_ptr<crash::StrictFileSystem> left =
      world_.files->CrashImage(crash::CrashChoice::Nothing());
  // The materialized rows lived in the process.
  materialized_ = nullptr;
  VARVE_RETURN_IF_ERROR(Close());
  materialized_ = nullptr;
  world_.files = std::move(left);
  return absl::OkStatus();
}

absl::Status SimulatedStore::OperateWithin(Transaction& transaction) {
  const std::uint64_t operations = 1 + random_.Below(kOperationsMax);
  for (std::uint64_t i = 0; i < operations; ++i) {
    VARVE_RETURN_IF_ERROR(OperateIn(runs_[random_.Below(runs_.size())], transaction));
  }
  return absl::OkStatus();
}

absl::Status SimulatedStore::OperateIn(const RunId& run, Transaction& transaction) {
  const absl::Status status = subject_.operate(transaction, run, random_);
  if (!status.ok() && !IsRefusal(status)) return AddContext(status, "an operation");
  return absl::OkStatus();
}

absl::Status SimulatedStore::Operate(int count) {
  for (int i = 0; i < count; ++i) {
    world_.clock.Advance(random_.Below(kPauseMicrosMax));
    VARVE_ASSIGN_OR_RETURN(Transaction transaction, store().Begin());
    VARVE_RETURN_IF_ERROR(OperateWithin(transaction));
    VARVE_RETURN_IF_ERROR(transaction.Commit().status());
  }
  return absl::OkStatus();
}

absl::StatusOr<ModelTables> SimulatedStore::Dump(Reader& reader) const {
  return Dump(reader, runs_);
}

absl::StatusOr<ModelTables> SimulatedStore::Dump(Reader& reader,
                                                 const std::vector<RunId>& runs) const {
  std::vector<TableSpec> specs = primitive_->spec().tables;
  std::sort(specs.begin(), specs.end(),
            [](const TableSpec& a, const TableSpec& b) { return a.number < b.number; });
  ModelTables tables;
  for (const TableSpec& spec : specs) {
    const TableId table{primitive_->spec().id, spec.number};
    for (const RunId& run : runs) {
      const std::unique_ptr<RowScan> scan = reader.Scan(table, run, KeyRange::All());
      for (; scan->valid(); scan->Next()) {
        const Row& row = scan->row();
        const table::RowVersion version{
            .lsn = row.lsn, .commit_time = row.commit_time, .deleted = false, .value = row.value};
        VARVE_RETURN_IF_ERROR(tables.Add(table::MakeRowKey(table, run, row.key), version, false));
      }
      VARVE_RETURN_IF_ERROR(scan->status());
    }
  }
  return tables;
}

absl::StatusOr<ModelTables> SimulatedStore::DumpNow() {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store().View());
  return Dump(view);
}

absl::StatusOr<RecordedHistory> SimulatedStore::History() {
  return ReadHistory(*world_.files, kDirectory, uuid_, primitive_->spec());
}

}  // namespace varve::conformance
