/* One client's session: joins the connection automaton with the answers. The shell
 * (service/win32/connection.c, or a test) does what session_next() asks and reports back.
 *
 * The caller is identified after each read, before the bytes are parsed. With dynamic tracking, which
 * CreateFile sets unless it is asked for SECURITY_SQOS_PRESENT, a pipe impersonates whoever wrote the
 * last byte of the read (source: ReactOS, npfs/secursup.c and readsup.c). So a privileged program whose
 * stdout is the pipe could lend its rights to the program that opened it: another writer than the first
 * ends the connection. And as one read can return bytes of several writers, it is of one byte, unless
 * the first writer has the identity of the program that opened the pipe.
 *
 * Whatever asks the system runs on a scan thread, in turns; between two turns, and while the client
 * reads, a session holds no such thread. `info` and `stats` never wait for one. A slice touches nothing
 * of the session but its answer, so that it can be abandoned (common/answer/watchdog.h).
 *
 * One thread at a time. A pending read is cancelled and reported before session_on_deadline(),
 * session_refuse() and session_stop(). A write may stay pending during session_stop(), both during
 * the checks of their deadlines. */
#ifndef SERVICE_SESSION_H
#define SERVICE_SESSION_H

#include "common/answer/answer.h"
#include "service/conn.h"
#include "service/policy.h"

enum session_action {
    SESSION_READ = CONN_READ,   /* read into session_space(), then session_on_read() */
    SESSION_SERVE = CONN_SERVE, /* session_serve(), which is short */
    SESSION_WRITE = CONN_WRITE, /* write conn_pending() of `conn`, then session_on_written() */
    SESSION_CLOSE = CONN_CLOSE, /* disconnect, then session_deinit() */
    SESSION_IDENTIFY,           /* learn who wrote what was read last, then session_on_caller() */
    SESSION_SCAN                /* wait for a turn on a scan thread, then session_scan() */
};

struct session {
    struct conn conn;
    struct answer_context context; /* its limits are the session's */
    struct answer *answer;         /* owned; NULL between requests */
    struct grant grant;
    const struct caller *opener;    /* of the process that opened the pipe */
    struct statistics_answer ended; /* for session_take_ended() */
    const char *refusal;            /* static text: why session_refuse() was called; else NULL */
    uint64_t wait_start_ms;         /* of SESSION_WRITE and SESSION_SCAN */
    uint64_t reader_wait_ms;        /* what this answer waited for its reader before that */
    bool has_ended;                 /* `ended` was not taken yet */
    bool is_identified;             /* once: grant.caller is the first writer */
    bool has_unknown_bytes;         /* something was read since */
    bool has_old_rights;            /* the settings have changed since */
    bool is_written_by_opener;      /* the first writer has the identity of the opener */
    bool has_scanned;               /* this answer has had a turn */
    bool is_reason_counted;         /* the statistics know why the connection ends */
};

/* context  Copied except for its limits; what it points to must outlive the session.
 * limits   Copied. The session must stay where it is.
 * opener   Its user, logon session and integrity count. Must outlive the session.
 * now_ms   Here and below: a steady clock. Does not allocate. */
void session_init(struct session *session, const struct answer_context *context,
                  const struct server_limits *limits, const struct caller *opener, uint64_t now_ms);

/* The settings have changed: these limits hold, while deadlines that are set stay, and the rights are
 * decided anew before the next request, also when its line is here already. No operation may be pending. */
void session_set_limits(_Inout_ struct session *session, _In_ const struct server_limits *limits);

/* In any state, with no I/O pending. */
void session_deinit(_Inout_ struct session *session);

/* The same until it is reported back. */
enum session_action session_next(_In_ const struct session *session);

/* When there was no progress until then, call session_on_deadline() in SESSION_SCAN, session_check() in
 * SESSION_READ and SESSION_WRITE. UINT64_MAX otherwise. */
uint64_t session_deadline_ms(_In_ const struct session *session);

/* SESSION_READ and SESSION_WRITE, as conn_space(), conn_on_read() and conn_on_written(). */
char *session_space(_Inout_ struct session *session, _Out_ size_t *capacity);
void session_on_read(_Inout_ struct session *session, size_t size, uint64_t now_ms);
void session_on_written(_Inout_ struct session *session, size_t size, uint64_t now_ms);

/* SESSION_IDENTIFY: whose facts need not be read again when it is the same (NULL: read all facts).
 * Then the rights are decided, as policy_decide() does, or the session ends because the caller is
 * another one. */
const struct caller *session_known_caller(_In_ const struct session *session);
void session_on_caller(_Inout_ struct session *session, enum filtered_admins mode,
                       _In_opt_ const struct caller *caller);

/* SESSION_IDENTIFY or SESSION_READ: the client gets one error line, then the session closes, unless it
 * ends already. message: static text, which limit was met. */
void session_refuse(_Inout_ struct session *session, enum status code, const char *message);

/* SESSION_SERVE: reports a fault, reads a request, or answers what asks nothing of the system. */
void session_serve(_Inout_ struct session *session, uint64_t now_ms);

/* True while the answer needs more turns, also while its client reads. */
bool session_is_scanning(_In_ const struct session *session);

/* SESSION_SCAN, on a scan thread: one turn, which ends at `end_us` of the context's clock, with
 * OUTPUT_SIZE bytes to write, or with the scan; one slow query of the kernel may make it late.
 * watch  Of this thread; NULL: no slice can be abandoned.
 * Returns true: call session_on_served(). False when a slice was abandoned: the session has another
 * holder, which calls session_on_abandoned(), so touch nothing. */
NODISCARD bool session_scan(struct session *session, struct watch *watch, uint64_t end_us);
void session_on_served(_Inout_ struct session *session, uint64_t now_ms);

/* Continues the answer without the process that hung, as watchdog_abandon() returned it. */
void session_on_abandoned(_Inout_ struct session *session, _In_ const struct watch_target *hung,
                          uint64_t now_ms);

/* What a request cost that has ended since the last call, valid until the next; NULL: none has. */
const struct statistics_answer *session_take_ended(_Inout_ struct session *session);

/* The pipe failed; the next action is SESSION_CLOSE. */
void session_on_error(_Inout_ struct session *session);

/* SESSION_READ or SESSION_WRITE, with it pending. Returns true when it is overdue: cancel it, then
 * session_on_deadline(). Aborts an answer whose reader was waited for too long in total; what is
 * being written goes on. Both do nothing before the deadline.
 * unread_size  As for conn_check_drain(). */
NODISCARD bool session_check(_Inout_ struct session *session, size_t unread_size, uint64_t now_ms);
void session_on_deadline(_Inout_ struct session *session, uint64_t now_ms);

/* The server stops: what is being answered ends with a `stopping` line, then the session closes,
 * within CONN_STOP_TIMEOUT_MS if its deadlines are heeded. */
void session_stop(_Inout_ struct session *session, uint64_t now_ms);

#endif
