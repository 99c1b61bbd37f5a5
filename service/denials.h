/* When to report that a user was denied: at most once a minute for each user, with a count.
 *
 * Pure bookkeeping, without a clock or a lock. The first denial of a user is due at once; later
 * ones are counted and due together when DENIALS_INTERVAL_MS has passed. When more than
 * DENIALS_USERS_MAX users are denied within a minute, the rest count together as others, so that no
 * flood causes more than DENIALS_USERS_MAX + 1 events a minute. Every denial is counted.
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
    uint64_t count;       /* denials not yet reported */
    uint64_t reported_ms; /* when the last were reported */
    bool is_reported;     /* at least once */
};

/* Begins as all zero. */
struct denials {
    size_t count;                                 /* of users */
    struct denials_user users[DENIALS_USERS_MAX]; /* in the order in which they came */
    struct denials_user others;
};

/* Counts one denial. An unknown user counts with the others. */
void denials_add(_Inout_ struct denials *denials, _In_ const struct sid *user, uint64_t now_ms);

/* Takes the next report that is due; call it until it returns false.
 * now_ms  A steady clock, the same as for denials_add(); UINT64_MAX: everything left is due.
 * report  Set when one is due, its count 1 or more; else untouched. */
NODISCARD bool denials_next(_Inout_ struct denials *denials, uint64_t now_ms,
                            _Out_ struct denials_user *report);

#endif
