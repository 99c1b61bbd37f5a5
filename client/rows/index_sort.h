/* A stable sort of row numbers: the rows themselves stay where they are.
 *
 * A merge sort, so that no list, however it was made up, takes more than count times its logarithm
 * in comparisons; not every C library's qsort() promises that.
 */
#ifndef CLIENT_ROWS_INDEX_SORT_H
#define CLIENT_ROWS_INDEX_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"

/* Below, at or above 0, as row `a` comes before, with or behind row `b`. */
typedef int (*index_compare)(const void *context, uint32_t a, uint32_t b);

/* Sorts; equal rows keep their order.
 * scratch  As long as `indexes`; its content is lost. */
void index_sort(uint32_t *indexes, uint32_t *scratch, size_t count, index_compare compare,
                const void *context);

/* Room for the numbers 0 to count-1, set to that, and as much scratch behind them. Returns NULL
 * without memory; to be freed by the caller. */
uint32_t *index_create(size_t count);

#endif
