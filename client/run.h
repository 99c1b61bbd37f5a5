/* The whole of a command but its two ends: asks what the plan says, prints the rows, complains, and
 * says how it ended. Pure; win32/main.c gives it a link and an output, tests give it scripts. */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "annotations.h"
#include "options.h"
#include "outcome.h"
#include "server_link.h"
#include "span.h"

struct output {
    void *context; /* first argument of both */

    /* Writes results, in large pieces of whole lines. Returns false when nobody reads any more. */
    bool (*write)(void *context, struct span bytes);

    /* Writes one diagnostic line with its newline, apart from the results. */
    void (*complain)(void *context, struct span line);
};

struct run_settings {
    const struct options *options;
    const struct link *link;
    const struct output *output;
    const char *pipe; /* full name, for messages */
    size_t width;     /* columns of the console results go to; 0: none */
};

/* Asks the requests of the options' plan one after the other and returns the worst outcome. */
enum outcome run_requests(_In_ const struct run_settings *settings);

/* Complains "lsmap: " and the failure in words; returns its outcome. */
enum outcome run_complain_failure(_In_ const struct run_settings *settings,
                                  _In_ const struct failure *failure);

#endif
