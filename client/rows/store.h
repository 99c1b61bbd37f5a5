/* Mapped views kept in memory, for results that need all of them: sorted, by file, compared.
 *
 * Bounded; users are told the bounds. Of a row only what these results need is kept, and one text
 * that the caller chooses.
 */
#ifndef CLIENT_ROWS_STORE_H
#define CLIENT_ROWS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum {
    STORE_VIEWS_MAX = 1000 * 1000,
    STORE_TEXT_SIZE_MAX = 512 * 1024 * 1024 /* bytes of all texts */
};

struct stored_view {
    uint64_t size; /* bytes */
    uint64_t base; /* UINT64_MAX: not known */
    size_t text_offset;
    uint32_t path_size, kind_size, rest_size; /* bytes; the texts follow each other */
    uint32_t owner;                           /* chosen by the caller */
    bool is_device;                           /* only the device path is known */
};

struct store {
    struct buffer views; /* struct stored_view */
    struct buffer texts;
    size_t count;
    bool too_many; /* a view was refused because of a bound, not of memory */
};

void store_init(_Out_ struct store *store);
void store_release(_Inout_ struct store *store);

/* Keeps a ROW_MAP. A path that is not known at all is kept as the empty text.
 * Returns false, nothing kept, at a bound or without memory. */
NODISCARD bool store_add(_Inout_ struct store *store, _In_ const struct row *row, uint32_t owner,
                         struct span rest);

/* The view with this index, below store->count. It is valid until the next one is kept, as are its
 * texts. */
const struct stored_view *store_at(_In_ const struct store *store, size_t index);
struct span store_path(_In_ const struct store *store, _In_ const struct stored_view *view);
struct span store_kind(_In_ const struct store *store, _In_ const struct stored_view *view);
struct span store_rest(_In_ const struct store *store, _In_ const struct stored_view *view);

/* Below, at or above 0, as `a` comes before, with or after `b`. The context of views is their
 * store. */
typedef int (*store_compare)(const void *context, const void *a, const void *b);

/* Sorts the views. Returns false without memory. */
NODISCARD bool store_sort(_Inout_ struct store *store, store_compare compare);

/* Sorts `count` items of `size` bytes; equal ones keep their order. A merge sort: not every C
 * library's qsort() keeps to count times its logarithm in comparisons, whatever the list is.
 * Returns false without memory. */
NODISCARD bool store_sort_items(_Inout_ void *items, size_t count, size_t size,
                                store_compare compare, _In_ const void *context);

#endif
