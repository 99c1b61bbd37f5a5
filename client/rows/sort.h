/* A step that hands on the mappings of a reply in another order.
 *
 * Needs memory, with the bounds of store.h.
 */
#ifndef CLIENT_ROWS_SORT_H
#define CLIENT_ROWS_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "client/rows/store.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"

enum order {
    ORDER_NONE,   /* as the server lists them */
    ORDER_SIZE,   /* largest first */
    ORDER_PATH,   /* case folded */
    ORDER_ADDRESS /* lowest first */
};

struct sorter {
    enum order order;
    struct store store; /* the rest of a view is its line */
    struct buffer line;
    size_t index; /* of the next to hand on */
    bool is_sorted;
};

void sorter_init(_Out_ struct sorter *sorter, enum order order);
void sorter_release(_Inout_ struct sorter *sorter);

/* Keeps a ROW_MAP. Returns false at a bound of the store or without memory. */
NODISCARD bool sorter_add(_Inout_ struct sorter *sorter, _In_ const struct row *row);

/* Makes `row` the next one, after the last was added; not for ORDER_NONE. Returns false when there is none; without
 * memory the row has failed. */
bool sorter_next(_Inout_ struct sorter *sorter, _Inout_ struct row *row);

#endif
