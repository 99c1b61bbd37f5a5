#include "client/rows/sort.h"

#include <stdlib.h>
#include <string.h>

enum { KINDS_MAX = 4, KINDS_CAPACITY = 64 }; /* listed of one file */

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
    sorter->files = NULL;
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

static int by_path_and_process(const void *a, const void *b)
{
    const struct stored_view *left = a, *right = b;
    int order = by_path(a, b);

    return order != 0 ? order : (left->owner > right->owner) - (left->owner < right->owner);
}

static int by_total(const void *a, const void *b)
{
    const struct file_total *left = a, *right = b;

    return (left->size < right->size) - (left->size > right->size);
}

/* Sums up the views of one file, the first of `count`. */
static struct file_total sum_up(const struct stored_view *views, size_t count)
{
    struct file_total total = {.views = views};

    for (size_t i = 0; i < count && by_path(views, views + i) == 0; i++) {
        total.processes += i == 0 || views[i].owner != views[i - 1].owner;
        total.views_count++;
        total.size =
            views[i].size > UINT64_MAX - total.size ? UINT64_MAX : total.size + views[i].size;
    }
    return total;
}

static bool sort(struct sorter *sorter)
{
    static const store_compare compares[] = {
        [ORDER_SIZE] = by_size, [ORDER_PATH] = by_path, [ORDER_ADDRESS] = by_address};
    struct store *store = &sorter->store;

    if (!sorter->by_file)
        return store_sort(store, compares[sorter->order]);
    sorter->files = calloc(store->count + 1, sizeof *sorter->files);
    if (sorter->files == NULL || !store_sort(store, by_path_and_process))
        return false;
    for (size_t i = 0; i < store->count; i += sorter->files[sorter->files_count++].views_count)
        sorter->files[sorter->files_count] = sum_up(store_views(store) + i, store->count - i);
    return sorter->order != ORDER_SIZE ||
           store_sort_items(sorter->files, sorter->files_count, sizeof *sorter->files, by_total);
}

/* "image,data": each kind once, in the order of the views; size 0 when none is known. */
static struct span list_kinds(const struct file_total *file, char *out)
{
    struct span kinds[KINDS_MAX];
    size_t count = 0, size = 0;

    for (size_t i = 0; i < file->views_count && count < KINDS_MAX; i++) {
        struct span kind = file->views[i].kind;
        size_t known = 0;
        while (known < count && !span_equal(kinds[known], kind))
            known++;
        if (kind.size == 0 || known < count || kind.size + 1 > KINDS_CAPACITY - size)
            continue;
        if (count > 0)
            out[size++] = ',';
        memcpy(out + size, kind.data, kind.size);
        size += kind.size;
        kinds[count++] = kind;
    }
    return (struct span){out, size};
}

static void make_file(const struct file_total *file, struct row *row)
{
    const struct stored_view *view = file->views;
    char kinds[KINDS_CAPACITY];

    row_begin(row, ROW_FILE);
    row_set_text(row, MEMBER_PATH, view->is_device ? SPAN("") : view->path);
    row_set_text(row, MEMBER_DEVICE_PATH, view->is_device ? view->path : view->rest);
    row_set_text(row, MEMBER_KIND, list_kinds(file, kinds));
    row_set_number(row, MEMBER_PROCESSES, file->processes);
    row_set_number(row, MEMBER_VIEWS, file->views_count);
    row_set_number(row, MEMBER_SIZE, file->size);
}

bool sorter_next(struct sorter *sorter, struct row *row)
{
    struct store *store = &sorter->store;
    struct row_error error;

    if (!sorter->is_sorted && !sort(sorter)) {
        row->failed = true;
        return true;
    }
    sorter->is_sorted = true;
    if (sorter->index == (sorter->by_file ? sorter->files_count : store->count))
        return false;
    const size_t index = sorter->index++;
    if (sorter->by_file)
        make_file(&sorter->files[index], row);
    else
        row->failed = !row_parse(row, store_views(store)[index].rest, &error);
    return true;
}
