/* What came and went: `lsmap diff` between two files, `lsmap watch` between the answers of a server on
 * one connection, `lsmap -f FILE --wait` until nobody has the files. */
#ifndef CLIENT_WATCH_H
#define CLIENT_WATCH_H

#include "client/run.h"

/* Reads the next bytes of a file of `diff`, at least one; *size 0: its end.
 * side  0: the old file, 1: the new one.
 * Returns false with `failure` set; its detail is one clause without the file's name. */
typedef bool (*diff_read)(void *context, size_t side, char *data, size_t capacity, size_t *size,
                          struct failure *failure);

/* Compares the two files of the options. Returns OUTCOME_COMPLETE when nothing changed and
 * OUTCOME_INCOMPLETE when something did, as diff tools do with 0 and 1. A file that is cut off, or
 * not a file of rows, is not compared: OUTCOME_BROKEN. */
enum outcome run_diff(_In_ const struct run_settings *settings, diff_read read, void *context);

struct watch_server {
    void *context; /* first argument of all */

    /* Makes the transport ready for one request within the time-out, connecting when it is not. NULL
     * with `failure` set: it cannot. */
    const struct transport *(*ready)(void *context, struct failure *failure);

    void (*close)(void *context);             /* the connection */
    bool (*wait)(void *context, unsigned ms); /* returns false to end the watch */
};

/* Watches until the first answer fails, an answer denies or refuses the question, the reader of the
 * results is gone, or server->wait() ends it. Returns OUTCOME_COMPLETE in the last two cases.
 *
 * An answer that did not come to its end is dropped and the one before it stays what the next is
 * compared with: neither a restart of the service nor a lost connection makes anything look new. */
enum outcome run_watch(const struct run_settings *settings, const struct watch_server *server);

enum { WAIT_POLL_MS = 2000, WAIT_ANSWER_SIZE_MAX = 16 * 1024 * 1024 };

struct wait_calls {
    void *context; /* first argument of all */

    /* One question, its lines to `results` and its diagnostics to the output. */
    enum outcome (*ask)(void *context, const struct options *options, struct buffer *results);
    bool (*wait)(void *context, unsigned ms);
    uint64_t (*now_ms)(void *context);
};

/* options  is_again, no_header and timeout_s are changed from question to question; wait_s bounds all.
 * Returns OUTCOME_COMPLETE when nobody has the files, OUTCOME_INCOMPLETE when that is not known or the
 * reader of the results is gone, OUTCOME_BUSY when the time is over, or what a question failed with. */
enum outcome run_wait(_Inout_ struct options *options, _In_ const struct output *output,
                      _In_ const struct wait_calls *calls);

#endif
