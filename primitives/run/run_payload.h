// Payloads and row values of the Run primitive, as plain structs. Normative text:
// docs/format/run.md (RUN-*). Encoded: Cap'n Proto (run.capnp), except the tables' keys.
#ifndef VARVE_PRIMITIVES_RUN_RUN_PAYLOAD_H_
#define VARVE_PRIMITIVES_RUN_RUN_PAYLOAD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/entry.h"
#include "primitives/run/run_types.h"

namespace varve::run {

// Every Decode answers kDataLoss for bytes that are not what Encode makes.

struct CreatePayload {
  RunId run;
  RunId parent;
  RunId forked_from;
  Lsn forked_at;
  std::string name;
  std::vector<std::string> tags;  // ascending, none twice
  std::string metadata;
  bool paused = false;
};
[[nodiscard]] std::string EncodeCreate(const CreatePayload& create);
[[nodiscard]] absl::StatusOr<CreatePayload> DecodeCreate(std::string_view payload);

struct UpdatePayload {
  RunId run;
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::string> metadata;
};
[[nodiscard]] std::string EncodeUpdate(const UpdatePayload& update);
[[nodiscard]] absl::StatusOr<UpdatePayload> DecodeUpdate(std::string_view payload);

struct EndPayload {
  RunId run;
  RunStatus status = RunStatus::kCompleted;
  std::string outcome;
};
[[nodiscard]] std::string EncodeEnd(const EndPayload& end);
[[nodiscard]] absl::StatusOr<EndPayload> DecodeEnd(std::string_view payload);

// RunBegin and RunDelete: the run alone.
[[nodiscard]] std::string EncodeBegin(const RunId& run);
[[nodiscard]] absl::StatusOr<RunId> DecodeBegin(std::string_view payload);
[[nodiscard]] std::string EncodeDelete(const RunId& run);
[[nodiscard]] absl::StatusOr<RunId> DecodeDelete(std::string_view payload);

// A row of the table "runs": all of a run but its status.
struct RunRecord {
  Timestamp created;
  RunId parent;
  RunId forked_from;
  Lsn forked_at;
  std::string name;
  std::vector<std::string> tags;
  std::string metadata;
};
[[nodiscard]] std::string EncodeRecord(const RunRecord& record);
[[nodiscard]] absl::StatusOr<RunRecord> DecodeRecord(std::string_view value);

// A row of the table "statuses": the status u8, then the outcome.
[[nodiscard]] std::string EncodeStatus(RunStatus status, std::string_view outcome);
struct StatusRow {
  RunStatus status = RunStatus::kActive;
  std::string_view outcome;  // borrows from the value
};
[[nodiscard]] absl::StatusOr<StatusRow> DecodeStatus(std::string_view value);

// A row of the table "steps": type u8, payload version u8, 2 zero bytes, payload length u32
// little-endian, then the payload where it is at most kRunStepPayloadBytesMax. Its key: the number,
// u64 big-endian.
[[nodiscard]] std::string EncodeStep(const Entry& entry);
[[nodiscard]] absl::StatusOr<RunStep> DecodeStep(std::string_view key, std::string_view value);

}  // namespace varve::run

#endif  // VARVE_PRIMITIVES_RUN_RUN_PAYLOAD_H_
