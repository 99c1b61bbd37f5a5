#include "client/rows/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "client/rows/index_sort.h"
#include "client/rows/paths.h"
#include "common/base/assertion.h"

enum { NO_PROCESS = -1, TEXTS_SIZE_MAX = 64 * 1024 * 1024 };

static const char out_of_memory[] = "out of memory";

void snapshot_init(struct snapshot *snapshot)
{
    *snapshot = (struct snapshot){.rows = 0};
    view_store_init(&snapshot->store);
    buffer_init(&snapshot->processes, SNAPSHOT_PROCESSES_MAX * sizeof(struct snapshot_process));
    buffer_init(&snapshot->texts, TEXTS_SIZE_MAX);
    for (size_t i = 0; i < SNAPSHOT_BUCKETS; i++)
        snapshot->buckets[i] = UINT32_MAX;
}

void snapshot_deinit(struct snapshot *snapshot)
{
    view_store_deinit(&snapshot->store);
    buffer_release(&snapshot->processes);
    buffer_release(&snapshot->texts);
    free(snapshot->view_order);
    free(snapshot->process_order);
    snapshot->view_order = snapshot->process_order = NULL;
}

static struct snapshot_process *processes(const struct snapshot *snapshot)
{
    /* The buffer's memory comes from realloc() and holds nothing but processes. */
    return (struct snapshot_process *)(void *)snapshot->processes.data;
}

const struct snapshot_process *snapshot_process_at(const struct snapshot *snapshot, size_t index)
{
    ASSERT(index < snapshot->processes_count);
    return processes(snapshot) + index;
}

static struct span text_at(const struct snapshot *snapshot, size_t offset, size_t size)
{
    return size > 0 ? (struct span){snapshot->texts.data + offset, size} : (struct span){"", 0};
}

struct span snapshot_host(const struct snapshot *snapshot, const struct snapshot_process *process)
{
    return text_at(snapshot, process->text_offset, process->host_size);
}

struct span snapshot_start(const struct snapshot *snapshot, const struct snapshot_process *process)
{
    return text_at(snapshot, process->text_offset + process->host_size, process->start_size);
}

struct span snapshot_name(const struct snapshot *snapshot, const struct snapshot_process *process)
{
    return text_at(snapshot, process->text_offset + process->host_size + process->start_size,
                   process->name_size);
}

const struct view *snapshot_view(const struct snapshot *snapshot, size_t index)
{
    return view_store_at(&snapshot->store, snapshot->view_order[index]);
}

int snapshot_compare_texts(struct span a, struct span b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size > 0 ? memcmp(a.data, b.data, size) : 0;

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static uint32_t *bucket_of(struct snapshot *snapshot, uint32_t pid)
{
    return &snapshot->buckets[pid / 4 % SNAPSHOT_BUCKETS]; /* pids are multiples of 4 */
}

static bool add_process(struct snapshot *snapshot, const struct row *row, enum row_member start,
                        enum row_member name)
{
    struct span texts[] = {row_text(row, MEMBER_HOST), row_text(row, start), row_text(row, name)};
    struct snapshot_process process = {.pid = (uint32_t)row_number(row, MEMBER_PID, 0),
                                       .text_offset = snapshot->texts.size,
                                       .host_size = (uint32_t)texts[0].size,
                                       .start_size = (uint32_t)texts[1].size,
                                       .name_size = (uint32_t)texts[2].size};
    uint32_t *bucket = bucket_of(snapshot, process.pid);

    process.older = *bucket;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!buffer_append(&snapshot->texts, texts[i]))
            return false;
    if (snapshot->processes_count == SNAPSHOT_PROCESSES_MAX ||
        !buffer_append(&snapshot->processes, (struct span){(const char *)&process, sizeof process}))
        return false;
    *bucket = (uint32_t)snapshot->processes_count++;
    return true;
}

/* The process listed last with the row's pid, of the row's machine; NO_PROCESS for none. */
static int64_t find_process(struct snapshot *snapshot, const struct row *row)
{
    uint32_t pid = (uint32_t)row_number(row, MEMBER_PID, 0);
    struct span host = row_text(row, MEMBER_HOST);

    for (uint32_t i = *bucket_of(snapshot, pid); i != UINT32_MAX; i = processes(snapshot)[i].older)
        if (processes(snapshot)[i].pid == pid &&
            span_equal(snapshot_host(snapshot, processes(snapshot) + i), host))
            return i;
    return NO_PROCESS;
}

/* The same; rows of a process that was not listed, as with -f when nothing matched, make one. */
static int64_t need_process(struct snapshot *snapshot, const struct row *row)
{
    int64_t index = find_process(snapshot, row);

    if (index == NO_PROCESS && add_process(snapshot, row, MEMBER_PROCESS_START, MEMBER_PROCESS))
        index = (int64_t)snapshot->processes_count - 1;
    return index;
}

static const char *add_map(struct snapshot *snapshot, const struct row *row)
{
    int64_t process = need_process(snapshot, row);

    if (process != NO_PROCESS &&
        view_store_add(&snapshot->store, row, (uint32_t)process, row_text(row, MEMBER_PROTECT)))
        return NULL;
    return snapshot->store.too_many
               ? "more than a million mappings, or 512 MiB of them, are too many to compare"
               : out_of_memory;
}

static void end_reply(struct snapshot *snapshot, const struct row *row)
{
    snapshot->is_ended = true;
    snapshot->rows_promised += row_number(row, MEMBER_ROWS, 0);
    if (span_equal(row_text(row, MEMBER_SCOPE), SPAN("own")))
        snapshot->has_own_scope = true;
}

const char *snapshot_add(struct snapshot *snapshot, const struct row *row)
{
    int64_t process;

    if (row->type == ROW_END) {
        end_reply(snapshot, row);
        return NULL;
    }
    snapshot->is_ended = false;
    snapshot->rows++;
    switch (row->type) {
    case ROW_PROCESS:
        return add_process(snapshot, row, MEMBER_START, MEMBER_NAME)
                   ? NULL
                   : "there are too many processes to compare";
    case ROW_MAP:
        return add_map(snapshot, row);
    case ROW_PROCESS_ERROR:
        process = need_process(snapshot, row);
        if (process == NO_PROCESS)
            return out_of_memory;
        processes(snapshot)[process].is_failed = true;
        return NULL;
    case ROW_ERROR:
        return "the request failed, and its rows are not the whole";
    case ROW_FILE:
        return "files cannot be compared: --by-file leaves out the processes";
    case ROW_PROCESS_CHANGE:
    case ROW_MAP_CHANGE:
        return "this is what diff itself wrote";
    case ROW_OTHER:
    case ROW_REGION:
    case ROW_INFO:
    case ROW_WHOAMI:
    case ROW_STATS:
    case ROW_END:
        break;
    }
    return NULL;
}

static int compare_views(const void *context, uint32_t a, uint32_t b)
{
    const struct view_store *store = context;
    const struct view *left = view_store_at(store, a), *right = view_store_at(store, b);

    if (left->owner != right->owner)
        return left->owner < right->owner ? -1 : 1;
    int order = path_compare(view_store_path(store, left), view_store_path(store, right));
    if (order == 0)
        order = snapshot_compare_texts(view_store_kind(store, left), view_store_kind(store, right));
    return order != 0 ? order : (left->base > right->base) - (left->base < right->base);
}

static int compare_processes(const void *context, uint32_t a, uint32_t b)
{
    const struct snapshot *snapshot = context;
    const struct snapshot_process *left = snapshot_process_at(snapshot, a);
    const struct snapshot_process *right = snapshot_process_at(snapshot, b);
    int order =
        snapshot_compare_texts(snapshot_host(snapshot, left), snapshot_host(snapshot, right));

    if (order == 0)
        order = (left->pid > right->pid) - (left->pid < right->pid);
    if (order == 0)
        order =
            snapshot_compare_texts(snapshot_start(snapshot, left), snapshot_start(snapshot, right));
    return order;
}

static void number_views(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->store.count; i++) {
        struct snapshot_process *process = processes(snapshot) + snapshot_view(snapshot, i)->owner;
        if (process->views_count++ == 0)
            process->views_begin = (uint32_t)i;
    }
}

/* Of equal processes, which the sort left in their order, the last counts. */
static void drop_repeats(struct snapshot *snapshot)
{
    size_t kept = 0;

    for (size_t i = 0; i < snapshot->processes_count; i++) {
        uint32_t process = snapshot->process_order[i];
        if (kept > 0 &&
            compare_processes(snapshot, snapshot->process_order[kept - 1], process) == 0)
            kept--;
        snapshot->process_order[kept++] = process;
    }
    snapshot->process_order_count = kept;
}

const char *snapshot_finish(struct snapshot *snapshot)
{
    size_t views = snapshot->store.count, count = snapshot->processes_count;

    if (!snapshot->is_ended)
        return snapshot->rows == 0 ? "there are no rows"
                                   : "it is cut off: the last row is no \"end\"";
    if (snapshot->rows != snapshot->rows_promised)
        return "rows are missing: the \"end\" rows count others than there are";
    snapshot->view_order = index_create(views);
    snapshot->process_order = index_create(count);
    if (snapshot->view_order == NULL || snapshot->process_order == NULL)
        return out_of_memory;
    index_sort(snapshot->view_order, snapshot->view_order + views, views, compare_views,
               &snapshot->store);
    index_sort(snapshot->process_order, snapshot->process_order + count, count, compare_processes,
               snapshot);
    number_views(snapshot);
    drop_repeats(snapshot);
    return NULL;
}
