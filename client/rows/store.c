#include "client/rows/store.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/assertion.h"

void store_init(struct store *store)
{
    *store = (struct store){.count = 0};
    buffer_init(&store->views, STORE_VIEWS_MAX * sizeof(struct stored_view));
    buffer_init(&store->texts, STORE_TEXT_SIZE_MAX);
}

void store_release(struct store *store)
{
    buffer_release(&store->views);
    buffer_release(&store->texts);
    store->count = 0;
}

bool store_add(struct store *store, const struct row *row, uint32_t owner, struct span rest)
{
    struct span path = row_text(row, MEMBER_PATH), kind = row_text(row, MEMBER_KIND);
    bool is_device = path.size == 0;
    size_t begin = store->texts.size;

    if (is_device)
        path = row_text(row, MEMBER_DEVICE_PATH);
    size_t text_size = path.size + kind.size + rest.size; /* each is at most a line */
    if (store->count == STORE_VIEWS_MAX || text_size > STORE_TEXT_SIZE_MAX - begin) {
        store->too_many = true;
        return false;
    }
    struct stored_view view = {.size = row_number(row, MEMBER_SIZE, 0),
                               .base = row_number(row, MEMBER_BASE, UINT64_MAX),
                               .text_offset = begin,
                               .path_size = (uint32_t)path.size,
                               .kind_size = (uint32_t)kind.size,
                               .rest_size = (uint32_t)rest.size,
                               .owner = owner,
                               .is_device = is_device};
    buffer_append(&store->texts, path);
    buffer_append(&store->texts, kind);
    if (!buffer_append(&store->texts, rest) ||
        !buffer_append(&store->views, (struct span){(const char *)&view, sizeof view})) {
        buffer_truncate(&store->texts, begin);
        return false;
    }
    store->count++;
    return true;
}

const struct stored_view *store_at(const struct store *store, size_t index)
{
    ASSERT(index < store->count);
    /* The buffer's memory comes from realloc() and holds nothing but views. */
    return (const struct stored_view *)(const void *)store->views.data + index;
}

static struct span text_at(const struct store *store, size_t offset, size_t size)
{
    ASSERT(offset <= store->texts.size && size <= store->texts.size - offset);
    return size > 0 ? (struct span){store->texts.data + offset, size} : SPAN("");
}

struct span store_path(const struct store *store, const struct stored_view *view)
{
    return text_at(store, view->text_offset, view->path_size);
}

struct span store_kind(const struct store *store, const struct stored_view *view)
{
    return text_at(store, view->text_offset + view->path_size, view->kind_size);
}

struct span store_rest(const struct store *store, const struct stored_view *view)
{
    return text_at(store, view->text_offset + view->path_size + view->kind_size, view->rest_size);
}

bool store_sort(struct store *store, store_compare compare)
{
    return store_sort_items(store->views.data, store->count, sizeof(struct stored_view), compare,
                            store);
}

bool store_sort_items(void *items, size_t count, size_t size, store_compare compare,
                      const void *context)
{
    char *from = items, *scratch = count > 1 ? malloc(count * size) : NULL, *to = scratch;

    if (count < 2)
        return true;
    if (scratch == NULL)
        return false;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t begin = 0, at = 0; begin < count; begin += 2 * width) {
            const size_t middle = count - begin > width ? begin + width : count;
            const size_t end = count - begin > 2 * width ? begin + 2 * width : count;
            for (size_t left = begin, right = middle; at < end; at++) {
                bool take_left = right == end ||
                                 (left < middle &&
                                  compare(context, from + left * size, from + right * size) <= 0);
                memcpy(to + at * size, from + (take_left ? left++ : right++) * size, size);
            }
        }
        char *other = from;
        from = to;
        to = other;
    }
    if (from == scratch)
        memcpy(items, scratch, count * size);
    free(scratch);
    return true;
}
