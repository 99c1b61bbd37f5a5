/* The pipe server: accepts clients, serves them on a thread pool and scan threads, stops cleanly.
 * No thread belongs to a connection (connection.h). One timer watches all deadlines. */
#ifndef SERVICE_WIN32_SERVER_H
#define SERVICE_WIN32_SERVER_H

#include "common/answer/answer.h"
#include "common/proto/protocol.h"
#include "common/win32/win.h"
#include "service/policy.h"
#include "service/win32/client_token.h"

struct server; /* opaque: server.c */

struct server_config {
    const char *pipe_name;                /* complete: \\.\pipe\..., UTF-8 */
    const char *pipe_sddl;                /* who may connect */
    const char *access_sddl;              /* who may ask what, RIGHT_* bits */
    enum filtered_admins filtered_admins; /* what else decides about callers */
    const struct answer_context *context; /* must outlive the server */
    const struct server_limits *limits;
    uint64_t (*now_ms)(void);          /* a steady clock; NULL: system_now_ms */
    client_query *query_client;        /* who a client is; NULL: client_token_query */
    client_opener_query *query_opener; /* who opened the pipe; NULL: client_token_opener */
};

/* Takes the name and listens, until server_stop(). All but what `context` points to is copied.
 * Returns a Win32 error: ERROR_ACCESS_DENIED or ERROR_PIPE_BUSY when the name is taken; no other
 * name is ever tried. */
NODISCARD DWORD server_create(const struct server_config *config, _Out_ struct server **server);

/* Stops within about STOP_TIMEOUT_MS: clients get `stopping`, pending operations are cancelled and
 * waited for, then everything is freed. Accepts NULL.
 * Returns ERROR_SUCCESS. ERROR_IO_INCOMPLETE when it has stopped, every instance of the pipe is
 * closed, and a lost thread still waits for a query; ERROR_TIMEOUT when a call into the system hangs
 * in some session. After both what is shared was not freed, and the process must end without
 * freeing what `context` points to. */
NODISCARD DWORD server_stop(_Inout_opt_ struct server *server);

/* Changes the limits; who may ask what. Both hold also for the next request of clients that are
 * connected; who may open the pipe stays as it is. Each returns a Win32 error: when a scan thread
 * could not be created, the limits have changed all the same; else nothing has changed. */
NODISCARD DWORD server_configure(struct server *server, const struct server_limits *limits);
NODISCARD DWORD server_set_access(struct server *server, const char *access_sddl,
                                  enum filtered_admins mode);

/* Signalled when the server has given up accepting clients. Belongs to the server. */
HANDLE server_failed_event(_In_ const struct server *server);

#endif
