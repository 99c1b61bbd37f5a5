/* A merge sort, so in bounded time: not every C library's qsort() keeps to count times its logarithm in
 * comparisons, whatever the list is. */
#ifndef COMMON_BASE_MERGE_SORT_H
#define COMMON_BASE_MERGE_SORT_H

#include "common/base/annotations.h"

typedef int (*merge_compare)(const void *a, const void *b); /* as of qsort() */

/* Sorts `count` items of `size` bytes; equal ones keep their order. Returns false without memory. */
NODISCARD bool merge_sort(_Inout_ void *items, size_t count, size_t size, merge_compare compare);

#endif
