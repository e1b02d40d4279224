// state.mdb with anything in it: the guard refuses it, or LMDB serves it, every row right or
// kDataLoss. Never a signal.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "crash/simulated/strict_file_system.h"
#include "kernel/base/codec.h"
#include "kernel/table/materialized_store.h"
#include "tests/fuzz/fuzz_target.h"

namespace varve::fuzz {
namespace {

using Rows = std::map<std::string, std::string>;

constexpr std::size_t kPageBytes = 4096;
constexpr char kInMemory[] = "state.mdb";

// --- The image that inputs edit: a few dozen pages, made once per process.

class RowsStream final : public table::VersionStream {
 public:
  RowsStream(const Rows& rows, std::uint64_t lsn)
      : next_(rows.begin()), end_(rows.end()), lsn_(lsn) {}
  bool Next() override {
    if (next_ == end_) return false;
    row_ = next_++;
    given_ = false;
    return true;
  }
  [[nodiscard]] std::string_view row_key() const override { return row_->first; }
  [[nodiscard]] std::optional<table::RowVersion> NextVersion() override {
    if (std::exchange(given_, true)) return std::nullopt;
    return table::RowVersion{
        .lsn = Lsn(lsn_), .commit_time = Timestamp(lsn_), .deleted = false, .value = row_->second};
  }
  [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }

 private:
  Rows::const_iterator next_;
  Rows::const_iterator end_;
  Rows::const_iterator row_;
  std::uint64_t lsn_;
  bool given_ = false;
};

struct Image {
  std::string folder;
  std::string path;
  std::string bytes;
  Rows rows;

  ~Image() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
};

Rows SomeRows(std::mt19937_64& random) {
  Rows rows;
  for (int i = 0; i < 60; ++i) {
    const std::string key = "\x01\x01" + std::string(1, '\0') + "key" +
                            std::to_string(random() % 150) +
                            std::string(random() % 20 == 0 ? 700 : 0, 'k');
    rows[key] = std::string(random() % 20 == 0 ? 6000 : random() % 100, 'v');
  }
  return rows;
}

table::MaterializedOptions HistoryKept() {
  table::MaterializedOptions options;
  options.history.keep = std::chrono::microseconds::max();
  return options;
}

absl::Status Fill(Image& image) {
  VARVE_RETURN_IF_ERROR(table::CreateLmdbFile(PosixFileSystem(), image.path, {}));
  VARVE_ASSIGN_OR_RETURN(const auto store, table::OpenLmdbStore(image.path, HistoryKept()));
  std::mt19937_64 random(7);
  for (std::uint64_t lsn = 1; lsn <= 3; ++lsn) {
    const Rows rows = SomeRows(random);
    for (const auto& [key, value] : rows) image.rows[key] = value;
    RowsStream stream(rows, lsn);
    VARVE_RETURN_IF_ERROR(
        store->Checkpoint(stream, table::AppliedMark{Uuid(), Lsn(lsn), Timestamp(lsn), Lsn()}));
  }
  return absl::OkStatus();
}

const Image& Base() {
  static const std::unique_ptr<Image> image = [] {
    auto made = std::make_unique<Image>();
    made->folder =
        (std::filesystem::temp_directory_path() / ("varve_fuzz_guard_" + std::to_string(getpid())))
            .string();
    made->path = made->folder + "/state.mdb";
    std::filesystem::remove_all(made->folder);
    std::filesystem::create_directories(made->folder);
    if (Fill(*made).ok()) {
      made->bytes = *ReadWholeFile(PosixFileSystem(), made->path, std::uint64_t{16} << 20);
    }
    return made;
  }();
  return *image;
}

// --- Inputs: edits one behind the other, each 8 bytes
//       u8   bits 0-2: what; 3: within the first 64 bytes of the page, where offsets and lengths
//       are u8   page (of as many as there are) u16  offset in the page u32  value
constexpr std::size_t kEditBytes = 8;
constexpr std::size_t kHeadOfPage = 64;

enum class Edit { kXor8, kSet16, kSet32, kSet64, kCopyPage, kZeroSector, kCut, kCopyMeta };

void Apply(std::string_view edit, std::string& image) {
  const auto what = static_cast<std::uint8_t>(edit[0]);
  const std::size_t pages = image.size() / kPageBytes;
  if (pages == 0) return;
  const std::size_t page = static_cast<std::uint8_t>(edit[1]) % pages * kPageBytes;
  const std::size_t room = (what & 8) != 0 ? kHeadOfPage : kPageBytes;
  const std::size_t offset =
      LoadLittleEndian<std::uint16_t>(edit.data() + 2) % (room - sizeof(std::uint64_t) + 1);
  const auto value = LoadLittleEndian<std::uint32_t>(edit.data() + 4);
  char* const at = image.data() + page + offset;
  switch (static_cast<Edit>(what & 7)) {
    case Edit::kXor8:
      *at = static_cast<char>(*at ^ static_cast<char>(value));
      return;
    case Edit::kSet16:
      return StoreLittleEndian(at, static_cast<std::uint16_t>(value));
    case Edit::kSet32:
      return StoreLittleEndian(at, value);
    case Edit::kSet64:  // small numbers, and those just below zero
      return StoreLittleEndian(
          at, static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)}));
    case Edit::kCopyPage:
      image.replace(page, kPageBytes, std::string(image, value % pages * kPageBytes, kPageBytes));
      return;
    case Edit::kZeroSector:
      image.replace(page + offset / 512 * 512, 512, std::string(512, '\0'));
      return;
    case Edit::kCut:
      image.resize(page + value % kPageBytes);
      return;
    case Edit::kCopyMeta:
      if (pages >= 2) {
        image.replace(value % 2 * kPageBytes, kPageBytes,
                      std::string(image, (value + 1) % 2 * kPageBytes, kPageBytes));
      }
      return;
  }
}

absl::Status WriteImage(const std::string& path, const std::string& image) {
  std::FILE* const file = std::fopen(path.c_str(), "r+b");
  if (file == nullptr) return Broken("cannot write ", path);
  const std::size_t written = std::fwrite(image.data(), 1, image.size(), file);
  std::fclose(file);
  std::filesystem::resize_file(path, image.size());
  std::filesystem::remove(path + ".damaged");
  return written == image.size() ? absl::OkStatus() : Broken("cannot write ", path);
}

// Every row by its key, and all in order; right, or kDataLoss.
absl::Status ReadRows(table::MaterializedReader& reader) {
  const bool is_newest = reader.mark().applied == Lsn(3);
  for (const auto& [key, value] : Base().rows) {
    const auto row = reader.Get(key, kLsnMax);
    if (!row.ok()) {
      VARVE_RETURN_IF_ERROR(RefusedAsDamage(row.status()));
      continue;
    }
    if (is_newest && (!row->has_value() || (*row)->value != value)) {
      return Broken("a wrong row is served");
    }
  }
  const auto cursor = reader.NewCursor(kLsnMax);
  std::string last;
  std::size_t rows = 0;
  for (cursor->SeekAtOrAfter(""); cursor->valid(); cursor->Next()) {
    if (rows++ > 0 && cursor->row_key() <= last) return Broken("rows out of order are served");
    last = std::string(cursor->row_key());
    const auto known = Base().rows.find(last);
    if (known == Base().rows.end()) return Broken("a row is served that was never written");
    if (is_newest && known->second != cursor->version().value) return Broken("a wrong row");
  }
  if (!cursor->status().ok()) return RefusedAsDamage(cursor->status());
  if (is_newest && rows != Base().rows.size()) return Broken("a row is missing");
  return absl::OkStatus();
}

absl::Status UseFile(const std::string& image) {
  VARVE_RETURN_IF_ERROR(WriteImage(Base().path, image));
  table::MaterializedOptions options = HistoryKept();
  options.read_only = true;
  const auto store = table::OpenLmdbStore(Base().path, options);
  if (!store.ok()) return RefusedAsDamage(store.status());
  const auto reader = (*store)->OpenReader();
  if (!reader.ok()) return RefusedAsDamage(reader.status());
  const absl::Status verified = (*store)->Verify({});
  if (!verified.ok()) VARVE_RETURN_IF_ERROR(RefusedAsDamage(verified));
  return ReadRows(**reader);
}

absl::Status TryGuard(std::string_view input) {
  std::string image = Base().bytes;
  if (image.empty()) return Broken("no image of a state.mdb could be made");
  for (; input.size() >= kEditBytes; input.remove_prefix(kEditBytes)) {
    Apply(input.substr(0, kEditBytes), image);
  }
  crash::StrictFileSystem files;
  VARVE_ASSIGN_OR_RETURN(const auto file, files.Open(kInMemory, OpenMode::kCreate));
  VARVE_RETURN_IF_ERROR(file->WriteAt(0, image));
  const auto shallow = table::GuardMaterializedFile(files, kInMemory, false);
  const auto deep = table::GuardMaterializedFile(files, kInMemory, true);
  if (!shallow.ok() || !deep.ok()) return Broken("the guard fails on a file that can be read");
  if (deep->usable && !shallow->usable)
    return Broken("the deep guard takes what the other refuses");
  if (!deep->usable && deep->reason.empty()) return Broken("refused without a reason");
  if (!deep->usable && shallow->usable) {
    // As after a clean close. Edits by the dozen can make another file of the same rows out of it,
    // or one of some of them; what they must not do is end the process.
    UseFile(image).IgnoreError();
  }
  if (!deep->usable) return absl::OkStatus();
  return UseFile(image);
}

std::string EditBytes(Edit what, std::uint8_t page, std::uint16_t offset, std::uint32_t value,
                      bool head = false) {
  std::string bytes(1, static_cast<char>(static_cast<int>(what) | (head ? 8 : 0)));
  bytes.push_back(static_cast<char>(page));
  AppendLittleEndian(bytes, offset);
  AppendLittleEndian(bytes, value);
  return bytes;
}

std::vector<std::string> GuardSeeds() {
  std::vector<std::string> seeds = {"",
                                    EditBytes(Edit::kCopyMeta, 0, 0, 0),
                                    EditBytes(Edit::kCopyMeta, 0, 0, 1),
                                    EditBytes(Edit::kCut, 9, 0, 100),
                                    EditBytes(Edit::kZeroSector, 5, 700, 0),
                                    EditBytes(Edit::kCopyPage, 6, 0, 7)};
  for (std::uint8_t page = 0; page < 8; ++page) {
    seeds.push_back(EditBytes(Edit::kSet16, page, 10, page, true));
    seeds.push_back(EditBytes(Edit::kSet64, page, 24, 0xFFFFFFFF, true));
    seeds.push_back(EditBytes(Edit::kXor8, page, 3000, 0x40));
  }
  return seeds;
}

const Registration kGuard(
    {.name = "lmdb_guard", .run = TryGuard, .seeds = GuardSeeds, .smoke_runs = 1000});

}  // namespace
}  // namespace varve::fuzz
