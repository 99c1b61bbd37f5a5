/* What a scan remembers between two calls of scan_next(). Shared by scan.c (processes) and
 * scan_process.c, scan_own.c (processes) and scan_view.c (views); nobody else includes it.
 */
#ifndef COMMON_SCAN_SCAN_STATE_H
#define COMMON_SCAN_SCAN_STATE_H

#include "common/scan/scan.h"
#include "common/scan/walk.h"

enum scan_step {
    STEP_LIST,    /* take the snapshot */
    STEP_OWN,     /* cut it to the caller's own processes, one a step */
    STEP_SELECT,  /* find the next process that is asked for */
    STEP_OPEN,    /* open it */
    STEP_REFUSED, /* its row is out, it could not be opened: the error row follows */
    STEP_WALK,    /* find its next view */
    STEP_NAME,    /* name the view */
    STEP_PAGES,   /* count the view's pages, one batch */
    STEP_PROCESS, /* the process row, held back until a view matched */
    STEP_MAP,     /* the view's row */
    STEP_RUN,     /* one region row */
    STEP_CLOSE,   /* the process is read: close it, tell what was missing */
    STEP_FAILED,
    STEP_END
};

struct scan {
    const struct platform *platform;
    struct scan_query query;
    enum scan_step step;
    struct scan_counts counts;
    struct scan_failure failure;

    /* the snapshot, and where in it we are */
    struct process_list list;
    size_t index;        /* of the next entry, or of the next pid of the selector */
    size_t own_count;    /* STEP_OWN: entries kept so far, at the front of the list */
    bool no_allocations; /* this system has no MemoryRegionInformation */
    const struct process_entry *process;

    /* the process that is open */
    struct address_space *space; /* NULL: none */
    struct process_facts facts;
    bool is_own;
    bool is_row_due;       /* its row is held back until a view matched */
    uint32_t open_status;  /* why it could not be opened */
    uint32_t names_status; /* the first name query that failed; 0: none */
    bool names_refused;    /* the handle does not allow names: not asked again */
    bool pages_refused;    /* the same for pages */
    struct buffer image_device;
    struct buffer image;
    struct walk walk;

    /* the view that is being told */
    struct view view;
    struct scan_map map;
    uint64_t position; /* STEP_PAGES, STEP_RUN: the next address */
    size_t run_index;  /* STEP_RUN: the next remembered run */
    struct buffer device_path;
    struct buffer path;
    uint64_t blocks[PAGES_BATCH_MAX];
};

/* Fills what every row of the current process has, and counts it. */
void scan_row_begin(_Inout_ struct scan *scan, _Out_ struct scan_row *row, enum scan_row_type type);

/* Makes `row` an error row of the current process. */
void scan_row_error(_Inout_ struct scan *scan, _Out_ struct scan_row *row, enum status code,
                    enum scan_stage stage, uint32_t nt_status, const char *message);

/* The process ended while it was read: that is no error. The next step closes it. */
void scan_process_exited(_Inout_ struct scan *scan);

/* The base of the current process may be told: it is the caller's own, or he has the right. */
bool scan_shows_addresses(_In_ const struct scan *scan);

/* The row of the current process. */
void scan_row_process(_Inout_ struct scan *scan, _Out_ struct scan_row *row);

/* Closes the process that is open, if one is. */
void scan_close_process(_Inout_ struct scan *scan);

/* Opens scan->process.
 * Fills facts, image_device, space, is_own; open_status tells why it could not be opened. */
void scan_open_process(_Inout_ struct scan *scan);

/* STEP_OWN: scan_own.c. */
void scan_own_step(_Inout_ struct scan *scan);

/* STEP_LIST, STEP_SELECT, STEP_OPEN, STEP_REFUSED and STEP_CLOSE: scan_process.c. */
void scan_process_step(_Inout_ struct scan *scan, _Inout_ struct scan_row *row);

/* STEP_WALK, STEP_NAME, STEP_PAGES, STEP_PROCESS, STEP_MAP and STEP_RUN: scan_view.c. */
void scan_view_step(_Inout_ struct scan *scan, _Inout_ struct scan_row *row);

/* Prepares the walk of the process just opened. */
void scan_view_begin(_Inout_ struct scan *scan);

#endif
