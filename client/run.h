/* The whole of a command but its two ends: asks what the plan says, prints the rows, complains, and
 * says how it ended. Pure; win32/main.c gives it a transport and an output, tests give it scripts. */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/exchange.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/rows/envelope.h"
#include "common/base/annotations.h"
#include "common/text/span.h"

struct output {
    void *context; /* first argument of all */

    /* Writes results, in large pieces of whole lines. Returns false when nobody reads any more. */
    bool (*write)(void *context, struct span bytes);

    /* Writes one diagnostic line with its newline, apart from the results. */
    void (*complain)(void *context, struct span line);

    /* Shows how many processes have come so far; NULL: not wanted. Asked with -a, whenever more is
     * waited for. Whoever writes clears it before. */
    void (*progress)(void *context, uint64_t processes);
};

struct run_settings {
    const struct options *options;
    const struct transport *transport;
    const struct output *output;
    const char *pipe; /* full name, for messages */
    size_t width;     /* columns of the console results go to; 0: none */

    const struct span *system_folders; /* what --outside-system leaves out */
    size_t system_folders_count;

    struct envelope *envelope; /* what --host adds to rows; NULL: nothing */
};

/* Asks the requests of the options' plan one after the other and returns the worst outcome. */
enum outcome run_requests(_In_ const struct run_settings *settings);

/* Complains "lsmap: " and the failure in words; returns its outcome. */
enum outcome run_complain_failure(_In_ const struct run_settings *settings,
                                  _In_ const struct failure *failure);

#endif
