/* Mappings summed up by file: a row for each, with the number of processes that map it and of its
 * views. Its size is what the process that has most of it mapped has mapped of it, so that a file
 * that many processes share counts once:
 *
 *     {"type":"file","path":"C:\\a.dll","device_path":"...","kind":"image,data","processes":3,
 *      "views":4,"size":8192}
 *
 * Paths that differ only in case are one file; mappings without a file have no such row. */
#ifndef CLIENT_ROWS_BY_FILE_H
#define CLIENT_ROWS_BY_FILE_H

#include "client/rows/store.h"

struct file_total {
    uint64_t size; /* bytes of its views in one process, the most; at most UINT64_MAX */
    const struct stored_view *views; /* the first one; the others follow it */
    size_t views_count, processes;
};

enum order {
    ORDER_NONE,     /* as the server lists them; files by path */
    ORDER_SIZE,     /* largest first */
    ORDER_PATH,     /* case folded */
    ORDER_ADDRESS,  /* lowest first; not of files */
    ORDER_PROCESSES /* of files: those of most processes first */
};

/* Sums up the views of the store, whose `rest` is a device path.
 * count  Set to the number of files on success.
 * Returns the files, to be freed; they refer to the store, which must not change. NULL without memory. */
struct file_total *by_file_sum(_Inout_ struct store *store, enum order order, _Out_ size_t *count);

/* Makes `row` the ROW_FILE of a total. */
void by_file_row(_In_ const struct file_total *file, _Inout_ struct row *row);

#endif
