#include "service/conn.h"

#include "common/base/assertion.h"

enum state {
    STATE_READ,  /* no whole line is here */
    STATE_SERVE, /* a line or a fault is */
    STATE_WRITE, /* `out` holds bytes to send */
    STATE_DRAIN, /* the last line is sent: let the client read it before the pipe is cut */
    STATE_CLOSED
};

static void set_deadline(struct conn *conn, uint64_t now_ms, uint64_t timeout_ms)
{
    uint64_t deadline_ms = now_ms + timeout_ms;

    if (deadline_ms > conn->end_deadline_ms)
        deadline_ms = conn->end_deadline_ms;
    conn->deadline_ms = deadline_ms;
}

/* From here on no deadline is behind this one. */
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

static void close_for(struct conn *conn, enum conn_close_reason reason)
{
    set_reason(conn, reason);
    conn->state = STATE_CLOSED;
    conn->deadline_ms = UINT64_MAX;
}

static void serve(struct conn *conn)
{
    conn->state = STATE_SERVE;
    conn->deadline_ms = UINT64_MAX;
}

static void serve_fault(struct conn *conn, enum conn_close_reason reason, enum status fault)
{
    set_reason(conn, reason);
    conn->fault = fault;
    conn->is_last = true;
    serve(conn);
}

static void drain(struct conn *conn, uint64_t now_ms)
{
    buffer_release(&conn->out);
    lines_release(&conn->in);
    conn->state = STATE_DRAIN;
    set_deadline(conn, now_ms, CONN_DRAIN_TIMEOUT_MS);
}

static void find_line(struct conn *conn)
{
    switch (lines_next(&conn->in)) {
    case LINES_NONE:
        conn->state = STATE_READ;
        break;
    case LINES_LINE:
        serve(conn);
        break;
    case LINES_TOO_LARGE:
        serve_fault(conn, CONN_TOO_LARGE, STATUS_TOO_LARGE);
        break;
    }
}

/* Between requests: the next line is here, has begun, or is waited for without memory. */
static void next_request(struct conn *conn, uint64_t now_ms)
{
    lines_drop(&conn->in);
    find_line(conn);
    if (conn->state != STATE_READ)
        return;
    if (!lines_is_empty(&conn->in)) {
        /* Its first byte came while we did not read; the client is not to blame for that time. */
        set_read_deadline(conn, now_ms, conn->limits->request_ms, CONN_REQUEST_TIMEOUT);
        return;
    }
    lines_release(&conn->in);
    buffer_release(&conn->out);
    set_read_deadline(conn, now_ms, conn->limits->idle_ms, CONN_IDLE_TIMEOUT);
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

void conn_init(struct conn *conn, const struct server_limits *limits, uint64_t now_ms)
{
    *conn = (struct conn){.limits = limits,
                          .end_deadline_ms = UINT64_MAX,
                          .fault = STATUS_OK,
                          .close_reason = CONN_OPEN,
                          .state = STATE_READ};
    lines_init(&conn->in);
    buffer_init(&conn->out, OUTPUT_SIZE + OUTPUT_ROW_SIZE_MAX);
    set_read_deadline(conn, now_ms, limits->first_byte_ms, CONN_SILENT_TIMEOUT);
}

void conn_deinit(struct conn *conn)
{
    lines_release(&conn->in);
    buffer_release(&conn->out);
    close_for(conn, CONN_PEER_CLOSED);
}

enum conn_action conn_next(const struct conn *conn)
{
    static const enum conn_action actions[] = {[STATE_READ] = CONN_READ,
                                               [STATE_SERVE] = CONN_SERVE,
                                               [STATE_WRITE] = CONN_WRITE,
                                               [STATE_DRAIN] = CONN_READ,
                                               [STATE_CLOSED] = CONN_CLOSE};
    return actions[conn->state];
}

uint64_t conn_deadline_ms(const struct conn *conn)
{
    return conn->deadline_ms;
}

char *conn_space(struct conn *conn, size_t *capacity)
{
    ASSERT(conn->state == STATE_READ || conn->state == STATE_DRAIN);

    char *space = lines_space(&conn->in, capacity);
    if (space == NULL)
        close_for(conn, CONN_NO_MEMORY);
    return space;
}

static void discard(struct conn *conn, size_t size)
{
    conn->drained_size += size;
    if (conn->drained_size >= CONN_DRAIN_SIZE_MAX)
        close_for(conn, CONN_PEER_CLOSED);
}

void conn_on_read(struct conn *conn, size_t size, uint64_t now_ms)
{
    ASSERT(conn->state == STATE_READ || conn->state == STATE_DRAIN);
    if (size == 0) { /* an unfinished line has nobody left to answer to */
        close_for(conn, CONN_PEER_CLOSED);
        return;
    }
    if (conn->state == STATE_DRAIN) {
        discard(conn, size);
        return;
    }
    if (conn->timeout_reason != CONN_REQUEST_TIMEOUT) /* a trickle does not extend it */
        set_read_deadline(conn, now_ms, conn->limits->request_ms, CONN_REQUEST_TIMEOUT);
    lines_add(&conn->in, size);
    find_line(conn);
}

enum status conn_fault(const struct conn *conn)
{
    ASSERT(conn->state == STATE_SERVE);
    return conn->fault;
}

struct span conn_request(const struct conn *conn)
{
    ASSERT(conn->state == STATE_SERVE);
    ASSERT(conn->fault == STATUS_OK);
    return lines_current(&conn->in);
}

struct buffer *conn_output(struct conn *conn)
{
    ASSERT(conn->state == STATE_SERVE);
    return &conn->out;
}

void conn_on_served(struct conn *conn, bool more, uint64_t now_ms)
{
    ASSERT(conn->state == STATE_SERVE);
    ASSERT(!more || conn->fault == STATUS_OK);
    conn->answer_goes_on = more;
    if (more && conn->out.size < OUTPUT_SIZE)
        return;
    if (conn->out.size == 0) {
        output_done(conn, now_ms);
        return;
    }
    conn->state = STATE_WRITE;
    set_deadline(conn, now_ms, conn->limits->write_ms);
}

void conn_on_no_memory(struct conn *conn)
{
    ASSERT(conn->state == STATE_SERVE);
    close_for(conn, CONN_NO_MEMORY);
}

struct span conn_pending(const struct conn *conn)
{
    ASSERT(conn->state == STATE_WRITE);
    return span_from(buffer_span(&conn->out), conn->written_size);
}

void conn_on_written(struct conn *conn, size_t size, uint64_t now_ms)
{
    ASSERT(conn->state == STATE_WRITE);
    ASSERT(size > 0);
    ASSERT(size <= conn->out.size - conn->written_size);
    conn->written_size += size;
    if (conn->written_size == conn->out.size)
        output_done(conn, now_ms);
    else
        set_deadline(conn, now_ms, conn->limits->write_ms);
}

void conn_on_error(struct conn *conn)
{
    close_for(conn, CONN_IO_ERROR);
}

void conn_on_deadline(struct conn *conn, uint64_t now_ms)
{
    if (now_ms < conn->deadline_ms)
        return;
    if (conn->state == STATE_READ)
        serve_fault(conn, conn->timeout_reason, STATUS_TIMED_OUT);
    else if (conn->state == STATE_WRITE)
        close_for(conn, CONN_WRITE_TIMEOUT);
    else if (conn->state == STATE_DRAIN)
        close_for(conn, CONN_PEER_CLOSED);
}

void conn_refuse(struct conn *conn, enum status code)
{
    ASSERT(conn->state == STATE_READ || conn->state == STATE_SERVE);
    ASSERT(code != STATUS_OK);
    ASSERT(conn->out.size == 0 && !conn->answer_goes_on);
    if (!conn->is_last) /* else a fault stands already */
        serve_fault(conn, CONN_REFUSED, code);
}

void conn_end_answer(struct conn *conn, enum conn_close_reason reason, uint64_t now_ms)
{
    ASSERT(conn->fault == STATUS_OK);
    ASSERT(conn->state == STATE_SERVE || (conn->state == STATE_WRITE && conn->answer_goes_on));
    set_reason(conn, reason);
    conn->is_last = true;
    end_until(conn, now_ms + conn->limits->write_ms + CONN_DRAIN_TIMEOUT_MS);
}

void conn_stop(struct conn *conn, uint64_t now_ms)
{
    if (conn->is_stopping || conn->state == STATE_CLOSED)
        return;
    conn->is_stopping = true;
    end_until(conn, now_ms + CONN_STOP_TIMEOUT_MS);
    set_reason(conn, CONN_STOPPED);

    if (conn->state == STATE_READ)
        serve_fault(conn, CONN_STOPPED, STATUS_STOPPING);
    else if (conn->state == STATE_SERVE || conn->answer_goes_on)
        conn->is_last = true; /* the owner ends the answer with its own `stopping` line */
}
