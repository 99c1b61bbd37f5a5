/* Locks: under `lock` nothing is called but turns.c and watchdog.c, whose lock is a leaf. Turns run
 * outside of it. */
#include "service/win32/scan_threads.h"

#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "service/win32/pipe.h"

struct scan_thread {
    struct scan_threads *threads;
    unsigned index;
    bool is_running; /* it has not left its loop */
    HANDLE handle;
    struct watch watch;
    struct turns_ticket *ticket; /* of its latest turn */
    struct watch_target hung;    /* of a lost thread: its query */
    struct scan_thread *next;    /* the same: another one */
};

struct scan_threads {
    scan_turn *turn;
    struct watchdog *watchdog;
    SRWLOCK lock;             /* guards what follows */
    CONDITION_VARIABLE awake; /* there is a turn to take, or a thread has to end */
    struct turns turns;
    unsigned count;      /* threads from this index on end */
    unsigned idle_count; /* threads that sleep */
    bool is_closed;
    struct scan_thread *items[SCANS_LIMIT_MAX]; /* NULL: not started */
    struct scan_thread *lost;                   /* and those that were, until they are freed */
    unsigned lost_count;                        /* of that list */
};

/* Under the lock: waits for a turn. Returns NULL when the thread has to end. */
static struct turns_ticket *next_turn(struct scan_threads *threads,
                                      const struct scan_thread *thread)
{
    while (!threads->is_closed && thread->index < threads->count) {
        struct turns_ticket *ticket = turns_take(&threads->turns);

        if (ticket != NULL)
            return ticket;
        threads->idle_count++;
        SleepConditionVariableSRW(&threads->awake, &threads->lock, INFINITE, 0);
        threads->idle_count--;
    }
    return NULL;
}

static DWORD WINAPI run(void *context)
{
    struct scan_thread *thread = context;
    struct scan_threads *threads = thread->threads;
    struct turns_ticket *ticket = NULL;

    AcquireSRWLockExclusive(&threads->lock);
    while ((ticket = next_turn(threads, thread)) != NULL) {
        thread->ticket = ticket;
        ReleaseSRWLockExclusive(&threads->lock);
        const bool is_lost =
            !threads->turn(ticket, &thread->watch, system_now_us(NULL) + SCAN_TURN_US);
        AcquireSRWLockExclusive(&threads->lock);
        if (is_lost) {
            watchdog_return(threads->watchdog, &thread->hung);
            break;
        }
    }
    thread->is_running = false;
    ReleaseSRWLockExclusive(&threads->lock);
    return 0;
}

static void free_thread(struct scan_thread **thread)
{
    if (*thread != NULL)
        handle_close(&(*thread)->handle);
    free(*thread);
    *thread = NULL;
}

/* Under the lock. */
static DWORD start(struct scan_threads *threads, unsigned index)
{
    struct scan_thread *thread = pipe_calls.allocate(1, sizeof *thread);

    if (thread == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    thread->threads = threads;
    thread->index = index;
    thread->is_running = true;
    thread->handle = pipe_calls.create_thread(NULL, 0, run, thread, 0, NULL);
    if (thread->handle == NULL) {
        const DWORD error = GetLastError();
        free(thread);
        return error;
    }
    threads->items[index] = thread;
    return ERROR_SUCCESS;
}

static bool has_ended_by(const struct scan_thread *thread, uint64_t end_ms)
{
    const uint64_t now_ms = system_now_ms();

    return WaitForSingleObject(thread->handle, now_ms < end_ms ? (DWORD)(end_ms - now_ms) : 0) ==
           WAIT_OBJECT_0;
}

/* Under the lock: starts what is not running.
 * Returns the first error. */
static DWORD start_missing(struct scan_threads *threads)
{
    DWORD error = ERROR_SUCCESS;

    for (unsigned i = 0; i < threads->count && error == ERROR_SUCCESS; i++) {
        if (threads->items[i] != NULL && threads->items[i]->is_running)
            continue;
        if (threads->items[i] != NULL)
            WaitForSingleObject(threads->items[i]->handle, INFINITE); /* it has left the lock */
        free_thread(&threads->items[i]);
        error = start(threads, i);
    }
    return error;
}

/* Under the lock. */
static void free_returned(struct scan_threads *threads)
{
    struct scan_thread **link = &threads->lost;

    while (*link != NULL) {
        struct scan_thread *thread = *link;

        if (has_ended_by(thread, 0)) {
            *link = thread->next;
            threads->lost_count--;
            free_thread(&thread);
        } else {
            link = &thread->next;
        }
    }
}

struct turns_ticket *scan_threads_abandon(struct scan_threads *threads, uint32_t query_ms,
                                          struct watch_target *hung)
{
    struct turns_ticket *ticket = NULL;

    AcquireSRWLockExclusive(&threads->lock);
    free_returned(threads);
    const bool may_lose = query_ms == 0 || threads->lost_count < SCAN_LOST_MAX;
    for (unsigned i = 0; i < SCANS_LIMIT_MAX && ticket == NULL; i++) {
        struct scan_thread *thread = threads->items[i];

        if (thread == NULL || !may_lose ||
            !watchdog_abandon(threads->watchdog, &thread->watch, query_ms, hung))
            continue;
        ticket = thread->ticket;
        thread->hung = *hung;
        thread->next = threads->lost;
        threads->lost = thread;
        threads->lost_count++;
        threads->items[i] = NULL;
    }
    if (!threads->is_closed)
        (void)start_missing(threads); /* what fails is tried again with the next call */
    ReleaseSRWLockExclusive(&threads->lock);
    return ticket;
}

DWORD scan_threads_set_count(struct scan_threads *threads, unsigned count)
{
    ASSERT(count > 0 && count <= SCANS_LIMIT_MAX);
    AcquireSRWLockExclusive(&threads->lock);
    threads->count = count;
    const DWORD error = start_missing(threads);
    ReleaseSRWLockExclusive(&threads->lock);
    WakeAllConditionVariable(&threads->awake);
    return error;
}

DWORD scan_threads_create(unsigned count, scan_turn *turn, struct watchdog *watchdog,
                          struct scan_threads **threads)
{
    struct scan_threads *created = pipe_calls.allocate(1, sizeof *created);

    if (created == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    created->turn = turn;
    created->watchdog = watchdog;
    InitializeSRWLock(&created->lock);
    InitializeConditionVariable(&created->awake);
    DWORD error = scan_threads_set_count(created, count);
    if (error == ERROR_SUCCESS) {
        *threads = created;
        return ERROR_SUCCESS;
    }
    bool is_freed = scan_threads_destroy(created, INFINITE);
    ASSERT(is_freed); /* no thread had a turn */
    return error;
}

enum scan_wait scan_threads_wait(struct scan_threads *threads, struct turns_ticket *ticket,
                                 const struct sid *user, uint64_t deadline_ms)
{
    enum scan_wait wait = SCAN_CLOSED;

    AcquireSRWLockExclusive(&threads->lock);
    if (!threads->is_closed) {
        wait = threads->turns.waiting_count < threads->idle_count ? SCAN_STARTS : SCAN_WAITS;
        turns_wait(&threads->turns, ticket, user, deadline_ms);
    }
    ReleaseSRWLockExclusive(&threads->lock);
    if (wait == SCAN_STARTS)
        WakeConditionVariable(&threads->awake);
    return wait;
}

void scan_threads_leave(struct scan_threads *threads, struct turns_ticket *ticket)
{
    AcquireSRWLockExclusive(&threads->lock);
    turns_leave(&threads->turns, ticket);
    ReleaseSRWLockExclusive(&threads->lock);
}

struct turns_ticket *scan_threads_expire(struct scan_threads *threads, uint64_t now_ms)
{
    AcquireSRWLockExclusive(&threads->lock);
    struct turns_ticket *ticket = turns_expire(&threads->turns, now_ms);
    ReleaseSRWLockExclusive(&threads->lock);
    return ticket;
}

void scan_threads_close(struct scan_threads *threads)
{
    AcquireSRWLockExclusive(&threads->lock);
    threads->is_closed = true;
    ReleaseSRWLockExclusive(&threads->lock);
    WakeAllConditionVariable(&threads->awake);
}

bool scan_threads_destroy(struct scan_threads *threads, uint32_t wait_ms)
{
    const uint64_t end_ms = system_now_ms() + wait_ms;

    if (threads == NULL)
        return true;
    scan_threads_close(threads);
    for (unsigned i = 0; i < SCANS_LIMIT_MAX; i++)
        if (threads->items[i] != NULL && !has_ended_by(threads->items[i], end_ms))
            return false;
    for (const struct scan_thread *thread = threads->lost; thread != NULL; thread = thread->next)
        if (!has_ended_by(thread, end_ms))
            return false;
    ASSERT(threads->turns.first == NULL);
    free_returned(threads);
    for (unsigned i = 0; i < SCANS_LIMIT_MAX; i++)
        free_thread(&threads->items[i]);
    free(threads);
    return true;
}
