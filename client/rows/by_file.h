/* A step that turns all mappings into one row for each distinct file: the number of processes that
 * map it, of its views and of their bytes.
 *
 *     {"type":"file","path":"C:\\a.dll","device_path":"...","kind":"image,data","processes":3,
 *      "views":4,"size":8192}
 *
 * Paths that differ only in case are one file. Mappings without a file are left out. Needs memory,
 * with the bounds of store.h.
 */
#ifndef CLIENT_ROWS_BY_FILE_H
#define CLIENT_ROWS_BY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "client/rows/store.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"

struct file_total {
    uint32_t first; /* index of its first view, in the order of their paths */
    uint32_t views;
    uint32_t processes;
    uint64_t size; /* bytes of all its views; UINT64_MAX when it is more than that */
};

struct by_file {
    bool by_size;             /* largest first; else by path */
    struct store store;       /* the owner of a view is its pid, the rest its device path */
    struct file_total *files; /* owned; NULL until the last row was added */
    size_t files_count;
    size_t index; /* of the next to hand on */
};

void by_file_init(_Out_ struct by_file *by_file, bool by_size);
void by_file_release(_Inout_ struct by_file *by_file);

/* Takes a ROW_MAP. Returns false at a bound of the store or without memory. */
NODISCARD bool by_file_add(_Inout_ struct by_file *by_file, _In_ const struct row *row);

/* Makes `row` the ROW_FILE of the next file, after the last mapping was added. Returns false when
 * there is none; without memory the row has failed. */
bool by_file_next(_Inout_ struct by_file *by_file, _Inout_ struct row *row);

#endif
