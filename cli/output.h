// Where everything that the command says goes: results to standard output, the rest to standard
// error; as text for people or, with --json, as one JSON object per line.
#ifndef VARVE_CLI_OUTPUT_H_
#define VARVE_CLI_OUTPUT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "cli/bytes_text.h"
#include "kernel/base/ids.h"

namespace varve::cli {

// Not thread-safe. A verb calls Line or Raw for text and Object for JSON; each is silent in the
// other's mode, so a verb states both and asks nothing.
class Output final {
 public:
  explicit Output(bool json) : json_(json) {}

  [[nodiscard]] bool json() const { return json_; }

  // Text mode: `line` and a newline.
  void Line(std::string_view line);
  // Text mode: exactly these bytes.
  void Raw(std::string_view bytes);
  // JSON mode: one object on one line, flushed, so that a reader of a pipe sees it at once.
  void Object(const Json& object);

  // Standard error, both modes: something worth knowing that is no failure.
  void Note(std::string_view text);
  // Standard error, both modes: why the command failed and what to do about it.
  void Error(const absl::Status& status, std::string_view store);

  // kUnknown where standard output took less than was written (closed, disk full).
  [[nodiscard]] absl::Status Finish();

 private:
  bool json_;
};

// "name    value" lines, values aligned.
class FactTable final {
 public:
  void Add(std::string name, std::string value) {
    facts_.emplace_back(std::move(name), std::move(value));
  }
  void Print(Output& output) const;

 private:
  std::vector<std::pair<std::string, std::string>> facts_;
};

// "12.3 MiB"
[[nodiscard]] std::string FormatBytes(std::uint64_t bytes);
// "1,234,567"
[[nodiscard]] std::string FormatCount(std::uint64_t count);
// "2026-01-31T23:59:59.123456Z"
[[nodiscard]] std::string FormatTime(Timestamp time);

}  // namespace varve::cli

#endif  // VARVE_CLI_OUTPUT_H_
