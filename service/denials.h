/* How often operators are told that a user was denied: once a minute and user, with a count.
 *
 * Pure bookkeeping, without a clock or a lock of its own. The first denial of a user is due at
 * once; later ones are counted and due together when DENIALS_INTERVAL_MS has passed. Of more users
 * than DENIALS_USERS_MAX within a minute the rest is counted together as others, so that no flood
 * makes more than DENIALS_USERS_MAX + 1 events a minute. No denial is lost from the counts.
 */
#ifndef SERVICE_DENIALS_H
#define SERVICE_DENIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/base/sid.h"

enum { DENIALS_USERS_MAX = 64, DENIALS_INTERVAL_MS = 60 * 1000 };

struct denials_user {
    struct sid sid;       /* size 0: others, and those whose user is unknown */
    uint64_t count;       /* denials that were not told yet */
    uint64_t reported_ms; /* when the last were told */
    bool is_reported;     /* ever */
};

struct denials {
    size_t count;                                 /* of users */
    struct denials_user users[DENIALS_USERS_MAX]; /* in the order they came */
    struct denials_user others;
};

struct denials_report {
    struct sid sid; /* size 0: others */
    uint64_t count; /* 1 or more */
};

void denials_init(_Out_ struct denials *denials);

/* Counts one denial. An unknown user counts with the others. */
void denials_add(_Inout_ struct denials *denials, _In_ const struct sid *user, uint64_t now_ms);

/* Takes the next report that is due; call it until it returns false.
 * now_ms  A steady clock, the same as for denials_add(); UINT64_MAX: whatever is left is due.
 * report  Set when one is due, else untouched. */
NODISCARD bool denials_next(_Inout_ struct denials *denials, uint64_t now_ms,
                            _Out_ struct denials_report *report);

#endif
