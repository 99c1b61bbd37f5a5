#include "service/win32/connection_private.h"

#include "common/win32/system_info.h"
#include "service/win32/events.h"
#include "service/win32/pipe.h"

enum {
    WRITE_SIZE_MAX = 32 * 1024,      /* of one write: progress is seen at least this often */
    SERVE_SLICE_US = 20 * 1000,      /* after this a scan gives its thread back */
    PRESENCE_INTERVAL_US = 50 * 1000 /* how often a scan looks whether its client is there */
};

/* --- limits --- */

/* Read before the limits: when they change in between they are read once more. */
static LONG limits_version(struct pipe_host *host)
{
    return InterlockedCompareExchange(&host->limits_version, 0, 0);
}

/* The operator may change them while clients are connected: it holds from the next request on. */
static void update_limits(struct pipe_connection *connection)
{
    struct pipe_host *host = connection->host;
    struct server_limits limits;
    LONG version = limits_version(host);

    if (version == connection->limits_version)
        return;
    connection->limits_version = version;
    host->on_limits(host->owner, &limits);
    session_set_limits(&connection->session, &limits);
}

void pipe_connection_begin(struct pipe_connection *connection)
{
    struct pipe_host *host = connection->host;
    uint64_t now_ms = host->now_ms();
    struct server_limits limits;

    connection->limits_version = limits_version(host);
    host->on_limits(host->owner, &limits);
    session_init(&connection->session, host->context, &limits, now_ms);
    connection->phase = PHASE_SERVING;
    const char *refusal = host->on_connected(host->owner, connection);
    if (refusal != NULL)
        session_refuse(&connection->session, STATUS_BUSY, refusal);
}

/* --- read and write --- */

/* The deadline may have come first: what it tells stands. */
static void evict(struct session *session)
{
    if (session_next(session) == SESSION_READ && !session_is_ending(session))
        session_refuse(session, STATUS_BUSY,
                       "Others wait for a connection, and on this one no request came (limit "
                       "connections).");
}

void pipe_connection_read_done(struct pipe_connection *connection, DWORD error, size_t size)
{
    struct session *session = &connection->session;
    uint64_t now_ms = connection->host->now_ms();

    update_limits(connection);
    switch (error) {
    case ERROR_SUCCESS:
        if (size > 0) /* else the client wrote nothing, which is no message: read again */
            session_on_read(session, size, now_ms);
        break;
    case ERROR_OPERATION_ABORTED: /* by the sweep; the loop tells about a stop */
        session_on_deadline(session, now_ms);
        if (connection->is_evicted)
            evict(session);
        break;
    case ERROR_BROKEN_PIPE:
    case ERROR_PIPE_NOT_CONNECTED:
    case ERROR_NO_DATA:
        session_on_read(session, 0, now_ms);
        break;
    default:
        session_on_error(session);
        break;
    }
    connection->is_evicted = false;
}

void pipe_connection_write_done(struct pipe_connection *connection, DWORD error, size_t size)
{
    struct session *session = &connection->session;
    uint64_t now_ms = connection->host->now_ms();

    if (error == ERROR_SUCCESS && size > 0) {
        session_on_written(session, size, now_ms);
        return;
    }
    if (error == ERROR_OPERATION_ABORTED)
        session_on_deadline(session, now_ms);
    /* How much of it the client got is unknown: it is never written again. */
    if (session_next(session) == SESSION_WRITE)
        session_on_error(session);
}

/* Both return true when the operation is pending. */
static bool start_read(struct pipe_connection *connection)
{
    struct session *session = &connection->session;
    size_t capacity = 0;
    char *space = session_space(session, &capacity);

    if (space == NULL)
        return false; /* the session closes */
    const struct pipe_request request = {
        .operation = OPERATION_READ,
        .space = space,
        .size = capacity > REQUEST_SIZE_MAX ? (DWORD)REQUEST_SIZE_MAX : (DWORD)capacity,
        .deadline_ms = session_deadline_ms(session),
    };
    DWORD error = pipe_connection_start(connection, &request);
    if (error != ERROR_IO_PENDING && error != ERROR_RETRY)
        pipe_connection_read_done(connection, error, 0);
    return error == ERROR_IO_PENDING;
}

static bool start_write(struct pipe_connection *connection)
{
    struct session *session = &connection->session;
    struct span pending = session_pending(session);
    const struct pipe_request request = {
        .operation = OPERATION_WRITE,
        .bytes = pending.data,
        .size = pending.size > WRITE_SIZE_MAX ? (DWORD)WRITE_SIZE_MAX : (DWORD)pending.size,
        .deadline_ms = session_deadline_ms(session),
    };
    DWORD error = pipe_connection_start(connection, &request);
    if (error != ERROR_IO_PENDING && error != ERROR_RETRY)
        pipe_connection_write_done(connection, error, 0);
    return error == ERROR_IO_PENDING;
}

/* --- the loop --- */

static void identify(struct pipe_connection *connection)
{
    struct pipe_host *host = connection->host;
    const struct policy policy = client_access_policy(&host->access);
    struct caller caller;
    DWORD error = pipe_client_query(connection->pipe, &host->access, &caller);

    if (error != ERROR_SUCCESS) {
        event_identity_failed(error);
        session_on_caller(&connection->session, &policy, NULL);
        return;
    }
    const char *refusal = host->on_identified(host->owner, connection, &caller);
    if (refusal != NULL)
        session_refuse(&connection->session, STATUS_BUSY, refusal);
    else
        session_on_caller(&connection->session, &policy, &caller);
}

/* --- slots --- */

/* Returns false when the connection waits: it may be running elsewhere already. */
static bool admit(struct pipe_connection *connection)
{
    struct pipe_host *host = connection->host;
    struct session *session = &connection->session;

    connection->is_waiting = true;
    if (!host->on_scan_wanted(host->owner, connection, session_deadline_ms(session),
                              !session->is_begun))
        return false;
    connection->is_waiting = false;
    session_on_slot(session);
    return true;
}

/* What a wait has brought: a slot, or the deadline. A stop is told by the loop. */
static void end_wait(struct pipe_connection *connection)
{
    if (!connection->is_waiting)
        return;
    connection->is_waiting = false;
    if (connection->link.ticket.state == SLOTS_HELD)
        session_on_slot(&connection->session);
    else
        session_on_deadline(&connection->session, connection->host->now_ms());
}

static void give_slot_back(struct pipe_connection *connection)
{
    struct pipe_host *host = connection->host;

    if (!session_has_idle_slot(&connection->session))
        return;
    host->on_scan_done(host->owner, connection);
    session_on_slot_lost(&connection->session, host->now_ms());
}

/* A slice of a scan is over: others who wait for a slot come first. */
static void pass_slot_on(struct pipe_connection *connection)
{
    struct pipe_host *host = connection->host;

    if (connection->session.has_slot && host->on_scan_turn(host->owner, connection))
        session_on_slot_lost(&connection->session, host->now_ms());
}

/* One step of an answer. Returns false when others should have the thread. */
static bool serve(struct pipe_connection *connection, uint64_t slice_end_us)
{
    session_serve(&connection->session, connection->host->now_ms());
    uint64_t now_us = system_now_us(NULL);
    if (now_us - connection->presence_us >= PRESENCE_INTERVAL_US) {
        connection->presence_us = now_us;
        if (pipe_is_abandoned(connection->pipe))
            session_on_error(&connection->session);
    }
    return now_us < slice_end_us;
}

static void tell_stop(struct pipe_connection *connection)
{
    if (connection->is_stop_told || !pipe_host_is_stopping(connection->host))
        return;
    connection->is_stop_told = true;
    session_stop(&connection->session, connection->host->now_ms());
}

void pipe_connection_run(struct pipe_connection *connection)
{
    uint64_t slice_end_us = system_now_us(NULL) + SERVE_SLICE_US;

    end_wait(connection);
    for (;;) {
        tell_stop(connection);
        give_slot_back(connection);
        switch (session_next(&connection->session)) {
        case SESSION_READ:
            if (start_read(connection))
                return;
            break;
        case SESSION_IDENTIFY:
            identify(connection);
            break;
        case SESSION_ADMIT:
            if (!admit(connection))
                return;
            break;
        case SESSION_SERVE:
            if (!serve(connection, slice_end_us)) {
                pass_slot_on(connection);
                pipe_connection_resume_later(connection);
                return;
            }
            break;
        case SESSION_WRITE:
            if (start_write(connection))
                return;
            break;
        case SESSION_CLOSE:
            pipe_connection_close(connection, ERROR_SUCCESS);
            return;
        }
    }
}
