#include "service/win32/statistics_lock.h"

static void acquire(void *context)
{
    AcquireSRWLockExclusive(context);
}

static void release(void *context)
{
    ReleaseSRWLockExclusive(context);
}

struct statistics_lock statistics_lock_init(SRWLOCK *srw)
{
    InitializeSRWLock(srw);
    return (struct statistics_lock){.context = srw, .acquire = acquire, .release = release};
}
