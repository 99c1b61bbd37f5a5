/* One request being answered: a line in, lines out, a slice of work at a time.
 *
 * The same code serves a pipe (service/session.c) and `lsmap --direct`: reads the request, checks
 * the caller's rights, drives the scan and encodes its rows. Exactly one terminal line, `end` or
 * `error`, is always the last.
 *
 * Its owner (a connection) and the thread that runs a slice never use an answer at the same time. All
 * that a slice touches is left to its thread when the slice is abandoned; the owner then goes on from
 * where it took lines last. What an answer did is counted by its owner. */
#ifndef COMMON_ANSWER_ANSWER_H
#define COMMON_ANSWER_ANSWER_H

#include "common/answer/reply.h"
#include "common/answer/watchdog.h"

enum {
    /* The longest `end` or `error` line: an id of 64 bytes, a message of 256 with every byte
     * escaped, a hint, and the numbers. */
    ANSWER_TERMINAL_SIZE_MAX = 4096,
    ANSWER_OUTPUT_SIZE_MAX = OUTPUT_SIZE + OUTPUT_ROW_SIZE_MAX + ANSWER_TERMINAL_SIZE_MAX
};

/* What the answers of a server have in common. The pointers must outlive them. */
struct answer_context {
    const struct platform *platform;
    const struct server_info *info;
    uint64_t (*now_us)(void *clock); /* a steady clock, for any thread */
    void *clock;
    struct statistics *statistics; /* what `stats` reports; NULL: `stats` is unsupported */
    struct server_limits limits;   /* what `info` reports */
    struct watchdog *watchdog;     /* NULL: queries are waited for, however long they take */
    /* Asks Windows for the name of a caller's user: terminated, "" when it is not known. It may take
     * any time, so it is asked for `whoami` alone, in a slice. NULL: names are never known. */
    void (*user_name)(const struct caller *caller, char *name);
    struct atomic *listings; /* of sections_create(); NULL: any number */
};

struct answer; /* opaque: answer.c */

/* Begins to answer one request line (without newline), which is not kept; the context and the grant
 * are copied. A request that cannot be answered is over when this returns, its error line waiting.
 * Returns NULL without memory. */
struct answer *answer_create(_In_ const struct answer_context *context,
                             _In_ const struct grant *grant, struct span line);

/* The next slice asks Windows and may take long; else it is short and the last. */
bool answer_is_scan(_In_ const struct answer *answer);

/* The terminal line is made. */
bool answer_is_over(_In_ const struct answer *answer);

/* Runs one slice, which ends with the terminal line, after each process, and after the first step
 * that ends at `end_us` of the context's clock or later, or with `size` bytes waiting to be taken.
 * watch  Of this thread. NULL: the slice cannot be abandoned.
 * size   At most OUTPUT_SIZE; what the owner's buffer still lacks of it.
 * Returns false when the slice was abandoned (watchdog.h): touch nothing, for the owner goes on with
 * answer_resume(). What the slice alone used was freed. */
bool answer_run(_Inout_ struct answer *answer, _Inout_opt_ struct watch *watch, uint64_t end_us,
                size_t size);

/* Moves the lines that are waiting to the end of `out`; when it is empty the buffers change places.
 * out  Bound ANSWER_OUTPUT_SIZE_MAX or more.
 * Returns false, the answer unchanged, when `out` has no room or memory. */
NODISCARD bool answer_take(_Inout_ struct answer *answer, _Inout_ struct buffer *out);

/* Continues where lines were taken last, after the context's watchdog abandoned a slice. The process
 * that hung is reported with a process_error and skipped; when the list of processes hung, the answer
 * ends with the error `timeout`. Returns false without memory: destroy the answer. */
NODISCARD bool answer_resume(_Inout_ struct answer *answer, _In_ const struct watch_target *hung);

/* Ends the answer with an error line, and closes what the scan had open. Does nothing when a slice
 * has made the terminal line. message  One sentence; NULL: the text of the code. */
void answer_abort(_Inout_ struct answer *answer, enum status code, const char *message);

/* What the request has cost so far and how it ended, for statistics_answered(); RESULT_CANCELLED
 * until it is over. Valid until the next call. */
const struct statistics_answer *answer_tally(_Inout_ struct answer *answer);

/* Frees it; accepts NULL. Lines that were not taken are lost. */
void answer_destroy(_Inout_opt_ struct answer *answer);

#endif
