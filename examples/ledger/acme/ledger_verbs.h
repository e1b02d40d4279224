// varve STORE ledger open|transfer|balance|statement|richest
#ifndef VARVE_EXAMPLES_LEDGER_ACME_LEDGER_VERBS_H_
#define VARVE_EXAMPLES_LEDGER_ACME_LEDGER_VERBS_H_

#include "cli/verbs.h"

namespace acme {

void AddLedgerVerbs(varve::cli::Verbs& root);

}  // namespace acme

#endif  // VARVE_EXAMPLES_LEDGER_ACME_LEDGER_VERBS_H_
