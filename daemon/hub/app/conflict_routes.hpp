// The hub's API over its inbox of conflicts:
//   GET  /api/v1/conflicts?state=open|decided|superseded|all&limit=N    newest first; open without a state
//   GET  /api/v1/conflicts/{id}
//   POST /api/v1/conflicts/{id}  {"choice": "ours"|"theirs"|"value", "value": …, "by": "a name"}
#pragma once

#include "daemon/hub/journal/conflict_inbox.hpp"
#include "daemon/support/router.hpp"

namespace fieldpost::hub {

// `inbox` must outlive the router. Its store's thread is the loop.
void add_conflict_routes(support::Router& router, ConflictInbox& inbox);

}  // namespace fieldpost::hub
