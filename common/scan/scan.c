#include "common/scan/scan.h"

#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/scan/device_map.h"
#include "common/scan/drivers.h"
#include "common/scan/nt_status.h"
#include "common/text/pattern.h"

enum {
    IMAGE_SIZE_MAX = NAME_SIZE_MAX + 4096, /* a DOS path may be longer than its device path */
    SERVICES_SIZE_MAX = 64 * 1024,         /* of one process */
    ENTRIES_PER_STEP = 16,                 /* of the process list, matched in one step */
    NAME_WORK_MAX = 256 * 1024             /* of one name; then no other pattern matches it */
};

/* One piece of work; `row` has the type SCAN_NONE. Sets scan->step. */
typedef void scan_step(struct scan *scan, struct scan_row *row);

static scan_step step_list, step_select, step_open, step_views, step_map, step_drivers, step_error,
    step_unmatched;
static void end_late(struct scan *scan, enum scan_stage stage);
static void check(struct scan *scan, const struct sid *owner);

struct scan {
    struct platform platform;
    struct scan_query query;
    scan_step *step; /* the next one */
    struct scan_checkpoint at;

    /* the process in hand */
    const struct process_entry *process; /* NULL: none */
    struct address_space *space;         /* owned; NULL: none is open */
    struct process_facts facts;
    const char *note; /* why Windows lists it to nobody; NULL: it does */
    enum scan_verdict verdict;
    enum scan_stage stage; /* of the process_error for it */
    bool is_own;
    bool is_row_due;       /* its row is held back until a view matched */
    size_t driver_index;   /* of the next one */
    struct buffer drivers; /* the kernel's answer */
    struct scan_error due; /* of step_error */
    struct buffer image_device;
    struct buffer image;
    struct buffer services;
    struct views views;
};

/* --- creation and checkpoints --- */

struct scan *scan_create(const struct platform *platform, const struct scan_query *query,
                         const struct scan_checkpoint *from)
{
    ASSERT(query->pids_count <= SCAN_PIDS_MAX && query->names_count <= SCAN_NAMES_MAX);
    struct scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL)
        return NULL;
    scan->platform = *platform;
    scan->query = *query;
    buffer_init(&scan->image_device, NAME_SIZE_MAX);
    buffer_init(&scan->image, IMAGE_SIZE_MAX);
    buffer_init(&scan->services, SERVICES_SIZE_MAX);
    buffer_init(&scan->drivers, DRIVERS_ANSWER_SIZE_MAX);
    views_init(&scan->views, &scan->platform, &scan->query.views, &scan->at.counts.queries);
    if (from != NULL) {
        scan->at = *from;
        (void)process_list_hold(scan->at.processes);
        scan->views.no_allocations = from->no_allocations;
    }
    scan->step = scan->at.processes != NULL ? step_select : step_list;
    if (scan->at.is_open) {
        scan->process = &scan->at.processes->entries[scan->at.index - 1];
        end_late(scan, from->stage);
    }
    return scan;
}

/* The queries that follow are about the process in hand, the next one of this stage. */
static void set_target(struct scan *scan, enum scan_stage stage)
{
    struct watch *watch = scan->platform.watch;

    if (watch != NULL)
        watch->target = (struct watch_target){.pid = scan->process->pid,
                                              .start_time = scan->process->start_time,
                                              .owner = scan->facts.owner};
    watch_mark(watch, stage);
}

void scan_set_watch(struct scan *scan, struct watch *watch)
{
    scan->platform.watch = watch;
    if (scan->process == NULL || scan->step == step_open)
        return;
    set_target(scan, STAGE_REGIONS); /* any but the list of processes */
    if (scan->step == step_error || scan->step == step_drivers)
        return;                      /* nothing more is asked */
    check(scan, &scan->facts.owner); /* others may have hung meanwhile */
    scan->views.refuses_names |= scan->verdict == SCAN_UNNAMED;
    if (scan->verdict == SCAN_SKIP)
        end_late(scan, scan->stage);
}

static void close_process(struct scan *scan)
{
    if (scan->space != NULL)
        scan->platform.close(scan->platform.context, scan->space);
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
    buffer_release(&scan->services);
    buffer_release(&scan->drivers);
    scan_checkpoint_release(&scan->at);
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
    const uint64_t start_time =
        scan->facts.start_time != 0 ? scan->facts.start_time : scan->process->start_time;

    row_begin(scan, row, SCAN_PROCESS);
    scan->at.counts.processes++;
    scan->is_row_due = false;
    row->facts = &scan->facts;
    row->services = (struct span){NULL, 0};
    if (scan->platform.services(scan->platform.context, scan->process->pid, start_time,
                                &scan->services))
        row->services = scan->services.size > 0 ? buffer_span(&scan->services) : SPAN("");
    row->note = scan->note;
    row->image = buffer_span(scan->image.size > 0 ? &scan->image : &scan->image_device);
    if (row->image.size == 0)
        row->image.data = NULL;
}

/* --- selection --- */

/* The caller must not learn, not even from the time it takes, whether other users' processes exist.
 * So each process that runs as the caller, or may, is opened whatever is asked for, and those that are
 * not the caller's own or not selected are passed over. Asking for all costs the same. */
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
    size_t work = NAME_WORK_MAX;
    for (size_t i = 0; i < query->pids_count + query->names_count; i++) {
        const bool matches =
            i < query->pids_count
                ? query->pids[i] == entry->pid
                : glob_match_process(query->names[i - query->pids_count], name, &work);
        is_selected = is_selected || matches;
        if (at != NULL && matches)
            at->matched[i] = true;
    }
    return is_selected;
}

void scan_checkpoint_take(const struct scan *scan, struct scan_checkpoint *checkpoint)
{
    *checkpoint = scan->at;
    checkpoint->no_allocations = scan->views.no_allocations;
    (void)process_list_hold(checkpoint->processes);
    checkpoint->is_open = scan->process != NULL && scan->step != step_open;
    checkpoint->index -= scan->step == step_open;
}

/* Takes the snapshot. */
static void step_list(struct scan *scan, struct scan_row *row)
{
    (void)row;
    uint32_t nt_status = NTSTATUS_NO_MEMORY;
    struct process_list *list = process_list_create();
    scan->at.counts.queries.lists++;
    watch_mark(scan->platform.watch, STAGE_SELECT);
    if (list != NULL)
        nt_status = scan->platform.list(scan->platform.context, scan->query.own_only, list);
    if (nt_status == NTSTATUS_OK) {
        scan->at.processes = list;
        scan->step = step_select;
        return;
    }
    process_list_release(list);
    scan->due = (struct scan_error){.code = STATUS_INTERNAL,
                                    .nt_status = nt_status,
                                    .message = "Windows did not give the list of processes."};
    scan->step = step_error;
}

/* Finds the next process. */
static void step_select(struct scan *scan, struct scan_row *row)
{
    (void)row;
    const struct process_list *list = scan->at.processes;
    for (int i = 0; i < ENTRIES_PER_STEP && scan->process == NULL; i++) {
        if (scan->at.index >= list->count) {
            scan->step = step_unmatched;
            return;
        }
        const struct process_entry *entry = &list->entries[scan->at.index++];
        /* an owner that the snapshot lacks may be the caller */
        if ((!scan->query.own_only || entry->owner.size == 0 ||
             sid_equal(&entry->owner, &scan->query.user)) &&
            (hides_others(scan) || is_selected(scan, entry, NULL))) {
            scan->process = entry;
            scan->step = step_open;
        }
    }
}

static const char *unmatched_message(const struct scan *scan, bool has_pid)
{
    if (hides_others(scan))
        return "You may ask about your own processes only.";
    if (scan->query.own_only)
        return has_pid ? "None of your processes has this pid."
                       : "None of your processes has this name.";
    return has_pid ? "No process has this pid." : "No process has this name.";
}

/* Reports the next pid or glob that selected no process. */
static void step_unmatched(struct scan *scan, struct scan_row *row)
{
    const struct scan_query *query = &scan->query;
    const size_t count = query->pids_count + query->names_count;
    size_t i = 0;
    while (i < count && scan->at.matched[i])
        i++;
    if (i == count) {
        row->type = SCAN_END;
        return;
    }
    const bool has_pid = i < query->pids_count;
    scan->at.matched[i] = true; /* reported once */
    scan->at.counts.rows++;
    scan->at.counts.unmatched++;
    row->type = SCAN_ERROR;
    row->process = NULL;
    row->error = (struct scan_error){
        .has_pid = has_pid,
        .pid = has_pid ? query->pids[i] : 0,
        .process = has_pid ? (struct span){NULL, 0} : query->names[i - query->pids_count],
        .code = hides_others(scan) ? STATUS_DENIED : STATUS_NO_SUCH_PROCESS,
        .stage = STAGE_SELECT,
        .message = unmatched_message(scan, has_pid)};
}

/* --- one process --- */

/* Done with the process, whether it was read or not. */
static void leave_process(struct scan *scan)
{
    close_process(scan);
    scan->process = NULL;
    scan->note = NULL;
    scan->verdict = SCAN_ASK;
    scan->is_own = false;
    scan->step = step_select;
}

/* The next row is an error. */
static void end_with(struct scan *scan, enum scan_stage stage, enum status code, uint32_t nt_status,
                     const char *message)
{
    scan->due = (struct scan_error){.has_pid = true,
                                    .pid = scan->process->pid,
                                    .process = process_list_name(scan->at.processes, scan->process),
                                    .code = code,
                                    .stage = stage,
                                    .nt_status = nt_status,
                                    .message = message};
    scan->step = step_error;
}

/* The same for what a query that does not return keeps from being read. */
static void end_late(struct scan *scan, enum scan_stage stage)
{
    end_with(scan, stage, STATUS_TIMED_OUT, 0,
             scan->verdict != SCAN_SKIP && scan->views.has_unnamed
                 ? "Queries about other processes did not return, so the names of its mapped files "
                   "are left out for now."
                 : "Queries about this process, or too many about others, did not return in time, "
                   "so what is not listed is left out for now.");
}

/* owner  NULL before it is opened. */
static void check(struct scan *scan, const struct sid *owner)
{
    const struct scan_query *query = &scan->query;

    if (query->check != NULL)
        scan->verdict = query->check(query->check_context, scan->process->pid,
                                     scan->process->start_time, owner, &scan->stage);
}

/* Returns an NTSTATUS; NTSTATUS_IO_TIMEOUT when it was not tried. */
static uint32_t open_process(struct scan *scan)
{
    process_facts_set_unknown(&scan->facts);
    buffer_clear(&scan->image_device);
    buffer_clear(&scan->image);
    check(scan, NULL);
    if (scan->verdict == SCAN_SKIP)
        return NTSTATUS_IO_TIMEOUT;
    scan->at.counts.queries.opens++;
    set_target(scan, STAGE_OPEN);
    const uint32_t nt_status = scan->platform.open(scan->platform.context, scan->process->pid,
                                                   &scan->facts, &scan->image_device, &scan->space);
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    if (scan->platform.watch != NULL)
        scan->platform.watch->target.owner = scan->facts.owner;
    check(scan, &scan->facts.owner);
    /* Own is what runs as the same user and at most at the same integrity: Windows keeps a user's
     * elevated programs from the others. An unknown fact denies. */
    scan->is_own = sid_equal(&scan->facts.owner, &scan->query.user) &&
                   scan->facts.integrity != INTEGRITY_UNKNOWN &&
                   scan->query.integrity != INTEGRITY_UNKNOWN &&
                   scan->facts.integrity <= scan->query.integrity;
    return nt_status;
}

/* The pid is free, or another process has it now. */
static bool is_gone(const struct scan *scan, uint32_t nt_status)
{
    const uint64_t listed = scan->process->start_time, opened = scan->facts.start_time;
    return nt_status_is_exited(nt_status) || (listed != 0 && opened != 0 && listed != opened);
}

/* Windows closes the address space of System to everybody, and that of other minimal processes where it
 * likes: that is no failure. The first query shows it. */
static bool is_closed(struct scan *scan, uint32_t nt_status)
{
    struct region region;
    if (nt_status == NTSTATUS_ACCESS_DENIED && scan->process->pid == PROCESS_SYSTEM_PID)
        return true;
    if (nt_status != NTSTATUS_OK || !scan->facts.is_minimal || scan->verdict == SCAN_SKIP)
        return false;
    scan->at.counts.queries.regions++;
    watch_mark(scan->platform.watch, STAGE_REGIONS);
    nt_status = scan->platform.memory(scan->platform.context, scan->space, MEMORY_CLASS_BASIC, 0,
                                      &region, sizeof region);
    return nt_status != NTSTATUS_OK && !nt_status_is_exited(nt_status);
}

/* Drivers are the images of System. They have no address that anybody may see. */
static void end_views(struct scan *scan)
{
    const struct views_query *views = &scan->query.views;
    if (scan->process->pid == PROCESS_SYSTEM_PID &&
        (scan->note != NULL || scan->facts.is_minimal) && (views->kinds & VIEW_IMAGE) != 0 &&
        !views->has_address) {
        scan->driver_index = 0;
        scan->step = step_drivers;
        scan->at.counts.queries.lists++;
        watch_mark(scan->platform.watch, STAGE_DRIVERS);
        const uint32_t nt_status = scan->platform.drivers(scan->platform.context, &scan->drivers);
        if (nt_status != NTSTATUS_OK)
            end_with(scan, STAGE_DRIVERS, status_from_nt(nt_status), nt_status,
                     "Windows did not give the list of drivers.");
    } else {
        leave_process(scan);
    }
}

static void begin_maps(struct scan *scan, uint32_t nt_status)
{
    if (scan->verdict == SCAN_SKIP) {
        end_late(scan, scan->stage);
    } else if (scan->note != NULL) {
        end_views(scan);
    } else if (nt_status != NTSTATUS_OK) {
        end_with(scan, STAGE_OPEN, status_from_nt(nt_status), nt_status,
                 "Windows refuses to open this process, even for limited queries.");
    } else if (scan->query.views.has_address && !shows_addresses(scan)) {
        end_with(scan, STAGE_ADDRESS, STATUS_DENIED, 0,
                 "The right \"addresses\" is needed to ask by address.");
    } else {
        views_begin(&scan->views, scan->space, scan->facts.address_limit, shows_addresses(scan));
        scan->views.refuses_names = scan->verdict == SCAN_UNNAMED;
        scan->step = step_views;
    }
}

/* Opens the process and reports it. */
static void step_open(struct scan *scan, struct scan_row *row)
{
    const struct scan_query *query = &scan->query;
    const uint32_t nt_status = open_process(scan);
    if (is_gone(scan, nt_status)) {
        scan->at.counts.exited += !hides_others(scan);
        leave_process(scan);
        return;
    }
    if ((query->own_only && !scan->is_own) || !is_selected(scan, scan->process, &scan->at)) {
        leave_process(scan);
        return;
    }
    if (!device_path_is_file(buffer_span(&scan->image_device)))
        buffer_clear(&scan->image_device);
    else
        (void)scan->platform.path(scan->platform.context, buffer_span(&scan->image_device),
                                  &scan->image);
    if (is_closed(scan, nt_status)) {
        scan->facts.access = PROCESS_ACCESS_NONE;
        scan->note = "Windows lets no program list the memory of this process.";
    }
    scan->is_row_due =
        query->lists_maps && (query->views.paths_count > 0 || query->views.has_address);
    if (!scan->is_row_due)
        row_process(scan, row);
    if (query->lists_maps)
        begin_maps(scan, nt_status);
    else
        leave_process(scan);
}

/* Reports the view or driver that a process row was held back for, or any other. */
static void step_map(struct scan *scan, struct scan_row *row)
{
    row_begin(scan, row, SCAN_MAP);
    row->map = scan->views.walk.view;
    row->show_addresses = row->show_addresses && row->map.kind != VIEW_DRIVER;
    scan->step = row->map.kind == VIEW_DRIVER ? step_drivers : step_views;
}

static void report_map(struct scan *scan, struct scan_row *row)
{
    if (!scan->is_row_due) {
        step_map(scan, row);
    } else {
        row_process(scan, row);
        scan->step = step_map;
    }
}

/* Reports the next driver. */
static void step_drivers(struct scan *scan, struct scan_row *row)
{
    uint64_t size = 0;
    bool lossy = false;
    if (drivers_read(buffer_span(&scan->drivers), scan->driver_index, &size,
                     &scan->views.device_path, &lossy)) {
        scan->driver_index++;
        if (views_take_driver(&scan->views, size, lossy))
            report_map(scan, row);
    } else if (scan->driver_index < drivers_count(buffer_span(&scan->drivers))) {
        end_with(scan, STAGE_DRIVERS, STATUS_INTERNAL, 0,
                 "Windows gave only a part of the list of drivers.");
    } else {
        leave_process(scan);
    }
}

static void step_views(struct scan *scan, struct scan_row *row)
{
    const struct views *views = &scan->views;
    switch (views_next(&scan->views)) {
    case WALK_ON:
        break;
    case WALK_VIEW:
        report_map(scan, row);
        break;
    case WALK_REGION:
        row_begin(scan, row, SCAN_REGION);
        row->map = views->walk.view;
        row->region = views->region;
        break;
    case WALK_DONE:
        if (views->has_unnamed)
            end_late(scan, STAGE_NAMES);
        else if (views->has_uncompared)
            end_with(scan, STAGE_NAMES, STATUS_TOO_LARGE, 0,
                     "A path of this process and the patterns are too long to be compared.");
        else
            end_views(scan);
        break;
    case WALK_FAILED:
        if (nt_status_is_exited(views->nt_status)) {
            scan->at.counts.exited++;
            leave_process(scan);
            break;
        }
        end_with(scan, STAGE_REGIONS, status_from_nt(views->nt_status), views->nt_status,
                 views->message);
        break;
    }
}

/* Reports scan->due; without a process, there is no list of them. */
static void step_error(struct scan *scan, struct scan_row *row)
{
    row->type = SCAN_FAILED;
    row->error = scan->due;
    if (scan->process == NULL)
        return;
    row_begin(scan, row, SCAN_ERROR);
    scan->at.counts.errors++;
    leave_process(scan);
}

const char *scan_stage_name(enum scan_stage stage)
{
    static const char *const names[] = {"select",  "open",    "regions",   "names",  "pages",
                                        "address", "drivers", "directory", "handles"};
    return names[stage];
}

void scan_next(struct scan *scan, struct scan_row *row)
{
    row->type = SCAN_NONE;
    scan->step(scan, row);
}
