// The one process that has the store open, for the many that work: requests and answers are lines
// of JSON over a Unix socket.
//
//   {"ask":"add","payloads":[{...}]}                      {"first":0,"count":1}
//   {"ask":"take","worker":"w1","patience_ms":10000}      {"job":0,"token":1,...} or {}
//   {"ask":"renew","job":0,"token":1}                     {}
//   {"ask":"complete","job":0,"token":1,"result":"..."}   {}
//   {"ask":"fail","job":0,"token":1,"error":"..."}        {}
//   {"ask":"stats"}                                       {"waiting":0,"running":0,...}
//   {"ask":"outcomes","stream":"done","from":0}           {"outcomes":[...]}
//   anything that cannot be done                          {"error":"...","code":9}
#ifndef VARVE_EXAMPLES_JOB_QUEUE_SERVER_H_
#define VARVE_EXAMPLES_JOB_QUEUE_SERVER_H_

#include <string>

#include "absl/status/status.h"
#include "job_queue/queue.h"

namespace job_queue {

// Opens the store in `directory` and serves until the process is told to end (SIGTERM, SIGINT), one
// thread a connection; then closes the store. Prints one line when it listens.
[[nodiscard]] absl::Status Serve(const std::string& directory, const std::string& socket_path,
                                 const QueueOptions& options);

}  // namespace job_queue

#endif  // VARVE_EXAMPLES_JOB_QUEUE_SERVER_H_
