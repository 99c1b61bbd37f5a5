/* Kernel queries that do not return: when a slice is abandoned, and what is not asked afterwards.
 *
 * A name query waits for the lock of a synchronous file object, which another process may hold for as
 * long as it likes (System Informer's issue 232), and user-mode file systems stall (dokany's issue
 * 1119). CancelSynchronousIo() does not end that wait, and TerminateThread() leaves locks and
 * memory of the process in any state (its documentation). So the thread is given up until the call
 * returns, and another takes its place.
 *
 * `struct watch` shows how far the slice of one thread has come. The thread writes it, one store
 * for each query; an observer (a timer) looks at it now and then. Exactly one of the two ends the
 * slice, by a compare-and-swap of its state: after watch_end() all belongs to the thread as before;
 * after watch_abandon() the thread, which is lost, keeps its answer and nothing else.
 *
 * `struct watchdog` remembers the processes whose queries hung. Pure: the clock is a parameter, in
 * milliseconds. */
#ifndef COMMON_ANSWER_WATCHDOG_H
#define COMMON_ANSWER_WATCHDOG_H

#include "common/base/atomic.h"
#include "common/base/sid.h"
#include "common/proto/statistics.h"
#include "common/scan/scan.h"

enum {
    WATCHDOG_QUERY_MS = 2000,     /* a query that takes longer hangs */
    WATCHDOG_INTERVAL_MS = 250,   /* how often an observer looks; it is late by at most this */
    WATCHDOG_SKIP_MS = 60 * 1000, /* a process is skipped for so long after its query returned */
    WATCHDOG_OWNER_LOST_MAX = 2,  /* processes that hold threads, by their owner */
    WATCHDOG_LOST_MAX = 8,        /* the same, in all */
    WATCHDOG_HANGS_MAX = 128      /* processes remembered */
};

/* What a query is about. */
struct watch_target {
    uint32_t pid;
    uint64_t start_time;   /* FILETIME, as listed */
    struct sid owner;      /* unknown before it was opened */
    enum scan_stage stage; /* STAGE_SELECT: the list of processes; the others are unknown */
};

/* Begins as all zero. The members belong to watchdog.c. */
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

/* A query of `stage` is next, about the process named last. A slice names at most one process, and
 * its owner at most once, after it was opened. */
void watch_mark(_Inout_ struct watch *watch, enum scan_stage stage);
void watch_process(_Inout_ struct watch *watch, uint32_t pid, uint64_t start_time);
void watch_owner(_Inout_ struct watch *watch, _In_ const struct sid *owner);

/* False once the slice was abandoned: it should end soon. */
bool watch_is_kept(_Inout_ struct watch *watch);

/* The thread ends the slice. Returns false when it was abandoned: the answer is the thread's to
 * free, and nothing else may be touched. */
NODISCARD bool watch_end(_Inout_ struct watch *watch);

/* The observer abandons the slice if its query has been seen for `query_ms`, 0: if one runs at
 * all. Calls must not overlap.
 * target  Receives what the query is about.
 * Returns true when it was abandoned; the watch is not used for another slice. */
NODISCARD bool watch_abandon(_Inout_ struct watch *watch, uint64_t now_ms, uint32_t query_ms,
                             _Out_ struct watch_target *target);

/* A process whose query hung. */
struct watchdog_hang {
    struct watch_target target;
    bool is_used;
    unsigned lost_count;  /* threads that have not returned */
    uint64_t returned_ms; /* when the last did; valid when none is lost */
};

/* Begins with watchdog_init(). */
struct watchdog {
    const struct statistics_lock *lock; /* guards the hangs; NULL: one thread */
    struct atomic used_count;           /* so that it costs nothing while nothing hangs */
    struct watchdog_hang hangs[WATCHDOG_HANGS_MAX];
};

enum watchdog_verdict {
    WATCHDOG_ASK,
    WATCHDOG_UNNAMED, /* list it without names */
    WATCHDOG_SKIP     /* ask nothing about it */
};

/* lock  Must outlive the watchdog; NULL for one thread. */
void watchdog_init(_Out_ struct watchdog *watchdog, _In_opt_ const struct statistics_lock *lock);

/* A slice was abandoned: its thread is lost. */
void watchdog_lose(_Inout_ struct watchdog *watchdog, _In_ const struct watch_target *target);

/* The query of a lost thread has returned.
 * target  As given to watchdog_lose().
 * now_ms  Here and below, by one clock. */
void watchdog_return(_Inout_ struct watchdog *watchdog, _In_ const struct watch_target *target,
                     uint64_t now_ms);

/* May a process be asked?
 * owner  NULL: not known yet, the process is about to be opened. Else unknown owners are one.
 * stage  Receives the stage of the process_error, unless it is WATCHDOG_ASK.
 * WATCHDOG_SKIP: a query about it is lost, or returned less than WATCHDOG_SKIP_MS ago. Before it was
 * opened only if opening it hung.
 * WATCHDOG_UNNAMED: its owner has WATCHDOG_OWNER_LOST_MAX processes that hold threads, or all have
 * WATCHDOG_LOST_MAX and the owner is a user account, not LocalSystem, LocalService or
 * NetworkService. WATCHDOG_SKIP if so many hang in other queries than that of a name. Slices that
 * had asked before that may be lost as well: as many as run at once. */
enum watchdog_verdict watchdog_check(_Inout_ struct watchdog *watchdog, uint32_t pid,
                                     uint64_t start_time, _In_opt_ const struct sid *owner,
                                     uint64_t now_ms, _Out_ enum scan_stage *stage);

#endif
