/* A number that several threads use at the same time, and a lock for a few instructions. What a thread
 * wrote before it changed the number is visible to the thread that sees the change. */
#ifndef COMMON_BASE_ATOMIC_H
#define COMMON_BASE_ATOMIC_H

#include "common/base/annotations.h"

#if defined(_MSC_VER) /* whose <stdatomic.h> is still experimental */
#include <intrin.h>
typedef volatile long atomic_long;
#define atomic_fetch_add(number, delta) _InterlockedExchangeAdd(number, delta)
#define atomic_load(number) _InterlockedOr(number, 0)
#define atomic_store(number, value) ((void)_InterlockedExchange(number, value))
#define atomic_compare_exchange_strong(number, expected, value) \
    (_InterlockedCompareExchange(number, value, *(expected)) == *(expected))
#else
#include <stdatomic.h>
#endif

struct atomic {
    atomic_long value;
};

/* Adds and returns the sum. */
static inline long atomic_add(struct atomic *atomic, long delta)
{
    return atomic_fetch_add(&atomic->value, delta) + delta;
}

static inline long atomic_get(struct atomic *atomic)
{
    return atomic_load(&atomic->value);
}

static inline void atomic_set(struct atomic *atomic, long value)
{
    atomic_store(&atomic->value, value);
}

/* Changes `expected` to `value`. Returns false, the number unchanged, when it was another. */
static inline bool atomic_swap(struct atomic *atomic, long expected, long value)
{
    return atomic_compare_exchange_strong(&atomic->value, &expected, value);
}

/* An SRWLOCK (common/win32/lock.c); where lsmap only runs tests, see tests/virtual/lock.c. All zero
 * is free. */
struct lock {
    void *state;
};

void lock_acquire(_Inout_ struct lock *lock);
void lock_release(_Inout_ struct lock *lock);

#endif
