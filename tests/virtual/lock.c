/* Locks are mutexes, chosen by address: two locks seldom share one, so that a thread sanitizer finds
 * races between what different locks guard. No thread takes two at a time. */
#include "common/base/atomic.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "tests/virtual/lock.h"

enum { MUTEXES = 64 };

static pthread_mutex_t mutexes[MUTEXES]; /* all zero is PTHREAD_MUTEX_INITIALIZER */
static atomic_ulong taken;
static bool is_disabled;

static pthread_mutex_t *mutex_of(const struct lock *lock)
{
    return &mutexes[(uintptr_t)lock / sizeof *lock % MUTEXES];
}

void lock_acquire(struct lock *lock)
{
    if (is_disabled)
        return;
    if (pthread_mutex_lock(mutex_of(lock)) != 0 || lock->state != NULL)
        abort();
    lock->state = lock;
    (void)atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed);
}

void lock_release(struct lock *lock)
{
    if (is_disabled)
        return;
    if (lock->state != lock)
        abort();
    lock->state = NULL;
    if (pthread_mutex_unlock(mutex_of(lock)) != 0)
        abort();
}

unsigned long lock_taken(void)
{
    return atomic_load(&taken);
}

void lock_disable(void)
{
    is_disabled = true;
}
