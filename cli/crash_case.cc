#include "cli/crash_case.h"

#include <fstream>

#include "kernel/base/status.h"
#include "kernel/io/file_system.h"

namespace varve::cli {
namespace {

constexpr std::uint64_t kCaseBytesMax = std::uint64_t{64} << 20;

}  // namespace

absl::StatusOr<crash::Case> ReadCaseFile(const std::string& path) {
  const auto text = ReadWholeFile(PosixFileSystem(), path, kCaseBytesMax);
  if (!text.ok()) return InvalidArgument("the case file: ", FromAbsl(text.status().message()));
  auto the_case = crash::ParseCase(*text);
  if (!the_case.ok()) return AddContext(the_case.status(), path);
  return the_case;
}

absl::Status WriteCaseFile(const crash::Case& the_case, const std::string& path) {
  std::ofstream file(path, std::ios::trunc);
  file << crash::CaseToText(the_case);
  file.close();
  if (file.good()) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kUnknown, path,
                    ": cannot be written; name another file with --out");
}

}  // namespace varve::cli
