/* The rows of `maps` and `processes` as text for people.
 *
 * Streaming: a row becomes a line at once, whatever the size of the reply; only the sums and a
 * bounded list of failed processes are kept. Column widths are fixed, so that the first line can be
 * printed before the last is known. All functions append to the caller's buffer and return false
 * when it is at its bound.
 */
#ifndef CLIENT_TABLE_H
#define CLIENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "annotations.h"
#include "buffer.h"
#include "request.h"
#include "row.h"

enum { TABLE_ERRORS_SIZE_MAX = 64 * 1024 }; /* bytes of error lines kept; the rest is counted */

struct table_style {
    size_t width;               /* columns of the console; 0: none, nothing is cut */
    bool no_header;             /* no column titles */
    bool totals;                /* a line of sums at the end */
    bool processes_only;        /* rows of `processes`: one line a process */
    enum request_detail detail; /* which columns and rows `maps` was asked for */
};

struct table {
    struct table_style style;
    bool begun;           /* something was printed */
    struct buffer errors; /* "NAME (PID): ..." lines */
    uint64_t errors_left_out;
    uint64_t processes, views, bytes; /* sums; bytes of address space */
};

void table_init(_Out_ struct table *table, _In_ const struct table_style *style);
void table_deinit(_Inout_ struct table *table);

/* Appends what a row shows: a process row its heading, a map or region row its line, a
 * process_error row nothing yet. Other rows are ignored. */
NODISCARD bool table_row(_Inout_ struct table *table, _In_ const struct row *row,
                         _Inout_ struct buffer *out);

/* Appends one line for each process that failed, with `prefix` before each, and a last one for
 * those that were not kept. */
NODISCARD bool table_errors(_In_ const struct table *table, struct span prefix,
                            _Inout_ struct buffer *out);

/* Appends the sums, when the style wants them and there is something to sum up. */
NODISCARD bool table_totals(_In_ const struct table *table, _Inout_ struct buffer *out);

#endif
