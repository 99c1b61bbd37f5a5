/* One request being answered: a line in, lines out, a step at a time.
 *
 * The same code serves a pipe (service/session.c) and `lsmap --direct`, so both print the same
 * rows. It reads the request, asks the grant whether the caller may, drives the scan and encodes
 * its rows. Exactly one terminal line, `end` or `error`, is always the last.
 *
 * Exists only while a request is answered, so that an idle connection costs no memory for it. One
 * thread at a time.
 */
#ifndef COMMON_ANSWER_ANSWER_H
#define COMMON_ANSWER_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/answer/reply.h"
#include "common/base/annotations.h"
#include "common/base/status.h"
#include "common/proto/caller.h"
#include "common/scan/platform.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

struct server_limits;
struct statistics;
struct statistics_answer;

/* What all answers of a server share; must outlive them. */
struct answer_context {
    const struct platform *platform;
    const struct server_info *info;
    uint64_t (*now_us)(void *clock); /* a steady clock in microseconds */
    void *clock;
    struct statistics *statistics; /* NULL: nothing is counted, `stats` is unsupported */
    /* Told of each request when it has ended, on the thread that ends it; NULL: nobody is. */
    void (*on_answered)(const struct caller *caller, const struct statistics_answer *answer);
    const struct server_limits *limits; /* what `info` tells; NULL: the defaults */
};

struct answer; /* opaque: answer.c */

/* Begins to answer one request line (without newline). The line is read at once and not kept.
 * grant  Copied.
 * Returns NULL without memory. */
struct answer *answer_create(_In_ const struct answer_context *context,
                             _In_ const struct grant *grant, struct span line);

/* Does the next piece of work: appends no line or one.
 * Returns true while more is to come, false once the terminal line is in `out`. A line that does
 * not fit `out` ends the answer with an `error` line: `out` must be able to grow to
 * OUTPUT_ROW_SIZE_MAX. Room for the terminal line is kept free behind every row; only when there is
 * no memory even for that at the first line, the answer ends without one. */
NODISCARD bool answer_step(_Inout_ struct answer *answer, _Inout_ struct buffer *out);

/* Makes the next step the last: its line is an error with this code (stopping, timeout). What the
 * scan had open is closed at once. */
void answer_abort(_Inout_ struct answer *answer, enum status code);

/* The same with a message of its own, one sentence; copied. */
void answer_abort_with(_Inout_ struct answer *answer, enum status code, _In_ const char *message);

/* True while the next step asks the platform: steps of an answer that scans may take long. */
bool answer_is_scanning(_In_ const struct answer *answer);

/* Frees it; accepts NULL. May be called at any time. */
void answer_destroy(_Inout_opt_ struct answer *answer);

#endif
