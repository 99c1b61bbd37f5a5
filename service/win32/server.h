/* The pipe server: accepts clients, runs their sessions on a thread pool, stops cleanly.
 *
 * No thread belongs to a connection: every read, write and accept is overlapped, its completion
 * drives the session on one of a few pool threads. Only so many scans run at once, and a scan gives
 * its thread back every few milliseconds, and its slot when others wait for one, so that a long one
 * keeps nobody waiting; some threads are never taken by scans. One timer looks after all deadlines.
 * The service, `lsmapd --console` and the tests use it alike.
 */
#ifndef SERVICE_WIN32_SERVER_H
#define SERVICE_WIN32_SERVER_H

#include <stdint.h>

#include "common/answer/answer.h"
#include "common/proto/protocol.h"
#include "common/win32/win.h"
#include "service/policy.h"

struct server; /* opaque: server.c */

struct server_config {
    const wchar_t *pipe_name;             /* whole: \\.\pipe\... */
    const char *pipe_sddl;                /* who may connect */
    const char *access_sddl;              /* who may ask what, bits of protocol.h */
    struct policy policy;                 /* what else decides about callers */
    const struct answer_context *context; /* must outlive the server */
    uint64_t (*now_ms)(void);             /* a steady clock; NULL: system_now_ms */
    const struct server_limits *limits;   /* copied; NULL: the defaults for this machine */
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

/* Sets other limits, for new connections and for the next request of those that are there. */
void server_configure(_Inout_ struct server *server, _In_ const struct server_limits *limits);

/* Takes another access list and policy, for those that connect from now on; who may open the pipe
 * stays as it is. Returns a Win32 error, then nothing has changed. */
NODISCARD DWORD server_set_access(_Inout_ struct server *server, _In_ const char *access_sddl,
                                  _In_ const struct policy *policy);

/* Signalled when the server cannot accept any client for good. Belongs to the server. */
HANDLE server_failed_event(_In_ const struct server *server);

/* Clients connected now, those included that are told `busy`. */
unsigned server_connections(_Inout_ struct server *server);

#endif
