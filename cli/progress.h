// Progress of long work on standard error: a bar on a terminal, a line now and then elsewhere, JSON
// lines with --json.
#ifndef VARVE_CLI_PROGRESS_H_
#define VARVE_CLI_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "cli/output.h"

namespace varve::cli {

// Not thread-safe. Destroying it ends the line that the bar stands on.
class Progress final {
 public:
  enum class Unit { kBytes, kRecords };

  // `total` 0: unknown.
  Progress(const Output& output, std::string label, Unit unit, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Cheap: draws at most some times a second. `detail` follows the bar.
  void Update(std::uint64_t done, const std::string& detail = {});
  void Update(std::uint64_t done, std::uint64_t total, const std::string& detail);
  // Draws the last state, even if it was drawn a moment ago, and ends the line.
  void Finish();

 private:
  void Draw();
  void DrawBar() const;
  void WriteLine() const;
  void WriteJson() const;
  [[nodiscard]] std::string Amount(std::uint64_t count) const;
  [[nodiscard]] double seconds() const;
  [[nodiscard]] unsigned percent() const;

  const bool json_;
  const bool terminal_;
  const std::string label_;
  const Unit unit_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::string detail_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_draw_;
  bool drawn_ = false;     // something stands on the terminal's line
  bool finished_ = false;  // Finish was called
};

// For long work that is told to go on or not: shows how far it is, and answers kCancelled once the
// user wants it to end. Must not outlive `progress`.
[[nodiscard]] std::function<absl::Status(std::uint64_t done)> StepsOf(Progress& progress);

}  // namespace varve::cli

#endif  // VARVE_CLI_PROGRESS_H_
