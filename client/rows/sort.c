#include "client/rows/sort.h"

#include <stdlib.h>

#include "client/rows/index_sort.h"
#include "client/rows/paths.h"
#include "common/base/assertion.h"

void sorter_init(struct sorter *sorter, enum order order, uint64_t top, const struct row_sink *next)
{
    ASSERT(order != ORDER_NONE);
    *sorter = (struct sorter){
        .order = order, .top = top > 0 && top < SIZE_MAX ? (size_t)top : SIZE_MAX, .next = next};
    view_store_init(&sorter->store);
    reply_ends_init(&sorter->ends);
    buffer_init(&sorter->scratch, ROW_LINE_SIZE_MAX);
}

void sorter_deinit(struct sorter *sorter)
{
    view_store_deinit(&sorter->store);
    reply_ends_deinit(&sorter->ends);
    buffer_release(&sorter->scratch);
    free(sorter->indexes);
    sorter->indexes = NULL;
}

static int by_size(const void *context, uint32_t a, uint32_t b)
{
    uint64_t a_size = view_store_at(context, a)->size, b_size = view_store_at(context, b)->size;

    return (a_size < b_size) - (a_size > b_size);
}

static int by_path(const void *context, uint32_t a, uint32_t b)
{
    return path_compare(view_store_path(context, view_store_at(context, a)),
                        view_store_path(context, view_store_at(context, b)));
}

static int by_address(const void *context, uint32_t a, uint32_t b)
{
    uint64_t a_base = view_store_at(context, a)->base, b_base = view_store_at(context, b)->base;

    return (a_base > b_base) - (a_base < b_base);
}

static bool sort(struct sorter *sorter)
{
    size_t count = sorter->store.count;
    index_compare compare = sorter->order == ORDER_SIZE   ? by_size
                            : sorter->order == ORDER_PATH ? by_path
                                                          : by_address;

    sorter->indexes = index_create(count);
    if (sorter->indexes == NULL)
        return false;
    index_sort(sorter->indexes, sorter->indexes + count, count, compare, &sorter->store);
    return true;
}

static bool sorter_row(void *context, const struct row *row, struct span line, struct buffer *out)
{
    struct sorter *sorter = context;
    size_t reply = sorter->ends.index;

    switch (row->type) {
    case ROW_MAP:
        return view_store_add(&sorter->store, row, (uint32_t)reply, line);
    case ROW_END:
        return reply_ends_hold(&sorter->ends, line);
    case ROW_ERROR:
        return reply_ends_hold(&sorter->ends, SPAN("")) &&
               sorter->next->row(sorter->next->context, row, line, out);
    case ROW_OTHER:
    case ROW_PROCESS:
    case ROW_REGION:
    case ROW_PROCESS_ERROR:
    case ROW_INFO:
    case ROW_WHOAMI:
    case ROW_STATS:
    case ROW_FILE:
    case ROW_PROCESS_CHANGE:
    case ROW_MAP_CHANGE:
        break;
    }
    reply_ends_count(&sorter->ends, reply, row->type);
    return sorter->next->row(sorter->next->context, row, line, out);
}

static bool emit_view(struct sorter *sorter, size_t index, struct buffer *out)
{
    const struct view *view = view_store_at(&sorter->store, index);
    struct span line = view_store_rest(&sorter->store, view);
    struct row_error error;

    reply_ends_count(&sorter->ends, view->owner, ROW_MAP);
    return row_parse(line, &sorter->row, &sorter->scratch, &error) &&
           sorter->next->row(sorter->next->context, &sorter->row, line, out);
}

static bool sorter_end(void *context, struct buffer *out, bool *more)
{
    struct sorter *sorter = context;
    size_t count = sorter->store.count < sorter->top ? sorter->store.count : sorter->top;

    if (sorter->indexes == NULL && !sort(sorter))
        return false;
    while (sorter->index < count) {
        if (out->size >= OUTPUT_SIZE) {
            *more = true;
            return true;
        }
        if (!emit_view(sorter, sorter->indexes[sorter->index++], out))
            return false;
    }
    if (!sorter->is_ended && !reply_ends_emit(&sorter->ends, sorter->next, out))
        return false;
    sorter->is_ended = true;
    return sorter->next->end(sorter->next->context, out, more);
}

static bool sorter_begin(void *context, struct buffer *out)
{
    const struct sorter *sorter = context;

    return sorter->next->begin(sorter->next->context, out);
}

struct row_sink sorter_sink(struct sorter *sorter)
{
    return (struct row_sink){sorter, sorter_begin, sorter_row, sorter_end};
}
