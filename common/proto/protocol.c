#include "common/proto/protocol.h"

void server_limits_default(struct server_limits *limits, unsigned processors)
{
    *limits = (struct server_limits){
#define X(member, name, initial, least, most) .member = (initial),
        SERVER_LIMITS_LIST(X)
#undef X
    };
    if (processors > 0)
        limits->scans = processors < SCANS_LIMIT_MAX ? processors : (uint32_t)SCANS_LIMIT_MAX;
}
