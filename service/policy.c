#include "service/policy.h"
#include "common/proto/protocol.h"

#include <stddef.h>
#include <string.h>

#define CURE_FOR_ANONYMOUS                                                  \
    "The client hides who it is: open the pipe with identification level: " \
    "SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION."

static const char *const filtered_admins_names[] = {
    [FILTERED_ADMINS_OFF] = "off",
    [FILTERED_ADMINS_NO_ADDRESSES] = "no-addresses",
    [FILTERED_ADMINS_FULL] = "full",
};

enum { FILTERED_ADMINS_COUNT = sizeof filtered_admins_names / sizeof filtered_admins_names[0] };

const char *filtered_admins_name(enum filtered_admins mode)
{
    return filtered_admins_names[mode];
}

bool filtered_admins_parse(struct span word, enum filtered_admins *mode)
{
    for (int i = 0; i < FILTERED_ADMINS_COUNT; i++) {
        if (span_equal_ascii_nocase(word, span_from_string(filtered_admins_names[i]))) {
            *mode = (enum filtered_admins)i;
            return true;
        }
    }
    return false;
}

/* S-1-5-7, ANONYMOUS LOGON: it has a token, but names nobody. */
static bool is_anonymous_logon(const struct sid *user)
{
    static const struct sid anonymous = {12, {1, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0}};

    return sid_equal(user, &anonymous);
}

/* The first fact that is missing, or NULL. */
static const char *reason_unknown(const struct caller *caller)
{
    if (caller->level == CALLER_LEVEL_UNKNOWN)
        return "The impersonation level of the client could not be learnt.";
    if (caller->user.size == 0)
        return "The user of the client could not be learnt.";
    if (caller->integrity == INTEGRITY_UNKNOWN)
        return "The integrity level of the client could not be learnt.";
    if (caller->app_container == FACT_UNKNOWN)
        return "Whether the client runs in an AppContainer could not be learnt.";
    if (caller->restricted == FACT_UNKNOWN)
        return "Whether the client's token is restricted could not be learnt.";
    if (caller->elevation == ELEVATION_UNKNOWN)
        return "Whether the client's token is a filtered one could not be learnt.";
    if (caller->session_id == UINT32_MAX)
        return "The session of the client could not be learnt.";
    return NULL;
}

/* The first fact that denies, or NULL. */
static const char *reason_to_deny(const struct caller *caller)
{
    if (caller->level == CALLER_LEVEL_ANONYMOUS || is_anonymous_logon(&caller->user))
        return CURE_FOR_ANONYMOUS;
    const char *unknown = reason_unknown(caller);
    if (unknown != NULL)
        return unknown;
    if (caller->app_container == FACT_YES)
        return "Programs in an AppContainer may not ask.";
    if (caller->integrity < INTEGRITY_MEDIUM)
        return "Programs below medium integrity may not ask.";
    return NULL;
}

/* Of a caller with a filtered token: why its elevated half counts for nothing, or NULL. */
static const char *reason_to_ignore_link(const struct policy *policy, const struct caller *caller)
{
    const struct caller_linked *linked = &caller->linked;

    if (!linked->is_known)
        return "Your token is a filtered one, but its elevated half could not be read: run "
               "elevated to see every process.";
    if (!linked->is_same_user)
        return "Your token is a filtered one, but its elevated half is another user's: run "
               "elevated to see every process.";
    if (!linked->is_admin)
        return "Your token is a filtered one, but not of an administrator: this service grants "
               "what its access list grants the filtered token.";
    if (caller->restricted != FACT_NO)
        return "You are an administrator with a filtered token that is restricted as well: this "
               "service grants only what its access list grants that token.";
    if (policy->filtered_admins == FILTERED_ADMINS_OFF)
        return "You are an administrator with a filtered token; this service grants it no more, "
               "because FilteredAdmins is \"off\": run elevated to see every process.";
    return NULL;
}

/* What the elevated half adds. `reason` receives why. */
static uint32_t rights_of_link(const struct policy *policy, const struct caller *caller,
                               const char **reason)
{
    *reason = reason_to_ignore_link(policy, caller);
    if (*reason != NULL)
        return 0;
    if (policy->filtered_admins == FILTERED_ADMINS_FULL) {
        *reason = "You are an administrator with a filtered token; this service grants what your "
                  "elevated one would get, because FilteredAdmins is \"full\".";
        return caller->linked.granted & RIGHTS_ALL;
    }
    *reason = "You are an administrator with a filtered token; this service grants what your "
              "elevated one would get, but addresses, because FilteredAdmins is \"no-addresses\".";
    return caller->linked.granted & RIGHTS_ALL & ~(uint32_t)RIGHT_ADDRESSES;
}

static const char *reason_to_grant(uint32_t rights)
{
    if (rights == 0)
        return "The access list of the service does not name this user or a group of his.";
    if ((rights & RIGHT_QUERY_ALL) != 0)
        return "The access list of the service grants this user every process.";
    if ((rights & RIGHT_QUERY_OWN) != 0)
        return "The access list of the service grants this user his own processes.";
    return "The access list of the service grants this user no processes.";
}

void policy_decide(const struct policy *policy, const struct caller *caller, struct grant *grant)
{
    const char *reason = reason_to_deny(caller);
    uint32_t rights = 0;

    if (reason == NULL) {
        rights = caller->granted & RIGHTS_ALL;
        reason = reason_to_grant(rights);
        if (caller->elevation == ELEVATION_LIMITED) {
            const char *reason_of_link = NULL;
            uint32_t added = rights_of_link(policy, caller, &reason_of_link) & ~rights;

            /* Who sees every process by his own name or groups needs no other half. */
            if (added != 0 || (rights & RIGHT_QUERY_ALL) == 0)
                reason = reason_of_link;
            rights |= added;
        }
    }
    *grant = (struct grant){.rights = rights, .caller = *caller, .reason = reason};
}

void policy_deny_unknown(struct grant *grant)
{
    memset(grant, 0, sizeof *grant);
    caller_set_unknown(&grant->caller);
    grant->reason = "Windows did not tell who the client is.";
}
