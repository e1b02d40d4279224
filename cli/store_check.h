// The parts of `varve check` that need the store's state.
#ifndef VARVE_CLI_STORE_CHECK_H_
#define VARVE_CLI_STORE_CHECK_H_

#include "cli/check_report.h"
#include "cli/session.h"

namespace varve::cli {

// Opens the store read-only, as every reader does, and reports whether it opens, the digest of its
// state where that is known without replaying, and whether the rows of each primitive keep what it
// promises of them. Ctrl-C ends it early.
void CheckOpenedStore(Session& session, CheckReport& report);

// Whether state.mdb, which must be sound, holds row for row what the oldest snapshot and the log
// give, replayed in memory; names the first row that differs. No writer may be there.
void CheckAgainstRebuild(Session& session, CheckReport& report);

}  // namespace varve::cli

#endif  // VARVE_CLI_STORE_CHECK_H_
