// The ledger for any `varve` command: varve --load libledger.so STORE VERB ...
#include "cli/plugin.h"

#include "acme/ledger_subject.h"
#include "acme/ledger_verbs.h"

VARVE_PLUGIN(plugin) {
  plugin.subjects.push_back(acme::LedgerSubject());
  plugin.verb_groups.push_back(acme::AddLedgerVerbs);
}
