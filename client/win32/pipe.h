/* The client's end of a pipe.
 *
 * Opened so that the server can identify us but not impersonate us, and nothing is sent before
 * trust_decide() agrees. Every wait has the timeout; an operation that timed out is cancelled and
 * has ended before the timeout is reported. One thread.
 */
#ifndef CLIENT_WIN32_PIPE_H
#define CLIENT_WIN32_PIPE_H

#include "client/exchange.h"
#include "client/outcome.h"
#include "common/win32/win.h"

struct pipe_client {
    HANDLE pipe, event;         /* owned; NULL: none */
    OVERLAPPED operation;       /* idle whenever no function below runs */
    DWORD timeout_ms;           /* of each operation, and of all waiting for a busy server */
    const char *name;           /* the caller's */
    uint64_t deadline_ms;       /* when to give up on a busy server; 0: it was not busy yet */
    DWORD pause_ms;             /* before the next attempt */
    struct transport transport; /* points back here: do not copy a client */
};

/* Connects to a pipe of this machine and checks its server.
 * name       Full name, UTF-8, terminated, from pipe_name_normalize(); must outlive the client,
 *            which connects again while the server is busy.
 * Returns false with `failure` set and nothing to close. */
NODISCARD bool pipe_client_open(_Out_ struct pipe_client *client, const char *name,
                                unsigned timeout_s, _Out_ struct failure *failure);

/* Accepts a client that is all zero. */
void pipe_client_close(_Inout_ struct pipe_client *client);

#endif
