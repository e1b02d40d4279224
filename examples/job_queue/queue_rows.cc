#include "job_queue/queue_rows.h"

#include <charconv>

#include "kernel/base/status.h"
#include "primitives/json/json_value.h"

namespace job_queue {
namespace {

constexpr std::size_t kDigits = 16;

std::string Padded(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(digits.size() < kDigits ? kDigits - digits.size() : 0, '0') + digits;
}

// What a command prints may be any bytes; the text of an event is UTF-8.
std::string Text(const varve::JsonValue& value) {
  return value.dump(-1, ' ', false, varve::JsonValue::error_handler_t::replace);
}

}  // namespace

std::string CellOf(std::uint64_t job) { return std::string(kOpenPrefix) + Padded(job); }
std::string LeaseOf(std::uint64_t job) { return "job/" + Padded(job); }

std::uint64_t JobOfCell(std::string_view cell) {
  cell.remove_prefix(kOpenPrefix.size());
  std::uint64_t job = 0;
  std::from_chars(cell.data(), cell.data() + cell.size(), job);
  return job;
}

std::string EncodeOpenJob(const OpenJob& open) {
  return Text({{"attempts", open.attempts}, {"worker", open.worker}, {"error", open.error}});
}

absl::StatusOr<OpenJob> DecodeOpenJob(std::string_view text) {
  const absl::StatusOr<varve::JsonValue> value = varve::ParseJson(text);
  if (!value.ok() || !value->is_object() ||
      !value->value("attempts", varve::JsonValue()).is_number_unsigned()) {
    return varve::MakeStatus(absl::StatusCode::kDataLoss, "no open job: ", text);
  }
  return OpenJob{.attempts = value->at("attempts").get<std::uint64_t>(),
                 .worker = value->value("worker", ""),
                 .error = value->value("error", "")};
}

std::string DoneEvent(std::uint64_t job, std::uint64_t token, const OpenJob& open,
                      std::string_view result) {
  return Text({{"job", job},
               {"token", token},
               {"attempts", open.attempts},
               {"worker", open.worker},
               {"result", std::string(result)}});
}

std::string DeadEvent(std::uint64_t job, const OpenJob& open) {
  const std::string error = open.error.empty() ? "its worker was lost" : open.error;
  return Text(
      {{"job", job}, {"attempts", open.attempts}, {"worker", open.worker}, {"error", error}});
}

}  // namespace job_queue
