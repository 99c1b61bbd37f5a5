#include "service/session.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/assertion.h"

enum { MESSAGE_CAPACITY = 192 };

/* The statistics count once which limit ended the connection. Whoever refused has counted that. */
static void count_reason(struct session *session)
{
    static const enum statistics_limit limits[] = {
        [CONN_SILENT_TIMEOUT] = LIMIT_FIRST_BYTE, [CONN_REQUEST_TIMEOUT] = LIMIT_REQUEST,
        [CONN_IDLE_TIMEOUT] = LIMIT_IDLE,         [CONN_WRITE_TIMEOUT] = LIMIT_WRITE,
        [CONN_ANSWER_TIMEOUT] = LIMIT_ANSWER,     [CONN_TOO_LARGE] = LIMIT_REQUEST_SIZE,
        [CONN_NO_MEMORY] = LIMIT_MEMORY,
    };

    if (session->conn.close_reason < CONN_SILENT_TIMEOUT || session->is_reason_counted)
        return;
    session->is_reason_counted = true;
    statistics_limit_hit(session->context.statistics, limits[session->conn.close_reason]);
}

/* --- begin and end --- */

void session_init(struct session *session, const struct answer_context *context,
                  const struct server_limits *limits, const struct caller *opener, uint64_t now_ms)
{
    *session = (struct session){.context = *context, .opener = opener};
    session->context.limits = *limits;
    conn_init(&session->conn, &session->context.limits, now_ms);
    policy_decide(FILTERED_ADMINS_OFF, NULL, &session->grant);
}

void session_set_limits(struct session *session, const struct server_limits *limits)
{
    session->context.limits = *limits;
    session->has_old_rights = true;
}

/* The answer, if there is one, is over and holds nothing any more. */
static void end_answer(struct session *session)
{
    if (session->answer == NULL)
        return;
    session->has_ended = true;
    session->ended = *answer_tally(session->answer);
    statistics_answered(session->context.statistics, &session->ended);
    answer_destroy(session->answer);
    session->answer = NULL;
}

const struct statistics_answer *session_take_ended(struct session *session)
{
    const bool has_ended = session->has_ended;

    session->has_ended = false;
    return has_ended ? &session->ended : NULL;
}

/* A closed session holds no process open. */
static void release_if_closed(struct session *session)
{
    if (session->conn.action == CONN_CLOSE || conn_is_draining(&session->conn))
        end_answer(session);
}

void session_deinit(struct session *session)
{
    end_answer(session);
    conn_deinit(&session->conn);
}

/* --- what to do next, and until when --- */

/* A client that only gets an error is granted nothing: no need to know who it is. */
static bool needs_caller(const struct session *session)
{
    const bool has_next_line = session->conn.action == CONN_SERVE && session->answer == NULL;

    return (session->has_unknown_bytes || (session->has_old_rights && has_next_line)) &&
           session->conn.fault == STATUS_OK && !conn_is_draining(&session->conn);
}

bool session_is_scanning(const struct session *session)
{
    return session->answer != NULL && answer_is_scan(session->answer);
}

enum session_action session_next(const struct session *session)
{
    const enum conn_action action = session->conn.action;

    if ((action == CONN_READ || action == CONN_SERVE) && needs_caller(session))
        return SESSION_IDENTIFY;
    if (action == CONN_SERVE && session_is_scanning(session))
        return SESSION_SCAN;
    return (enum session_action)action;
}

/* The first turn must come soon, or the client gets `busy`. An answer that has begun is not given
 * up as easily. */
static uint64_t turn_deadline_ms(const struct session *session)
{
    return session->wait_start_ms + (session->has_scanned ? session->context.limits.answer_ms
                                                          : session->context.limits.scan_wait_ms);
}

/* Of writing an answer that goes on; after its end only the write deadline counts. */
static uint64_t reader_deadline_ms(const struct session *session)
{
    uint64_t limit_ms = session->context.limits.answer_ms;

    if (session->conn.action != CONN_WRITE || !session_is_scanning(session))
        return UINT64_MAX;
    return session->wait_start_ms +
           (limit_ms > session->reader_wait_ms ? limit_ms - session->reader_wait_ms : 0);
}

uint64_t session_deadline_ms(const struct session *session)
{
    const uint64_t conn_ms = session->conn.deadline_ms, reader_ms = reader_deadline_ms(session);

    if (session_next(session) == SESSION_SCAN)
        return turn_deadline_ms(session);
    return reader_ms < conn_ms ? reader_ms : conn_ms;
}

/* --- reading, identifying, refusing --- */

char *session_space(struct session *session, size_t *capacity)
{
    char *space = conn_space(&session->conn, capacity);

    if (space != NULL && !session->is_written_by_opener && !session->conn.is_last)
        *capacity = 1;
    return space;
}

void session_on_read(struct session *session, size_t size, uint64_t now_ms)
{
    statistics_add(session->context.statistics, STATISTICS_BYTES_RECEIVED, size);
    conn_on_read(&session->conn, size, now_ms);
    session->has_unknown_bytes = size > 0;
    count_reason(session);
}

const struct caller *session_known_caller(const struct session *session)
{
    return session->is_identified && !session->has_old_rights ? &session->grant.caller : NULL;
}

void session_on_caller(struct session *session, enum filtered_admins mode,
                       const struct caller *caller)
{
    const struct caller *writer = caller != NULL ? caller : &caller_unknown;

    ASSERT(session_next(session) == SESSION_IDENTIFY);
    const bool is_known = session_known_caller(session) != NULL;
    session->has_unknown_bytes = false;
    session->has_old_rights = false;
    if (session->is_identified && !caller_is_same(&session->grant.caller, writer)) {
        session_refuse(
            session, STATUS_DENIED,
            "Another program than before has written to the pipe, with another user, logon "
            "session or integrity level.");
        return;
    }
    if (!is_known)
        policy_decide(mode, caller, &session->grant);
    session->is_identified = true;
    session->is_written_by_opener =
        writer->user.size > 0 && caller_is_same(session->opener, writer);
}

void session_refuse(struct session *session, enum status code, const char *message)
{
    ASSERT(session->answer == NULL);
    session->refusal = message;
    conn_refuse(&session->conn, code);
}

/* --- answering --- */

static void write_error(struct session *session, enum status code, const char *message,
                        const char *hint)
{
    const struct request_id none = {.type = REQUEST_ID_NONE};

    if (!reply_error(&session->conn.out, &none, code, message, hint, 0))
        conn_on_error(&session->conn, CONN_NO_MEMORY);
}

/* A limit is named as `info` shows it. */
static void write_fault(struct session *session)
{
    const struct server_limits *limits = &session->context.limits;
    const enum conn_close_reason reason = session->conn.close_reason;
    const enum status fault = session->conn.fault;
    char text[MESSAGE_CAPACITY] = "The server is stopping.";
    const char *hint = "Connect again when it has started.";

    if (reason == CONN_SILENT_TIMEOUT) {
        (void)snprintf(text, sizeof text,
                       "No request came within %" PRIu32 " ms of connecting (limit first_byte_ms).",
                       limits->first_byte_ms);
        hint = "Send a request as soon as the pipe is open.";
    } else if (reason == CONN_REQUEST_TIMEOUT) {
        (void)snprintf(text, sizeof text,
                       "The request was not complete %" PRIu32
                       " ms after its first byte (limit request_ms).",
                       limits->request_ms);
        hint = "End each request with a newline and send it at once.";
    } else if (reason == CONN_IDLE_TIMEOUT) {
        (void)snprintf(text, sizeof text, "No request came for %" PRIu32 " ms (limit idle_ms).",
                       limits->idle_ms);
        hint = "Connect again when there is something to ask.";
    } else if (reason == CONN_TOO_LARGE) {
        (void)snprintf(text, sizeof text,
                       "The request is longer than %d bytes (limit request_size).",
                       REQUEST_SIZE_MAX);
        hint = "Send each request as one line ended by a newline.";
    } else if (reason == CONN_REFUSED) {
        (void)snprintf(text, sizeof text, "%s", session->refusal);
        hint = fault == STATUS_DENIED ? NULL : "Try again later.";
    }
    write_error(session, fault, text, hint);
}

/* Reads the request. Returns false, with the error written, without memory for an answer. */
static bool begin_answer(struct session *session, uint64_t now_ms)
{
    session->answer =
        answer_create(&session->context, &session->grant, conn_request(&session->conn));
    if (session->answer == NULL) {
        statistics_limit_hit(session->context.statistics, LIMIT_MEMORY);
        write_error(session, STATUS_BUSY, "The server is out of memory.", "Try again later.");
        return false;
    }
    conn_on_request_read(&session->conn);
    session->has_scanned = false;
    session->reader_wait_ms = 0;
    session->wait_start_ms = now_ms;
    if (session->conn.is_stopping)
        answer_abort(session->answer, STATUS_STOPPING, NULL);
    return true;
}

_Static_assert((int)CONN_OUTPUT_SIZE_MAX >= (int)ANSWER_OUTPUT_SIZE_MAX,
               "the output must hold what a slice makes");

/* Appends lines to the output, slice by slice, until `end_us`, the output is full, or the answer is
 * over. Returns false when a slice was abandoned: the session belongs to another thread. */
static bool run_answer(struct session *session, struct watch *watch, uint64_t end_us)
{
    struct answer *answer = session->answer;
    struct buffer *out = &session->conn.out;
    bool more, is_written;

    do {
        const size_t size = out->size;

        if (!answer_run(answer, watch, end_us, OUTPUT_SIZE - size))
            return false;
        is_written = answer_take(answer, out);
        more = is_written && !answer_is_over(answer);
        is_written = is_written && (more || out->size > size);
    } while (more && out->size < OUTPUT_SIZE &&
             session->context.now_us(session->context.clock) < end_us);
    if (!is_written)
        conn_on_error(&session->conn, CONN_NO_MEMORY);
    if (!more)
        end_answer(session);
    return true;
}

void session_on_served(struct session *session, uint64_t now_ms)
{
    if (session->conn.action == CONN_SERVE)
        conn_on_served(&session->conn, session->answer != NULL, now_ms);
    release_if_closed(session);
    session->wait_start_ms = now_ms;
    count_reason(session);
}

void session_serve(struct session *session, uint64_t now_ms)
{
    ASSERT(session_next(session) == SESSION_SERVE);
    if (session->conn.fault != STATUS_OK)
        write_fault(session);
    else if (session->answer != NULL || begin_answer(session, now_ms)) {
        if (session_is_scanning(session))
            return;
        (void)run_answer(session, NULL, UINT64_MAX);
    }
    session_on_served(session, now_ms);
}

bool session_scan(struct session *session, struct watch *watch, uint64_t end_us)
{
    ASSERT(session_next(session) == SESSION_SCAN);
    session->has_scanned = true;
    return run_answer(session, watch, end_us);
}

void session_on_abandoned(struct session *session, const struct watch_target *hung, uint64_t now_ms)
{
    if (!answer_resume(session->answer, hung)) {
        end_answer(session);
        conn_on_error(&session->conn, CONN_NO_MEMORY);
    }
    session_on_served(session, now_ms);
}

/* --- writing --- */

void session_on_written(struct session *session, size_t size, uint64_t now_ms)
{
    statistics_add(session->context.statistics, STATISTICS_BYTES_SENT, size);
    conn_on_written(&session->conn, size, now_ms);
    if (session_next(session) == SESSION_WRITE)
        return;
    session->reader_wait_ms += now_ms - session->wait_start_ms;
    session->wait_start_ms = now_ms;
}

/* --- what ends it early --- */

void session_on_error(struct session *session)
{
    conn_on_error(&session->conn, CONN_IO_ERROR);
    release_if_closed(session);
}

/* The answer ends with a line that says why, and then the connection. */
static void end_answer_late(struct session *session, const char *before, uint64_t now_ms)
{
    char message[MESSAGE_CAPACITY];

    (void)snprintf(message, sizeof message, "%s %" PRIu32 " ms (limit answer_ms).", before,
                   session->context.limits.answer_ms);
    answer_abort(session->answer, STATUS_TIMED_OUT, message);
    conn_end_answer(&session->conn, CONN_ANSWER_TIMEOUT, now_ms);
    count_reason(session);
}

static void give_up_turn(struct session *session, uint64_t now_ms)
{
    const struct server_limits *limits = &session->context.limits;
    char message[MESSAGE_CAPACITY];

    if (session->has_scanned) {
        end_answer_late(session, "This scan did not get another turn within", now_ms);
        return;
    }
    (void)snprintf(message, sizeof message,
                   "This scan did not get its first turn within %" PRIu32
                   " ms (limit scan_wait_ms); %" PRIu32 " scans run at once (limit scans).",
                   limits->scan_wait_ms, limits->scans);
    answer_abort(session->answer, STATUS_BUSY, message);
}

bool session_check(struct session *session, size_t unread_size, uint64_t now_ms)
{
    if (now_ms >= reader_deadline_ms(session))
        end_answer_late(session, "The server waited for this answer's reader for", now_ms);
    return conn_check_drain(&session->conn, unread_size, now_ms);
}

void session_on_deadline(struct session *session, uint64_t now_ms)
{
    const bool was_draining = conn_is_draining(&session->conn);

    if (session_next(session) == SESSION_SCAN) {
        if (now_ms >= turn_deadline_ms(session))
            give_up_turn(session, now_ms);
        return;
    }
    conn_on_deadline(&session->conn, now_ms);
    if (was_draining && session->conn.action == CONN_CLOSE)
        statistics_limit_hit(session->context.statistics, LIMIT_DRAIN);
    count_reason(session);
    release_if_closed(session);
}

void session_stop(struct session *session, uint64_t now_ms)
{
    if (session->answer != NULL)
        answer_abort(session->answer, STATUS_STOPPING, NULL);
    conn_stop(&session->conn, now_ms);
}
