#include "job_queue/server.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <iostream>
#include <list>
#include <thread>
#include <vector>

#include "job_queue/line_channel.h"
#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "primitives/json/json_value.h"
#include "recovery/open.h"

namespace job_queue {
namespace {

using varve::JsonValue;

constexpr std::uint64_t kOutcomesAtOnce = 1000;

absl::StatusOr<std::uint64_t> NumberIn(const JsonValue& request, const char* name) {
  const auto member = request.find(name);
  if (member != request.end() && member->is_number_unsigned()) return member->get<std::uint64_t>();
  return varve::InvalidArgument("a request needs the number \"", name, "\"");
}

absl::StatusOr<std::string> TextIn(const JsonValue& request, const char* name) {
  const auto member = request.find(name);
  if (member != request.end() && member->is_string()) return member->get<std::string>();
  return varve::InvalidArgument("a request needs the text \"", name, "\"");
}

absl::StatusOr<JsonValue> Add(Queue& queue, const JsonValue& request) {
  std::vector<std::string> payloads;
  for (const JsonValue& payload : request.value("payloads", JsonValue::array())) {
    payloads.push_back(payload.dump());
  }
  VARVE_ASSIGN_OR_RETURN(const varve::EventSpan jobs, queue.Add(payloads));
  return JsonValue{{"first", jobs.first}, {"count", jobs.count}};
}

absl::StatusOr<JsonValue> Take(Queue& queue, const JsonValue& request) {
  VARVE_ASSIGN_OR_RETURN(const std::string worker, TextIn(request, "worker"));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t patience, NumberIn(request, "patience_ms"));
  const JsonValue until_idle = request.value("until_idle", JsonValue(false));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Job> job,
                         queue.Take(worker, {.patience = std::chrono::milliseconds(patience),
                                             .until_idle = until_idle == true}));
  if (!job.has_value()) return JsonValue::object();
  VARVE_ASSIGN_OR_RETURN(const JsonValue payload, varve::ParseJson(job->payload));
  return JsonValue{{"job", job->number},
                   {"token", job->token},
                   {"attempt", job->attempt},
                   {"lease_ms", queue.options().lease.count()},
                   {"payload", payload}};
}

// What a worker says of a job that it has.
absl::StatusOr<JsonValue> Report(Queue& queue, const std::string& ask, const JsonValue& request) {
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t job, NumberIn(request, "job"));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t token, NumberIn(request, "token"));
  if (ask == "renew") {
    VARVE_RETURN_IF_ERROR(queue.Renew(job, token));
  } else if (ask == "complete") {
    VARVE_ASSIGN_OR_RETURN(const std::string result, TextIn(request, "result"));
    VARVE_RETURN_IF_ERROR(queue.Complete(job, token, result));
  } else {
    VARVE_ASSIGN_OR_RETURN(const std::string error, TextIn(request, "error"));
    VARVE_RETURN_IF_ERROR(queue.Fail(job, token, error));
  }
  return JsonValue::object();
}

absl::StatusOr<JsonValue> Stats(Queue& queue) {
  VARVE_ASSIGN_OR_RETURN(const QueueStats stats, queue.Stats());
  return JsonValue{{"waiting", stats.waiting},
                   {"running", stats.running},
                   {"retrying", stats.retrying},
                   {"done", stats.done},
                   {"dead", stats.dead}};
}

absl::StatusOr<JsonValue> Outcomes(Queue& queue, const JsonValue& request) {
  VARVE_ASSIGN_OR_RETURN(const std::string stream, TextIn(request, "stream"));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t from, NumberIn(request, "from"));
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                         queue.Outcomes(stream, from, kOutcomesAtOnce));
  JsonValue outcomes = JsonValue::array();
  for (const std::string& text : texts) {
    VARVE_ASSIGN_OR_RETURN(JsonValue outcome, varve::ParseJson(text));
    outcomes.push_back(std::move(outcome));
  }
  return JsonValue{{"outcomes", std::move(outcomes)}};
}

absl::StatusOr<JsonValue> Answer(Queue& queue, const std::string& line) {
  VARVE_ASSIGN_OR_RETURN(const JsonValue request, varve::ParseJson(line));
  if (!request.is_object()) return varve::InvalidArgument("a request is a JSON object");
  VARVE_ASSIGN_OR_RETURN(const std::string ask, TextIn(request, "ask"));
  if (ask == "add") return Add(queue, request);
  if (ask == "take") return Take(queue, request);
  if (ask == "renew" || ask == "complete" || ask == "fail") return Report(queue, ask, request);
  if (ask == "stats") return Stats(queue);
  if (ask == "outcomes") return Outcomes(queue, request);
  return varve::InvalidArgument("nobody knows how to ", ask);
}

// A worker that hangs up gives nothing back: what it has taken, its leases give back in time.
void ServeConnection(Queue& queue, LineChannel& channel) {
  while (true) {
    const absl::StatusOr<std::string> line = channel.Read();
    if (!line.ok()) return;
    absl::StatusOr<JsonValue> answer = Answer(queue, *line);
    if (!answer.ok()) {
      answer =
          JsonValue{{"error", answer.status().ToString()}, {"code", answer.status().raw_code()}};
    }
    if (!channel.Write(answer->dump()).ok()) return;
  }
}

struct Connection {
  explicit Connection(int socket) : channel(socket) {}
  LineChannel channel;
  std::atomic<bool> ended = false;
  std::thread thread;
};

void RemoveEnded(std::list<Connection>& connections) {
  connections.remove_if([](Connection& connection) {
    if (!connection.ended) return false;
    connection.thread.join();
    return true;
  });
}

// Accepts connections until there is something to read from `signals`.
void AcceptAll(Queue& queue, int listening, int signals, std::list<Connection>& connections) {
  std::array<pollfd, 2> waiting = {pollfd{signals, POLLIN, 0}, pollfd{listening, POLLIN, 0}};
  while ((waiting[0].revents & POLLIN) == 0) {
    if (poll(waiting.data(), waiting.size(), -1) < 0 || waiting[1].revents == 0) continue;
    const int socket = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    RemoveEnded(connections);
    Connection& connection = connections.emplace_back(socket);
    connection.thread = std::thread([&queue, &connection] {
      ServeConnection(queue, connection.channel);
      connection.ended = true;
    });
  }
}

// Asked for before any thread is started, the store's too: a signal that one of them does not block
// would end the process.
int SignalsAsFile() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

}  // namespace

absl::Status Serve(const std::string& directory, const std::string& socket_path,
                   const QueueOptions& options) {
  const int signals = SignalsAsFile();
  varve::PrimitiveRegistry registry;
  varve::RegisterBuiltinPrimitives(registry);
  VARVE_ASSIGN_OR_RETURN(varve::OpenedStore opened,
                         varve::OpenStore(directory, std::move(registry)));
  Queue queue(*opened.store, options);
  VARVE_ASSIGN_OR_RETURN(const int listening, ListenAt(socket_path));
  std::cout << "serving " << directory << " at " << socket_path << "\n" << std::flush;
  std::list<Connection> connections;
  AcceptAll(queue, listening, signals, connections);
  close(listening);
  close(signals);
  unlink(socket_path.c_str());
  // Closing the store wakes those who wait for a job in it.
  const absl::Status closed = opened.store->Close();
  for (Connection& connection : connections) {
    connection.channel.ShutDown();
    connection.thread.join();
  }
  return closed;
}

}  // namespace job_queue
