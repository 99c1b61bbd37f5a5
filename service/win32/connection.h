/* One instance of the pipe and its client, from accept to close.
 *
 * Does what the session asks (session.h) with thread-pool I/O. At most one operation is
 * outstanding, and whoever holds it (a pending operation, a queued or running callback) is the only
 * one to touch the session; so the session needs no lock. What may come from outside, deadlines and
 * stop, only cancels the operation; its completion then tells the session. A scan that waits for a
 * slot is held by the server's queue: whoever takes it out of that wakes it.
 *
 * Lives on references: the kernel owns the OVERLAPPED and the buffers until the completion has
 * come, and only then is the memory freed.
 */
#ifndef SERVICE_WIN32_CONNECTION_H
#define SERVICE_WIN32_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/proto/protocol.h"
#include "common/win32/win.h"
#include "service/session.h"
#include "service/slots.h"
#include "service/win32/client_token.h"

struct pipe_connection; /* opaque but for its link */

/* What all connections share. The owner fills it; it outlives them. */
struct pipe_host {
    TP_CALLBACK_ENVIRON *environment;
    const struct answer_context *context;
    struct client_access access;
    uint64_t (*now_ms)(void);
    volatile LONG is_stopping;    /* set once, by pipe_host_stop() */
    volatile LONG limits_version; /* goes up when on_limits() has something new */
    void *owner;                  /* first argument of the calls below; any pool thread */

    /* A client has connected. Returns NULL, or why he must be sent away: a static sentence. */
    const char *(*on_connected)(void *owner, struct pipe_connection *connection);
    /* It is known who he is. The same. */
    const char *(*on_identified)(void *owner, struct pipe_connection *connection,
                                 const struct caller *caller);
    /* The limits as they are now. */
    void (*on_limits)(void *owner, struct server_limits *limits);
    /* A scan needs a slot. Returns true when it has one; else it waits, and somebody else may run
     * it already: pipe_connection_wake() comes when it has a slot, at the deadline, and at the
     * stop. is_first  The answer had none before. */
    bool (*on_scan_wanted)(void *owner, struct pipe_connection *connection, uint64_t deadline_ms,
                           bool is_first);
    /* It needs its slot no more. */
    void (*on_scan_done)(void *owner, struct pipe_connection *connection);
    /* It has had its turn. Returns true when others wait, and takes the slot back. */
    bool (*on_scan_turn)(void *owner, struct pipe_connection *connection);
    /* The pipe is closed.
     * error  Why accepting failed; ERROR_SUCCESS when that is not what ended it. */
    void (*on_closed)(void *owner, struct pipe_connection *connection, DWORD error);
    /* The memory of one connection is gone. The last call of all for that connection. */
    void (*on_freed)(void *owner);
};

/* Its place in the server's list; guarded by the server. */
struct pipe_connection_link {
    struct pipe_connection_link *next;
    struct pipe_connection_link *previous;
    struct pipe_connection *connection;
    bool is_connected;  /* false: still accepting */
    bool is_identified; /* `user` is known, though it may be the unknown user */
    bool is_leaving;    /* sent away, and not gone yet */
    uint64_t since_ms;  /* is_connected: from when on */
    struct sid user;
    struct slots_ticket ticket; /* guarded by the server's lock of the slots */
};

/* Makes a connection of a listening instance. It does nothing until pipe_connection_accept().
 * pipe  Belongs to the connection on success, to the caller on failure. */
NODISCARD DWORD pipe_connection_create(_In_ struct pipe_host *host, HANDLE pipe,
                                       _Out_ struct pipe_connection **connection);

struct pipe_connection_link *pipe_connection_link(_In_ struct pipe_connection *connection);

/* Waits for a client, serves him, closes. Always ends in on_closed, then on_freed, perhaps before
 * it returns. */
void pipe_connection_accept(_Inout_ struct pipe_connection *connection);

/* Lets a pool thread go on with a connection whose ticket has left the queue. */
void pipe_connection_wake(_Inout_ struct pipe_connection *connection);

/* Sends a client away that has not sent a whole request, because others wait: it is told `busy`.
 * Does nothing to one that has. The connection is in the owner's list. */
void pipe_connection_evict(_Inout_ struct pipe_connection *connection);

/* For the owner's timer, while the connection is in its list: cancels an operation that is past its
 * deadline, and, when the host stops, the one pending. May be repeated. */
void pipe_connection_sweep(_Inout_ struct pipe_connection *connection, uint64_t now_ms);

/* From here on sessions end; sweep every connection afterwards. */
void pipe_host_stop(_Inout_ struct pipe_host *host);

/* True once pipe_host_stop() was called. */
bool pipe_host_is_stopping(_Inout_ struct pipe_host *host);

#endif
