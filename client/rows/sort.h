/* A step that keeps the mappings of a reply until its last row, with the bounds of store.h. Then it
 * hands them on in another order, or as one row for each file, with the number of processes that map
 * it and of its views. A file's size is what the process that has most of it mapped has mapped of
 * it, so that a file that many processes share counts once:
 *
 *     {"type":"file","path":"C:\\a.dll","device_path":"...","kind":"image,data","processes":3,
 *      "views":4,"size":8192}
 *
 * Paths that differ only in case are one file; mappings without a file have no such row. */
#ifndef CLIENT_ROWS_SORT_H
#define CLIENT_ROWS_SORT_H

#include "client/rows/store.h"

enum order {
    ORDER_NONE,     /* as the server lists them; files by path */
    ORDER_SIZE,     /* largest first */
    ORDER_PATH,     /* case folded */
    ORDER_ADDRESS,  /* lowest first; not of files */
    ORDER_PROCESSES /* of files: those of most processes first */
};

struct sorter {
    enum order order;
    bool by_file;
    bool is_used;       /* mappings are to be kept, not handed on */
    struct store store; /* the rest of a view is its line; of files, its device path */
    struct buffer line; /* or the kinds of a file */
    size_t index;       /* of the next to hand on; they are sorted before the first */
};

enum { KINDS_SIZE_MAX = 64 }; /* of one file or process; more are not listed */

/* Appends a kind to a list such as "image,data", unless it is there. */
void kinds_add(_Inout_ struct buffer *kinds, struct span kind);

void sorter_init(_Out_ struct sorter *sorter, enum order order, bool by_file);
void sorter_release(_Inout_ struct sorter *sorter);

/* Keeps a ROW_MAP. Returns false at a bound of the store or without memory. */
NODISCARD bool sorter_add(_Inout_ struct sorter *sorter, _In_ const struct row *row);

/* Makes `row` the next one, after the last was added. Returns false when there is none; without
 * memory the row has failed. */
bool sorter_next(_Inout_ struct sorter *sorter, _Inout_ struct row *row);

#endif
