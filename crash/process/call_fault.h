// What the system does to a call of a traced process instead of what it is there for.
#ifndef VARVE_CRASH_PROCESS_CALL_FAULT_H_
#define VARVE_CRASH_PROCESS_CALL_FAULT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace varve::crash {

// A kind of call that concerns the traced folder, and where its memory comes from.
enum class CallSite {
  kOpen,
  kRead,
  kWrite,
  kTruncate,
  kSync,
  kMap,  // a file of the folder, or memory
  kMakeFolder,
  kRename,
  kRemove,
  kLock,
};
[[nodiscard]] std::string_view SiteName(CallSite site);

// One call at a site, as it was made.
struct SiteCall {
  CallSite site = CallSite::kOpen;
  std::string path{};      // of what it concerns, relative to the folder; empty: memory
  bool divisible = false;  // transfers more than one byte
};

struct CallFault {
  enum class Effect {
    kInterrupted,    // EINTR, and it did not happen
    kShort,          // it transfers half of its bytes
    kFailed,         // `error`, and it did not happen
    kDoneAndFailed,  // it happened, and `error` is told
  };
  CallSite site = CallSite::kWrite;
  std::uint64_t ordinal = 1;  // which of the calls at such a site, counted from 1
  Effect effect = Effect::kFailed;
  int error = 0;
  bool lasts = false;  // kFailed: and all calls at such a site after it

  // "call 3 that syncs fails: Input/output error".
  [[nodiscard]] std::string ToString() const;
};

// Which effects a call like `call` can have, each with every error that is its own.
[[nodiscard]] std::vector<CallFault> FaultsOf(const SiteCall& call);

// Whether a store hides `fault` of `call`: nothing that it answers may be another thing. (LMDB
// takes an interrupted or a short call for a failed one.)
[[nodiscard]] bool IsHidden(const CallFault& fault, const SiteCall& call);

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_CALL_FAULT_H_
