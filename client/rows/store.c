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

bool texts_keep(struct buffer *buffer, struct span first, struct span second, struct span third,
                struct kept_texts *texts)
{
    const size_t begin = buffer->size;

    buffer_append(buffer, first);
    buffer_append(buffer, second);
    if (!buffer_append(buffer, third)) {
        buffer_truncate(buffer, begin);
        return false;
    }
    *texts = (struct kept_texts){
        begin, {(uint32_t)first.size, (uint32_t)second.size, (uint32_t)third.size}};
    return true;
}

struct span texts_get(const struct buffer *buffer, const struct kept_texts *texts, size_t index)
{
    size_t offset = texts->offset;

    for (size_t i = 0; i < index; i++)
        offset += texts->sizes[i];
    return texts->sizes[index] > 0 ? (struct span){buffer->data + offset, texts->sizes[index]}
                                   : SPAN("");
}

bool store_add(struct store *store, const struct row *row, uint32_t owner, struct span rest)
{
    struct span path = row_text(row, MEMBER_PATH), kind = row_text(row, MEMBER_KIND);
    struct stored_view view = {.size = row_number(row, MEMBER_SIZE, 0),
                               .base = row_number(row, MEMBER_BASE, UINT64_MAX),
                               .owner = owner,
                               .is_device = path.size == 0};

    if (view.is_device)
        path = row_text(row, MEMBER_DEVICE_PATH);
    if (store->count == STORE_VIEWS_MAX ||
        path.size + kind.size + rest.size > STORE_TEXT_SIZE_MAX - store->texts.size) {
        store->too_many = true;
        return false;
    }
    if (!texts_keep(&store->texts, path, kind, rest, &view.texts) ||
        !buffer_append(&store->views, (struct span){(const char *)&view, sizeof view}))
        return false;
    store->count++;
    return true;
}

const struct stored_view *store_at(const struct store *store, size_t index)
{
    ASSERT(index < store->count);
    /* The buffer's memory comes from realloc() and holds nothing but views. */
    return (const struct stored_view *)(const void *)store->views.data + index;
}

struct span store_text(const struct store *store, const struct stored_view *view, size_t which)
{
    return texts_get(&store->texts, &view->texts, which);
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
