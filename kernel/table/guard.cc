#include <memory>
#include <string>

#include "kernel/base/status.h"
#include "kernel/io/file_system.h"
#include "kernel/table/guard_meta.h"
#include "kernel/table/guard_tree.h"
#include "kernel/table/lmdb_environment.h"
#include "kernel/table/materialized_store.h"

namespace varve::table {

absl::StatusOr<GuardVerdict> GuardMaterializedFile(FileSystem& files, const std::string& path,
                                                   bool deep, const WorkStep& step) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  GuardVerdict verdict;
  if (files.Stat(DamageMarkPath(path)).ok()) {
    verdict.reason = "it was found damaged while it was read before";
    return verdict;
  }
  VARVE_ASSIGN_OR_RETURN(const LmdbGeometry geometry, CheckLmdbMetas(*file, verdict.reason));
  if (!verdict.reason.empty()) return verdict;
  verdict.whole = deep || geometry.page_bytes != kLmdbPageBytesWalked;
  TreeGuard tree(*file, geometry, step);
  VARVE_RETURN_IF_ERROR(verdict.whole ? tree.Check() : tree.CheckWayToFirstRow());
  verdict.reason = tree.fault();
  verdict.usable = verdict.reason.empty();
  return verdict;
}

}  // namespace varve::table
