#include "common/proto/caller.h"

void caller_set_unknown(struct caller *caller)
{
    *caller = (struct caller){.integrity = INTEGRITY_UNKNOWN, .session_id = UINT32_MAX};
}

bool caller_is_same(const struct caller *a, const struct caller *b)
{
    return a->logon_id == b->logon_id && a->integrity == b->integrity &&
           (sid_equal(&a->user, &b->user) || (a->user.size == 0 && b->user.size == 0));
}

const char *caller_elevation_name(enum caller_elevation elevation)
{
    static const char *const names[] = {NULL, "default", "full", "limited"};

    return (unsigned)elevation < sizeof names / sizeof names[0] ? names[elevation] : NULL;
}

const char *caller_administrator_name(enum caller_administrator administrator)
{
    static const char *const names[] = {NULL, "no", "deny_only", "enabled"};

    return (unsigned)administrator < sizeof names / sizeof names[0] ? names[administrator] : NULL;
}
