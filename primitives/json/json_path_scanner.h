// The words of a JSONPath: blanks, names, numbers, strings.
#ifndef VARVE_PRIMITIVES_JSON_JSON_PATH_SCANNER_H_
#define VARVE_PRIMITIVES_JSON_JSON_PATH_SCANNER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/status.h"
#include "primitives/json/json_value.h"

namespace varve::json {

// Goes through `text`, which is valid UTF-8 and outlives it.
class PathScanner final {
 public:
  explicit PathScanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return position_ == text_.size(); }
  // The next byte; 0 at the end.
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }
  [[nodiscard]] std::size_t position() const { return position_; }
  void GoBackTo(std::size_t position) { position_ = position; }

  void SkipBlanks();
  // Takes `word` where it is next.
  bool Take(std::string_view word);
  [[nodiscard]] bool StartsName() const;
  [[nodiscard]] bool StartsNumber() const;

  // Each takes what is next, or answers kInvalidArgument.
  [[nodiscard]] absl::StatusOr<std::string> TakeName();      // member-name-shorthand
  [[nodiscard]] std::string TakeFunctionName();              // may be empty
  [[nodiscard]] absl::StatusOr<std::int64_t> TakeInteger();  // int, within 53 bits
  [[nodiscard]] absl::StatusOr<JsonValue> TakeNumber();      // number
  [[nodiscard]] absl::StatusOr<std::string> TakeQuoted();    // string-literal

  // kInvalidArgument: what is wrong, and where.
  template <typename... Parts>
  [[nodiscard]] absl::Status Fault(const Parts&... parts) const {
    return InvalidArgument("JSONPath \"", text_, "\", character ", position_ + 1, ": ", parts...);
  }

 private:
  absl::Status TakeEscape(char quote, std::string& to);
  absl::Status TakeUnicodeEscape(std::string& to);
  absl::StatusOr<std::uint32_t> TakeFourHexDigits();
  std::string_view TakeDigits();

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_PATH_SCANNER_H_
