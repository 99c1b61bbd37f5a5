#include "client/trust.h"

#include <inttypes.h>

#include "common/proto/protocol.h"

bool trust_is_default_pipe(struct span name)
{
    return span_equal_ascii_nocase(name, SPAN(PIPE_NAME_DEFAULT));
}

static bool refuse_owner(const struct trust_facts *facts, struct failure *failure)
{
    char owner[SID_TEXT_CAPACITY];

    sid_format(owner, &facts->owner);
    return failure_set(failure, FAILURE_FOREIGN_OWNER, "%s, not to %s", owner,
                       facts->is_default ? "SYSTEM" : "SYSTEM, Administrators or yourself");
}

static bool decide_server(const struct trust_facts *facts, struct failure *failure)
{
    if (facts->service_pid == 0)
        return failure_set(failure, FAILURE_FOREIGN_SERVER,
                           "another process serves it, the " SERVICE_NAME
                           " service is not running");
    return facts->server_pid == facts->service_pid || facts->has_server_ended ||
           failure_set(failure, FAILURE_FOREIGN_SERVER,
                       "process %" PRIu32 " serves it, the " SERVICE_NAME
                       " service is process %" PRIu32,
                       facts->server_pid, facts->service_pid);
}

bool trust_decide(const struct trust_facts *facts, struct failure *failure)
{
    bool is_system = sid_equal(&facts->owner, &sid_system);

    if (facts->owner.size == 0)
        return failure_set(failure, FAILURE_FOREIGN_SERVER, "its owner cannot be read");
    if (facts->is_default)
        return is_system ? decide_server(facts, failure) : refuse_owner(facts, failure);
    return is_system || sid_equal(&facts->owner, &sid_administrators) ||
           sid_equal(&facts->owner, &facts->user) || refuse_owner(facts, failure);
}
