// The oracle: a store that never crashes, given the same transactions.
#ifndef VARVE_CRASH_TWIN_H_
#define VARVE_CRASH_TWIN_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crash/state.h"
#include "crash/subject.h"
#include "crash/world.h"

namespace varve::crash {

// Knows the digest of the whole state after each transaction. Its own store differs from the one
// under test in every option that must not matter: no checkpoint, no snapshot, one segment, no
// fault.
//
// Not thread-safe.
class Twin final {
 public:
  // kAlreadyExists and the like: `subjects` collide.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Twin>> Make(std::vector<Subject> subjects);
  ~Twin();

  // Runs the transaction that `choices` decides (crash/workload.h) at the moment `now`. Its LSN;
  // the newest() of before where it wrote nothing. `codes`: how its operations ended.
  [[nodiscard]] absl::StatusOr<Lsn> Commit(const std::string& choices, Timestamp now,
                                           std::vector<absl::StatusCode>& codes);
  // The store under test was closed cleanly behind newest(), which takes an LSN of its own.
  [[nodiscard]] absl::Status Close();
  // Forgets every transaction later than `lsn`: they never happened.
  [[nodiscard]] absl::Status TruncateTo(Lsn lsn);

  [[nodiscard]] Lsn newest() const { return Lsn(states_.size() - 1); }
  // The state after transaction `lsn`, at most newest().
  [[nodiscard]] const snapshot::Digest& At(Lsn lsn) const { return states_[lsn.value()]; }

  // For people: what the transaction `lsn` logged, one line for each entry, and the rows after it.
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> EntriesOf(Lsn lsn);
  [[nodiscard]] absl::StatusOr<std::vector<StateRow>> RowsAt(Lsn lsn);

 private:
  struct Past {
    bool closes = false;
    std::string choices{};  // of a transaction
    Timestamp now{};
  };

  explicit Twin(std::vector<Subject> subjects);
  absl::Status Start();
  absl::StatusOr<Lsn> Run(const Past& past, std::vector<absl::StatusCode>& codes);
  absl::Status Reopen();

  const std::vector<Subject> subjects_;
  std::unique_ptr<World> world_;
  OpenedStore opened_;                    // null where it has to be started
  std::vector<Past> past_;                // past_[i] became LSN i + 1
  std::vector<snapshot::Digest> states_;  // states_[i] is that after LSN i
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_TWIN_H_
