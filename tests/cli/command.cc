#include "tests/cli/command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

namespace varve::testing {
namespace {

constexpr uid_t kNobody = 65534;

// Where a child's standard streams go.
struct Streams {
  std::string in = "/dev/null";
  std::string out = "/dev/null";
  std::string err = "/dev/null";
};

// In the child, between fork and exec: only calls that are safe there.
void Redirect(const std::string& path, int flags, int to) {
  const int from = open(path.c_str(), flags, 0600);
  if (from < 0 || dup2(from, to) < 0) _exit(126);
}

[[noreturn]] void Execute(const std::vector<std::string>& words, const Streams& streams,
                          const CommandSetting& setting) {
  Redirect(streams.in, O_RDONLY, STDIN_FILENO);
  Redirect(streams.out, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  Redirect(streams.err, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  if (!setting.working_folder.empty() && chdir(setting.working_folder.c_str()) != 0) _exit(126);
  if (setting.as_nobody && geteuid() == 0 && setuid(kNobody) != 0) _exit(126);
  std::vector<char*> pointers{const_cast<char*>(VARVE_COMMAND)};
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  execv(VARVE_COMMAND, pointers.data());
  _exit(126);
}

int WaitFor(pid_t process) {
  int status = 0;
  EXPECT_EQ(waitpid(process, &status, 0), process);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::vector<Json> CommandAnswer::Lines() const {
  std::vector<Json> lines;
  std::istringstream text(out);
  for (std::string line; std::getline(text, line);) {
    Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    EXPECT_FALSE(object.is_discarded()) << line;
    lines.push_back(std::move(object));
  }
  return lines;
}

Json CommandAnswer::Object() const {
  const std::vector<Json> lines = Lines();
  EXPECT_EQ(lines.size(), 1u) << out << err;
  return lines.empty() ? Json() : lines[0];
}

Json CommandAnswer::Error() const {
  Json error;
  std::istringstream text(err);
  for (std::string line; std::getline(text, line);) {
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    EXPECT_FALSE(object.is_discarded()) << line;
    if (object.contains("error")) error = object["error"];
  }
  EXPECT_TRUE(error.is_object()) << err;
  return error;
}

CommandAnswer RunCommand(const std::vector<std::string>& words, const CommandSetting& setting) {
  static std::atomic<int> runs{0};  // tests run commands in several threads
  const std::string base = ::testing::TempDir() + "/cli_command_" + std::to_string(getpid()) + "_" +
                           std::to_string(runs.fetch_add(1));
  const bool redirected = !setting.output.empty();
  const Streams streams{base + ".in", redirected ? setting.output : base + ".out", base + ".err"};
  WriteFileBytes(streams.in, setting.input);
  const pid_t process = fork();
  if (process == 0) Execute(words, streams, setting);
  CommandAnswer answer;
  answer.exit_code = WaitFor(process);
  if (!redirected) answer.out = ReadFileBytes(streams.out);
  answer.err = ReadFileBytes(streams.err);
  for (const char* suffix : {".in", ".out", ".err"}) unlink((base + suffix).c_str());
  return answer;
}

pid_t StartCommand(const std::vector<std::string>& words) {
  const pid_t process = fork();
  if (process == 0) Execute(words, {}, {});
  return process;
}

std::string ReadFileBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteFileBytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  EXPECT_TRUE(file.good()) << path;
}

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void CommandTest::SetUp() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  folder_ = ::testing::TempDir() + "/varve_cli_" + std::to_string(getpid()) + "_" + test->name();
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(folder_);
  store_ = folder_ + "/store";
}

void CommandTest::TearDown() { std::filesystem::remove_all(folder_); }

CommandAnswer CommandTest::Run(const std::string& words, const CommandSetting& setting) {
  std::istringstream text(words);
  std::vector<std::string> split{std::istream_iterator<std::string>(text), {}};
  return Run(std::move(split), setting);
}

CommandAnswer CommandTest::Run(std::vector<std::string> words, const CommandSetting& setting) {
  words.insert(words.begin(), store_);
  return RunCommand(words, setting);
}

CommandAnswer CommandTest::Do(const std::string& words, const CommandSetting& setting) {
  CommandAnswer answer = Run(words, setting);
  EXPECT_EQ(answer.exit_code, 0) << words << "\n" << answer.out << answer.err;
  return answer;
}

void CommandTest::FillStore(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    std::string number = std::to_string(i);
    number.insert(0, 5 - number.size(), '0');
    lines += Json{{"key", "key/" + number}, {"value", std::to_string(i)}}.dump() + "\n";
  }
  WriteFileBytes(Path("fill.jsonl"), lines);
  Do("import " + Path("fill.jsonl") + " --batch 5");
}

std::vector<std::string> CommandTest::Image() const {
  std::vector<std::string> image;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store_)) {
    const std::string name = entry.path().filename();
    if (!entry.is_regular_file() || name == "LOCK" || name == "state.mdb-lock") continue;
    const std::string bytes = ReadFileBytes(entry.path());
    image.push_back(entry.path().string() + " " + std::to_string(bytes.size()) + " bytes, hash " +
                    std::to_string(std::hash<std::string>()(bytes)));
  }
  std::sort(image.begin(), image.end());
  return image;
}

}  // namespace varve::testing
