/* What comes to a connection from outside, under its lock: deadlines, the stop, and being sent
 * away. All it does is to cancel the pending operation; the completion, which comes in any case,
 * tells the session. */
#include "service/win32/connection_private.h"
#include "service/win32/pipe_calls.h"

/* Under the lock, with an operation pending. ERROR_NOT_FOUND: the completion is on its way already,
 * and that is all we want. Any other failure leaves it pending, for the next sweep to try again. */
static bool cancel(struct pipe_connection *connection)
{
    if (!pipe_calls.cancel_io(connection->pipe, &connection->overlapped) &&
        GetLastError() != ERROR_NOT_FOUND)
        return false;
    connection->state = IO_CANCELLED;
    return true;
}

void pipe_connection_evict(struct pipe_connection *connection)
{
    AcquireSRWLockExclusive(&connection->lock);
    if (connection->state == IO_PENDING && connection->operation == OPERATION_READ)
        connection->is_evicted = cancel(connection);
    ReleaseSRWLockExclusive(&connection->lock);
}

void pipe_connection_sweep(struct pipe_connection *connection, uint64_t now_ms)
{
    AcquireSRWLockExclusive(&connection->lock);
    if (connection->state == IO_PENDING) {
        bool must_tell = pipe_host_is_stopping(connection->host) && !connection->is_stop_told;
        /* A write may have been read in part, so it cannot be cancelled and done again: it goes on
         * under the shorter deadline of a session that stops. */
        if (must_tell && connection->operation == OPERATION_WRITE) {
            session_stop(&connection->session, now_ms);
            connection->deadline_ms = session_deadline_ms(&connection->session);
            connection->is_stop_told = true;
            must_tell = false;
        }
        bool is_overdue = now_ms >= connection->deadline_ms;
        if (is_overdue && connection->operation == OPERATION_WRITE) {
            is_overdue = session_check_write(&connection->session, now_ms);
            connection->deadline_ms = session_deadline_ms(&connection->session);
        }
        if (must_tell || is_overdue)
            (void)cancel(connection);
    }
    ReleaseSRWLockExclusive(&connection->lock);
}
