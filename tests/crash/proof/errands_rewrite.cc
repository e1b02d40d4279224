// Errands on the materialized rows alone that load a file, write one anew, or leave pages behind.
#include <utility>

#include "kernel/base/status.h"
#include "kernel/table/lmdb_store.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/memtable.h"
#include "tests/crash/proof/errand.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/place.h"
#include "tests/crash/proof/rows_file.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kKeys = 40;

table::MaterializedOptions Options(std::uint64_t kept_micros) {
  return {.history = {std::chrono::microseconds(kept_micros)}, .read_only = false};
}

absl::StatusOr<std::shared_ptr<table::MaterializedStore>> OpenRows(
    Ground& ground, const table::MaterializedOptions& options) {
  if (ground.has_power_cuts()) return table::MakeMemoryStore(options, MarkOfRows(0));
  return table::OpenLmdbStoreWithMap(RowsPath(ground), options, kRowsMapBytes);
}

std::string KeyOf(std::uint64_t i) { return "key" + std::to_string(100 + i); }

void Put(table::Memtable& memtable, const std::string& key, std::uint64_t lsn,
         std::string_view value, bool deleted = false) {
  memtable.Put(key, table::HashRowKey(key), {Lsn(lsn), Timestamp(1000 + lsn), deleted, value});
}

// A write that failed leaves a store that refuses the next one, or takes it.
absl::Status Checkpoint(Ground& ground, table::MaterializedStore& rows,
                        table::VersionStream& changes, std::uint64_t number) {
  const absl::Status status = rows.Checkpoint(changes, MarkOfRows(number));
  if (!absl::IsUnknown(status)) return status;
  table::Memtable nothing(std::uint64_t{16} << 10);
  const auto none = nothing.NewVersionStream();
  // Not where it is the file that was to take its place.
  const std::string text(FromAbsl(status.message()));
  const bool in_doubt = text.ends_with("is unknown. Reopen the store") &&
                        text.find(RowsPath(ground) + ".new: ") == std::string::npos;
  if (in_doubt && rows.Checkpoint(*none, MarkOfRows(number)).ok()) {
    return Wrong("a store that is in doubt is written to");
  }
  return status;
}

// Every row anew.
absl::Status WriteAll(Ground& ground, table::MaterializedStore& rows, std::uint64_t number) {
  table::Memtable memtable(std::uint64_t{64} << 10);
  const std::string value(1200, static_cast<char>('a' + number));
  for (std::uint64_t i = 0; i < kKeys; ++i) Put(memtable, KeyOf(i), number, value);
  const auto changes = memtable.NewVersionStream();
  return Checkpoint(ground, rows, *changes, number);
}

absl::Status CheckAll(table::MaterializedStore& rows, std::uint64_t number) {
  VARVE_ASSIGN_OR_RETURN(const auto reader, rows.OpenReader());
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    VARVE_ASSIGN_OR_RETURN(const auto found, reader->Get(KeyOf(i), Lsn(number)));
    if (!found.has_value() || found->lsn != Lsn(number)) return Wrong("another row");
  }
  return absl::OkStatus();
}

// All rows change again and again, which is cheaper in a new file.
absl::Status Rewrite(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(const auto rows, OpenRows(ground, Options(0)));
  constexpr std::uint64_t kTimes = 5;
  for (std::uint64_t number = 1; number <= kTimes; ++number) {
    ground.started = number;
    if (number == kTimes && !ground.has_power_cuts()) {
      ground.Put(RowsPath(ground) + ".new", "of an earlier attempt");
    }
    VARVE_RETURN_IF_ERROR(WriteAll(ground, *rows, number));
    ground.durable = number;
  }
  VARVE_RETURN_IF_ERROR(CheckAll(*rows, kTimes));
  BrokenVersions broken(kKeys, /*within=*/false);
  return Expect(absl::StatusCode::kAborted, rows->Checkpoint(broken, MarkOfRows(kTimes + 1)));
}

// Rows of which each fills a transaction of the load, in a map that grows.
absl::Status Load(Ground& ground) {
  const PlaceEntry entry;
  ground.started = 1;
  VARVE_ASSIGN_OR_RETURN(const auto rows, OpenRows(ground, Options(0)));
  VARVE_ASSIGN_OR_RETURN(const auto loader, rows->NewLoader());
  const std::string value(5000, 'v');
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const table::RowVersion version{Lsn(1), Timestamp(1001), false, value};
    VARVE_RETURN_IF_ERROR(loader->Add(KeyOf(i), version, /*superseded=*/false));
  }
  VARVE_RETURN_IF_ERROR(loader->Finish(MarkOfRows(1)));
  ground.durable = 1;
  return CheckAll(*rows, 1);
}

// After an error a load answers it to all that follows.
absl::Status LoadInDisorder(Ground& ground) {
  const PlaceEntry entry;
  if (ground.has_power_cuts()) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const auto rows, OpenRows(ground, Options(0)));
  VARVE_ASSIGN_OR_RETURN(const auto loader, rows->NewLoader());
  const table::RowVersion version{Lsn(1), Timestamp(1001), false, "v"};
  VARVE_RETURN_IF_ERROR(loader->Add(KeyOf(1), version, /*superseded=*/false));
  for (const std::uint64_t i : {0, 2}) {
    const absl::Status status = loader->Add(KeyOf(i), version, /*superseded=*/false);
    VARVE_RETURN_IF_ERROR(Expect(absl::StatusCode::kInvalidArgument, status));
  }
  return Expect(absl::StatusCode::kInvalidArgument, loader->Finish(MarkOfRows(1)));
}

absl::Status CheckpointAs(Ground& ground, table::MaterializedStore& rows,
                          const table::Memtable& memtable, std::uint64_t number) {
  const auto changes = memtable.NewVersionStream();
  ground.started = number;
  VARVE_RETURN_IF_ERROR(Checkpoint(ground, rows, *changes, number));
  ground.durable = number;
  return absl::OkStatus();
}

// Versions that are written and swept in one transaction, which has free pages: those of theirs at
// the end of the file are never written.
absl::Status LeavePages(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(const auto rows, OpenRows(ground, Options(1)));
  for (const std::uint64_t number : {900, 901, 902}) {
    table::Memtable memtable(std::uint64_t{64} << 10);
    Put(memtable, "small", number, "s");
    VARVE_RETURN_IF_ERROR(CheckpointAs(ground, *rows, memtable, number));
  }
  table::Memtable memtable(std::uint64_t{64} << 10);
  const std::string large(std::size_t{24} << 10, 'l');
  for (const std::uint64_t lsn : {903, 904}) Put(memtable, "large", lsn, large);
  Put(memtable, "large", 905, "l");
  return CheckpointAs(ground, *rows, memtable, 990);
}

// A row with a long key goes, and nobody has read it before.
absl::Status DropLongKey(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(const auto rows, OpenRows(ground, Options(0)));
  for (const std::uint64_t number : {900, 901}) {
    table::Memtable memtable(std::uint64_t{16} << 10);
    Put(memtable, "m" + std::string(600, 'm'), number, "m", /*deleted=*/number == 901);
    VARVE_RETURN_IF_ERROR(CheckpointAs(ground, *rows, memtable, number));
  }
  return absl::OkStatus();
}

// One whole state, of those that may be.
absl::Status CheckLeft(Ground& ground, const absl::Status& result) {
  VARVE_ASSIGN_OR_RETURN(const bool sound, RowsAreSound(ground, result));
  if (!sound) return absl::OkStatus();
  const auto rows = OpenRows(ground, Options(0));
  // A load that was not finished is no state.
  if (absl::IsDataLoss(rows.status()) && ground.durable == 0) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(rows.status());
  VARVE_RETURN_IF_ERROR((*rows)->Verify({}));
  VARVE_ASSIGN_OR_RETURN(const auto reader, (*rows)->OpenReader());
  const std::uint64_t number = reader->mark().applied.value();
  if (number < ground.durable || number > ground.started) return Wrong("another state");
  if (number == 0 || number >= 900) return absl::OkStatus();
  return CheckAll(**rows, number);
}

}  // namespace

std::vector<Errand> RewriteErrands() {
  return {
      {"write rows anew", MakeRows, Rewrite, CheckLeft},
      {"load rows", MakeRows, Load, CheckLeft},
      {"load rows in disorder", MakeRows, LoadInDisorder, CheckLeft},
      {"leave pages", MakeRows, LeavePages, CheckLeft},
      {"drop a long key", MakeRows, DropLongKey, CheckLeft},
  };
}

}  // namespace varve::crash
