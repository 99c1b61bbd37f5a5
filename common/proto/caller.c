#include "common/proto/caller.h"

void caller_set_unknown(struct caller *caller)
{
    *caller = (struct caller){.integrity = INTEGRITY_UNKNOWN, .session_id = UINT32_MAX};
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
