#include "kernel/wal/log_follower.h"

#include <optional>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/wal/record_cursor.h"

namespace varve::wal {
namespace {

// What is read ahead of a record that was asked for. Near the end of a live log most of it is read
// again, so it is small.
constexpr std::uint64_t kWindowBytes = std::uint64_t{64} << 10;

absl::Status Trimmed(Lsn wanted, std::string_view what) {
  return MakeStatus(absl::StatusCode::kOutOfRange, "LSN ", wanted, " is not in the log: ", what,
                    ". Read the state itself (Store::View) and follow from that view's LSN");
}

}  // namespace

struct LogFollower::Segment {
  Segment(std::string from, std::unique_ptr<File> opened, const SegmentHeader& decoded,
          std::uint64_t bytes)
      : path(std::move(from)),
        file(std::move(opened)),
        header(decoded),
        window(*file, path, bytes, kWindowBytes),
        records(header, path, window) {}

  const std::string path;
  const std::unique_ptr<File> file;
  const SegmentHeader header;
  FileWindow window;
  RecordCursor records;
};

LogFollower::LogFollower(FileSystem& files, std::string folder, const Uuid& store)
    : files_(files), folder_(std::move(folder)), store_(store) {}

LogFollower::~LogFollower() = default;

absl::StatusOr<std::unique_ptr<LogFollower>> LogFollower::Open(FileSystem& files,
                                                               std::string folder,
                                                               const Uuid& store, Lsn after) {
  std::unique_ptr<LogFollower> follower(new LogFollower(files, std::move(folder), store));
  VARVE_RETURN_IF_ERROR(follower->FindSegmentFor(after.Next()));
  while (follower->segment_->records.end().last_lsn < after) {
    VARVE_ASSIGN_OR_RETURN(const Record record, follower->Read());
    follower->Accept(record.header);
  }
  return follower;
}

void LogFollower::Accept(const RecordHeader& header) { segment_->records.Accept(header); }

absl::StatusOr<Record> LogFollower::Read() {
  while (true) {
    RecordCursor& records = segment_->records;
    VARVE_ASSIGN_OR_RETURN(std::optional<Record> record, records.Read());
    if (!record.has_value()) {
      // What was read ahead may be older than the record.
      segment_->window.Forget();
      VARVE_ASSIGN_OR_RETURN(record, records.Read());
    }
    if (record.has_value()) return *record;
    VARVE_RETURN_IF_ERROR(Advance());
  }
}

absl::StatusOr<std::vector<std::uint64_t>> LogFollower::Numbers() const {
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_.List(folder_));
  std::vector<std::uint64_t> numbers;  // ascending, as the names are
  for (const std::string& name : names) {
    if (const std::optional<std::uint64_t> number = ParseSegmentFileName(name)) {
      numbers.push_back(*number);
    }
  }
  return numbers;
}

absl::StatusOr<std::unique_ptr<LogFollower::Segment>> LogFollower::OpenSegment(
    std::uint64_t number) const {
  const std::string path = JoinPath(folder_, SegmentFileName(number));
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<File> file, files_.Open(path, OpenMode::kRead));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t bytes, file->Size());
  std::string page(kSegmentHeaderBytes, '\0');
  const absl::StatusOr<std::size_t> read = file->ReadAt(0, page);
  if (!read.ok()) return UnreadableLog(path, 0, read.status());
  const absl::StatusOr<SegmentHeader> header =
      DecodeSegmentHeader(std::string_view(page).substr(0, *read));
  if (absl::IsDataLoss(header.status())) return nullptr;
  if (!header.ok()) return AddContext(header.status(), path);
  if (header->store != store_ || header->number != number) {
    Damage damage;
    damage.kind = Damage::Kind::kForeign;
    damage.file = path;
    damage.found = "its header is of another store or another segment";
    return damage.ToStatus();
  }
  return std::make_unique<Segment>(path, std::move(file), *header, bytes);
}

// The newest that begins at or before `lsn`, searched from the end, where readers mostly are.
absl::Status LogFollower::FindSegmentFor(Lsn lsn) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::uint64_t> numbers, Numbers());
  Lsn first;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    absl::StatusOr<std::unique_ptr<Segment>> segment = OpenSegment(*number);
    if (absl::IsNotFound(segment.status())) break;  // trimmed meanwhile, and all before it
    VARVE_RETURN_IF_ERROR(segment.status());
    if (*segment == nullptr) continue;
    first = (*segment)->header.first_lsn;
    if (first > lsn) continue;
    segment_ = *std::move(segment);
    return absl::OkStatus();
  }
  return Trimmed(lsn, first == Lsn() ? "it is empty" : "it begins later");
}

absl::Status LogFollower::Advance() {
  const SegmentEnd end = segment_->records.end();
  absl::StatusOr<std::unique_ptr<Segment>> next = OpenSegment(end.number + 1);
  if (absl::IsNotFound(next.status())) {
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::uint64_t> numbers, Numbers());
    if (!numbers.empty() && numbers.front() > end.number + 1) {
      return Trimmed(end.last_lsn.Next(), "it was trimmed meanwhile");
    }
  } else if (!next.ok()) {
    return next.status();
  } else if (*next != nullptr && (*next)->header.predecessor == end) {
    segment_ = *std::move(next);
    return absl::OkStatus();
  }
  Damage damage;
  damage.file = segment_->path;
  damage.offset = end.end_offset;
  damage.found = "a durable record is not there: " + segment_->records.fault();
  return damage.ToStatus();
}

}  // namespace varve::wal
