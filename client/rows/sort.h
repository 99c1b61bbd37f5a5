/* A step that hands the mappings of all replies on in another order, and only so many of them.
 *
 * Rows that are no mappings pass as they come; mappings and the ends of replies are held back until
 * the last row. Needs memory, with the bounds of view_store.h.
 */
#ifndef CLIENT_ROWS_SORT_H
#define CLIENT_ROWS_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/options.h"
#include "client/rows/reply_ends.h"
#include "client/rows/sink.h"
#include "client/rows/store.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"

struct sorter {
    enum order order;
    size_t top; /* SIZE_MAX: all */
    const struct row_sink *next;
    struct view_store store; /* the rest of a view is its line, the owner its reply */
    struct reply_ends ends;
    uint32_t *indexes; /* owned; NULL until all rows are there */
    size_t index;      /* of the next to hand on */
    bool is_ended;     /* the ends were handed on */
    struct buffer scratch;
    struct row row;
};

/* order  Not ORDER_NONE. top  0: all. next  Must outlive the sorter. */
void sorter_init(_Out_ struct sorter *sorter, enum order order, uint64_t top,
                 _In_ const struct row_sink *next);
void sorter_deinit(_Inout_ struct sorter *sorter);

/* sorter  Must stay where it is. */
struct row_sink sorter_sink(_Inout_ struct sorter *sorter);

#endif
