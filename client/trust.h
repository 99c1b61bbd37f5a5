/* Is the server of a pipe the one that was meant? Decided before a byte is sent, on plain facts that
 * client/win32/pipe.c gathers.
 *
 * Whoever creates a pipe first owns its name. So the service's pipe must belong to SYSTEM and be
 * served by the process that the service control manager names as lsmapd. Windows names the process
 * that created the first instance (source: OpenVPN/openvpn-gui#691): when that one has died while a
 * client held the name, and the service serves the name again, it is nobody, and the owner decides. A
 * pipe that the user names must belong to the user, or to an account that can read more anyway. */
#ifndef CLIENT_TRUST_H
#define CLIENT_TRUST_H

#include "client/outcome.h"
#include "common/base/sid.h"

struct trust_facts {
    bool is_default;       /* the service's pipe, in any spelling */
    struct sid owner;      /* of the pipe; size 0: cannot be read */
    struct sid user;       /* of this process; size 0: unknown */
    uint32_t server_pid;   /* of the process that serves the pipe; 0: unknown */
    uint32_t service_pid;  /* of the running service; 0: not running or unknown */
    bool has_server_ended; /* no process has that pid any more */
};

/* True when the full name of a pipe is the service's, in any case. */
bool trust_is_default_pipe(struct span name);

/* Returns true when the server may be sent a request; otherwise false with `failure` set, its
 * detail naming what is wrong. */
NODISCARD bool trust_decide(_In_ const struct trust_facts *facts, _Out_ struct failure *failure);

#endif
