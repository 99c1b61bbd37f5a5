/* Locks: the shared lock guards the limits, the seats, and the server's own state of accepting and
 * its timer; see connection.h for the order. */
#include "service/win32/server.h"

#include <stdlib.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/win32/access_cmd.h"
#include "service/win32/connection.h"
#include "service/win32/events.h"
#include "service/win32/pipe.h"

enum {
    ACCEPT_RETRY_MS = 1000,   /* after a failure */
    ACCEPT_FAILURES_MAX = 90, /* in a row, one and a half minutes: the server gives up */
    SWEEP_INTERVAL_MS = WATCHDOG_INTERVAL_MS, /* deadlines are late by at most this */
    SWEEP_STOP_INTERVAL_MS = 50,              /* the same when the server stops */
    SWEEP_WINDOW_MS = 50,                     /* and this, so that the system can join wake-ups */
    POOL_THREADS_MIN = 2,
    POOL_THREADS_MAX = 16,
    STOP_WAIT_MS = STOP_TIMEOUT_MS - 100, /* sessions need half of it; then something hangs */
    STOP_THREADS_WAIT_MS = 100            /* scan threads, once no session is left */
};

struct server {
    struct connection_shared shared;
    struct watchdog watchdog;
    struct atomic listings;
    wchar_t pipe_name[PIPE_NAME_LENGTH_MAX + 1];
    SECURITY_ATTRIBUTES security;
    PTP_POOL pool;
    PTP_TIMER timer;
    HANDLE guard;
    HANDLE failed; /* event: the server has given up accepting clients */

    /* guarded by the shared lock */
    uint64_t retry_ms; /* accepting pauses until then */
    DWORD last_error;  /* of accepting */
    bool is_timer_set; /* only when there is something to watch: without clients no wake-ups */
};

/* --- the timer; under the lock --- */

static void set_timer(struct server *server)
{
    struct connection_shared *shared = &server->shared;
    const struct seats *seats = &shared->seats;
    const bool is_stopping = shared->is_stopping != 0;
    const bool is_needed = is_stopping ? seats->first != NULL
                                       : seats->connected + seats->leaving + shared->failures > 0;
    const int interval_ms = is_stopping ? SWEEP_STOP_INTERVAL_MS : SWEEP_INTERVAL_MS;
    LARGE_INTEGER from_now = {.QuadPart = interval_ms * -10000LL}; /* in 100 ns */
    FILETIME due = {.dwLowDateTime = from_now.LowPart, .dwHighDateTime = (DWORD)from_now.HighPart};

    if (server->is_timer_set || !is_needed)
        return;
    server->is_timer_set = true;
    SetThreadpoolTimer(server->timer, &due, 0, SWEEP_WINDOW_MS);
}

/* --- accepting --- */

/* Takes the right to make one more instance, unless accepting pauses after a failure. Counting it
 * as alive under the same lock as the stop makes sure that the stop waits for it. */
static bool reserve(struct server *server)
{
    struct connection_shared *shared = &server->shared;

    AcquireSRWLockExclusive(&shared->lock);
    const DWORD error = shared->accept_error;
    if (error != ERROR_SUCCESS) {
        server->last_error = error;
        shared->accept_error = ERROR_SUCCESS;
        server->retry_ms = shared->now_ms() + ACCEPT_RETRY_MS;
        if (++shared->failures >= ACCEPT_FAILURES_MAX && shared->seats.accepting == 0)
            SetEvent(server->failed);
    }
    const bool may = shared->is_stopping == 0 && shared->now_ms() >= server->retry_ms &&
                     seats_reserve(&shared->seats, &shared->limits);
    if (may)
        InterlockedIncrement(&shared->alive);
    set_timer(server);
    ReleaseSRWLockExclusive(&shared->lock);
    if (error != ERROR_SUCCESS)
        event_accept_failed(error);
    return may;
}

/* Makes as many instances wait as should, and looks at accepts that have failed. */
static void refill(struct server *server)
{
    struct connection_shared *shared = &server->shared;

    for (int made = 0; made <= SEATS_ACCEPTING_MAX && reserve(server); made++) {
        HANDLE pipe = NULL;

        DWORD error = pipe_create_instance(server->pipe_name, 0, &server->security, &pipe);
        if (error == ERROR_SUCCESS)
            error = connection_listen(shared, pipe);
        if (error == ERROR_SUCCESS)
            continue;
        pipe_close(&pipe);
        AcquireSRWLockExclusive(&shared->lock);
        seats_cancel(&shared->seats);
        shared->accept_error = error;
        ReleaseSRWLockExclusive(&shared->lock);
        connection_leave(shared);
    }
}

/* --- deadlines and the stop --- */

/* A callback counts as alive while it runs, so that the stop waits for it, and not for longer than it
 * waits for anything. Returns false when the stop waits no more: then everything may be gone. */
static bool enter(struct connection_shared *shared)
{
    LONG alive = InterlockedCompareExchange(&shared->alive, 0, 0);

    while (alive > 0) {
        const LONG found = InterlockedCompareExchange(&shared->alive, alive + 1, alive);
        if (found == alive)
            return true;
        alive = found;
    }
    return false;
}

static void watch(struct server *server)
{
    struct connection_shared *shared = &server->shared;
    const bool is_stopping = InterlockedCompareExchange(&shared->is_stopping, 0, 0) != 0;
    struct turns_ticket *ticket = NULL;
    struct watch_target hung;

    connections_sweep(shared);
    while ((ticket = scan_threads_abandon(&shared->scans, is_stopping ? 0 : WATCHDOG_QUERY_MS,
                                          &hung)) != NULL)
        connection_resume(ticket, &hung);
    uint64_t now_ms = is_stopping ? UINT64_MAX : shared->now_ms();
    while ((ticket = scan_threads_expire(&shared->scans, now_ms)) != NULL)
        connection_resume(ticket, NULL);
}

static void CALLBACK on_timer(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    struct server *server = context;
    struct connection_shared *shared = &server->shared;
    (void)instance, (void)timer;

    if (!enter(shared))
        return;
    AcquireSRWLockExclusive(&shared->lock);
    server->is_timer_set = false;
    ReleaseSRWLockExclusive(&shared->lock);
    watch(server);
    refill(server); /* sets the timer again */
    connection_leave(shared);
}

static void CALLBACK on_attend(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work)
{
    struct server *server = context;
    (void)instance, (void)work;

    if (!enter(&server->shared))
        return;
    refill(server);
    connection_leave(&server->shared);
}

/* --- start and stop --- */

/* The threads are for I/O; scans have their own. */
static DWORD create_objects(struct server *server)
{
    DWORD count = system_processors();

    if (count < POOL_THREADS_MIN)
        count = POOL_THREADS_MIN;
    server->failed = pipe_calls.create_event(NULL, TRUE, FALSE, NULL);
    if (server->failed == NULL)
        return GetLastError();
    server->shared.freed = pipe_calls.create_event(NULL, TRUE, FALSE, NULL);
    if (server->shared.freed == NULL)
        return GetLastError();
    server->pool = pipe_calls.create_pool(NULL);
    if (server->pool == NULL)
        return GetLastError();
    SetThreadpoolThreadMaximum(server->pool, count < POOL_THREADS_MAX ? count : POOL_THREADS_MAX);
    InitializeThreadpoolEnvironment(&server->shared.environment);
    SetThreadpoolCallbackPool(&server->shared.environment, server->pool);
    server->timer = pipe_calls.create_timer(on_timer, server, &server->shared.environment);
    if (server->timer == NULL)
        return GetLastError();
    server->shared.attend = pipe_calls.create_work(on_attend, server, &server->shared.environment);
    return server->shared.attend == NULL ? GetLastError() : ERROR_SUCCESS;
}

/* No connection exists and no scan thread runs. */
static void destroy(struct server *server)
{
    if (server->shared.attend != NULL) {
        WaitForThreadpoolWorkCallbacks(server->shared.attend, TRUE);
        CloseThreadpoolWork(server->shared.attend);
    }
    if (server->timer != NULL) {
        SetThreadpoolTimer(server->timer, NULL, 0, 0);
        WaitForThreadpoolTimerCallbacks(server->timer, TRUE);
        CloseThreadpoolTimer(server->timer);
    }
    if (server->pool != NULL) {
        DestroyThreadpoolEnvironment(&server->shared.environment);
        CloseThreadpool(server->pool);
    }
    pipe_close(&server->guard);
    handle_close(&server->failed);
    handle_close(&server->shared.freed);
    descriptor_free(&server->security.lpSecurityDescriptor);
    descriptor_free(&server->shared.access.descriptor);
    free(server);
}

DWORD server_set_access(struct server *server, const char *access_sddl, enum filtered_admins mode)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;

    DWORD error = descriptor_create(access_sddl, &descriptor);
    if (error == ERROR_SUCCESS) {
        client_access_set(&server->shared.access, descriptor, mode);
        InterlockedIncrement(&server->shared.settings_version);
    }
    return error;
}

static DWORD set_config(struct server *server, const struct server_config *config)
{
    struct connection_shared *shared = &server->shared;

    shared->limits = *config->limits;
    watchdog_init(&server->watchdog, system_awake_ms);
    shared->context = *config->context;
    shared->context.watchdog = &server->watchdog;
    shared->context.listings = &server->listings;
    shared->now_ms = config->now_ms != NULL ? config->now_ms : system_now_ms;
    shared->query_client = config->query_client != NULL ? config->query_client : client_token_query;
    shared->query_opener =
        config->query_opener != NULL ? config->query_opener : client_token_opener;
    shared->alive = 1;
    server->security.nLength = sizeof server->security;
    DWORD error = text_w_from_utf8(server->pipe_name, PIPE_NAME_LENGTH_MAX + 1,
                                   span_from_string(config->pipe_name));
    if (error == ERROR_SUCCESS)
        error = descriptor_create(config->pipe_sddl, &server->security.lpSecurityDescriptor);
    return error == ERROR_SUCCESS
               ? server_set_access(server, config->access_sddl, config->filtered_admins)
               : error;
}

DWORD server_create(const struct server_config *config, struct server **server)
{
    struct server *created = pipe_calls.allocate(1, sizeof *created);

    if (created == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = set_config(created, config);
    if (error == ERROR_SUCCESS)
        error = create_objects(created);
    if (error == ERROR_SUCCESS)
        error = pipe_create_guard(created->pipe_name, &created->security, &created->guard);
    if (error == ERROR_SUCCESS)
        error = scan_threads_start(&created->shared.scans, created->shared.limits.scans,
                                   connection_take_turn, &created->watchdog);
    if (error != ERROR_SUCCESS) {
        destroy(created);
        return error;
    }
    refill(created);
    AcquireSRWLockExclusive(&created->shared.lock);
    error = created->last_error;
    ReleaseSRWLockExclusive(&created->shared.lock);
    if (error == ERROR_SUCCESS) {
        *server = created;
        return ERROR_SUCCESS;
    }
    if (server_stop(created) != ERROR_SUCCESS) /* a client was there already, and its query hangs */
        pipe_end_process(EXIT_CODE_FAILED);
    return error;
}

DWORD server_stop(struct server *server)
{
    if (server == NULL)
        return ERROR_SUCCESS;
    struct connection_shared *shared = &server->shared;
    AcquireSRWLockExclusive(&shared->lock);
    InterlockedExchange(&shared->is_stopping, 1);
    server->is_timer_set = false; /* it comes more often now */
    set_timer(server);
    ReleaseSRWLockExclusive(&shared->lock);
    scan_threads_close(&shared->scans);
    watch(server);
    connection_leave(shared);
    if (WaitForSingleObject(shared->freed, STOP_WAIT_MS) != WAIT_OBJECT_0)
        return ERROR_TIMEOUT;
    if (!scan_threads_stop(&shared->scans, STOP_THREADS_WAIT_MS)) {
        pipe_close(&server->guard); /* no lost thread keeps the pipe's name */
        return ERROR_IO_INCOMPLETE;
    }
    destroy(server);
    return ERROR_SUCCESS;
}

DWORD server_configure(struct server *server, const struct server_limits *limits)
{
    struct connection_shared *shared = &server->shared;

    AcquireSRWLockExclusive(&shared->lock);
    shared->limits = *limits;
    InterlockedIncrement(&shared->settings_version);
    ReleaseSRWLockExclusive(&shared->lock);
    refill(server);
    return scan_threads_set_count(&shared->scans, limits->scans);
}

HANDLE server_failed_event(const struct server *server)
{
    return server->failed;
}
