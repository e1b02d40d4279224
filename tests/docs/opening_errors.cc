#include <filesystem>
#include <fstream>
#include <memory>

#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "primitives/template/tally.h"
#include "primitives/template/tally_primitive.h"
#include "recovery/backup.h"
#include "recovery/open.h"
#include "tests/docs/error_situations.h"

namespace varve {
namespace {

PrimitiveRegistry Builtins() {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  return registry;
}

// A store with some records, closed, which has neither a snapshot nor a materialized file: the log
// is all there is.
void MakeStore(const std::string& directory, PrimitiveRegistry registry) {
  const bool tallies = registry.FindById(kTallyId) != nullptr;
  auto opened = OpenStore(directory, std::move(registry));
  for (int i = 0; i < 3; ++i) {
    (void)opened->store->Update([&](Transaction& transaction) -> absl::Status {
      if (tallies) return Tally(transaction).Add("visits", 1);
      return Kv(transaction).Put("k", std::string(100, 'v'));
    });
  }
  (void)opened->store->Close();
  opened = OpenedStore();
  std::filesystem::remove(directory + "/state.mdb");
}

std::string FirstSegment(const std::string& directory) {
  return directory + "/wal/0000000000000001.wal";
}

void FlipByte(const std::string& path, std::streamoff offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(offset);
  const char byte = static_cast<char>(file.get() ^ 0x40);
  file.seekp(offset);
  file.put(byte);
}

absl::Status Open(const std::string& directory, const OpenOptions& options = {}) {
  return OpenStore(directory, Builtins(), options).status();
}

absl::Status OpenedTwice(const std::string& directory) {
  auto first = OpenStore(directory, Builtins());
  return Open(directory);
}

absl::Status NotAStore(const std::string& directory) {
  std::filesystem::create_directories(directory);
  std::ofstream(directory + "/notes.txt") << "mine\n";
  return Open(directory);
}

absl::Status FileInItsPlace(const std::string& path) {
  std::ofstream(path) << "mine\n";
  return Open(path);
}

absl::Status MissingPrimitive(const std::string& directory) {
  PrimitiveRegistry registry = Builtins();
  (void)registry.Register(std::make_unique<TallyPrimitive>());
  MakeStore(directory, std::move(registry));
  return Open(directory);
}

absl::Status DamagedRecord(const std::string& directory) {
  MakeStore(directory, Builtins());
  FlipByte(FirstSegment(directory), 4096 + 100);
  return Open(directory);
}

absl::Status MissingSegment(const std::string& directory) {
  MakeStore(directory, Builtins());
  MakeStore(directory, Builtins());  // opening it again starts another segment
  std::filesystem::remove(FirstSegment(directory));
  return Open(directory);
}

absl::Status BackupCancelled(const std::string& directory) {
  MakeStore(directory, Builtins());
  BackupOptions options;
  options.cancelled = [] { return true; };
  return BackupStore(directory, directory + ".backup", options).status();
}

absl::Status RestoredOverSomething(const std::string& directory) {
  MakeStore(directory, Builtins());
  return RestoreStore(directory, directory, {}, Builtins()).status();
}

absl::Status RestoredToTheFuture(const std::string& directory) {
  MakeStore(directory, Builtins());
  return RestoreStore(directory, directory + ".restored", {.lsn = Lsn(1000)}, Builtins()).status();
}

absl::Status RegisteredTwice() {
  PrimitiveRegistry registry = Builtins();
  (void)registry.Register(std::make_unique<TallyPrimitive>());
  return registry.Register(std::make_unique<TallyPrimitive>());
}

absl::Status OneBackupForTwoStores(const std::string& folder) {
  std::filesystem::create_directories(folder);
  MakeStore(folder + "/a.varve", Builtins());
  MakeStore(folder + "/b.varve", Builtins());
  (void)BackupStore(folder + "/a.varve", folder + "/backup");
  return BackupStore(folder + "/b.varve", folder + "/backup").status();
}

}  // namespace

std::vector<absl::Status> OpeningErrors(const std::string& folder) {
  OpenOptions existing;
  existing.create_if_missing = false;
  OpenOptions fresh;
  fresh.error_if_exists = true;
  MakeStore(folder + "/a.varve", Builtins());
  return {Open(folder + "/absent.varve", existing),
          Open(folder + "/a.varve", fresh),
          OpenedTwice(folder + "/a.varve"),
          NotAStore(folder + "/notes"),
          FileInItsPlace(folder + "/file"),
          MissingPrimitive(folder + "/tallies.varve"),
          DamagedRecord(folder + "/damaged.varve"),
          MissingSegment(folder + "/hole.varve"),
          RegisteredTwice(),
          RestoredOverSomething(folder + "/source.varve"),
          RestoredToTheFuture(folder + "/short.varve"),
          OneBackupForTwoStores(folder + "/two"),
          BackupCancelled(folder + "/long.varve")};
}

}  // namespace varve
