#include "policy.h"

#include <stddef.h>

#include "rights.h"

/* The first fact that denies, or NULL. An unknown fact never speaks for the caller. */
static const char *reason_to_deny(const struct caller *caller)
{
    if (caller->is_anonymous)
        return "The client hides who it is: open the pipe with identification level: "
               "SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION.";
    if (caller->user.size == 0)
        return "The user of the client could not be learnt.";
    if (caller->is_app_container)
        return "Programs in an AppContainer may not ask.";
    if (caller->integrity == INTEGRITY_UNKNOWN)
        return "The integrity level of the client could not be learnt.";
    if (caller->integrity < INTEGRITY_MEDIUM)
        return "Programs below medium integrity may not ask.";
    return NULL;
}

static const char *reason_to_grant(const struct caller *caller, uint32_t rights)
{
    if (rights == 0)
        return "The access list of the service does not name this user or a group of his.";
    if ((rights & RIGHT_QUERY_ALL) != 0)
        return "The access list of the service grants this user every process.";
    if (caller->elevation == ELEVATION_LIMITED)
        return "Administrators is not enabled in this token: run elevated to see every process.";
    if ((rights & RIGHT_QUERY_OWN) != 0)
        return "The access list of the service grants this user his own processes.";
    return "The access list of the service grants this user no processes.";
}

void policy_decide(const struct caller *caller, struct grant *grant)
{
    const char *reason = reason_to_deny(caller);
    uint32_t rights = reason == NULL ? caller->granted & RIGHTS_ALL : 0;

    if (reason == NULL)
        reason = reason_to_grant(caller, rights);
    *grant = (struct grant){.rights = rights, .caller = *caller, .reason = reason};
}

void policy_deny_unknown(struct grant *grant)
{
    *grant = (struct grant){
        .caller = {.elevation = ELEVATION_UNKNOWN,
                   .integrity = INTEGRITY_UNKNOWN,
                   .session_id = UINT32_MAX},
        .reason = "Windows did not tell who the client is.",
    };
}
