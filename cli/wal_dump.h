// varve STORE wal dump: records and entries for people, through Primitive::Describe.
#ifndef VARVE_CLI_WAL_DUMP_H_
#define VARVE_CLI_WAL_DUMP_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/session.h"

namespace varve::cli {

struct DumpArguments {
  std::uint64_t from = 0;
  std::uint64_t to = ~std::uint64_t{0};
  bool payload = false;
};

void DeclareDump(Arguments& arguments, DumpArguments& to);
[[nodiscard]] absl::StatusOr<Answer> RunDump(const DumpArguments& arguments, Session& session);

}  // namespace varve::cli

#endif  // VARVE_CLI_WAL_DUMP_H_
