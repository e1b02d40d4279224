#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "kernel/base/limits.h"
#include "kernel/change_feed.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"
#include "tests/docs/error_situations.h"

namespace varve {
namespace {

PrimitiveRegistry Builtins() {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  return registry;
}

absl::Status Put(Store& store, std::string_view key, std::string_view value) {
  return store.Update([&](Transaction& transaction) { return Kv(transaction).Put(key, value); })
      .status();
}

// Reads what another transaction changes before it commits.
absl::Status Conflict(Store& store) {
  auto transaction = store.Begin();
  (void)Kv(*transaction).Get("k");
  (void)Put(store, "k", "newer");
  (void)Kv(*transaction).Put("k", "mine");
  return transaction->Commit().status();
}

absl::Status ConflictEachTime(Store& store) {
  return store
      .Update(
          [&](Transaction& transaction) -> absl::Status {
            (void)Kv(transaction).Get("k");
            (void)Put(store, "k", "newer");
            return Kv(transaction).Put("k", "mine");
          },
          {.attempts_max = 3})
      .status();
}

absl::Status UsedAfterItsCommit(Store& store) {
  auto transaction = store.Begin();
  (void)Kv(*transaction).Put("k", "v");
  (void)transaction->Commit();
  return Kv(*transaction).Put("k", "again");
}

absl::Status TooLarge(Store& store) {
  return store
      .Update([](Transaction& transaction) -> absl::Status {
        const std::string value(kValueBytesMax, 'v');
        absl::Status status;
        for (int i = 0; status.ok(); ++i) status = Kv(transaction).Put(std::to_string(i), value);
        return status;
      })
      .status();
}

absl::Status WrittenThroughAView(Store& store) {
  auto view = store.View();
  return Kv(*view).Put("k", "v");
}

// What the child of a fork is told by a store of its parent, through a pipe.
absl::Status UsedAfterFork(Store& store) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return absl::OkStatus();
  const pid_t child = fork();
  if (child == 0) {
    const absl::Status status = store.Begin().status();
    const std::string message(status.message());
    const bool written =
        write(ends[1], message.data(), message.size()) == static_cast<ssize_t>(message.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string message;
  std::array<char, 256> bytes{};
  for (ssize_t count; (count = read(ends[0], bytes.data(), bytes.size())) > 0;) {
    message.append(bytes.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return absl::FailedPreconditionError(message);
}

absl::Status ReadOnly(const std::string& directory) {
  OpenOptions options;
  options.read_only = true;
  auto opened = OpenStore(directory, Builtins(), options);
  return opened->store->Begin().status();
}

// Reads before the history that was kept: a store without any keeps what is in memory only.
absl::Status TrimmedPast(Store& store) {
  for (int i = 0; i < 3; ++i) (void)Put(store, "k", std::to_string(i));
  (void)store.Checkpoint();
  for (int i = 0; i < 3; ++i) (void)Put(store, "k", std::to_string(i));
  (void)store.Checkpoint();
  return store.AsOf(Lsn(1)).status();
}

}  // namespace

std::vector<absl::Status> TransactionErrors(const std::string& folder) {
  const std::string directory = folder + "/a.varve";
  auto opened = OpenStore(directory, Builtins());
  Store& store = *opened->store;
  std::vector<absl::Status> errors = {Conflict(store),
                                      ConflictEachTime(store),
                                      UsedAfterItsCommit(store),
                                      TooLarge(store),
                                      WrittenThroughAView(store),
                                      UsedAfterFork(store),
                                      store.AsOf(Lsn(1000)).status(),
                                      TrimmedPast(store),
                                      store.Changes(Lsn(1000)).status()};
  (void)store.Close();
  errors.push_back(store.Begin().status());
  opened = OpenedStore();
  errors.push_back(ReadOnly(directory));
  auto in_memory = OpenInMemory(Builtins());
  errors.push_back((*in_memory)->Changes(Lsn()).status());
  return errors;
}

}  // namespace varve
