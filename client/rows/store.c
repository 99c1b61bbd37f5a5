#include "client/rows/store.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/fold.h"

/* The texts follow it. */
struct texts_block {
    struct texts_block *next;
    size_t size, capacity; /* of the texts */
};

enum { BLOCK_CAPACITY = 64 * 1024 };

void store_init(struct store *store)
{
    *store = (struct store){.count = 0};
    buffer_init(&store->views, STORE_VIEWS_MAX * sizeof(struct stored_view));
}

void store_release(struct store *store)
{
    for (struct texts_block *block = store->texts, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    buffer_release(&store->views);
    store_init(store);
}

int path_compare(struct span a, struct span b)
{
    size_t a_offset = 0, b_offset = 0;

    while (a_offset < a.size && b_offset < b.size) {
        uint32_t a_next = fold_next(a, &a_offset);
        uint32_t b_next = fold_next(b, &b_offset);
        if (a_next != b_next)
            return a_next == '\\' || (b_next != '\\' && a_next < b_next) ? -1 : 1;
    }
    return (a_offset < a.size) - (b_offset < b.size);
}

bool store_keep(struct store *store, struct span *text)
{
    struct texts_block *block = store->texts;

    if (text->size > STORE_TEXT_SIZE_MAX - store->texts_size) {
        store->too_many = true;
        return false;
    }
    if (block == NULL || text->size > block->capacity - block->size) {
        size_t capacity = text->size > BLOCK_CAPACITY ? text->size : BLOCK_CAPACITY;
        block = malloc(sizeof *block + capacity);
        if (block == NULL)
            return false;
        *block = (struct texts_block){store->texts, 0, capacity};
        store->texts = block;
    }
    char *copy = (char *)(block + 1) + block->size;
    if (text->size > 0)
        memcpy(copy, text->data, text->size);
    *text = (struct span){copy, text->size};
    block->size += text->size;
    store->texts_size += text->size;
    return true;
}

bool store_add(struct store *store, const struct row *row, uint32_t owner, struct span rest)
{
    struct stored_view view = {.size = row_number(row, MEMBER_SIZE, 0),
                               .base = row_number(row, MEMBER_BASE, UINT64_MAX),
                               .path = row_text(row, MEMBER_PATH),
                               .kind = row_text(row, MEMBER_KIND),
                               .rest = rest,
                               .owner = owner};

    view.is_device = view.path.size == 0;
    if (view.is_device)
        view.path = row_text(row, MEMBER_DEVICE_PATH);
    if (store->count == STORE_VIEWS_MAX) {
        store->too_many = true;
        return false;
    }
    if (!store_keep(store, &view.path) || !store_keep(store, &view.kind) ||
        !store_keep(store, &view.rest) ||
        !buffer_append(&store->views, (struct span){(const char *)&view, sizeof view}))
        return false;
    store->count++;
    return true;
}

void store_set_paths(struct row *row, const struct stored_view *view, struct span device_path)
{
    row_set_text(row, MEMBER_PATH, view->is_device ? SPAN("") : view->path);
    row_set_text(row, MEMBER_DEVICE_PATH, view->is_device ? view->path : device_path);
}

struct stored_view *store_views(const struct store *store)
{
    /* The buffer's memory comes from realloc() and holds nothing but views. */
    return (struct stored_view *)(void *)store->views.data;
}

bool store_sort(struct store *store, merge_compare compare)
{
    return merge_sort(store->views.data, store->count, sizeof(struct stored_view), compare);
}

int store_by_path(const void *a, const void *b)
{
    const struct stored_view *left = a, *right = b;
    int order = path_compare(left->path, right->path);

    return order != 0 ? order : (left->owner > right->owner) - (left->owner < right->owner);
}

size_t store_same_path(const struct store *store, size_t index)
{
    const struct stored_view *views = store_views(store);
    size_t end = index + 1;

    while (end < store->count && path_compare(views[index].path, views[end].path) == 0)
        end++;
    return end - index;
}
