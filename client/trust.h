/* Is the server behind a pipe the one that was meant? Decided on plain facts, before a byte is
 * sent.
 *
 * Whoever creates a pipe of that name first is its server. So the service's pipe must belong to
 * SYSTEM and be served by the process that the service control manager calls lsmapd. A pipe named
 * by the user must belong to somebody who could read more than he can anyway, or to himself.
 * client/win32/server_check.c gathers the facts.
 */
#ifndef CLIENT_TRUST_H
#define CLIENT_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "client/outcome.h"
#include "common/base/annotations.h"
#include "common/base/sid.h"
#include "common/text/span.h"

struct trust_facts {
    bool is_default;      /* the service's pipe, by whatever spelling */
    struct sid owner;     /* of the pipe; size 0: could not be read */
    struct sid user;      /* who runs lsmap; size 0: unknown */
    uint32_t server_pid;  /* of the process that serves the pipe; 0: unknown */
    uint32_t service_pid; /* of the running service; 0: not running or unknown */
};

/* True when two spellings of full pipe names mean the service's pipe. */
bool trust_is_default_pipe(struct span name);

/* Returns true when the server may be sent a request; otherwise false with `failure` set, its
 * detail naming what is wrong. */
NODISCARD bool trust_decide(_In_ const struct trust_facts *facts, _Out_ struct failure *failure);

#endif
