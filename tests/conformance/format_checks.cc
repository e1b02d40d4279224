// What a store holds for everybody else is the same, byte by byte, with the primitive and without
// it.
//
// One workload of the built-in primitives is lived three times, with one clock and one chance:
// where the primitive is absent, where it is registered and silent, where it writes in the same
// transactions.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "crash/operations/operations.h"
#include "crash/workload.h"
#include "crash/world.h"
#include "kernel/change_feed.h"
#include "kernel/store_files.h"
#include "snapshot/file_reader.h"
#include "snapshot/manifest.h"
#include "tests/conformance/check_support.h"

namespace varve::conformance {
namespace {

using crash::Decisions;

enum class Role { kAbsent, kSilent, kWriting };

constexpr int kTransactions = 60;
constexpr std::size_t kChoiceBytes = 120;

struct Remains {
  std::map<std::string, std::string> files;      // by path; without manifest and snapshot
  std::map<std::uint8_t, std::string> sections;  // of the snapshot, by primitive id
  std::map<std::uint64_t, std::string> entries;  // of the others, framed, by LSN
  snapshot::FileHeader header;                   // of the snapshot
  snapshot::Manifest manifest;
};

bool IsSame(const Subject& subject, const Subject& other) {
  return subject.make()->spec().id == other.make()->spec().id;
}

// Threads and sizes aside, an ordinary store; its log is never trimmed.
OpenOptions Options() {
  OpenOptions options = crash::SmallStoreOptions();
  options.snapshots = {};
  return options;
}

absl::Status Commit(Store& store, const std::vector<Subject>& others, Decisions& random,
                    const Subject* writer, Decisions& writers_random) {
  std::string choices(kChoiceBytes, '\0');
  for (char& choice : choices) choice = static_cast<char>(random.Below(256));
  VARVE_ASSIGN_OR_RETURN(Transaction transaction, store.Begin());
  VARVE_RETURN_IF_ERROR(crash::Operate(transaction, others, choices).status());
  // Alone it would make a transaction more. In the default run, which no journal of runs follows.
  if (writer != nullptr && transaction.bytes() > 0) {
    const absl::Status status = writer->operate(transaction, RunId(), writers_random);
    if (!status.ok() && !IsHonestRefusal(status)) return AddContext(status, "an operation");
  }
  return transaction.Commit().status();
}

absl::Status ReadEntries(Store& store, PrimitiveId without, Remains& remains) {
  VARVE_ASSIGN_OR_RETURN(ChangeFeed feed, store.Changes(Lsn()));
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<CommittedChanges> changes, feed.Next());
    if (!changes.has_value()) return absl::OkStatus();
    for (const Entry& entry : changes->entries) {
      const Primitive* const owner = store.registry().FindByEntryType(entry.type);
      if (owner != nullptr && owner->spec().id == without) continue;
      AppendEntry(remains.entries[changes->lsn.value()], entry);
    }
  }
}

absl::Status ReadSnapshot(FileSystem& files, const std::string& path, Remains& remains) {
  VARVE_ASSIGN_OR_RETURN(const auto file, snapshot::SnapshotFile::Open(files, path));
  remains.header = file->header();
  for (const snapshot::SectionRecord& section : file->footer().sections) {
    VARVE_ASSIGN_OR_RETURN(const auto reader, snapshot::SectionReader::Open(*file, section));
    VARVE_ASSIGN_OR_RETURN(const std::string_view content, reader->Read(section.content_bytes));
    remains.sections[section.primitive.value()] = std::to_string(section.version) + "," +
                                                  std::to_string(section.flags) + ":" +
                                                  std::string(content);
  }
  return absl::OkStatus();
}

absl::StatusOr<Remains> Live(const Subject& subject, std::vector<Subject> others, Role role,
                             std::uint64_t seed) {
  std::vector<Subject> subjects = others;
  if (role != Role::kAbsent) subjects.push_back(subject);
  crash::World world(seed, std::move(subjects));
  world.clock().SetTick(0);
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, world.Open(Options()));
  Decisions random = Decisions::FromSeed(seed);
  Decisions writers_random = Decisions::FromSeed(seed + 1);
  for (int i = 0; i < kTransactions; ++i) {
    world.clock().Advance(1'000);
    VARVE_RETURN_IF_ERROR(Commit(*opened.store, others, random,
                                 role == Role::kWriting ? &subject : nullptr, writers_random));
  }
  Remains remains;
  VARVE_RETURN_IF_ERROR(ReadEntries(*opened.store, subject.make()->spec().id, remains));
  VARVE_ASSIGN_OR_RETURN(const snapshot::SnapshotInfo info,
                         opened.snapshotter->CreateSnapshot(*opened.store));
  VARVE_RETURN_IF_ERROR(opened.store->Close());
  const StoreFiles names(crash::kStoreDirectory);
  const std::string path = JoinPath(names.snapshot_folder(), snapshot::SnapshotFileName(info.lsn));
  VARVE_RETURN_IF_ERROR(ReadSnapshot(world.files(), path, remains));
  VARVE_ASSIGN_OR_RETURN(remains.manifest, snapshot::ReadManifest(world.files(), names.manifest()));
  remains.files = world.files().Contents();
  remains.files.erase(names.manifest());
  remains.files.erase(path);
  return remains;
}

std::string Name(const std::string& path) { return path; }
std::string Name(std::uint64_t number) { return std::to_string(number); }

// Each part of `without` is in `with`, the same bytes.
template <typename Key>
absl::Status ExpectSame(const std::map<Key, std::string>& without,
                        const std::map<Key, std::string>& with, std::string_view what) {
  for (const auto& [key, bytes] : without) {
    const auto found = with.find(key);
    if (found == with.end()) return Broken(what, " ", Name(key), " is missing");
    const auto [at, there] =
        std::mismatch(bytes.begin(), bytes.end(), found->second.begin(), found->second.end());
    if (at == bytes.end() && there == found->second.end()) continue;
    return Broken(what, " ", Name(key), " has other bytes from offset ", at - bytes.begin());
  }
  return absl::OkStatus();
}

// Manifest and header of the snapshot are what they were, and name one primitive more.
absl::Status ExpectOneMore(const Remains& without, const Remains& with, PrimitiveId id) {
  snapshot::Manifest manifest = with.manifest;
  std::erase_if(manifest.primitives, [id](const auto& known) { return known.name.id == id; });
  manifest.snapshots = without.manifest.snapshots;  // sizes and digests of what is compared itself
  if (manifest != without.manifest) return Broken("the manifest differs in more than a name");
  snapshot::FileHeader header = with.header;
  header.section_count = without.header.section_count;
  std::erase_if(header.fingerprint, [id](const auto& known) { return known.id == id; });
  if (header == without.header) return absl::OkStatus();
  return Broken("the header of the snapshot differs in more than a name");
}

}  // namespace

absl::Status CheckLeavesOtherFormatsAlone(const Subject& subject, std::uint64_t seed) {
  std::vector<Subject> others = crash::BuiltinSubjects();
  std::erase_if(others, [&](const Subject& other) { return IsSame(subject, other); });
  const PrimitiveSpec spec = subject.make()->spec();
  VARVE_ASSIGN_OR_RETURN(const Remains without, Live(subject, others, Role::kAbsent, seed));

  VARVE_ASSIGN_OR_RETURN(const Remains silent, Live(subject, others, Role::kSilent, seed));
  VARVE_RETURN_IF_ERROR(ExpectSame(without.files, silent.files, "registered: file"));
  VARVE_RETURN_IF_ERROR(ExpectSame(without.sections, silent.sections, "registered: section"));
  VARVE_RETURN_IF_ERROR(ExpectOneMore(without, silent, spec.id));

  if (spec.admits_runs || spec.observes) return absl::OkStatus();  // what it does concerns others
  VARVE_ASSIGN_OR_RETURN(const Remains writing, Live(subject, others, Role::kWriting, seed));
  if (writing.sections.count(spec.id.value()) == 0) return Broken("Subject::operate logs nothing");
  VARVE_RETURN_IF_ERROR(ExpectSame(without.entries, writing.entries, "writing: entries of LSN"));
  return ExpectSame(without.sections, writing.sections, "writing: section");
}

}  // namespace varve::conformance
