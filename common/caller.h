/* Who asks, as plain facts, and what was granted to him.
 *
 * service/win32/caller.c (the client of a pipe) and client/win32/direct_link.c (the process itself)
 * fill the facts; service/policy.c decides on them; the answer acts on the grant. A fact that could
 * not be learnt has its unknown value and never speaks for the caller.
 */
#ifndef COMMON_CALLER_H
#define COMMON_CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "process_facts.h"
#include "sid.h"

enum caller_elevation {
    ELEVATION_UNKNOWN,
    ELEVATION_DEFAULT, /* not split: a standard user, a service, or UAC is off */
    ELEVATION_FULL,    /* the elevated half of a split token */
    ELEVATION_LIMITED  /* the filtered half: an administrator who did not elevate */
};

/* "default", "full", "limited"; NULL for unknown. */
const char *caller_elevation_name(enum caller_elevation elevation);

enum { CALLER_USER_CAPACITY = 256 };

struct caller {
    struct sid user;                 /* size 0: unknown */
    char name[CALLER_USER_CAPACITY]; /* DOMAIN\user in UTF-8, terminated; "" when not known cheaply
                                      */
    enum caller_elevation elevation;
    uint32_t integrity;  /* RID of the integrity level, or INTEGRITY_UNKNOWN */
    uint32_t session_id; /* UINT32_MAX: unknown */
    bool is_anonymous;   /* impersonation level anonymous: nothing can be known */
    bool is_app_container;
    bool is_restricted;
    uint32_t granted; /* RIGHT_* that AccessCheck gave this token */
};

/* What the caller may do, and why. */
struct grant {
    uint32_t rights; /* RIGHT_* */
    struct caller caller;
    const char *reason; /* static text, one sentence for whoami */
};

#endif
