/* What is inside a server, for server.c (start and stop), server_clients.c (who is there) and
 * server_scans.c (who may scan).
 *
 * Locks: `lock` first, then that of a connection (the sweep); `slots_lock` is a leaf, nothing is
 * called under it. Connections are woken, events and statistics told under none of them. */
#ifndef SERVICE_WIN32_SERVER_PRIVATE_H
#define SERVICE_WIN32_SERVER_PRIVATE_H

#include "common/proto/pipe_name.h"
#include "common/proto/protocol.h"
#include "service/win32/connection.h"
#include "service/win32/server.h"

struct server {
    struct pipe_host host;
    wchar_t pipe_name[PIPE_NAME_LENGTH_MAX + 1];
    SECURITY_ATTRIBUTES security;
    PSECURITY_DESCRIPTOR pipe_descriptor;
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool;
    PTP_TIMER timer;
    HANDLE guard;
    HANDLE failed; /* event: nobody can be accepted for good */
    HANDLE freed;  /* event: `alive` fell to 0 */

    volatile LONG
        alive; /* connections whose memory exists, and one for the server until it stops */

    SRWLOCK slots_lock; /* guards `slots` and all tickets */
    struct slots slots;

    SRWLOCK lock; /* guards the rest */
    struct server_limits limits;
    struct pipe_connection_link *first;
    unsigned accepting; /* instances that wait, those being made included */
    unsigned connected;
    unsigned failures; /* of accepting, in a row */
    uint64_t retry_ms; /* no earlier */
    DWORD last_error;  /* of accepting */
    bool is_timer_set; /* it is when there is something to look after: nobody, no wake-ups */
};

/* Sets what the connections call, and nothing else. */
void server_clients_init(_Inout_ struct server *server);

/* server_scans.c: the same, of the slots. */
void server_scans_init(_Inout_ struct server *server);

/* Takes the limits over: how many scans, and how many threads they need beside those for the rest.
 * Any thread. */
void server_scans_configure(_Inout_ struct server *server, _In_ const struct server_limits *limits);

/* Wakes the scans that have waited too long for a slot, or all that wait when the server stops. Any
 * thread. */
void server_scans_sweep(_Inout_ struct server *server);

/* Makes as many instances wait as should. Any thread. */
void server_clients_refill(_Inout_ struct server *server);

/* Looks after the deadlines and the stop of all connections, and sees to it that it is called again
 * as long as there are any. Any thread. */
void server_clients_sweep(_Inout_ struct server *server);

/* Gives back what counts as alive: the last thing done for a connection, or by the server itself.
 * The server may be freed as soon as the last has left. */
void server_clients_leave(_Inout_ struct server *server);

#endif
