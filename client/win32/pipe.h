/* The client's end of a pipe as a link.
 *
 * Opened so that the server can identify us but not act as us, and not spoken to before
 * trust_decide() agrees. Every wait has the timeout; a wait that ran out is cancelled and drained
 * before it is reported. One thread.
 */
#ifndef CLIENT_WIN32_PIPE_H
#define CLIENT_WIN32_PIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/exchange.h"
#include "client/outcome.h"
#include "common/win32/win.h"

struct pipe_client {
    HANDLE pipe, event;         /* owned; NULL: none */
    OVERLAPPED operation;       /* idle whenever no function below runs */
    DWORD timeout_ms;           /* of each operation, and of being sent away as busy */
    const char *name;           /* the caller's */
    bool is_waiting;            /* the server was busy before; set with the next two */
    uint64_t deadline_ms;       /* when to give up */
    DWORD pause_ms;             /* before the next attempt */
    struct transport transport; /* points back here: do not copy a client */
};

/* Connects to a pipe of this machine and checks its server.
 * name       Full name, UTF-8, terminated, from pipe_name_normalize(); must outlive the
 *            client, which connects again while the server is busy.
 * Returns false with `failure` set and nothing to close. */
NODISCARD bool pipe_client_open(_Out_ struct pipe_client *client, const char *name,
                                unsigned timeout_s, _Out_ struct failure *failure);

/* Accepts one that was never opened when it is all zero. */
void pipe_client_close(_Inout_ struct pipe_client *client);

#endif
