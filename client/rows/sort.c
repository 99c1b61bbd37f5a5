#include "client/rows/sort.h"

#include "client/rows/paths.h"
#include "common/base/assertion.h"

void sorter_init(struct sorter *sorter, enum order order)
{
    *sorter = (struct sorter){.order = order};
    store_init(&sorter->store);
    buffer_init(&sorter->line, ROW_LINE_SIZE_MAX);
}

void sorter_release(struct sorter *sorter)
{
    store_release(&sorter->store);
    buffer_release(&sorter->line);
}

bool sorter_add(struct sorter *sorter, const struct row *row)
{
    buffer_clear(&sorter->line);
    return row_write(row, &sorter->line) &&
           store_add(&sorter->store, row, 0,
                     (struct span){sorter->line.data, sorter->line.size - 1});
}

static int by_size(const void *a, const void *b)
{
    const struct stored_view *left = a, *right = b;

    return (left->size < right->size) - (left->size > right->size);
}

static int by_path(const void *a, const void *b)
{
    const struct stored_view *left = a, *right = b;

    return path_compare(left->path, right->path);
}

static int by_address(const void *a, const void *b)
{
    const struct stored_view *left = a, *right = b;

    return (left->base > right->base) - (left->base < right->base);
}

bool sorter_next(struct sorter *sorter, struct row *row)
{
    static const store_compare compares[] = {
        [ORDER_SIZE] = by_size, [ORDER_PATH] = by_path, [ORDER_ADDRESS] = by_address};
    struct row_error error;

    ASSERT(sorter->order != ORDER_NONE);
    if (!sorter->is_sorted && !store_sort(&sorter->store, compares[sorter->order])) {
        row->failed = true;
        return true;
    }
    sorter->is_sorted = true;
    if (sorter->index == sorter->store.count)
        return false;
    row->failed = !row_parse(row, store_at(&sorter->store, sorter->index++)->rest, &error);
    return true;
}
