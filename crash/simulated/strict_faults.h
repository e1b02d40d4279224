// The calls of the strict file system, and the faults that a test can plant in them.
#ifndef VARVE_CRASH_SIMULATED_STRICT_FAULTS_H_
#define VARVE_CRASH_SIMULATED_STRICT_FAULTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace varve::crash {

enum class CallKind {
  // Calls that change something. Each has an ordinal: the first of a file system is 1.
  kCreate,        // Open(kCreate), or the lock file made by Lock
  kWrite,         // WriteAt
  kWriteDurably,  // WriteDurablyAt, before anything
  kFlushDurably,  // WriteDurablyAt, its bytes written but not yet durable
  kTruncate,
  kSync,
  kCreateDirectory,
  kRename,
  kRemove,
  kSyncDirectory,
  // Calls that do not. Ordinal 0.
  kOpen,  // of an existing file
  kRead,
  kSize,
  kList,
  kStat,
  kLock,
};

[[nodiscard]] std::string_view CallName(CallKind kind);
[[nodiscard]] bool IsMutating(CallKind kind);

struct Call {
  std::uint64_t ordinal = 0;
  CallKind kind = CallKind::kOpen;
  std::string path = "";
  std::uint64_t offset = 0;  // writes and reads; the new size for kTruncate
  std::uint64_t bytes = 0;
  [[nodiscard]] std::string ToString() const;
};

// The statuses that a real file system gives.
[[nodiscard]] absl::Status DeviceError();
[[nodiscard]] absl::Status DiskFull();

struct Fault {
  enum class Effect {
    kFail,           // `status`, and nothing happened
    kPartialWrite,   // kWrite, kWriteDurably: the first `partial_bytes` written, then `status`
    kSyncDropped,    // kSync, kFlushDurably: changes never reach the disk, but go on being read
    kSyncReverted,   // kSync, kFlushDurably: changes gone from memory, too
    kSyncPersisted,  // kSync, kFlushDurably, kSyncDirectory: all durable, yet `status` is told
    kFlipBit,        // kRead: one bit in the middle of what is read is wrong, without an error
  };
  std::optional<CallKind> kind = std::nullopt;  // nullopt: any call that changes something
  std::string path_contains = "";               // empty: any
  std::uint64_t skip = 0;                       // how many matching calls pass first
  std::uint64_t times = 1;                      // how many fail then
  Effect effect = Effect::kFail;
  absl::Status status = DeviceError();
  std::uint64_t partial_bytes = 0;
  friend bool operator==(const Fault&, const Fault&) = default;
};

// The planted faults and how far they have counted. Not thread-safe.
class FaultPlan final {
 public:
  void Add(Fault fault);
  void Clear();
  // The fault that strikes this call, if one does. Every plan counts every call once.
  [[nodiscard]] std::optional<Fault> Strike(const Call& call);
  [[nodiscard]] std::uint64_t fired() const { return fired_; }

 private:
  std::vector<Fault> faults_;
  std::uint64_t fired_ = 0;
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_SIMULATED_STRICT_FAULTS_H_
