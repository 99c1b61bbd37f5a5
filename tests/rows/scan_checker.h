/* Watches the rows of a scan and names the first that could not be true, whatever the platform
 * says: the rules of scan.h as code. Used by unit tests and by the fuzz target. */
#ifndef TESTS_ROWS_SCAN_CHECKER_H
#define TESTS_ROWS_SCAN_CHECKER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/scan/scan.h"

struct scan_checker {
    const char *problem; /* static text; NULL: all was well */
    uint32_t pid;        /* of the last PROCESS row; 0: none */
    bool has_view;       /* `view` is the last MAP row of that process */
    struct map_row view; /* its spans are not used */
    uint64_t region_end; /* of the last REGION row of that view, its base when there is none */
    bool has_region;     /* that view has a REGION row */
    uint64_t processes, rows, errors, unmatched; /* counted here */
};

void scan_checker_init(_Out_ struct scan_checker *checker);

/* Looks at a row that scan_next() gave; any type.
 * counts  The scan's own, at this moment. */
void scan_checker_row(_Inout_ struct scan_checker *checker, _In_ const struct scan_row *row,
                      _In_ const struct scan_counts *counts);

#endif
