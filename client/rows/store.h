/* Mapped views kept in memory, for results that need all of them: sorted, by file, compared. Of a row
 * only what these need is kept, and one text that the caller chooses. A message names the bounds. */
#ifndef CLIENT_ROWS_STORE_H
#define CLIENT_ROWS_STORE_H

#include "client/rows/row.h"
#include "common/base/merge_sort.h"

enum {
    STORE_VIEWS_MAX = 1000 * 1000,
    STORE_TEXT_SIZE_MAX = 512 * 1024 * 1024 /* bytes of all texts */
};

struct stored_view {
    uint64_t size;                /* bytes */
    uint64_t base;                /* UINT64_MAX: not known */
    struct span path, kind, rest; /* in the store */
    uint32_t owner;               /* chosen by the caller */
    bool is_device;               /* the path is a device path, no other is known */
};

struct store {
    struct buffer views; /* struct stored_view */
    size_t count;
    struct texts_block *texts; /* owned; texts stay where they are */
    size_t texts_size;         /* bytes of all texts */
    bool too_many;             /* something was refused because of a bound, not of memory */
};

void store_init(_Out_ struct store *store);
void store_release(_Inout_ struct store *store);

/* Keeps a ROW_MAP. A path that is not known at all is kept as the empty text.
 * Returns false, nothing kept, at a bound or without memory. */
NODISCARD bool store_add(_Inout_ struct store *store, _In_ const struct row *row, uint32_t owner,
                         struct span rest);

/* Keeps a text and makes it refer to the copy. Returns false as store_add(). */
NODISCARD bool store_keep(_Inout_ struct store *store, _Inout_ struct span *text);

/* Sets the two paths of a row that is made of a view.
 * device_path  Of a view that has another path, too. */
void store_set_paths(struct row *row, const struct stored_view *view, struct span device_path);

/* All views, valid until the next one is kept; NULL when there are none. */
struct stored_view *store_views(_In_ const struct store *store);

/* Below, at or above 0, as the path `a` comes before, with or after `b`: case folded, as Windows
 * compares file names. A separator comes before every other character, so that the files of a folder
 * follow each other. */
int path_compare(struct span a, struct span b);

/* Sorts the views. Returns false without memory. */
NODISCARD bool store_sort(_Inout_ struct store *store, merge_compare compare);

/* Compares two views by path, then by owner. */
int store_by_path(const void *a, const void *b);

/* How many views from `index` on have the same path. */
size_t store_same_path(_In_ const struct store *store, size_t index);

#endif
