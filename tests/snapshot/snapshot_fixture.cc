#include "tests/snapshot/snapshot_fixture.h"

#include <random>

namespace varve::snapshot {

std::string Noise(std::size_t bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string content(bytes, '\0');
  for (char& byte : content) byte = static_cast<char>(random());
  return content;
}

SnapshotFixture::SnapshotFixture() {
  FileSystem& files = *outside_.files;
  EXPECT_TRUE(files.CreateDirectory("store").ok());
  EXPECT_TRUE(files.CreateDirectory("store/snapshots").ok());
  EXPECT_TRUE(files.SyncDirectory("").ok());
  EXPECT_TRUE(files.SyncDirectory("store").ok());
}

absl::StatusOr<SnapshotInfo> SnapshotFixture::Write(const SnapshotWriteOptions& options) {
  return WriteSnapshot(outside_.environment(), kPath, state_, registry_, options);
}

absl::Status SnapshotFixture::Load(const PrimitiveRegistry& registry, Rows& rows,
                                   std::vector<CarriedEntry>* carried) {
  RowCollector collector;
  VARVE_ASSIGN_OR_RETURN(std::vector<CarriedEntry> entries,
                         LoadSnapshot(*outside_.files, kPath, registry, collector));
  rows = collector.rows;
  if (carried != nullptr) *carried = std::move(entries);
  return absl::OkStatus();
}

void SnapshotFixture::SetFileBytes(const std::string& path, const std::string& bytes) {
  FileSystem& files = *outside_.files;
  if (!files.Stat(path).ok()) {
    ASSERT_TRUE(files.Open(path, OpenMode::kCreate).ok());
    ASSERT_TRUE(files.SyncDirectory(path.substr(0, path.rfind('/'))).ok());
  }
  const auto file = files.Open(path, OpenMode::kWrite);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->Truncate(0).ok());
  ASSERT_TRUE((*file)->WriteAt(0, bytes).ok());
  ASSERT_TRUE((*file)->Sync().ok());
}

std::vector<std::string> SnapshotFixture::FileNames() const {
  std::vector<std::string> names;
  for (const auto& [path, bytes] : outside_.files->Contents()) {
    if (path.back() != '/') names.push_back(path);
  }
  return names;
}

}  // namespace varve::snapshot
