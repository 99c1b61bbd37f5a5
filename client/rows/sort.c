#include "client/rows/sort.h"

#include <stdlib.h>

void sorter_init(struct sorter *sorter, enum order order, bool by_file)
{
    *sorter = (struct sorter){.order = order, .by_file = by_file};
    store_init(&sorter->store);
    buffer_init(&sorter->line, ROW_LINE_SIZE_MAX);
}

void sorter_release(struct sorter *sorter)
{
    store_release(&sorter->store);
    buffer_release(&sorter->line);
    free(sorter->files);
}

bool sorter_is_used(const struct sorter *sorter)
{
    return sorter->order != ORDER_NONE || sorter->by_file;
}

bool sorter_add(struct sorter *sorter, const struct row *row)
{
    struct span device_path = row_text(row, MEMBER_DEVICE_PATH);
    bool has_path = row_text(row, MEMBER_PATH).size > 0;

    if (sorter->by_file)
        return (!has_path && device_path.size == 0) ||
               store_add(&sorter->store, row, (uint32_t)row_number(row, MEMBER_PID, 0),
                         has_path ? device_path : SPAN(""));
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

static int by_address(const void *a, const void *b)
{
    const struct stored_view *left = a, *right = b;

    return (left->base > right->base) - (left->base < right->base);
}

static bool sort(struct sorter *sorter)
{
    static const merge_compare compares[] = {
        [ORDER_SIZE] = by_size, [ORDER_PATH] = store_by_path, [ORDER_ADDRESS] = by_address};

    sorter->count = sorter->store.count;
    if (!sorter->by_file)
        return store_sort(&sorter->store, compares[sorter->order]);
    sorter->files = by_file_sum(&sorter->store, sorter->order, &sorter->count);
    return sorter->files != NULL;
}

bool sorter_next(struct sorter *sorter, struct row *row)
{
    struct row_error error;

    if (!sorter->is_sorted && !sort(sorter)) {
        row->failed = true;
        return true;
    }
    sorter->is_sorted = true;
    if (sorter->index == sorter->count)
        return false;
    const size_t index = sorter->index++;
    if (sorter->by_file)
        by_file_row(&sorter->files[index], row);
    else
        row->failed = !row_parse(row, store_views(&sorter->store)[index].rest, &error);
    return true;
}
