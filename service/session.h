/* One client's session: bytes in, bytes out. Joins the connection automaton with the answers.
 *
 * Pure: the shell (service/win32/pipe_connection.c, or a test) does what session_next() asks and
 * reports back. The caller's identity is asked for once, when the first request is complete,
 * because impersonation works only after a read; it holds for the connection's life.
 *
 * One thread at a time: the shell serialises a session's calls, and tells it to stop between two of
 * them.
 */
#ifndef SERVICE_SESSION_H
#define SERVICE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "annotations.h"
#include "answer.h"
#include "caller.h"
#include "conn.h"

enum session_action {
    SESSION_READ,     /* read into session_space(), then session_on_read() */
    SESSION_IDENTIFY, /* learn who the client is, then session_on_caller() */
    SESSION_SERVE,    /* call session_serve(), then ask again */
    SESSION_WRITE,    /* write session_pending(), then session_on_written() */
    SESSION_CLOSE     /* disconnect, then session_deinit() */
};

struct session {
    struct conn conn;
    const struct answer_context *context;
    struct answer *answer; /* owned; NULL between requests */
    struct grant grant;
    bool is_identified;
    bool is_stopping;
};

/* context  Must outlive the session. now_ms, here and below: a steady clock. */
void session_init(_Out_ struct session *session, _In_ const struct answer_context *context,
                  uint64_t now_ms);
void session_deinit(_Inout_ struct session *session);

enum session_action session_next(_In_ const struct session *session);

/* When SESSION_READ or SESSION_WRITE has made no progress until then, call session_on_deadline().
 */
uint64_t session_deadline_ms(_In_ const struct session *session);

/* SESSION_READ. Returns NULL without memory; the next action is then SESSION_CLOSE. */
char *session_space(_Inout_ struct session *session, _Out_ size_t *capacity);
void session_on_read(_Inout_ struct session *session, size_t size, uint64_t now_ms);

/* SESSION_IDENTIFY is done.
 * caller  NULL when the client's identity could not be learnt: he gets nothing. */
void session_on_caller(_Inout_ struct session *session, _In_opt_ const struct caller *caller);

/* SESSION_SERVE: does one bounded step of the answer. */
void session_serve(_Inout_ struct session *session, uint64_t now_ms);

/* SESSION_WRITE. */
struct span session_pending(_In_ const struct session *session);
void session_on_written(_Inout_ struct session *session, size_t size, uint64_t now_ms);

/* The pipe failed; the next action is SESSION_CLOSE. */
void session_on_error(_Inout_ struct session *session);

void session_on_deadline(_Inout_ struct session *session, uint64_t now_ms);

/* The server stops: what is being answered ends with a `stopping` line, then the session closes. */
void session_stop(_Inout_ struct session *session, uint64_t now_ms);

#endif
