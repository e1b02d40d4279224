// What `varve check` has found so far: said as it is found, and kept for the answer.
#ifndef VARVE_CLI_CHECK_REPORT_H_
#define VARVE_CLI_CHECK_REPORT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cli/output.h"

namespace varve::cli {

// From harmless to grave.
enum class Gravity {
  kNote,        // as it may be
  kRepairable,  // the next open puts it right; nothing is lost
  kDamage,      // bytes that count are wrong
};

// Not thread-safe.
class CheckReport final {
 public:
  explicit CheckReport(Output& output) : output_(output) {}

  // Another process writes to the store: what is gone may have been removed by it.
  void SetLive() { live_ = true; }
  [[nodiscard]] bool live() const { return live_; }

  // A line that says that `part` is good.
  void Good(std::string_view part) { output_.Line("ok  " + std::string(part)); }
  void Add(Gravity gravity, std::string_view text);
  // Damage, unless a writing process took the file away meanwhile. An interruption is no finding.
  void AddError(const absl::Status& status);

  [[nodiscard]] const absl::Status& first_damage() const { return first_damage_; }
  [[nodiscard]] std::uint64_t repairable() const { return repairable_; }
  // "gravity" and "text" of each.
  [[nodiscard]] const Json& findings() const { return findings_; }
  // Members of the JSON answer that a part of the check adds.
  [[nodiscard]] Json& facts() { return facts_; }

 private:
  Output& output_;
  bool live_ = false;
  absl::Status first_damage_;
  std::uint64_t repairable_ = 0;
  Json findings_ = Json::array();
  Json facts_ = Json::object();
};

}  // namespace varve::cli

#endif  // VARVE_CLI_CHECK_REPORT_H_
