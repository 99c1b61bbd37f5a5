#include "service/session.h"

#include <stddef.h>

#include "common/base/assertion.h"
#include "common/proto/statistics.h"
#include "service/session_fault.h"
#include "service/session_private.h"

void session_end_answer(struct session *session)
{
    answer_destroy(session->answer);
    session->answer = NULL;
}

void session_count_reason(struct session *session)
{
    enum statistics_limit limit = session_fault_limit(session->conn.close_reason);

    if (limit == LIMIT_COUNT || session->is_reason_counted)
        return;
    session->is_reason_counted = true;
    statistics_limit_hit(session->context.statistics, limit);
}

/* A closed session holds no process open. */
static void release_if_closed(struct session *session)
{
    if (conn_next(&session->conn) == CONN_CLOSE)
        session_end_answer(session);
}

void session_init(struct session *session, const struct answer_context *context,
                  const struct server_limits *limits, uint64_t now_ms)
{
    *session = (struct session){.context = *context, .limits = *limits};
    session->context.limits = &session->limits;
    conn_init(&session->conn, &session->limits, now_ms);
    policy_deny_unknown(&session->grant);
}

void session_set_limits(struct session *session, const struct server_limits *limits)
{
    session->limits = *limits;
}

void session_deinit(struct session *session)
{
    session_end_answer(session);
    conn_deinit(&session->conn);
}

/* Nothing is granted to a client that is only told an error: no need to know who it is. */
static bool needs_caller(const struct session *session)
{
    return !session->is_identified && !session->is_stopping &&
           conn_fault(&session->conn) == STATUS_OK;
}

bool session_is_scanning(const struct session *session)
{
    return session->answer != NULL && answer_is_scanning(session->answer);
}

enum session_action session_next(const struct session *session)
{
    switch (conn_next(&session->conn)) {
    case CONN_READ:
        return SESSION_READ;
    case CONN_SERVE:
        if (needs_caller(session))
            return SESSION_IDENTIFY;
        return session_is_scanning(session) && !session->has_slot ? SESSION_ADMIT : SESSION_SERVE;
    case CONN_WRITE:
        return SESSION_WRITE;
    case CONN_CLOSE:
        break;
    }
    return SESSION_CLOSE;
}

/* The first slot must come soon, or the client is told `busy`. Behind it an answer has begun, which
 * is not given up as easily. */
static uint64_t slot_deadline_ms(const struct session *session)
{
    return session->wait_start_ms +
           (session->is_begun ? session->limits.answer_ms : session->limits.scan_wait_ms);
}

/* Of an answer that goes on; what is written behind its end is the write deadline's alone. */
static uint64_t reader_deadline_ms(const struct session *session)
{
    uint64_t limit_ms = session->limits.answer_ms;

    if (!session_is_scanning(session))
        return UINT64_MAX;
    return session->wait_start_ms +
           (limit_ms > session->reader_wait_ms ? limit_ms - session->reader_wait_ms : 0);
}

uint64_t session_deadline_ms(const struct session *session)
{
    uint64_t deadline_ms = conn_deadline_ms(&session->conn);
    enum session_action action = session_next(session);

    if (action == SESSION_ADMIT)
        deadline_ms = slot_deadline_ms(session);
    else if (action == SESSION_WRITE && reader_deadline_ms(session) < deadline_ms)
        deadline_ms = reader_deadline_ms(session);
    return deadline_ms;
}

char *session_space(struct session *session, size_t *capacity)
{
    return conn_space(&session->conn, capacity);
}

void session_on_read(struct session *session, size_t size, uint64_t now_ms)
{
    statistics_transferred(session->context.statistics, size, 0);
    conn_on_read(&session->conn, size, now_ms);
    session_count_reason(session);
}

void session_on_caller(struct session *session, const struct policy *policy,
                       const struct caller *caller)
{
    ASSERT(session_next(session) == SESSION_IDENTIFY);
    session->is_identified = true;
    if (caller != NULL)
        policy_decide(policy, caller, &session->grant);
}

void session_refuse(struct session *session, enum status code, const char *message)
{
    ASSERT(session->answer == NULL);
    ASSERT(message != NULL);
    session->refusal = message;
    conn_refuse(&session->conn, code);
}

bool session_is_ending(const struct session *session)
{
    return session->conn.is_last;
}

void session_on_slot(struct session *session)
{
    ASSERT(session_next(session) == SESSION_ADMIT);
    session->has_slot = true;
    session->is_begun = true;
}

bool session_has_idle_slot(const struct session *session)
{
    return session->has_slot &&
           (session_next(session) != SESSION_SERVE || !session_is_scanning(session));
}

void session_on_slot_lost(struct session *session, uint64_t now_ms)
{
    session->has_slot = false;
    if (session_next(session) == SESSION_ADMIT)
        session->wait_start_ms = now_ms;
}

struct span session_pending(const struct session *session)
{
    return conn_pending(&session->conn);
}

void session_on_written(struct session *session, size_t size, uint64_t now_ms)
{
    statistics_transferred(session->context.statistics, 0, size);
    conn_on_written(&session->conn, size, now_ms);
    if (session_next(session) == SESSION_WRITE)
        return;
    session->reader_wait_ms += now_ms - session->wait_start_ms;
    session->wait_start_ms = now_ms;
}

void session_on_error(struct session *session)
{
    conn_on_error(&session->conn, CONN_IO_ERROR);
    release_if_closed(session);
}

/* The answer ends with a line that says why, the connection behind it. */
static void end_answer_late(struct session *session, const struct session_fault *fault,
                            uint64_t now_ms)
{
    answer_abort_with(session->answer, STATUS_TIMED_OUT, fault->message);
    conn_end_answer(&session->conn, CONN_ANSWER_TIMEOUT, now_ms);
    session_count_reason(session);
}

bool session_check_write(struct session *session, uint64_t now_ms)
{
    struct session_fault fault;

    ASSERT(session_next(session) == SESSION_WRITE);
    if (now_ms >= reader_deadline_ms(session)) {
        session_fault_reader_text(&session->limits, &fault);
        end_answer_late(session, &fault, now_ms);
    }
    return now_ms >= conn_deadline_ms(&session->conn);
}

static void give_up_slot(struct session *session, uint64_t now_ms)
{
    struct session_fault fault;

    session_fault_scan_text(&session->limits, session->is_begun, &fault);
    if (session->is_begun)
        end_answer_late(session, &fault, now_ms);
    else
        answer_abort_with(session->answer, STATUS_BUSY, fault.message);
}

void session_on_deadline(struct session *session, uint64_t now_ms)
{
    bool is_draining = conn_next(&session->conn) == CONN_READ && session->conn.is_last;

    if (session_next(session) == SESSION_ADMIT) {
        if (now_ms >= slot_deadline_ms(session))
            give_up_slot(session, now_ms);
        return;
    }
    conn_on_deadline(&session->conn, now_ms);
    if (is_draining && conn_next(&session->conn) == CONN_CLOSE)
        statistics_limit_hit(session->context.statistics, LIMIT_DRAIN);
    session_count_reason(session);
    release_if_closed(session);
}

void session_stop(struct session *session, uint64_t now_ms)
{
    session->is_stopping = true;
    if (session->answer != NULL)
        answer_abort(session->answer, STATUS_STOPPING);
    conn_stop(&session->conn, now_ms);
}
