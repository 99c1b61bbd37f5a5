#include "session.h"

#include <stddef.h>

#include "assertion.h"
#include "policy.h"
#include "reply.h"

/* What a client is told when the connection fails, by cause. The numbers are those of limits.h. */
struct fault_text {
    const char *message;
    const char *hint;
};

_Static_assert(REQUEST_SIZE_MAX == 65536 && CONN_FIRST_BYTE_TIMEOUT_MS == 5000 &&
                   CONN_REQUEST_TIMEOUT_MS == 5000 && CONN_IDLE_TIMEOUT_MS == 300000,
               "the texts below say these numbers");

static struct fault_text fault_text(const struct session *session)
{
    static const struct fault_text unknown = {"The connection failed.", NULL};
    static const struct fault_text texts[] = {
        [CONN_SILENT_TIMEOUT] = {"No request came within 5 s of connecting.",
                                 "Send a request as soon as the pipe is open."},
        [CONN_REQUEST_TIMEOUT] = {"The request was not complete 5 s after its first byte.",
                                  "End each request with a newline and send it at once."},
        [CONN_IDLE_TIMEOUT] = {"No request came for 5 min.",
                               "Connect again when there is something to ask."},
        [CONN_TOO_LARGE] = {"The request is longer than 65536 bytes.",
                            "Send each request as one line ended by a newline."},
        [CONN_STOPPED] = {"The server is stopping.", "Connect again when it has started."},
    };
    size_t index = (size_t)session->conn.close_reason;

    if (session->conn.close_reason == CONN_REFUSED)
        return (struct fault_text){session->refusal, "Try again later."};
    if (index < sizeof texts / sizeof texts[0] && texts[index].message != NULL)
        return texts[index];
    return unknown;
}

static void end_answer(struct session *session)
{
    answer_destroy(session->answer);
    session->answer = NULL;
}

/* A closed session holds no process open. */
static void release_if_closed(struct session *session)
{
    if (conn_next(&session->conn) == CONN_CLOSE)
        end_answer(session);
}

void session_init(struct session *session, const struct answer_context *context, uint64_t now_ms)
{
    *session = (struct session){.context = context};
    conn_init(&session->conn, now_ms);
    policy_deny_unknown(&session->grant);
}

void session_deinit(struct session *session)
{
    end_answer(session);
    conn_deinit(&session->conn);
}

/* Nothing is granted to a client that is only told an error: no need to know who it is. */
static bool needs_caller(const struct session *session)
{
    return !session->is_identified && !session->is_stopping &&
           conn_fault(&session->conn) == STATUS_OK;
}

enum session_action session_next(const struct session *session)
{
    switch (conn_next(&session->conn)) {
    case CONN_READ:
        return SESSION_READ;
    case CONN_SERVE:
        return needs_caller(session) ? SESSION_IDENTIFY : SESSION_SERVE;
    case CONN_WRITE:
        return SESSION_WRITE;
    case CONN_CLOSE:
        break;
    }
    return SESSION_CLOSE;
}

uint64_t session_deadline_ms(const struct session *session)
{
    return conn_deadline_ms(&session->conn);
}

char *session_space(struct session *session, size_t *capacity)
{
    return conn_space(&session->conn, capacity);
}

void session_on_read(struct session *session, size_t size, uint64_t now_ms)
{
    conn_on_read(&session->conn, size, now_ms);
}

void session_on_caller(struct session *session, const struct caller *caller)
{
    ASSERT(session_next(session) == SESSION_IDENTIFY);
    session->is_identified = true;
    if (caller != NULL)
        policy_decide(caller, &session->grant);
}

void session_refuse(struct session *session, enum status code, const char *message)
{
    ASSERT(session->answer == NULL);
    ASSERT(message != NULL);
    session->refusal = message;
    conn_refuse(&session->conn, code);
}

static void tell(struct session *session, enum status code, struct fault_text text, uint64_t now_ms)
{
    const struct request_id none = {.type = REQUEST_ID_NONE};

    if (reply_error(conn_output(&session->conn), &none, code, text.message, text.hint, 0))
        conn_on_served(&session->conn, false, now_ms);
    else
        conn_on_no_memory(&session->conn);
}

/* Does some steps of the answer. Returns true while more is to come.
 * is_told  Receives false when the last step could not write its line. */
static bool step(struct session *session, bool *is_told)
{
    struct buffer *out = conn_output(&session->conn);
    bool more = true;

    *is_told = true;
    for (int i = 0; i < SESSION_STEPS_MAX && more && out->size < OUTPUT_SIZE; i++) {
        size_t size = out->size;

        more = answer_step(session->answer, out);
        *is_told = more || out->size > size;
    }
    return more;
}

static void serve_request(struct session *session, uint64_t now_ms)
{
    static const struct fault_text no_memory = {"The server is out of memory.", "Try again later."};
    bool is_told = false;

    if (session->answer == NULL) {
        session->answer =
            answer_create(session->context, &session->grant, conn_request(&session->conn));
        if (session->answer == NULL) {
            tell(session, STATUS_BUSY, no_memory, now_ms);
            return;
        }
        if (session->is_stopping)
            answer_abort(session->answer, STATUS_STOPPING);
    }
    bool more = step(session, &is_told);
    if (!more)
        end_answer(session);
    if (is_told)
        conn_on_served(&session->conn, more, now_ms);
    else
        conn_on_no_memory(&session->conn);
}

void session_serve(struct session *session, uint64_t now_ms)
{
    enum status fault = conn_fault(&session->conn);

    ASSERT(session_next(session) == SESSION_SERVE);
    if (fault != STATUS_OK)
        tell(session, fault, fault_text(session), now_ms);
    else
        serve_request(session, now_ms);
}

struct span session_pending(const struct session *session)
{
    return conn_pending(&session->conn);
}

void session_on_written(struct session *session, size_t size, uint64_t now_ms)
{
    conn_on_written(&session->conn, size, now_ms);
}

void session_on_error(struct session *session)
{
    conn_on_error(&session->conn);
    release_if_closed(session);
}

void session_on_deadline(struct session *session, uint64_t now_ms)
{
    conn_on_deadline(&session->conn, now_ms);
    release_if_closed(session);
}

void session_stop(struct session *session, uint64_t now_ms)
{
    session->is_stopping = true;
    if (session->answer != NULL)
        answer_abort(session->answer, STATUS_STOPPING);
    conn_stop(&session->conn, now_ms);
}
