#include "cli/output.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <optional>

#include "cli/exit_code.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

void Write(std::FILE* file, std::string_view bytes) {
  // A short write sets the stream's error flag, which Finish asks for.
  std::fwrite(bytes.data(), 1, bytes.size(), file);
}

std::string ToOneLine(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json DamageToJson(const Damage& damage) {
  static constexpr std::array<const char*, 5> kKinds = {"", "corrupt", "missing", "unreadable",
                                                        "foreign"};
  const std::size_t kind = static_cast<std::size_t>(damage.kind);
  return Json{{"kind", kind < kKinds.size() ? kKinds[kind] : ""},
              {"file", damage.file},
              {"offset", damage.offset},
              {"lsn", damage.lsn.value()},
              {"found", damage.found},
              {"evidence", damage.evidence}};
}

}  // namespace

void Output::Line(std::string_view line) {
  if (json_) return;
  Write(stdout, line);
  Write(stdout, "\n");
}

void Output::Raw(std::string_view bytes) {
  if (!json_) Write(stdout, bytes);
}

void Output::Object(const Json& object) {
  if (!json_) return;
  Write(stdout, ToOneLine(object));
  std::fflush(stdout);
}

void Output::Note(std::string_view text) {
  std::fflush(stdout);
  if (json_) {
    Write(stderr, ToOneLine(Json{{"note", text}}));
  } else {
    Write(stderr, "varve: note: " + std::string(text) + "\n");
  }
}

void Output::Error(const absl::Status& status, std::string_view store) {
  std::fflush(stdout);
  std::string message(FromAbsl(status.message()));
  if (message.find(store) == std::string::npos) message = std::string(store) + ": " + message;
  const std::string remedy = RemedyOf(status, store);
  if (!json_) {
    Write(stderr, "varve: " + message + "\n");
    if (!remedy.empty()) Write(stderr, "what to do: " + remedy + "\n");
    return;
  }
  Json error = {{"code", StatusCodeName(status.code())},
                {"exit", static_cast<int>(ExitCodeOf(status))},
                {"message", message}};
  if (!remedy.empty()) error["remedy"] = remedy;
  if (const std::optional<Damage> damage = DamageOf(status)) {
    error["damage"] = DamageToJson(*damage);
  }
  Write(stderr, ToOneLine(Json{{"error", error}}));
}

absl::Status Output::Finish() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kUnknown,
                    "standard output took less than was written: it is closed or its disk is full");
}

void FactTable::Print(Output& output) const {
  std::size_t width = 0;
  for (const auto& [name, value] : facts_) width = std::max(width, name.size());
  for (const auto& [name, value] : facts_) {
    output.Line(name + std::string(width - name.size() + 2, ' ') + value);
  }
}

std::string FormatBytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < kUnits.size()) {
    amount /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", amount, kUnits[unit]);
  return text.data();
}

std::string FormatCount(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

std::string FormatTime(Timestamp time) {
  const std::time_t seconds = static_cast<std::time_t>(time.micros() / 1'000'000);
  std::tm parts{};
  std::array<char, 64> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(time.micros()) + " us";
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%06uZ",
                static_cast<unsigned>(time.micros() % 1'000'000));
  return text.data();
}

}  // namespace varve::cli
