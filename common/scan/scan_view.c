/* The scan inside one process: walk, name, filter, count pages, tell. */
#include "common/base/assertion.h"
#include "common/scan/nt_status.h"
#include "common/scan/scan_state.h"
#include "common/text/pattern.h"

static const struct request *request_of(const struct scan *scan)
{
    return scan->query.request;
}

void scan_view_begin(struct scan *scan)
{
    const struct request *request = request_of(scan);
    const bool ask_allocations = !scan->no_allocations;
    if (request->has_address)
        walk_init_at(&scan->walk, scan->facts.address_limit, ask_allocations, request->address);
    else
        walk_init(&scan->walk, scan->facts.address_limit, ask_allocations);
    scan->step = STEP_WALK;
}

/* Physical views have no file and are as rare as they are odd: they come with the pagefile-backed
 * ones. */
static bool kind_is_wanted(const struct request *request, enum view_kind kind)
{
    uint32_t asked = request->kinds;
    if ((asked & VIEW_PAGEFILE) != 0)
        asked |= VIEW_PHYSICAL;
    if ((asked & (VIEW_DATA | VIEW_PAGEFILE)) != 0)
        asked |= VIEW_MAPPED;
    return (asked & (uint32_t)kind) != 0;
}

/* Views that cannot have a name cannot match a path. */
static bool can_match(const struct request *request, enum view_kind kind)
{
    const bool is_nameless = kind == VIEW_PAGEFILE || kind == VIEW_PHYSICAL;
    return kind_is_wanted(request, kind) && !(is_nameless && request->path_size > 0);
}

static void take_view(struct scan *scan)
{
    const struct request *request = request_of(scan);
    const struct view *view = &scan->view;
    if (request->has_address &&
        (request->address < view->base || request->address - view->base >= view->size))
        return;
    if (!can_match(request, view->kind))
        return;
    scan->map = (struct scan_map){
        .base = view->base, .size = view->size, .kind = view->kind, .protect = view->protect};
    scan->step = STEP_NAME;
}

/* Ends the process with an error row, unless it merely exited. */
static void end_process(struct scan *scan, struct scan_row *row, enum scan_stage stage,
                        uint32_t nt_status, const char *message)
{
    if (nt_status_is_exited(nt_status)) {
        scan_process_exited(scan);
        return;
    }
    const enum status code = nt_status == NTSTATUS_OK ? STATUS_INTERNAL : status_from_nt(nt_status);
    scan_row_error(scan, row, code, stage, nt_status, message);
    scan->step = STEP_CLOSE;
}

static const char lied_message[] =
    "Windows contradicted itself about this address space, or it changed; the list ends there.";

static void step_walk(struct scan *scan, struct scan_row *row)
{
    if (request_of(scan)->has_address && !scan_shows_addresses(scan)) {
        scan_row_error(scan, row, STATUS_DENIED, STAGE_ADDRESS, 0,
                       "The right \"addresses\" is needed to ask by address.");
        scan->step = STEP_CLOSE;
        return;
    }
    const enum walk_result result =
        walk_next(&scan->walk, scan->platform, scan->space, &scan->counts, &scan->view);
    if (nt_status_is_unsupported(scan->walk.allocation_status))
        scan->no_allocations = true;
    switch (result) {
    case WALK_ON:
        break;
    case WALK_VIEW:
        take_view(scan);
        break;
    case WALK_DONE:
        scan->step = STEP_CLOSE;
        break;
    case WALK_REFUSED:
        end_process(scan, row, STAGE_REGIONS, scan->walk.nt_status,
                    "Windows refuses to list the address space of this process.");
        break;
    case WALK_LIED:
        end_process(scan, row, STAGE_REGIONS, NTSTATUS_OK, lied_message);
        break;
    }
}

static bool path_matches(const struct scan *scan)
{
    const struct request *request = request_of(scan);
    const struct span glob = {request->path, request->path_size};
    if (request->path_size == 0)
        return true;
    return (scan->map.path.data != NULL && glob_match_path(glob, scan->map.path)) ||
           (scan->map.device_path.data != NULL && glob_match_path(glob, scan->map.device_path));
}

/* The view is complete but for its pages: the next step tells it, or drops it. */
static void after_name(struct scan *scan)
{
    const struct request *request = request_of(scan);
    if (!can_match(request, scan->map.kind) || !path_matches(scan)) {
        scan->step = STEP_WALK;
    } else if (request->detail == DETAIL_PAGES && !scan->pages_refused) {
        scan->map.has_pages = true;
        scan->position = scan->map.base;
        scan->step = STEP_PAGES;
    } else {
        scan->step = scan->is_row_due ? STEP_PROCESS : STEP_MAP;
    }
}

static void take_name(struct scan *scan)
{
    if (scan->map.kind == VIEW_MAPPED)
        scan->map.kind = VIEW_DATA;
    scan->map.device_path = buffer_span(&scan->device_path);
    if (scan->platform->path(scan->platform->context, scan->map.device_path, &scan->path))
        scan->map.path = buffer_span(&scan->path);
}

static bool has_name(enum view_kind kind)
{
    return kind == VIEW_IMAGE || kind == VIEW_DATA || kind == VIEW_MAPPED;
}

static void step_name(struct scan *scan)
{
    if (!has_name(scan->map.kind) || scan->names_refused) {
        after_name(scan);
        return;
    }
    scan->counts.names++;
    const uint32_t nt_status =
        scan->platform->name(scan->platform->context, scan->space, scan->map.base,
                             &scan->device_path, &scan->map.path_lossy);
    if (nt_status_is_exited(nt_status)) {
        scan_process_exited(scan);
        return;
    }
    if (nt_status == NTSTATUS_OK && scan->device_path.size > 0) {
        take_name(scan);
    } else if (nt_status == NTSTATUS_FILE_INVALID) {
        if (scan->map.kind == VIEW_MAPPED)
            scan->map.kind = VIEW_PAGEFILE;
    } else if (nt_status != NTSTATUS_OK && nt_status != NTSTATUS_INVALID_ADDRESS) {
        /* INVALID_ADDRESS says that the view has gone since: nobody withheld its name. */
        if (scan->names_status == NTSTATUS_OK)
            scan->names_status = nt_status;
        scan->names_refused =
            nt_status == NTSTATUS_ACCESS_DENIED || nt_status_is_unsupported(nt_status);
    }
    after_name(scan);
}

static void step_pages(struct scan *scan)
{
    const uint64_t end = scan->map.base + scan->map.size;
    const uint64_t left = (end - scan->position) / MEMORY_PAGE_SIZE;
    const size_t count = left < PAGES_BATCH_MAX ? (size_t)left : PAGES_BATCH_MAX;
    const bool is_capped = scan->map.pages.counted >= (uint64_t)PAGES_VIEW_MAX * MEMORY_PAGE_SIZE;
    if (count == 0 || is_capped) {
        scan->step = scan->is_row_due ? STEP_PROCESS : STEP_MAP;
        return;
    }
    scan->counts.pages++;
    const uint32_t nt_status = scan->platform->pages(scan->platform->context, scan->space,
                                                     scan->position, count, scan->blocks);
    if (nt_status_is_exited(nt_status)) {
        scan_process_exited(scan);
    } else if (nt_status == NTSTATUS_OK) {
        page_counts_add(&scan->map.pages, scan->blocks, count);
        scan->position += (uint64_t)count * MEMORY_PAGE_SIZE;
    } else {
        scan->pages_refused = true;
        scan->map.has_pages = false;
        scan->step = scan->is_row_due ? STEP_PROCESS : STEP_MAP;
    }
}

static void step_map(struct scan *scan, struct scan_row *row)
{
    const bool tells_runs =
        request_of(scan)->detail == DETAIL_REGIONS && scan_shows_addresses(scan);
    scan_row_begin(scan, row, SCAN_MAP);
    row->map = scan->map;
    scan->position = scan->map.base;
    scan->run_index = 0;
    scan->step = tells_runs ? STEP_RUN : STEP_WALK;
}

/* The next run of the view: a remembered one, else asked for. */
static enum walk_result next_run(struct scan *scan, struct region *run)
{
    const size_t count = scan->walk.runs_count;
    if (scan->run_index < count && scan->run_index < WALK_RUNS_MAX) {
        *run = scan->walk.runs[scan->run_index++];
        return WALK_ON;
    }
    return walk_run(&scan->walk, scan->platform, scan->space, &scan->counts, &scan->view,
                    scan->position, run);
}

static void step_run(struct scan *scan, struct scan_row *row)
{
    const uint64_t end = scan->map.base + scan->map.size;
    struct region run;
    if (scan->position >= end) {
        scan->step = STEP_WALK;
        return;
    }
    switch (next_run(scan, &run)) {
    case WALK_ON:
        scan_row_begin(scan, row, SCAN_REGION);
        row->map = scan->map;
        row->region = run;
        scan->position = run.base + run.size;
        break;
    case WALK_REFUSED:
        end_process(scan, row, STAGE_REGIONS, scan->walk.nt_status,
                    "Windows refuses to list the regions of this view.");
        break;
    case WALK_VIEW:
    case WALK_DONE:
    case WALK_LIED:
        end_process(scan, row, STAGE_REGIONS, NTSTATUS_OK, lied_message);
        break;
    }
}

static void step_process(struct scan *scan, struct scan_row *row)
{
    scan_row_process(scan, row);
    scan->step = STEP_MAP;
}

void scan_view_step(struct scan *scan, struct scan_row *row)
{
    switch (scan->step) {
    case STEP_WALK:
        step_walk(scan, row);
        break;
    case STEP_NAME:
        step_name(scan);
        break;
    case STEP_PAGES:
        step_pages(scan);
        break;
    case STEP_PROCESS:
        step_process(scan, row);
        break;
    case STEP_MAP:
        step_map(scan, row);
        break;
    case STEP_RUN:
        step_run(scan, row);
        break;
    case STEP_LIST:
    case STEP_OWN:
    case STEP_SELECT:
    case STEP_OPEN:
    case STEP_REFUSED:
    case STEP_CLOSE:
    case STEP_FAILED:
    case STEP_END:
        ASSERT(false); /* scan_next() keeps these to itself */
        break;
    }
}
