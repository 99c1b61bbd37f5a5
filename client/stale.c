#include "client/stale.h"

#include <string.h>

#include "common/base/bounds.h"
#include "common/text/pattern.h"
#include "common/text/timestamp.h"

enum { PENDING_MAX = 64 * 1024, NAMES_SIZE_MAX = 48 * 1024 * 1024, USERS_SIZE_MAX = 1024 * 1024 };

struct stale_process {
    uint32_t pid;
    struct span name, services, start; /* in the store */
};

static int compare_spans(const void *a, const void *b)
{
    return path_compare(*(const struct span *)a, *(const struct span *)b);
}

/* The names of the list without what comes before the drive: "!" for a file that is to be replaced,
 * "*1", and "\??\". */
static void read_pending(struct stale *stale)
{
    stale->calls->read_pending(stale->calls->context, &stale->names);
    struct span texts = buffer_span(&stale->names);
    for (size_t i = 0; texts.size > 0; i++) {
        const char *end = memchr(texts.data, '\0', texts.size);
        struct span name = {texts.data, end != NULL ? (size_t)(end - texts.data) : texts.size};
        texts = span_from(texts, name.size < texts.size ? name.size + 1 : name.size);
        if (name.size == 0 && i % 2 == 0)
            break; /* the end of the list */
        while (name.size > 0 && name.data[0] != '\\')
            name = span_from(name, 1);
        if (span_starts_with(name, SPAN("\\??\\")))
            name = span_from(name, 4);
        if (name.size > 0)
            buffer_append(&stale->pending, (struct span){(const char *)&name, sizeof name});
    }
    stale->failed = stale->pending.failed ||
                    (stale->pending.size > 0 &&
                     !merge_sort(stale->pending.data, stale->pending.size / sizeof(struct span),
                                 sizeof(struct span), compare_spans));
}

void stale_init(struct stale *stale, const struct stale_calls *calls)
{
    *stale = (struct stale){.calls = calls};
    store_init(&stale->store);
    buffer_init(&stale->processes, PROCESSES_MAX * sizeof(struct stale_process));
    buffer_init(&stale->pending, PENDING_MAX * sizeof(struct span));
    buffer_init(&stale->names, NAMES_SIZE_MAX);
    buffer_init(&stale->pids, USERS_SIZE_MAX);
    if (calls != NULL)
        read_pending(stale);
}

void stale_release(struct stale *stale)
{
    store_release(&stale->store);
    buffer_release(&stale->processes);
    buffer_release(&stale->pending);
    buffer_release(&stale->names);
    buffer_release(&stale->pids);
}

/* The memory of these buffers comes from realloc() and holds nothing else. */
static const struct stale_process *processes_of(const struct stale *stale)
{
    return (const struct stale_process *)(const void *)stale->processes.data;
}

static int by_owner(const void *a, const void *b)
{
    const struct stored_view *left = a, *right = b;

    return (left->owner > right->owner) - (left->owner < right->owner);
}

/* Names that the Windows Installer, component servicing and NTFS give to files that are in use when
 * they are replaced or deleted. Sources: processes that keep C:\Config.Msi\*.rbf after an update,
 * reported to several products; names below WinSxS\Temp in CBS.log; FILE_DISPOSITION_POSIX_SEMANTICS
 * on NTFS. */
static bool is_moved_aside(struct span path)
{
    static const char *const globs[] = {
        "*\\Config.Msi\\*.rbf", "*\\WinSxS\\Temp\\PendingDeletes\\*",
        "*\\WinSxS\\Temp\\PendingRenames\\*", "*\\$$DeleteMe.*", "*\\$Extend\\$Deleted\\*"};

    for (size_t i = 0; i < sizeof globs / sizeof globs[0]; i++)
        if (glob_match(span_from_string(globs[i]), path, NULL))
            return true;
    return false;
}

/* Paths must come in their order: the list is read along with them. */
static bool is_pending(struct stale *stale, struct span path)
{
    const struct span *names = (const struct span *)(const void *)stale->pending.data;
    const size_t count = stale->pending.size / sizeof *names;

    while (stale->pending_index < count && path_compare(names[stale->pending_index], path) < 0)
        stale->pending_index++;
    return stale->pending_index < count && path_compare(names[stale->pending_index], path) == 0;
}

static bool uses_file(const struct stale *stale, uint32_t pid)
{
    const uint32_t *pids = (const uint32_t *)(const void *)stale->pids.data;

    for (size_t i = 0; i < stale->pids.size / sizeof *pids; i++)
        if (pids[i] == pid)
            return true;
    return false;
}

/* Views of one file that is there and changed at this time. A process that started later has the file
 * of now. */
static void decide_replaced(struct stale *stale, struct stored_view *views, size_t count,
                            uint64_t change_time)
{
    const struct stale_process *processes = processes_of(stale);
    const struct stale_calls *calls = stale->calls;
    char change[TIMESTAMP_CAPACITY];
    bool is_asked = false;

    timestamp_format(change, change_time);
    for (size_t i = 0; i < count; i++) {
        const struct stale_process *process = &processes[views[i].owner];
        if ((i > 0 && views[i].owner == views[i - 1].owner) || /* another view of it */
            span_compare(process->start, span_from_string(change)) >= 0)
            continue;
        if (!is_asked && (stale->questions == STALE_QUESTIONS_MAX ||
                          !calls->list_users(calls->context, views[0].path, &stale->pids))) {
            stale->unchecked++;
            return;
        }
        stale->questions += !is_asked;
        is_asked = true;
        /* A process that has ended uses nothing. */
        if (!uses_file(stale, process->pid) &&
            calls->is_running(calls->context, process->pid, process->start))
            views[i].rest = SPAN("replaced");
    }
}

static void decide_file(struct stale *stale, struct stored_view *views, size_t count)
{
    const struct stale_calls *calls = stale->calls;
    const struct span path = views[0].path;
    enum stale_presence presence = STALE_UNKNOWN;
    struct span reason = SPAN("");
    uint64_t change_time = 0;

    if (is_moved_aside(path))
        reason = SPAN("moved_aside");
    else if (is_pending(stale, path))
        reason = SPAN("pending");
    else if (!views[0].is_device && views[0].rest.size == 0)
        presence = calls->look(calls->context, path, &change_time);
    if (presence == STALE_ABSENT)
        reason = SPAN("missing");
    for (size_t i = 0; i < count; i++)
        views[i].rest = i > 0 && views[i].owner == views[i - 1].owner ? SPAN("") : reason;
    if (presence == STALE_PRESENT)
        decide_replaced(stale, views, count, change_time);
    else if (reason.size == 0)
        stale->unchecked++;
}

static void decide(struct stale *stale)
{
    struct store *store = &stale->store;

    stale->failed = !store_sort(store, store_by_path) || stale->failed;
    for (size_t i = 0, count; i < store->count && !stale->failed; i += count) {
        count = store_same_path(store, i);
        decide_file(stale, store_views(store) + i, count);
    }
    stale->failed = stale->failed || !store_sort(store, by_owner);
}

void stale_add(struct stale *stale, const struct row *row)
{
    const size_t count = stale->processes.size / sizeof(struct stale_process);

    if (row->type == ROW_PROCESS) {
        struct stale_process process = {.pid = (uint32_t)row_number(row, MEMBER_PID, 0),
                                        .name = row_text(row, MEMBER_NAME),
                                        .services = row_text(row, MEMBER_SERVICES),
                                        .start = row_text(row, MEMBER_START)};
        const struct span item = {(const char *)&process, sizeof process};
        stale->failed = !store_keep(&stale->store, &process.name) ||
                        !store_keep(&stale->store, &process.services) ||
                        !store_keep(&stale->store, &process.start) ||
                        !buffer_append(&stale->processes, item) || stale->failed;
        return;
    }
    if (row->type == ROW_END)
        decide(stale);
    struct span kind = row_text(row, MEMBER_KIND);
    if (row->type != ROW_MAP || count == 0 || span_equal(kind, SPAN("driver")) ||
        (row_text(row, MEMBER_PATH).size == 0 && row_text(row, MEMBER_DEVICE_PATH).size == 0))
        return;
    /* Nothing is at a path that is not the file's. */
    const bool is_lossy = row_number(row, MEMBER_PATH_LOSSY, 0) != 0;
    if (!store_add(&stale->store, row, (uint32_t)count - 1, is_lossy ? SPAN("lossy") : SPAN("")))
        stale->failed = true;
}

bool stale_next(struct stale *stale, struct row *row)
{
    const struct stored_view *views = store_views(&stale->store);

    while (stale->next < stale->store.count && views[stale->next].rest.size == 0)
        stale->next++;
    if (stale->failed || stale->next == stale->store.count)
        return false;
    const struct stored_view *view = &views[stale->next++];
    const struct stale_process *process = &processes_of(stale)[view->owner];
    row_begin(row, ROW_STALE);
    row_set_number(row, MEMBER_PID, process->pid);
    row_set_text(row, MEMBER_START, process->start);
    row_set_text(row, MEMBER_PROCESS, process->name);
    row_set_text(row, MEMBER_SERVICES, process->services);
    row_set_text(row, MEMBER_PATH, view->path);
    row_set_text(row, MEMBER_REASON, view->rest);
    return true;
}
