/* May this caller ask, and for what? AccessCheck has said what the DACL of the rights (access.h, or
 * the setting AccessSddl) grants the caller's token and the elevated half of it. The policy removes
 * what callers of this kind may never have, and decides for whom the elevated half counts. It never
 * adds a right that was granted to neither half, and an unknown fact denies. */
#ifndef SERVICE_POLICY_H
#define SERVICE_POLICY_H

#include "common/proto/caller.h"
#include "common/text/span.h"

/* The RIDs of the integrity levels. Source: winnt.h, SECURITY_MANDATORY_*_RID. */
enum { INTEGRITY_LOW = 0x1000, INTEGRITY_MEDIUM = 0x2000, INTEGRITY_HIGH = 0x3000 };

/* What an administrator gets who did not elevate. */
enum filtered_admins {
    FILTERED_ADMINS_OFF,          /* what the filtered token is granted */
    FILTERED_ADMINS_NO_ADDRESSES, /* also what the elevated one is granted, without addresses */
    FILTERED_ADMINS_FULL,         /* also what the elevated one is granted */
    FILTERED_ADMINS_DEFAULT = FILTERED_ADMINS_FULL
};

/* "off", "no-addresses", "full"; read in any case. Another word leaves `mode` untouched. */
const char *filtered_admins_name(enum filtered_admins mode);
NODISCARD bool filtered_admins_parse(struct span word, _Out_ enum filtered_admins *mode);

enum { POLICY_REASON_SIZE_MAX = 180 }; /* so that a refusal can quote it in one line */

/* Decides on the facts of one caller. Nothing is granted to callers with an unknown fact (except the
 * name and `administrator`, which no right depends on), anonymous callers, AppContainers, and programs
 * below medium integrity. The elevated half of a filtered token counts when it could be read
 * completely, belongs to the same user and to an administrator, and the filtered half is not
 * restricted.
 * caller  NULL when the client could not be identified: it is granted nothing.
 * grant   Receives the rights, a copy of the facts, and the reason in words. */
void policy_decide(enum filtered_admins mode, const struct caller *caller, struct grant *grant);

#endif
