#include "client/rows/sort.h"

#include <string.h>

void kinds_add(struct buffer *kinds, struct span kind)
{
    for (size_t i = 0; i < kinds->size; i++)
        if (span_starts_with(span_from(buffer_span(kinds), i), kind))
            return;
    if (kinds->size + kind.size >= KINDS_SIZE_MAX)
        return;
    buffer_text(kinds, kinds->size > 0 ? "," : "");
    buffer_append(kinds, kind);
}

void sorter_init(struct sorter *sorter, enum order order, bool by_file)
{
    *sorter = (struct sorter){order, by_file, .is_used = order != ORDER_NONE || by_file};
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

static int by_processes(const void *a, const void *b)
{
    const struct stored_view *left = a, *right = b;

    return (left->owner < right->owner) - (left->owner > right->owner);
}

/* Puts the views of each file together as one: its base is their number, its owner the number of
 * their processes. */
static bool sum_up(struct sorter *sorter)
{
    struct store *store = &sorter->store;
    struct stored_view *views = store_views(store);
    size_t files = 0;

    for (size_t begin = 0, count; begin < store->count; begin += count) {
        uint64_t size = 0; /* in the process of the view */
        count = store_same_path(store, begin);
        struct stored_view file = views[begin];
        file.base = count;
        file.owner = 0;
        buffer_clear(&sorter->line);
        for (size_t i = begin; i < begin + count; i++) {
            const bool is_first = i == begin || views[i].owner != views[i - 1].owner;
            file.owner += is_first;
            size = is_first ? 0 : size;
            size = views[i].size > UINT64_MAX - size ? UINT64_MAX : size + views[i].size;
            file.size = size > file.size ? size : file.size;
            kinds_add(&sorter->line, views[i].kind);
        }
        file.kind = buffer_span(&sorter->line);
        if (sorter->line.failed || !store_keep(store, &file.kind))
            return false;
        views[files++] = file;
    }
    store->count = files;
    return true;
}

static bool sort(struct sorter *sorter)
{
    static const merge_compare compares[] = {[ORDER_NONE] = store_by_path,
                                             [ORDER_SIZE] = by_size,
                                             [ORDER_PATH] = store_by_path,
                                             [ORDER_ADDRESS] = by_address,
                                             [ORDER_PROCESSES] = by_processes};

    return (!sorter->by_file || (store_sort(&sorter->store, store_by_path) && sum_up(sorter))) &&
           store_sort(&sorter->store, compares[sorter->order]);
}

bool sorter_next(struct sorter *sorter, struct row *row)
{
    struct row_error error;

    if (sorter->index == 0 && !sort(sorter)) {
        row->failed = true;
        return true;
    }
    if (sorter->index == sorter->store.count)
        return false;
    const struct stored_view *view = &store_views(&sorter->store)[sorter->index++];
    if (!sorter->by_file) {
        row->failed = !row_parse(row, view->rest, &error);
        return true;
    }
    row_begin(row, ROW_FILE);
    store_set_paths(row, view, view->rest);
    row_set_text(row, MEMBER_KIND, view->kind);
    row_set_number(row, MEMBER_PROCESSES, view->owner);
    row_set_number(row, MEMBER_VIEWS, view->base);
    row_set_number(row, MEMBER_SIZE, view->size);
    return true;
}
