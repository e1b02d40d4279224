// A store on real files, and what can happen to them between two openings.
#ifndef VARVE_TESTS_RECOVERY_RECOVERY_FIXTURE_H_
#define VARVE_TESTS_RECOVERY_RECOVERY_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"

namespace varve {

class RecoveryFixture : public testing::Test {
 protected:
  RecoveryFixture() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    root_ = std::filesystem::path(testing::TempDir()) /
            ("varve_" + std::string(info->test_suite_name()) + "_" + info->name());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    directory_ = root_ / "a.varve";
    options_.store.log.segment_bytes_min = 64 << 10;
    options_.store.log.segment_bytes_max = 64 << 10;
    options_.store.memtable_bytes = 1 << 20;
  }
  ~RecoveryFixture() override {
    opened_.store.reset();
    std::filesystem::remove_all(root_);
  }

  static PrimitiveRegistry Builtins() {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    return registry;
  }

  absl::Status TryOpen() {
    opened_ = OpenedStore();
    auto opened = OpenStore(directory_.string(), Builtins(), options_);
    if (!opened.ok()) return opened.status();
    opened_ = *std::move(opened);
    return absl::OkStatus();
  }
  void Open() {
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
  }
  void Close() {
    ASSERT_TRUE(opened_.store->Close().ok());
    opened_ = OpenedStore();
  }
  // What a killed process leaves: the files as they are now, in place of the running store's.
  void Kill() {
    const std::filesystem::path image = root_ / "image";
    std::filesystem::copy(directory_, image, std::filesystem::copy_options::recursive);
    opened_ = OpenedStore();
    std::filesystem::remove_all(directory_);
    std::filesystem::rename(image, directory_);
  }

  Lsn Put(std::string_view key, std::string_view value,
          Durability durability = Durability::kDurable) {
    auto receipt = opened_.store->Update(
        [&](Transaction& transaction) { return Kv(transaction).Put(key, value); },
        {.durability = durability});
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    return receipt.ok() ? receipt->lsn : Lsn();
  }
  void PutMany(int from, int to, std::string_view value = "v") {
    for (int i = from; i < to; ++i) Put("k" + std::to_string(i), value);
  }
  std::optional<std::string> Get(std::string_view key) {
    auto view = opened_.store->View();
    EXPECT_TRUE(view.ok()) << view.status();
    const auto row = Kv(*view).Get(key);
    EXPECT_TRUE(row.ok()) << row.status();
    if (!row.ok() || !row->has_value()) return std::nullopt;
    return std::string((*row)->value);
  }
  std::uint64_t Count() {
    auto view = opened_.store->View();
    return *Kv(*view).Count();
  }

  [[nodiscard]] std::vector<std::filesystem::path> Files(std::string_view folder) const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / folder)) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  static std::string Bytes(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    return bytes.str();
  }
  static void SetBytes(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  static void FlipByte(const std::filesystem::path& path, std::size_t offset) {
    std::string bytes = Bytes(path);
    bytes.at(offset) = static_cast<char>(bytes.at(offset) ^ 0x40);
    SetBytes(path, bytes);
  }
  // A hash of every file but LMDB's lock table and the LOCK, which openings may touch.
  [[nodiscard]] std::map<std::string, std::size_t> AllBytes() const {
    std::map<std::string, std::size_t> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_)) {
      const std::string name = entry.path().filename();
      if (!entry.is_regular_file() || name == "state.mdb-lock" || name == "LOCK") continue;
      all[entry.path()] = std::hash<std::string>()(Bytes(entry.path()));
    }
    return all;
  }

  std::filesystem::path root_;
  std::filesystem::path directory_;
  OpenOptions options_;
  OpenedStore opened_;
};

}  // namespace varve

#endif  // VARVE_TESTS_RECOVERY_RECOVERY_FIXTURE_H_
