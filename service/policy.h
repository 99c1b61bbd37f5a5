/* May this caller, and what? The decision, apart from the tokens it is made on.
 *
 * The security descriptor of access.h has spoken already (caller->granted, by AccessCheck); the
 * policy takes away what nobody of the caller's kind may have. It never adds a right, and a fact
 * that is unknown denies.
 */
#ifndef SERVICE_POLICY_H
#define SERVICE_POLICY_H

#include "annotations.h"
#include "caller.h"

/* The integrity levels' RIDs. Source: winnt.h, SECURITY_MANDATORY_*_RID. */
enum { INTEGRITY_LOW = 0x1000, INTEGRITY_MEDIUM = 0x2000, INTEGRITY_HIGH = 0x3000 };

/* Decides on the facts of one caller. Nothing for: anonymous callers, unknown users, AppContainers,
 * callers below medium integrity or of unknown integrity. grant  Receives the rights, a copy of the
 * facts, and the reason in one sentence. */
void policy_decide(_In_ const struct caller *caller, _Out_ struct grant *grant);

/* What a caller gets whose identity could not be learnt: nothing, and why. */
void policy_deny_unknown(_Out_ struct grant *grant);

#endif
