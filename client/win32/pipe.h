/* The client's end of a pipe.
 *
 * Opened so that the server can identify us but not impersonate us, and nothing is sent before
 * trust_decide() agrees. All operations together, attempts at a busy server included, take no longer
 * than the timeout; the time between two of them, in which results are written, does not count. An
 * operation that timed out is cancelled and has ended before the timeout is reported. One thread. */
#ifndef CLIENT_WIN32_PIPE_H
#define CLIENT_WIN32_PIPE_H

#include "client/exchange.h"
#include "common/win32/win.h"

struct pipe_client {
    HANDLE pipe, event;         /* owned; NULL: none */
    OVERLAPPED operation;       /* idle whenever no function below runs */
    DWORD left_ms;              /* of the timeout */
    const char *name;           /* the caller's */
    DWORD pause_ms;             /* before the next attempt at a busy server */
    struct transport transport; /* points back here: do not copy a client */
};

/* Connects to a pipe of this machine and checks its server.
 * name  Full, UTF-8, terminated, from pipe_name_normalize(); must outlive the client.
 * Returns false with `failure` set and nothing to close. */
NODISCARD bool pipe_client_open(_Out_ struct pipe_client *client, const char *name,
                                unsigned timeout_s, _Out_ struct failure *failure);

/* Accepts a client that is all zero. */
void pipe_client_close(_Inout_ struct pipe_client *client);

#endif
