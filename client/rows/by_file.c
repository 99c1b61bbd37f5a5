#include "client/rows/by_file.h"

#include <stdlib.h>
#include <string.h>

enum { KINDS_MAX = 4, KINDS_CAPACITY = 64 }; /* listed of one file */

static int by_size(const void *a, const void *b)
{
    const struct file_total *left = a, *right = b;

    return (left->size < right->size) - (left->size > right->size);
}

static int by_processes(const void *a, const void *b)
{
    const struct file_total *left = a, *right = b;

    return (left->processes < right->processes) - (left->processes > right->processes);
}

/* Sums up the views of one file. */
static struct file_total sum_up(const struct stored_view *views, size_t count)
{
    struct file_total total = {.views = views, .views_count = count};
    uint64_t size = 0; /* in the process of the view */

    for (size_t i = 0; i < count; i++) {
        if (i == 0 || views[i].owner != views[i - 1].owner) {
            total.processes++;
            size = 0;
        }
        size = views[i].size > UINT64_MAX - size ? UINT64_MAX : size + views[i].size;
        total.size = size > total.size ? size : total.size;
    }
    return total;
}

struct file_total *by_file_sum(struct store *store, enum order order, size_t *count)
{
    struct file_total *files = calloc(store->count + 1, sizeof *files);
    size_t found = 0;

    if (files == NULL || !store_sort(store, store_by_path))
        goto failed;
    for (size_t i = 0; i < store->count; i += files[found++].views_count)
        files[found] = sum_up(store_views(store) + i, store_same_path(store, i));
    if ((order == ORDER_SIZE || order == ORDER_PROCESSES) &&
        !merge_sort(files, found, sizeof *files, order == ORDER_SIZE ? by_size : by_processes))
        goto failed;
    *count = found;
    return files;

failed:
    free(files);
    return NULL;
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

void by_file_row(const struct file_total *file, struct row *row)
{
    const struct stored_view *view = file->views;
    char kinds[KINDS_CAPACITY];

    row_begin(row, ROW_FILE);
    store_set_paths(row, view, view->rest);
    row_set_text(row, MEMBER_KIND, list_kinds(file, kinds));
    row_set_number(row, MEMBER_PROCESSES, file->processes);
    row_set_number(row, MEMBER_VIEWS, file->views_count);
    row_set_number(row, MEMBER_SIZE, file->size);
}
