/* Rows as CSV (csv_text.h): one table a run, one line a row.
 *
 * Which table is decided by what was asked, never by what comes, so that its columns are the same
 * in every run of a command. Their names are those of the protocol:
 *
 *   ps         pid,start,parent,name,image,session,arch,protection,access
 *   maps       pid,process,base,size,kind,protect,path,device_path,path_lossy
 *   --pages    the same, then resident,shared,private,locked,counted
 *   --regions  type,pid,process,view,base,size,kind,state,protect,path,device_path,path_lossy
 *   --by-file  path,device_path,kind,processes,views,size
 *
 * With --regions views (type "map") and their regions (type "region") are lines of one table; what
 * a region's row leaves out is taken from its view. With --host the columns of envelope.h come
 * first, process_start only where lines are parts of processes. New columns may be added at the
 * end. Rows of other types are not part of the table: a process that failed is a diagnostic, and
 * the exit code tells.
 */
#ifndef CLIENT_SHOW_CSV_H
#define CLIENT_SHOW_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "common/base/annotations.h"
#include "common/proto/request.h"
#include "common/text/buffer.h"

enum csv_table {
    CSV_PROCESSES,
    CSV_VIEWS,
    CSV_PAGES,
    CSV_REGIONS,
    CSV_FILES, /* of --by-file */
    CSV_TABLE_COUNT
};

/* The table for the rows of a request. */
enum csv_table csv_table_of(enum request_op op, enum request_detail detail);

/* What a region's line takes from its view. */
struct csv_view {
    bool known;
    uint32_t pid;
    uint64_t base;
    struct buffer process; /* fields, as CSV */
    struct buffer kind;
    struct buffer names; /* path, device_path and path_lossy */
};

struct csv {
    enum csv_table table;
    bool host;            /* with the columns of --host */
    bool header_wanted;   /* and not written yet */
    struct csv_view view; /* the last one; CSV_REGIONS only */
};

void csv_init(_Out_ struct csv *csv, enum csv_table table, bool no_header, bool host);
void csv_deinit(_Inout_ struct csv *csv);

/* Appends the line of a row, if it has one. The header is written with the first row of any type,
 * so that nothing is written for a request that is refused. */
NODISCARD bool csv_row(_Inout_ struct csv *csv, _In_ const struct row *row,
                       _Inout_ struct buffer *out);

#endif
