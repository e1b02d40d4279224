#include "bindings/c/answer.h"

#include <memory>
#include <new>
#include <stdexcept>

#include "bindings/c/arguments.h"

varve_error::varve_error(absl::Status why)
    : status(std::move(why)),
      message(varve::FromAbsl(status.message())),
      damage(varve::DamageOf(status)) {}

namespace varve_c {
namespace {

// Made before it is needed, since then there is no memory to make it. Never freed.
varve_error& OutOfMemory() {
  static varve_error& error =
      *new varve_error(ResourceExhausted("out of memory; nothing was changed"));
  return error;
}
[[maybe_unused]] const varve_error& made_early = OutOfMemory();

varve_status GiveOutOfMemory(varve_error** error) {
  if (error != nullptr) *error = &OutOfMemory();
  return VARVE_RESOURCE_EXHAUSTED;
}

varve_status Give(absl::Status status, varve_error** error) {
  const auto code = static_cast<varve_status>(status.raw_code());
  if (error != nullptr && code != VARVE_OK) *error = new varve_error(std::move(status));
  return code;
}

const char* const kNames[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

absl::StatusCode CodeOf(varve_status status) {
  if (status <= VARVE_OK || status > VARVE_UNAUTHENTICATED) return absl::StatusCode::kUnknown;
  return static_cast<absl::StatusCode>(status);
}

}  // namespace

varve_status Answer(varve_error** error, absl::FunctionRef<absl::Status()> body) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    try {
      return Give(body(), error);
    } catch (const std::length_error&) {
      return GiveOutOfMemory(error);  // a size that no memory could hold
    } catch (const std::bad_alloc&) {
      return GiveOutOfMemory(error);
    } catch (const std::exception& thrown) {
      return Give(absl::InternalError(thrown.what()), error);
    } catch (...) {
      return Give(absl::InternalError("an exception of an unknown type"), error);
    }
  } catch (...) {
    return GiveOutOfMemory(error);
  }
}

absl::Status AnswerOf(varve_status status, varve_error* error, const char* what) {
  const std::unique_ptr<varve_error, decltype(&varve_error_free)> owned(error, varve_error_free);
  if (status == VARVE_OK) return absl::OkStatus();
  if (error == nullptr) {
    return MakeStatus(CodeOf(status), what, " answered ", varve_status_name(status));
  }
  if (error->status.code() == CodeOf(status)) return error->status;
  return MakeStatus(CodeOf(status), error->message);
}

extern "C" {

const char* varve_status_name(varve_status status) {
  return kNames[status < VARVE_OK || status > VARVE_UNAUTHENTICATED ? VARVE_UNKNOWN : status];
}

varve_error* varve_error_new(varve_status status, varve_slice message) {
  try {
    return new varve_error(MakeStatus(CodeOf(status), TextOf(message)));
  } catch (...) {
    return &OutOfMemory();
  }
}

void varve_error_free(varve_error* error) {
  if (error != &OutOfMemory()) delete error;
}

varve_status varve_error_status(const varve_error* error) {
  return error == nullptr ? VARVE_OK : static_cast<varve_status>(error->status.raw_code());
}

const char* varve_error_message(const varve_error* error) {
  return error == nullptr ? "" : error->message.c_str();
}

varve_bool varve_error_damage(const varve_error* error, varve_damage* damage) {
  if (error == nullptr || !error->damage.has_value() || !HasSize(damage)) return 0;
  const Damage& known = *error->damage;
  varve_damage answer{};
  answer.kind = static_cast<int32_t>(known.kind);
  answer.file = SliceOf(known.file);
  answer.offset = known.offset;
  answer.lsn = known.lsn.value();
  answer.found = SliceOf(known.found);
  answer.evidence = SliceOf(known.evidence);
  GiveStruct(answer, damage);
  return 1;
}

}  // extern "C"
}  // namespace varve_c
