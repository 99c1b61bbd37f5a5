/* How far a thread has come with a slice of a scan, for an observer that gives the slice up when a
 * kernel query does not return.
 *
 * The thread writes, one store for each query; an observer (a timer) looks now and then. Exactly one
 * of the two ends the slice, by a compare-and-swap of its state. */
#ifndef COMMON_SCAN_SLICE_WATCH_H
#define COMMON_SCAN_SLICE_WATCH_H

#include "common/base/annotations.h"
#include "common/base/atomic.h"
#include "common/base/sid.h"

/* What a query is about, and where reading a process failed: the `stage` of a process_error. */
enum scan_stage {
    STAGE_SELECT, /* the list of processes */
    STAGE_OPEN,
    STAGE_REGIONS,
    STAGE_NAMES,
    STAGE_PAGES,
    STAGE_ADDRESS,
    STAGE_DRIVERS,
    STAGE_DIRECTORY, /* of sections.h, as the next */
    STAGE_HANDLES
};

/* "select", "open" and so on. */
const char *scan_stage_name(enum scan_stage stage);

/* The process of a query; of STAGE_SELECT nothing else is known. */
struct watch_target {
    uint32_t pid;
    uint64_t start_time;   /* FILETIME, as listed */
    struct sid owner;      /* unknown before it was opened */
    enum scan_stage stage; /* of the query */
};

/* Begins as all zero. The members belong to slice_watch.c. */
struct watch {
    struct atomic state; /* odd while a slice runs */
    struct atomic mark;  /* the count of queries, and the stage of the latest */

    /* the thread's; what the observer reads of it was written before the latest mark */
    unsigned long marks;
    struct watch_target target;

    /* the observer's */
    bool is_seen;
    long seen_mark;
    uint64_t seen_ms;
};

/* The thread begins a slice. */
void watch_begin(_Inout_ struct watch *watch);

/* A query of `stage` is next, about the process set last: one store. NULL: nobody watches. */
void watch_mark(_Inout_opt_ struct watch *watch, enum scan_stage stage);

/* A slice is about one process at most, set before its first query; its owner is known once it was
 * opened. NULL: nobody watches. */
void watch_process(_Inout_opt_ struct watch *watch, uint32_t pid, uint64_t start_time);
void watch_owner(_Inout_opt_ struct watch *watch, _In_ const struct sid *owner);

/* False once the slice was abandoned: it should end soon. */
bool watch_is_kept(_In_opt_ struct watch *watch);

/* The thread ends the slice. Returns false when it was abandoned: the thread may use and must free
 * what the slice alone uses, and nothing else. */
NODISCARD bool watch_end(_Inout_opt_ struct watch *watch);

/* The observer abandons the slice if its query has been seen for `query_ms`; 0: if one runs at all.
 * Calls must not overlap.
 * now_ms  Of a clock that stands still while the machine sleeps.
 * target  Receives what the query is about.
 * Returns true when it was abandoned; the watch is not used for another slice. */
NODISCARD bool watch_abandon(_Inout_ struct watch *watch, uint64_t now_ms, uint32_t query_ms,
                             _Out_ struct watch_target *target);

#endif
