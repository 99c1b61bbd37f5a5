/* `lsmap -f FILE --wait`: asks again and again until nobody has the files, and prints a line for each
 * change. Pure; win32/main.c gives it the questions and the time, tests give it scripts. */
#ifndef CLIENT_WAIT_H
#define CLIENT_WAIT_H

#include "client/run.h"

enum { WAIT_POLL_MS = 2000, WAIT_ANSWER_SIZE_MAX = 16 * 1024 * 1024 };

struct wait_calls {
    void *context; /* first argument of all */

    /* One question, its results and diagnostics to the output. */
    enum outcome (*ask)(void *context, struct options *options, const struct output *output);

    bool (*wait)(void *context, unsigned ms);
    uint64_t (*now_ms)(void *context);
};

/* options  is_again, no_header and timeout_s are changed from question to question; wait_s bounds all.
 * Returns OUTCOME_COMPLETE when nobody has the files, OUTCOME_INCOMPLETE when that is not known or the
 * reader of the results is gone, OUTCOME_BUSY when the time is over, or what a question failed with. */
enum outcome run_wait(_Inout_ struct options *options, _In_ const struct output *output,
                      _In_ const struct wait_calls *calls);

#endif
