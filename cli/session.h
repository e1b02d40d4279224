// What one invocation works with: the store's path, the flags that every verb has, the output, and
// the ways to open the store.
#ifndef VARVE_CLI_SESSION_H_
#define VARVE_CLI_SESSION_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/output.h"
#include "crash/subject.h"
#include "kernel/registry.h"
#include "kernel/store_files.h"
#include "recovery/open.h"

namespace varve::cli {

// Whether the question that the verb asks was answered yes (exit 0) or no (exit 1).
enum class Answer { kYes, kNo };

// The flags that every verb has.
struct CommonFlags {
  bool json = false;
  double wait_seconds = 5;               // for another holder of the store
  std::string keep_history = "forever";  // see ParseKeepHistory
  bool carry_unknown = false;
  bool allow_network_file_system = false;
};

// Adds a program's primitives to an empty registry.
using RegisterPrimitives = std::function<void(PrimitiveRegistry&)>;

// Not thread-safe.
class Session final {
 public:
  Session(std::string store, const CommonFlags& flags, RegisterPrimitives register_primitives,
          std::vector<crash::Subject> subjects);

  // The STORE argument, as given.
  [[nodiscard]] const std::string& store() const { return files_.directory(); }
  [[nodiscard]] const StoreFiles& files() const { return files_; }
  [[nodiscard]] Output& output() { return output_; }
  [[nodiscard]] const CommonFlags& flags() const { return flags_; }

  [[nodiscard]] PrimitiveRegistry MakeRegistry() const;
  // What the crash harness is fed with.
  [[nodiscard]] const std::vector<crash::Subject>& subjects() const { return subjects_; }
  // What OpenStore is given: the flags, a progress bar for long recoveries, Ctrl-C.
  [[nodiscard]] absl::StatusOr<OpenOptions> MakeOpenOptions();

  // Read-only: writes not one byte and works beside a writing process.
  [[nodiscard]] absl::StatusOr<OpenedStore> OpenForReading();
  // Waits for the lock as long as --wait says; kNotFound where there is no store. Notes what
  // recovery warns of.
  [[nodiscard]] absl::StatusOr<OpenedStore> OpenForWriting();
  // As OpenForWriting, making the store where there is none.
  [[nodiscard]] absl::StatusOr<OpenedStore> OpenOrCreate();

 private:
  [[nodiscard]] absl::StatusOr<OpenedStore> Open(const OpenOptions& options);

  const StoreFiles files_;
  const CommonFlags flags_;
  const RegisterPrimitives register_primitives_;
  const std::vector<crash::Subject> subjects_;
  Output output_;
};

// Closes `opened` and answers `answer`, or the error of the close where `answer` holds none.
[[nodiscard]] absl::StatusOr<Answer> CloseAfter(OpenedStore& opened, absl::StatusOr<Answer> answer);

// How long superseded versions are kept: "forever", "0", or a number and one of s, m, h, d.
[[nodiscard]] absl::StatusOr<std::chrono::microseconds> ParseKeepHistory(std::string_view text);

// From now on Ctrl-C (SIGINT) and SIGTERM set a flag instead of ending the process; a second one
// ends it.
void CatchInterrupts();
// Whether one of them came since CatchInterrupts.
[[nodiscard]] bool Interrupted();

}  // namespace varve::cli

#endif  // VARVE_CLI_SESSION_H_
