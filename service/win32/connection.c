/* Locks: that of a connection orders issue, completion and sweep of its one operation, and guards
 * what struct pipe_connection lists behind it. It is taken under the server's lock (by the sweep)
 * and nothing is taken under it. All the rest of a connection is its holder's: see
 * pipe_connection.h. */
#include "service/win32/connection.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "service/win32/connection_private.h"
#include "service/win32/pipe_calls.h"

enum { ACCEPT_ATTEMPTS_MAX = 16 }; /* clients that came and went before others get the thread */

bool pipe_host_is_stopping(struct pipe_host *host)
{
    return InterlockedCompareExchange(&host->is_stopping, 0, 0) != 0;
}

void pipe_host_stop(struct pipe_host *host)
{
    InterlockedExchange(&host->is_stopping, 1);
}

struct pipe_connection_link *pipe_connection_link(struct pipe_connection *connection)
{
    return &connection->link;
}

/* --- references --- */

static void reference(struct pipe_connection *connection)
{
    InterlockedIncrement(&connection->references);
}

static void release(struct pipe_connection *connection)
{
    struct pipe_host *host = connection->host;

    if (InterlockedDecrement(&connection->references) > 0)
        return;
    ASSERT(connection->state == IO_IDLE);
    handle_close(&connection->pipe);
    CloseThreadpoolIo(connection->io);
    CloseThreadpoolWork(connection->work);
    free(connection);
    host->on_freed(host->owner);
}

void pipe_connection_close(struct pipe_connection *connection, DWORD error)
{
    struct pipe_host *host = connection->host;

    ASSERT(connection->link.ticket.state == SLOTS_NONE);
    if (connection->phase == PHASE_SERVING)
        session_deinit(&connection->session);
    connection->phase = PHASE_CLOSED;
    pipe_calls.disconnect_named_pipe(
        connection->pipe); /* fails when no client ever came: no matter */
    handle_close(&connection->pipe);
    host->on_closed(host->owner, connection, error);
    release(connection);
}

void pipe_connection_resume_later(struct pipe_connection *connection)
{
    reference(connection);
    SubmitThreadpoolWork(connection->work);
}

void pipe_connection_wake(struct pipe_connection *connection)
{
    pipe_connection_resume_later(connection);
}

/* --- one operation --- */

/* Returns ERROR_IO_PENDING when a completion comes, which it does also for what succeeds at once.
 */
static DWORD issue(struct pipe_connection *connection, const struct pipe_request *request)
{
    OVERLAPPED *overlapped = &connection->overlapped;
    BOOL is_done = FALSE;

    switch (request->operation) {
    case OPERATION_ACCEPT:
        is_done = pipe_calls.connect_named_pipe(connection->pipe, overlapped);
        break;
    case OPERATION_READ:
        is_done =
            pipe_calls.read_file(connection->pipe, request->space, request->size, NULL, overlapped);
        break;
    case OPERATION_WRITE:
        is_done = pipe_calls.write_file(connection->pipe, request->bytes, request->size, NULL,
                                        overlapped);
        break;
    }
    return is_done ? ERROR_IO_PENDING : GetLastError();
}

DWORD pipe_connection_start(struct pipe_connection *connection, const struct pipe_request *request)
{
    DWORD error = ERROR_RETRY;

    reference(connection);
    AcquireSRWLockExclusive(&connection->lock);
    /* Looked at under the lock: the sweep that follows the stop either finds us pending or has
     * been before, and then we see the flag. */
    if (!pipe_host_is_stopping(connection->host) || connection->is_stop_told) {
        memset(&connection->overlapped, 0, sizeof connection->overlapped);
        StartThreadpoolIo(connection->io);
        error = issue(connection, request);
        if (error == ERROR_IO_PENDING) {
            connection->state = IO_PENDING;
            connection->operation = request->operation;
            connection->deadline_ms = request->deadline_ms;
        } else {
            CancelThreadpoolIo(connection->io);
        }
    }
    ReleaseSRWLockExclusive(&connection->lock);
    if (error != ERROR_IO_PENDING)
        release(connection);
    return error;
}

/* --- accept --- */

/* The client was gone before we saw him, or went in that moment. */
static bool is_client_gone(DWORD error)
{
    return error == ERROR_NO_DATA || error == ERROR_BROKEN_PIPE ||
           error == ERROR_PIPE_NOT_CONNECTED;
}

static void accept_client(struct pipe_connection *connection)
{
    const struct pipe_request request = {.operation = OPERATION_ACCEPT, .deadline_ms = UINT64_MAX};

    for (int attempt = 0; attempt < ACCEPT_ATTEMPTS_MAX; attempt++) {
        DWORD error = pipe_connection_start(connection, &request);
        if (error == ERROR_IO_PENDING)
            return;
        if (error == ERROR_PIPE_CONNECTED) {
            connection->phase = PHASE_ACCEPTED;
            break;
        }
        if (error == ERROR_RETRY) { /* nobody is here to be told anything */
            pipe_connection_close(connection, ERROR_SUCCESS);
            return;
        }
        if (!is_client_gone(error)) {
            pipe_connection_close(connection, error);
            return;
        }
        pipe_calls.disconnect_named_pipe(
            connection->pipe); /* so that the instance can listen again */
    }
    pipe_connection_resume_later(connection);
}

/* Returns false when the connection is closed or waits again. */
static bool accept_done(struct pipe_connection *connection, DWORD error)
{
    if (error == ERROR_SUCCESS) {
        connection->phase = PHASE_ACCEPTED;
        return true;
    }
    if (is_client_gone(error) || error == ERROR_OPERATION_ABORTED) {
        if (error != ERROR_OPERATION_ABORTED)
            pipe_calls.disconnect_named_pipe(connection->pipe);
        accept_client(connection); /* closes when the server stops */
    } else {
        pipe_connection_close(connection, error);
    }
    return false;
}

void pipe_connection_accept(struct pipe_connection *connection)
{
    reference(connection);
    accept_client(connection);
    release(connection);
}

static void CALLBACK on_completion(PTP_CALLBACK_INSTANCE instance, void *context, void *overlapped,
                                   ULONG error, ULONG_PTR size, PTP_IO io)
{
    struct pipe_connection *connection = context;
    bool goes_on = true;
    (void)instance, (void)overlapped, (void)io;

    AcquireSRWLockExclusive(&connection->lock);
    enum operation operation = connection->operation;
    connection->state = IO_IDLE;
    ReleaseSRWLockExclusive(&connection->lock);

    connection->presence_us = system_now_us(NULL);
    switch (operation) {
    case OPERATION_ACCEPT:
        goes_on = accept_done(connection, error);
        if (goes_on)
            pipe_connection_begin(connection);
        break;
    case OPERATION_READ:
        pipe_connection_read_done(connection, error, size);
        break;
    case OPERATION_WRITE:
        pipe_connection_write_done(connection, error, size);
        break;
    }
    if (goes_on)
        pipe_connection_run(connection);
    release(connection);
}

static void CALLBACK on_work(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work)
{
    struct pipe_connection *connection = context;
    (void)instance, (void)work;

    if (connection->phase == PHASE_ACCEPTING) {
        accept_client(connection);
    } else {
        if (connection->phase == PHASE_ACCEPTED)
            pipe_connection_begin(connection);
        pipe_connection_run(connection);
    }
    release(connection);
}

DWORD pipe_connection_create(struct pipe_host *host, HANDLE pipe,
                             struct pipe_connection **connection)
{
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    struct pipe_connection *created = pipe_calls.allocate(1, sizeof *created);

    if (created == NULL)
        return error;
    created->host = host;
    created->references = 1;
    created->link.connection = created;
    InitializeSRWLock(&created->lock);
    created->work = pipe_calls.create_work(on_work, created, host->environment);
    if (created->work == NULL) {
        error = GetLastError();
        goto cleanup;
    }
    created->io = pipe_calls.create_io(pipe, on_completion, created, host->environment);
    if (created->io == NULL) {
        error = GetLastError();
        goto cleanup;
    }
    created->pipe = pipe;
    *connection = created;
    return ERROR_SUCCESS;

cleanup:
    if (created->work != NULL)
        CloseThreadpoolWork(created->work);
    free(created);
    return error;
}
