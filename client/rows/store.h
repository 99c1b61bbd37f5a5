/* Mapped views kept in memory, for answers that need all of them: sorted, by file, compared.
 *
 * Bounded, and the bounds are told to the user. Only what these answers need is kept of a row, and
 * one text the caller chooses.
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
    VIEW_STORE_COUNT_MAX = 1000 * 1000,
    VIEW_STORE_TEXT_SIZE_MAX = 512 * 1024 * 1024 /* bytes of all texts */
};

struct view {
    uint64_t size; /* bytes */
    uint64_t base; /* UINT64_MAX: unknown */
    size_t text_offset;
    uint32_t path_size, kind_size, rest_size; /* bytes; the texts follow each other */
    uint32_t owner;                           /* what the caller says */
    bool is_device;                           /* the path is known as device path only */
};

struct view_store {
    struct buffer views; /* struct view, one behind the other */
    struct buffer texts;
    size_t count;
    bool too_many; /* a view was refused for a bound and not for memory */
};

void view_store_init(_Out_ struct view_store *store);
void view_store_deinit(_Inout_ struct view_store *store);

/* Keeps a ROW_MAP. A path that is not known at all is kept as the empty text.
 * Returns false, nothing kept, at a bound or without memory. */
NODISCARD bool view_store_add(_Inout_ struct view_store *store, _In_ const struct row *row,
                              uint32_t owner, struct span rest);

/* The view with this index, below store->count; valid until the next one is kept, as are its
 * texts. */
const struct view *view_store_at(_In_ const struct view_store *store, size_t index);
struct span view_store_path(_In_ const struct view_store *store, _In_ const struct view *view);
struct span view_store_kind(_In_ const struct view_store *store, _In_ const struct view *view);
struct span view_store_rest(_In_ const struct view_store *store, _In_ const struct view *view);

#endif
