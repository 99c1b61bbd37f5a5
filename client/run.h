/* A command from its options to its exit code: sends the request, or reads the files of `diff`,
 * prints the rows and reports what is wrong with them. Pure; win32/main.c gives it a transport and
 * an output, tests give it scripts. */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include "client/exchange.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/pipeline.h"
#include "client/stale.h"
#include "client/who.h"

struct output {
    void *context; /* first argument of all */

    /* Writes results: complete lines, in large pieces. Returns false when they have no reader any
     * more. */
    bool (*write)(void *context, struct span bytes);

    /* Writes one or more diagnostic lines, apart from the results. */
    void (*complain)(void *context, struct span lines);

    /* Shows how many processes have come so far; NULL: not wanted. Called with -a before each wait
     * for more. The output clears it before it writes anything else. */
    void (*progress)(void *context, uint64_t processes);
};

struct run_settings {
    const struct options *options;
    const struct transport *transport; /* run_request() only */
    const struct output *output;
    const char *pipe;     /* full name, for messages */
    size_t width;         /* columns of the console results go to; 0: none */
    account_name account; /* of the owner of a process, for tables; NULL: its SID */

    struct asked_list *paths;        /* of -f; rows are noted in it */
    const struct asked_list *images; /* of the options, final names only */
    const struct span *folders;      /* what --not-under and --outside-system leave out */
    size_t folders_count;
    const struct stale_calls *stale; /* of `stale`; NULL: another command */

    struct envelope *envelope; /* what --host adds to rows; NULL: nothing */
};

/* What the options ask. */
void run_make_request(_In_ const struct run_settings *settings, _Out_ struct request *request);

/* Sends the request of the options and prints the reply. */
enum outcome run_request(_In_ const struct run_settings *settings);

enum { RUN_DIFFERS = OUTCOME_INCOMPLETE };

/* Reads the next bytes of a file of `diff`, at least one; *size 0: its end.
 * side  0: the old file, 1: the new one.
 * Returns false with `failure` set; its detail is one clause without the file's name. */
typedef bool (*run_read)(void *context, size_t side, char *data, size_t capacity, size_t *size,
                         struct failure *failure);

/* Compares the two files of the options. Returns OUTCOME_COMPLETE when nothing changed and
 * RUN_DIFFERS when something did, as diff tools do with 0 and 1. A file that is cut off, or not a
 * file of rows, is not compared: OUTCOME_BROKEN. */
enum outcome run_diff(_In_ const struct run_settings *settings, run_read read, void *context);

/* Writes "lsmap: " and the failure in words; returns its outcome. */
enum outcome run_complain(_In_ const struct run_settings *settings,
                          _In_ const struct failure *failure);

#endif
