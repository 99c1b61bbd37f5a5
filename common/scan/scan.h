/* The scan: a cursor over processes, views and regions.
 *
 * scan_next() does a bounded piece of work, at most a few kernel queries, and gives one row or none
 * yet; so the caller can stop, write or give way at any time, memory is constant however large the
 * answer, and nothing recurses. It knows neither pipes nor JSON nor handles: it decides on what
 * `struct platform` tells.
 *
 * One scan is used by one thread at a time. A process is open only while its rows are given.
 */
#ifndef COMMON_SCAN_SCAN_H
#define COMMON_SCAN_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/base/bounds.h"
#include "common/base/sid.h"
#include "common/base/status.h"
#include "common/proto/request.h"
#include "common/scan/platform.h"
#include "common/scan/process.h"
#include "common/scan/regions.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

/* What is asked, and what the caller may see. All pointers must live as long as the scan. */
struct scan_query {
    const struct request *request; /* op processes or maps */
    bool own_only;                 /* the caller may see his own processes only */
    bool addresses;                /* the caller may see addresses of other users' processes */
    struct sid user;               /* the caller; unknown owns nothing */
    uint32_t integrity;            /* the caller's integrity level, or INTEGRITY_UNKNOWN */
};

enum scan_row_type {
    SCAN_NONE,    /* nothing to tell yet: call again */
    SCAN_PROCESS, /* row->process and the fields behind it */
    SCAN_MAP,     /* row->map */
    SCAN_REGION,  /* row->region */
    SCAN_ERROR,   /* row->error: a process that could not be read, or not to its end */
    SCAN_FAILED,  /* the whole request fails with row->failure; the scan is over */
    SCAN_END      /* the scan is over; scan->counts tells its sums */
};

/* Where reading a process failed; the `stage` of a process_error. */
enum scan_stage {
    STAGE_SELECT,
    STAGE_OPEN,
    STAGE_REGIONS,
    STAGE_NAMES,
    STAGE_PAGES,
    STAGE_ADDRESS
};

/* "select", "open", "regions", "names", "pages", "address". */
const char *scan_stage_name(enum scan_stage stage);

struct scan_map {
    uint64_t base;
    uint64_t size;           /* bytes */
    enum view_kind kind;     /* VIEW_MAPPED: not known */
    uint32_t protect;        /* PAGE_* the view was made with */
    struct span device_path; /* UTF-8; data NULL: no name */
    struct span path;        /* UTF-8; data NULL: no name, or an unknown device */
    bool path_lossy;
    bool has_pages; /* `pages` was asked for and could be read */
    struct page_counts pages;
};

struct scan_error {
    uint32_t pid;
    struct span process; /* its name; data NULL when the pid is not known */
    enum status code;
    enum scan_stage stage;
    uint32_t nt_status;  /* 0: Windows was not the one to refuse */
    const char *message; /* static text, one sentence */
};

struct scan_failure {
    enum status code;
    uint32_t nt_status;
    const char *message; /* static text */
    const char *hint;    /* static text or NULL */
};

struct scan_row {
    enum scan_row_type type;
    const struct process_entry
        *process;             /* of every row but ERROR for an unknown pid, FAILED and END */
    struct span process_name; /* UTF-8 */
    const struct process_facts *facts; /* of PROCESS */
    struct span image;           /* of PROCESS: DOS path, or the device path; data NULL: unknown */
    bool show_addresses;         /* base addresses of this process may be told */
    struct scan_map map;         /* of MAP; of REGION the view it lies in */
    struct region region;        /* of REGION, cut to its view */
    struct scan_error error;     /* of ERROR */
    struct scan_failure failure; /* of FAILED */
};

struct scan_counts {
    uint64_t processes; /* PROCESS rows given */
    uint64_t rows;      /* rows given: all but NONE, FAILED and END */
    uint64_t errors;    /* ERROR rows given */
    uint64_t exited;    /* processes that ended while they were read */
    /* calls of the platform, by class */
    uint64_t lists, opens, regions, allocations, names, pages;
};

struct scan; /* opaque: scan.c */

/* Begins a scan. Asks the platform nothing yet.
 * platform, query  Must outlive the scan.
 * Returns NULL without memory. */
struct scan *scan_create(_In_ const struct platform *platform, _In_ const struct scan_query *query);

/* Does the next piece of work.
 * row  Receives what to tell; its spans and pointers are valid until the next call.
 * Behind SCAN_FAILED and SCAN_END the same answer is given again. */
void scan_next(_Inout_ struct scan *scan, _Out_ struct scan_row *row);

/* The sums so far. */
const struct scan_counts *scan_counts(_In_ const struct scan *scan);

/* Closes what is open and frees the scan; accepts NULL. May be called at any time. */
void scan_destroy(_Inout_opt_ struct scan *scan);

#endif
