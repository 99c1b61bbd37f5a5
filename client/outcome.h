/* How lsmap ends: exit codes, and one line for each way to fail that says what to do. */
#ifndef CLIENT_OUTCOME_H
#define CLIENT_OUTCOME_H

#include <stdbool.h>

#include "common/base/annotations.h"

/* The exit codes. Scripts rely on them; they never change their meaning. */
enum outcome {
    OUTCOME_COMPLETE = 0,
    OUTCOME_SOME_FAILED = 1, /* some processes could not be read, or the output not written */
    OUTCOME_USAGE = 2,
    OUTCOME_DENIED = 3,
    OUTCOME_NO_SERVICE = 4,
    OUTCOME_BUSY = 5,    /* or timed out */
    OUTCOME_BROKEN = 6,  /* untrusted server or broken protocol */
    OUTCOME_NOTHING = 7, /* nothing matched */
    OUTCOME_INTERRUPTED = 130
};

/* The worse of two outcomes of one command with several requests. From worst to best: broken, no
 * service, denied, busy, usage, some failed, nothing matched, complete. */
enum outcome outcome_worse(enum outcome a, enum outcome b);

enum failure_kind {
    FAILURE_NOT_INSTALLED,  /* the service does not exist */
    FAILURE_NOT_RUNNING,    /* it is stopped */
    FAILURE_STARTING,       /* it is about to run */
    FAILURE_NO_PIPE,        /* it runs, but its pipe does not exist */
    FAILURE_NO_SERVER,      /* nobody has the pipe that --pipe names */
    FAILURE_DENIED,         /* the service's pipe may not be opened */
    FAILURE_DENIED_PIPE,    /* the pipe that --pipe names may not be opened */
    FAILURE_BUSY,           /* no free instance of the pipe in time */
    FAILURE_TIMED_OUT,      /* no byte in time */
    FAILURE_CLOSED,         /* closed before the reply was whole */
    FAILURE_NO_REPLY,       /* closed without a byte of a reply */
    FAILURE_PROTOCOL,       /* the reply is not what the protocol says; detail: how */
    FAILURE_FOREIGN_OWNER,  /* the pipe belongs to somebody else; detail: whom */
    FAILURE_FOREIGN_SERVER, /* the pipe is not the service's; detail: why */
    FAILURE_SYSTEM,         /* Windows failed; detail: its words */
    FAILURE_MEMORY,
    FAILURE_TOO_MANY,  /* more rows than can be kept; detail: what to do */
    FAILURE_FILE,      /* a file to be compared cannot be opened; detail: which and why */
    FAILURE_FILE_ROWS, /* and is not what lsmap wrote; detail: which and where */
    FAILURE_COUNT
};

enum { FAILURE_DETAIL_CAPACITY = 256, FAILURE_TEXT_CAPACITY = 1024 };

struct failure {
    enum failure_kind kind;
    char detail[FAILURE_DETAIL_CAPACITY]; /* terminated UTF-8; "" where the kind says it all */
};

/* The exit code of a failure. */
enum outcome failure_outcome(enum failure_kind kind);

/* Writes the failure as one terminated sentence without the program's name and full stop.
 * pipe       The pipe's full name. */
void failure_describe(_In_ const struct failure *failure, const char *pipe, unsigned timeout_s,
                      _Out_writes_(FAILURE_TEXT_CAPACITY) char *out);

/* Sets `failure` and returns false, for `return failure_set(...)`. detail may be NULL. */
bool failure_set(_Out_ struct failure *failure, enum failure_kind kind, const char *detail);

#endif
