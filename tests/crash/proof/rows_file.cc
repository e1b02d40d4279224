#include "tests/crash/proof/rows_file.h"

#include <utility>

#include "kernel/base/status.h"
#include "kernel/table/lmdb_store.h"
#include "tests/crash/proof/life.h"

namespace varve::crash {
namespace {

const Uuid kStore = *Uuid::FromBytes("rows of a store.");

}  // namespace

std::string RowsPath(Ground& ground) { return ground.Path("rows.mdb"); }

table::AppliedMark MarkOfRows(std::uint64_t number) {
  if (number == 0) return {kStore, Lsn(), Timestamp(), Lsn()};
  return {kStore, Lsn(number), Timestamp(1000 + number), Lsn()};
}

absl::Status MakeRows(std::unique_ptr<Ground>& ground) {
  if (ground->has_power_cuts()) return absl::OkStatus();
  return table::CreateLmdbFile(PosixFileSystem(), RowsPath(*ground), MarkOfRows(0));
}

absl::StatusOr<bool> RowsAreSound(Ground& ground, const absl::Status& result) {
  if (ground.has_power_cuts()) return false;
  VARVE_ASSIGN_OR_RETURN(const table::GuardVerdict verdict,
                         table::GuardMaterializedFile(PosixFileSystem(), RowsPath(ground), true));
  if (verdict.usable) return true;
  const auto says = [&](std::string_view what) {
    return verdict.reason.find(what) != std::string::npos;
  };
  if (says("damaged while it was read")) return false;
  if (!result.ok() && says("last page beyond the end of the file")) return false;
  return Wrong("the file is not sound", verdict.reason);
}

bool BrokenVersions::Next() {
  if (!std::exchange(begun_, true)) return true;
  status_ = absl::AbortedError("planted");
  return false;
}

std::optional<table::RowVersion> BrokenVersions::NextVersion() {
  if (!std::exchange(version_given_, true)) {
    return table::RowVersion{Lsn(1000), Timestamp(10'000), false, "v"};
  }
  if (within_) status_ = absl::AbortedError("planted");
  return std::nullopt;
}

}  // namespace varve::crash
