#include "client/rows/diff.h"

enum side { OLD, NEW };

struct diff {
    const struct snapshot *snapshots[2];
    bool all_views;
    diff_on_row on_row;
    void *context;
    struct diff_result *result;
    struct row row;
};

/* Indexes of processes, or of views. */
struct range {
    size_t begin, end;
};

static bool report(struct diff *diff)
{
    return diff->on_row(diff->context, &diff->row);
}

/* Begins a row with the members that both types have. */
static void begin_change(struct diff *diff, enum row_type type, enum side side,
                         const struct snapshot_process *process)
{
    const struct snapshot *snapshot = diff->snapshots[side];
    struct span host = snapshot_text(snapshot, process, PROCESS_HOST);

    diff->result->changes++;
    row_begin(&diff->row, type);
    row_set_text(&diff->row, MEMBER_CHANGE, side == OLD ? SPAN("went") : SPAN("came"));
    if (host.size > 0)
        row_set_text(&diff->row, MEMBER_HOST, host);
    row_set_number(&diff->row, MEMBER_PID, process->pid);
    row_set_text(&diff->row, MEMBER_START, snapshot_text(snapshot, process, PROCESS_START));
}

static bool report_view(struct diff *diff, enum side side, const struct snapshot_process *process,
                        size_t index)
{
    const struct snapshot *snapshot = diff->snapshots[side];
    const struct store *store = &snapshot->store;
    const struct stored_view *view = store_at(store, index);
    struct span path = store_text(store, view, VIEW_PATH);
    struct row *row = &diff->row;

    begin_change(diff, ROW_MAP_CHANGE, side, process);
    row_set_text(row, MEMBER_PROCESS, snapshot_text(snapshot, process, PROCESS_NAME));
    if (view->base != UINT64_MAX)
        row_set_number(row, MEMBER_BASE, view->base);
    else
        row_set_null(row, MEMBER_BASE);
    row_set_number(row, MEMBER_SIZE, view->size);
    row_set_text(row, MEMBER_KIND, store_text(store, view, VIEW_KIND));
    row_set_text(row, MEMBER_PROTECT, store_text(store, view, VIEW_REST));
    row_set_text(row, MEMBER_PATH, view->is_device ? SPAN("") : path);
    row_set_text(row, MEMBER_DEVICE_PATH, view->is_device ? path : SPAN(""));
    return report(diff);
}

/* A process that is on one side only. */
static bool report_process(struct diff *diff, enum side side, size_t index)
{
    const struct snapshot_process *process = snapshot_at(diff->snapshots[side], index);

    begin_change(diff, ROW_PROCESS_CHANGE, side, process);
    row_set_text(&diff->row, MEMBER_NAME,
                 snapshot_text(diff->snapshots[side], process, PROCESS_NAME));
    row_set_number(&diff->row, MEMBER_VIEWS, process->views_count);
    if (!report(diff))
        return false;
    for (uint32_t i = 0; i < process->views_count && diff->all_views; i++)
        if (!report_view(diff, side, process, process->views_begin + i))
            return false;
    return true;
}

/* Reports the views by which `more` exceeds `less`; those at addresses that only its side has come
 * before others. Both are of one path and kind, and sorted by address. */
static bool report_surplus(struct diff *diff, enum side side,
                           const struct snapshot_process *process, struct range more,
                           struct range less)
{
    const struct store *store = &diff->snapshots[side]->store;
    const struct store *other = &diff->snapshots[side == OLD ? NEW : OLD]->store;
    size_t surplus = (more.end - more.begin) - (less.end - less.begin);

    for (size_t i = more.begin; i < more.end && surplus > 0; i++) {
        uint64_t base = store_at(store, i)->base;
        while (less.begin < less.end && store_at(other, less.begin)->base < base)
            less.begin++;
        if (less.begin < less.end && store_at(other, less.begin)->base == base &&
            more.end - i > surplus) {
            less.begin++;
            continue;
        }
        surplus--;
        if (!report_view(diff, side, process, i))
            return false;
    }
    return true;
}

/* The first views of the range, all of one path and kind. */
static struct range same_file(const struct store *store, struct range range)
{
    const struct stored_view *first = store_at(store, range.begin);
    size_t end = range.begin + 1;

    while (end < range.end &&
           snapshot_compare_files(store, first, store, store_at(store, end)) == 0)
        end++;
    return (struct range){range.begin, end};
}

/* A process that is on both sides. */
static bool compare_views(struct diff *diff, const struct snapshot_process *before,
                          const struct snapshot_process *after)
{
    const struct store *old_store = &diff->snapshots[OLD]->store;
    const struct store *new_store = &diff->snapshots[NEW]->store;
    struct range old_left = {before->views_begin, before->views_begin + before->views_count};
    struct range new_left = {after->views_begin, after->views_begin + after->views_count};

    while (old_left.begin < old_left.end || new_left.begin < new_left.end) {
        struct range old_views = {old_left.begin, old_left.begin};
        struct range new_views = {new_left.begin, new_left.begin};
        int order = old_left.begin == old_left.end ? 1
                    : new_left.begin == new_left.end
                        ? -1
                        : snapshot_compare_files(old_store, store_at(old_store, old_left.begin),
                                                 new_store, store_at(new_store, new_left.begin));
        if (order <= 0)
            old_views = same_file(old_store, old_left);
        if (order >= 0)
            new_views = same_file(new_store, new_left);
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
static bool compare_processes(struct diff *diff, struct range before, struct range after)
{
    const struct snapshot *old = diff->snapshots[OLD], *new = diff->snapshots[NEW];
    bool good = true;

    while (good && (before.begin < before.end || after.begin < after.end)) {
        int order =
            before.begin == before.end ? 1
            : after.begin == after.end
                ? -1
                : span_compare(snapshot_text(old, snapshot_at(old, before.begin), PROCESS_START),
                               snapshot_text(new, snapshot_at(new, after.begin), PROCESS_START));
        if (order < 0)
            good = report_process(diff, OLD, before.begin++);
        else if (order > 0)
            good = report_process(diff, NEW, after.begin++);
        else
            good = compare_views(diff, snapshot_at(old, before.begin++),
                                 snapshot_at(new, after.begin++));
    }
    return good;
}

/* The processes from `begin` on that have the same host and pid. */
static struct range same_pid(const struct snapshot *snapshot, size_t begin, bool *is_failed)
{
    struct range range = {begin, begin};

    while (range.end < snapshot->processes_count &&
           snapshot_compare_pids(snapshot, snapshot_at(snapshot, begin), snapshot,
                                 snapshot_at(snapshot, range.end)) == 0)
        *is_failed = snapshot_at(snapshot, range.end++)->is_failed || *is_failed;
    return range;
}

static bool compare(struct diff *diff)
{
    const struct snapshot *old = diff->snapshots[OLD], *new = diff->snapshots[NEW];
    struct range before = {0, 0}, after = {0, 0};

    while (before.end < old->processes_count || after.end < new->processes_count) {
        bool is_failed = false;
        int order = before.end == old->processes_count ? 1
                    : after.end == new->processes_count
                        ? -1
                        : snapshot_compare_pids(old, snapshot_at(old, before.end), new,
                                                snapshot_at(new, after.end));
        before.begin = before.end;
        after.begin = after.end;
        if (order <= 0)
            before = same_pid(old, before.begin, &is_failed);
        if (order >= 0)
            after = same_pid(new, after.begin, &is_failed);
        if (is_failed)
            diff->result->not_compared++;
        else if (!compare_processes(diff, before, after))
            return false;
    }
    return true;
}

bool diff_snapshots(const struct snapshot *before, const struct snapshot *after, bool all_views,
                    diff_on_row on_row, void *context, struct diff_result *result)
{
    struct diff diff = {.snapshots = {before, after},
                        .all_views = all_views,
                        .on_row = on_row,
                        .context = context,
                        .result = result};

    *result = (struct diff_result){0, 0};
    row_init(&diff.row);
    bool good = compare(&diff);
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
