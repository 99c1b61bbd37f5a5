/* A step that makes one row of each distinct file out of all mappings: by how many processes, in
 * how many views and bytes it is mapped.
 *
 *     {"type":"file","path":"C:\\a.dll","device_path":"...","kind":"image,data","processes":3,
 *      "views":4,"size":8192}
 *
 * Paths that differ in case only are one file. Mappings without a file are left out, process rows
 * are not handed on. Needs memory, with the bounds of view_store.h.
 */
#ifndef CLIENT_ROWS_BY_FILE_H
#define CLIENT_ROWS_BY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/options.h"
#include "client/rows/reply_ends.h"
#include "client/rows/sink.h"
#include "client/rows/store.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"

struct file_total {
    uint32_t first; /* of its views, in the order of their paths */
    uint32_t views;
    uint32_t processes;
    uint64_t size; /* bytes of all its views; UINT64_MAX when it is more than that */
};

struct by_file {
    enum order order; /* ORDER_SIZE; else by path */
    size_t top;       /* SIZE_MAX: all */
    const struct row_sink *next;
    struct view_store store; /* the owner of a view is its pid, the rest its device path */
    struct reply_ends ends;
    uint32_t *views;          /* owned: by path and process; NULL until all rows are there */
    struct file_total *files; /* owned */
    size_t files_count;
    uint32_t *indexes; /* owned: of the files, in the order they are told */
    size_t index;      /* of the next one to tell */
    bool is_ended;
    struct buffer line, scratch;
    struct row row;
};

/* order  ORDER_SIZE, or for all others by path. top  0: all. next  Must outlive this. */
void by_file_init(_Out_ struct by_file *by_file, enum order order, uint64_t top,
                  _In_ const struct row_sink *next);
void by_file_deinit(_Inout_ struct by_file *by_file);

/* by_file  Must stay where it is. */
struct row_sink by_file_sink(_Inout_ struct by_file *by_file);

#endif
