// The names of a store's files, in one place.
#ifndef VARVE_KERNEL_STORE_FILES_H_
#define VARVE_KERNEL_STORE_FILES_H_

#include <string>
#include <utility>

namespace varve {

// Paths below one store directory (architecture.md, "Files of a store").
class StoreFiles final {
 public:
  explicit StoreFiles(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string lock() const { return directory_ + "/LOCK"; }
  [[nodiscard]] std::string manifest() const { return directory_ + "/MANIFEST"; }
  [[nodiscard]] std::string log_folder() const { return directory_ + "/wal"; }
  [[nodiscard]] std::string snapshot_folder() const { return directory_ + "/snapshots"; }
  [[nodiscard]] std::string state() const { return directory_ + "/state.mdb"; }

 private:
  std::string directory_;
};

}  // namespace varve

#endif  // VARVE_KERNEL_STORE_FILES_H_
