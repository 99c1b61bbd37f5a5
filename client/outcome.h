/* How lsmap ends: its exit code, why a command failed and what to do about it, and what a result
 * lacks.
 *
 * Everything here ends up on stderr, so that the results on stdout stay clean. Nothing grows with the
 * number of processes: so many reasons, and so many names for each, are kept; the rest is counted.
 */
#ifndef CLIENT_OUTCOME_H
#define CLIENT_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"

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

enum failure_kind {
    FAILURE_NOT_INSTALLED,  /* the service does not exist */
    FAILURE_NOT_RUNNING,    /* it is stopped */
    FAILURE_STARTING,       /* it is about to run */
    FAILURE_NO_PIPE,        /* it runs, but its pipe does not exist */
    FAILURE_NO_SERVER,      /* the pipe that --pipe names does not exist */
    FAILURE_DENIED,         /* the service's pipe may not be opened */
    FAILURE_DENIED_PIPE,    /* the pipe that --pipe names may not be opened */
    FAILURE_BUSY,           /* no free instance of the pipe in time */
    FAILURE_TIMED_OUT,      /* no byte in time */
    FAILURE_CLOSED,         /* closed before the end of the reply */
    FAILURE_NO_REPLY,       /* closed without a byte of a reply */
    FAILURE_PROTOCOL,       /* the reply violates the protocol; detail: how */
    FAILURE_FOREIGN_OWNER,  /* the pipe belongs to somebody else; detail: whom */
    FAILURE_FOREIGN_SERVER, /* the pipe is not the service's; detail: why */
    FAILURE_SYSTEM,         /* Windows failed; detail: its words */
    FAILURE_MEMORY,
    FAILURE_TOO_MANY,  /* more rows than can be kept; detail: what to do */
    FAILURE_FILE,      /* a file to be compared cannot be opened; detail: which and why */
    FAILURE_FILE_ROWS, /* or is not what lsmap wrote; detail: which and where */
    FAILURE_COUNT
};

enum {
    FAILURE_DETAIL_CAPACITY = 256,
    OUTCOME_TEXT_SIZE_MAX = 4 * 1024 /* of failure_report() */
};

struct failure {
    enum failure_kind kind;
    char detail[FAILURE_DETAIL_CAPACITY]; /* terminated UTF-8; "" where the kind says it all */
};

/* Sets `failure` and returns false, for `return failure_set(...)`. detail may be NULL. */
bool failure_set(_Out_ struct failure *failure, enum failure_kind kind, const char *detail);

enum outcome failure_outcome(enum failure_kind kind);

/* Appends "lsmap: " and the failure as one line.
 * pipe       The pipe's full name. */
void failure_report(_In_ const struct failure *failure, const char *pipe, unsigned timeout_s,
                    _Inout_ struct buffer *out);

/* Appends a ROW_ERROR as one line: "lsmap: MESSAGE (CODE): HINT". */
void outcome_report_error(_In_ const struct row *error, _Inout_ struct buffer *out);

enum {
    GAPS_REASONS_MAX = 16,
    GAPS_NAMES_SIZE_MAX = 512,      /* bytes of the names kept for one reason */
    GAPS_REASON_SIZE_MAX = 8 * 1024 /* of a reason's own words */
};

struct gap_group {
    struct buffer reason; /* "could not be read: MESSAGE (NT_STATUS)", fit to be shown */
    struct buffer names;  /* "NAME (PID), NAME (PID)" */
    uint64_t count, named;
};

/* What a result lacks. The caller sets the first three members after gaps_init(). */
struct gaps {
    bool is_scan;      /* processes were asked for */
    bool wants_others; /* including those of other users, if their pids are not known */
    bool is_filtered;  /* the client's own filter left nothing */

    bool is_own;                  /* the server looked at the caller's own processes only */
    bool has_end;                 /* the next one is known */
    uint64_t processes;           /* that matched */
    uint64_t denied;              /* of the unmatched: because the caller may not know */
    struct gap_group pids, globs; /* unmatched */
    struct gap_group groups[GAPS_REASONS_MAX];
    size_t groups_count;
    uint64_t others; /* processes whose reason found no room */
    struct buffer scratch;
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
