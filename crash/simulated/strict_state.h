// What a strict file system shares with its open files and locks. Only for strict_*.cc.
#ifndef VARVE_CRASH_SIMULATED_STRICT_STATE_H_
#define VARVE_CRASH_SIMULATED_STRICT_STATE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crash/allocations/allocation_fault.h"
#include "crash/simulated/strict_file_system.h"

namespace varve::crash {

// What each call holds to its end. The disk stands for the operating system: it finds its memory
// where the store does not.
struct CallLock : std::unique_lock<std::mutex> {
  const AllocationsSucceed succeed{};
};

struct StrictState {
  struct Holders {
    int shared = 0;
    bool exclusive = false;
  };

  std::mutex mutex;  // guards everything below
  StrictNodePtr root;
  std::uint64_t sequence = 0;  // of the last change
  std::vector<Call> calls;     // that change something, in order
  std::uint64_t crash_at = 0;  // ordinal; 0: never
  bool crashed = false;
  StrictFileSystem::Hook hook;
  FaultPlan faults;
  std::uint64_t capacity_bytes = ~std::uint64_t{0};
  std::map<const StrictNode*, Holders> locks;

  // Begins a call: counts it, lets the hook see it, and takes the mutex. kUnknown where the
  // process has crashed; the status of a kFail fault; any other fault in `*fault`, which must not
  // be null for the kinds that have one.
  [[nodiscard]] absl::Status Begin(Call call, std::unique_lock<std::mutex>& lock,
                                   std::optional<Fault>* fault = nullptr);

  // All below: with the mutex held.
  // Null where nothing has that name.
  [[nodiscard]] StrictNodePtr Find(std::string_view path) const;
  // The folder that holds `path` and the last name in it. kNotFound.
  struct Place {
    StrictNodePtr folder;
    std::string name;
  };
  [[nodiscard]] absl::StatusOr<Place> FindPlace(std::string_view path) const;
  [[nodiscard]] std::uint64_t UsedBytes() const;
  // kResourceExhausted where a file of `old_size` may not become `new_size` long.
  [[nodiscard]] absl::Status CheckRoom(std::uint64_t old_size, std::uint64_t new_size) const;
};

[[nodiscard]] std::unique_ptr<File> NewStrictFile(std::shared_ptr<StrictState> state,
                                                  StrictNodePtr node, std::string path,
                                                  bool is_writable);

}  // namespace varve::crash

#endif  // VARVE_CRASH_SIMULATED_STRICT_STATE_H_
