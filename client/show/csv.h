/* Rows as CSV by RFC 4180: one table, one line for each row.
 *
 * The command line decides which table it is, never the rows, so that its columns (columns.h) are
 * the same in every run of a command. With --regions views and their regions are lines of one table;
 * what a region's row leaves out is taken from its view. With --host the columns of envelope.h come
 * first. Rows of other types are not part of the table.
 *
 * A field is quoted when it holds a comma, a quote or a space at either end. Control characters, line
 * ends among them, and bidirectional controls are written as U+FFFD: a file name that another process
 * has chosen must not make rows of its own or drive the console that shows it. Unknown is an empty
 * field, the empty text is "". A text that a spreadsheet would take for a formula stays as it is:
 * other readers want it unchanged. */
#ifndef CLIENT_SHOW_CSV_H
#define CLIENT_SHOW_CSV_H

#include "client/show/columns.h"

struct csv {
    enum columns_table kind;
    bool has_host;   /* rows have the members of envelope.h */
    bool has_header; /* it was written, or is not asked for */
    struct row view; /* the last ROW_MAP; COLUMNS_REGIONS only */
};

void csv_init(_Out_ struct csv *csv, enum columns_table kind, bool no_header, bool has_host);
void csv_deinit(_Inout_ struct csv *csv);

/* Appends the line of a row; with the first row of any type the header before it, so that a refused
 * request leaves no header. Returns false when a buffer is at its bound. */
NODISCARD bool csv_row(struct csv *csv, const struct row *row, struct buffer *out);

/* One field, without its separator. data NULL: unknown. */
void csv_field(_Inout_ struct buffer *out, struct span text);

#endif
