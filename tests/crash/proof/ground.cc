#include "tests/crash/proof/ground.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "crash/world.h"
#include "kernel/base/check.h"
#include "tests/crash/proof/failing_file_system.h"
#include "tests/crash/proof/place.h"

namespace varve::crash {
namespace {

namespace fs = std::filesystem;

OpenOptions SmallOptions() {
  OpenOptions options = SmallStoreOptions();
  options.store.log.segment_bytes_min = std::uint64_t{8} << 10;
  options.store.log.segment_bytes_max = std::uint64_t{8} << 10;
  options.snapshots.log_bytes_min = std::uint64_t{12} << 10;
  options.store.history.keep = std::chrono::microseconds(60);  // some transactions
  options.cancelled = [] { return MeetPlace("cancelled", "", /*changes=*/false).has_value(); };
  return options;
}

class SimulatedGround final : public Ground {
 public:
  explicit SimulatedGround(std::unique_ptr<StrictFileSystem> files)
      : disk_(std::move(files)), files_(*disk_) {}

  std::string Path(std::string_view name) const override { return std::string(name); }
  OpenOptions Options() override {
    OpenOptions options = SmallOptions();
    options.environment = {&files_, &clock_, &entropy_};
    options.materialized = [](const table::MaterializedOptions& wanted,
                              const table::AppliedMark& fresh) {
      return std::shared_ptr<table::MaterializedStore>(table::MakeMemoryStore(wanted, fresh));
    };
    return options;
  }
  std::map<std::string, std::string> Contents(std::string_view name) override {
    std::map<std::string, std::string> contents = disk_->Contents();
    std::erase_if(contents, [&](const auto& file) {
      return !file.first.starts_with(std::string(name) + "/");
    });
    return contents;
  }
  std::unique_ptr<Ground> After(const CrashChoice& choice) override {
    auto image = std::make_unique<SimulatedGround>(disk_->CrashImage(choice));
    image->durable = durable;
    image->started = started;
    return image;
  }
  bool has_power_cuts() const override { return true; }
  void Kill() override { disk_->Crash(); }
  void Remove(const std::string& path) override {
    VARVE_CHECK(disk_->Remove(path).ok());
    VARVE_CHECK(disk_->SyncDirectory(path.substr(0, path.rfind('/'))).ok());
  }
  void Put(const std::string& path, std::string_view bytes) override {
    disk_->Remove(path).IgnoreError();
    const auto file = disk_->Open(path, OpenMode::kCreate);
    VARVE_CHECK(file.ok());
    VARVE_CHECK((*file)->WriteAt(0, bytes).ok());
    VARVE_CHECK((*file)->Sync().ok());
    VARVE_CHECK(disk_->SyncDirectory(path.substr(0, path.rfind('/'))).ok());
  }

 private:
  std::unique_ptr<StrictFileSystem> disk_;
  FailingFileSystem files_;
};

class RealGround final : public Ground {
 public:
  RealGround() {
    const fs::path memory = "/dev/shm";
    const fs::path parent = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    std::string name = (parent / "varve-proof-XXXXXX").string();
    VARVE_CHECK(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~RealGround() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  std::string Path(std::string_view name) const override { return folder_ / name; }
  OpenOptions Options() override {
    OpenOptions options = SmallOptions();
    options.environment = {&PosixFileSystem(), &clock_, &entropy_};
    return options;
  }
  std::map<std::string, std::string> Contents(std::string_view name) override {
    std::map<std::string, std::string> contents;
    if (!fs::exists(folder_ / name)) return contents;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / name)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      contents[fs::relative(entry.path(), folder_).string()] = {
          std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    return contents;
  }
  std::unique_ptr<Ground> After(const CrashChoice& /*choice*/) override {
    auto image = std::make_unique<RealGround>();
    fs::copy(folder_, image->folder_, fs::copy_options::recursive);
    image->durable = durable;
    image->started = started;
    return image;
  }
  bool has_power_cuts() const override { return false; }
  void Kill() override {}
  void Remove(const std::string& path) override { VARVE_CHECK(fs::remove(path)); }
  void Put(const std::string& path, std::string_view bytes) override {
    fs::remove(path);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

 private:
  fs::path folder_;
};

}  // namespace

BackupOptions Ground::OptionsOfBackup() {
  const OpenOptions options = Options();
  BackupOptions backup;
  backup.environment = options.environment;
  backup.cancelled = options.cancelled;
  return backup;
}

void Ground::Flip(const std::string& name, const std::string& file, std::size_t offset) {
  std::string bytes = Contents(name).at(name + "/" + file);
  bytes.at(offset) = static_cast<char>(bytes.at(offset) ^ 0x10);
  Put(Path(name) + "/" + file, bytes);
}

std::unique_ptr<Ground> MakeSimulatedGround() {
  return std::make_unique<SimulatedGround>(std::make_unique<StrictFileSystem>());
}

std::unique_ptr<Ground> MakeRealGround() { return std::make_unique<RealGround>(); }

}  // namespace varve::crash
