#include "common/proto/protocol.h"

void server_limits_default(struct server_limits *limits, unsigned processors)
{
    *limits = (struct server_limits){
#define X(member, name, initial, least, most) .member = (initial),
        SERVER_LIMITS_LIST(X)
#undef X
    };
    if (processors > SCANS_LIMIT_MAX / SCANS_PER_PROCESSOR)
        processors = SCANS_LIMIT_MAX / SCANS_PER_PROCESSOR;
    if (processors > 0)
        limits->scans = SCANS_PER_PROCESSOR * processors;
}
