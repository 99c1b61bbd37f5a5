/* May this caller, and what? The decision, apart from the tokens it is made on.
 *
 * The access list (access.h, or the setting AccessSddl) has spoken already: AccessCheck told what
 * it grants the caller's token, and what it grants the elevated half of that token. The policy
 * takes away what nobody of the caller's kind may have, and says for whom the elevated half counts.
 * It never gives a right that the list gave to neither half, and a fact that is unknown denies.
 */
#ifndef SERVICE_POLICY_H
#define SERVICE_POLICY_H

#include <stdbool.h>

#include "common/base/annotations.h"
#include "common/proto/caller.h"
#include "common/text/span.h"

/* The integrity levels' RIDs. Source: winnt.h, SECURITY_MANDATORY_*_RID. */
enum { INTEGRITY_LOW = 0x1000, INTEGRITY_MEDIUM = 0x2000, INTEGRITY_HIGH = 0x3000 };

/* What an administrator gets who did not elevate. */
enum filtered_admins {
    FILTERED_ADMINS_OFF,          /* what the access list grants his filtered token */
    FILTERED_ADMINS_NO_ADDRESSES, /* also what it grants his elevated one, less addresses */
    FILTERED_ADMINS_FULL,         /* also what it grants his elevated one */
    FILTERED_ADMINS_DEFAULT = FILTERED_ADMINS_FULL
};

enum { FILTERED_ADMINS_NAME_CAPACITY = 16 };

/* "off", "no-addresses", "full". */
const char *filtered_admins_name(enum filtered_admins mode);

/* Reads such a word, in any case. Returns false, `mode` untouched, for another. */
NODISCARD bool filtered_admins_parse(struct span word, _Out_ enum filtered_admins *mode);

/* What the operator decides. */
struct policy {
    enum filtered_admins filtered_admins;
};

enum { POLICY_REASON_SIZE_MAX = 180 }; /* so that a refusal can quote it in a line of its own */

/* Decides on the facts of one caller.
 *
 * Nothing for: callers of whom any fact is unknown (but the name, which no decision reads),
 * anonymous ones, AppContainers, and what runs below medium integrity. The elevated half of a
 * filtered token counts when it could be read whole, is the same user's and an administrator's, and
 * the filtered half is not restricted.
 * grant  Receives the rights, a copy of the facts, and the reason in words. */
void policy_decide(_In_ const struct policy *policy, _In_ const struct caller *caller,
                   _Out_ struct grant *grant);

/* What a caller gets whose identity could not be learnt: nothing, and why. */
void policy_deny_unknown(_Out_ struct grant *grant);

#endif
