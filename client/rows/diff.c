#include "client/rows/diff.h"

#include <string.h>

#include "common/base/bounds.h"
#include "common/text/utf.h"

enum { SNAPSHOT_PROCESSES_MAX = 4 * PROCESSES_MAX /* a file may be of several machines */ };

struct view_range {
    const struct stored_view *first; /* NULL when there are none */
    size_t count;
};

/* A process of a snapshot. */
struct process {
    uint32_t pid;
    bool is_failed;                /* one with its pid could not be read, or not completely */
    struct span host, start, name; /* in the store */
    struct view_range views;       /* once the file is over */
    uint32_t older;                /* the previous one in its bucket; UINT32_MAX: none */
};

/* --- snapshots --- */

static const char out_of_memory[] = "out of memory";

static bool refuse(struct snapshot *snapshot, const char *why)
{
    snapshot->why = why;
    return false;
}

void snapshot_init(struct snapshot *snapshot)
{
    *snapshot = (struct snapshot){.rows = 0};
    store_init(&snapshot->store);
    buffer_init(&snapshot->processes, SNAPSHOT_PROCESSES_MAX * sizeof(struct process));
    for (size_t i = 0; i < SNAPSHOT_BUCKETS; i++)
        snapshot->buckets[i] = UINT32_MAX;
    buffer_init(&snapshot->raw, 2 * SNAPSHOT_FEED_SIZE);
    /* A UTF-16 unit is at most three bytes of UTF-8. */
    buffer_init(&snapshot->text, ROW_LINE_SIZE_MAX + 3 * SNAPSHOT_FEED_SIZE);
    row_init(&snapshot->row);
}

void snapshot_release(struct snapshot *snapshot)
{
    store_release(&snapshot->store);
    buffer_release(&snapshot->processes);
    buffer_release(&snapshot->raw);
    buffer_release(&snapshot->text);
    row_release(&snapshot->row);
}

static struct process *processes_of(const struct snapshot *snapshot)
{
    /* The buffer's memory comes from realloc() and holds nothing but processes. */
    return (struct process *)(void *)snapshot->processes.data;
}

static int compare_pids(const struct process *a, const struct process *b)
{
    int order = span_compare(a->host, b->host);

    return order != 0 ? order : (a->pid > b->pid) - (a->pid < b->pid);
}

static int compare_files(const struct stored_view *a, const struct stored_view *b)
{
    int order = path_compare(a->path, b->path);

    return order != 0 ? order : span_compare(a->kind, b->kind);
}

static uint32_t *bucket_of(struct snapshot *snapshot, uint32_t pid)
{
    return &snapshot->buckets[pid / 4 % SNAPSHOT_BUCKETS]; /* pids are multiples of 4 */
}

/* Returns the process, or NULL at a bound or without memory. */
static struct process *add_process(struct snapshot *snapshot, const struct row *row,
                                   struct span start, struct span name)
{
    uint32_t pid = (uint32_t)row_number(row, MEMBER_PID, 0), *bucket = bucket_of(snapshot, pid);
    struct process process = {.pid = pid,
                              .host = row_text(row, MEMBER_HOST),
                              .start = start,
                              .name = name,
                              .older = *bucket};

    if (snapshot->processes_count == SNAPSHOT_PROCESSES_MAX ||
        !store_keep(&snapshot->store, &process.host) ||
        !store_keep(&snapshot->store, &process.start) ||
        !store_keep(&snapshot->store, &process.name) ||
        !buffer_append(&snapshot->processes, (struct span){(const char *)&process, sizeof process}))
        return NULL;
    *bucket = (uint32_t)snapshot->processes_count++;
    return processes_of(snapshot) + *bucket;
}

/* The process listed last with the row's pid, of the row's machine. Rows of a process that was not
 * listed, as with -f when nothing matched, make one. */
static struct process *need_process(struct snapshot *snapshot, const struct row *row)
{
    uint32_t pid = (uint32_t)row_number(row, MEMBER_PID, 0);
    struct span host = row_text(row, MEMBER_HOST);

    for (uint32_t i = *bucket_of(snapshot, pid); i != UINT32_MAX;) {
        struct process *process = processes_of(snapshot) + i;
        if (process->pid == pid && span_equal(process->host, host))
            return process;
        i = process->older;
    }
    return add_process(snapshot, row, row_text(row, MEMBER_PROCESS_START),
                       row_text(row, MEMBER_PROCESS));
}

static bool add_map(struct snapshot *snapshot, const struct row *row)
{
    struct process *process = need_process(snapshot, row);

    if (process != NULL &&
        store_add(&snapshot->store, row, (uint32_t)(process - processes_of(snapshot)),
                  row_text(row, MEMBER_PROTECT)))
        return true;
    return refuse(snapshot,
                  snapshot->store.too_many
                      ? "more than a million mappings, or 512 MiB of them, are too many to compare"
                      : out_of_memory);
}

/* A pid or name that matched nothing is no process that could not be read; unless it was only
 * denied to say which of the two it is. */
static bool add_error(struct snapshot *snapshot, const struct row *row)
{
    bool is_unmatched = span_equal(row_text(row, MEMBER_STAGE), SPAN("select"));
    bool is_denied = span_equal(row_text(row, MEMBER_CODE), SPAN("denied"));

    if (!row_knows(row, MEMBER_PID) || (is_unmatched && !is_denied))
        return true;
    struct process *process = need_process(snapshot, row);
    if (process == NULL)
        return refuse(snapshot, out_of_memory);
    process->is_failed = true;
    return true;
}

static bool end_reply(struct snapshot *snapshot, const struct row *row)
{
    struct span question = row_text(row, MEMBER_QUESTION);

    if (snapshot->rows_promised > 0 && !span_equal(question, snapshot->question))
        snapshot->is_mixed = true;
    if (!store_keep(&snapshot->store, &question))
        return refuse(snapshot, out_of_memory);
    snapshot->question = question;
    snapshot->is_ended = true;
    snapshot->rows_promised += row_number(row, MEMBER_ROWS, 0);
    if (span_equal(row_text(row, MEMBER_SCOPE), SPAN("own")))
        snapshot->has_own_scope = true;
    return true;
}

bool snapshot_add(struct snapshot *snapshot, const struct row *row)
{
    static const char own_output[] = "this is the output of diff itself";
    static const char *const refusals[ROW_TYPES_COUNT] = {
        [ROW_ERROR] = "the request failed, its rows are incomplete",
        [ROW_FILE] = "files cannot be compared: --by-file leaves out the processes",
        [ROW_PROCESS_CHANGE] = own_output,
        [ROW_MAP_CHANGE] = own_output,
    };

    if (snapshot->why != NULL)
        return false;
    snapshot->has_host = snapshot->has_host || row_has(row, MEMBER_HOST);
    if (row->type == ROW_END)
        return end_reply(snapshot, row);
    snapshot->is_ended = false;
    snapshot->rows++;
    if (row->type == ROW_PROCESS)
        return add_process(snapshot, row, row_text(row, MEMBER_START),
                           row_text(row, MEMBER_NAME)) != NULL ||
               refuse(snapshot, "there are too many processes to compare");
    if (row->type == ROW_MAP)
        return add_map(snapshot, row);
    if (row->type == ROW_PROCESS_ERROR)
        return add_error(snapshot, row);
    return refusals[row->type] == NULL || refuse(snapshot, refusals[row->type]);
}

static int by_process_and_file(const void *a, const void *b)
{
    const struct stored_view *left = a, *right = b;
    int order = (left->owner > right->owner) - (left->owner < right->owner);

    if (order == 0)
        order = compare_files(left, right);
    return order != 0 ? order : (left->base > right->base) - (left->base < right->base);
}

static int by_pid_and_start(const void *a, const void *b)
{
    const struct process *left = a, *right = b;
    int order = compare_pids(left, right);

    return order != 0 ? order : span_compare(left->start, right->start);
}

/* Of equal processes, which the sort left in their order, the last counts. The first of a host
 * and pid says for all that follow it whether one of them could not be read. */
static void drop_repeats(struct snapshot *snapshot)
{
    struct process *processes = processes_of(snapshot);
    size_t kept = 0;

    for (size_t i = 0; i < snapshot->processes_count; i++) {
        if (kept > 0 && by_pid_and_start(&processes[kept - 1], &processes[i]) == 0)
            kept--;
        processes[kept++] = processes[i];
    }
    snapshot->processes_count = kept;
    for (size_t i = kept; i-- > 1;)
        if (processes[i].is_failed && compare_pids(&processes[i - 1], &processes[i]) == 0)
            processes[i - 1].is_failed = true;
}

bool snapshot_finish(struct snapshot *snapshot)
{
    if (snapshot->why != NULL)
        return false;
    if (snapshot->rows == 0 || snapshot->is_ended)
        snapshot->line = 0;
    if (!snapshot->is_ended)
        return refuse(snapshot, snapshot->rows == 0
                                    ? "there are no rows"
                                    : "it is cut off after this line, which is no \"end\"");
    if (snapshot->rows != snapshot->rows_promised)
        return refuse(snapshot,
                      "rows are missing: the \"end\" rows do not count those that are there");
    if (!store_sort(&snapshot->store, by_process_and_file))
        return refuse(snapshot, out_of_memory);
    for (size_t i = 0; i < snapshot->store.count; i++) {
        const struct stored_view *view = store_views(&snapshot->store) + i;
        struct process *process = processes_of(snapshot) + view->owner;
        if (process->views.count++ == 0)
            process->views.first = view;
    }
    if (!merge_sort(processes_of(snapshot), snapshot->processes_count, sizeof(struct process),
                    by_pid_and_start))
        return refuse(snapshot, out_of_memory);
    drop_repeats(snapshot);
    return true;
}

/* Moves UTF-16, whose units are little-endian like Windows, over as UTF-8; half of a pair waits for
 * the other half. */
static void take_utf16(struct snapshot *snapshot, bool is_over)
{
    const uint16_t *units = (const uint16_t *)(const void *)snapshot->raw.data;
    size_t count = snapshot->raw.size / 2;

    if (count > 0 && !is_over && (units[count - 1] & 0xfc00u) == 0xd800)
        count--;
    const size_t size = utf8_from_utf16(NULL, 0, units, count);
    char *place = size > 0 ? buffer_extend(&snapshot->text, size) : NULL;
    if (place != NULL)
        (void)utf8_from_utf16(place, size, units, count);
    buffer_consume(&snapshot->raw, 2 * count);
}

/* Takes the rows of the complete lines; at the end of the file the last line is one. */
static void take_lines(struct snapshot *snapshot, bool is_over)
{
    struct span rest = buffer_span(&snapshot->text);
    struct row_error error;

    while (rest.size > 0 && snapshot->why == NULL) {
        const char *newline = memchr(rest.data, '\n', rest.size);
        struct span line = {rest.data, newline != NULL ? (size_t)(newline - rest.data) : rest.size};
        if (newline == NULL && !is_over && rest.size <= ROW_LINE_SIZE_MAX)
            break;
        snapshot->line++;
        rest = span_from(rest, line.size + (newline != NULL ? 1 : 0));
        if (line.size > 0 && line.data[line.size - 1] == '\r')
            line.size--;
        if (line.size == 0)
            continue;
        if (row_parse(&snapshot->row, line, &error))
            (void)snapshot_add(snapshot, &snapshot->row);
        else if (newline != NULL || line.data[line.size - 1] == '}' ||
                 line.size > ROW_LINE_SIZE_MAX)
            snapshot->why = error.text;
        else
            snapshot->why = "it is cut off in this line";
    }
    buffer_consume(&snapshot->text, snapshot->text.size - rest.size);
}

bool snapshot_feed(struct snapshot *snapshot, struct span bytes)
{
    const bool is_over = bytes.size == 0;
    struct buffer *raw = &snapshot->raw;

    buffer_append(raw, bytes);
    if (!snapshot->has_begun && (raw->size >= 3 || is_over)) { /* a byte order mark is complete */
        snapshot->has_begun = true;
        snapshot->is_utf16 = span_starts_with(buffer_span(raw), SPAN("\xFF\xFE"));
        const bool is_utf8 = span_starts_with(buffer_span(raw), SPAN("\xEF\xBB\xBF"));
        buffer_consume(raw, snapshot->is_utf16 ? 2 : is_utf8 ? 3 : 0);
    }
    if (snapshot->is_utf16) {
        take_utf16(snapshot, is_over);
    } else if (snapshot->has_begun) {
        buffer_append(&snapshot->text, buffer_span(raw));
        buffer_clear(raw);
    }
    if (raw->failed || snapshot->text.failed)
        snapshot->why = out_of_memory;
    take_lines(snapshot, is_over);
    return is_over ? snapshot_finish(snapshot) : snapshot->why == NULL;
}

/* --- their differences --- */

/* What is only on the one side, or on the other. */
static const struct span went = {"went", 4}, came = {"came", 4};

struct process_range {
    const struct process *first; /* NULL when there are none */
    size_t count;
};

/* Begins a row with the members that both types have. */
static void begin_change(struct diff *diff, enum row_type type, struct span change,
                         const struct process *process)
{
    diff->changes++;
    row_begin(&diff->row, type);
    row_set_text(&diff->row, MEMBER_CHANGE, change);
    if (process->host.size > 0)
        row_set_text(&diff->row, MEMBER_HOST, process->host);
    row_set_number(&diff->row, MEMBER_PID, process->pid);
    row_set_text(&diff->row, MEMBER_START, process->start);
}

static bool report_view(struct diff *diff, struct span change, const struct process *process,
                        const struct stored_view *view)
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
static bool report_process(struct diff *diff, struct span change, const struct process *process)
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
static bool report_surplus(struct diff *diff, struct span change, const struct process *process,
                           struct view_range more, struct view_range less)
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
           compare_files(taken.first, taken.first + taken.count) == 0)
        taken.count++;
    if (is_next)
        *left = (struct view_range){left->first + taken.count, left->count - taken.count};
    return taken;
}

/* A process that is on both sides. */
static bool compare_views(struct diff *diff, const struct process *before,
                          const struct process *after)
{
    struct view_range old_left = before->views, new_left = after->views;
    bool good = true;

    while (good && old_left.count + new_left.count > 0) {
        const int order = old_left.count == 0   ? 1
                          : new_left.count == 0 ? -1
                                                : compare_files(old_left.first, new_left.first);
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
    const struct process *first = left->first;

    do {
        left->first++;
        left->count--;
    } while (all && left->count > 0 && compare_pids(first, left->first) == 0);
}

bool diff_snapshots(struct diff *diff, const struct snapshot *before, const struct snapshot *after)
{
    struct process_range old = {processes_of(before), before->processes_count};
    struct process_range new_ = {processes_of(after), after->processes_count};
    bool good = true;

    row_init(&diff->row);
    while (good && old.count + new_.count > 0) {
        int order = old.count == 0 ? 1 : new_.count == 0 ? -1 : compare_pids(old.first, new_.first);
        const bool is_failed =
            (order <= 0 && old.first->is_failed) || (order >= 0 && new_.first->is_failed);
        diff->not_compared += is_failed;
        if (!is_failed && order == 0)
            order = span_compare(old.first->start, new_.first->start);
        if (!is_failed)
            good = order < 0   ? report_process(diff, went, old.first)
                   : order > 0 ? report_process(diff, came, new_.first)
                               : compare_views(diff, old.first, new_.first);
        if (order <= 0)
            drop(&old, is_failed);
        if (order >= 0)
            drop(&new_, is_failed);
    }
    row_begin(&diff->row, ROW_END);
    row_set_number(&diff->row, MEMBER_PROCESSES, 0);
    row_set_number(&diff->row, MEMBER_ROWS, diff->changes);
    row_set_number(&diff->row, MEMBER_ERRORS, diff->not_compared);
    row_set_number(&diff->row, MEMBER_COMPLETE, diff->not_compared == 0);
    good = good && diff->on_row(diff->context, &diff->row);
    row_release(&diff->row);
    return good;
}
