// Tests: cli/plugin_note.cc
//
// Plug-ins as a user loads them. Those that are refused are bytes of the good one with something
// changed; that nothing of them ran shows in what it says when it is loaded.
#include "cli/plugin.h"

#include <cstddef>
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSaid[] = "code of the plug-in runs";
constexpr char kPlugin[] = VARVE_TALLY_PLUGIN;

class PluginTest : public CommandTest {
 protected:
  // `varve --load PLUGIN STORE WORDS...`
  CommandAnswer With(const std::string& plugin, const std::string& words,
                     const CommandSetting& setting = {}) {
    std::istringstream text("--load " + plugin + " " + store_ + " " + words);
    return RunCommand({std::istream_iterator<std::string>(text), {}}, setting);
  }
  // A copy of the good plug-in, its bytes changed.
  std::string Changed(const std::function<void(std::string& bytes)>& change) {
    std::string bytes = ReadFileBytes(kPlugin);
    change(bytes);
    WriteFileBytes(Path("changed.so"), bytes);
    return Path("changed.so");
  }
  // Where the note lies in the bytes of the plug-in.
  static std::size_t NoteIn(const std::string& bytes) {
    const cli::PluginNote note;
    const std::size_t at = bytes.find(
        std::string(reinterpret_cast<const char*>(&note), offsetof(cli::PluginNote, interface)));
    EXPECT_NE(at, std::string::npos);
    return at;
  }
  void ExpectRefused(const CommandAnswer& answer, const std::string& why) {
    EXPECT_EQ(answer.exit_code, 2) << answer.err;
    EXPECT_THAT(answer.err, HasSubstr(why));
    EXPECT_THAT(answer.err, HasSubstr("--load"));
    EXPECT_THAT(answer.err, Not(HasSubstr(kSaid)));
  }
};

TEST_F(PluginTest, GivesTheCommandItsPrimitiveAndItsVerbs) {
  EXPECT_EQ(With(kPlugin, "tally add requests 40").exit_code, 0);
  EXPECT_EQ(With(kPlugin, "tally add requests 2").exit_code, 0);
  EXPECT_EQ(With(kPlugin, "tally get requests").out, "42\n");
  EXPECT_EQ(With(kPlugin, "tally get requests --json").Object()["total"], 42);
  EXPECT_THAT(With(kPlugin, "wal dump").out, HasSubstr("TallyAdd  requests  40"));
  EXPECT_EQ(With(kPlugin, "check").exit_code, 0);
  EXPECT_EQ(With(kPlugin, "kv put a 1").exit_code, 0);
  EXPECT_THAT(With(kPlugin, "tally add --help").out, HasSubstr("tally add requests 2"));
}

TEST_F(PluginTest, MayBeNamedAsTheUserLikes) {
  EXPECT_EQ(RunCommand({std::string("--load=") + kPlugin, store_, "tally", "add", "a"}).exit_code,
            0);
  std::filesystem::copy(kPlugin, Path("libtally.so"));
  EXPECT_EQ(With("libtally.so", "tally get a", {.working_folder = folder_}).out, "1\n");
  EXPECT_EQ(RunCommand({"--load"}).exit_code, 2);
  const CommandAnswer late = Run({"--load", kPlugin, "tally", "get", "a"});
  EXPECT_EQ(late.exit_code, 2);
  EXPECT_THAT(late.err, HasSubstr("--load stands before the store"));
  EXPECT_EQ(Run({"kv", "put", "--carry-unknown", "--", "--load", "a value"}).exit_code, 0);
}

// The build that both sides compare grows with the version of the command.
TEST_F(PluginTest, IsBoundToTheMinorVersionOfTheCommand) {
  const std::string version = RunCommand({"--version"}).out;  // "varve 0.1.0"
  const std::string minor = version.substr(0, version.rfind('.'));
  EXPECT_THAT(std::string(VARVE_PLUGIN_BUILD), ::testing::StartsWith(minor + ","));
}

TEST_F(PluginTest, IsFedToTheCrashHarness) {
  const CommandAnswer answer =
      RunCommand({"--load", kPlugin, "crash", "run", "--cases", "20"}, {.working_folder = folder_});
  EXPECT_EQ(answer.exit_code, 0) << answer.out << answer.err;
}

TEST_F(PluginTest, OfAnotherInterfaceIsRefusedBeforeAnyOfItsCodeRuns) {
  const std::string path = Changed(
      [](std::string& bytes) { bytes[NoteIn(bytes) + offsetof(cli::PluginNote, interface)] = 2; });
  ExpectRefused(With(path, "check"), "speaks plug-in interface 2, and this command speaks 1");
}

TEST_F(PluginTest, OfAnotherBuildIsRefusedBeforeAnyOfItsCodeRuns) {
  const std::string build = Changed(
      [](std::string& bytes) { bytes[NoteIn(bytes) + offsetof(cli::PluginNote, build)] = 'X'; });
  ExpectRefused(With(build, "check"), "was built with \"Xarve");
  const std::string layout = Changed(
      [](std::string& bytes) { bytes[NoteIn(bytes) + offsetof(cli::PluginNote, layout)] ^= 1; });
  ExpectRefused(With(layout, "check"), "lays types out otherwise");
}

TEST_F(PluginTest, ThatIsNoneIsRefused) {
  ExpectRefused(With(Path("nothing.so"), "check"), "nothing.so");
  ExpectRefused(With(folder_, "check"), folder_);
  WriteFileBytes(Path("words.so"), "no library");
  ExpectRefused(With(Path("words.so"), "check"), "is no shared library");
  ExpectRefused(With(VARVE_COMMAND, "check"), "VARVE_PLUGIN");
  const std::string nameless = Changed(
      [](std::string& bytes) { bytes[NoteIn(bytes) + offsetof(cli::PluginNote, name)] = 'W'; });
  ExpectRefused(With(nameless, "check"), "VARVE_PLUGIN");
}

TEST_F(PluginTest, WithoutAnEntryPointIsRefused) {
  const std::string path = Changed([](std::string& bytes) {
    const std::string name = std::string("varve_plugin_1") + '\0';
    for (std::size_t at = bytes.find(name); at != std::string::npos; at = bytes.find(name, at)) {
      bytes[at + name.size() - 2] = '9';
    }
  });
  const CommandAnswer answer = With(path, "check");
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_THAT(answer.err, HasSubstr("no entry point varve_plugin_1"));
}

TEST_F(PluginTest, ThatIsCutShortIsRefused) {
  const std::string path =
      Changed([](std::string& bytes) { bytes.resize(NoteIn(bytes) + sizeof(cli::PluginNote)); });
  ExpectRefused(With(path, "check"), "is cut short");
}

// The file up to its note, cut short, and with bytes changed.
TEST_F(PluginTest, ThatIsDamagedNeverCrashesTheReaderOfItsNote) {
  const std::string good = ReadFileBytes(kPlugin);
  const std::string begin = good.substr(0, NoteIn(good) + sizeof(cli::PluginNote));
  ASSERT_TRUE(cli::ReadPluginNote(kPlugin).ok());
  const auto answer = [&](const std::string& bytes) {
    WriteFileBytes(Path("damaged.so"), bytes);
    return cli::ReadPluginNote(Path("damaged.so")).status();
  };
  for (std::size_t bytes = 0; bytes <= begin.size(); bytes += 7) {
    EXPECT_TRUE(absl::IsInvalidArgument(answer(begin.substr(0, bytes)))) << bytes;
  }
  for (std::size_t at = 0; at < begin.size(); at += 3) {
    std::string changed = begin;
    changed[at] = static_cast<char>(changed[at] ^ 0xFF);
    EXPECT_TRUE(absl::IsInvalidArgument(answer(changed))) << at;
  }
}

TEST_F(PluginTest, ThatCollidesIsRefusedByName) {
  std::filesystem::copy(kPlugin, Path("again.so"));
  const CommandAnswer twice =
      RunCommand({"--load", kPlugin, "--load", Path("again.so"), store_, "tally", "get", "a"});
  EXPECT_EQ(twice.exit_code, 5);
  EXPECT_THAT(twice.err, HasSubstr("again.so"));
  EXPECT_THAT(twice.err, HasSubstr("primitive 16 (example.tally)"));
  const CommandAnswer verbs = With(VARVE_KV_AGAIN_PLUGIN, "kv get a");
  EXPECT_EQ(verbs.exit_code, 5);
  EXPECT_THAT(verbs.err, HasSubstr("kv"));
  EXPECT_THAT(verbs.err, HasSubstr("its verbs"));
}

}  // namespace
}  // namespace varve::testing
