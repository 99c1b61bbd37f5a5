#include "client/rows/store.h"

#include "common/base/assertion.h"

void view_store_init(struct view_store *store)
{
    *store = (struct view_store){.count = 0};
    buffer_init(&store->views, VIEW_STORE_COUNT_MAX * sizeof(struct view));
    buffer_init(&store->texts, VIEW_STORE_TEXT_SIZE_MAX);
}

void view_store_deinit(struct view_store *store)
{
    buffer_release(&store->views);
    buffer_release(&store->texts);
    store->count = 0;
}

bool view_store_add(struct view_store *store, const struct row *row, uint32_t owner,
                    struct span rest)
{
    struct span path = row_text(row, MEMBER_PATH), kind = row_text(row, MEMBER_KIND);
    bool is_device = path.size == 0;
    size_t begin = store->texts.size;

    if (is_device)
        path = row_text(row, MEMBER_DEVICE_PATH);
    size_t text_size = path.size + kind.size + rest.size; /* each is at most a line */
    if (store->count == VIEW_STORE_COUNT_MAX || text_size > VIEW_STORE_TEXT_SIZE_MAX - begin) {
        store->too_many = true;
        return false;
    }
    struct view view = {.size = row_number(row, MEMBER_SIZE, 0),
                        .base = row_number(row, MEMBER_BASE, UINT64_MAX),
                        .text_offset = begin,
                        .path_size = (uint32_t)path.size,
                        .kind_size = (uint32_t)kind.size,
                        .rest_size = (uint32_t)rest.size,
                        .owner = owner,
                        .is_device = is_device};
    if (!buffer_append(&store->texts, path) || !buffer_append(&store->texts, kind) ||
        !buffer_append(&store->texts, rest) ||
        !buffer_append(&store->views, (struct span){(const char *)&view, sizeof view})) {
        buffer_truncate(&store->texts, begin);
        return false;
    }
    store->count++;
    return true;
}

const struct view *view_store_at(const struct view_store *store, size_t index)
{
    ASSERT(index < store->count);
    /* The buffer's memory comes from realloc() and holds nothing but views. */
    return (const struct view *)(const void *)store->views.data + index;
}

static struct span text_at(const struct view_store *store, size_t offset, size_t size)
{
    ASSERT(offset <= store->texts.size && size <= store->texts.size - offset);
    return size > 0 ? (struct span){store->texts.data + offset, size} : (struct span){"", 0};
}

struct span view_store_path(const struct view_store *store, const struct view *view)
{
    return text_at(store, view->text_offset, view->path_size);
}

struct span view_store_kind(const struct view_store *store, const struct view *view)
{
    return text_at(store, view->text_offset + view->path_size, view->kind_size);
}

struct span view_store_rest(const struct view_store *store, const struct view *view)
{
    return text_at(store, view->text_offset + view->path_size + view->kind_size, view->rest_size);
}
