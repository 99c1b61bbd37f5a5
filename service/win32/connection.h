/* One instance of the pipe and its client, from accept to close.
 *
 * Does what the session asks (session.h): reads and writes with thread-pool I/O, scans on the scan
 * threads. At most one operation is outstanding, and whoever holds it (a pending operation, a
 * queued or running callback, a place among those that wait for a turn) is the only one to touch
 * the session; so the session needs no lock. What comes from outside, deadlines and the stop, only
 * cancels the operation; its completion then informs the session.
 *
 * Lives on references: the kernel owns the OVERLAPPED and the buffers until the completion has
 * come, and only then is the memory freed. */
#ifndef SERVICE_WIN32_CONNECTION_H
#define SERVICE_WIN32_CONNECTION_H

#include "common/answer/answer.h"
#include "common/proto/protocol.h"
#include "common/win32/win.h"
#include "service/seats.h"
#include "service/win32/client_token.h"
#include "service/win32/scan_threads.h"

/* What the connections of a server share; the server fills it, and it outlives them.
 *
 * Lock order: `lock`, then that of a connection (deadlines, eviction). The scan threads' lock is
 * taken under neither; events and statistics are reported under none of them. */
struct connection_shared {
    TP_CALLBACK_ENVIRON environment;
    struct answer_context context;
    struct scan_threads scans;
    struct client_access access;
    client_query *query_client;
    client_opener_query *query_opener;
    uint64_t (*now_ms)(void);
    PTP_WORK attend;           /* to submit when clients have come or gone */
    HANDLE freed;              /* event: `alive` fell to 0 */
    volatile LONG alive;       /* connections in memory, callbacks of the server, and the server */
    volatile LONG is_stopping; /* set once */
    volatile LONG settings_version; /* goes up with each change of the limits or of `access` */

    SRWLOCK lock; /* guards what follows */
    struct server_limits limits;
    struct seats seats;
    unsigned failures;  /* of accepting, in a row */
    DWORD accept_error; /* the last one that the server has not looked at yet; or ERROR_SUCCESS */
};

/* Makes a connection of a listening instance, which waits for a client, serves it and closes,
 * perhaps before this returns. Its seat is reserved, and counted in `alive`.
 * pipe  Belongs to the connection on success, to the caller on failure. */
NODISCARD DWORD connection_listen(_Inout_ struct connection_shared *shared, HANDLE pipe);

scan_turn connection_take_turn;

/* Lets a pool thread go on with a connection whose turn does not come or does not end.
 * hung  Of scan_threads_abandon(), which returned the ticket; NULL: the ticket was taken out of the
 *       queue, because its deadline has passed or the server stops. */
void connection_resume(struct turns_ticket *ticket, const struct watch_target *hung);

/* Cancels operations that are past their deadline, and all when the server stops. */
void connections_sweep(_Inout_ struct connection_shared *shared);

/* Takes one from `alive`. The owner of `shared` may free it as soon as the last has left. */
void connection_leave(_Inout_ struct connection_shared *shared);

#endif
