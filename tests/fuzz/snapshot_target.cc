// A snapshot file: verified, loaded, restored from.
#include <memory>
#include <string>
#include <vector>

#include "crash/decisions.h"
#include "crash/operations/operations.h"
#include "primitives/kv/kv.h"
#include "snapshot/snapshot.h"
#include "tests/conformance/model_tables.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/primitive_instances.h"
#include "tests/fuzz/sealing.h"
#include "tests/fuzz/store_on_strict_disk.h"

namespace varve::fuzz {
namespace {

constexpr char kPath[] = "0000000000000001.snapshot";
constexpr char kTarget[] = "restored.varve";

absl::Status TryLoad(FileSystem& files, bool verified) {
  conformance::ModelTables tables;
  const auto carried = snapshot::LoadSnapshot(files, kPath, Builtins(), tables);
  if (!carried.ok()) {
    // Rows that no sink may be given are a fault of the loader.
    if (absl::IsFailedPrecondition(carried.status())) return RefusedHonestly(carried.status());
    return RefusedAsDamage(carried.status());
  }
  if (!verified && !snapshot::ReadSnapshotInfo(files, kPath).ok()) {
    return Broken("a file is loaded whose header or footer is refused");
  }
  return absl::OkStatus();
}

// Rows of sound checksums that no primitive wrote, as a store serves them.
absl::Status TryRestore(crash::SimulatedEnvironment& world, const snapshot::SnapshotInfo& info) {
  const OpenOptions options = StrictOptions(world);
  const auto report = RestoreSnapshot(kPath, kTarget, NewBuiltins(), options);
  if (!report.ok()) return RefusedHonestly(report.status());
  auto opened = OpenStore(kTarget, NewBuiltins(), options);
  if (!opened.ok()) return Broken("a restored store is refused: ", opened.status().ToString());
  VARVE_RETURN_IF_ERROR(UseStore(*opened->store));
  // What was carried is applied, and what was superseded before the history begins is dropped.
  bool may_differ = info.history_from != Lsn();
  for (const snapshot::SectionInfo& section : info.sections) may_differ |= section.flags != 0;
  const auto digest = DigestOf(*opened->store);
  if (!digest.ok()) return Broken("digest: ", digest.status().ToString());
  if (!may_differ && *digest != info.digest.ToString()) return Broken("restored as another state");
  return opened->store->Close();
}

// A byte (1: seal), then the file.
absl::Status TrySnapshot(std::string_view input) {
  if (input.empty()) return absl::OkStatus();
  std::string bytes(input.substr(1));
  if ((input[0] & 1) != 0) SealSnapshot(bytes);
  crash::SimulatedEnvironment world;
  VARVE_RETURN_IF_ERROR(WriteFiles(*world.files, {{kPath, bytes}}));
  const auto info = snapshot::ReadSnapshotInfo(*world.files, kPath);
  if (!info.ok()) VARVE_RETURN_IF_ERROR(RefusedAsDamage(info.status()));
  const auto verified = snapshot::VerifySnapshot(*world.files, kPath);
  if (!verified.ok()) VARVE_RETURN_IF_ERROR(RefusedAsDamage(verified.status()));
  if (verified.ok() && !info.ok()) return Broken("verified, and yet its header is refused");
  VARVE_RETURN_IF_ERROR(TryLoad(*world.files, verified.ok()));
  return verified.ok() ? TryRestore(world, *verified) : absl::OkStatus();
}

// The snapshot of a store in which these subjects did `count` operations.
absl::StatusOr<std::string> SnapshotOf(const std::vector<crash::Subject>& subjects, int count) {
  crash::SimulatedEnvironment world;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened,
                         OpenStore(kStoreFolder, NewBuiltins(), StrictOptions(world)));
  crash::Decisions decisions = crash::Decisions::FromSeed(5);
  for (int i = 0; i < count; ++i) {
    VARVE_ASSIGN_OR_RETURN(Transaction transaction, opened.store->Begin());
    for (const crash::Subject& subject : subjects) {
      subject.operate(transaction, RunOf(static_cast<unsigned>(i)), decisions).IgnoreError();
    }
    VARVE_RETURN_IF_ERROR(transaction.Commit().status());
  }
  VARVE_RETURN_IF_ERROR(opened.store->Checkpoint());
  VARVE_ASSIGN_OR_RETURN(const auto state, opened.store->OpenMaterialized());
  snapshot::SnapshotWriteOptions options;
  options.background_thread = false;
  VARVE_RETURN_IF_ERROR(
      snapshot::WriteSnapshot(world.environment(), kPath, *state, opened.store->registry(), options)
          .status());
  return ReadWholeFile(*world.files, kPath, 1 << 20);
}

std::vector<std::string> SnapshotSeeds() {
  std::vector<std::string> seeds;
  const auto add = [&](const std::vector<crash::Subject>& subjects, int count) {
    const auto bytes = SnapshotOf(subjects, count);
    if (!bytes.ok() || bytes->size() > 4096) return;
    seeds.push_back(std::string(1, '\0') + *bytes);
    seeds.push_back(std::string(1, '\1') + *bytes);
  };
  const std::vector<crash::Subject> all = crash::BuiltinSubjects();
  add({}, 0);
  add(all, 1);
  add(all, 3);
  for (const crash::Subject& subject : all) add({subject}, 2);
  return seeds;
}

const Registration kSnapshot(
    {.name = "snapshot_file", .run = TrySnapshot, .seeds = SnapshotSeeds, .smoke_runs = 1500});

}  // namespace
}  // namespace varve::fuzz
