/* The scan over processes: take the snapshot, select, open, close. */
#include <string.h>

#include "common/base/assertion.h"
#include "common/scan/nt_status.h"
#include "common/scan/scan_state.h"
#include "common/text/pattern.h"

static void fail(struct scan *scan, enum status code, uint32_t nt_status, const char *message,
                 const char *hint)
{
    scan->step = STEP_FAILED;
    scan->failure = (struct scan_failure){code, nt_status, message, hint};
}

/* The same words whether the process exists or not: a denial tells nothing. */
static void fail_denied(struct scan *scan)
{
    fail(scan, STATUS_DENIED, 0, "You may ask about your own processes only.",
         "ask `whoami` which rights you have; the right \"query_all\" is needed");
}

static void fail_no_such_process(struct scan *scan)
{
    fail(scan, STATUS_NO_SUCH_PROCESS, 0, "No process has this pid.",
         "ask `processes` which there are");
}

/* A single pid decides over the whole request; in a list it is one row among others. */
static bool is_single_pid(const struct scan *scan)
{
    return scan->query.request->selector == SELECTOR_PID;
}

static bool is_pid_list(const struct scan *scan)
{
    return scan->query.request->selector == SELECTOR_PIDS;
}

static void step_list(struct scan *scan)
{
    scan->counts.lists++;
    const uint32_t nt_status = scan->platform->list(scan->platform->context, &scan->list);
    if (nt_status == NTSTATUS_OK)
        scan->step = scan->query.own_only && (is_single_pid(scan) || is_pid_list(scan))
                         ? STEP_OWN
                         : STEP_SELECT;
    else
        fail(scan, STATUS_INTERNAL, nt_status, "Windows did not give the list of processes.", NULL);
}

/* A pid of a list that may not be told about, or does not exist. Who may not see all is told the
 * same for both. */
static void row_unknown_pid(struct scan *scan, struct scan_row *row, uint32_t pid)
{
    const bool is_denied = scan->query.own_only;
    row->type = SCAN_ERROR;
    row->error.pid = pid;
    row->error.code = is_denied ? STATUS_DENIED : STATUS_NO_SUCH_PROCESS;
    row->error.stage = STAGE_SELECT;
    row->error.message =
        is_denied ? "You may ask about your own processes only." : "No process has this pid.";
    scan->counts.rows++;
    scan->counts.errors++;
    scan->step = STEP_SELECT;
}

static void select_pid(struct scan *scan, struct scan_row *row)
{
    const struct request *request = scan->query.request;
    if (scan->index >= request->pids_count) {
        scan->step = STEP_END;
        return;
    }
    const uint32_t pid = request->pids[scan->index++];
    scan->process = process_list_find(&scan->list, pid);
    if (scan->process != NULL)
        scan->step = STEP_OPEN;
    else if (is_pid_list(scan))
        row_unknown_pid(scan, row, pid);
    else if (scan->query.own_only)
        fail_denied(scan);
    else
        fail_no_such_process(scan);
}

static void select_listed(struct scan *scan)
{
    const struct request *request = scan->query.request;
    const struct span glob = {request->name, request->name_size};
    while (scan->index < scan->list.count) {
        const struct process_entry *entry = &scan->list.entries[scan->index++];
        if (request->selector == SELECTOR_ALL ||
            glob_match_process(glob, process_list_name(&scan->list, entry))) {
            scan->process = entry;
            scan->step = STEP_OPEN;
            return;
        }
    }
    scan->step = STEP_END;
}

static void step_select(struct scan *scan, struct scan_row *row)
{
    scan->process = NULL;
    scan->is_own = false;
    if (is_single_pid(scan) || is_pid_list(scan))
        select_pid(scan, row);
    else
        select_listed(scan);
}

/* The pid is free, or names another process than the one in the snapshot. */
static void process_is_gone(struct scan *scan, struct scan_row *row)
{
    scan_close_process(scan);
    if (is_single_pid(scan)) {
        if (scan->query.own_only)
            fail_denied(scan);
        else
            fail_no_such_process(scan);
    } else if (is_pid_list(scan)) {
        row_unknown_pid(scan, row, scan->process->pid);
    } else {
        if (!scan->query.own_only) /* others' comings and goings are not his to know */
            scan->counts.exited++;
        scan->step = STEP_SELECT;
    }
}

static void process_is_foreign(struct scan *scan, struct scan_row *row)
{
    scan_close_process(scan);
    if (is_single_pid(scan))
        fail_denied(scan);
    else if (is_pid_list(scan))
        row_unknown_pid(scan, row, scan->process->pid);
    else
        scan->step = STEP_SELECT;
}

/* With a filter the process row waits for the first view that matches. */
static bool is_filtered(const struct request *request)
{
    return request->path_size > 0 || request->has_address;
}

static void begin_process(struct scan *scan, struct scan_row *row)
{
    const struct request *request = scan->query.request;
    const bool lists_maps = request->op == OP_MAPS;
    if (scan->image_device.size > 0)
        (void)scan->platform->path(scan->platform->context, buffer_span(&scan->image_device),
                                   &scan->image);
    scan->names_status = NTSTATUS_OK;
    scan->names_refused = false;
    scan->pages_refused = false;
    scan->is_row_due = lists_maps && is_filtered(request);
    if (!scan->is_row_due)
        scan_row_process(scan, row);
    if (scan->space == NULL) {
        scan->step = lists_maps ? STEP_REFUSED : STEP_SELECT;
    } else if (!lists_maps) {
        scan->step = STEP_CLOSE;
    } else {
        scan_view_begin(scan);
    }
}

static void step_open(struct scan *scan, struct scan_row *row)
{
    scan_open_process(scan);
    const uint64_t listed = scan->process->start_time;
    const uint64_t opened = scan->facts.start_time;
    const bool is_recycled = listed != 0 && opened != 0 && listed != opened;
    if (nt_status_is_exited(scan->open_status) || is_recycled)
        process_is_gone(scan, row);
    else if (scan->query.own_only && !scan->is_own)
        process_is_foreign(scan, row);
    else
        begin_process(scan, row);
}

static void step_refused(struct scan *scan, struct scan_row *row)
{
    scan->step = STEP_SELECT;
    scan_row_error(scan, row, status_from_nt(scan->open_status), STAGE_OPEN, scan->open_status,
                   "Windows refuses to open this process, even for limited queries.");
}

static void step_close(struct scan *scan, struct scan_row *row)
{
    scan_close_process(scan);
    scan->step = STEP_SELECT;
    if (scan->names_status != NTSTATUS_OK)
        scan_row_error(scan, row, status_from_nt(scan->names_status), STAGE_NAMES,
                       scan->names_status,
                       "Windows withheld names of mapped files; those rows have no path.");
}

void scan_process_step(struct scan *scan, struct scan_row *row)
{
    switch (scan->step) {
    case STEP_LIST:
        step_list(scan);
        break;
    case STEP_SELECT:
        step_select(scan, row);
        break;
    case STEP_OPEN:
        step_open(scan, row);
        break;
    case STEP_REFUSED:
        step_refused(scan, row);
        break;
    case STEP_CLOSE:
        step_close(scan, row);
        break;
    case STEP_OWN:
    case STEP_WALK:
    case STEP_NAME:
    case STEP_PAGES:
    case STEP_PROCESS:
    case STEP_MAP:
    case STEP_RUN:
    case STEP_FAILED:
    case STEP_END:
        ASSERT(false); /* scan_next() gives these to others */
        break;
    }
}
