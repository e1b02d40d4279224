// Where an errand is run: a simulated disk, whose power can be cut, or a real folder, with LMDB.
#ifndef VARVE_TESTS_CRASH_PROOF_GROUND_H_
#define VARVE_TESTS_CRASH_PROOF_GROUND_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "crash/simulated/simulated_environment.h"
#include "recovery/backup.h"
#include "recovery/open.h"

namespace varve::crash {

// Not thread-safe.
class Ground {
 public:
  virtual ~Ground() = default;
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;

  [[nodiscard]] virtual std::string Path(std::string_view name) const = 0;
  // Small stores without threads. Calls of the file system, and looks at `cancelled`, are places.
  [[nodiscard]] virtual OpenOptions Options() = 0;
  // Every file below Path(name), by its path.
  [[nodiscard]] virtual std::map<std::string, std::string> Contents(std::string_view name) = 0;
  // As a crash at this moment leaves it; a real folder as the end of the process does, whatever
  // the choice. It shares nothing with this one.
  [[nodiscard]] virtual std::unique_ptr<Ground> After(const CrashChoice& choice) = 0;
  // Whether it is the simulated disk.
  [[nodiscard]] virtual bool has_power_cuts() const = 0;
  // What is done from now on changes nothing: the process is dead.
  virtual void Kill() = 0;
  // Replaces the bytes of a file, or removes it, durably.
  virtual void Put(const std::string& path, std::string_view bytes) = 0;
  virtual void Remove(const std::string& path) = 0;
  // Flips a bit of a file.
  void Flip(const std::string& name, const std::string& file, std::size_t offset);

  [[nodiscard]] BackupOptions OptionsOfBackup();

  // What was promised of the store in Path("store"), whose transactions are numbered.
  std::uint64_t durable = 0;
  std::uint64_t started = 0;

 protected:
  Ground() = default;
  SimulatedClock clock_;
  SeededEntropy entropy_{1};
};

[[nodiscard]] std::unique_ptr<Ground> MakeSimulatedGround();
// Below /dev/shm where there is such a folder: what a sync costs is not the question.
[[nodiscard]] std::unique_ptr<Ground> MakeRealGround();

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_PROOF_GROUND_H_
