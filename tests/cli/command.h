// Running the `varve` command as a user does, and looking at what it says.
#ifndef VARVE_TESTS_CLI_COMMAND_H_
#define VARVE_TESTS_CLI_COMMAND_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace varve::testing {

using Json = nlohmann::json;

struct CommandAnswer {
  int exit_code = -1;  // 128 + signal where one ended it
  std::string out;     // standard output
  std::string err;     // standard error

  // The lines of standard output, each parsed; a line that is no JSON fails the test.
  [[nodiscard]] std::vector<Json> Lines() const;
  // The only line of standard output.
  [[nodiscard]] Json Object() const;
  // The "error" object of the last line of standard error.
  [[nodiscard]] Json Error() const;
};

struct CommandSetting {
  std::string input = {};           // standard input
  std::string output = {};          // where standard output goes; empty: into the answer
  bool as_nobody = false;           // without root's rights, where the test runs with them
  std::string working_folder = {};  // where it runs; empty: where the test runs
};

// Runs `varve` with `words` and waits for its end.
[[nodiscard]] CommandAnswer RunCommand(const std::vector<std::string>& words,
                                       const CommandSetting& setting = {});

// Starts it and does not wait; the caller reaps it. Its output goes to /dev/null.
[[nodiscard]] pid_t StartCommand(const std::vector<std::string>& words);

// Whole files, for tests that damage them.
[[nodiscard]] std::string ReadFileBytes(const std::string& path);
void WriteFileBytes(const std::string& path, const std::string& bytes);
// Names in `folder`, sorted.
[[nodiscard]] std::vector<std::string> FilesIn(const std::string& folder);

// A store in a folder of its own, removed at the end. Verbs:
//   Run("kv put a 1")      words split at spaces, without the store
//   Run({"kv", "put", ...}) as they are
class CommandTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] CommandAnswer Run(const std::string& words, const CommandSetting& setting = {});
  [[nodiscard]] CommandAnswer Run(std::vector<std::string> words,
                                  const CommandSetting& setting = {});
  // Runs it and expects exit code 0.
  CommandAnswer Do(const std::string& words, const CommandSetting& setting = {});
  // A store with the keys key/00000 and so on, value N under the N-th.
  void FillStore(int count);
  // Every file of the store with its size and a hash of its bytes: what a verb that does not write
  // must leave alone. Without the two lock files, which say who held them last.
  [[nodiscard]] std::vector<std::string> Image() const;

  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
  std::string store_;  // folder_ + "/store"
};

}  // namespace varve::testing

#endif  // VARVE_TESTS_CLI_COMMAND_H_
