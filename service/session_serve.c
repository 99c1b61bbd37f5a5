#include "common/answer/reply.h"
#include "common/base/assertion.h"
#include "common/proto/statistics.h"
#include "service/session_fault.h"
#include "service/session_private.h"

static void tell(struct session *session, enum status code, const char *message, const char *hint,
                 uint64_t now_ms)
{
    const struct request_id none = {.type = REQUEST_ID_NONE};

    if (reply_error(conn_output(&session->conn), &none, code, message, hint, 0))
        conn_on_served(&session->conn, false, now_ms);
    else
        conn_on_error(&session->conn, CONN_NO_MEMORY);
}

static uint64_t now_us(const struct session *session)
{
    return session->context.now_us(session->context.clock);
}

/* Does some steps of the answer. Returns true while more is to come.
 * is_told  Receives false when the last step could not write its line. */
static bool step(struct session *session, bool *is_told)
{
    struct buffer *out = conn_output(&session->conn);
    uint64_t start_us = now_us(session);
    bool more = true;

    *is_told = true;
    for (int i = 0; i < SESSION_STEPS_MAX && more && out->size < OUTPUT_SIZE; i++) {
        size_t size = out->size;

        more = answer_step(session->answer, out);
        *is_told = more || out->size > size;
        if (now_us(session) - start_us >= SESSION_SERVE_US)
            break;
    }
    return more;
}

/* Reads the request. Returns false when there is no memory even for that. */
static bool begin_answer(struct session *session, uint64_t now_ms)
{
    session->answer =
        answer_create(&session->context, &session->grant, conn_request(&session->conn));
    if (session->answer == NULL)
        return false;
    session->is_begun = false;
    session->reader_wait_ms = 0;
    session->wait_start_ms = now_ms;
    if (session->is_stopping)
        answer_abort(session->answer, STATUS_STOPPING);
    return true;
}

static void serve_request(struct session *session, uint64_t now_ms)
{
    bool is_told = false;

    if (session->answer == NULL) {
        if (!begin_answer(session, now_ms)) {
            statistics_limit_hit(session->context.statistics, LIMIT_MEMORY);
            tell(session, STATUS_BUSY, "The server is out of memory.", "Try again later.", now_ms);
            return;
        }
        if (session_next(session) == SESSION_ADMIT)
            return; /* nothing is asked of the system without a slot */
    }
    bool more = step(session, &is_told);
    if (!more)
        session_end_answer(session);
    if (is_told)
        conn_on_served(&session->conn, more, now_ms);
    else
        conn_on_error(&session->conn, CONN_NO_MEMORY);
}

static void tell_fault(struct session *session, enum status code, uint64_t now_ms)
{
    struct session_fault fault;

    if (session->conn.close_reason == CONN_REFUSED) {
        tell(session, code, session->refusal, "Try again later.", now_ms);
        return;
    }
    session_fault_text(session->conn.close_reason, &session->limits, &fault);
    tell(session, code, fault.message, fault.hint, now_ms);
}

void session_serve(struct session *session, uint64_t now_ms)
{
    enum status fault = conn_fault(&session->conn);

    ASSERT(session_next(session) == SESSION_SERVE);
    if (fault != STATUS_OK)
        tell_fault(session, fault, now_ms);
    else
        serve_request(session, now_ms);
    if (session_next(session) == SESSION_WRITE)
        session->wait_start_ms = now_ms;
    session_count_reason(session);
}
