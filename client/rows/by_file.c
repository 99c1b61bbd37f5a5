#include "client/rows/by_file.h"

#include <stdlib.h>
#include <string.h>

#include "client/rows/paths.h"

enum { KINDS_MAX = 4, KINDS_CAPACITY = 64 }; /* listed of one file */

void by_file_init(struct by_file *by_file, bool by_size)
{
    *by_file = (struct by_file){.by_size = by_size};
    store_init(&by_file->store);
}

void by_file_release(struct by_file *by_file)
{
    store_release(&by_file->store);
    free(by_file->files);
    by_file->files = NULL;
}

bool by_file_add(struct by_file *by_file, const struct row *row)
{
    struct span device_path = row_text(row, MEMBER_DEVICE_PATH);
    bool has_path = row_text(row, MEMBER_PATH).size > 0;

    return (!has_path && device_path.size == 0) ||
           store_add(&by_file->store, row, (uint32_t)row_number(row, MEMBER_PID, 0),
                     has_path ? device_path : SPAN(""));
}

static int by_path_and_process(const void *a, const void *b)
{
    const struct stored_view *left = a, *right = b;
    int order = path_compare(left->path, right->path);

    return order != 0 ? order : (left->owner > right->owner) - (left->owner < right->owner);
}

static int by_total(const void *a, const void *b)
{
    const struct file_total *left = a, *right = b;

    return (left->size < right->size) - (left->size > right->size);
}

/* Sums up the views of one file, from `first` on. */
static struct file_total sum_up(const struct store *store, size_t first)
{
    const struct span path = store_at(store, first)->path;
    struct file_total total = {(uint32_t)first, 0, 0, 0};

    for (size_t i = first; i < store->count; i++) {
        const struct stored_view *view = store_at(store, i);
        if (i > first && path_compare(path, view->path) != 0)
            break;
        total.processes += i == first || view->owner != store_at(store, i - 1)->owner;
        total.views++;
        total.size = view->size > UINT64_MAX - total.size ? UINT64_MAX : total.size + view->size;
    }
    return total;
}

static bool list_files(struct by_file *by_file)
{
    size_t count = by_file->store.count;

    by_file->files = calloc(count + 1, sizeof *by_file->files);
    if (by_file->files == NULL || !store_sort(&by_file->store, by_path_and_process))
        return false;
    for (size_t i = 0; i < count; i += by_file->files[by_file->files_count++].views)
        by_file->files[by_file->files_count] = sum_up(&by_file->store, i);
    return !by_file->by_size ||
           store_sort_items(by_file->files, by_file->files_count, sizeof *by_file->files, by_total);
}

/* "image,data": each kind once, in the order of the views; size 0 when none is known. */
static struct span list_kinds(const struct store *store, const struct file_total *file, char *out)
{
    struct span kinds[KINDS_MAX];
    size_t count = 0, size = 0;

    for (size_t i = 0; i < file->views && count < KINDS_MAX; i++) {
        struct span kind = store_at(store, file->first + i)->kind;
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

bool by_file_next(struct by_file *by_file, struct row *row)
{
    const struct store *store = &by_file->store;
    char kinds[KINDS_CAPACITY];

    row_begin(row, ROW_FILE);
    if (by_file->files == NULL && !list_files(by_file)) {
        row->failed = true;
        return true;
    }
    if (by_file->index == by_file->files_count)
        return false;
    const struct file_total *file = &by_file->files[by_file->index++];
    const struct stored_view *view = store_at(store, file->first);
    struct span path = view->path, device_path = view->rest;
    row_set_text(row, MEMBER_PATH, view->is_device ? SPAN("") : path);
    row_set_text(row, MEMBER_DEVICE_PATH, view->is_device ? path : device_path);
    row_set_text(row, MEMBER_KIND, list_kinds(store, file, kinds));
    row_set_number(row, MEMBER_PROCESSES, file->processes);
    row_set_number(row, MEMBER_VIEWS, file->views);
    row_set_number(row, MEMBER_SIZE, file->size);
    return true;
}
