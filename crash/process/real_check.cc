#include "crash/process/real_check.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "crash/state.h"
#include "crash/world.h"
#include "kernel/base/status.h"
#include "kernel/store_files.h"

namespace varve::crash {
namespace {

namespace fs = std::filesystem;

absl::Status Broken(const std::string& what) {
  return MakeStatus(absl::StatusCode::kInternal, what);
}

absl::Status WriteOneFile(const std::string& path, std::string_view content) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  bool is_good = descriptor >= 0;
  while (is_good && !content.empty()) {
    const ssize_t count = ::write(descriptor, content.data(), content.size());
    is_good = count > 0;
    if (is_good) content.remove_prefix(static_cast<std::size_t>(count));
  }
  const int error = errno;
  if (descriptor >= 0) static_cast<void>(::close(descriptor));
  if (is_good) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kUnknown, "cannot write ", path, ": ", std::strerror(error));
}

absl::Status CheckRows(Store& store) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  for (const auto& primitive : store.registry().primitives()) {
    const absl::Status status =
        primitive->CheckRows(view, [](std::uint64_t) { return absl::OkStatus(); });
    if (!status.ok()) return AddContext(status, "O2: a primitive finds its own rows wrong");
  }
  return absl::OkStatus();
}

absl::StatusOr<snapshot::Digest> DigestOfStore(Store& store) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  return DigestOf(view);
}

}  // namespace

absl::Status WriteFolder(const std::string& folder,
                         const std::map<std::string, std::string>& contents) {
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  for (const auto& [path, content] : contents) {  // a folder sorts before what is in it
    const std::string name = folder + "/" + path;
    if (path.ends_with('/')) {
      fs::create_directory(name, error);
    } else {
      VARVE_RETURN_IF_ERROR(WriteOneFile(name, content));
    }
    if (error) {
      return MakeStatus(absl::StatusCode::kUnknown, "cannot make ", name, ": ", error.message());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, std::string>> ReadFolder(const std::string& folder) {
  std::map<std::string, std::string> contents;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const std::string path = it->path().string().substr(folder.size() + 1);
    if (it->is_directory()) {
      contents[path + "/"];
      continue;
    }
    std::ifstream file(it->path(), std::ios::binary);
    contents[path].assign(std::istreambuf_iterator<char>(file), {});
  }
  if (!error) return contents;
  return MakeStatus(absl::StatusCode::kUnknown, "cannot read ", folder, ": ", error.message());
}

CheckPlan CheckPlan::Draw(Decisions& random) {
  CheckPlan plan;
  plan.loses_state = random.Chance(5);
  plan.read_only = random.Chance(10);
  plan.rows = random.Chance(10);
  plan.loses_state_later = random.Chance(5);
  if (random.Chance(20)) plan.commit = DrawStep(random);
  return plan;
}

absl::Status RealCheck::Check(const Promise& promise, const CheckPlan& plan) {
  ++counts_.images;
  if (plan.loses_state) VARVE_RETURN_IF_ERROR(RemoveState());
  absl::StatusOr<OpenedStore> opened = Open(plan.read_only);
  // Without a store in the folder there is nothing to open read-only.
  if (plan.read_only && absl::IsNotFound(opened.status()) && promise.durable == Lsn()) {
    return absl::OkStatus();
  }
  if (!opened.ok()) return AddContext(opened.status(), "O1: the store does not open");
  VARVE_ASSIGN_OR_RETURN(const Lsn lsn, CheckState(*opened->store, promise));
  if (plan.rows) VARVE_RETURN_IF_ERROR(CheckRows(*opened->store));
  if (plan.read_only) return absl::OkStatus();
  if (plan.loses_state_later) return CheckWithoutState(*std::move(opened), lsn);
  if (plan.commit.has_value()) return CheckNextCommit(*std::move(opened), *plan.commit);
  return absl::OkStatus();
}

absl::StatusOr<OpenedStore> RealCheck::Open(bool read_only) {
  ++counts_.openings;
  OpenOptions options = SmallStoreOptions();
  options.environment = {&PosixFileSystem(), &clock_, &entropy_};
  options.read_only = read_only;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenReal(folder_, subjects_, options));
  counts_.torn_tails += opened.report.torn_tail_bytes > 0 ? 1 : 0;
  counts_.from_snapshot += opened.report.base == RecoveryReport::Base::kSnapshot ? 1 : 0;
  counts_.rebuilt += opened.report.materialized_rebuilt ? 1 : 0;
  return opened;
}

absl::StatusOr<Lsn> RealCheck::CheckState(Store& store, const Promise& promise) {
  const Lsn lsn = store.visible_lsn();
  const std::string found = "transaction " + std::to_string(lsn.value());
  if (lsn < promise.durable) {
    return Broken("O1: the state is that after " + found + ", but transaction " +
                  std::to_string(promise.durable.value()) + " was promised to be durable");
  }
  if (lsn > promise.started || lsn > twin_.newest()) {
    return Broken("O2: the state is that after " + found + ", which was never begun: the last is " +
                  std::to_string(promise.started.value()));
  }
  VARVE_ASSIGN_OR_RETURN(const snapshot::Digest digest, DigestOfStore(store));
  if (digest == twin_.At(lsn)) {
    counts_.lost += promise.started.value() - lsn.value();
    return lsn;
  }
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  VARVE_ASSIGN_OR_RETURN(const std::vector<StateRow> rows, RowsOf(view));
  VARVE_ASSIGN_OR_RETURN(const std::vector<StateRow> expected, twin_.RowsAt(lsn));
  return Broken("O2: the state is not that after " + found + ": " +
                FirstDifference(expected, rows));
}

absl::Status RealCheck::CheckReopened(const std::string& oracle, Lsn lsn,
                                      const snapshot::Digest& digest) {
  const absl::StatusOr<OpenedStore> opened = Open(/*read_only=*/false);
  if (!opened.ok()) return AddContext(opened.status(), oracle + ": the store does not open");
  const Lsn found = opened->store->visible_lsn();
  VARVE_ASSIGN_OR_RETURN(const snapshot::Digest digest_found, DigestOfStore(*opened->store));
  // The close before it may have logged a mark.
  if ((found == lsn || found == lsn.Next()) && digest_found == digest) return absl::OkStatus();
  return Broken(oracle + ": transaction " + std::to_string(lsn.value()) + " with the digest " +
                digest.ToString() + " was expected, found was transaction " +
                std::to_string(found.value()) + " with " + digest_found.ToString());
}

absl::Status RealCheck::CheckWithoutState(OpenedStore opened, Lsn lsn) {
  const absl::Status closed = opened.store->Close();
  if (!closed.ok()) return AddContext(closed, "O8: the store does not close");
  opened = {};
  VARVE_RETURN_IF_ERROR(RemoveState());
  return CheckReopened("O8: without state.mdb", lsn, twin_.At(lsn));
}

absl::Status RealCheck::CheckNextCommit(OpenedStore opened, const Step& step) {
  std::vector<absl::StatusCode> codes;
  const Lsn before = opened.store->visible_lsn();
  const absl::StatusOr<Receipt> receipt =
      CommitStep(*opened.store, subjects_, step.choices, Durability::kDurable, codes);
  if (!receipt.ok()) return AddContext(receipt.status(), "O7: the next commit fails");
  const Lsn after = opened.store->visible_lsn();
  if (receipt->lsn != Lsn() && after != before.Next()) {
    return Broken("O7: behind transaction " + std::to_string(before.value()) + " came " +
                  std::to_string(after.value()));
  }
  VARVE_ASSIGN_OR_RETURN(const snapshot::Digest digest, DigestOfStore(*opened.store));
  const absl::Status closed = opened.store->Close();
  if (!closed.ok()) return AddContext(closed, "O7: the store does not close");
  opened = {};
  return CheckReopened("O7: after one more commit", after, digest);
}

absl::Status RealCheck::RemoveState() {
  std::error_code error;
  fs::remove(StoreFiles(folder_ + "/" + kStoreDirectory).state(), error);
  return absl::OkStatus();
}

}  // namespace varve::crash
