#include "client/rows/diff.h"

enum side { OLD, NEW };

struct diff {
    bool all_views;
    diff_on_row on_row;
    void *context;
    struct diff_result *result;
    struct row row;
};

/* From `begin` up to, but not including, `end`. */
struct process_range {
    const struct snapshot_process *begin, *end;
};

struct view_range {
    const struct stored_view *begin, *end;
};

static bool report(struct diff *diff)
{
    return diff->on_row(diff->context, &diff->row);
}

/* Begins a row with the members that both types have. */
static void begin_change(struct diff *diff, enum row_type type, enum side side,
                         const struct snapshot_process *process)
{
    diff->result->changes++;
    row_begin(&diff->row, type);
    row_set_text(&diff->row, MEMBER_CHANGE, side == OLD ? SPAN("went") : SPAN("came"));
    if (process->host.size > 0)
        row_set_text(&diff->row, MEMBER_HOST, process->host);
    row_set_number(&diff->row, MEMBER_PID, process->pid);
    row_set_text(&diff->row, MEMBER_START, process->start);
}

static bool report_view(struct diff *diff, enum side side, const struct snapshot_process *process,
                        const struct stored_view *view)
{
    struct row *row = &diff->row;

    begin_change(diff, ROW_MAP_CHANGE, side, process);
    row_set_text(row, MEMBER_PROCESS, process->name);
    if (view->base != UINT64_MAX)
        row_set_number(row, MEMBER_BASE, view->base);
    else
        row_set_null(row, MEMBER_BASE);
    row_set_number(row, MEMBER_SIZE, view->size);
    row_set_text(row, MEMBER_KIND, view->kind);
    row_set_text(row, MEMBER_PROTECT, view->rest);
    row_set_text(row, MEMBER_PATH, view->is_device ? SPAN("") : view->path);
    row_set_text(row, MEMBER_DEVICE_PATH, view->is_device ? view->path : SPAN(""));
    return report(diff);
}

/* A process that is on one side only. */
static bool report_process(struct diff *diff, enum side side,
                           const struct snapshot_process *process)
{
    begin_change(diff, ROW_PROCESS_CHANGE, side, process);
    row_set_text(&diff->row, MEMBER_NAME, process->name);
    row_set_number(&diff->row, MEMBER_VIEWS, process->views_count);
    if (!report(diff))
        return false;
    for (size_t i = 0; i < process->views_count && diff->all_views; i++)
        if (!report_view(diff, side, process, process->views + i))
            return false;
    return true;
}

/* Reports the views by which `more` exceeds `less`; those at addresses that only its side has come
 * before others. Both are of one path and kind, and sorted by address. */
static bool report_surplus(struct diff *diff, enum side side,
                           const struct snapshot_process *process, struct view_range more,
                           struct view_range less)
{
    ptrdiff_t surplus = (more.end - more.begin) - (less.end - less.begin);

    for (const struct stored_view *view = more.begin; view < more.end && surplus > 0; view++) {
        while (less.begin < less.end && less.begin->base < view->base)
            less.begin++;
        if (less.begin < less.end && less.begin->base == view->base && more.end - view > surplus) {
            less.begin++;
            continue;
        }
        surplus--;
        if (!report_view(diff, side, process, view))
            return false;
    }
    return true;
}

/* The first views, all of one path and kind. */
static struct view_range same_file(struct view_range views)
{
    const struct stored_view *end = views.begin + 1;

    while (end < views.end && snapshot_compare_files(views.begin, end) == 0)
        end++;
    return (struct view_range){views.begin, end};
}

static struct view_range views_of(const struct snapshot_process *process)
{
    const struct stored_view *first = process->views;

    return (struct view_range){first, first != NULL ? first + process->views_count : NULL};
}

/* A process that is on both sides. */
static bool compare_views(struct diff *diff, const struct snapshot_process *before,
                          const struct snapshot_process *after)
{
    struct view_range old_left = views_of(before), new_left = views_of(after);

    while (old_left.begin != old_left.end || new_left.begin != new_left.end) {
        struct view_range old_views = {old_left.begin, old_left.begin};
        struct view_range new_views = {new_left.begin, new_left.begin};
        int order = old_left.begin == old_left.end ? 1
                    : new_left.begin == new_left.end
                        ? -1
                        : snapshot_compare_files(old_left.begin, new_left.begin);
        if (order <= 0)
            old_views = same_file(old_left);
        if (order >= 0)
            new_views = same_file(new_left);
        bool is_less = old_views.end - old_views.begin > new_views.end - new_views.begin;
        if (!(is_less ? report_surplus(diff, OLD, before, old_views, new_views)
                      : report_surplus(diff, NEW, after, new_views, old_views)))
            return false;
        old_left.begin = old_views.end;
        new_left.begin = new_views.end;
    }
    return true;
}

/* Processes of one host and pid, by start. */
static bool compare_processes(struct diff *diff, struct process_range before,
                              struct process_range after)
{
    bool good = true;

    while (good && (before.begin != before.end || after.begin != after.end)) {
        int order = before.begin == before.end ? 1
                    : after.begin == after.end
                        ? -1
                        : span_compare(before.begin->start, after.begin->start);
        if (order < 0)
            good = report_process(diff, OLD, before.begin++);
        else if (order > 0)
            good = report_process(diff, NEW, after.begin++);
        else
            good = compare_views(diff, before.begin++, after.begin++);
    }
    return good;
}

/* The first processes, all of one host and pid. */
static struct process_range same_pid(struct process_range processes, bool *is_failed)
{
    const struct snapshot_process *end = processes.begin;

    while (end < processes.end && snapshot_compare_pids(processes.begin, end) == 0)
        *is_failed = end++->is_failed || *is_failed;
    return (struct process_range){processes.begin, end};
}

static bool compare(struct diff *diff, struct process_range old_left, struct process_range new_left)
{
    while (old_left.begin != old_left.end || new_left.begin != new_left.end) {
        struct process_range before = {old_left.begin, old_left.begin};
        struct process_range after = {new_left.begin, new_left.begin};
        bool is_failed = false;
        int order = old_left.begin == old_left.end ? 1
                    : new_left.begin == new_left.end
                        ? -1
                        : snapshot_compare_pids(old_left.begin, new_left.begin);
        if (order <= 0)
            before = same_pid(old_left, &is_failed);
        if (order >= 0)
            after = same_pid(new_left, &is_failed);
        if (is_failed)
            diff->result->not_compared++;
        else if (!compare_processes(diff, before, after))
            return false;
        old_left.begin = before.end;
        new_left.begin = after.end;
    }
    return true;
}

static struct process_range all_processes(const struct snapshot *snapshot)
{
    const struct snapshot_process *first = snapshot_processes(snapshot);

    return (struct process_range){first, first != NULL ? first + snapshot->processes_count : NULL};
}

bool diff_snapshots(const struct snapshot *before, const struct snapshot *after, bool all_views,
                    diff_on_row on_row, void *context, struct diff_result *result)
{
    struct diff diff = {
        .all_views = all_views, .on_row = on_row, .context = context, .result = result};

    *result = (struct diff_result){0, 0};
    row_init(&diff.row);
    bool good = compare(&diff, all_processes(before), all_processes(after));
    if (good) {
        row_begin(&diff.row, ROW_END);
        row_set_number(&diff.row, MEMBER_PROCESSES, 0);
        row_set_number(&diff.row, MEMBER_ROWS, result->changes);
        row_set_number(&diff.row, MEMBER_ERRORS, result->not_compared);
        row_set_number(&diff.row, MEMBER_COMPLETE, result->not_compared == 0);
        good = report(&diff);
    }
    row_release(&diff.row);
    return good;
}
