// crash_and_recover STORE [TRANSFERS]
//
// A child process moves money with four threads and dies in the middle, without a word to the
// store. The parent opens the store again and counts: what was acknowledged is there, the sum of
// all balances is zero, and replaying the log alone gives the same balances once more.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "acme/ledger.h"
#include "acme/ledger_primitive.h"
#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "recovery/open.h"

namespace acme {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kAccounts = 20;
constexpr int kThreads = 4;
constexpr std::int64_t kFunds = 1000;
constexpr int kDied = 9;

// Shared by both processes: it outlives the child.
struct Acknowledged {
  std::atomic<std::uint64_t> transfers{0};
  std::atomic<std::uint64_t> refused{0};  // the account did not cover the amount
  std::atomic<std::int64_t> micros{0};    // from the first transfer to the death
};

std::string AccountName(std::uint64_t number) { return "account-" + std::to_string(number); }

absl::StatusOr<varve::OpenedStore> Open(const std::string& path) {
  varve::PrimitiveRegistry registry;
  varve::RegisterBuiltinPrimitives(registry);
  VARVE_RETURN_IF_ERROR(registry.Register(std::make_unique<LedgerPrimitive>()));
  return varve::OpenStore(path, std::move(registry));
}

// One transaction: accounts and their funds are there together, or not at all.
absl::Status OpenAccounts(varve::Store& store) {
  return store
      .Update([](varve::Transaction& transaction) -> absl::Status {
        Ledger ledger(transaction);
        VARVE_RETURN_IF_ERROR(ledger.Open("bank", {.may_overdraw = true}));
        for (int i = 0; i < kAccounts; ++i) {
          VARVE_RETURN_IF_ERROR(ledger.Open(AccountName(i)));
          VARVE_RETURN_IF_ERROR(ledger.Transfer("bank", AccountName(i), kFunds, "funds"));
        }
        return absl::OkStatus();
      })
      .status();
}

// Transfers between random accounts until `wanted` are acknowledged; then ends the process.
void MoveMoney(varve::Store& store, std::uint64_t seed, std::uint64_t wanted,
               Clock::time_point begun, Acknowledged& acknowledged) {
  std::mt19937_64 random(seed);
  while (true) {
    const std::uint64_t from = random() % kAccounts;
    const std::uint64_t to = (from + 1 + random() % (kAccounts - 1)) % kAccounts;
    const auto amount = static_cast<std::int64_t>(1 + random() % 400);
    const absl::StatusOr<varve::Receipt> receipt =
        store.Update([&](varve::Transaction& transaction) {
          return Ledger(transaction)
              .Transfer(AccountName(from), AccountName(to), amount,
                        "thread " + std::to_string(seed));
        });
    if (absl::IsFailedPrecondition(receipt.status())) {
      acknowledged.refused.fetch_add(1);
    } else if (!receipt.ok()) {
      std::fprintf(stderr, "%s\n", receipt.status().ToString().c_str());
      _exit(1);
    } else if (acknowledged.transfers.fetch_add(1) + 1 == wanted) {
      acknowledged.micros =
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun).count();
      _exit(kDied);  // the other threads are in the middle of theirs
    }
  }
}

int RunUntilDeath(const std::string& path, std::uint64_t wanted, Acknowledged& acknowledged) {
  absl::StatusOr<varve::OpenedStore> opened = Open(path);
  const absl::Status ready = opened.ok() ? OpenAccounts(*opened->store) : opened.status();
  if (!ready.ok()) {
    std::fprintf(stderr, "%s\n", ready.ToString().c_str());
    return 1;
  }
  const Clock::time_point begun = Clock::now();
  std::vector<std::thread> threads;
  for (std::uint64_t seed = 1; seed <= kThreads; ++seed) {
    threads.emplace_back(
        [&, seed] { MoveMoney(*opened->store, seed, wanted, begun, acknowledged); });
  }
  for (std::thread& thread : threads) thread.join();
  return 1;  // not reached: a thread ends the process
}

struct Books {
  std::int64_t sum = 0;
  std::uint64_t postings = 0;
  std::vector<std::int64_t> balances;
  friend bool operator==(const Books&, const Books&) = default;
};

absl::StatusOr<Books> ReadBooks(varve::Store& store) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store.View());
  const LedgerPrimitive primitive;
  VARVE_RETURN_IF_ERROR(primitive.CheckRows(view, [](std::uint64_t) { return absl::OkStatus(); }));
  Books books;
  const Ledger ledger(view);
  for (int i = -1; i < kAccounts; ++i) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<AccountBalance> account,
                           ledger.Balance(i < 0 ? "bank" : AccountName(i)));
    if (!account.has_value()) return varve::FailedPrecondition("an account is gone");
    books.sum += account->balance;
    books.postings += account->postings;
    books.balances.push_back(account->balance);
  }
  return books;
}

// Opens the store, prints how that went, and returns what is in it.
absl::StatusOr<Books> Recover(const std::string& path) {
  const Clock::time_point begun = Clock::now();
  VARVE_ASSIGN_OR_RETURN(varve::OpenedStore opened, Open(path));
  const std::chrono::duration<double, std::milli> taken = Clock::now() - begun;
  std::printf("opened in %.1f ms: %llu records replayed\n", taken.count(),
              static_cast<unsigned long long>(opened.report.records_replayed));
  VARVE_ASSIGN_OR_RETURN(Books books, ReadBooks(*opened.store));
  VARVE_RETURN_IF_ERROR(opened.store->Close());
  return books;
}

absl::Status CheckRecovered(const std::string& path, const Acknowledged& acknowledged) {
  VARVE_ASSIGN_OR_RETURN(const Books books, Recover(path));
  const std::uint64_t recovered = books.postings / 2 - kAccounts;
  const std::uint64_t expected = acknowledged.transfers;
  std::printf("%llu transfers are there, the sum of %d balances is %lld\n",
              static_cast<unsigned long long>(recovered), kAccounts + 1,
              static_cast<long long>(books.sum));
  if (books.sum != 0) return varve::FailedPrecondition("money came or went");
  // Each other thread had at most one transfer on its way.
  if (recovered < expected || recovered > expected + kThreads - 1) {
    return varve::FailedPrecondition("acknowledged were ", expected);
  }
  if (std::remove((path + "/state.mdb").c_str()) != 0) {
    return varve::FailedPrecondition("no state.mdb to remove");
  }
  VARVE_ASSIGN_OR_RETURN(const Books replayed, Recover(path));
  if (replayed != books) return varve::FailedPrecondition("the replay gives other balances");
  std::printf("the log alone gives the same balances\n");
  return absl::OkStatus();
}

absl::Status Main(const std::string& path, std::uint64_t wanted) {
  void* const shared = mmap(nullptr, sizeof(Acknowledged), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return varve::ResourceExhausted("no shared memory");
  auto& acknowledged = *new (shared) Acknowledged;
  const pid_t child = fork();
  if (child < 0) return varve::ResourceExhausted("no second process");
  if (child == 0) _exit(RunUntilDeath(path, wanted, acknowledged));
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != kDied) {
    return varve::FailedPrecondition("the child did not die as it should: status ", status);
  }
  const double seconds = static_cast<double>(acknowledged.micros.load()) / 1e6;
  const std::uint64_t transfers = acknowledged.transfers;
  std::printf("acknowledged: %llu durable transfers of %d threads in %.2f s, %.0f a second\n",
              static_cast<unsigned long long>(transfers), kThreads, seconds,
              static_cast<double>(transfers) / seconds);
  std::printf("refused for want of cover: %llu. The process is dead.\n",
              static_cast<unsigned long long>(acknowledged.refused.load()));
  return CheckRecovered(path, acknowledged);
}

}  // namespace
}  // namespace acme

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: crash_and_recover STORE [TRANSFERS]\n");
    return 2;
  }
  const absl::Status status =
      acme::Main(argv[1], argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 2000);
  if (status.ok()) return 0;
  std::fprintf(stderr, "crash_and_recover: %s\n", status.ToString().c_str());
  return 1;
}
