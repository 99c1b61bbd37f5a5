/* A fixed number of plain threads at normal priority, which scan in turns as turns.h decides, and
 * nothing else: a slow reader of the pipe holds none, and a slow query holds no I/O. A thread whose
 * query does not return is lost (common/answer/watchdog.h): another takes its place, and it ends when
 * the query returns. */
#ifndef SERVICE_WIN32_SCAN_THREADS_H
#define SERVICE_WIN32_SCAN_THREADS_H

#include "common/answer/watchdog.h"
#include "common/proto/protocol.h"
#include "common/win32/win.h"
#include "service/turns.h"

enum {
    SCAN_TURN_US = 20 * 1000, /* of one turn; one slow query may make it longer */
    /* Those that the caps allow, for processes and for whoami, and what asked before them. */
    SCAN_LOST_MAX = (int)WATCHDOG_THREADS_MAX + WATCHDOG_OWNER_LOST_MAX + SCANS_LIMIT_MAX,
    SCAN_THREADS_MAX = (int)SCANS_LIMIT_MAX + SCAN_LOST_MAX
};

struct scan_threads;

/* Runs one turn on a scan thread, until `end_us` of system_now_us(), with the thread's watch for the
 * slices. When it returns, the ticket may wait again or be gone, or scan_threads_abandon() has
 * returned it. */
typedef void scan_turn(struct turns_ticket *ticket, struct watch *watch, uint64_t end_us);

struct scan_thread {
    struct scan_threads *threads;
    HANDLE handle;   /* NULL: a free place */
    bool is_running; /* it has not left its loop */
    bool is_lost;    /* its slice was abandoned */
    struct watch watch;
    struct turns_ticket *ticket; /* of its latest turn */
    struct watch_target hung;    /* is_lost: its query */
};

/* Begins as all zero. The members belong to scan_threads.c. */
struct scan_threads {
    scan_turn *turn;
    struct watchdog *watchdog;
    SRWLOCK lock;             /* guards what follows */
    CONDITION_VARIABLE awake; /* there is a turn to take, or a thread has to end */
    struct turns turns;
    unsigned count;        /* of threads that there should be */
    unsigned taking_count; /* threads that run and are not lost */
    unsigned lost_count;   /* threads that run and are lost */
    unsigned idle_count;   /* threads that sleep */
    bool is_closed;
    struct scan_thread items[SCAN_THREADS_MAX];
};

/* Starts 1 to SCANS_LIMIT_MAX threads. Returns a Win32 error; then none runs.
 * watchdog  Is informed about lost threads, and must outlive them. */
NODISCARD DWORD scan_threads_start(struct scan_threads *threads, unsigned count, scan_turn *turn,
                                   struct watchdog *watchdog);

/* Changes the number of threads. Those too many end after their turn.
 * Returns the error when a thread could not be created; then there are fewer until the next call. */
NODISCARD DWORD scan_threads_set_count(_Inout_ struct scan_threads *threads, unsigned count);

enum scan_wait {
    SCAN_STARTS, /* a thread is free */
    SCAN_WAITS,  /* all threads are taken */
    SCAN_CLOSED  /* scan_threads_close() was called: the ticket does not wait */
};

/* Makes a ticket wait for a turn. Unless it returns SCAN_CLOSED, the turn may have begun, and ended,
 * on another thread before this returns. See turns_wait(), turns_leave() and turns_expire(). */
enum scan_wait scan_threads_wait(struct scan_threads *threads, struct turns_ticket *ticket,
                                 const struct sid *user, uint64_t deadline_ms);
void scan_threads_leave(struct scan_threads *threads, struct turns_ticket *ticket);
struct turns_ticket *scan_threads_expire(struct scan_threads *threads, uint64_t now_ms);

/* Abandons a slice whose query takes longer than `query_ms`, 0: any, and starts a thread in place of
 * the one that runs it. To be called each WATCHDOG_INTERVAL_MS, until it returns NULL.
 * hung  Receives what the query is about.
 * Returns the ticket: whoever called goes on with it. NULL when there is none. */
struct turns_ticket *scan_threads_abandon(struct scan_threads *threads, uint32_t query_ms,
                                          _Out_ struct watch_target *hung);

/* No turn begins from here on; the threads end after the turn they run. Take out what still waits
 * with scan_threads_expire(). Stop closes, too, and waits until they have ended. Returns false when
 * one still runs after `wait_ms`, lost ones included: then the threads' memory must stay. */
void scan_threads_close(_Inout_ struct scan_threads *threads);
NODISCARD bool scan_threads_stop(_Inout_ struct scan_threads *threads, uint32_t wait_ms);

#endif
