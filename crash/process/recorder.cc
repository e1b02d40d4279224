#include "crash/process/recorder.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cstddef>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "crash/allocations/sanitizer.h"
#include "crash/process/folder_call.h"
#include "crash/process/tracee.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

using CallKind = FolderCall::Kind;
using EventKind = TraceEvent::Kind;

class Recorder final {
 public:
  Recorder(const RecordOptions& options, Tracee& tracee)
      : options_(options),
        tracee_(tracee),
        reader_(tracee, options_.folder, options.marker_descriptor, options_.scratch_suffix,
                files_) {}

  absl::StatusOr<Trace> Run() {
    while (true) {
      VARVE_ASSIGN_OR_RETURN(const Stop stop, tracee_.Next());
      if (stop.kind == Stop::Kind::kEnded) {
        trace_.exit_code = stop.exit_code;
        trace_.signal = stop.signal;
        return std::move(trace_);
      }
      if (stop.kind == Stop::Kind::kEntry) {
        VARVE_RETURN_IF_ERROR(OnEntry(stop));
      } else {
        VARVE_RETURN_IF_ERROR(OnExit(stop));
      }
      if (trace_.killed) {
        tracee_.Kill();
        return std::move(trace_);
      }
    }
  }

 private:
  struct Pending {
    FolderCall call;
    bool kills_after = false;
    std::optional<std::int64_t> result{};  // what it answers instead
    std::uint64_t cut_vector = 0;          // the address of a length to be put back ...
    std::uint64_t whole_bytes = 0;         // ... to this
  };

  absl::Status OnEntry(const Stop& stop) {
    if (++trace_.system_calls > options_.system_calls_max) {
      return MakeStatus(absl::StatusCode::kResourceExhausted, "the traced process made ",
                        options_.system_calls_max, " system calls and did not end");
    }
    // A thread that changes something waits until the one before it has.
    if (changing_thread_ != 0) {
      VARVE_ASSIGN_OR_RETURN(const FolderCall call, reader_.Read(stop));
      if (call.kind != CallKind::kNone) {
        held_back_.push_back(stop);
        return absl::OkStatus();
      }
    }
    return Enter(stop);
  }

  absl::Status Enter(const Stop& stop) {
    Pending pending;
    VARVE_ASSIGN_OR_RETURN(pending.call, reader_.Read(stop));
    if (pending.call.changes) ++trace_.changing_calls;
    if (pending.call.kind == CallKind::kWrite && pending.call.bytes.size() > 1) {
      trace_.divisible_calls.push_back(trace_.changing_calls);
    }
    if (options_.kill.has_value()) VARVE_RETURN_IF_ERROR(AimAt(stop, pending));
    if (trace_.killed) return absl::OkStatus();
    VARVE_RETURN_IF_ERROR(AtSite(stop, pending));
    if (pending.call.kind != CallKind::kNone) changing_thread_ = stop.thread;
    pending_[stop.thread] = std::move(pending);
    return tracee_.Resume(stop.thread);
  }

  // What the call is where faults are counted; nothing, where it is none of theirs.
  std::optional<SiteCall> SiteOf(const Stop& stop, const FolderCall& call) const {
    SiteCall site{.site = CallSite::kOpen, .path = call.path};
    const auto on_file = files_.find(static_cast<int>(stop.arguments[0]));
    if (site.path.empty() && on_file != files_.end()) site.path = on_file->second->path;
    switch (call.kind) {
      case CallKind::kOpen:
        return site;
      case CallKind::kWrite:
        site.site = CallSite::kWrite;
        site.divisible = call.bytes.size() > 1;
        return site;
      case CallKind::kTruncate:
      case CallKind::kGrow:
        site.site = CallSite::kTruncate;
        return site;
      case CallKind::kSync:
        site.site = CallSite::kSync;
        return site;
      case CallKind::kCreateFolder:
        site.site = CallSite::kMakeFolder;
        return site;
      case CallKind::kRename:
        site.site = CallSite::kRename;
        return site;
      case CallKind::kRemove:
        site.site = CallSite::kRemove;
        return site;
      default:
        break;
    }
    return SiteOfOther(stop, on_file == files_.end() ? nullptr : on_file->second.get());
  }

  // Of the calls that change nothing in the folder.
  std::optional<SiteCall> SiteOfOther(const Stop& stop, const TracedFile* file) const {
    if (stop.number == SYS_mmap) {
      const auto mapped = files_.find(static_cast<int>(stop.arguments[4]));
      if (kHasSanitizer && mapped == files_.end()) return std::nullopt;  // it would end the process
      return SiteCall{.site = CallSite::kMap,
                      .path = mapped == files_.end() ? "" : mapped->second->path};
    }
    if (file == nullptr || file->is_folder) return std::nullopt;
    if (stop.number == SYS_flock) return SiteCall{.site = CallSite::kLock, .path = file->path};
    if (stop.number != SYS_pread64 && stop.number != SYS_read) return std::nullopt;
    return SiteCall{
        .site = CallSite::kRead, .path = file->path, .divisible = stop.arguments[2] > 1};
  }

  // Counts the call, and does to it what was asked for.
  absl::Status AtSite(const Stop& stop, Pending& pending) {
    const std::optional<SiteCall> site = SiteOf(stop, pending.call);
    if (!site.has_value()) return absl::OkStatus();
    trace_.site_calls.push_back(*site);
    const std::uint64_t ordinal = ++calls_at_[site->site];
    if (!options_.fault.has_value()) return absl::OkStatus();
    const CallFault& fault = *options_.fault;
    const bool strikes = ordinal == fault.ordinal || (fault.lasts && ordinal > fault.ordinal);
    if (site->site != fault.site || !strikes) return absl::OkStatus();
    ++trace_.faults;
    if (fault.effect == CallFault::Effect::kShort) return Shorten(stop, pending);
    pending.result = -fault.error;
    if (fault.effect == CallFault::Effect::kDoneAndFailed) return absl::OkStatus();
    pending.call = FolderCall();
    return tracee_.SkipCall(stop.thread);
  }

  // The thread goes on, and must find its vector as it was.
  absl::Status Shorten(const Stop& stop, Pending& pending) {
    const bool is_vector = pending.call.kind == CallKind::kWrite && stop.number != SYS_write &&
                           stop.number != SYS_pwrite64;
    if (!is_vector) return tracee_.SetArgument(stop.thread, 2, stop.arguments[2] / 2);
    if (stop.arguments[2] > 1) return tracee_.SetArgument(stop.thread, 2, stop.arguments[2] / 2);
    pending.cut_vector = stop.arguments[1] + offsetof(iovec, iov_len);
    pending.whole_bytes = pending.call.bytes.size();
    return tracee_.WriteNumber(stop.thread, pending.cut_vector, pending.whole_bytes / 2);
  }

  absl::Status GiveResult(const Stop& stop, const Pending& pending) {
    if (pending.cut_vector != 0) {
      VARVE_RETURN_IF_ERROR(
          tracee_.WriteNumber(stop.thread, pending.cut_vector, pending.whole_bytes));
    }
    if (!pending.result.has_value()) return absl::OkStatus();
    return tracee_.SetResult(stop.thread, *pending.result);
  }

  absl::Status AimAt(const Stop& stop, Pending& pending) {
    const KillPoint& kill = *options_.kill;
    if (!kill.every_call && !pending.call.changes) return absl::OkStatus();
    const std::uint64_t ordinal = kill.every_call ? trace_.system_calls : trace_.changing_calls;
    if (ordinal != kill.call) return absl::OkStatus();
    if (kill.when == KillPoint::When::kBefore) {
      trace_.killed = true;
      return absl::OkStatus();
    }
    pending.kills_after = true;
    if (kill.when == KillPoint::When::kAfter || pending.call.kind != CallKind::kWrite) {
      return absl::OkStatus();
    }
    return CutWrite(stop, pending.call.bytes.size() / 2);
  }

  // Makes a write that has not begun one of `bytes`.
  absl::Status CutWrite(const Stop& stop, std::uint64_t bytes) {
    if (bytes == 0) return absl::OkStatus();
    if (stop.number == SYS_write || stop.number == SYS_pwrite64) {
      return tracee_.SetArgument(stop.thread, 2, bytes);
    }
    if (stop.arguments[2] != 1) return absl::OkStatus();  // of several parts: left whole
    // The thread will not live to see its vector changed.
    return tracee_.WriteNumber(stop.thread, stop.arguments[1] + offsetof(iovec, iov_len), bytes);
  }

  absl::Status OnExit(const Stop& stop) {
    const auto found = pending_.find(stop.thread);
    if (found == pending_.end()) return tracee_.Resume(stop.thread);  // it began before the trace
    const Pending pending = std::move(found->second);
    pending_.erase(found);
    VARVE_RETURN_IF_ERROR(Finish(pending.call, stop.result));
    VARVE_RETURN_IF_ERROR(GiveResult(stop, pending));
    if (pending.kills_after) {
      trace_.killed = true;
      return absl::OkStatus();
    }
    VARVE_RETURN_IF_ERROR(tracee_.Resume(stop.thread));
    if (changing_thread_ != stop.thread) return absl::OkStatus();
    changing_thread_ = 0;
    if (held_back_.empty()) return absl::OkStatus();
    const Stop next = held_back_.front();
    held_back_.pop_front();
    return Enter(next);
  }

  // A call that has returned `result`.
  absl::Status Finish(const FolderCall& call, std::int64_t result) {
    if (result < 0) {
      if (call.kind != CallKind::kSync) return absl::OkStatus();  // it changed nothing
      return MakeStatus(absl::StatusCode::kUnknown, "the system failed a sync of the traced ",
                        "process, errno ", static_cast<std::uint64_t>(-result));
    }
    switch (call.kind) {
      case CallKind::kNone:
        return absl::OkStatus();
      case CallKind::kMarker:
        Add({.kind = EventKind::kMarker, .bytes = call.bytes});
        return absl::OkStatus();
      case CallKind::kOpen:
        return Opened(call, static_cast<int>(result));
      case CallKind::kClose:
        for (auto it = files_.lower_bound(call.descriptor);
             it != files_.end() && it->first <= call.target;) {
          it = Closed(it);
        }
        return absl::OkStatus();
      case CallKind::kDuplicate:
        Duplicated(call.descriptor, static_cast<int>(result));
        return absl::OkStatus();
      case CallKind::kCreateFolder:
        Add({.kind = EventKind::kCreateFolder, .path = call.path});
        return absl::OkStatus();
      case CallKind::kRename:
        Add({.kind = EventKind::kRename, .path = call.path, .new_path = call.new_path});
        return absl::OkStatus();
      case CallKind::kRemove:
        Add({.kind = EventKind::kRemove, .path = call.path});
        return absl::OkStatus();
      default:
        return FinishOnFile(call, result);
    }
  }

  absl::Status FinishOnFile(const FolderCall& call, std::int64_t result) {
    if (call.descriptor < 0) {  // truncate() by name
      Add({.kind = EventKind::kOpen, .file = ++last_file_, .path = call.path});
      Add({.kind = EventKind::kTruncate,
           .file = last_file_,
           .path = call.path,
           .offset = call.offset});
      Add({.kind = EventKind::kClose, .file = last_file_, .path = call.path});
      return absl::OkStatus();
    }
    const TracedFile& file = *files_.at(call.descriptor);
    TraceEvent event{.file = file.number, .path = file.path, .offset = call.offset};
    if (call.kind == CallKind::kWrite) {
      event.kind = call.durably ? EventKind::kWriteDurably : EventKind::kWrite;
      event.bytes = call.bytes.substr(0, static_cast<std::size_t>(result));
      if (event.bytes.empty()) return absl::OkStatus();
    } else if (call.kind == CallKind::kSync) {
      event.kind = file.is_folder ? EventKind::kSyncFolder : EventKind::kSync;
      if (file.is_folder) event.file = 0;
    } else if (call.kind == CallKind::kMap) {
      event.kind = EventKind::kMap;
    } else {
      event.kind = EventKind::kTruncate;
      if (call.kind == CallKind::kGrow && SizeOf(call.descriptor) > call.offset) {
        return absl::OkStatus();
      }
    }
    Add(std::move(event));
    return absl::OkStatus();
  }

  std::uint64_t SizeOf(int descriptor) const {
    struct stat info;
    return ::stat(NameOf(descriptor).c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size)
                                                          : 0;
  }

  std::string NameOf(int descriptor) const {
    return "/proc/" + std::to_string(tracee_.pid()) + "/fd/" + std::to_string(descriptor);
  }

  absl::Status Opened(const FolderCall& call, int descriptor) {
    struct stat info;
    if (::stat(NameOf(descriptor).c_str(), &info) != 0) {
      return MakeStatus(absl::StatusCode::kUnknown, "stat of ", call.path, " failed");
    }
    std::error_code error;
    const std::string real = std::filesystem::read_symlink(NameOf(descriptor), error).string();
    if (PathWithin(options_.folder, real) != call.path) {
      return Unimplemented("the traced process opened ", call.path,
                           " through a symbolic link, which is not followed");
    }
    TracedFile file{.number = 0,
                    .path = call.path,
                    .is_folder = S_ISDIR(info.st_mode),
                    .durably = call.durably};
    if (!file.is_folder) {
      file.number = ++last_file_;
      Add({.kind = call.existed ? EventKind::kOpen : EventKind::kCreate,
           .file = file.number,
           .path = file.path});
      if (call.cuts) Add({.kind = EventKind::kTruncate, .file = file.number, .path = file.path});
    }
    files_[descriptor] = std::make_shared<const TracedFile>(std::move(file));
    return absl::OkStatus();
  }

  TracedFiles::iterator Closed(TracedFiles::iterator at) {
    const std::shared_ptr<const TracedFile> file = at->second;
    at = files_.erase(at);
    if (file.use_count() == 1 && !file->is_folder) {
      Add({.kind = EventKind::kClose, .file = file->number, .path = file->path});
    }
    return at;
  }

  // dup2() may have closed what `to` was.
  void Duplicated(int from, int to) {
    if (from == to) return;
    const auto source = files_.find(from);
    const std::shared_ptr<const TracedFile> file =
        source == files_.end() ? nullptr : source->second;
    if (const auto old = files_.find(to); old != files_.end()) Closed(old);
    if (file != nullptr) files_[to] = file;
  }

  void Add(TraceEvent event) { trace_.events.push_back(std::move(event)); }

  const RecordOptions& options_;
  Tracee& tracee_;
  TracedFiles files_;
  const FolderCallReader reader_;
  Trace trace_;
  std::map<CallSite, std::uint64_t> calls_at_;
  std::uint64_t last_file_ = 0;
  std::map<pid_t, Pending> pending_;
  pid_t changing_thread_ = 0;   // that is within a call which concerns the folder
  std::deque<Stop> held_back_;  // entries that wait for it
};

}  // namespace

absl::StatusOr<Trace> RecordTrace(const RecordOptions& options, const std::function<int()>& body) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<Tracee> tracee, Tracee::Start(body));
  return Recorder(options, *tracee).Run();
}

}  // namespace varve::crash
