#include "client/rows/diff.h"

/* What is only on the one side, or on the other. */
static const struct span went = {"went", 4}, came = {"came", 4};

struct diff {
    bool all_views;
    diff_on_row on_row;
    void *context;
    struct diff_result *result;
    struct row row;
};

struct process_range {
    const struct snapshot_process *first; /* NULL when there are none */
    size_t count;
};

/* Begins a row with the members that both types have. */
static void begin_change(struct diff *diff, enum row_type type, struct span change,
                         const struct snapshot_process *process)
{
    diff->result->changes++;
    row_begin(&diff->row, type);
    row_set_text(&diff->row, MEMBER_CHANGE, change);
    if (process->host.size > 0)
        row_set_text(&diff->row, MEMBER_HOST, process->host);
    row_set_number(&diff->row, MEMBER_PID, process->pid);
    row_set_text(&diff->row, MEMBER_START, process->start);
}

static bool report_view(struct diff *diff, struct span change,
                        const struct snapshot_process *process, const struct stored_view *view)
{
    struct row *row = &diff->row;

    begin_change(diff, ROW_MAP_CHANGE, change, process);
    row_set_text(row, MEMBER_PROCESS, process->name);
    if (view->base != UINT64_MAX)
        row_set_number(row, MEMBER_BASE, view->base);
    else
        row_set_null(row, MEMBER_BASE);
    row_set_number(row, MEMBER_SIZE, view->size);
    row_set_text(row, MEMBER_KIND, view->kind);
    row_set_text(row, MEMBER_PROTECT, view->rest);
    store_set_paths(row, view, SPAN(""));
    return diff->on_row(diff->context, &diff->row);
}

/* A process that is on one side only. */
static bool report_process(struct diff *diff, struct span change,
                           const struct snapshot_process *process)
{
    begin_change(diff, ROW_PROCESS_CHANGE, change, process);
    row_set_text(&diff->row, MEMBER_NAME, process->name);
    row_set_number(&diff->row, MEMBER_VIEWS, process->views.count);
    if (!diff->on_row(diff->context, &diff->row))
        return false;
    for (size_t i = 0; i < process->views.count && diff->all_views; i++)
        if (!report_view(diff, change, process, process->views.first + i))
            return false;
    return true;
}

/* Reports the views by which `more` exceeds `less`; those at addresses that only its side has come
 * before others. Both are of one path and kind, and sorted by address. */
static bool report_surplus(struct diff *diff, struct span change,
                           const struct snapshot_process *process, struct view_range more,
                           struct view_range less)
{
    size_t surplus = more.count - less.count, known = 0;

    for (size_t i = 0; surplus > 0; i++) {
        const struct stored_view *view = more.first + i;
        while (known < less.count && less.first[known].base < view->base)
            known++;
        if (known < less.count && less.first[known].base == view->base &&
            more.count - i > surplus) {
            known++;
            continue;
        }
        surplus--;
        if (!report_view(diff, change, process, view))
            return false;
    }
    return true;
}

/* Takes the first views, all of one path and kind; none unless their side is the next. */
static struct view_range take_file(struct view_range *left, bool is_next)
{
    struct view_range taken = {left->first, 0};

    while (is_next && taken.count < left->count &&
           snapshot_compare_files(taken.first, taken.first + taken.count) == 0)
        taken.count++;
    if (is_next)
        *left = (struct view_range){left->first + taken.count, left->count - taken.count};
    return taken;
}

/* A process that is on both sides. */
static bool compare_views(struct diff *diff, const struct snapshot_process *before,
                          const struct snapshot_process *after)
{
    struct view_range old_left = before->views, new_left = after->views;
    bool good = true;

    while (good && old_left.count + new_left.count > 0) {
        const int order = old_left.count == 0 ? 1
                          : new_left.count == 0
                              ? -1
                              : snapshot_compare_files(old_left.first, new_left.first);
        const struct view_range old_views = take_file(&old_left, order <= 0);
        const struct view_range new_views = take_file(&new_left, order >= 0);
        good = old_views.count > new_views.count
                   ? report_surplus(diff, went, before, old_views, new_views)
                   : report_surplus(diff, came, after, new_views, old_views);
    }
    return good;
}

/* Drops the first process, or all of its host and pid. */
static void drop(struct process_range *left, bool all)
{
    const struct snapshot_process *first = left->first;

    do {
        left->first++;
        left->count--;
    } while (all && left->count > 0 && snapshot_compare_pids(first, left->first) == 0);
}

static bool compare(struct diff *diff, struct process_range before, struct process_range after)
{
    bool good = true;

    while (good && before.count + after.count > 0) {
        int order = before.count == 0  ? 1
                    : after.count == 0 ? -1
                                       : snapshot_compare_pids(before.first, after.first);
        const bool is_failed =
            (order <= 0 && before.first->is_failed) || (order >= 0 && after.first->is_failed);
        diff->result->not_compared += is_failed;
        if (!is_failed && order == 0)
            order = span_compare(before.first->start, after.first->start);
        if (!is_failed)
            good = order < 0   ? report_process(diff, went, before.first)
                   : order > 0 ? report_process(diff, came, after.first)
                               : compare_views(diff, before.first, after.first);
        if (order <= 0)
            drop(&before, is_failed);
        if (order >= 0)
            drop(&after, is_failed);
    }
    return good;
}

bool diff_snapshots(const struct snapshot *before, const struct snapshot *after, bool all_views,
                    diff_on_row on_row, void *context, struct diff_result *result)
{
    struct diff diff = {
        .all_views = all_views, .on_row = on_row, .context = context, .result = result};

    *result = (struct diff_result){0, 0};
    row_init(&diff.row);
    bool good =
        compare(&diff, (struct process_range){snapshot_processes(before), before->processes_count},
                (struct process_range){snapshot_processes(after), after->processes_count});
    if (good) {
        row_begin(&diff.row, ROW_END);
        row_set_number(&diff.row, MEMBER_PROCESSES, 0);
        row_set_number(&diff.row, MEMBER_ROWS, result->changes);
        row_set_number(&diff.row, MEMBER_ERRORS, result->not_compared);
        row_set_number(&diff.row, MEMBER_COMPLETE, result->not_compared == 0);
        good = on_row(context, &diff.row);
    }
    row_release(&diff.row);
    return good;
}
