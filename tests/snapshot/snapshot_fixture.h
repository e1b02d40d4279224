// A disk in memory with a state to be saved on it, for the tests of snapshot files.
#ifndef VARVE_TESTS_SNAPSHOT_SNAPSHOT_FIXTURE_H_
#define VARVE_TESTS_SNAPSHOT_SNAPSHOT_FIXTURE_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crash/simulated/simulated_environment.h"
#include "kernel/base/status.h"
#include "kernel/io/file_system.h"
#include "snapshot/snapshot.h"
#include "tests/snapshot/table_state.h"

namespace varve::snapshot {

// Bytes that do not compress, the same for the same seed.
std::string Noise(std::size_t bytes, std::uint64_t seed);

class SnapshotFixture : public ::testing::Test {
 protected:
  static constexpr const char* kPath = "store/snapshots/a.snapshot";

  SnapshotFixture();

  absl::StatusOr<SnapshotInfo> Write(const SnapshotWriteOptions& options = {});
  absl::Status Verify() { return VerifySnapshot(*outside_.files, kPath).status(); }
  absl::Status Load(const PrimitiveRegistry& registry, Rows& rows,
                    std::vector<CarriedEntry>* carried = nullptr);

  std::string FileBytes() const { return outside_.files->Contents().at(kPath); }
  void SetFileBytes(const std::string& bytes) { SetFileBytes(kPath, bytes); }
  void SetFileBytes(const std::string& path, const std::string& bytes);
  // Every file but folders, by path.
  std::vector<std::string> FileNames() const;

  crash::SimulatedEnvironment outside_;
  PrimitiveRegistry registry_ = NoteRegistry();
  TableState state_;
};

}  // namespace varve::snapshot

#endif  // VARVE_TESTS_SNAPSHOT_SNAPSHOT_FIXTURE_H_
