// Errands on the materialized rows alone: what no store does, and their interface allows.
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

constexpr std::uint64_t kStates = 10;
const table::MaterializedOptions kOptions{.history = {std::chrono::microseconds(3)},
                                          .read_only = false};
// Of the state `number`: some rows keep their version, some get one, one is too long for LMDB.
std::vector<std::string> KeysOf(std::uint64_t number) {
  return {"k" + std::to_string(number % 4),
          "l" + std::string(600, 'l') + std::to_string(number % 2), "m" + std::string(1200, 'm'),
          "z" + std::to_string(number)};
}
std::string ValueOf(const std::string& key, std::uint64_t number) {
  return std::to_string(number) + std::string(key.size() % 7 * 900, 'v');
}

absl::Status Write(table::MaterializedStore& rows, std::uint64_t number) {
  table::Memtable memtable(std::uint64_t{16} << 10);
  for (const std::string& key : KeysOf(number)) {
    const std::string value = ValueOf(key, number);
    memtable.Put(key, table::HashRowKey(key),
                 {Lsn(number), Timestamp(1000 + number), number % 5 == 4 && key[0] == 'k', value});
  }
  const auto stream = memtable.NewVersionStream();
  return rows.Checkpoint(*stream, MarkOfRows(number));
}

// The rows of state 1. After an error everything else of the load answers it.
absl::Status Load(table::MaterializedStore& rows) {
  VARVE_ASSIGN_OR_RETURN(const auto loader, rows.NewLoader());
  for (const std::string& key : KeysOf(1)) {
    const std::string value = ValueOf(key, 1);
    const table::RowVersion version{Lsn(1), Timestamp(1001), false, value};
    const absl::Status status = loader->Add(key, version, /*superseded=*/false);
    if (status.ok()) continue;
    if (loader->Add(key, version, false).ok()) return Wrong("a failed load goes on");
    if (loader->Finish(MarkOfRows(1)).ok()) return Wrong("a failed load is finished");
    return status;
  }
  return loader->Finish(MarkOfRows(1));
}

// The newest state up to `number` that wrote the key; 0: none.
std::uint64_t WriterOf(const std::string& key, std::uint64_t number) {
  for (; number > 0; --number) {
    for (const std::string& one : KeysOf(number)) {
      if (one == key) return number;
    }
  }
  return 0;
}

absl::Status CheckRows(table::MaterializedReader& reader, std::uint64_t number) {
  for (std::uint64_t n = 1; n <= number; ++n) {
    for (const std::string& key : KeysOf(n)) {
      const std::uint64_t writer = WriterOf(key, number);
      const bool deleted = writer % 5 == 4 && key[0] == 'k';
      VARVE_ASSIGN_OR_RETURN(const auto found, reader.Get(key, Lsn(number)));
      if (found.has_value() && found->deleted) return Wrong("a deletion is shown");
      if (found.has_value() == deleted) return Wrong("a row is missing, or deleted and there");
      if (found.has_value() && found->value != ValueOf(key, writer)) return Wrong("another value");
    }
  }
  return absl::OkStatus();
}

absl::Status ReadPast(table::MaterializedReader& reader, std::uint64_t number) {
  const Lsn before(number - 1);
  for (const Lsn at : {before, Lsn(number)}) {
    const auto cursor = reader.NewCursor(at);
    cursor->SeekAtOrAfter("");
    while (cursor->valid()) cursor->Next();
    VARVE_RETURN_IF_ERROR(cursor->status());
  }
  for (const std::string& key : KeysOf(number)) {
    VARVE_RETURN_IF_ERROR(reader.Get(key, before).status());
    VARVE_RETURN_IF_ERROR(
        reader.VisitVersions(key, before, [](const table::RowVersion&) { return true; }));
  }
  const auto all = reader.NewVersionStream("", "");
  while (all->Next()) {
    while (all->NextVersion().has_value()) {
    }
  }
  VARVE_RETURN_IF_ERROR(all->status());
  const auto visit = [](const table::RowVersion&) { return true; };
  const absl::Status got = reader.Get("k1", Lsn(1)).status();
  const absl::Status visited = reader.VisitVersions("k1", Lsn(1), visit);
  if (!absl::IsOutOfRange(got)) return got.ok() ? Wrong("before what is kept") : got;
  if (!absl::IsOutOfRange(visited)) return visited.ok() ? Wrong("before what is kept") : visited;
  return absl::OkStatus();
}

absl::Status UseRows(Ground& ground, table::MaterializedStore& rows) {
  ground.started = 1;
  VARVE_RETURN_IF_ERROR(Load(rows));
  ground.durable = 1;
  for (std::uint64_t number = 2; number <= kStates; ++number) {
    ground.started = number;
    VARVE_RETURN_IF_ERROR(Write(rows, number));
    ground.durable = number;
  }
  VARVE_RETURN_IF_ERROR(rows.Verify(StepAtPlace));
  VARVE_ASSIGN_OR_RETURN(const auto reader, rows.OpenReader());
  VARVE_RETURN_IF_ERROR(CheckRows(*reader, kStates));
  VARVE_RETURN_IF_ERROR(ReadPast(*reader, kStates));
  for (const bool within : {false, true}) {
    BrokenVersions broken(0, within);
    const absl::Status status = rows.Checkpoint(broken, MarkOfRows(kStates + 1));
    VARVE_RETURN_IF_ERROR(Expect(absl::StatusCode::kAborted, status));
  }
  if (rows.NewLoader().ok()) return Wrong("rows are loaded over others");
  return absl::OkStatus();
}

absl::Status Rows(Ground& ground) {
  const PlaceEntry entry;
  if (ground.has_power_cuts()) {
    const auto rows = table::MakeMemoryStore(kOptions, MarkOfRows(0));
    return UseRows(ground, *rows);
  }
  VARVE_ASSIGN_OR_RETURN(const auto rows,
                         table::OpenLmdbStoreWithMap(RowsPath(ground), kOptions, kRowsMapBytes));
  return UseRows(ground, *rows);
}

absl::Status CheckLeft(Ground& ground, const absl::Status& result) {
  VARVE_ASSIGN_OR_RETURN(const bool sound, RowsAreSound(ground, result));
  if (!sound) return absl::OkStatus();
  const auto rows = table::OpenLmdbStoreWithMap(RowsPath(ground), kOptions, kRowsMapBytes);
  // A load that was not finished is no state.
  if (absl::IsDataLoss(rows.status()) && ground.durable == 0) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(rows.status());
  VARVE_ASSIGN_OR_RETURN(const auto reader, (*rows)->OpenReader());
  const std::uint64_t number = reader->mark().applied.value();
  if (number < ground.durable || number > ground.started) return Wrong("another state");
  return CheckRows(*reader, number);
}

}  // namespace

std::vector<Errand> RowsErrands() { return {{"rows", MakeRows, Rows, CheckLeft}}; }

}  // namespace varve::crash
