/* A step that keeps the mappings of a reply until its last row, with the bounds of store.h. Then it
 * hands them on in another order, or as one row for each distinct file (by_file.h). */
#ifndef CLIENT_ROWS_SORT_H
#define CLIENT_ROWS_SORT_H

#include "client/rows/by_file.h"
#include "client/rows/store.h"

struct sorter {
    enum order order;
    bool by_file;
    struct store store; /* the rest of a view is its line; of files, its device path */
    struct buffer line;
    bool is_sorted;
    struct file_total *files; /* owned; of by_file, once sorted */
    size_t count, index;      /* of what is handed on; of the next */
};

void sorter_init(_Out_ struct sorter *sorter, enum order order, bool by_file);
void sorter_release(_Inout_ struct sorter *sorter);

/* True when mappings are to be kept, not handed on. */
bool sorter_is_used(_In_ const struct sorter *sorter);

/* Keeps a ROW_MAP. Returns false at a bound of the store or without memory. */
NODISCARD bool sorter_add(_Inout_ struct sorter *sorter, _In_ const struct row *row);

/* Makes `row` the next one, after the last was added. Returns false when there is none; without
 * memory the row has failed. */
bool sorter_next(_Inout_ struct sorter *sorter, _Inout_ struct row *row);

#endif
