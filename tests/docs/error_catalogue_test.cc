// docs/errors.md, "Catalogue", shows messages as the code makes them: each one here, each one
// there.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tests/docs/error_situations.h"
#include "tests/support/source_files.h"

namespace varve {
namespace {

// The messages of the document: its indented lines behind the heading, in their order.
std::vector<std::string> DocumentedErrors() {
  const std::string text = testing_support::ReadSource("docs/errors.md");
  std::istringstream lines(text.substr(text.find("\n## Catalogue\n")));
  std::vector<std::string> errors;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("    ")) errors.push_back(line.substr(4));
  }
  return errors;
}

// What differs from one machine or run to the next has a name in the document.
std::string WithoutPlaces(std::string message, const std::string& folder) {
  for (std::size_t at; (at = message.find(folder + "/")) != std::string::npos;) {
    message.erase(at, folder.size() + 1);
  }
  const auto name = [&message](const char* pattern, const char* as) {
    message = std::regex_replace(message, std::regex(pattern), as);
  };
  name("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID");
  name("[0-9]{16} us", "TIME us");
  // What the operating system said, as the simulated one says it.
  name("call [0-9]+: write durably [^:]*: simulated: input/output error", "CAUSE");
  name("simulated: no space left on device", "CAUSE");
  return message;
}

class ErrorCatalogueTest : public testing::Test {
 protected:
  ErrorCatalogueTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ErrorCatalogueTest() override { std::filesystem::remove_all(folder_); }

  // The messages of all situations, as the document shows them.
  std::vector<std::string> RealErrors() {
    std::vector<std::string> messages;
    const auto add = [&](const std::vector<absl::Status>& errors) {
      for (const absl::Status& error : errors) {
        EXPECT_FALSE(error.ok()) << "no error, behind " << messages.back();
        messages.push_back(
            WithoutPlaces(error.ToString(absl::StatusToStringMode::kWithNoExtraData), folder_));
      }
    };
    add(OpeningErrors(folder_));
    add(TransactionErrors(folder_));
    add(DiskErrors());
    add(PrimitiveErrors());
    return messages;
  }

  const std::string folder_ = (std::filesystem::path(testing::TempDir()) / "errors").string();
};

TEST_F(ErrorCatalogueTest, EveryMessageShownIsWhatTheCodeAnswers) {
  const std::vector<std::string> real = RealErrors();
  const std::vector<std::string> shown = DocumentedErrors();
  for (const std::string& message : real) {
    EXPECT_NE(std::find(shown.begin(), shown.end(), message), shown.end())
        << "docs/errors.md does not show\n    " << message;
  }
  for (const std::string& message : shown) {
    EXPECT_NE(std::find(real.begin(), real.end(), message), real.end())
        << "docs/errors.md shows what no situation answers:\n    " << message;
  }
}

}  // namespace
}  // namespace varve
