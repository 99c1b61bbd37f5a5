/* Runs a scan to its end and keeps its rows, for tests that look at all of them. */
#ifndef TESTS_ROWS_SCAN_ROWS_H
#define TESTS_ROWS_SCAN_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/scan/platform.h"
#include "common/scan/scan.h"

enum { SCAN_STEPS_MAX = 16 * 1024 * 1024 }; /* by then every scan has ended */

struct scan_rows {
    struct scan_row *rows; /* owned; no NONE, no FAILED, no END */
    size_t count;
    size_t capacity;
    void **blocks; /* owned; what the rows point to */
    size_t blocks_count;
    size_t blocks_capacity;
    struct scan_row last; /* FAILED or END; NONE: the scan did not end */
    struct scan_counts counts;
    const char *problem; /* what scan_checker.h found; NULL: nothing */
    uint64_t steps;      /* calls of scan_next() */
};

/* The maps of all processes, every kind, for a caller with every right. */
static inline struct scan_query scan_query_everything(void)
{
    return (struct scan_query){.lists_maps = true,
                               .all = true,
                               .views.kinds = VIEW_IMAGE | VIEW_DATA | VIEW_PAGEFILE,
                               .query_all = true,
                               .addresses = true,
                               .integrity = INTEGRITY_UNKNOWN};
}

/* Runs a scan to its end. The `process`, `facts` and texts of a row are copies that live as long as
 * `rows`. Ends the program when out of memory. */
void scan_rows_run(_Out_ struct scan_rows *rows, _In_ const struct platform *platform,
                   _In_ const struct scan_query *query);

/* The n-th row of a type, NULL when there are fewer. */
const struct scan_row *scan_rows_get(_In_ const struct scan_rows *rows, enum scan_row_type type,
                                     size_t n);

size_t scan_rows_count(_In_ const struct scan_rows *rows, enum scan_row_type type);

void scan_rows_release(_Inout_ struct scan_rows *rows);

#endif
