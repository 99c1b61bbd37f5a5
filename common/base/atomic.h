/* A number that several threads use at the same time. What a thread wrote before it changed the number
 * is visible to the thread that sees the change. */
#ifndef COMMON_BASE_ATOMIC_H
#define COMMON_BASE_ATOMIC_H

#include <stdbool.h>

#if defined(_MSC_VER) /* whose <stdatomic.h> is still experimental */
#include <intrin.h>

struct atomic {
    volatile long value;
};

static inline long atomic_add(struct atomic *atomic, long delta)
{
    return _InterlockedExchangeAdd(&atomic->value, delta) + delta;
}

static inline long atomic_get(struct atomic *atomic)
{
    return _InterlockedOr(&atomic->value, 0);
}

static inline void atomic_set(struct atomic *atomic, long value)
{
    (void)_InterlockedExchange(&atomic->value, value);
}

static inline bool atomic_swap(struct atomic *atomic, long expected, long value)
{
    return _InterlockedCompareExchange(&atomic->value, value, expected) == expected;
}

#else
#include <stdatomic.h>

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
    return atomic_load_explicit(&atomic->value, memory_order_acquire);
}

static inline void atomic_set(struct atomic *atomic, long value)
{
    atomic_store_explicit(&atomic->value, value, memory_order_release);
}

/* Changes `expected` to `value`. Returns false, the number unchanged, when it was another. */
static inline bool atomic_swap(struct atomic *atomic, long expected, long value)
{
    return atomic_compare_exchange_strong(&atomic->value, &expected, value);
}

#endif
#endif
