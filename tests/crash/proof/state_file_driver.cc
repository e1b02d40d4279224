#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "tests/crash/proof/driver.h"
#include "tests/crash/proof/life.h"

namespace varve::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPageBytes = 4096;

// A folder that goes with the object.
class Folder final {
 public:
  Folder() {
    // In memory where there is such a folder: what syncs cost is not the question here.
    const fs::path memory = "/dev/shm";
    const fs::path parent = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    std::string name = (parent / "varve-proof-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteFile(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class StateFileCase final {
 public:
  explicit StateFileCase(std::uint64_t seed) : dice_(seed), options_(DrawOptions(dice_)) {
    store_ = folder_.path() / "live";
    copy_ = folder_.path() / "copy";
  }

  absl::Status Run() {
    VARVE_RETURN_IF_ERROR(Live());
    const std::string before = ReadFile(copy_ / "state.mdb");
    for (int i = 0; i < 4; ++i) {
      WriteFile(copy_ / "state.mdb", Damaged(before));
      const absl::Status status = CheckCopy();
      if (!status.ok()) return AddContext(status, what_);
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<OpenedStore> Open(const fs::path& folder) {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    return OpenStore(folder.string(), std::move(registry), options_);
  }

  // Fills a store and copies it, as a killed process leaves it or after a clean close.
  absl::Status Live() {
    absl::StatusOr<OpenedStore> opened = Open(store_);
    if (!opened.ok()) return Wrong("a new store does not open", opened.status().ToString());
    const std::uint64_t commits = 8 + dice_.Below(30);
    for (std::uint64_t i = 0; i < commits; ++i) {
      VARVE_RETURN_IF_ERROR(Commit(*opened->store));
      if (dice_.Chance(12)) VARVE_RETURN_IF_ERROR(opened->store->Checkpoint());
    }
    VARVE_RETURN_IF_ERROR(opened->store->Checkpoint());
    if (Open(store_).ok()) return Wrong("a store was opened twice");
    clean_ = dice_.Chance(60);
    if (clean_) VARVE_RETURN_IF_ERROR(opened->store->Close());
    fs::copy(store_, copy_, fs::copy_options::recursive);
    return absl::OkStatus();
  }

  absl::Status Commit(Store& store) {
    const std::uint64_t number = MarkerOf(state_) + 1;
    State next = state_;
    next[kMarkerKey] = MarkerText(number);
    VARVE_ASSIGN_OR_RETURN(Transaction transaction, store.Begin());
    Kv kv(transaction);
    for (std::uint64_t i = 0; i < 1 + dice_.Below(4); ++i) {
      const std::string key = "key" + std::to_string(dice_.Below(40));
      if (dice_.Chance(20)) {
        next.erase(key);
        VARVE_RETURN_IF_ERROR(kv.Delete(key));
      } else {
        next[key] = std::string(dice_.Below(1500), static_cast<char>('a' + dice_.Below(26)));
        VARVE_RETURN_IF_ERROR(kv.Put(key, next[key]));
      }
    }
    VARVE_RETURN_IF_ERROR(kv.Put(kMarkerKey, next[kMarkerKey]));
    VARVE_RETURN_IF_ERROR(transaction.Commit().status());
    state_ = std::move(next);
    return absl::OkStatus();
  }

  // After a clean close the quick guard proves the meta pages only, and the rows prove themselves
  // (decision 9), so nothing else is damaged then.
  std::string Damaged(std::string bytes) {
    const std::uint64_t kind = clean_ ? dice_.Below(5) : dice_.Below(12);
    const std::uint64_t at = dice_.Below(bytes.size());
    if (kind < 1) {
      what_ = "a flipped bit in a meta page";
      Flip(bytes, dice_.Below(2) * kPageBytes + dice_.Below(160));
    } else if (kind < 5) {
      what_ = "a flipped bit in a value";
      FlipInValue(bytes);
    } else if (kind < 10) {
      what_ = "flipped bits";
      for (int i = 0; i < 8; ++i) Flip(bytes, dice_.Below(bytes.size()));
    } else if (kind < 11) {
      what_ = "a page of zeros";
      bytes.replace(at / kPageBytes * kPageBytes, kPageBytes, std::string(kPageBytes, '\0'));
    } else {
      what_ = "a file cut off";
      bytes.resize(at);
    }
    return bytes;
  }

  void Flip(std::string& bytes, std::uint64_t at) {
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << dice_.Below(8)));
  }

  // Values are runs of one letter.
  void FlipInValue(std::string& bytes) {
    constexpr std::size_t kRun = 24;
    for (int i = 0; i < 1000; ++i) {
      const std::size_t at = kRun + dice_.Below(bytes.size() - 2 * kRun);
      const std::string_view run = std::string_view(bytes).substr(at - kRun, 2 * kRun);
      const bool is_value = bytes[at] >= 'a' && bytes[at] <= 'z' &&
                            run.find_first_not_of(bytes[at]) == std::string_view::npos;
      if (is_value) return Flip(bytes, at);
    }
  }

  // It opens, or rebuilds; what it shows is true, or it says that it is damaged and rebuilds then.
  absl::Status CheckCopy() {
    for (int attempt = 0; attempt < 2; ++attempt) {
      absl::StatusOr<OpenedStore> opened = Open(copy_);
      if (!opened.ok()) return Wrong("it does not open", opened.status().ToString());
      const absl::Status rows = CheckRows(*opened->store);
      if (absl::IsDataLoss(rows) && attempt == 0) continue;  // and says so at once
      VARVE_RETURN_IF_ERROR(rows);
      const absl::StatusOr<State> state = ReadState(*opened->store);
      if (absl::IsDataLoss(state.status()) && attempt == 0) continue;
      if (!state.ok()) return Wrong("it is not to be read", state.status().ToString());
      if (*state != state_) return Wrong("it shows what never was");
      return Commit(*opened->store);
    }
    return absl::OkStatus();
  }

  // Each row by itself: a scan and a look-up are two ways to it.
  absl::Status CheckRows(Store& store) {
    VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
    for (const auto& [key, value] : state_) {
      VARVE_ASSIGN_OR_RETURN(const auto found, Kv(view).Get(key));
      if (!found.has_value() || found->value != value) {
        return Wrong("a row is not there, or another", key);
      }
    }
    return absl::OkStatus();
  }

  Dice dice_;
  const OpenOptions options_;
  const Folder folder_;
  fs::path store_;
  fs::path copy_;
  State state_;
  bool clean_ = false;
  std::string what_;
};

}  // namespace

absl::Status RunStateFileCase(std::uint64_t seed) { return StateFileCase(seed).Run(); }

}  // namespace varve::crash
