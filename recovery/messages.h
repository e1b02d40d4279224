// What an opening tells the program's log.
#ifndef VARVE_RECOVERY_MESSAGES_H_
#define VARVE_RECOVERY_MESSAGES_H_

#include <string_view>

#include "absl/status/status.h"
#include "kernel/io/log_sink.h"
#include "recovery/open.h"

namespace varve::recovery {

// `sink` may be null. One message that says how it went, and one for each thing to know of: a torn
// tail, a rebuilt state.mdb, every warning.
void TellOpened(LogSink* sink, const RecoveryReport& report);
void TellRefused(LogSink* sink, std::string_view directory, const absl::Status& status);

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_MESSAGES_H_
