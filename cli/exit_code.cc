#include "cli/exit_code.h"

#include "kernel/io/file_system.h"

namespace varve::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return ExitCode::kUsage;
    case absl::StatusCode::kDataLoss:
      return ExitCode::kDamage;
    case absl::StatusCode::kUnavailable:
      return ExitCode::kBusy;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
      return ExitCode::kWrongState;
    case absl::StatusCode::kUnimplemented:
      return ExitCode::kUnsupported;
    case absl::StatusCode::kPermissionDenied:
      return ExitCode::kPermission;
    case absl::StatusCode::kResourceExhausted:
      return ExitCode::kNoRoom;
    case absl::StatusCode::kAborted:
      return ExitCode::kConflict;
    case absl::StatusCode::kUnknown:
      return ExitCode::kDeviceFailed;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    default:
      return ExitCode::kInternal;
  }
}

std::string StatusCodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

std::string RemedyOf(const absl::Status& status, std::string_view store) {
  const std::string command = "varve " + std::string(store);
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return "nothing was written. `" + command +
             " check` lists every fault; put the named file back from a backup, or make a new "
             "store "
             "from a snapshot: `" +
             command + " snapshot restore TARGET`.";
    case absl::StatusCode::kUnavailable:
      return "wait for the other process, or give it longer with --wait SECONDS. Read verbs (kv "
             "get, stat, export, wal dump) work beside it.";
    case absl::StatusCode::kUnimplemented:
      return "use a newer varve; where only a primitive is unknown, load the plug-in that has it "
             "(`varve --load LIBRARY " +
             std::string(store) + " ...`), or keep its entries untouched with --carry-unknown.";
    case absl::StatusCode::kPermissionDenied:
      return "check owner and mode of the store and its folder. Read verbs work on read-only "
             "media.";
    case absl::StatusCode::kResourceExhausted:
      return "where the disk is full, free space and repeat; where a limit is named, keep to it. "
             "Nothing that was acknowledged is lost.";
    case absl::StatusCode::kNotFound:
      // Of a store that is there, it is something in it that was not found.
      if (PosixFileSystem().Stat(std::string(store)).ok()) return "";
      return "`" + command + " init` makes an empty store there.";
    case absl::StatusCode::kAborted:
      return "other writers changed the same keys; repeat the command.";
    case absl::StatusCode::kUnknown:
      return "the device failed: look at the system log, then run `" + command + " check`.";
    case absl::StatusCode::kInternal:
      return "this is a bug of Varve; please report it with the output of `" + command +
             " stat --json`.";
    default:
      return "";
  }
}

std::string ExitCodeTable() {
  return "Exit codes:\n"
         "  0    done; the answer is yes\n"
         "  1    the answer is no: key absent, condition not met, check found something\n"
         "  2    wrong arguments\n"
         "  3    damaged bytes on disk; nothing was written\n"
         "  4    another process holds the store\n"
         "  5    no store there, one there already, or in the wrong state\n"
         "  6    newer format, or entries of an unknown primitive\n"
         "  7    not permitted, or a read-only medium\n"
         "  8    disk full, or a documented limit\n"
         "  9    conflict with other writers\n"
         "  10   the device failed; the outcome of a write is unknown\n"
         "  11   a bug of Varve\n"
         "  130  interrupted; what was acknowledged stays\n";
}

}  // namespace varve::cli
