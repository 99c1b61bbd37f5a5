#include "client/rows/diff.h"

#include "client/rows/paths.h"
#include "client/rows/sink.h"
#include "common/json/writer.h"

enum side { OLD, NEW };

static const char *const change_names[] = {[OLD] = "went", [NEW] = "came"};

/* Some processes in process_order, or some views in view_order. */
struct range {
    size_t begin, end;
};

void diff_init(struct diff *diff, const struct snapshot *before, const struct snapshot *after,
               bool whole, const struct diff_view *view)
{
    *diff = (struct diff){.snapshots = {before, after}, .whole = whole, .view = view};
    buffer_init(&diff->line, ROW_LINE_SIZE_MAX);
    buffer_init(&diff->scratch, ROW_LINE_SIZE_MAX);
}

void diff_deinit(struct diff *diff)
{
    buffer_release(&diff->line);
    buffer_release(&diff->scratch);
}

static const struct snapshot_process *process_of(const struct diff *diff, enum side side,
                                                 size_t index)
{
    const struct snapshot *snapshot = diff->snapshots[side];

    return snapshot_process_at(snapshot, snapshot->process_order[index]);
}

static void write_text(struct json_writer *writer, const char *name, struct span text)
{
    if (text.size > 0)
        json_string(writer, name, text);
    else
        json_null(writer, name);
}

/* The members both kinds of rows begin with. */
static void begin_row(struct diff *diff, struct json_writer *writer, const char *type,
                      enum side side, const struct snapshot_process *process)
{
    const struct snapshot *snapshot = diff->snapshots[side];
    struct span host = snapshot_host(snapshot, process);

    buffer_clear(&diff->line);
    json_line_begin(writer, &diff->line);
    json_text(writer, "type", type);
    json_text(writer, "change", change_names[side]);
    if (host.size > 0)
        json_string(writer, "host", host);
    json_uint(writer, "pid", process->pid);
    write_text(writer, "start", snapshot_start(snapshot, process));
}

static bool tell_row(struct diff *diff, struct json_writer *writer)
{
    struct row_error error;

    if (!json_line_end(writer))
        return false;
    struct span line = {diff->line.data, diff->line.size - 1};
    return row_parse(line, &diff->row, &diff->scratch, &error) &&
           diff->view->on_row(diff->view->context, &diff->row, line);
}

static bool tell_process(struct diff *diff, enum side side, const struct snapshot_process *process)
{
    struct json_writer writer;

    begin_row(diff, &writer, "process_change", side, process);
    write_text(&writer, "name", snapshot_name(diff->snapshots[side], process));
    json_uint(&writer, "views", process->views_count);
    diff->changes++;
    return tell_row(diff, &writer);
}

static bool tell_view(struct diff *diff, enum side side, const struct snapshot_process *process,
                      const struct view *view)
{
    const struct view_store *store = &diff->snapshots[side]->store;
    struct span path = view_store_path(store, view);
    struct json_writer writer;

    begin_row(diff, &writer, "map_change", side, process);
    write_text(&writer, "process", snapshot_name(diff->snapshots[side], process));
    if (view->base != UINT64_MAX)
        json_address(&writer, "base", view->base);
    else
        json_null(&writer, "base");
    json_uint(&writer, "size", view->size);
    write_text(&writer, "kind", view_store_kind(store, view));
    write_text(&writer, "protect", view_store_rest(store, view));
    write_text(&writer, "path", view->is_device ? SPAN("") : path);
    write_text(&writer, "device_path", view->is_device ? path : SPAN(""));
    diff->changes++;
    return tell_row(diff, &writer);
}

/* A process that is on one side only. */
static bool tell_single(struct diff *diff, enum side side, size_t index)
{
    const struct snapshot_process *process = process_of(diff, side, index);

    if (!tell_process(diff, side, process))
        return false;
    for (size_t i = 0; i < process->views_count && diff->whole; i++)
        if (!tell_view(diff, side, process,
                       snapshot_view(diff->snapshots[side], process->views_begin + i)))
            return false;
    return true;
}

static int compare_views(const struct diff *diff, const struct view *before,
                         const struct view *after)
{
    const struct view_store *old_store = &diff->snapshots[OLD]->store;
    const struct view_store *new_store = &diff->snapshots[NEW]->store;
    int order = path_compare(view_store_path(old_store, before), view_store_path(new_store, after));

    return order != 0 ? order
                      : snapshot_compare_texts(view_store_kind(old_store, before),
                                               view_store_kind(new_store, after));
}

/* Moves range.end behind the views from its begin on that have the same path and kind. */
static void extend(const struct snapshot *snapshot, struct range *range, size_t limit)
{
    const struct view_store *store = &snapshot->store;
    const struct view *first = snapshot_view(snapshot, range->begin);

    for (range->end = range->begin + 1; range->end < limit; range->end++) {
        const struct view *view = snapshot_view(snapshot, range->end);
        if (path_compare(view_store_path(store, first), view_store_path(store, view)) != 0 ||
            snapshot_compare_texts(view_store_kind(store, first), view_store_kind(store, view)))
            break;
    }
}

/* Tells the views of the longer side that are too many; those at addresses that only this side
 * knows before others. Both are of one path and kind and sorted by address. */
static bool tell_surplus(struct diff *diff, enum side side, const struct snapshot_process *process,
                         struct range more, struct range less)
{
    const struct snapshot *snapshot = diff->snapshots[side];
    const struct snapshot *other = diff->snapshots[side == OLD ? NEW : OLD];
    size_t surplus = (more.end - more.begin) - (less.end - less.begin);

    for (size_t i = more.begin; i < more.end && surplus > 0; i++) {
        const struct view *view = snapshot_view(snapshot, i);
        while (less.begin < less.end && snapshot_view(other, less.begin)->base < view->base)
            less.begin++;
        if (less.begin < less.end && snapshot_view(other, less.begin)->base == view->base &&
            more.end - i > surplus) {
            less.begin++;
            continue;
        }
        surplus--;
        if (!tell_view(diff, side, process, view))
            return false;
    }
    return true;
}

/* A process that is on both sides. */
static bool tell_views(struct diff *diff, const struct snapshot_process *before,
                       const struct snapshot_process *after)
{
    struct range old_views = {before->views_begin, 0}, new_views = {after->views_begin, 0};
    const size_t old_end = old_views.begin + before->views_count;
    const size_t new_end = new_views.begin + after->views_count;
    bool good = true;

    while (good && (old_views.begin < old_end || new_views.begin < new_end)) {
        old_views.end = old_views.begin;
        new_views.end = new_views.begin;
        int order = old_views.begin == old_end ? 1
                    : new_views.begin == new_end
                        ? -1
                        : compare_views(diff, snapshot_view(diff->snapshots[OLD], old_views.begin),
                                        snapshot_view(diff->snapshots[NEW], new_views.begin));
        if (order <= 0)
            extend(diff->snapshots[OLD], &old_views, old_end);
        if (order >= 0)
            extend(diff->snapshots[NEW], &new_views, new_end);
        if (old_views.end - old_views.begin > new_views.end - new_views.begin)
            good = tell_surplus(diff, OLD, before, old_views, new_views);
        else
            good = tell_surplus(diff, NEW, after, new_views, old_views);
        old_views.begin = old_views.end;
        new_views.begin = new_views.end;
    }
    return good;
}

static int compare_pids(const struct diff *diff, const struct snapshot_process *before,
                        enum side side, const struct snapshot_process *after)
{
    int order = snapshot_compare_texts(snapshot_host(diff->snapshots[OLD], before),
                                       snapshot_host(diff->snapshots[side], after));

    return order != 0 ? order : (before->pid > after->pid) - (before->pid < after->pid);
}

/* The listings from `begin` on that have the same host and pid. */
static struct range same_pid(const struct diff *diff, enum side side, size_t begin, bool *is_failed)
{
    const struct snapshot *snapshot = diff->snapshots[side];
    struct range range = {begin, begin};
    struct span host = {NULL, 0};
    uint32_t pid = 0;

    for (; range.end < snapshot->process_order_count; range.end++) {
        const struct snapshot_process *process = process_of(diff, side, range.end);
        if (range.end > begin &&
            (process->pid != pid || !span_equal(snapshot_host(snapshot, process), host)))
            break;
        pid = process->pid;
        host = snapshot_host(snapshot, process);
        *is_failed = *is_failed || process->is_failed;
    }
    return range;
}

/* Processes of one pid, by start. */
static bool tell_processes(struct diff *diff, struct range before, struct range after)
{
    bool good = true;

    while (good && (before.begin < before.end || after.begin < after.end)) {
        int order = before.begin == before.end ? 1 : after.begin == after.end ? -1 : 0;
        if (order == 0)
            order = snapshot_compare_texts(
                snapshot_start(diff->snapshots[OLD], process_of(diff, OLD, before.begin)),
                snapshot_start(diff->snapshots[NEW], process_of(diff, NEW, after.begin)));
        if (order < 0)
            good = tell_single(diff, OLD, before.begin++);
        else if (order > 0)
            good = tell_single(diff, NEW, after.begin++);
        else
            good = tell_views(diff, process_of(diff, OLD, before.begin++),
                              process_of(diff, NEW, after.begin++));
    }
    return good;
}

static bool tell_end(struct diff *diff)
{
    struct json_writer writer;

    buffer_clear(&diff->line);
    json_line_begin(&writer, &diff->line);
    json_text(&writer, "type", "end");
    json_uint(&writer, "processes", 0);
    json_uint(&writer, "rows", diff->changes);
    json_uint(&writer, "errors", diff->not_compared);
    json_bool(&writer, "complete", diff->not_compared == 0);
    return tell_row(diff, &writer);
}

bool diff_tell(struct diff *diff)
{
    const size_t old_count = diff->snapshots[OLD]->process_order_count;
    const size_t new_count = diff->snapshots[NEW]->process_order_count;
    struct range before = {0, 0}, after = {0, 0};

    while (before.end < old_count || after.end < new_count) { /* each turn takes one pid */
        bool is_failed = false;
        int order = before.end == old_count  ? 1
                    : after.end == new_count ? -1
                                             : compare_pids(diff, process_of(diff, OLD, before.end),
                                                            NEW, process_of(diff, NEW, after.end));
        before.begin = before.end;
        after.begin = after.end;
        if (order <= 0)
            before = same_pid(diff, OLD, before.begin, &is_failed);
        if (order >= 0)
            after = same_pid(diff, NEW, after.begin, &is_failed);
        if (is_failed)
            diff->not_compared++;
        else if (!tell_processes(diff, before, after))
            return false;
    }
    return tell_end(diff);
}
