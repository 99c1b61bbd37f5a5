#include "common/proto/caller.h"

#include <stddef.h>

void caller_set_unknown(struct caller *caller)
{
    *caller = (struct caller){.integrity = INTEGRITY_UNKNOWN, .session_id = UINT32_MAX};
}

const char *caller_elevation_name(enum caller_elevation elevation)
{
    static const char *const names[] = {NULL, "default", "full", "limited"};
    return elevation <= ELEVATION_LIMITED ? names[elevation] : NULL;
}
