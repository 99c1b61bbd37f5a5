/* A command from its options to its exit code: sends the request, prints the rows of the reply and
 * reports what is wrong with them. */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include "client/exchange.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/rows/envelope.h"
#include "client/rows/filter.h"
#include "client/show/csv.h"
#include "client/show/prometheus.h"
#include "client/show/table.h"
#include "client/spelling.h"
#include "client/stale.h"

struct output {
    void *context; /* first argument of all */

    /* Writes results, complete lines. Returns false when they have no reader any more. */
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
    struct buffer *results; /* receives the results instead of the output; NULL: the output does */
    size_t width;           /* columns of the console results go to; 0: none */
    account_name account;   /* of the owner of a process, for tables; NULL: its SID */

    struct asked_list *paths;        /* of -f; rows are noted in it */
    const struct asked_list *images; /* of the options, final names only */
    const struct span *folders;      /* what --not-under and --outside-system leave out */
    size_t folders_count;
    const struct stale_calls *stale; /* of `stale`; NULL: another command */
    struct envelope *envelope;       /* what --host adds to rows; NULL: nothing */
    uint64_t (*now)(void *context);  /* FILETIME; needed by watch and --host; NULL: not known */
};

/* What the options ask. */
void run_make_request(_In_ const struct run_settings *settings, _Out_ struct request *request);

/* Sends the request of the options and prints the reply. */
enum outcome run_request(_In_ const struct run_settings *settings);

/* Writes "lsmap: " and the failure in words; returns its outcome. */
enum outcome run_complain(const struct run_settings *settings, const struct failure *failure);

/* What happens to a row between a reply and the output, as the options ask: steps, then a format.
 *
 *     [envelope ->] [filter ->] [sorter ->] format
 *                   [filter ->] sorter -> [envelope ->] format       with --by-file
 *                   [filter ->] user -> format                       with -f or --pids
 *
 * Rows stream through; only the sorter keeps mappings until the last row, and the terminal row with
 * them. A step that changes what is printed changes the counts of the `end` row with it: JSON lines
 * can be checked like those of a server. */
struct pipeline {
    const struct run_settings *settings;
    struct filter filter;
    struct sorter sorter;
    struct row made; /* a process whose rows are put together; a row that the sorter kept */
    struct buffer kinds,
        line;        /* of this process: distinct kinds, the first path; of --ascii: line */
    uint64_t others; /* rows of this process with another path */
    struct row last; /* the terminal row, kept for last */
    uint64_t rows, processes; /* handed to the format */
    struct table table;
    struct csv csv;
    struct prometheus prometheus;
    struct buffer out; /* results not yet written */
    struct buffer say; /* diagnostics that are put together, apart from the results */
    bool is_printed;   /* some results were written */
    bool unread;       /* the results have no reader any more */
    bool exhausted;    /* memory, or a bound: no more rows can be shown */
};

/* settings  Must outlive the pipeline, which must stay where it is. */
void pipeline_init(_Out_ struct pipeline *pipeline, _In_ const struct run_settings *settings);
void pipeline_release(_Inout_ struct pipeline *pipeline);

/* Takes the next row, the terminal one included, and may change it. One row makes at most four times
 * its line's size of text. Returns false when nobody reads any more, or the pipeline is exhausted. */
bool pipeline_row(_Inout_ struct pipeline *pipeline, _Inout_ struct row *row);

/* Writes what there is. Returns false when nobody reads any more. */
bool pipeline_flush(_Inout_ struct pipeline *pipeline);

/* Writes what was kept until the last row, in pieces of about OUTPUT_SIZE bytes. */
void pipeline_end(_Inout_ struct pipeline *pipeline);

/* Writes the diagnostics that were put together, if they are wanted, and forgets them. */
void pipeline_say(_Inout_ struct pipeline *pipeline, bool is_wanted);

/* Says why an exhausted pipeline gave up. */
enum outcome pipeline_complain(_In_ const struct pipeline *pipeline);

#endif
