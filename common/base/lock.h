/* A lock for a few instructions, between threads of one process. It is an SRWLOCK
 * (common/win32/lock.c); where lsmap only runs tests it is tests/virtual/lock.c. */
#ifndef COMMON_BASE_LOCK_H
#define COMMON_BASE_LOCK_H

#include "common/base/annotations.h"

/* All zero is free. */
struct lock {
    void *state;
};

void lock_acquire(_Inout_ struct lock *lock);
void lock_release(_Inout_ struct lock *lock);

#endif
