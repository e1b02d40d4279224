// What the conformance suite and the crash harness are told of the ledger: how to make one, how to
// do something with it, and what it must refuse.
#ifndef VARVE_EXAMPLES_LEDGER_ACME_LEDGER_SUBJECT_H_
#define VARVE_EXAMPLES_LEDGER_ACME_LEDGER_SUBJECT_H_

#include "crash/subject.h"

namespace acme {

[[nodiscard]] varve::crash::Subject LedgerSubject();

}  // namespace acme

#endif  // VARVE_EXAMPLES_LEDGER_ACME_LEDGER_SUBJECT_H_
