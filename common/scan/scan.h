/* The scan: a cursor over processes and their views.
 *
 * scan_next() does a bounded piece of work, at most a few kernel queries, and returns one row or
 * none yet. So the caller can stop, write or yield at any time, and memory is constant whatever the
 * size of the answer. A scan knows neither pipes nor JSON: it decides on what the platform returns.
 *
 * One scan is used by one thread at a time. A scan whose kernel query does not return is left to its
 * thread, with what its query refers to, while another continues from a checkpoint. */
#ifndef COMMON_SCAN_SCAN_H
#define COMMON_SCAN_SCAN_H

#include "common/base/status.h"
#include "common/scan/views.h"

/* May a process be asked, whose kernel queries may not return? */
enum scan_verdict {
    SCAN_ASK,
    SCAN_UNNAMED, /* list it without names, and with a process_error */
    SCAN_SKIP     /* ask nothing about it: a process_error */
};

enum { SCAN_PIDS_MAX = 1024, SCAN_NAMES_MAX = 64 };

/* What is asked for, and what the caller may see. */
struct scan_query {
    bool lists_maps; /* false: processes only */

    /* The processes: all, or those that a pid or a glob selects. */
    bool all;
    const uint32_t *pids;
    size_t pids_count;        /* at most SCAN_PIDS_MAX, without repeats */
    const struct span *names; /* globs over process names, UTF-8 */
    size_t names_count;       /* at most SCAN_NAMES_MAX */
    struct views_query views; /* used when maps are listed */

    bool own_only;      /* the caller's own processes only */
    bool query_all;     /* the caller may see every process; without it own_only is set too, and
                           nothing shows whether another process exists */
    bool addresses;     /* the caller may see addresses of other users' processes */
    struct sid user;    /* the caller; unknown owns nothing */
    uint32_t integrity; /* the caller's integrity level, or INTEGRITY_UNKNOWN */

    /* Asked before a process is opened (owner NULL), and when its owner is known; NULL: SCAN_ASK.
     * stage  Receives the stage of the process_error, unless it is SCAN_ASK. */
    enum scan_verdict (*check)(void *context, uint32_t pid, uint64_t start_time,
                               const struct sid *owner, enum scan_stage *stage);
    void *check_context;
};

enum scan_row_type {
    SCAN_NONE,    /* nothing to report yet: call again */
    SCAN_PROCESS, /* facts and image */
    SCAN_MAP,     /* map */
    SCAN_REGION,  /* region */
    SCAN_SECTION, /* section; of sections.h only */
    SCAN_ERROR,   /* error: a process that was not read completely, or a selector without one */
    SCAN_FAILED,  /* error: there is no list of processes; the scan is over */
    SCAN_END      /* the scan is over */
};

struct scan_error {
    bool has_pid; /* false: a glob selected no process */
    uint32_t pid;
    struct span process; /* its name; the glob without has_pid; data NULL: not known */
    enum status code;
    enum scan_stage stage;
    uint32_t nt_status;  /* 0: it was not Windows that refused */
    const char *message; /* static text, one sentence */
};

/* Only the members of its type are set: zeroing the rest would take longer than most steps. */
struct scan_row {
    enum scan_row_type type;
    const struct process_entry *process; /* of rows about a process; NULL: error of stage select */
    struct span process_name;            /* of rows about a process; UTF-8 */
    bool show_addresses;                 /* the same: its base addresses may be shown */
    const struct process_facts *facts;   /* of PROCESS */
    struct span image;    /* of PROCESS: DOS path, or the device path; data NULL: unknown */
    struct span services; /* of PROCESS: each name, terminated; data NULL: not known */
    const char *note;     /* of PROCESS: why Windows lists it to nobody; NULL: it does */
    struct map_row map;   /* of MAP; of REGION the view it lies in */
    struct region region; /* of REGION, cut to its view */
    const struct section_row *section; /* of SECTION */
    struct scan_error error;           /* of ERROR and FAILED */
};

struct scan_counts {
    uint64_t processes; /* PROCESS rows */
    uint64_t rows;      /* all rows but NONE, FAILED and END */
    uint64_t errors;    /* ERROR rows of processes; with any, the answer is incomplete */
    uint64_t unmatched; /* ERROR rows of pids and globs that selected no process */
    uint64_t exited;    /* processes that ended before they were read completely */
    struct query_counts queries;
};

/* How far a scan has come: what another scan of the same query needs to continue. */
struct scan_checkpoint {
    struct process_list *processes; /* a counted reference; NULL: not listed yet */
    size_t index;                   /* of the next process */
    bool is_open;                   /* the one before is not read completely */
    enum scan_stage stage;          /* of its process_error; for the one who continues to set */
    bool no_allocations;            /* this system lacks MemoryRegionInformationEx */
    bool matched[SCAN_PIDS_MAX + SCAN_NAMES_MAX]; /* each pid, then each name */
    struct scan_counts counts;
};

struct scan; /* opaque: scan.c */

/* "select", "open" and so on. */
const char *scan_stage_name(enum scan_stage stage);

/* Begins a scan. Asks the platform nothing yet.
 * platform, query  Copied; the context, the lists and their texts must outlive the scan.
 * from             NULL, or the checkpoint of another scan of the same query, to continue after it.
 * Returns NULL when out of memory. */
struct scan *scan_create(_In_ const struct platform *platform, _In_ const struct scan_query *query,
                         _In_opt_ const struct scan_checkpoint *from);

/* Does the next piece of work; when the scan is over, returns the same again. What the row refers to
 * is valid until the next call. */
void scan_next(_Inout_ struct scan *scan, _Out_ struct scan_row *row);

/* True while no process is open or about to be: a slice of work should end here. */
bool scan_is_between(_In_ const struct scan *scan);

/* The calls that follow mark their queries here; NULL: nobody watches. */
void scan_set_watch(_Inout_ struct scan *scan, _Inout_opt_ struct watch *watch);

/* Saves how far the scan has come, with a reference: release it. The rest of a process that was opened
 * is left out by the scan that continues, which reports it with the error `timeout`. */
void scan_checkpoint_take(_In_ const struct scan *scan, _Out_ struct scan_checkpoint *checkpoint);
void scan_checkpoint_release(_Inout_ struct scan_checkpoint *checkpoint);

const struct scan_counts *scan_counts(_In_ const struct scan *scan);

/* Closes what is open and frees the scan; accepts NULL. May be called at any time. */
void scan_destroy(_Inout_opt_ struct scan *scan);

#endif
