#include "common/scan/scan.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/scan/nt_status.h"
#include "common/text/pattern.h"

enum {
    IMAGE_SIZE_MAX = NAME_SIZE_MAX + 4096, /* a DOS path may be longer than its device path */
    ENTRIES_PER_STEP = 16                  /* of the process list, matched in one step */
};

enum scan_step {
    STEP_LIST,      /* take the snapshot */
    STEP_SELECT,    /* find the next process */
    STEP_OPEN,      /* open it and report it */
    STEP_REFUSED,   /* report why its views cannot be listed */
    STEP_VIEWS,     /* go through its views */
    STEP_MAP,       /* report the view that the process' own row, held back, came before */
    STEP_NAMES,     /* report that names were withheld */
    STEP_UNMATCHED, /* report the pids and globs that selected nothing */
    STEP_FAILED,
    STEP_END
};

struct scan {
    const struct platform *platform;
    struct scan_query query; /* its lists are the copies below */
    uint32_t *pids;          /* owned */
    struct span *names;      /* owned, with their texts */
    struct span *paths;      /* owned, with their texts */
    enum scan_step step;
    struct scan_checkpoint at;
    struct scan_failure failure;

    /* the process in hand */
    const struct process_entry *process; /* NULL: none */
    struct address_space *space;         /* owned; NULL: none is open */
    struct process_facts facts;
    uint32_t open_status; /* why it could not be opened */
    bool is_own;
    bool is_row_due; /* its row is held back until a view matched */
    struct buffer image_device;
    struct buffer image;
    struct views views;
};

const char *scan_stage_name(enum scan_stage stage)
{
    static const char *const names[] = {"select", "open", "regions", "names", "pages", "address"};
    return names[stage];
}

/* --- creation and checkpoints --- */

/* One block for the spans and their texts; NULL when out of memory. */
static struct span *copy_texts(const struct span *texts, size_t count)
{
    size_t size = 0;
    bool fits = size_mul(count, sizeof *texts, &size);
    for (size_t i = 0; i < count && fits; i++)
        fits = size_add(size, texts[i].size, &size);
    struct span *copies = fits ? malloc(size + 1) : NULL;
    if (copies == NULL)
        return NULL;
    char *end = (char *)(copies + count);
    for (size_t i = 0; i < count; i++) {
        copies[i] = (struct span){end, texts[i].size};
        if (texts[i].size > 0)
            memcpy(end, texts[i].data, texts[i].size);
        end += texts[i].size;
    }
    return copies;
}

static uint32_t *copy_pids(const uint32_t *pids, size_t count)
{
    uint32_t *copies = malloc(count * sizeof *pids + 1);
    if (copies != NULL && count > 0)
        memcpy(copies, pids, count * sizeof *pids);
    return copies;
}

struct scan *scan_create(const struct platform *platform, const struct scan_query *query,
                         const struct scan_checkpoint *from)
{
    ASSERT(query->pids_count <= SCAN_PIDS_MAX && query->names_count <= SCAN_NAMES_MAX);
    struct scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL)
        return NULL;
    scan->platform = platform;
    scan->query = *query;
    scan->query.pids = scan->pids = copy_pids(query->pids, query->pids_count);
    scan->query.names = scan->names = copy_texts(query->names, query->names_count);
    scan->query.views.paths = scan->paths =
        copy_texts(query->views.paths, query->views.paths_count);
    buffer_init(&scan->image_device, NAME_SIZE_MAX);
    buffer_init(&scan->image, IMAGE_SIZE_MAX);
    views_init(&scan->views, platform, &scan->query.views, &scan->at.counts.queries);
    if (from != NULL) {
        scan->at = *from;
        (void)process_list_hold(scan->at.processes);
        scan->views.no_allocations = from->no_allocations;
    }
    scan->step = scan->at.processes != NULL ? STEP_SELECT : STEP_LIST;
    if (scan->pids == NULL || scan->names == NULL || scan->paths == NULL) {
        scan_destroy(scan);
        return NULL;
    }
    return scan;
}

static void close_process(struct scan *scan)
{
    if (scan->space != NULL)
        scan->platform->close(scan->platform->context, scan->space);
    scan->space = NULL;
}

void scan_destroy(struct scan *scan)
{
    if (scan == NULL)
        return;
    close_process(scan);
    views_deinit(&scan->views);
    buffer_release(&scan->image_device);
    buffer_release(&scan->image);
    scan_checkpoint_release(&scan->at);
    free(scan->pids);
    free(scan->names);
    free(scan->paths);
    free(scan);
}

bool scan_is_between(const struct scan *scan)
{
    return scan->process == NULL;
}

void scan_checkpoint_release(struct scan_checkpoint *checkpoint)
{
    process_list_release(checkpoint->processes);
    checkpoint->processes = NULL;
}

const struct scan_counts *scan_counts(const struct scan *scan)
{
    return &scan->at.counts;
}

/* --- rows --- */

static bool shows_addresses(const struct scan *scan)
{
    return scan->query.addresses || scan->is_own;
}

/* Fills what every row of the current process has. */
static void row_begin(struct scan *scan, struct scan_row *row, enum scan_row_type type)
{
    row->type = type;
    row->process = scan->process;
    row->process_name = process_list_name(scan->at.processes, scan->process);
    row->show_addresses = shows_addresses(scan);
    scan->at.counts.rows++;
}

static void row_process(struct scan *scan, struct scan_row *row)
{
    row_begin(scan, row, SCAN_PROCESS);
    scan->at.counts.processes++;
    scan->is_row_due = false;
    row->facts = &scan->facts;
    row->image = buffer_span(scan->image.size > 0 ? &scan->image : &scan->image_device);
    if (row->image.size == 0)
        row->image.data = NULL;
}

static void row_error(struct scan *scan, struct scan_row *row, enum scan_stage stage,
                      enum status code, uint32_t nt_status, const char *message)
{
    row_begin(scan, row, SCAN_ERROR);
    scan->at.counts.errors++;
    row->error = (struct scan_error){.has_pid = true,
                                     .pid = scan->process->pid,
                                     .process = row->process_name,
                                     .code = code,
                                     .stage = stage,
                                     .nt_status = nt_status,
                                     .message = message};
}

/* --- selection --- */

/* The caller must not learn, not even from the time it takes, whether other users' processes exist.
 * So each process is opened whatever is asked for, and those that are not the caller's own or not
 * selected are passed over. Asking for all costs the same. */
static bool hides_others(const struct scan *scan)
{
    return scan->query.own_only && !scan->query.query_all;
}

/* at  NULL, or receives which pids and globs selected the process. */
static bool is_selected(const struct scan *scan, const struct process_entry *entry,
                        struct scan_checkpoint *at)
{
    const struct scan_query *query = &scan->query;
    const struct span name = process_list_name(scan->at.processes, entry);
    bool is_selected = query->all;
    for (size_t i = 0; i < query->pids_count; i++) {
        if (query->pids[i] == entry->pid) {
            is_selected = true;
            if (at != NULL)
                at->pid_matched[i] = true;
        }
    }
    for (size_t i = 0; i < query->names_count; i++) {
        if (glob_match_process(query->names[i], name)) {
            is_selected = true;
            if (at != NULL)
                at->name_matched[i] = true;
        }
    }
    return is_selected;
}

void scan_checkpoint_take(const struct scan *scan, struct scan_checkpoint *checkpoint)
{
    *checkpoint = scan->at;
    checkpoint->no_allocations = scan->views.no_allocations;
    (void)process_list_hold(checkpoint->processes);
    /* A process that is left out before it was opened still exists. */
    if (scan->step == STEP_OPEN && !hides_others(scan))
        (void)is_selected(scan, scan->process, checkpoint);
}

static void step_list(struct scan *scan)
{
    uint32_t nt_status = NTSTATUS_NO_MEMORY;
    struct process_list *list = process_list_create();
    scan->at.counts.queries.lists++;
    if (list != NULL)
        nt_status = scan->platform->list(scan->platform->context, list);
    if (nt_status == NTSTATUS_OK) {
        scan->at.processes = list;
        scan->step = STEP_SELECT;
        return;
    }
    process_list_release(list);
    scan->failure = (struct scan_failure){STATUS_INTERNAL, nt_status,
                                          "Windows did not give the list of processes.", NULL};
    scan->step = STEP_FAILED;
}

static void step_select(struct scan *scan)
{
    const struct process_list *list = scan->at.processes;
    for (int i = 0; i < ENTRIES_PER_STEP && scan->process == NULL; i++) {
        if (scan->at.index >= list->count) {
            scan->step = STEP_UNMATCHED;
            return;
        }
        const struct process_entry *entry = &list->entries[scan->at.index++];
        if (hides_others(scan) || is_selected(scan, entry, NULL)) {
            scan->process = entry;
            scan->step = STEP_OPEN;
        }
    }
}

/* Reports a pid, or with pid NULL a glob, that selected no process. */
static void row_unmatched(struct scan *scan, struct scan_row *row, const uint32_t *pid,
                          struct span name)
{
    const char *message;
    if (hides_others(scan))
        message = "You may ask about your own processes only.";
    else if (scan->query.own_only)
        message = pid != NULL ? "None of your processes has this pid."
                              : "None of your processes has this name.";
    else
        message = pid != NULL ? "No process has this pid." : "No process has this name.";
    row->type = SCAN_ERROR;
    row->process = NULL;
    row->error = (struct scan_error){
        .has_pid = pid != NULL,
        .pid = pid != NULL ? *pid : 0,
        .process = name,
        .code = hides_others(scan) ? STATUS_DENIED : STATUS_NO_SUCH_PROCESS,
        .stage = STAGE_SELECT,
        .message = message,
    };
    scan->at.counts.rows++;
    scan->at.counts.unmatched++;
}

static void step_unmatched(struct scan *scan, struct scan_row *row)
{
    struct scan_checkpoint *at = &scan->at;
    for (size_t i = 0; i < scan->query.pids_count; i++) {
        if (!at->pid_matched[i]) {
            at->pid_matched[i] = true; /* it is reported once */
            row_unmatched(scan, row, &scan->query.pids[i], (struct span){NULL, 0});
            return;
        }
    }
    for (size_t i = 0; i < scan->query.names_count; i++) {
        if (!at->name_matched[i]) {
            at->name_matched[i] = true;
            row_unmatched(scan, row, NULL, scan->query.names[i]);
            return;
        }
    }
    scan->step = STEP_END;
}

/* --- one process --- */

/* Done with the process, whether it was read or not. */
static void leave_process(struct scan *scan)
{
    close_process(scan);
    scan->process = NULL;
    scan->is_own = false;
    scan->step = STEP_SELECT;
}

/* Own is what runs as the same user and at most at the same integrity: Windows keeps a user's
 * elevated programs from the others. An unknown fact denies. */
static bool is_own(const struct scan *scan)
{
    return sid_equal(&scan->facts.owner, &scan->query.user) &&
           scan->facts.integrity != INTEGRITY_UNKNOWN &&
           scan->query.integrity != INTEGRITY_UNKNOWN &&
           scan->facts.integrity <= scan->query.integrity;
}

static void open_process(struct scan *scan)
{
    process_facts_set_unknown(&scan->facts);
    buffer_clear(&scan->image_device);
    buffer_clear(&scan->image);
    scan->at.counts.queries.opens++;
    scan->open_status = scan->platform->open(scan->platform->context, scan->process->pid,
                                             &scan->facts, &scan->image_device, &scan->space);
    scan->is_own = scan->open_status == NTSTATUS_OK && is_own(scan);
}

/* The pid is free, or another process has it now. */
static bool is_gone(const struct scan *scan)
{
    const uint64_t listed = scan->process->start_time;
    const uint64_t opened = scan->facts.start_time;
    const bool is_reused = listed != 0 && opened != 0 && listed != opened;
    return nt_status_is_exited(scan->open_status) || is_reused;
}

static void begin_process(struct scan *scan, struct scan_row *row)
{
    const struct views_query *views = &scan->query.views;
    if (scan->image_device.size > 0)
        (void)scan->platform->path(scan->platform->context, buffer_span(&scan->image_device),
                                   &scan->image);
    scan->is_row_due = scan->query.lists_maps && (views->paths_count > 0 || views->has_address);
    if (!scan->is_row_due)
        row_process(scan, row);
    if (!scan->query.lists_maps) {
        leave_process(scan);
    } else if (scan->space == NULL || (views->has_address && !shows_addresses(scan))) {
        scan->step = STEP_REFUSED;
    } else {
        views_begin(&scan->views, scan->space, scan->facts.address_limit, shows_addresses(scan));
        scan->step = STEP_VIEWS;
    }
}

static void step_open(struct scan *scan, struct scan_row *row)
{
    open_process(scan);
    if (is_gone(scan)) {
        scan->at.counts.exited += !hides_others(scan);
        leave_process(scan);
    } else if ((scan->query.own_only && !scan->is_own) ||
               !is_selected(scan, scan->process, &scan->at)) {
        leave_process(scan);
    } else {
        begin_process(scan, row);
    }
}

static void step_refused(struct scan *scan, struct scan_row *row)
{
    if (scan->space == NULL)
        row_error(scan, row, STAGE_OPEN, status_from_nt(scan->open_status), scan->open_status,
                  "Windows refuses to open this process, even for limited queries.");
    else
        row_error(scan, row, STAGE_ADDRESS, STATUS_DENIED, 0,
                  "The right \"addresses\" is needed to ask by address.");
    leave_process(scan);
}

static void step_map(struct scan *scan, struct scan_row *row)
{
    row_begin(scan, row, SCAN_MAP);
    row->map = scan->views.map;
    scan->step = STEP_VIEWS;
}

static void step_names(struct scan *scan, struct scan_row *row)
{
    const uint32_t nt_status = scan->views.names_status;
    if (nt_status != NTSTATUS_OK)
        row_error(scan, row, STAGE_NAMES, status_from_nt(nt_status), nt_status,
                  "Windows withheld names of mapped files; those rows have no path.");
    leave_process(scan);
}

static void step_views(struct scan *scan, struct scan_row *row)
{
    const struct views *views = &scan->views;
    switch (views_next(&scan->views)) {
    case VIEWS_ON:
        break;
    case VIEWS_MAP:
        if (scan->is_row_due) {
            row_process(scan, row);
            scan->step = STEP_MAP;
        } else {
            step_map(scan, row);
        }
        break;
    case VIEWS_REGION:
        row_begin(scan, row, SCAN_REGION);
        row->map = views->map;
        row->region = views->region;
        break;
    case VIEWS_DONE:
        step_names(scan, row);
        break;
    case VIEWS_EXITED: /* no error, and whatever failed before, failed because of it */
        scan->at.counts.exited++;
        leave_process(scan);
        break;
    case VIEWS_FAILED:
        row_error(scan, row, STAGE_REGIONS,
                  views->nt_status == NTSTATUS_OK ? STATUS_INTERNAL
                                                  : status_from_nt(views->nt_status),
                  views->nt_status, views->message);
        scan->step = STEP_NAMES;
        break;
    }
}

void scan_next(struct scan *scan, struct scan_row *row)
{
    row->type = SCAN_NONE;
    switch (scan->step) {
    case STEP_LIST:
        step_list(scan);
        break;
    case STEP_SELECT:
        step_select(scan);
        break;
    case STEP_OPEN:
        step_open(scan, row);
        break;
    case STEP_REFUSED:
        step_refused(scan, row);
        break;
    case STEP_VIEWS:
        step_views(scan, row);
        break;
    case STEP_MAP:
        step_map(scan, row);
        break;
    case STEP_NAMES:
        step_names(scan, row);
        break;
    case STEP_UNMATCHED:
        step_unmatched(scan, row);
        break;
    case STEP_FAILED:
        row->type = SCAN_FAILED;
        row->failure = scan->failure;
        break;
    case STEP_END:
        row->type = SCAN_END;
        break;
    }
}
