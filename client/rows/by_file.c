#include "client/rows/by_file.h"

#include <stdlib.h>

#include "client/rows/index_sort.h"
#include "client/rows/paths.h"
#include "common/json/writer.h"

enum { KINDS_MAX = 4 }; /* told of one file */

void by_file_init(struct by_file *by_file, enum order order, uint64_t top,
                  const struct row_sink *next)
{
    *by_file = (struct by_file){
        .order = order, .top = top > 0 && top < SIZE_MAX ? (size_t)top : SIZE_MAX, .next = next};
    view_store_init(&by_file->store);
    reply_ends_init(&by_file->ends);
    buffer_init(&by_file->line, ROW_LINE_SIZE_MAX);
    buffer_init(&by_file->scratch, ROW_LINE_SIZE_MAX);
}

void by_file_deinit(struct by_file *by_file)
{
    view_store_deinit(&by_file->store);
    reply_ends_deinit(&by_file->ends);
    buffer_release(&by_file->line);
    buffer_release(&by_file->scratch);
    free(by_file->views);
    free(by_file->files);
    free(by_file->indexes);
    by_file->views = by_file->indexes = NULL;
    by_file->files = NULL;
}

static int compare_paths(const struct view_store *store, uint32_t a, uint32_t b)
{
    return path_compare(view_store_path(store, view_store_at(store, a)),
                        view_store_path(store, view_store_at(store, b)));
}

static int by_path_and_process(const void *context, uint32_t a, uint32_t b)
{
    int order = compare_paths(context, a, b);
    uint32_t a_pid = view_store_at(context, a)->owner, b_pid = view_store_at(context, b)->owner;

    return order != 0 ? order : (a_pid > b_pid) - (a_pid < b_pid);
}

static int by_total(const void *context, uint32_t a, uint32_t b)
{
    const struct file_total *files = context;

    return (files[a].size < files[b].size) - (files[a].size > files[b].size);
}

/* Sums up the views from `first` on that are of one file. */
static struct file_total sum_up(const struct by_file *by_file, size_t first)
{
    const struct view_store *store = &by_file->store;
    struct file_total total = {(uint32_t)first, 0, 0, 0};

    for (size_t i = first; i < store->count; i++) {
        const struct view *view = view_store_at(store, by_file->views[i]);
        if (i > first && compare_paths(store, by_file->views[first], by_file->views[i]) != 0)
            break;
        if (i == first || view->owner != view_store_at(store, by_file->views[i - 1])->owner)
            total.processes++;
        total.views++;
        total.size = view->size > UINT64_MAX - total.size ? UINT64_MAX : total.size + view->size;
    }
    return total;
}

static bool put_together(struct by_file *by_file)
{
    size_t count = by_file->store.count;

    by_file->views = index_create(count);
    by_file->files = calloc(count + 1, sizeof *by_file->files);
    if (by_file->views == NULL || by_file->files == NULL)
        return false;
    index_sort(by_file->views, by_file->views + count, count, by_path_and_process, &by_file->store);
    for (size_t i = 0; i < count; i += by_file->files[by_file->files_count++].views)
        by_file->files[by_file->files_count] = sum_up(by_file, i);
    by_file->indexes = index_create(by_file->files_count);
    if (by_file->indexes == NULL)
        return false;
    if (by_file->order == ORDER_SIZE)
        index_sort(by_file->indexes, by_file->indexes + by_file->files_count, by_file->files_count,
                   by_total, by_file->files);
    return true;
}

/* "image,data": each kind once, in the order met; NULL when none is known. */
static bool list_kinds(const struct by_file *by_file, const struct file_total *file,
                       struct buffer *out)
{
    const struct view_store *store = &by_file->store;
    struct span kinds[KINDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < file->views && count < KINDS_MAX; i++) {
        struct span kind =
            view_store_kind(store, view_store_at(store, by_file->views[file->first + i]));
        size_t known = 0;
        while (known < count && !span_equal(kinds[known], kind))
            known++;
        if (kind.size == 0 || known < count)
            continue;
        if (count > 0 && !buffer_append(out, SPAN(",")))
            return false;
        kinds[count++] = kind;
        if (!buffer_append(out, kind))
            return false;
    }
    return true;
}

static void write_text(struct json_writer *writer, const char *name, struct span text)
{
    if (text.size > 0)
        json_string(writer, name, text);
    else
        json_null(writer, name);
}

static bool emit_file(struct by_file *by_file, const struct file_total *file, struct buffer *out)
{
    const struct view_store *store = &by_file->store;
    const struct view *view = view_store_at(store, by_file->views[file->first]);
    struct span path = view_store_path(store, view);
    struct json_writer writer;
    struct row_error error;

    buffer_clear(&by_file->line);
    buffer_clear(&by_file->scratch);
    if (!list_kinds(by_file, file, &by_file->scratch))
        return false;
    json_line_begin(&writer, &by_file->line);
    json_text(&writer, "type", "file");
    write_text(&writer, "path", view->is_device ? SPAN("") : path);
    write_text(&writer, "device_path", view->is_device ? path : view_store_rest(store, view));
    write_text(&writer, "kind", buffer_span(&by_file->scratch));
    json_uint(&writer, "processes", file->processes);
    json_uint(&writer, "views", file->views);
    json_uint(&writer, "size", file->size);
    if (!json_line_end(&writer))
        return false;
    struct span line = {by_file->line.data, by_file->line.size - 1};
    return row_parse(line, &by_file->row, &by_file->scratch, &error) &&
           by_file->next->row(by_file->next->context, &by_file->row, line, out);
}

static bool by_file_row(void *context, const struct row *row, struct span line, struct buffer *out)
{
    struct by_file *by_file = context;
    struct span device_path = row_text(row, MEMBER_DEVICE_PATH);
    bool has_path = row_text(row, MEMBER_PATH).size > 0;

    if (row->type == ROW_MAP)
        return (!has_path && device_path.size == 0) ||
               view_store_add(&by_file->store, row, (uint32_t)row_number(row, MEMBER_PID, 0),
                              has_path ? device_path : SPAN(""));
    if (row->type == ROW_PROCESS)
        return true;
    if (row->type == ROW_END)
        return reply_ends_hold(&by_file->ends, line);
    if (row->type == ROW_ERROR && !reply_ends_hold(&by_file->ends, SPAN("")))
        return false;
    if (row->type != ROW_ERROR)
        reply_ends_count(&by_file->ends, by_file->ends.index, row->type);
    return by_file->next->row(by_file->next->context, row, line, out);
}

/* The files belong to all replies together; they are counted to the last one that has an end. */
static size_t last_reply(const struct reply_ends *ends)
{
    size_t reply = REPLIES_MAX - 1;

    while (reply > 0 && ends->replies[reply].end_size == 0)
        reply--;
    return reply;
}

static bool by_file_end(void *context, struct buffer *out, bool *more)
{
    struct by_file *by_file = context;

    if (by_file->indexes == NULL && !put_together(by_file))
        return false;
    size_t count = by_file->files_count < by_file->top ? by_file->files_count : by_file->top;
    while (by_file->index < count) {
        if (out->size >= OUTPUT_SIZE) {
            *more = true;
            return true;
        }
        reply_ends_count(&by_file->ends, last_reply(&by_file->ends), ROW_FILE);
        if (!emit_file(by_file, &by_file->files[by_file->indexes[by_file->index++]], out))
            return false;
    }
    if (!by_file->is_ended && !reply_ends_emit(&by_file->ends, by_file->next, out))
        return false;
    by_file->is_ended = true;
    return by_file->next->end(by_file->next->context, out, more);
}

static bool by_file_begin(void *context, struct buffer *out)
{
    const struct by_file *by_file = context;

    return by_file->next->begin(by_file->next->context, out);
}

struct row_sink by_file_sink(struct by_file *by_file)
{
    return (struct row_sink){by_file, by_file_begin, by_file_row, by_file_end};
}
