// Tests: cli/check_verb.cc
// Tests: cli/check_report.cc
// Tests: cli/session.cc
// Tests: cli/store_check.cc
// Tests: cli/salvage_verb.cc
//
// One test per class of fault that the command can meet: reliability, "fault model".
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "gtest/gtest.h"
#include "kernel/io/file_system.h"
#include "kernel/wal/segment.h"
#include "primitives/event/event_payload.h"
#include "primitives/event/event_primitive.h"
#include "primitives/json/json_primitive.h"
#include "primitives/kv/kv_primitive.h"
#include "primitives/run/run_primitive.h"
#include "primitives/state/state_primitive.h"
#include "primitives/trace/trace_primitive.h"
#include "primitives/vector/vector_primitive.h"
#include "recovery/open.h"
#include "tests/cli/command.h"
#include "tests/primitives/vandal.h"

namespace varve::testing {
namespace {

class CheckVerb : public CommandTest {
 protected:
  // Every path under the store that ends so, sorted.
  std::vector<std::string> PathsEndingIn(const std::string& suffix) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store_)) {
      if (entry.path().string().ends_with(suffix)) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  static void FlipByte(const std::string& path, std::size_t offset) {
    std::string bytes = ReadFileBytes(path);
    ASSERT_LT(offset, bytes.size()) << path;
    bytes[offset] = static_cast<char>(bytes[offset] ^ 0x40);
    WriteFileBytes(path, bytes);
  }

  // A store with a snapshot, records above it and a clean end.
  void FillAndSnapshot() {
    FillStore(100);
    Do("snapshot create");
    Do("kv put later 1");
  }

  // check finds damage, a read verb refuses it likewise where `opens` is false, and neither writes.
  Json ExpectDamage(bool opens) {
    const std::vector<std::string> before = Image();
    const CommandAnswer check = Run("check --json");
    EXPECT_EQ(check.exit_code, 3) << check.out << check.err;
    EXPECT_FALSE(check.Object()["ok"].get<bool>());
    EXPECT_EQ(Run("kv count").exit_code, opens ? 0 : 3);
    EXPECT_EQ(Image(), before);
    return check.Error();
  }
};

TEST_F(CheckVerb, AGoodStoreIsAllGood) {
  FillAndSnapshot();
  const Json answer = Do("check --json").Object();
  EXPECT_TRUE(answer["ok"].get<bool>());
  EXPECT_EQ(answer["snapshots"], 1);
  EXPECT_GE(answer["records"], 1);
  EXPECT_EQ(answer["findings"], Json::array());
  EXPECT_EQ(answer["digest"], Do("stat --digest --json").Object()["digest"]);
  EXPECT_NE(Do("check").out.find("all good"), std::string::npos);
}

TEST_F(CheckVerb, ComparesTheStateWithARebuildAndMeasures) {
  FillAndSnapshot();
  const Json answer = Do("check --json").Object();
  EXPECT_TRUE(answer["rebuild"]["equal"].get<bool>());
  EXPECT_GT(answer["rebuild"]["rows"].get<int>(), 100);
  EXPECT_EQ(answer["rebuild"]["base_lsn"], 0);
  EXPECT_EQ(answer["footprint"]["total"], Do("stat --json").Object()["footprint"]["total"]);
  EXPECT_NE(Do("check").out.find("ok  state.mdb is what the log gives, "), std::string::npos);
  const Json without = Do("check --without-rebuild --json").Object();
  EXPECT_FALSE(without.contains("rebuild"));
  EXPECT_EQ(without["findings"].size(), 1u);
  WriteFileBytes(store_ + "/notes.txt", "x");
  EXPECT_NE(Do("check").out.find("that no part of the store needs"), std::string::npos);
}

// Whole, of this store and of the right LSN: only its rows are not those that were committed.
TEST_F(CheckVerb, AStateThatTheLogDoesNotGiveIsDamage) {
  FillStore(20);
  const std::string twin = Path("twin");
  std::filesystem::copy(store_, twin, std::filesystem::copy_options::recursive);
  const std::string original = store_;
  Do("kv put a right");
  store_ = twin;
  Do("kv put a wrong");
  store_ = original;
  std::filesystem::copy_file(twin + "/state.mdb", store_ + "/state.mdb",
                             std::filesystem::copy_options::overwrite_existing);
  const Json error = ExpectDamage(/*opens=*/true);
  EXPECT_EQ(error["damage"]["file"], store_ + "/state.mdb");
  const std::string found = error["damage"]["found"];
  EXPECT_NE(found.find("varve.kv, table rows, the default run, key \"a\""), std::string::npos)
      << found;
  // What the message says.
  std::filesystem::remove(store_ + "/state.mdb");
  EXPECT_EQ(Do("kv get a").out, "right\n");
  Do("kv put b 1");
  Do("check");
}

TEST_F(CheckVerb, ADamagedRecordIsDamage) {
  FillStore(100);
  Do("kv put later 1");
  FlipByte(PathsEndingIn(".wal").front(), 4096 + 300);
  const CommandAnswer check = Run("check --json");
  EXPECT_EQ(check.exit_code, 3);
  EXPECT_EQ(check.Error()["damage"]["file"], PathsEndingIn(".wal").front());
}

TEST_F(CheckVerb, ADamagedSegmentHeaderIsDamage) {
  FillStore(100);
  Do("kv put later 1");
  FlipByte(PathsEndingIn(".wal").front(), 40);
  EXPECT_EQ(ExpectDamage(/*opens=*/false)["damage"]["file"], PathsEndingIn(".wal").front());
}

TEST_F(CheckVerb, AMissingSegmentIsDamage) {
  FillStore(20);
  Do("kv put a 1");
  Do("kv put b 1");
  const std::vector<std::string> segments = PathsEndingIn(".wal");
  ASSERT_GE(segments.size(), 3u);
  std::filesystem::remove(segments[1]);
  ExpectDamage(/*opens=*/false);
}

TEST_F(CheckVerb, AnotherStoresSegmentIsDamage) {
  FillStore(20);
  const std::string own = PathsEndingIn(".wal").front();
  const std::string store = store_;
  store_ = Path("other");
  FillStore(20);
  const std::string foreign = ReadFileBytes(PathsEndingIn(".wal").front());
  store_ = store;
  WriteFileBytes(own, foreign);
  EXPECT_EQ(ExpectDamage(/*opens=*/false)["damage"]["kind"], "foreign");
}

TEST_F(CheckVerb, ADamagedSnapshotIsDamageAlthoughTheStoreOpens) {
  FillAndSnapshot();
  const std::string path = PathsEndingIn(".snapshot").front();
  FlipByte(path, std::filesystem::file_size(path) / 2);
  EXPECT_EQ(ExpectDamage(/*opens=*/true)["damage"]["file"], path);
  EXPECT_EQ(Run("snapshot verify").exit_code, 3);
  EXPECT_EQ(Run("snapshot restore " + Path("copy")).exit_code, 3);
}

TEST_F(CheckVerb, OneDamagedSlotOfTheManifestIsSurvivedTwoAreDamage) {
  FillAndSnapshot();
  const std::string path = store_ + "/MANIFEST";
  ASSERT_EQ(std::filesystem::file_size(path), 8192u);
  FlipByte(path, 100);
  FlipByte(path, 4096 + 100);
  ExpectDamage(/*opens=*/false);
}

TEST_F(CheckVerb, ADamagedStateFileIsRepairedByTheNextOpen) {
  FillAndSnapshot();
  const std::string digest = Do("stat --digest --json").Object()["digest"];
  const std::string path = store_ + "/state.mdb";
  std::string bytes = ReadFileBytes(path);
  for (std::size_t i = 0; i < bytes.size(); i += 512) bytes[i] = static_cast<char>(bytes[i] ^ 0x55);
  WriteFileBytes(path, bytes);
  const CommandAnswer check = Run("check --json");
  EXPECT_EQ(check.exit_code, 1) << check.out << check.err;
  EXPECT_EQ(check.Object()["findings"][0]["gravity"], "repairable");
  EXPECT_EQ(Do("kv get later").out, "1\n");
  EXPECT_EQ(Do("stat --digest --json").Object()["digest"], digest);
  Do("check");
}

TEST_F(CheckVerb, AMissingStateFileIsOnlyANote) {
  FillAndSnapshot();
  std::filesystem::remove(store_ + "/state.mdb");
  const Json answer = Do("check --json").Object();
  EXPECT_EQ(answer["findings"][0]["gravity"], "note");
  EXPECT_EQ(Do("kv count").out, "101\n");
}

TEST_F(CheckVerb, ATornTailIsOnlyANote) {
  FillStore(20);
  // What a crash in the middle of a write leaves: the newest segment, and behind its last record
  // the first bytes of one more.
  std::string last;
  for (const Json& segment : Do("wal verify --json").Lines()) {
    if (!segment.contains("path")) continue;
    last = segment["path"];
    const std::size_t end = segment["end_offset"];
    std::string bytes = ReadFileBytes(last);
    bytes.resize(end);
    bytes += std::string(24, '\x7f');
    WriteFileBytes(Path("torn"), bytes);
  }
  std::filesystem::copy_file(Path("torn"), last, std::filesystem::copy_options::overwrite_existing);
  const CommandAnswer check = Run("check --json");
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
  EXPECT_EQ(check.Object()["findings"][0]["gravity"], "note");
  EXPECT_EQ(Do("kv count").out, "20\n");
  Do("kv put after 1");
  EXPECT_EQ(Do("kv count").out, "21\n");
  Do("check");
}

TEST_F(CheckVerb, AFolderThatIsNoStoreIsRefused) {
  std::filesystem::create_directories(store_);
  WriteFileBytes(store_ + "/notes.txt", "hello");
  for (const char* verb : {"check", "stat", "kv get a", "kv put a 1", "init", "snapshot create",
                           "snapshot ls", "export"}) {
    const CommandAnswer answer = Run(verb);
    EXPECT_EQ(answer.exit_code, 5) << verb << answer.err;
    EXPECT_NE(answer.err.find(store_), std::string::npos) << verb;
  }
  EXPECT_EQ(FilesIn(store_), std::vector<std::string>{"notes.txt"});
}

// Every byte has its checksum, and the rows are wrong all the same.
class CheckOfRows : public CheckVerb {
 protected:
  void SetUp() override {
    CheckVerb::SetUp();
    Do("init");
    for (const char* number : {"0", "1", "2"}) {
      Do("event append s t {\"n\":" + std::string(number) + "}");
    }
  }
  // With all others as they are: one that is missing would have its rows rebuilt from the log.
  OpenedStore OpenWithVandal() {
    PrimitiveRegistry registry;
    const auto add = [&registry](std::unique_ptr<Primitive> primitive) {
      EXPECT_TRUE(registry.Register(std::move(primitive)).ok());
    };
    add(std::make_unique<KvPrimitive>());
    add(std::make_unique<StatePrimitive>());
    add(std::make_unique<JsonPrimitive>());
    add(std::make_unique<Vandal>(std::make_unique<EventPrimitive>()));
    add(std::make_unique<RunPrimitive>());
    add(std::make_unique<TracePrimitive>());
    add(std::make_unique<VectorPrimitive>());
    absl::StatusOr<OpenedStore> opened = OpenStore(store_, std::move(registry));
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  // Event 1 says something else from now on; its hash stays.
  void ForgeEvent() {
    const OpenedStore opened = OpenWithVandal();
    const std::string key = event::WithSequence(event::NamePrefix("s"), 1);
    EXPECT_TRUE(opened.store
                    ->Update([&](Transaction& to) -> absl::Status {
                      VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                                             to.Get(kEventRows, RunId(), key));
                      std::string value(row.value().value);
                      value[value.size() - 2] = '9';
                      return Vandal::Change(to, kEventRows, RunId(), key, value);
                    })
                    .ok());
    EXPECT_TRUE(opened.store->Close().ok());
  }
};

TEST_F(CheckOfRows, NamesEveryPrimitiveThatIsGood) {
  const Json answer = Do("check --json").Object();
  std::vector<std::string> names;
  for (const Json& primitive : answer["primitives"]) {
    EXPECT_TRUE(primitive["ok"].get<bool>()) << primitive;
    names.push_back(primitive["name"]);
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"varve.event", "varve.json", "varve.kv", "varve.run",
                                             "varve.state", "varve.trace", "varve.vector"}));
  EXPECT_NE(Do("check").out.find("ok  rows of varve.event\n"), std::string::npos);
}

TEST_F(CheckOfRows, FindsABrokenChainAndSaysWhatToDo) {
  ForgeEvent();
  const std::vector<std::string> before = Image();
  const CommandAnswer answer = Run("check");
  EXPECT_EQ(answer.exit_code, 3) << answer.out << answer.err;
  EXPECT_NE(answer.out.find("BAD rows of varve.event: the default run: stream \"s\", event 1: its "
                            "stored hash is"),
            std::string::npos)
      << answer.out;
  EXPECT_NE(answer.out.find("restore TARGET"), std::string::npos) << answer.out;
  EXPECT_NE(answer.out.find("ok  rows of varve.kv\n"), std::string::npos) << answer.out;

  const CommandAnswer json = Run("check --json");
  EXPECT_FALSE(json.Object()["ok"].get<bool>());
  EXPECT_EQ(json.Object()["findings"][0]["gravity"], "damage");
  EXPECT_EQ(json.Error()["code"], "DATA_LOSS");
  const Json object = json.Object();  // a loop over a part of it would outlive it
  for (const Json& primitive : object["primitives"]) {
    EXPECT_EQ(primitive["ok"].get<bool>(), primitive["name"] != "varve.event") << primitive;
  }
  EXPECT_EQ(Run("event verify s").exit_code, 1);
  EXPECT_EQ(Image(), before);
}

TEST_F(CheckVerb, AnAbsentStoreIsNotMadeByOtherVerbs) {
  for (const char* verb : {"check", "stat", "kv get a", "kv put a 1", "kv delete a", "export",
                           "snapshot create", "stat --digest"}) {
    EXPECT_EQ(Run(verb).exit_code, 5) << verb;
  }
  EXPECT_EQ(FilesIn(folder_).size(), 0u);
}

TEST_F(CheckVerb, ANewerFormatIsUnsupportedNotDamaged) {
  FillStore(20);
  const std::string path = PathsEndingIn(".wal").front();
  std::string bytes = ReadFileBytes(path);
  auto header = wal::DecodeSegmentHeader(std::string_view(bytes).substr(0, 4096));
  ASSERT_TRUE(header.ok());
  header->version = wal::kSegmentFormatVersion + 1;
  bytes.replace(0, 4096, wal::EncodeSegmentHeader(*header));
  WriteFileBytes(path, bytes);
  for (const char* verb : {"check", "kv get a", "kv put a 1", "wal ls"}) {
    EXPECT_EQ(Run(verb).exit_code, 6) << verb;
  }
}

TEST_F(CheckVerb, AStoreHeldByAnotherProcessIsBusyForWritersOnly) {
  FillStore(20);
  const auto lock = PosixFileSystem().Lock(store_ + "/LOCK", LockMode::kExclusive);
  ASSERT_TRUE(lock.ok());
  const CommandAnswer busy = Run("kv put a 1 --wait 0.05 --json");
  EXPECT_EQ(busy.exit_code, 4);
  EXPECT_EQ(busy.Error()["code"], "UNAVAILABLE");
  EXPECT_EQ(Do("kv count").out, "20\n");
  const Json check = Do("check --json").Object();
  EXPECT_TRUE(check["writer_active"].get<bool>());
  Do("stat");
  Do("wal dump");
  Do("export");
}

TEST_F(CheckVerb, AReadOnlyMediumCanBeReadAndNotWritten) {
  FillStore(20);
  // The test may run as root, whom no mode stops: then the command runs as nobody.
  std::filesystem::permissions(folder_, static_cast<std::filesystem::perms>(0555));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store_)) {
    const bool folder = entry.is_directory();
    std::filesystem::permissions(entry, static_cast<std::filesystem::perms>(folder ? 0555 : 0444));
  }
  std::filesystem::permissions(store_, static_cast<std::filesystem::perms>(0555));
  const CommandSetting nobody{.as_nobody = true};
  const CommandAnswer read = Run("kv count", nobody);
  if (read.exit_code == 126) GTEST_SKIP() << "nobody cannot run the command here";
  EXPECT_EQ(read.out, "20\n") << read.err;
  EXPECT_EQ(Run("check", nobody).exit_code, 0);
  EXPECT_EQ(Run("wal verify", nobody).exit_code, 0);
  EXPECT_EQ(Run("kv put a 1", nobody).exit_code, 7);
  EXPECT_EQ(Run("snapshot create", nobody).exit_code, 7);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store_)) {
    std::filesystem::permissions(entry, std::filesystem::perms::owner_all,
                                 std::filesystem::perm_options::add);
  }
  std::filesystem::permissions(store_, std::filesystem::perms::owner_all,
                               std::filesystem::perm_options::add);
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all,
                               std::filesystem::perm_options::add);
}

TEST_F(CheckVerb, AFullOutputIsAnError) {
  FillStore(20);
  for (const char* verb : {"export", "kv scan", "stat", "kv get key/00001 --json"}) {
    const CommandAnswer answer = Run(verb, {.output = "/dev/full"});
    EXPECT_EQ(answer.exit_code, 10) << verb;
    EXPECT_NE(answer.err.find("standard output"), std::string::npos) << answer.err;
  }
}

TEST_F(CheckVerb, SalvageSavesWhatIsWholeAndNamesTheRest) {
  FillStore(100);
  const std::string saved = store_ + ".saved";
  const CommandAnswer whole = Run("salvage " + saved + " --json");
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_TRUE(Json::parse(whole.out)["complete"].get<bool>());
  std::filesystem::remove_all(saved);

  const std::vector<std::string> segments = PathsEndingIn(".wal");
  ASSERT_FALSE(segments.empty());
  FlipByte(segments.front(), wal::kSegmentHeaderBytes + 100);
  const std::vector<std::string> before = Image();
  EXPECT_EQ(Run("check").exit_code, 3);
  const CommandAnswer text = Run("salvage " + saved);
  EXPECT_EQ(text.exit_code, 1) << text.err;
  EXPECT_NE(text.out.find("BAD lost LSN 1: " + segments.front()), std::string::npos) << text.out;
  EXPECT_EQ(Image(), before);
  std::filesystem::remove_all(saved);
  const Json report = Json::parse(Run("salvage " + saved + " --json").out);
  EXPECT_FALSE(report["complete"].get<bool>());
  EXPECT_EQ(report["lost"].size(), 1u);
  EXPECT_EQ(report["lost"][0]["first_lsn"], 1);
  EXPECT_EQ(report["lost"][0]["file"], segments.front());
  store_ = saved;
  EXPECT_EQ(Run("check").exit_code, 0);
  std::filesystem::remove_all(saved);
}

}  // namespace
}  // namespace varve::testing
