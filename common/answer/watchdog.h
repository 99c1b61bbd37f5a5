/* Kernel queries that do not return: which processes they were about, and what is not asked again.
 *
 * A name query waits for the lock of a synchronous file object, which another process may hold for as
 * long as it likes (System Informer's issue 232), and user-mode file systems stall (dokany's issue
 * 1119). CancelSynchronousIo() does not end that wait, and TerminateThread() leaves locks and
 * memory of the process in any state (its documentation). So the slice is abandoned, its thread is lost
 * until the call returns, and another takes its place. Exactly one of the two ends the slice: its
 * thread, or the observer, a timer that looks now and then. */
#ifndef COMMON_ANSWER_WATCHDOG_H
#define COMMON_ANSWER_WATCHDOG_H

#include "common/base/atomic.h"
#include "common/scan/scan.h"

enum {
    WATCHDOG_QUERY_MS = 2000,     /* a query that takes longer hangs */
    WATCHDOG_INTERVAL_MS = 250,   /* how often an observer looks; it is late by at most this */
    WATCHDOG_SKIP_MS = 60 * 1000, /* a process is skipped for so long after its query returned */
    WATCHDOG_SLOW_US = 5000,      /* of a query for a name: it counts as slow */
    WATCHDOG_SLOW_MAX_US = WATCHDOG_QUERY_MS * 1000, /* of all slow ones of a process */
    WATCHDOG_OWNER_LOST_MAX = 2,                     /* lost threads, by the owner of the process */
    WATCHDOG_LOST_MAX = 8,     /* the same, in all, of which two count of each owner */
    WATCHDOG_THREADS_MAX = 64, /* lost threads, all counted: no user account is asked */
    WATCHDOG_HANGS_MAX = 128   /* processes remembered */
};

/* A process whose query hung. */
struct watchdog_hang {
    struct watch_target target;
    unsigned lost_count;  /* threads that have not returned */
    bool has_returned;    /* a query returned too late: it counts as one lost thread, for a while */
    uint64_t returned_ms; /* when the last did; valid when none is lost */
};

/* Begins with watchdog_init(). */
struct watchdog {
    struct lock lock;         /* guards the hangs */
    uint64_t (*now_ms)(void); /* stands still while the machine sleeps */
    struct atomic count;      /* of hangs, so that it costs nothing before the first */
    struct watchdog_hang hangs[WATCHDOG_HANGS_MAX];
};

/* The thread begins a slice. */
void watch_begin(_Inout_ struct watch *watch);

/* False once the slice was abandoned: it should end soon. NULL: nobody watches. */
bool watch_is_kept(_In_opt_ struct watch *watch);

/* The thread ends the slice. Returns false when it was abandoned: the thread may use and must free
 * what the slice alone uses, and nothing else. */
NODISCARD bool watch_end(_Inout_opt_ struct watch *watch);

void watchdog_init(_Out_ struct watchdog *watchdog, uint64_t (*now_ms)(void));

/* Looks at the slice of a thread; calls for one watch must not overlap. Abandons the slice, and
 * remembers the process, if its query has been seen for `query_ms`; 0: if one runs at all.
 * hung  Receives what the query is about.
 * Returns true when it was abandoned; the watch is not used for another slice. */
NODISCARD bool watchdog_abandon(_Inout_ struct watchdog *watchdog, _Inout_ struct watch *watch,
                                uint32_t query_ms, _Out_ struct watch_target *hung);

/* The query of a lost thread has returned: `hung` of watchdog_abandon(). */
void watchdog_return(_Inout_ struct watchdog *watchdog, _In_ const struct watch_target *hung);

/* The slow queries of the process that the slice was about add up to WATCHDOG_SLOW_MAX_US: it is skipped
 * for a while. Called by the thread, after watch_end(). Returns the stage of the latest query. */
enum scan_stage watchdog_on_slow(_Inout_ struct watchdog *watchdog, _Inout_ struct watch *watch);

/* May a process be asked? For scan_query.check.
 * watchdog  A struct watchdog.
 * SCAN_SKIP: a query about it is lost, or returned less than WATCHDOG_SKIP_MS ago. Before it was
 * opened only if opening it hung.
 * SCAN_UNNAMED: WATCHDOG_OWNER_LOST_MAX threads are lost to its owner's processes, or WATCHDOG_LOST_MAX
 * in all and the owner is a user account, not LocalSystem, LocalService or NetworkService; a process
 * whose queries have returned counts as one for WATCHDOG_SKIP_MS. SCAN_SKIP if even more are, in other
 * queries than that of a name: that is no cure then. Slices that had asked before may be lost as well:
 * as many as run at once. */
enum scan_verdict watchdog_check(_Inout_ void *watchdog, uint32_t pid, uint64_t start_time,
                                 _In_opt_ const struct sid *owner, _Out_ enum scan_stage *stage);

#endif
