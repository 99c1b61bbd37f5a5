/* A caller as plain facts, and what was granted to it.
 *
 * common/win32/token.c reads the facts of a token, service/win32/client_token.c adds what our DACL
 * grants it; service/policy.c decides on them; the answer acts on the grant. A fact that could not
 * be read has its unknown value and never counts in favour of the caller. */
#ifndef COMMON_PROTO_CALLER_H
#define COMMON_PROTO_CALLER_H

#include "common/base/sid.h"

enum caller_elevation {
    ELEVATION_UNKNOWN,
    ELEVATION_DEFAULT, /* not split: a standard user, a service, or UAC is off */
    ELEVATION_FULL,    /* the elevated half of a split token */
    ELEVATION_LIMITED  /* the filtered half: an administrator who did not elevate */
};

/* What the group Administrators is in the token. */
enum caller_administrator {
    ADMINISTRATOR_UNKNOWN,
    ADMINISTRATOR_NO,
    ADMINISTRATOR_DENY_ONLY, /* an administrator who did not elevate, however UAC elevates */
    ADMINISTRATOR_ENABLED
};

/* The wire names; NULL for unknown. */
extern const char *const caller_elevation_names[ELEVATION_LIMITED + 1];
extern const char *const caller_administrator_names[ADMINISTRATOR_ENABLED + 1];

/* How far the client lets a server act for it. */
enum caller_level {
    CALLER_LEVEL_UNKNOWN,
    CALLER_LEVEL_ANONYMOUS, /* the token says nothing about the client */
    CALLER_LEVEL_IDENTIFICATION,
    CALLER_LEVEL_IMPERSONATION,
    CALLER_LEVEL_DELEGATION,
    CALLER_LEVEL_PRIMARY /* the token of a process, not of a client */
};

enum caller_fact { FACT_UNKNOWN, FACT_NO, FACT_YES };

enum { CALLER_USER_CAPACITY = 256 }; /* DOMAIN\user in UTF-8, terminated */

/* The other half of a split token: what the caller becomes when elevated. */
struct caller_linked {
    bool is_known; /* there is one, and all of it could be read; otherwise ignore the rest */
    bool is_same_user;
    bool is_admin;    /* Administrators is one of its enabled groups */
    uint32_t granted; /* RIGHT_* that AccessCheck granted it */
};

struct caller {
    struct sid user;   /* size 0: unknown */
    uint64_t logon_id; /* of the logon session; 0: unknown */
    enum caller_level level;
    enum caller_elevation elevation;
    enum caller_administrator administrator; /* no right depends on it, only the reason */
    uint32_t integrity;                      /* RID of the integrity level, or INTEGRITY_UNKNOWN */
    uint32_t session_id;                     /* UINT32_MAX: unknown */
    enum caller_fact app_container;
    enum caller_fact restricted;
    uint32_t granted; /* RIGHT_* that AccessCheck granted this token */
    struct caller_linked linked;
};

extern const struct caller caller_unknown; /* all facts are unknown, nothing is granted */

/* True when user, logon session and integrity are the same, unknown ones included. */
bool caller_is_same(const struct caller *a, const struct caller *b);

/* What the caller may do, and why. */
struct grant {
    uint32_t rights; /* RIGHT_* */
    struct caller caller;
    const char *reason; /* static text, a sentence or two for whoami */
};

#endif
