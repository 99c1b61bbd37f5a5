/* ASSERT: what must be true, checked in Release too.
 *
 * A failed assertion is a programming error: the process reports the place and ends at once,
 * without unwinding. What may happen in operation is returned as a status, never asserted. */
#ifndef COMMON_BASE_ASSERTION_H
#define COMMON_BASE_ASSERTION_H

#include "common/base/annotations.h"

#define ASSERT(condition) ((condition) ? (void)0 : assertion_failed(#condition, __FILE__, __LINE__))

NORETURN void assertion_failed(const char *condition, const char *file, int line);

#endif
