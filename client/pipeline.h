/* What happens to a row between a reply and the output, as the options ask: steps, then a format.
 *
 *     [envelope ->] [filter ->] [sorter ->] format
 *                   [filter ->] sorter -> [envelope ->] format       with --by-file
 *                   [filter ->] user -> format                       with -f or --pids
 *
 * Rows stream through; only the sorter keeps mappings until the last row, and the terminal row with
 * them. A step that changes what is printed changes the counts of the `end` row
 * with it: JSON lines can be checked like those of a server. */
#ifndef CLIENT_PIPELINE_H
#define CLIENT_PIPELINE_H

#include "client/options.h"
#include "client/rows/envelope.h"
#include "client/rows/filter.h"
#include "client/rows/sort.h"
#include "client/show/csv.h"
#include "client/show/prometheus.h"
#include "client/show/table.h"

struct pipeline_settings {
    size_t width;               /* columns of the console; 0: none */
    account_name account;       /* of the owner of a process; NULL: its SID */
    struct envelope *envelope;  /* of --host; NULL: none */
    const struct span *folders; /* what is below them is left out */
    size_t folders_count;
};

struct pipeline {
    const struct options *options;
    struct envelope *envelope;
    struct filter filter;
    struct sorter sorter;
    struct row user; /* with -f: the process whose rows are put together; of --pids, too */
    struct buffer kinds, path; /* of these rows: distinct kinds, the first path */
    uint64_t others;           /* rows with another path */
    struct row kept;           /* a row that was kept until the end */
    struct row last;           /* the terminal row, kept for last */
    struct buffer line;        /* of --ascii */
    uint64_t rows, processes;  /* handed to the format */
    struct table table;
    struct csv csv;
    struct prometheus prometheus;
};

/* All pointers must outlive the pipeline, which must stay where it is. */
void pipeline_init(_Out_ struct pipeline *pipeline, _In_ const struct options *options,
                   _In_ const struct pipeline_settings *settings);
void pipeline_release(_Inout_ struct pipeline *pipeline);

/* Takes the next row of the reply, the terminal one included, and may change it. One row makes at
 * most four times its line's size of text. Returns false when `out` is at its bound, at a bound of
 * what can be kept, or without memory; nothing may be called then any more. */
NODISCARD bool pipeline_row(_Inout_ struct pipeline *pipeline, _Inout_ struct row *row,
                            _Inout_ struct buffer *out);

/* To be called after the last row, and again as long as it sets *more: appends what was kept, about
 * OUTPUT_SIZE bytes a call. Returns false as above. */
NODISCARD bool pipeline_end(_Inout_ struct pipeline *pipeline, _Inout_ struct buffer *out,
                            _Out_ bool *more);

/* One clause that says what is too much, when a function failed for a bound; else NULL. */
const char *pipeline_complaint(_In_ const struct pipeline *pipeline);

#endif
