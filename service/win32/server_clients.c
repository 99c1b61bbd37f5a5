/* Who is there. Locks: the server's guards the list and the counts, see server_private.h for the
 * order. Under it only the sweep and the eviction call into a connection. */
#include "service/win32/server_private.h"

#include "common/proto/statistics.h"
#include "common/win32/handle.h"
#include "service/win32/events.h"
#include "service/win32/pipe.h"

enum {
    SILENCE_GRACE_MS = 250,     /* so long no client is sent away for its silence */
    ACCEPTS_PENDING = 4,        /* instances that wait, for clients that come at once */
    REFUSALS_MAX = 16,          /* clients above the limit that are told so; others wait */
    ACCEPT_RETRY_MS = 250,      /* after a failure, doubled each time up to the next line */
    ACCEPT_RETRY_MAX_MS = 5000, /* reached by the fifth doubling */
    ACCEPT_DOUBLINGS_MAX = 5,
    ACCEPT_FAILURES_MAX = 20,    /* in a row, one and a half minutes: the server gives up */
    SWEEP_INTERVAL_MS = 250,     /* deadlines are late by at most this */
    SWEEP_STOP_INTERVAL_MS = 50, /* the same when the server stops */
    SWEEP_WINDOW_MS = 50         /* and this, so that the system can join wake-ups */
};

void server_clients_leave(struct server *server)
{
    HANDLE freed = server->freed;

    if (InterlockedDecrement(&server->alive) == 0)
        SetEvent(freed);
}

/* --- the list; under the lock --- */

static void list_add(struct server *server, struct pipe_connection_link *link)
{
    link->previous = NULL;
    link->next = server->first;
    if (server->first != NULL)
        server->first->previous = link;
    server->first = link;
}

static void list_remove(struct server *server, struct pipe_connection_link *link)
{
    if (link->next != NULL)
        link->next->previous = link->previous;
    if (link->previous != NULL)
        link->previous->next = link->next;
    else
        server->first = link->next;
}

/* --- the timer; under the lock --- */

static void set_timer(struct server *server)
{
    int interval_ms = server->host.is_stopping != 0 ? SWEEP_STOP_INTERVAL_MS : SWEEP_INTERVAL_MS;
    LARGE_INTEGER from_now = {.QuadPart = interval_ms * -10000LL}; /* in 100 ns */
    FILETIME due = {.dwLowDateTime = from_now.LowPart, .dwHighDateTime = (DWORD)from_now.HighPart};

    if (server->is_timer_set)
        return;
    server->is_timer_set = true;
    SetThreadpoolTimer(server->timer, &due, 0, SWEEP_WINDOW_MS);
}

static bool needs_timer(const struct server *server)
{
    bool is_stopping = server->host.is_stopping != 0;

    return server->connected > 0 || (is_stopping && server->first != NULL) ||
           (!is_stopping && server->failures > 0);
}

/* --- accepting --- */

/* Takes the right to make one more instance. Counting it as alive under the same lock as the stop
 * makes sure that the stop waits for it. */
static bool reserve(struct server *server)
{
    AcquireSRWLockExclusive(&server->lock);
    bool may = server->host.is_stopping == 0 && server->accepting < ACCEPTS_PENDING &&
               server->accepting + server->connected < server->limits.connections + REFUSALS_MAX &&
               server->host.now_ms() >= server->retry_ms;
    if (may) {
        server->accepting++;
        InterlockedIncrement(&server->alive);
    }
    ReleaseSRWLockExclusive(&server->lock);
    return may;
}

/* Under the lock. Returns true for the first failure in a row. */
static bool note_failure(struct server *server, DWORD error)
{
    unsigned doublings =
        server->failures < ACCEPT_DOUBLINGS_MAX ? server->failures : ACCEPT_DOUBLINGS_MAX;
    uint64_t wait_ms = (uint64_t)ACCEPT_RETRY_MS << doublings;

    server->failures++;
    set_timer(server);
    server->last_error = error;
    server->retry_ms =
        server->host.now_ms() + (wait_ms < ACCEPT_RETRY_MAX_MS ? wait_ms : ACCEPT_RETRY_MAX_MS);
    if (server->failures >= ACCEPT_FAILURES_MAX && server->accepting == 0)
        SetEvent(server->failed);
    return server->failures == 1;
}

static DWORD add_instance(struct server *server)
{
    HANDLE pipe = NULL;
    struct pipe_connection *connection = NULL;

    DWORD error = pipe_create_instance(server->pipe_name, &server->security, &pipe);
    if (error != ERROR_SUCCESS)
        return error;
    error = pipe_connection_create(&server->host, pipe, &connection);
    if (error != ERROR_SUCCESS) {
        handle_close(&pipe);
        return error;
    }
    AcquireSRWLockExclusive(&server->lock);
    list_add(server, pipe_connection_link(connection));
    ReleaseSRWLockExclusive(&server->lock);
    pipe_connection_accept(connection);
    return ERROR_SUCCESS;
}

void server_clients_refill(struct server *server)
{
    for (int made = 0; made < ACCEPTS_PENDING && reserve(server); made++) {
        DWORD error = add_instance(server);
        if (error == ERROR_SUCCESS)
            continue;
        AcquireSRWLockExclusive(&server->lock);
        server->accepting--;
        bool is_first = note_failure(server, error);
        ReleaseSRWLockExclusive(&server->lock);
        if (is_first)
            event_accept_failed(error);
        server_clients_leave(server);
        return;
    }
}

/* --- what connections ask and report --- */

static struct statistics *statistics_of(const struct server *server)
{
    return server->host.context->statistics;
}

static void on_limits(void *owner, struct server_limits *limits)
{
    struct server *server = owner;

    AcquireSRWLockExclusive(&server->lock);
    *limits = server->limits;
    ReleaseSRWLockExclusive(&server->lock);
}

/* Under the lock. Whose a connection is shows with its first request, and only then it counts as
 * one of its user's: so that nobody takes them all by being silent, the one that has been silent
 * longest makes room. Who sends at once, as clients do, is never met. */
static bool make_room(struct server *server, uint64_t now_ms)
{
    struct pipe_connection_link *silent = NULL;

    for (struct pipe_connection_link *link = server->first; link != NULL; link = link->next)
        if (link->is_connected && !link->is_identified && !link->is_leaving &&
            now_ms >= link->since_ms + SILENCE_GRACE_MS &&
            (silent == NULL || link->since_ms < silent->since_ms))
            silent = link;
    if (silent == NULL)
        return false;
    silent->is_leaving = true;
    pipe_connection_evict(silent->connection);
    return true;
}

static const char *on_connected(void *owner, struct pipe_connection *connection)
{
    struct server *server = owner;

    AcquireSRWLockExclusive(&server->lock);
    struct pipe_connection_link *own = pipe_connection_link(connection);
    own->is_connected = true;
    own->since_ms = server->host.now_ms();
    server->accepting--;
    server->connected++;
    server->failures = 0;
    set_timer(server);
    unsigned limit = server->limits.connections;
    bool is_above = server->connected > limit;
    if (is_above && make_room(server, own->since_ms))
        is_above = false; /* as soon as the other has left */
    own->is_leaving = is_above;
    ReleaseSRWLockExclusive(&server->lock);

    statistics_connection_opened(statistics_of(server));
    server_clients_refill(server);
    if (!is_above)
        return NULL;
    statistics_limit_hit(statistics_of(server), LIMIT_CONNECTIONS);
    event_server_busy(limit);
    return "The server has as many connections as it may have (limit connections).";
}

/* Users that are not known are one user. */
static bool is_same_user(const struct sid *a, const struct sid *b)
{
    return sid_equal(a, b) || (a->size == 0 && b->size == 0);
}

static const char *on_identified(void *owner, struct pipe_connection *connection,
                                 const struct caller *caller)
{
    struct server *server = owner;
    struct pipe_connection_link *own = pipe_connection_link(connection);
    unsigned count = 0;

    AcquireSRWLockExclusive(&server->lock);
    for (const struct pipe_connection_link *link = server->first; link != NULL; link = link->next)
        count += link->is_identified && is_same_user(&link->user, &caller->user);
    bool may = count < server->limits.connections_per_user;
    if (may) {
        own->user = caller->user;
        own->is_identified = true;
    } else {
        own->is_leaving = true;
    }
    ReleaseSRWLockExclusive(&server->lock);
    if (may)
        return NULL;
    statistics_limit_hit(statistics_of(server), LIMIT_CONNECTIONS_PER_USER);
    event_limit_hit(LIMIT_CONNECTIONS_PER_USER);
    return "This user has as many connections as one user may have (limit connections_per_user).";
}

static void on_closed(void *owner, struct pipe_connection *connection, DWORD error)
{
    struct server *server = owner;
    struct pipe_connection_link *link = pipe_connection_link(connection);
    bool is_first_failure = false;

    AcquireSRWLockExclusive(&server->lock);
    list_remove(server, link);
    bool was_connected = link->is_connected;
    if (was_connected)
        server->connected--;
    else
        server->accepting--;
    if (error != ERROR_SUCCESS)
        is_first_failure = note_failure(server, error);
    ReleaseSRWLockExclusive(&server->lock);

    if (was_connected)
        statistics_connection_closed(statistics_of(server));
    if (is_first_failure)
        event_accept_failed(error);
    server_clients_refill(server);
}

static void on_freed(void *owner)
{
    server_clients_leave(owner);
}

void server_clients_sweep(struct server *server)
{
    AcquireSRWLockExclusive(&server->lock);
    uint64_t now_ms = server->host.now_ms();
    for (struct pipe_connection_link *link = server->first; link != NULL; link = link->next)
        pipe_connection_sweep(link->connection, now_ms);
    server->is_timer_set = false;
    if (needs_timer(server))
        set_timer(server);
    ReleaseSRWLockExclusive(&server->lock);
}

void server_clients_init(struct server *server)
{
    server->host.owner = server;
    server->host.on_limits = on_limits;
    server->host.on_connected = on_connected;
    server->host.on_identified = on_identified;
    server->host.on_closed = on_closed;
    server->host.on_freed = on_freed;
}
