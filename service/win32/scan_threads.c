/* Locks: `lock` is a leaf, nothing is called under it but turns.c. Turns run outside of it. */
#include "service/win32/scan_threads.h"

#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "service/win32/pipe.h"

struct scan_thread {
    struct scan_threads *threads;
    bool is_running; /* it has not left its loop */
    HANDLE handle;   /* NULL: never started */
};

struct scan_threads {
    scan_turn *turn;
    SRWLOCK lock;             /* guards what follows */
    CONDITION_VARIABLE awake; /* there is a turn to take, or a thread has to end */
    struct turns turns;
    unsigned count;      /* threads from this index on end */
    unsigned idle_count; /* threads that sleep */
    bool is_closed;
    struct scan_thread items[SCANS_LIMIT_MAX];
};

/* Under the lock: waits for a turn. Returns NULL when the thread has to end. */
static struct turns_ticket *next_turn(struct scan_threads *threads,
                                      const struct scan_thread *thread)
{
    while (!threads->is_closed && thread < &threads->items[threads->count]) {
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
        ReleaseSRWLockExclusive(&threads->lock);
        threads->turn(ticket, system_now_us(NULL) + SCAN_TURN_US);
        AcquireSRWLockExclusive(&threads->lock);
    }
    thread->is_running = false;
    ReleaseSRWLockExclusive(&threads->lock);
    return 0;
}

/* Under the lock. */
static DWORD start(struct scan_threads *threads, struct scan_thread *thread)
{
    if (thread->is_running)
        return ERROR_SUCCESS;
    handle_close(&thread->handle); /* of one that has ended */
    thread->threads = threads;
    thread->handle = pipe_calls.create_thread(NULL, 0, run, thread, 0, NULL);
    thread->is_running = thread->handle != NULL;
    return thread->is_running ? ERROR_SUCCESS : GetLastError();
}

DWORD scan_threads_set_count(struct scan_threads *threads, unsigned count)
{
    DWORD error = ERROR_SUCCESS;

    ASSERT(count > 0 && count <= SCANS_LIMIT_MAX);
    AcquireSRWLockExclusive(&threads->lock);
    threads->count = count;
    for (unsigned i = 0; i < count && error == ERROR_SUCCESS; i++)
        error = start(threads, &threads->items[i]);
    ReleaseSRWLockExclusive(&threads->lock);
    WakeAllConditionVariable(&threads->awake);
    return error;
}

DWORD scan_threads_create(unsigned count, scan_turn *turn, struct scan_threads **threads)
{
    struct scan_threads *created = pipe_calls.allocate(1, sizeof *created);

    if (created == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    created->turn = turn;
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
    for (unsigned i = 0; i < SCANS_LIMIT_MAX; i++) {
        const uint64_t now_ms = system_now_ms();
        const DWORD rest_ms = now_ms < end_ms ? (DWORD)(end_ms - now_ms) : 0;

        if (threads->items[i].handle != NULL &&
            WaitForSingleObject(threads->items[i].handle, rest_ms) != WAIT_OBJECT_0)
            return false;
    }
    ASSERT(threads->turns.first == NULL);
    for (unsigned i = 0; i < SCANS_LIMIT_MAX; i++)
        handle_close(&threads->items[i].handle);
    free(threads);
    return true;
}
