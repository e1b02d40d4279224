// job_queue serve STORE SOCKET [LEASE_MS [ATTEMPTS]]   opens the store and answers the others
// job_queue add SOCKET [PAYLOAD...]                    adds jobs; without any, one a line of input
// job_queue work SOCKET NAME COMMAND...                runs COMMAND for each job, for ever
// job_queue drain SOCKET NAME COMMAND...               the same, until every job has its outcome
// job_queue stats SOCKET
// job_queue list SOCKET done|dead                      the outcomes, one a line
//
// A PAYLOAD is a JSON object. COMMAND has it as its standard input, and what it prints is the
// job's result.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "job_queue/client.h"
#include "job_queue/server.h"
#include "job_queue/worker.h"
#include "kernel/base/status.h"

namespace job_queue {
namespace {

using varve::JsonValue;
using Words = std::vector<std::string>;

absl::Status ServeStore(const Words& words) {
  QueueOptions options;
  if (words.size() > 2) {
    options.lease = std::chrono::milliseconds(std::strtoull(words[2].c_str(), nullptr, 10));
  }
  if (words.size() > 3) options.attempts_max = std::strtoull(words[3].c_str(), nullptr, 10);
  if (options.lease.count() < 1 || options.attempts_max < 1) {
    return varve::InvalidArgument("LEASE_MS and ATTEMPTS are numbers above zero");
  }
  return Serve(words[0], words[1], options);
}

absl::Status Add(Client& client, Words payloads) {
  if (payloads.empty()) {
    for (std::string line; std::getline(std::cin, line);) payloads.push_back(line);
  }
  JsonValue request = {{"ask", "add"}, {"payloads", JsonValue::array()}};
  for (const std::string& payload : payloads) {
    VARVE_ASSIGN_OR_RETURN(JsonValue value, varve::ParseJson(payload));
    request["payloads"].push_back(std::move(value));
  }
  VARVE_ASSIGN_OR_RETURN(const JsonValue jobs, client.Ask(request));
  std::cout << jobs["count"] << " jobs from number " << jobs["first"] << " on\n";
  return absl::OkStatus();
}

absl::Status PrintStats(Client& client) {
  VARVE_ASSIGN_OR_RETURN(const JsonValue stats, client.Ask({{"ask", "stats"}}));
  std::cout << stats.dump() << "\n";
  return absl::OkStatus();
}

absl::Status PrintOutcomes(Client& client, const std::string& stream) {
  if (stream != "done" && stream != "dead") return varve::InvalidArgument("list done, or dead");
  for (std::uint64_t from = 0;;) {
    VARVE_ASSIGN_OR_RETURN(const JsonValue page,
                           client.Ask({{"ask", "outcomes"}, {"stream", stream}, {"from", from}}));
    if (page["outcomes"].empty()) return absl::OkStatus();
    for (const JsonValue& outcome : page["outcomes"]) std::cout << outcome.dump() << "\n";
    from += page["outcomes"].size();
  }
}

absl::Status Usage() {
  return varve::InvalidArgument(
      "usage: job_queue serve STORE SOCKET [LEASE_MS [ATTEMPTS]] | add SOCKET [PAYLOAD...] | "
      "work SOCKET NAME COMMAND... | drain SOCKET NAME COMMAND... | stats SOCKET | "
      "list SOCKET done|dead");
}

absl::Status Main(const std::string& verb, const Words& words) {
  if (verb == "serve" && words.size() >= 2 && words.size() <= 4) return ServeStore(words);
  const bool works = verb == "work" || verb == "drain";
  const std::size_t wanted = works ? 3 : verb == "list" ? 2 : 1;
  if (words.size() < wanted) return Usage();
  VARVE_ASSIGN_OR_RETURN(LineChannel channel, ConnectTo(words[0]));
  Client client(std::move(channel));
  if (works) {
    return Work(client, {.name = words[1],
                         .command = Words(words.begin() + 2, words.end()),
                         .until_idle = verb == "drain"});
  }
  if (verb == "add") return Add(client, Words(words.begin() + 1, words.end()));
  if (verb == "stats") return PrintStats(client);
  if (verb == "list") return PrintOutcomes(client, words[1]);
  return Usage();
}

}  // namespace
}  // namespace job_queue

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 1 ? 2 : 1), argv + argc);
  const absl::Status status = job_queue::Main(argc > 1 ? argv[1] : "", words);
  if (status.ok()) return 0;
  std::cerr << "job_queue: " << status.ToString() << "\n";
  return 1;
}
