#include "service/conn.h"

#include <string.h>

#include "common/base/assertion.h"

static const char BYTE_ORDER_MARK[] = "\xEF\xBB\xBF";
enum { BYTE_ORDER_MARK_SIZE = sizeof BYTE_ORDER_MARK - 1 };

/* --- deadlines and the end --- */

static void set_deadline(struct conn *conn, uint64_t now_ms, uint64_t timeout_ms)
{
    conn->deadline_ms =
        now_ms + timeout_ms < conn->end_deadline_ms ? now_ms + timeout_ms : conn->end_deadline_ms;
}

/* From here on no deadline is later than this one. */
static void end_until(struct conn *conn, uint64_t deadline_ms)
{
    if (deadline_ms < conn->end_deadline_ms)
        conn->end_deadline_ms = deadline_ms;
    if (conn->deadline_ms != UINT64_MAX && conn->deadline_ms > conn->end_deadline_ms)
        conn->deadline_ms = conn->end_deadline_ms;
}

static void set_read_deadline(struct conn *conn, uint64_t now_ms, uint64_t timeout_ms,
                              enum conn_close_reason reason)
{
    conn->timeout_reason = reason;
    set_deadline(conn, now_ms, timeout_ms);
}

static void set_reason(struct conn *conn, enum conn_close_reason reason)
{
    if (conn->close_reason == CONN_OPEN) /* the first one is the cause of all that follows */
        conn->close_reason = reason;
}

void conn_on_error(struct conn *conn, enum conn_close_reason reason)
{
    set_reason(conn, reason);
    conn->action = CONN_CLOSE;
    conn->deadline_ms = UINT64_MAX;
}

static void serve(struct conn *conn)
{
    conn->action = CONN_SERVE;
    conn->deadline_ms = UINT64_MAX;
}

static void serve_fault(struct conn *conn, enum conn_close_reason reason, enum status fault)
{
    set_reason(conn, reason);
    conn->fault = fault;
    conn->is_last = true;
    serve(conn);
}

/* --- lines --- */

static void release_input(struct conn *conn)
{
    buffer_release(&conn->in);
    conn->line_offset = conn->line_size = conn->search_offset = 0;
}

/* Until its three bytes are here it is left alone: no shorter text that looks like one is a
 * complete line. */
static void drop_byte_order_mark(struct conn *conn)
{
    if (conn->has_begun || conn->in.size < BYTE_ORDER_MARK_SIZE)
        return;
    conn->has_begun = true;
    if (memcmp(conn->in.data, BYTE_ORDER_MARK, BYTE_ORDER_MARK_SIZE) == 0) {
        buffer_consume(&conn->in, BYTE_ORDER_MARK_SIZE);
        conn->search_offset = 0;
    }
}

/* Makes the next line the current one, when it is complete. */
static void find_line(struct conn *conn)
{
    const size_t rest = conn->in.size - conn->search_offset;
    const char *from = rest > 0 ? conn->in.data + conn->search_offset : NULL;
    const char *newline = rest > 0 ? memchr(from, '\n', rest) : NULL;

    conn->action = CONN_READ;
    if (newline != NULL) {
        conn->search_offset += (size_t)(newline - from) + 1;
        conn->line_size = conn->search_offset - conn->line_offset;
        conn->has_begun = true;
        serve(conn);
        return;
    }
    conn->search_offset = conn->in.size;
    if (conn->in.size - conn->line_offset >= REQUEST_SIZE_MAX)
        serve_fault(conn, CONN_TOO_LARGE, STATUS_TOO_LARGE);
}

static void drop_line(struct conn *conn)
{
    conn->line_offset += conn->line_size;
    conn->line_size = 0;
}

/* The next line is here, has begun, or is waited for without memory. */
static void next_request(struct conn *conn, uint64_t now_ms)
{
    drop_line(conn);
    find_line(conn);
    if (conn->action != CONN_READ)
        return;
    if (conn->line_offset < conn->in.size) {
        /* It began while we did not read; that time does not count against the client. */
        set_read_deadline(conn, now_ms, conn->limits->request_ms, CONN_REQUEST_TIMEOUT);
        return;
    }
    release_input(conn);
    buffer_release(&conn->out);
    set_read_deadline(conn, now_ms, conn->limits->idle_ms, CONN_IDLE_TIMEOUT);
}

static void drain(struct conn *conn, uint64_t now_ms)
{
    buffer_release(&conn->out);
    release_input(conn);
    conn->action = CONN_READ;
    conn->is_last = true;
    conn->unread_size = SIZE_MAX;
    end_until(conn, now_ms + CONN_DRAIN_TIMEOUT_MS +
                        CONN_DRAIN_WRITES * (uint64_t)conn->limits->write_ms);
    set_deadline(conn, now_ms, CONN_DRAIN_TIMEOUT_MS);
}

/* All of `out` is sent, or there was nothing to send. */
static void output_done(struct conn *conn, uint64_t now_ms)
{
    buffer_clear(&conn->out);
    conn->written_size = 0;
    if (conn->out.capacity > 2 * OUTPUT_SIZE) /* one huge row; the next are not */
        buffer_release(&conn->out);

    if (conn->answer_goes_on)
        serve(conn);
    else if (conn->is_last)
        drain(conn, now_ms);
    else if (conn->is_stopping)
        serve_fault(conn, CONN_STOPPED, STATUS_STOPPING);
    else
        next_request(conn, now_ms);
}

/* --- what the owner calls --- */

bool conn_is_draining(const struct conn *conn)
{
    return conn->action == CONN_READ && conn->is_last;
}

void conn_init(struct conn *conn, const struct server_limits *limits, uint64_t now_ms)
{
    *conn = (struct conn){.limits = limits, .end_deadline_ms = UINT64_MAX};
    buffer_init(&conn->in, REQUEST_SIZE_MAX);
    buffer_init(&conn->out, CONN_OUTPUT_SIZE_MAX);
    set_read_deadline(conn, now_ms, limits->first_byte_ms, CONN_SILENT_TIMEOUT);
}

void conn_deinit(struct conn *conn)
{
    release_input(conn);
    buffer_release(&conn->out);
    conn_on_error(conn, CONN_PEER_CLOSED);
}

char *conn_space(struct conn *conn, size_t *capacity)
{
    struct buffer *in = &conn->in;

    ASSERT(conn->action == CONN_READ);
    if (conn->line_offset > 0) { /* what is served makes room for what is not */
        buffer_consume(in, conn->line_offset);
        conn->search_offset -= conn->line_offset;
        conn->line_offset = 0;
    }
    if (in->size == in->capacity &&
        !buffer_reserve(in, in->capacity == 0 ? (size_t)CONN_SPACE_SIZE : in->capacity)) {
        conn_on_error(conn, CONN_NO_MEMORY);
        return NULL;
    }
    *capacity = in->capacity - in->size;
    return in->data + in->size;
}

void conn_on_read(struct conn *conn, size_t size, uint64_t now_ms)
{
    ASSERT(conn->action == CONN_READ);
    ASSERT(size <= conn->in.capacity - conn->in.size);
    if (size == 0) { /* nobody is left to answer an unfinished line */
        conn_on_error(conn, CONN_PEER_CLOSED);
        return;
    }
    if (conn->is_last) {
        conn->drained_size += size;
        if (conn->drained_size >= CONN_DRAIN_SIZE_MAX)
            conn_on_error(conn, CONN_PEER_CLOSED);
        return;
    }
    if (conn->timeout_reason != CONN_REQUEST_TIMEOUT) /* a trickle does not extend it */
        set_read_deadline(conn, now_ms, conn->limits->request_ms, CONN_REQUEST_TIMEOUT);
    conn->in.size += size;
    drop_byte_order_mark(conn);
    find_line(conn);
}

struct span conn_request(const struct conn *conn)
{
    ASSERT(conn->action == CONN_SERVE);
    ASSERT(conn->fault == STATUS_OK);
    ASSERT(conn->line_size > 0);

    struct span line = {conn->in.data + conn->line_offset, conn->line_size - 1};
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

void conn_on_request_read(struct conn *conn)
{
    ASSERT(conn->action == CONN_SERVE);
    drop_line(conn);
    if (conn->line_offset == conn->in.size)
        release_input(conn);
}

void conn_on_served(struct conn *conn, bool more, uint64_t now_ms)
{
    ASSERT(conn->action == CONN_SERVE);
    ASSERT(!more || conn->fault == STATUS_OK);
    conn->answer_goes_on = more;
    if (more && conn->out.size < OUTPUT_SIZE)
        return;
    if (conn->out.size == 0) {
        output_done(conn, now_ms);
        return;
    }
    conn->action = CONN_WRITE;
    set_deadline(conn, now_ms, conn->limits->write_ms);
}

struct span conn_pending(const struct conn *conn)
{
    ASSERT(conn->action == CONN_WRITE);
    return span_from(buffer_span(&conn->out), conn->written_size);
}

void conn_on_written(struct conn *conn, size_t size, uint64_t now_ms)
{
    ASSERT(conn->action == CONN_WRITE);
    ASSERT(size > 0);
    ASSERT(size <= conn->out.size - conn->written_size);
    conn->written_size += size;
    if (conn->written_size == conn->out.size)
        output_done(conn, now_ms);
    else
        set_deadline(conn, now_ms, conn->limits->write_ms);
}

bool conn_check_drain(struct conn *conn, size_t unread_size, uint64_t now_ms)
{
    if (conn_is_draining(conn) && now_ms >= conn->deadline_ms && unread_size > 0 &&
        unread_size < conn->unread_size) {
        conn->unread_size = unread_size;
        set_deadline(conn, now_ms, CONN_DRAIN_TIMEOUT_MS);
    }
    return now_ms >= conn->deadline_ms;
}

void conn_on_deadline(struct conn *conn, uint64_t now_ms)
{
    if (now_ms < conn->deadline_ms)
        return;
    if (conn->action == CONN_READ && !conn->is_last) {
        serve_fault(conn, conn->timeout_reason, STATUS_TIMED_OUT);
    } else if (conn->action == CONN_WRITE && now_ms < conn->end_deadline_ms) {
        set_reason(conn, CONN_WRITE_TIMEOUT);
        drain(conn, now_ms); /* also what the client is writing, so that it can go on to read */
    } else if (conn->action == CONN_WRITE || conn->action == CONN_READ) {
        conn_on_error(conn, conn->action == CONN_WRITE ? CONN_WRITE_TIMEOUT : CONN_PEER_CLOSED);
    }
}

void conn_refuse(struct conn *conn, enum status code)
{
    if (conn->is_last) /* a fault is reported already */
        return;
    ASSERT(conn->action == CONN_READ || conn->action == CONN_SERVE);
    ASSERT(code != STATUS_OK);
    ASSERT(conn->out.size == 0 && !conn->answer_goes_on);
    serve_fault(conn, CONN_REFUSED, code);
}

void conn_end_answer(struct conn *conn, enum conn_close_reason reason, uint64_t now_ms)
{
    ASSERT(conn->fault == STATUS_OK);
    ASSERT(conn->action == CONN_SERVE || (conn->action == CONN_WRITE && conn->answer_goes_on));
    set_reason(conn, reason);
    conn->is_last = true;
    end_until(conn, now_ms + CONN_DRAIN_TIMEOUT_MS +
                        CONN_ANSWER_WRITES * (uint64_t)conn->limits->write_ms);
}

void conn_stop(struct conn *conn, uint64_t now_ms)
{
    if (conn->is_stopping || conn->action == CONN_CLOSE)
        return;
    conn->is_stopping = true;
    end_until(conn, now_ms + CONN_STOP_TIMEOUT_MS);
    set_reason(conn, CONN_STOPPED);

    if (conn->action == CONN_READ && !conn->is_last)
        serve_fault(conn, CONN_STOPPED, STATUS_STOPPING);
    else if (conn->action == CONN_SERVE || conn->answer_goes_on)
        conn->is_last = true; /* the owner ends the answer with its own `stopping` line */
}
