#include "job_queue/client.h"

#include "kernel/base/status.h"

namespace job_queue {

absl::StatusOr<varve::JsonValue> Client::Ask(const varve::JsonValue& request) {
  VARVE_RETURN_IF_ERROR(
      channel_.Write(request.dump(-1, ' ', false, varve::JsonValue::error_handler_t::replace)));
  VARVE_ASSIGN_OR_RETURN(const std::string line, channel_.Read());
  VARVE_ASSIGN_OR_RETURN(varve::JsonValue answer, varve::ParseJson(line));
  if (!answer.contains("error")) return answer;
  return varve::MakeStatus(static_cast<absl::StatusCode>(answer.value("code", 2)),
                           answer["error"].get<std::string>());
}

}  // namespace job_queue
