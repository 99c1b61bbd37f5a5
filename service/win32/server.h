/* The pipe server: accepts clients, runs their sessions on a thread pool, stops cleanly.
 *
 * No thread belongs to a connection: every read, write and accept is overlapped, its completion
 * drives the session on one of a few pool threads. A request being served gives its thread back
 * every few milliseconds, so a long scan keeps nobody waiting. One timer looks after all deadlines.
 * The service, `lsmapd --console` and the tests use it alike.
 */
#ifndef SERVICE_WIN32_SERVER_H
#define SERVICE_WIN32_SERVER_H

#include <stdint.h>

#include "answer.h"
#include "win.h"

struct server; /* opaque: server.c */

struct server_config {
    const wchar_t *pipe_name;             /* whole: \\.\pipe\... */
    const char *pipe_sddl;                /* who may connect */
    const char *access_sddl;              /* who may ask what, bits of rights.h */
    const struct answer_context *context; /* must outlive the server */
    uint64_t (*now_ms)(void);             /* a steady clock; NULL: system_now_ms */
    unsigned connections_max;             /* 0: CONNECTIONS_MAX */
    unsigned connections_user_max;        /* of one user; 0: CONNECTIONS_USER_MAX */
};

/* Takes the name and listens.
 * config  Copied, but for what `context` points to.
 * server  Receives the server; end it with server_stop().
 * Returns a Win32 error. When the name is taken that is ERROR_ACCESS_DENIED or ERROR_PIPE_BUSY; no
 * other name is ever tried. */
NODISCARD DWORD server_create(_In_ const struct server_config *config,
                              _Out_ struct server **server);

/* Stops: clients are told `stopping`, pending operations are cancelled, and their completions
 * waited for; then all is freed. Takes at most about STOP_TIMEOUT_MS.
 * Accepts NULL.
 * Returns ERROR_SUCCESS; ERROR_TIMEOUT when a call into the system hangs in some session: then
 * nothing was freed, and the process must end without touching what `context` points to. */
NODISCARD DWORD server_stop(_Inout_opt_ struct server *server);

/* Signalled when the server cannot accept any client for good. Belongs to the server. */
HANDLE server_failed_event(_In_ const struct server *server);

/* Clients connected now, those included that are told `busy`. */
unsigned server_connections(_Inout_ struct server *server);

#endif
