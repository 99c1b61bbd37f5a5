#include "common/proto/caller.h"

void caller_set_unknown(struct caller *caller)
{
    *caller = (struct caller){.integrity = INTEGRITY_UNKNOWN, .session_id = UINT32_MAX};
}

const char *caller_elevation_name(enum caller_elevation elevation)
{
    switch (elevation) {
    case ELEVATION_DEFAULT:
        return "default";
    case ELEVATION_FULL:
        return "full";
    case ELEVATION_LIMITED:
        return "limited";
    case ELEVATION_UNKNOWN:
        break;
    }
    return NULL;
}

const char *caller_administrator_name(enum caller_administrator administrator)
{
    switch (administrator) {
    case ADMINISTRATOR_NO:
        return "no";
    case ADMINISTRATOR_DENY_ONLY:
        return "deny_only";
    case ADMINISTRATOR_ENABLED:
        return "enabled";
    case ADMINISTRATOR_UNKNOWN:
        break;
    }
    return NULL;
}
