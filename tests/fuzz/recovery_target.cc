// A log with right checksums and hostile entries, as a faulty writer would leave it: opened.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/core_entry.h"
#include "kernel/entry.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"
#include "primitives/kv/kv.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/primitive_instances.h"
#include "tests/fuzz/store_on_strict_disk.h"

namespace varve::fuzz {
namespace {

// Entries one behind the other, each
//   u8   type
//   u8   bits 0, 1: run; 2: safe to ignore; 3: the first of a new transaction; 4-7: version - 1
//   u16  payload length (less where the input ends)
constexpr std::size_t kHeadBytes = 4;

enum EntryBits : std::uint8_t { kRunBits = 3, kSafeIgnore = 4, kNewTransaction = 8 };

struct Body {
  std::string bytes;
  std::uint32_t entries = 0;
};

std::vector<Body> BodiesOf(std::string_view input) {
  std::vector<Body> bodies(1);
  while (input.size() >= kHeadBytes) {
    const auto bits = static_cast<std::uint8_t>(input[1]);
    Entry entry;
    entry.type = static_cast<EntryType>(input[0]);
    entry.run = RunOf(bits & kRunBits);
    entry.safe_ignore = (bits & kSafeIgnore) != 0;
    entry.payload_version = static_cast<std::uint8_t>((bits >> 4) + 1);
    entry.payload = input.substr(kHeadBytes, LoadLittleEndian<std::uint16_t>(input.data() + 2));
    if ((bits & kNewTransaction) != 0 && bodies.back().entries > 0) bodies.emplace_back();
    AppendEntry(bodies.back().bytes, entry);
    ++bodies.back().entries;
    input.remove_prefix(kHeadBytes + entry.payload.size());
  }
  return bodies;
}

std::string RecordsOf(const std::vector<Body>& bodies, std::uint64_t salt) {
  std::string area;
  wal::RecordHeader header;
  for (const Body& body : bodies) {
    header.body_length = static_cast<std::uint32_t>(body.bytes.size());
    header.durable_lsn = header.lsn;
    header.lsn = header.lsn.Next();
    header.commit_time = Timestamp(1'700'000'000'000'000 + header.lsn.value() * 1000);
    header.entry_count = body.entries;
    header.body_crc = wal::BindBodyCrc(Crc32c(body.bytes), salt, header.lsn);
    const std::size_t at = area.size();
    area.resize(at + wal::RecordLayout::kBytes);
    header.previous_crc = wal::EncodeRecordHeader(header, salt, area.data() + at);
    area += body.bytes;
  }
  return area;
}

using Contents = std::map<std::string, std::string>;

const std::string& SegmentPath() {
  static const std::string path = JoinPath(JoinPath(kStoreFolder, "wal"), wal::SegmentFileName(1));
  return path;
}

// The files of a store in which nothing was committed yet, as a crash leaves them.
const Contents& EmptyStore() {
  static const Contents contents = [] {
    crash::SimulatedEnvironment world;
    auto opened = OpenStore(kStoreFolder, NewBuiltins(), StrictOptions(world));
    return opened.ok() ? world.files->Contents() : Contents();
  }();
  return contents;
}

Contents StoreWith(const std::vector<Body>& bodies) {
  Contents contents = EmptyStore();
  std::string& segment = contents[SegmentPath()];
  segment.resize(wal::kSegmentHeaderBytes);
  const auto header = wal::DecodeSegmentHeader(segment);
  if (header.ok()) segment += RecordsOf(bodies, header->salt);
  return contents;
}

bool RefusedOnReplay(const absl::Status& status) {
  return absl::IsInternal(status) &&
         FromAbsl(status.message()).find("is refused on replay") != std::string_view::npos;
}

// A refused open leaves every byte as it was.
absl::Status CheckRefusal(const absl::Status& status, const Contents& before,
                          const Contents& after) {
  for (const auto& [path, bytes] : before) {
    if (path.ends_with("/LOCK")) continue;
    const auto now = after.find(path);
    if (now == after.end() || now->second != bytes) return Broken("a refused open changed ", path);
  }
  // An intact log with an entry that its primitive refuses is the writer's fault, and kInternal.
  return RefusedOnReplay(status) ? absl::OkStatus() : RefusedHonestly(status);
}

absl::StatusOr<std::string> OpenAgain(crash::SimulatedEnvironment& world) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened,
                         OpenStore(kStoreFolder, NewBuiltins(), StrictOptions(world)));
  VARVE_ASSIGN_OR_RETURN(std::string digest, DigestOf(*opened.store));
  VARVE_RETURN_IF_ERROR(opened.store->Close());
  return digest;
}

absl::Status TryRecovery(std::string_view input) {
  const Contents before = StoreWith(BodiesOf(input));
  crash::SimulatedEnvironment world;
  VARVE_RETURN_IF_ERROR(WriteFiles(*world.files, before));
  auto opened = OpenStore(kStoreFolder, NewBuiltins(), StrictOptions(world));
  if (!opened.ok()) return CheckRefusal(opened.status(), before, world.files->Contents());
  VARVE_RETURN_IF_ERROR(UseStore(*opened->store));
  const auto written = opened->store->Update(
      [](Transaction& transaction) { return Kv(transaction).Put("after", "recovery"); });
  if (!written.ok()) return Broken("no commit after recovery: ", written.status().ToString());
  const auto digest = DigestOf(*opened->store);
  if (!digest.ok()) return Broken("digest: ", digest.status().ToString());
  VARVE_RETURN_IF_ERROR(opened->store->Close());
  opened = OpenedStore();
  // From the log alone once more: recover(recover(x)) is recover(x).
  const auto again = OpenAgain(world);
  if (!again.ok()) return Broken("the second open: ", again.status().ToString());
  if (*again != *digest) return Broken("the second open found another state");
  return absl::OkStatus();
}

std::string Framed(const conformance::RecordedEntry& entry, bool first) {
  unsigned run = 0;
  while (run < 2 && RunOf(run) != entry.run) ++run;
  std::string bytes(1, static_cast<char>(entry.type));
  bytes.push_back(static_cast<char>(run | (entry.safe_ignore ? kSafeIgnore : 0) |
                                    (first ? kNewTransaction : 0) |
                                    (entry.payload_version - 1) << 4));
  AppendLittleEndian(bytes, static_cast<std::uint16_t>(entry.payload.size()));
  return bytes + entry.payload;
}

std::vector<std::string> RecoverySeeds() {
  constexpr std::size_t kSeedBytesMax = 1200;
  std::vector<std::string> seeds;
  std::string mixed;
  for (const std::unique_ptr<Primitive>& primitive : Builtins().primitives()) {
    std::string seed;
    for (const conformance::RecordedTransaction& transaction : HistoryOf(*primitive)) {
      bool first = true;
      for (const conformance::RecordedEntry& entry : transaction.entries) {
        if (seed.size() + entry.payload.size() > kSeedBytesMax) continue;
        seed += Framed(entry, first);
        if (mixed.size() < kSeedBytesMax) mixed += Framed(entry, first);
        first = false;
      }
    }
    seeds.push_back(seed);
  }
  std::string rows = BeginRowsPayload(PrimitiveId(1));
  AppendRow(rows, 0, "key", "value");
  const conformance::RecordedEntry put{.type = kCorePutRows, .run = RunOf(1), .payload = rows};
  const conformance::RecordedEntry erase{.type = kCoreEraseRun, .run = RunOf(1), .payload = ""};
  seeds.push_back(mixed + Framed(put, true) + Framed(erase, true));
  seeds.push_back(Framed(put, true));
  return seeds;
}

const Registration kRecovery(
    {.name = "recovery", .run = TryRecovery, .seeds = RecoverySeeds, .smoke_runs = 1000});

}  // namespace
}  // namespace varve::fuzz
