/* The lines of a table: what table.c, table_lines.c and table_lists.c share.
 *
 * Each appends one line with its newline, or all of a heading, and returns false when the buffer is
 * at its bound.
 */
#ifndef CLIENT_SHOW_TABLE_LINES_H
#define CLIENT_SHOW_TABLE_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "client/show/table.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum {
    SIZE_COLUMNS = 5,
    EXACT_COLUMNS = 13, /* up to ten terabytes */
    KIND_COLUMNS = 8,
    PROTECT_COLUMNS = 4,
    REGION_INDENT = 2,
    PID_COLUMNS = 6,
    COUNT_COLUMNS = 6,        /* of processes and views, in a list of files */
    KINDS_COLUMNS = 10,       /* "image,data" */
    PROCESS_COLUMNS = 24,     /* "NAME (PID)" in a flat list */
    PROCESS_COLUMNS_MIN = 18, /* the same on a narrow console */
    WIDTH_NARROW = 100        /* columns below which a flat list does without addresses */
};

/* The titles of the columns, nothing where the style wants none. */
NODISCARD bool table_titles(_In_ const struct table *table, _Inout_ struct buffer *out);

/* The sums, nothing where the style wants none or there is nothing to sum up. */
NODISCARD bool table_totals(_In_ const struct table *table, _Inout_ struct buffer *out);

/* TABLE_MAPS */
NODISCARD bool line_heading(_Inout_ struct table *table, _In_ const struct row *row,
                            _Inout_ struct buffer *out);
NODISCARD bool line_map(_In_ const struct table *table, _In_ const struct row *row,
                        _Inout_ struct buffer *out);
NODISCARD bool line_region(_In_ const struct table *table, _In_ const struct row *row,
                           _Inout_ struct buffer *out);

/* The others */
NODISCARD bool line_process(_In_ const struct table *table, _In_ const struct row *row,
                            _Inout_ struct buffer *out);
NODISCARD bool line_flat(_Inout_ struct table *table, _In_ const struct row *row,
                         _Inout_ struct buffer *out);
NODISCARD bool line_file(_In_ const struct table *table, _In_ const struct row *row,
                         _Inout_ struct buffer *out);
NODISCARD bool line_process_change(_In_ const struct table *table, _In_ const struct row *row,
                                   _Inout_ struct buffer *out);
NODISCARD bool line_map_change(_In_ const struct table *table, _In_ const struct row *row,
                               _Inout_ struct buffer *out);

/* "NAME (PID)", and " on HOST" for a row that knows its host. On a console the name is cut so that
 * the whole takes at most `columns`; 0: never. */
NODISCARD bool line_process_name(_In_ const struct row *row, enum row_member name, size_t columns,
                                 _Inout_ struct buffer *out);

/* Columns of a size; whether a flat list has addresses, and the columns of its processes. */
size_t line_size_columns(_In_ const struct table *table);
bool line_has_address(_In_ const struct table *table);
size_t line_process_columns(_In_ const struct table *table);

/* Parts of a line. `begin` is the size `out` had where the line begins.
 * in what is left of the console, and the newline. */
NODISCARD bool line_size(_In_ const struct table *table, _In_ const struct row *row,
                         enum row_member member, _Inout_ struct buffer *out);
NODISCARD bool line_path(_In_ const struct table *table, struct span path, size_t begin,
                         _Inout_ struct buffer *out);

/* The row's path, else its device path. */
struct span line_path_of(_In_ const struct row *row);

#endif
