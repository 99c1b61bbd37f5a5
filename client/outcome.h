/* How lsmap ends: its exit code, why a command failed and what to do about it, and what a result lacks;
 * all of it for stderr. Nothing grows with the number of processes: so many reasons, and so many names
 * for each, are kept; the rest is counted. */
#ifndef CLIENT_OUTCOME_H
#define CLIENT_OUTCOME_H

#include "client/rows/row.h"
#include "common/proto/protocol.h"

/* The exit codes. Scripts rely on them; they never change their meaning. */
enum outcome {
    OUTCOME_COMPLETE = 0,
    OUTCOME_INCOMPLETE = 1, /* also restricted or partly unmatched; for diff: something changed */
    OUTCOME_USAGE = 2,
    OUTCOME_DENIED = 3, /* all of it */
    OUTCOME_NO_SERVICE = 4,
    OUTCOME_BUSY = 5,    /* or timed out */
    OUTCOME_BROKEN = 6,  /* untrusted server, broken protocol, or Windows failed */
    OUTCOME_NOTHING = 7, /* nothing matched */
    OUTCOME_INTERRUPTED = 130
};

/* Columns: symbol, exit code, text with {pipe}, {seconds} and {detail}. FAILURE_FILE: a file of `diff`
 * cannot be opened or compared; FAILURE_SYSTEM: it is damaged, Windows failed, or a bound is reached. */
#define FAILURE_LIST(X)                                                                        \
    X(FAILURE_NOT_INSTALLED, OUTCOME_NO_SERVICE,                                               \
      "the " SERVICE_NAME " service is not installed: "                                        \
      "run install.cmd as administrator, or scan with your own rights by --direct")            \
    X(FAILURE_NOT_RUNNING, OUTCOME_NO_SERVICE,                                                 \
      "the " SERVICE_NAME " service is not running: start it with `sc.exe start " SERVICE_NAME \
      "`")                                                                                     \
    X(FAILURE_STARTING, OUTCOME_NO_SERVICE,                                                    \
      "the " SERVICE_NAME " service is starting or "                                           \
      "stopping: try again in a few seconds, or see `sc.exe query " SERVICE_NAME "`")          \
    X(FAILURE_NO_PIPE, OUTCOME_NO_SERVICE,                                                     \
      "the " SERVICE_NAME " service runs but its pipe "                                        \
      "{pipe} does not exist: see its entries in the event log")                               \
    X(FAILURE_NO_SERVER, OUTCOME_NO_SERVICE,                                                   \
      "no server listens on {pipe}: start one with `" SERVICE_NAME " --console --pipe NAME`")  \
    X(FAILURE_DENIED, OUTCOME_DENIED,                                                          \
      "you may not connect to the " SERVICE_NAME " service: "                                  \
      "administrators, users at this computer and members of \"lsmap Readers\" may; --direct " \
      "scans with your own rights")                                                            \
    X(FAILURE_DENIED_PIPE, OUTCOME_DENIED,                                                     \
      "you may not open {pipe}: run lsmap as the user who runs its server")                    \
    X(FAILURE_BUSY, OUTCOME_BUSY,                                                              \
      "the server is busy: no free connection within {seconds} "                               \
      "seconds; try again, or wait longer with --timeout")                                     \
    X(FAILURE_TIMED_OUT, OUTCOME_BUSY,                                                         \
      "no complete answer within {seconds} seconds: try again, or wait longer with --timeout") \
    X(FAILURE_CLOSED, OUTCOME_BROKEN,                                                          \
      "the server closed the connection before the end of its reply: try again")               \
    X(FAILURE_NO_REPLY, OUTCOME_BROKEN,                                                        \
      "the server closed the connection without an answer: try again")                         \
    X(FAILURE_PROTOCOL, OUTCOME_BROKEN,                                                        \
      "the server violates the protocol ({detail}): "                                          \
      "are lsmap and its server of the same release?")                                         \
    X(FAILURE_FOREIGN_OWNER, OUTCOME_BROKEN,                                                   \
      "the pipe {pipe} is not trusted, nothing was sent: it belongs to {detail}")              \
    X(FAILURE_FOREIGN_SERVER, OUTCOME_BROKEN,                                                  \
      "the pipe {pipe} is not trusted, nothing was sent: {detail}")                            \
    X(FAILURE_SYSTEM, OUTCOME_BROKEN, "{detail}")                                              \
    X(FAILURE_MEMORY, OUTCOME_BROKEN, "out of memory")                                         \
    X(FAILURE_FILE, OUTCOME_USAGE, "{detail}")

enum failure_kind {
#define X(symbol, outcome, text) symbol,
    FAILURE_LIST(X)
#undef X
        FAILURE_COUNT
};

enum { FAILURE_DETAIL_CAPACITY = 256, OUTCOME_TEXT_SIZE_MAX = 4 * 1024 /* of failure_report() */ };

struct failure {
    enum failure_kind kind;
    char detail[FAILURE_DETAIL_CAPACITY]; /* terminated UTF-8; "" where the kind says it all */
};

/* Sets `failure`, its detail as by printf, and returns false, for `return failure_set(...)`.
 * format  NULL: no detail. */
PRINTF_FORMAT(3, 4)
bool failure_set(_Out_ struct failure *failure, enum failure_kind kind, const char *format, ...);

/* Appends "lsmap: " and the failure as one line; returns its outcome. pipe  Its full name. */
enum outcome failure_report(const struct failure *failure, const char *pipe, unsigned timeout_s,
                            struct buffer *out);

/* Appends a ROW_ERROR as one line, "lsmap: MESSAGE (CODE): HINT"; returns its outcome. */
enum outcome outcome_report_error(_In_ const struct row *error, _Inout_ struct buffer *out);

/* The groups: unmatched pids, globs and paths of programs, then processes that could not be read. */
enum {
    GAP_PIDS,
    GAP_GLOBS,
    GAP_IMAGES,
    GAP_REASONS,
    GAPS_REASONS_MAX = 16,
    GAPS_GROUPS_MAX = GAP_REASONS + GAPS_REASONS_MAX + 1,
    GAPS_NAMES_SIZE_MAX = 512,      /* bytes of the names kept for one reason */
    GAPS_REASON_SIZE_MAX = 8 * 1024 /* of a reason's own words */
};

struct gap_group {
    struct buffer reason; /* "could not be read: MESSAGE (NT_STATUS)", fit to be shown */
    struct buffer names;  /* "NAME (PID), NAME (PID)" */
    uint64_t count, named;
    bool is_list; /* not of processes: a part of the list is missing, and the reason is all of it */
};

/* What a result lacks. The caller sets the first three members after gaps_init(). */
struct gaps {
    bool is_scan;      /* processes were asked for */
    bool wants_others; /* including those of other users, if their pids are not known */
    bool is_filtered;  /* the client's own filter left nothing */

    bool is_own;        /* the server looked at the caller's own processes only */
    uint64_t processes; /* or sections that matched */
    uint64_t denied;    /* of the unmatched: because the caller may not know */
    /* One more than are used, in which the next reason is put together. */
    struct gap_group groups[GAPS_GROUPS_MAX];
    size_t groups_count;
    uint64_t others; /* processes whose reason found no room */
};

void gaps_init(_Out_ struct gaps *gaps);
void gaps_deinit(_Inout_ struct gaps *gaps);

/* Keeps what a ROW_PROCESS_ERROR or ROW_END says; ignores other rows. */
void gaps_add(_Inout_ struct gaps *gaps, _In_ const struct row *row);

/* The exit code of a reply that came to its end. */
enum outcome gaps_outcome(_In_ const struct gaps *gaps);

/* Appends a line for each reason, in the order in which they came first.
 * with_errors  Also the processes that could not be read. */
void gaps_report(_In_ const struct gaps *gaps, bool with_errors, _Inout_ struct buffer *out);

#endif
