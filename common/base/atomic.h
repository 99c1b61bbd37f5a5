/* A number that several threads change at the same time, for reference counts. */
#ifndef COMMON_BASE_ATOMIC_H
#define COMMON_BASE_ATOMIC_H

#if defined(_MSC_VER) /* whose <stdatomic.h> is still experimental */
#include <intrin.h>

struct atomic {
    volatile long value;
};

static inline long atomic_add(struct atomic *atomic, long delta)
{
    return _InterlockedExchangeAdd(&atomic->value, delta) + delta;
}

#else
#include <stdatomic.h>

struct atomic {
    atomic_long value;
};

/* Adds and returns the sum. What this thread wrote before is visible to the thread that sees the
 * sum through another call. */
static inline long atomic_add(struct atomic *atomic, long delta)
{
    return atomic_fetch_add(&atomic->value, delta) + delta;
}

#endif
#endif
