/* Locks: under `lock` nothing is called but turns.c and watchdog.c, whose lock is a leaf. Turns run
 * outside of it. */
#include "service/win32/scan_threads.h"

#include "common/base/assertion.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "service/win32/pipe.h"

/* Under the lock: waits for a turn. Returns NULL when the thread has to end. */
static struct turns_ticket *next_turn(struct scan_threads *threads)
{
    while (!threads->is_closed && threads->taking_count <= threads->count) {
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

    AcquireSRWLockExclusive(&threads->lock);
    while (!thread->is_lost && (thread->ticket = next_turn(threads)) != NULL) {
        ReleaseSRWLockExclusive(&threads->lock);
        threads->turn(thread->ticket, &thread->watch, system_now_us(NULL) + SCAN_TURN_US);
        AcquireSRWLockExclusive(&threads->lock);
    }
    if (thread->is_lost) {
        threads->lost_count--;
        watchdog_return(threads->watchdog, &thread->hung);
    } else {
        threads->taking_count--;
    }
    thread->is_running = false;
    ReleaseSRWLockExclusive(&threads->lock);
    return 0;
}

/* Under the lock: starts threads in free places, and in those of threads that have ended.
 * Returns the first error. */
static DWORD start_missing(struct scan_threads *threads)
{
    for (unsigned i = 0; i < SCAN_THREADS_MAX && threads->taking_count < threads->count; i++) {
        struct scan_thread *thread = &threads->items[i];

        if (thread->is_running)
            continue;
        if (thread->handle != NULL)
            WaitForSingleObject(thread->handle, INFINITE); /* it has left the lock */
        handle_close(&thread->handle);
        *thread = (struct scan_thread){.threads = threads};
        thread->handle = pipe_calls.create_thread(NULL, 0, run, thread, 0, NULL);
        if (thread->handle == NULL)
            return GetLastError();
        thread->is_running = true; /* it waits for the lock */
        threads->taking_count++;
    }
    return ERROR_SUCCESS;
}

struct turns_ticket *scan_threads_abandon(struct scan_threads *threads, uint32_t query_ms,
                                          struct watch_target *hung)
{
    struct turns_ticket *ticket = NULL;

    AcquireSRWLockExclusive(&threads->lock);
    const bool may_lose = query_ms == 0 || threads->lost_count < SCAN_LOST_MAX;
    for (unsigned i = 0; i < SCAN_THREADS_MAX && may_lose && ticket == NULL; i++) {
        struct scan_thread *thread = &threads->items[i];

        if (!thread->is_running || thread->is_lost ||
            !watchdog_abandon(threads->watchdog, &thread->watch, query_ms, hung))
            continue;
        ticket = thread->ticket;
        thread->hung = *hung;
        thread->is_lost = true;
        threads->lost_count++;
        threads->taking_count--;
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

DWORD scan_threads_start(struct scan_threads *threads, unsigned count, scan_turn *turn,
                         struct watchdog *watchdog)
{
    threads->turn = turn;
    threads->watchdog = watchdog;
    const DWORD error = scan_threads_set_count(threads, count);
    if (error != ERROR_SUCCESS) {
        bool has_ended = scan_threads_stop(threads, INFINITE);
        ASSERT(has_ended); /* no thread had a turn */
    }
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

bool scan_threads_stop(struct scan_threads *threads, uint32_t wait_ms)
{
    const uint64_t end_ms = system_now_ms() + wait_ms;

    scan_threads_close(threads);
    for (unsigned i = 0; i < SCAN_THREADS_MAX; i++) {
        HANDLE *handle = &threads->items[i].handle;
        const uint64_t now_ms = system_now_ms();
        const DWORD left_ms = now_ms < end_ms ? (DWORD)(end_ms - now_ms) : 0;

        if (*handle != NULL && WaitForSingleObject(*handle, left_ms) != WAIT_OBJECT_0)
            return false;
        handle_close(handle);
    }
    ASSERT(threads->turns.first == NULL);
    return true;
}
