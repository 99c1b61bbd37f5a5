#include "common/proto/caller.h"

const char *const caller_elevation_names[] = {NULL, "default", "full", "limited"};
const char *const caller_administrator_names[] = {NULL, "no", "deny_only", "enabled"};

const struct caller caller_unknown = {.integrity = INTEGRITY_UNKNOWN, .session_id = UINT32_MAX};

bool caller_is_same(const struct caller *a, const struct caller *b)
{
    return a->logon_id == b->logon_id && a->integrity == b->integrity &&
           (sid_equal(&a->user, &b->user) || (a->user.size == 0 && b->user.size == 0));
}
