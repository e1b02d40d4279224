// The tickets for any `varve` command: varve --load libtickets.so STORE VERB ...
#include "cli/plugin.h"
#include "examples/tickets/tickets.h"

VARVE_PLUGIN(plugin) { plugin.subjects.push_back(tickets::TicketsSubject()); }
