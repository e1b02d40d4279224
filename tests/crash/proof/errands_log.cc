// Errands on the log alone, and on those who follow it: what a store does only with threads, or
// does not do, and their interface allows.
#include <semaphore>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/status.h"
#include "kernel/change_feed.h"
#include "kernel/wal/segment_supply.h"
#include "kernel/wal/writer.h"
#include "recovery/log_scan.h"
#include "tests/crash/proof/errand.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/numbered_store.h"
#include "tests/crash/proof/place.h"

namespace varve::crash {
namespace {

const Uuid kStore = *Uuid::FromBytes("log of no store.");
constexpr std::uint64_t kRecords = 50;

// Calls back once when the log asks for the salt of its next segment: it holds no lock then, as
// other threads may find it.
class CallingEntropy final : public Entropy {
 public:
  explicit CallingEntropy(Entropy& below) : below_(below) {}
  void Fill(std::span<char> bytes) override {
    below_.Fill(bytes);
    const auto call = std::exchange(on_fill, nullptr);
    if (call) call();
  }
  std::function<void()> on_fill;

 private:
  Entropy& below_;
};

std::string Folder(Ground& ground) { return ground.Path("log"); }

absl::Status MakeFolder(std::unique_ptr<Ground>& ground) {
  FileSystem& files = *ground->Options().environment.files;
  VARVE_RETURN_IF_ERROR(files.CreateDirectory(Folder(*ground)));
  return files.SyncDirectory(".");
}

absl::StatusOr<std::unique_ptr<wal::Log>> StartLog(Ground& ground, const Environment& environment,
                                                   std::uint64_t segment_bytes) {
  wal::LogOptions options = ground.Options().store.log;
  options.segment_bytes_min = segment_bytes;
  options.segment_bytes_max = segment_bytes;
  return wal::StartLog(environment, Folder(ground), {kStore, {}, Lsn(), Timestamp(), 0}, options,
                       {});
}

// The number, and more, of which the checksum is right.
absl::StatusOr<Lsn> Append(wal::Log& log, std::uint64_t number) {
  std::string body(1000, 'b');
  StoreLittleEndian(body.data(), number);
  wal::RecordDraft draft;
  draft.body = body;
  draft.body_crc = Crc32c(body);
  draft.entry_count = 1;
  draft.commit_time = Timestamp(number);
  return log.Append(draft);
}

absl::Status AppendNext(Ground& ground, wal::Log& log) {
  ++ground.started;
  const absl::Status status = Append(log, ground.started).status();
  if (status.ok()) return status;
  --ground.started;
  const absl::Status again = Append(log, ground.started + 1).status();
  if (log.status().ok()) return status;  // for want of space: the next one may succeed
  return absl::IsFailedPrecondition(again) ? status : Wrong("a log that failed goes on");
}

absl::Status WriteLog(Ground& ground, std::uint64_t segment_bytes) {
  VARVE_ASSIGN_OR_RETURN(const auto log,
                         StartLog(ground, ground.Options().environment, segment_bytes));
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    if (i == kRecords / 2) {
      // Somebody puts a file where the next segment is to be.
      const std::uint64_t next = log->end().number + 1;
      ground.Put(Folder(ground) + "/" + wal::SegmentFileName(next), "");
    }
    VARVE_RETURN_IF_ERROR(AppendNext(ground, *log));
    ground.durable = std::max(ground.durable, log->durable_lsn().value());
  }
  const absl::Status durable = log->WaitDurable(Lsn(ground.started));
  if (!durable.ok()) {
    const absl::Status next = AppendNext(ground, *log);
    return next.ok() ? Wrong("a log that failed goes on") : durable;
  }
  ground.durable = ground.started;
  return log->Close();
}

absl::Status WriteSmallSegments(Ground& ground) {
  const PlaceEntry entry;
  return WriteLog(ground, std::uint64_t{8} << 10);
}
absl::Status WriteLargeSegments(Ground& ground) {
  const PlaceEntry entry;
  return WriteLog(ground, std::uint64_t{40} << 10);
}

// Another thread closes the log while a record waits for its segment.
absl::Status CloseMeanwhile(Ground& ground) {
  const PlaceEntry entry;
  Environment environment = ground.Options().environment;
  CallingEntropy entropy(*environment.entropy);
  environment.entropy = &entropy;
  VARVE_ASSIGN_OR_RETURN(const auto log, StartLog(ground, environment, std::uint64_t{8} << 10));
  absl::Status closed = absl::UnknownError("never closed");
  entropy.on_fill = [&] {
    closed = log->Close();
    if (closed.ok()) ground.durable = ground.started;
  };
  absl::Status status;
  while (status.ok()) {
    ++ground.started;
    status = Append(*log, ground.started).status();
    if (status.ok()) continue;
    --ground.started;
    if (closed.ok()) ground.durable = ground.started;
  }
  VARVE_RETURN_IF_ERROR(closed);
  return Expect(absl::StatusCode::kFailedPrecondition, status);
}

// What was durable is there, and nothing that was never appended.
absl::Status CheckLog(Ground& ground, const absl::Status& /*result*/) {
  FileSystem& files = *ground.Options().environment.files;
  VARVE_ASSIGN_OR_RETURN(const std::vector<wal::SegmentFile> segments,
                         wal::ListSegments(files, Folder(ground), kStore));
  std::uint64_t count = 0;
  const auto visit = [&](const wal::Record& record) -> absl::Status {
    if (record.header.kind != wal::RecordKind::kTransaction) return absl::OkStatus();
    ++count;
    const auto number = LoadLittleEndian<std::uint64_t>(record.body.data());
    return number == count ? absl::OkStatus() : Wrong("another record");
  };
  const auto used = recovery::SegmentsFrom(segments, Lsn());
  VARVE_RETURN_IF_ERROR(recovery::ScanLog(files, used, Lsn(), {}, visit).status());
  if (count < ground.durable) return Wrong("something durable is gone", std::to_string(count));
  return count <= ground.started ? absl::OkStatus() : Wrong("something is there that never was");
}

// A thread of its own prepares segments: one that is taken and is too short, and one that nobody
// takes.
absl::Status Supply(Ground& ground) {
  const PlaceEntry entry;
  Environment environment = ground.Options().environment;
  CallingEntropy entropy(*environment.entropy);
  environment.entropy = &entropy;
  wal::SegmentSupply supply(environment, Folder(ground), /*background=*/true);
  supply.Order(1, std::uint64_t{8} << 10);
  constexpr std::uint64_t kBytes = std::uint64_t{16} << 10;
  VARVE_ASSIGN_OR_RETURN(const wal::PreparedSegment taken, supply.Take(1, kBytes, kBytes));
  if (taken.number != 1 || taken.bytes < kBytes) return Wrong("another segment");
  std::binary_semaphore begun(0);
  entropy.on_fill = [&] { begun.release(); };
  supply.Order(2, kBytes);
  begun.acquire();
  return supply.Stop();
}

// What stays of them was never used.
absl::Status CheckSupply(Ground& ground, const absl::Status& /*result*/) {
  for (const auto& [path, bytes] : ground.Contents("log")) {
    if (bytes.find_first_not_of('\0') != std::string::npos) return Wrong("bytes in it", path);
  }
  return absl::OkStatus();
}

absl::Status FollowToTheEnd(ChangeFeed& feed) {
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const auto changes, feed.Next());
    if (!changes.has_value()) return absl::OkStatus();
  }
}

// The log is trimmed while a follower stays behind.
absl::Status StayBehind(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenNumbered(ground, "store"));
  VARVE_ASSIGN_OR_RETURN(ChangeFeed feed, opened.store->Changes(Lsn(10)));
  VARVE_RETURN_IF_ERROR(feed.Next().status());
  for (int i = 0; i < 3; ++i) {
    VARVE_RETURN_IF_ERROR(CommitNext(ground, opened, 4));
    VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  }
  VARVE_RETURN_IF_ERROR(Expect(absl::StatusCode::kOutOfRange, FollowToTheEnd(feed)));
  VARVE_RETURN_IF_ERROR(opened.store->Close());
  ground.durable = ground.started;
  return absl::OkStatus();
}

absl::Status CheckStore(Ground& ground, const absl::Status& /*result*/) {
  return CheckGoesOn(ground);
}

}  // namespace

std::vector<Errand> LogErrands() {
  return {
      {"log of small segments", MakeFolder, WriteSmallSegments, CheckLog},
      {"log of large segments", MakeFolder, WriteLargeSegments, CheckLog},
      {"log that is closed meanwhile", MakeFolder, CloseMeanwhile, CheckLog},
      {"supply of segments", MakeFolder, Supply, CheckSupply},
      {"stay behind", MakeNumbered, StayBehind, CheckStore},
  };
}

}  // namespace varve::crash
