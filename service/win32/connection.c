/* Locks: that of a connection orders issue, completion and sweep of its one operation, and guards
 * what struct connection lists after it. It is taken under the shared lock (sweep, eviction) and
 * nothing is taken under it. Everything else in a connection is its holder's: see connection.h. */
#include "service/win32/connection.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "service/session.h"
#include "service/win32/events.h"
#include "service/win32/pipe.h"

enum {
    WRITE_SIZE_MAX = 32 * 1024, /* of one write: progress is seen at least this often */
    STEPS_MAX = 64              /* of a session in one go: four for each request */
};

struct connection {
    struct seat seat;           /* guarded by the shared lock */
    struct turns_ticket ticket; /* the scan threads' while it waits */
    struct connection_shared *shared;
    HANDLE pipe;
    PTP_IO io;
    PTP_WORK work;
    volatile LONG references; /* one for being open, one for each operation and each caller */

    /* the holder's */
    bool has_client;
    struct session session; /* has_client */
    struct caller opener;   /* has_client: who opened the pipe */
    DWORD client_pid;       /* its process; 0: unknown */
    LONG settings_version;  /* of the limits and rights the session has */
    bool has_asked;         /* its seat knows of a complete request */

    SRWLOCK lock;          /* guards what follows */
    bool is_pending;       /* an operation, which was not cancelled; until then the session stays */
    bool must_look;        /* at its seat, before it waits for its client again */
    bool has_left;         /* the client: what it has sent is for nobody */
    OVERLAPPED overlapped; /* the kernel's until the completion, and so is the buffer */
};

static bool is_stopping(struct connection *connection)
{
    return InterlockedCompareExchange(&connection->shared->is_stopping, 0, 0) != 0;
}

/* --- references --- */

void connection_leave(struct connection_shared *shared)
{
    HANDLE freed = shared->freed;

    if (InterlockedDecrement(&shared->alive) == 0)
        SetEvent(freed);
}

static void release(struct connection *connection)
{
    struct connection_shared *shared = connection->shared;

    if (InterlockedDecrement(&connection->references) > 0)
        return;
    CloseThreadpoolIo(connection->io);
    CloseThreadpoolWork(connection->work);
    free(connection);
    connection_leave(shared);
}

/* Only the holder may.
 * error  Why accepting failed, or ERROR_SUCCESS. */
static void finish(struct connection *connection, DWORD error)
{
    struct connection_shared *shared = connection->shared;

    ASSERT(!connection->ticket.is_joined);
    if (connection->has_client)
        session_deinit(&connection->session);
    AcquireSRWLockExclusive(&shared->lock);
    bool was_connected = seats_remove(&shared->seats, &connection->seat);
    if (error != ERROR_SUCCESS)
        shared->accept_error = error;
    ReleaseSRWLockExclusive(&shared->lock);
    pipe_close(&connection->pipe); /* after that: has_left() looks at it */
    if (was_connected)
        statistics_connection(shared->context.statistics, false);
    SubmitThreadpoolWork(shared->attend);
    release(connection);
}

/* --- one operation --- */

/* Under the lock: accepts, reads or writes. ERROR_IO_PENDING: a completion comes. */
static DWORD issue(struct connection *connection)
{
    OVERLAPPED *overlapped = &connection->overlapped;
    struct session *session = &connection->session;
    BOOL is_done = FALSE;

    if (!connection->has_client) {
        is_done = pipe_calls.connect_named_pipe(connection->pipe, overlapped);
    } else if (session_next(session) == SESSION_READ) {
        size_t capacity = 0;
        char *space = session_space(session, &capacity);
        if (space == NULL)
            return ERROR_NOT_ENOUGH_MEMORY;
        is_done = pipe_calls.read_file(connection->pipe, space, (DWORD)capacity, NULL, overlapped);
    } else {
        const struct span bytes = conn_pending(&session->conn);
        const size_t size = bytes.size < WRITE_SIZE_MAX ? bytes.size : (size_t)WRITE_SIZE_MAX;
        is_done =
            pipe_calls.write_file(connection->pipe, bytes.data, (DWORD)size, NULL, overlapped);
    }
    return is_done ? ERROR_SUCCESS : GetLastError();
}

/* Starts an operation. Once it is pending its completion may run, and end, at any moment: the caller
 * must return without touching the connection.
 * Returns ERROR_IO_PENDING; ERROR_RETRY when the session must first learn that the server stops, or
 * what has become of its seat; else the result: no completion comes, and overlapped.InternalHigh is
 * the size. */
static DWORD start(struct connection *connection)
{
    DWORD error = ERROR_RETRY;

    InterlockedIncrement(&connection->references);
    AcquireSRWLockExclusive(&connection->lock);
    /* Checked under the lock: the sweep that follows the stop, or disturb(), either finds us pending,
     * or has been here before, and then we see the flag. */
    const bool must_look = connection->must_look;
    connection->must_look = false;
    if (!must_look && (!is_stopping(connection) || connection->session.conn.is_stopping)) {
        memset(&connection->overlapped, 0, sizeof connection->overlapped);
        StartThreadpoolIo(connection->io);
        error = issue(connection);
        connection->is_pending = error == ERROR_IO_PENDING;
        if (error != ERROR_IO_PENDING)
            CancelThreadpoolIo(connection->io);
    }
    ReleaseSRWLockExclusive(&connection->lock);
    if (error != ERROR_IO_PENDING)
        release(connection);
    return error;
}

/* Under the lock, with an operation pending. ERROR_NOT_FOUND: the completion is on its way already,
 * which is all we want. Any other failure leaves it pending, for the next sweep to try again. */
static void cancel(struct connection *connection)
{
    if (pipe_calls.cancel_io(connection->pipe, &connection->overlapped) ||
        GetLastError() == ERROR_NOT_FOUND)
        connection->is_pending = false;
}

/* --- read and write --- */

/* A change of the settings holds from the next request on. */
static void update_settings(struct connection *connection)
{
    struct connection_shared *shared = connection->shared;

    if (connection->session.answer != NULL ||
        InterlockedCompareExchange(&shared->settings_version, 0, 0) == connection->settings_version)
        return;
    AcquireSRWLockExclusive(&shared->lock);
    connection->settings_version = shared->settings_version;
    session_set_limits(&connection->session, &shared->limits);
    ReleaseSRWLockExclusive(&shared->lock);
}

/* Acts on what has become of its seat: the client may have to go. */
static void look_at_seat(struct connection *connection)
{
    struct connection_shared *shared = connection->shared;

    AcquireSRWLockExclusive(&shared->lock);
    connection->seat.has_asked = connection->has_asked;
    const enum seat_state state = connection->seat.state;
    ReleaseSRWLockExclusive(&shared->lock);
    if (state >= SEAT_CUT) {
        session_on_error(&connection->session);
    } else if (state != SEAT_CONNECTED && connection->session.refusal == NULL) {
        const bool is_user = state == SEAT_NO_USER_PLACE;
        const enum statistics_limit limit =
            is_user ? LIMIT_CONNECTIONS_PER_USER : LIMIT_CONNECTIONS;
        statistics_limit_hit(shared->context.statistics, limit);
        event_limit_hit(limit);
        session_refuse(&connection->session, STATUS_BUSY,
                       is_user ? "This user has as many connections as one user may have (limit "
                                 "connections_per_user)."
                               : "The server has as many connections as it may have (limit "
                                 "connections).");
    }
}

/* Reports what a read or write has led to, by the error of the call or of its completion. */
static void transferred(struct connection *connection, DWORD error, size_t size)
{
    struct session *session = &connection->session;
    const bool is_read = session_next(session) == SESSION_READ;
    const uint64_t now_ms = connection->shared->now_ms();

    if (is_read) /* before the deadline of its request is set */
        update_settings(connection);
    if (error == ERROR_OPERATION_ABORTED) { /* by the sweep, or for its seat */
        session_on_deadline(session, now_ms);
        if (is_read && session_next(session) == SESSION_READ) /* run() informs about a stop */
            look_at_seat(connection);
    } else if (error == ERROR_SUCCESS && size > 0) {
        if (is_read)
            session_on_read(session, size, now_ms);
        else
            session_on_written(session, size, now_ms);
        return;
    } else if (is_read && error != ERROR_SUCCESS) { /* else the client wrote nothing: read again */
        if (error == ERROR_BROKEN_PIPE || error == ERROR_PIPE_NOT_CONNECTED ||
            error == ERROR_NO_DATA)
            session_on_read(session, 0, now_ms);
        else
            session_on_error(session);
    }
    /* How much of a write the client got is unknown: it is never written again. */
    if (!is_read && session_next(session) == SESSION_WRITE)
        session_on_error(session);
}

/* Reads or writes. Returns true when it is pending. */
static bool transfer(struct connection *connection)
{
    const DWORD error = start(connection);

    if (error == ERROR_RETRY) /* run() informs about a stop */
        look_at_seat(connection);
    else if (error != ERROR_IO_PENDING)
        transferred(connection, error, connection->overlapped.InternalHigh);
    return error == ERROR_IO_PENDING;
}

/* --- what the session asks --- */

/* What the DACL grants and what the policy decides must be of the same settings. */
static void identify(struct connection *connection)
{
    struct client_access *access = &connection->shared->access;
    struct session *session = &connection->session;
    struct caller caller;

    AcquireSRWLockShared(&access->lock);
    const DWORD error = connection->shared->query_client(connection->pipe, access,
                                                         session_known_caller(session), &caller);
    session_on_caller(session, access->filtered_admins, error == ERROR_SUCCESS ? &caller : NULL);
    ReleaseSRWLockShared(&access->lock);
    if (error != ERROR_SUCCESS)
        event_identity_failed(error);
}

/* Returns true when the connection waits: it may be running elsewhere already. The reference goes
 * with the ticket. */
static bool wait_for_turn(struct connection *connection)
{
    struct connection_shared *shared = connection->shared;
    struct session *session = &connection->session;
    const bool is_first = !session->has_scanned;

    InterlockedIncrement(&connection->references);
    enum scan_wait wait =
        scan_threads_wait(&shared->scans, &connection->ticket, &session->grant.caller.user,
                          session_deadline_ms(session));
    if (wait == SCAN_CLOSED)
        release(connection);
    else if (wait == SCAN_WAITS && is_first)
        statistics_limit_hit(shared->context.statistics, LIMIT_SCANS);
    return wait != SCAN_CLOSED;
}

/* What follows whatever the session has done. */
static void follow(struct connection *connection)
{
    struct session *session = &connection->session;

    if (!session->conn.is_stopping && is_stopping(connection))
        session_stop(session, connection->shared->now_ms());
    if (connection->ticket.is_joined && !session_is_scanning(session))
        scan_threads_leave(&connection->shared->scans, &connection->ticket);
    const struct statistics_answer *ended = session_take_ended(session);
    if (ended != NULL)
        event_answered(&session->grant.caller, connection->client_pid, ended);
    update_settings(connection); /* the next request may be here already */
}

/* Does what the session asks until something is pending, or others are to get the thread: their work
 * is queued. */
static void run(struct connection *connection)
{
    for (int step = 0; step < STEPS_MAX; step++) {
        follow(connection);
        switch (session_next(&connection->session)) {
        case SESSION_READ:
        case SESSION_WRITE:
            if (transfer(connection))
                return;
            break;
        case SESSION_IDENTIFY:
            identify(connection);
            break;
        case SESSION_SERVE:
            if (connection->has_asked) {
                session_serve(&connection->session, connection->shared->now_ms());
            } else { /* its place may be taken by now: it is refused then */
                connection->has_asked = true;
                look_at_seat(connection);
            }
            break;
        case SESSION_SCAN:
            if (wait_for_turn(connection))
                return;
            break;
        case SESSION_CLOSE:
            finish(connection, ERROR_SUCCESS);
            return;
        }
    }
    InterlockedIncrement(&connection->references);
    SubmitThreadpoolWork(connection->work);
}

/* --- accept --- */

/* Makes a connection look at its seat when it waits for its client, now or next. Under the shared
 * lock, which keeps the connection. */
static void disturb(struct seat *seat)
{
    struct connection *connection = CONTAINING_RECORD(seat, struct connection, seat);

    AcquireSRWLockExclusive(&connection->lock);
    connection->must_look = true; /* it may be about to wait, or have got what it waited for */
    if (connection->is_pending &&
        (seat->state >= SEAT_CUT ||
         (connection->has_client && session_next(&connection->session) == SESSION_READ)))
        cancel(connection);
    ReleaseSRWLockExclusive(&connection->lock);
}

/* Has the client left? Under the shared lock, which keeps the connection and its pipe. */
static bool has_left(struct seat *seat)
{
    struct connection *connection = CONTAINING_RECORD(seat, struct connection, seat);

    AcquireSRWLockExclusive(&connection->lock);
    connection->has_left = connection->has_left || pipe_is_abandoned(connection->pipe);
    const bool result = connection->has_left;
    ReleaseSRWLockExclusive(&connection->lock);
    return result;
}

/* A client has connected: makes the session, or one that refuses. */
static void begin(struct connection *connection)
{
    struct connection_shared *shared = connection->shared;

    connection->client_pid = shared->query_opener(connection->pipe, &connection->opener);
    AcquireSRWLockExclusive(&shared->lock);
    struct seat *leaving = seats_connect(&shared->seats, &connection->seat, &shared->limits,
                                         &connection->opener, has_left);
    struct seat *cut = seats_cut(&shared->seats);
    if (leaving != NULL)
        disturb(leaving);
    if (cut != NULL)
        disturb(cut);
    shared->failures = 0;
    connection->settings_version = shared->settings_version;
    session_init(&connection->session, &shared->context, &shared->limits, &connection->opener,
                 shared->now_ms());
    ReleaseSRWLockExclusive(&shared->lock);

    connection->has_client = true;
    statistics_connection(shared->context.statistics, true);
    SubmitThreadpoolWork(shared->attend);
    look_at_seat(connection);
}

/* What accepting has led to, by the error of the call or of its completion. */
static void accept_done(struct connection *connection, DWORD error)
{
    switch (error) {
    case ERROR_IO_PENDING:
        break;
    case ERROR_SUCCESS:
    case ERROR_PIPE_CONNECTED:
        begin(connection);
        run(connection);
        break;
    case ERROR_NO_DATA: /* the client left before we noticed it, or at that moment */
    case ERROR_BROKEN_PIPE:
    case ERROR_PIPE_NOT_CONNECTED:
    case ERROR_OPERATION_ABORTED:
        if (error != ERROR_OPERATION_ABORTED) /* so that the instance can listen again */
            pipe_calls.disconnect_named_pipe(connection->pipe);
        InterlockedIncrement(&connection->references);
        SubmitThreadpoolWork(connection->work); /* after others that wait for the thread */
        break;
    default: /* ERROR_RETRY: the server stops */
        finish(connection, error == ERROR_RETRY ? ERROR_SUCCESS : error);
        break;
    }
}

/* --- callbacks; each comes with a reference --- */

static void CALLBACK on_completion(PTP_CALLBACK_INSTANCE instance, void *context, void *overlapped,
                                   ULONG error, ULONG_PTR size, PTP_IO io)
{
    struct connection *connection = context;
    (void)instance, (void)overlapped, (void)io;

    AcquireSRWLockExclusive(&connection->lock);
    connection->is_pending = false;
    ReleaseSRWLockExclusive(&connection->lock);

    if (!connection->has_client) {
        accept_done(connection, error);
    } else {
        transferred(connection, connection->has_left ? ERROR_BROKEN_PIPE : (DWORD)error, size);
        run(connection);
    }
    release(connection);
}

/* To accept again, to end waiting for a turn, or to go on after others. */
static void CALLBACK on_work(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work)
{
    struct connection *connection = context;
    (void)instance, (void)work;

    if (connection->has_client) {
        session_on_deadline(&connection->session, connection->shared->now_ms());
        run(connection);
    } else {
        accept_done(connection, start(connection));
    }
    release(connection);
}

void connection_resume(struct turns_ticket *ticket, const struct watch_target *hung)
{
    struct connection *connection = CONTAINING_RECORD(ticket, struct connection, ticket);

    if (hung != NULL)
        session_on_abandoned(&connection->session, hung, connection->shared->now_ms());
    SubmitThreadpoolWork(connection->work);
}

void connection_take_turn(struct turns_ticket *ticket, struct watch *watch, uint64_t end_us)
{
    struct connection *connection = CONTAINING_RECORD(ticket, struct connection, ticket);

    if (pipe_is_abandoned(connection->pipe)) /* nobody waits for the scan any more */
        session_on_error(&connection->session);
    else if (session_scan(&connection->session, watch, end_us))
        session_on_served(&connection->session, connection->shared->now_ms());
    else
        return; /* the slice was abandoned: the connection has another holder */
    run(connection);
    release(connection);
}

/* --- what the server calls --- */

DWORD connection_listen(struct connection_shared *shared, HANDLE pipe)
{
    struct connection *connection = pipe_calls.allocate(1, sizeof *connection);

    if (connection == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    connection->shared = shared;
    connection->references = 2; /* one is ours */
    connection->work = pipe_calls.create_work(on_work, connection, &shared->environment);
    if (connection->work != NULL)
        connection->io =
            pipe_calls.create_io(pipe, on_completion, connection, &shared->environment);
    /* What is done at once is gone on with at once. */
    if (connection->io == NULL ||
        !SetFileCompletionNotificationModes(pipe, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)) {
        const DWORD error = GetLastError();
        if (connection->io != NULL)
            CloseThreadpoolIo(connection->io);
        if (connection->work != NULL)
            CloseThreadpoolWork(connection->work);
        free(connection);
        return error;
    }
    connection->pipe = pipe;
    AcquireSRWLockExclusive(&shared->lock);
    seats_add(&shared->seats, &connection->seat);
    ReleaseSRWLockExclusive(&shared->lock);
    accept_done(connection, start(connection));
    release(connection);
    return ERROR_SUCCESS;
}

static void sweep(struct connection *connection, uint64_t now_ms)
{
    struct session *session = &connection->session;

    AcquireSRWLockExclusive(&connection->lock);
    if (connection->is_pending) {
        bool must_cancel = is_stopping(connection) && !session->conn.is_stopping;
        /* A write may have been read in part, so it cannot be cancelled and repeated: it goes on
         * under the shorter deadline of a session that stops. */
        if (must_cancel && connection->has_client && session_next(session) == SESSION_WRITE) {
            session_stop(session, now_ms);
            must_cancel = false;
        }
        if (connection->has_client && now_ms >= session_deadline_ms(session) &&
            session_check(session, pipe_calls.unread_size(connection->pipe), now_ms))
            must_cancel = true;
        if (must_cancel)
            cancel(connection);
    }
    ReleaseSRWLockExclusive(&connection->lock);
}

void connections_sweep(struct connection_shared *shared)
{
    AcquireSRWLockExclusive(&shared->lock);
    uint64_t now_ms = shared->now_ms();
    for (struct seat *seat = shared->seats.first; seat != NULL; seat = seat->next)
        sweep(CONTAINING_RECORD(seat, struct connection, seat), now_ms);
    ReleaseSRWLockExclusive(&shared->lock);
}
