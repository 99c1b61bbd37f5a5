#include "common/scan/scan.h"

#include <stdlib.h>
#include <string.h>

#include "common/scan/scan_state.h"

enum { PATH_TARGET_SIZE_MAX = 4096 }; /* what a DOS path may be longer than its device path */

const char *scan_stage_name(enum scan_stage stage)
{
    static const char *const names[] = {"select", "open", "regions", "names", "pages", "address"};
    return names[stage];
}

struct scan *scan_create(const struct platform *platform, const struct scan_query *query)
{
    struct scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL)
        return NULL;
    scan->platform = platform;
    scan->query = *query;
    scan->step = STEP_LIST;
    process_list_init(&scan->list);
    buffer_init(&scan->image_device, NAME_SIZE_MAX);
    buffer_init(&scan->image, NAME_SIZE_MAX + PATH_TARGET_SIZE_MAX);
    buffer_init(&scan->device_path, NAME_SIZE_MAX);
    buffer_init(&scan->path, NAME_SIZE_MAX + PATH_TARGET_SIZE_MAX);
    return scan;
}

void scan_close_process(struct scan *scan)
{
    if (scan->space != NULL)
        scan->platform->close(scan->platform->context, scan->space);
    scan->space = NULL;
}

void scan_destroy(struct scan *scan)
{
    if (scan == NULL)
        return;
    scan_close_process(scan);
    process_list_release(&scan->list);
    buffer_release(&scan->image_device);
    buffer_release(&scan->image);
    buffer_release(&scan->device_path);
    buffer_release(&scan->path);
    free(scan);
}

const struct scan_counts *scan_counts(const struct scan *scan)
{
    return &scan->counts;
}

bool scan_shows_addresses(const struct scan *scan)
{
    return scan->query.addresses || scan->is_own;
}

void scan_row_begin(struct scan *scan, struct scan_row *row, enum scan_row_type type)
{
    row->type = type;
    row->process = scan->process;
    if (scan->process != NULL)
        row->process_name = process_list_name(&scan->list, scan->process);
    row->show_addresses = scan_shows_addresses(scan);
    scan->counts.rows++;
}

void scan_row_error(struct scan *scan, struct scan_row *row, enum status code,
                    enum scan_stage stage, uint32_t nt_status, const char *message)
{
    scan_row_begin(scan, row, SCAN_ERROR);
    scan->counts.errors++;
    row->error.pid = scan->process->pid;
    row->error.process = row->process_name;
    row->error.code = code;
    row->error.stage = stage;
    row->error.nt_status = nt_status;
    row->error.message = message;
}

void scan_row_process(struct scan *scan, struct scan_row *row)
{
    scan_row_begin(scan, row, SCAN_PROCESS);
    scan->counts.processes++;
    scan->is_row_due = false;
    row->facts = &scan->facts;
    if (scan->image.size > 0)
        row->image = buffer_span(&scan->image);
    else if (scan->image_device.size > 0)
        row->image = buffer_span(&scan->image_device);
}

void scan_process_exited(struct scan *scan)
{
    scan->counts.exited++;
    scan->names_status = 0; /* what failed, failed because it went */
    scan->step = STEP_CLOSE;
}

void scan_next(struct scan *scan, struct scan_row *row)
{
    memset(row, 0, sizeof *row);
    switch (scan->step) {
    case STEP_OWN:
        scan_own_step(scan);
        break;
    case STEP_LIST:
    case STEP_SELECT:
    case STEP_OPEN:
    case STEP_REFUSED:
    case STEP_CLOSE:
        scan_process_step(scan, row);
        break;
    case STEP_WALK:
    case STEP_NAME:
    case STEP_PAGES:
    case STEP_PROCESS:
    case STEP_MAP:
    case STEP_RUN:
        scan_view_step(scan, row);
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
