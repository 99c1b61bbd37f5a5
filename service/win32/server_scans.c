/* The slots for scans: who scans, who waits, who is next. Locks: `slots_lock` guards the slots and
 * all tickets and is a leaf; connections are woken and limits counted outside of it. */
#include "service/win32/server_private.h"

#include "common/proto/statistics.h"
#include "common/win32/system_info.h"

/* Beside those that scans can take. */
enum { THREADS_SPARE_MIN = 2, THREADS_SPARE_MAX = 16 };

static struct pipe_connection *connection_of(struct slots_ticket *ticket)
{
    return CONTAINING_RECORD(ticket, struct pipe_connection_link, ticket)->connection;
}

/* Wakes who can scan now. A ticket that has left the queue is nobody else's to wake. */
static void grant(struct server *server)
{
    struct slots_ticket *ticket;

    do {
        AcquireSRWLockExclusive(&server->slots_lock);
        ticket = slots_grant(&server->slots);
        ReleaseSRWLockExclusive(&server->slots_lock);
        if (ticket != NULL)
            pipe_connection_wake(connection_of(ticket));
    } while (ticket != NULL); /* no more often than there are slots */
}

static bool on_scan_wanted(void *owner, struct pipe_connection *connection, uint64_t deadline_ms,
                           bool is_first)
{
    struct server *server = owner;
    struct slots_ticket *ticket = &pipe_connection_link(connection)->ticket;

    AcquireSRWLockExclusive(&server->slots_lock);
    /* The sweep behind the stop finds us in the queue, or we see the flag: nobody is left waiting,
     * and who goes on is told about the stop before he scans. */
    bool may =
        pipe_host_is_stopping(&server->host) || slots_request(&server->slots, ticket, deadline_ms);
    ReleaseSRWLockExclusive(&server->slots_lock);
    if (!may && is_first)
        statistics_limit_hit(server->host.context->statistics, LIMIT_SCANS);
    return may;
}

static void on_scan_done(void *owner, struct pipe_connection *connection)
{
    struct server *server = owner;

    AcquireSRWLockExclusive(&server->slots_lock);
    slots_leave(&server->slots, &pipe_connection_link(connection)->ticket);
    ReleaseSRWLockExclusive(&server->slots_lock);
    grant(server);
}

static bool on_scan_turn(void *owner, struct pipe_connection *connection)
{
    struct server *server = owner;

    AcquireSRWLockExclusive(&server->slots_lock);
    bool passes = server->slots.waiting_count > 0;
    if (passes)
        slots_leave(&server->slots, &pipe_connection_link(connection)->ticket);
    ReleaseSRWLockExclusive(&server->slots_lock);
    if (passes)
        grant(server);
    return passes;
}

void server_scans_sweep(struct server *server)
{
    uint64_t now_ms = pipe_host_is_stopping(&server->host) ? UINT64_MAX : server->host.now_ms();
    struct slots_ticket *ticket;

    do {
        AcquireSRWLockExclusive(&server->slots_lock);
        ticket = slots_expire(&server->slots, now_ms);
        ReleaseSRWLockExclusive(&server->slots_lock);
        if (ticket != NULL)
            pipe_connection_wake(connection_of(ticket));
    } while (ticket != NULL); /* no more often than there are connections */
}

void server_scans_configure(struct server *server, const struct server_limits *limits)
{
    DWORD spare = system_processors();

    if (spare < THREADS_SPARE_MIN)
        spare = THREADS_SPARE_MIN;
    if (spare > THREADS_SPARE_MAX)
        spare = THREADS_SPARE_MAX;
    SetThreadpoolThreadMaximum(server->pool, limits->scans + spare);
    AcquireSRWLockExclusive(&server->slots_lock);
    slots_set_max(&server->slots, limits->scans);
    ReleaseSRWLockExclusive(&server->slots_lock);
    grant(server);
}

void server_scans_init(struct server *server)
{
    slots_init(&server->slots, server->limits.scans);
    server->host.on_scan_wanted = on_scan_wanted;
    server->host.on_scan_done = on_scan_done;
    server->host.on_scan_turn = on_scan_turn;
}
