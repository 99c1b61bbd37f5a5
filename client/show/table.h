/* Rows as text for people: each becomes a line at once, only sums are kept. Column widths are fixed,
 * so that the first line can be printed before the last is known. On a console of at least
 * 80 columns no line is wider than the console: columns that do not fit go to a second
 * line, and the middle of paths and names is taken out. Elsewhere nothing is cut. */
#ifndef CLIENT_SHOW_TABLE_H
#define CLIENT_SHOW_TABLE_H

#include "client/show/columns.h"
#include "client/show/facts.h"

enum { TABLE_PATH_COLUMNS_MIN = 12 }; /* a path is not cut below this, whatever the console */

/* Appends the name of the account with this SID, "S-1-5-18". Returns false, nothing appended, when it
 * has none. */
typedef bool (*account_name)(struct span sid, struct buffer *name);

struct table_style {
    size_t width;         /* columns of the console; 0: nothing is cut */
    bool no_header;       /* no titles */
    bool totals;          /* a line of sums at the end */
    bool exact;           /* sizes in bytes */
    account_name account; /* NULL: SIDs are shown as they are */
};

struct table {
    enum columns_table kind;
    struct table_style style;
    bool begun;            /* something was printed */
    bool ended;            /* all rows came: sums may be printed */
    struct buffer cell;    /* a cell that is put together, or the facts of a heading */
    struct buffer heading; /* "NAME (PID)" of the last row of COLUMNS_CHANGES */
    bool has_stats;        /* a ROW_STATS, shown when its reply is complete */
    struct stats stats;
    uint64_t counts[ROW_TYPES_COUNT][2];    /* rows that were shown; [1]: with the change "went" */
    uint64_t services, programs, stale_pid; /* of ROW_STALE: programs without services; the last */
    uint64_t bytes;                         /* of address space, of the views or files shown */
};

void table_init(struct table *table, enum columns_table kind, const struct table_style *style);
void table_deinit(_Inout_ struct table *table);

/* Appends what a row shows; nothing for a row that is not part of the table. Returns false when a
 * buffer is at its bound. */
NODISCARD bool table_row(struct table *table, const struct row *row, struct buffer *out);

/* Appends the sums, after the last row. */
NODISCARD bool table_end(_Inout_ struct table *table, _Inout_ struct buffer *out);

#endif
