#include "crash/process/call_fault.h"

#include <cerrno>
#include <cstring>

namespace varve::crash {
namespace {

using Effect = CallFault::Effect;

constexpr std::string_view kLmdbFile = "state.mdb";

std::string EffectText(const CallFault& fault) {
  switch (fault.effect) {
    case Effect::kInterrupted:
      return "is interrupted";
    case Effect::kShort:
      return "transfers half";
    case Effect::kFailed:
      return std::string(fault.lasts ? "fails, and all such after it: " : "fails: ") +
             std::strerror(fault.error);
    case Effect::kDoneAndFailed:
      return std::string("is done and answers ") + std::strerror(fault.error);
  }
  return "";
}

}  // namespace

std::string_view SiteName(CallSite site) {
  switch (site) {
    case CallSite::kOpen:
      return "opens";
    case CallSite::kRead:
      return "reads";
    case CallSite::kWrite:
      return "writes";
    case CallSite::kTruncate:
      return "sets a length";
    case CallSite::kSync:
      return "syncs";
    case CallSite::kMap:
      return "maps";
    case CallSite::kMakeFolder:
      return "makes a folder";
    case CallSite::kRename:
      return "renames";
    case CallSite::kRemove:
      return "removes";
    case CallSite::kLock:
      return "locks";
  }
  return "";
}

std::string CallFault::ToString() const {
  return "call " + std::to_string(ordinal) + " that " + std::string(SiteName(site)) + " " +
         EffectText(*this);
}

std::vector<CallFault> FaultsOf(const SiteCall& call) {
  const auto failed = [](int error) {
    return CallFault{.effect = Effect::kFailed, .error = error};
  };
  const CallFault interrupted{.effect = Effect::kInterrupted, .error = EINTR};
  std::vector<CallFault> faults;
  switch (call.site) {
    case CallSite::kMap:
      return {failed(ENOMEM)};
    case CallSite::kRead:
      faults = {interrupted, failed(EIO)};
      break;
    case CallSite::kWrite:
      faults = {interrupted, failed(EIO), failed(ENOSPC)};
      break;
    case CallSite::kSync:
      return {interrupted, failed(EIO), {.effect = Effect::kDoneAndFailed, .error = EIO}};
    case CallSite::kTruncate:
      return {interrupted, failed(EIO), failed(ENOSPC)};
    case CallSite::kLock:
      return {interrupted, failed(EIO)};
    case CallSite::kOpen:
    case CallSite::kMakeFolder:
    case CallSite::kRename:
      return {failed(EIO), failed(ENOSPC)};
    case CallSite::kRemove:
      return {failed(EIO)};
  }
  if (call.divisible) faults.push_back({.effect = Effect::kShort});
  return faults;
}

bool IsHidden(const CallFault& fault, const SiteCall& call) {
  const bool is_passing = fault.effect == Effect::kInterrupted || fault.effect == Effect::kShort;
  return is_passing && call.path.find(kLmdbFile) == std::string::npos;
}

}  // namespace varve::crash
