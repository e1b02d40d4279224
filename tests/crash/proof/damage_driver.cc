#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/wal/segment.h"
#include "kernel/wal/zero_bytes.h"
#include "tests/crash/proof/driver.h"
#include "tests/crash/proof/life.h"

namespace varve::crash {
namespace {

std::string Folder(std::string_view name) {
  return std::string(kStoreDirectory) + "/" + std::string(name);
}

// The bytes of `path`, made durable where they are changed: what is at rest has nothing pending.
absl::Status Rewrite(StrictFileSystem& files, const std::string& path, std::string_view bytes) {
  if (files.Stat(path).ok()) VARVE_RETURN_IF_ERROR(files.Remove(path));
  VARVE_ASSIGN_OR_RETURN(const auto file, files.Open(path, OpenMode::kCreate));
  VARVE_RETURN_IF_ERROR(file->WriteAt(0, bytes));
  VARVE_RETURN_IF_ERROR(file->Sync());
  return files.SyncDirectory(path.substr(0, path.rfind('/')));
}

class DamageCase final {
 public:
  explicit DamageCase(std::uint64_t seed) : seed_(seed), dice_(seed) {}

  absl::Status Run() {
    options_ = DrawOptions(dice_);
    VARVE_RETURN_IF_ERROR(RunStore());
    // One life of a store, many ways to damage it.
    for (int i = 0; i < 12; ++i) {
      const absl::Status status = DamageOnce();
      if (!status.ok()) return AddContext(status, what_);
    }
    return absl::OkStatus();
  }

 private:
  // What an opening on the damaged store may answer.
  enum class Allowed {
    kTrueOrRefused,  // no wrong state
    kTrueOrFailed,   // the device failed, at any moment
    kTrueForSure,    // the same, whatever the bit
    kTrue,           // there is another copy: it must open
    kRefused,        // it is not what it says
    kUnimplemented,  // a later format
  };

  absl::Status RunStore() {
    VARVE_ASSIGN_OR_RETURN(OpenedStore opened, world_->Open(options_));
    const bool through_seven = dice_.Chance(25);
    for (const SweepStep& step : DrawSteps(dice_, through_seven ? 16 : 36, through_seven)) {
      VARVE_RETURN_IF_ERROR(RunStepAndCompare(step, *world_, options_, opened, promises_));
    }
    SweepStep last;
    last.through_seven = through_seven;
    for (int i = 0; i < 2; ++i) {  // the second proves that the first was durable
      VARVE_RETURN_IF_ERROR(RunStepAndCompare(last, *world_, options_, opened, promises_));
    }
    clean_ = dice_.Chance(40);
    if (clean_) VARVE_RETURN_IF_ERROR(opened.store->Close());
    promises_.history.AllDurable();
    std::unique_ptr<World> rest = world_->After(CrashChoice::All(), /*keeps_rows=*/true);
    if (clean_) {
      opened = {};
    } else {
      world_->Kill(std::move(opened));
    }
    world_ = std::move(rest);
    return absl::OkStatus();
  }

  absl::Status DamageOnce() {
    std::unique_ptr<World> damaged =
        world_->After(CrashChoice::All(), /*keeps_rows=*/dice_.Chance(35));
    VARVE_ASSIGN_OR_RETURN(const std::optional<Allowed> allowed, Damage(damaged));
    if (!allowed.has_value()) return absl::OkStatus();
    return CheckOpening(*damaged, *allowed);
  }

  absl::StatusOr<std::optional<Allowed>> Damage(std::unique_ptr<World>& world) {
    const std::uint64_t kind = dice_.Below(100);
    if (kind < 45) return FlipBit(*world);
    if (kind < 60) return FailCall(*world);
    if (kind < 70) return LoseFile(*world);
    if (kind < 80) return ExchangeLog(*world);
    if (kind < 90) return NewerSegment(*world);
    return StaleTail(world);
  }

  std::vector<std::pair<std::string, std::string>> Files(std::string_view part = {}) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& [path, content] : world_->files().Contents()) {
      if (content.empty() || path.ends_with("LOCK")) continue;
      if (path.find(part) != std::string::npos) found.emplace_back(path, content);
    }
    return found;
  }

  // Whether the snapshot `path` is not the only one, so that one before it can stand in.
  bool HasStandIn(const std::string& path) {
    return path.find("/snapshots/") != std::string::npos && Files("/snapshots/").size() > 1;
  }

  absl::StatusOr<std::optional<Allowed>> FlipBit(World& world) {
    const auto files = Files();
    const auto& [path, content] = files[dice_.Below(files.size())];
    const std::size_t last = content.find_last_not_of('\0');
    if (last == std::string::npos) return std::optional<Allowed>();
    const std::uint64_t offset = dice_.Chance(30)
                                     ? dice_.Below(std::min<std::uint64_t>(160, last + 1))
                                     : dice_.Below(last + 1);
    world.files().Corrupt(path, offset, static_cast<std::uint8_t>(1 << dice_.Below(8)));
    what_ = "a bit of byte " + std::to_string(offset) + " of " + path + " flipped";
    // Before the second generation of the manifest there is one slot.
    const bool two_slots = path.ends_with("MANIFEST") && !wal::IsZero(content.substr(0, 4096)) &&
                           !wal::IsZero(content.substr(4096));
    if (two_slots) return std::optional<Allowed>(Allowed::kTrueForSure);
    const bool stands_in = HasStandIn(path);
    return std::optional<Allowed>(stands_in ? Allowed::kTrue : Allowed::kTrueOrRefused);
  }

  // A call that changes nothing fails within the opening.
  absl::StatusOr<std::optional<Allowed>> FailCall(World& world) {
    constexpr CallKind kKinds[] = {CallKind::kRead, CallKind::kRead, CallKind::kRead,
                                   CallKind::kOpen, CallKind::kSize, CallKind::kList,
                                   CallKind::kStat};
    const CallKind kind = kKinds[dice_.Below(std::size(kKinds))];
    const std::uint64_t skip = dice_.Below(kind == CallKind::kRead ? 60 : 25);
    world.files().AddFault({.kind = kind, .skip = skip});
    what_ = std::string(CallName(kind)) + " number " + std::to_string(skip + 1) + " failing";
    return std::optional<Allowed>(Allowed::kTrueOrFailed);
  }

  absl::StatusOr<std::optional<Allowed>> LoseFile(World& world) {
    const auto files = Files("/");
    const auto& [path, content] = files[dice_.Below(files.size())];
    // Without a clean close nothing else knows of the newest segment.
    const bool is_newest = !clean_ && path == Files("/wal/").back().first;
    if (path.ends_with("MANIFEST") || is_newest) return std::optional<Allowed>();
    VARVE_RETURN_IF_ERROR(world.files().Remove(path));
    VARVE_RETURN_IF_ERROR(world.files().SyncDirectory(path.substr(0, path.rfind('/'))));
    what_ = path + " lost";
    return std::optional<Allowed>(HasStandIn(path) ? Allowed::kTrue : Allowed::kTrueOrRefused);
  }

  // The segments say that they are of another store.
  absl::StatusOr<std::optional<Allowed>> ExchangeLog(World& world) {
    what_ = "the log exchanged for another store's";
    for (const auto& [path, content] : Files("/wal/")) {
      absl::StatusOr<wal::SegmentHeader> header = wal::DecodeSegmentHeader(content);
      if (!header.ok()) return std::optional<Allowed>();
      std::string foreign = content;
      header->store = *Uuid::FromBytes("of another store");
      foreign.replace(0, wal::kSegmentHeaderBytes, wal::EncodeSegmentHeader(*header));
      VARVE_RETURN_IF_ERROR(Rewrite(world.files(), path, foreign));
    }
    return std::optional<Allowed>(Allowed::kRefused);
  }

  absl::StatusOr<std::optional<Allowed>> NewerSegment(World& world) {
    const auto files = Files("/wal/");
    const auto& [path, content] = files[dice_.Below(files.size())];
    absl::StatusOr<wal::SegmentHeader> header = wal::DecodeSegmentHeader(content);
    if (!header.ok()) return std::optional<Allowed>();
    std::string newer = content;
    header->version = wal::kSegmentFormatVersion + 1;
    newer.replace(0, wal::kSegmentHeaderBytes, wal::EncodeSegmentHeader(*header));
    VARVE_RETURN_IF_ERROR(Rewrite(world.files(), path, newer));
    what_ = path + " of a later format";
    return std::optional<Allowed>(Allowed::kUnimplemented);
  }

  // A fresh segment in which the blocks of a file that is gone shine through: of one that another
  // recovery of the same store had made, and had written the next transactions to.
  absl::StatusOr<std::optional<Allowed>> StaleTail(std::unique_ptr<World>& world) {
    what_ = "records of another life in a fresh segment";
    VARVE_ASSIGN_OR_RETURN(const std::string stale, NewestSegment(*world, /*writes=*/true));
    VARVE_ASSIGN_OR_RETURN(std::string fresh, NewestSegment(*world, /*writes=*/false));
    const std::string path = Files("/wal/").back().first;
    const std::string next =
        Folder("wal/") +
        wal::SegmentFileName(
            1 + *wal::ParseSegmentFileName(std::string_view(path).substr(path.rfind('/') + 1)));
    const std::size_t common = std::min(stale.size(), fresh.size());
    fresh.replace(wal::kSegmentHeaderBytes, common - wal::kSegmentHeaderBytes,
                  stale.substr(wal::kSegmentHeaderBytes, common - wal::kSegmentHeaderBytes));
    VARVE_RETURN_IF_ERROR(Rewrite(world->files(), next, fresh));
    return std::optional<Allowed>(Allowed::kTrue);
  }

  // The segment that the next opening of `world`, which stays as it is, makes; with commits in it.
  absl::StatusOr<std::string> NewestSegment(World& world, bool writes) {
    const auto life = world.After(CrashChoice::All(), /*keeps_rows=*/true);
    VARVE_ASSIGN_OR_RETURN(OpenedStore opened, life->Open(options_));
    Promises promises = promises_;
    SweepStep step;
    step.through_seven = promises.history.through_seven();
    step.operations.push_back({"other", "life", false});
    if (writes) VARVE_RETURN_IF_ERROR(RunStep(step, *life, opened, promises.history));
    std::string newest;
    for (const auto& [path, content] : life->files().Contents()) {
      if (path.find("/wal/") != std::string::npos && !content.empty()) newest = content;
    }
    life->Kill(std::move(opened));
    return newest;
  }

  absl::Status CheckOpening(World& world, Allowed allowed) {
    const auto before = world.files().Contents();
    absl::StatusOr<OpenedStore> opened = world.Open(options_);
    if (opened.ok()) return CheckState(world, *std::move(opened), allowed);
    const absl::Status& status = opened.status();
    if (allowed == Allowed::kTrueOrFailed) return CheckUnharmed(world, status);
    if (world.files().Contents() != before) {
      return Wrong("a refused opening changed something", status.ToString());
    }
    // A flipped bit may read as a later version, which is refused rather than passed over.
    if (allowed == Allowed::kTrueForSure) return Wrong("it does not open", status.ToString());
    if (allowed == Allowed::kTrue && !absl::IsUnimplemented(status)) {
      return Wrong("it does not open", status.ToString());
    }
    const bool is_typed = absl::IsUnimplemented(status) || DamageOf(status).has_value();
    return is_typed ? absl::OkStatus() : Wrong("refused without a place", status.ToString());
  }

  // After an error of the device the next opening, without one, shows the true state.
  absl::Status CheckUnharmed(World& world, const absl::Status& status) {
    world.files().ClearFaults();
    absl::StatusOr<OpenedStore> again = world.Open(options_);
    if (again.ok()) return CheckState(world, *std::move(again), Allowed::kTrue);
    return Wrong("a failed call harmed the store",
                 status.ToString() + ", then " + again.status().ToString());
  }

  absl::Status CheckState(World& world, OpenedStore opened, Allowed allowed) {
    if (allowed == Allowed::kUnimplemented) return Wrong("a later format was opened");
    if (allowed == Allowed::kRefused) return Wrong("what belongs to another store was opened");
    absl::StatusOr<State> state = ReadState(*opened.store);
    const absl::StatusOr<std::uint64_t> fingerprint = Fingerprint(*opened.store);
    world.Kill(std::move(opened));
    if (!state.ok()) return Wrong("opened, but not to be read", state.status().ToString());
    if (!fingerprint.ok()) return Wrong("rows not to be read", fingerprint.status().ToString());
    // Damage to the very last record, which nothing else proves, looks like a torn tail.
    Promises promises = promises_;
    if (!clean_ && promises.history.durable() > 0) promises.history = Lenient();
    return CheckServed({{}, *std::move(state), *fingerprint}, promises).status();
  }

  // The history in which the last transaction is started only.
  History Lenient() const {
    History history = promises_.history.From(promises_.history.started() - 1);
    SweepStep last;
    last.through_seven = promises_.history.through_seven();
    history.Start(last);
    return history;
  }

  const std::uint64_t seed_;
  Dice dice_;
  OpenOptions options_;
  Promises promises_;
  bool clean_ = false;
  std::string what_;
  std::unique_ptr<World> world_ = std::make_unique<World>(seed_, BuiltinSubjects());
};

}  // namespace

absl::Status RunDamageCase(std::uint64_t seed) { return DamageCase(seed).Run(); }

}  // namespace varve::crash
