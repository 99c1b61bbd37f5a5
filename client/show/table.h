/* Rows as text for people.
 *
 * Streaming: a row becomes a line at once, whatever the size of the reply; only sums are kept.
 * Column widths are fixed, so that the first line can be printed before the last is known. On a
 * console no line is longer than it is wide, as long as that is TABLE_WIDTH_MIN at least: the
 * middle of paths is taken out for it. Elsewhere nothing is cut.
 */
#ifndef CLIENT_SHOW_TABLE_H
#define CLIENT_SHOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "client/show/stats.h"
#include "common/base/annotations.h"
#include "common/proto/request.h"
#include "common/text/buffer.h"

enum {
    TABLE_WIDTH_MIN = 80,       /* columns everything fits in, sizes in bytes apart */
    TABLE_PATH_COLUMNS_MIN = 12 /* a path is not cut below this, whatever the console */
};

enum table_layout {
    TABLE_MAPS,      /* a heading for each process, its mappings below */
    TABLE_PROCESSES, /* a line for each process */
    TABLE_FLAT,      /* a line for each mapping, with its process */
    TABLE_FILES,     /* a line for each ROW_FILE */
    TABLE_CHANGES    /* ROW_PROCESS_CHANGE and ROW_MAP_CHANGE */
};

struct table_style {
    enum table_layout layout;
    size_t width;               /* columns of the console; 0: none, nothing is cut */
    bool no_header;             /* no column titles */
    bool totals;                /* a line of sums at the end */
    bool exact;                 /* sizes in bytes */
    bool by_address;            /* TABLE_FLAT: the address is what matters */
    enum request_detail detail; /* which columns and rows `maps` was asked for */
};

struct table {
    struct table_style style;
    bool begun; /* something was printed */
    struct buffer scratch;
    uint64_t processes, views, files, bytes; /* sums of what was shown; bytes of address space */
    uint64_t came, went, started, ended;     /* of TABLE_CHANGES */
    struct buffer heading;                   /* "NAME (PID)" printed last, in TABLE_CHANGES */
    bool has_stats;                          /* a ROW_STATS, shown when its reply is complete */
    struct stats stats;
};

void table_init(_Out_ struct table *table, _In_ const struct table_style *style);
void table_deinit(_Inout_ struct table *table);

/* A row that the layout does not show makes no text. */
NODISCARD bool table_row(_Inout_ struct table *table, _In_ const struct row *row,
                         _Inout_ struct buffer *out);

/* To be called once after the last row: the sums. */
NODISCARD bool table_end(_In_ const struct table *table, _Inout_ struct buffer *out);

#endif
