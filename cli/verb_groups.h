// One function per file of verbs: what program.cc puts into its table.
#ifndef VARVE_CLI_VERB_GROUPS_H_
#define VARVE_CLI_VERB_GROUPS_H_

#include "cli/verbs.h"

namespace varve::cli {

void AddInitVerb(Verbs& root);
void AddKvReadVerbs(Verbs& kv);
void AddKvWriteVerbs(Verbs& kv);
void AddKvVerbs(Verbs& root);
void AddEventWriteVerbs(Verbs& event);
void AddStateWatchVerb(Verbs& state);
void AddEventVerbs(Verbs& root);
void AddStateVerbs(Verbs& root);
void AddJsonReadVerbs(Verbs& json);
void AddJsonWriteVerbs(Verbs& json);
void AddJsonVerbs(Verbs& root);
void AddTraceReadVerbs(Verbs& trace);
void AddTraceWriteVerbs(Verbs& trace);
void AddTraceVerbs(Verbs& root);
void AddImportVerb(Verbs& root);
void AddExportVerb(Verbs& root);
void AddStatVerb(Verbs& root);
void AddStatsVerb(Verbs& root);
void AddCheckVerb(Verbs& root);
void AddWalVerbs(Verbs& root);
void AddSnapshotVerbs(Verbs& root);
void AddBackupVerb(Verbs& root);
void AddRestoreVerb(Verbs& root);
void AddSalvageVerb(Verbs& root);
void AddVectorVerbs(Verbs& root);
void AddVectorWriteVerbs(Verbs& vector);
void AddRunVerbs(Verbs& root);
void AddReplayVerbs(Verbs& root);
void AddCrashCaseVerbs(Verbs& crash);
void AddCrashVerbs(Verbs& root);

}  // namespace varve::cli

#endif  // VARVE_CLI_VERB_GROUPS_H_
