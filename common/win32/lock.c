#include "common/base/atomic.h"

#include <assert.h>

#include "common/win32/win.h"

static_assert(sizeof(struct lock) == sizeof(SRWLOCK), "a lock is an SRWLOCK");

void lock_acquire(struct lock *lock)
{
    AcquireSRWLockExclusive((SRWLOCK *)(void *)lock);
}

void lock_release(struct lock *lock)
{
    ReleaseSRWLockExclusive((SRWLOCK *)(void *)lock);
}
