#include "service/policy.h"

#include "common/proto/protocol.h"

static const char *const filtered_admins_names[] = {
    [FILTERED_ADMINS_OFF] = "off",
    [FILTERED_ADMINS_NO_ADDRESSES] = "no-addresses",
    [FILTERED_ADMINS_FULL] = "full",
};

const char *filtered_admins_name(enum filtered_admins mode)
{
    return filtered_admins_names[mode];
}

bool filtered_admins_parse(struct span word, enum filtered_admins *mode)
{
    for (int i = 0; i <= FILTERED_ADMINS_FULL; i++) {
        if (span_equal_ascii_nocase(word, span_from_string(filtered_admins_names[i]))) {
            *mode = (enum filtered_admins)i;
            return true;
        }
    }
    return false;
}

/* The first fact that denies, or NULL. */
static const char *reason_to_deny(const struct caller *caller)
{
    /* ANONYMOUS LOGON has a token without a user's identity. */
    if (caller->level == CALLER_LEVEL_ANONYMOUS || sid_equal(&caller->user, &sid_anonymous_logon))
        return "The client hides its identity: open the pipe with identification level: "
               "SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION.";
    if (caller->level == CALLER_LEVEL_UNKNOWN)
        return "The impersonation level of the client could not be determined.";
    if (caller->user.size == 0)
        return "The user of the client could not be determined.";
    if (caller->integrity == INTEGRITY_UNKNOWN)
        return "The integrity level of the client could not be determined.";
    if (caller->app_container == FACT_UNKNOWN)
        return "Whether the client runs in an AppContainer could not be determined.";
    if (caller->restricted == FACT_UNKNOWN)
        return "Whether the client's token is restricted could not be determined.";
    if (caller->elevation == ELEVATION_UNKNOWN)
        return "Whether the client's token is filtered could not be determined.";
    if (caller->session_id == UINT32_MAX)
        return "The session of the client could not be determined.";
    if (caller->app_container == FACT_YES)
        return "Programs in an AppContainer are refused.";
    if (caller->integrity < INTEGRITY_MEDIUM)
        return "Programs below medium integrity are refused.";
    return NULL;
}

/* The group Administrators is deny-only, and there is no elevated half to look at. TokenLinkedToken
 * fails with ERROR_NO_SUCH_LOGON_SESSION where UAC asks administrators for credentials (source:
 * gerardog/gsudo#66), and a network logon of a local account has only the filtered token. */
static const char no_elevated_half[] =
    "Your group Administrators is deny-only, and Windows returns no elevated half: UAC asks for "
    "credentials, or this is a network logon. Run elevated, or join \"lsmap Readers\".";

/* What the elevated half of a filtered token adds. `reason` receives why. */
static uint32_t rights_of_link(enum filtered_admins mode, const struct caller *caller,
                               const char **reason)
{
    const struct caller_linked *linked = &caller->linked;
    uint32_t rights = 0;

    if (!linked->is_known && caller->administrator == ADMINISTRATOR_DENY_ONLY)
        *reason = no_elevated_half;
    else if (!linked->is_known)
        *reason =
            "Your token is filtered, but its elevated half could not be read: run elevated to "
            "see every process.";
    else if (!linked->is_same_user)
        *reason = "Your token is filtered, but its elevated half belongs to another user, as with "
                  "Administrator protection: run elevated to see every process.";
    else if (!linked->is_admin)
        *reason =
            "Your token is filtered, but not an administrator's: this service grants what the "
            "filtered token is granted.";
    else if (caller->restricted != FACT_NO)
        *reason = "You are an administrator with a filtered token that is also restricted: this "
                  "service grants only what that token is granted.";
    else if (mode == FILTERED_ADMINS_OFF)
        *reason = "You are an administrator with a filtered token; this service grants it no more, "
                  "because FilteredAdmins is \"off\": run elevated to see every process.";
    else if (mode == FILTERED_ADMINS_FULL) {
        *reason = "You are an administrator with a filtered token; this service grants what your "
                  "elevated one would get, because FilteredAdmins is \"full\".";
        rights = linked->granted & RIGHTS_ALL;
    } else {
        *reason =
            "You are an administrator with a filtered token; this service grants what your "
            "elevated one would get, except addresses, because FilteredAdmins is \"no-addresses\".";
        rights = linked->granted & RIGHTS_ALL & ~(uint32_t)RIGHT_ADDRESSES;
    }
    return rights;
}

static const char *reason_to_grant(uint32_t rights)
{
    if (rights == 0)
        return "The DACL of the service names neither this user nor one of the user's groups.";
    if ((rights & RIGHT_QUERY_ALL) != 0)
        return "The DACL of the service grants this user every process.";
    if ((rights & RIGHT_QUERY_OWN) != 0)
        return "The DACL of the service grants this user the user's own processes.";
    return "The DACL of the service grants this user no processes.";
}

void policy_decide(enum filtered_admins mode, const struct caller *caller, struct grant *grant)
{
    const char *reason = caller != NULL ? reason_to_deny(caller)
                                        : "The identity of the client could not be determined.";
    uint32_t rights = 0;

    if (reason == NULL) {
        rights = caller->granted & RIGHTS_ALL;
        reason = reason_to_grant(rights);
        if (caller->elevation == ELEVATION_LIMITED) {
            const char *reason_of_link = NULL;
            uint32_t added = rights_of_link(mode, caller, &reason_of_link) & ~rights;

            /* A filtered token that may see every process needs no elevated half. */
            if (added != 0 || (rights & RIGHT_QUERY_ALL) == 0)
                reason = reason_of_link;
            rights |= added;
        } else if (caller->administrator == ADMINISTRATOR_DENY_ONLY &&
                   (rights & RIGHT_QUERY_ALL) == 0) {
            reason = no_elevated_half;
        }
    }
    *grant = (struct grant){.rights = rights, .reason = reason};
    grant->caller = caller != NULL ? *caller : caller_unknown;
}
