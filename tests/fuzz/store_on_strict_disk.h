// A store on a simulated disk, for targets that make a file hostile and open what it belongs to.
#ifndef VARVE_TESTS_FUZZ_STORE_ON_STRICT_DISK_H_
#define VARVE_TESTS_FUZZ_STORE_ON_STRICT_DISK_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "crash/simulated/simulated_environment.h"
#include "recovery/open.h"

namespace varve::fuzz {

inline constexpr char kStoreFolder[] = "a.varve";

// No threads, and the materialized store in memory, gone with the store.
[[nodiscard]] OpenOptions StrictOptions(crash::SimulatedEnvironment& world);

// A disk with these files, durable; folders end in '/'. As StrictFileSystem::Contents gives them.
[[nodiscard]] absl::Status WriteFiles(crash::StrictFileSystem& files,
                                      const std::map<std::string, std::string>& contents);

// All that can be asked of a store whose rows came of hostile bytes: every row, every primitive's
// check, its digest. Each must answer, be it with kDataLoss.
[[nodiscard]] absl::Status UseStore(Store& store);

// The digest of the whole state, after a checkpoint.
[[nodiscard]] absl::StatusOr<std::string> DigestOf(Store& store);

}  // namespace varve::fuzz

#endif  // VARVE_TESTS_FUZZ_STORE_ON_STRICT_DISK_H_
