/* Checks the rows of a scan against the rules of scan.h, whatever the platform returns. Used by unit
 * tests and by the fuzz target. */
#ifndef TESTS_ROWS_SCAN_CHECKER_H
#define TESTS_ROWS_SCAN_CHECKER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/scan/scan.h"

struct scan_checker {
    const char *problem; /* the first broken rule; static text; NULL: none */
    uint32_t pid;        /* of the last PROCESS row; 0: none */
    bool has_view;       /* `view` is the last MAP row of that process */
    struct map_row view; /* its spans are not used */
    uint64_t region_end; /* of the last REGION row of that view, its base when there is none */
    uint64_t processes, rows, errors, unmatched; /* counted here */
};

void scan_checker_init(_Out_ struct scan_checker *checker);

/* Checks a row of any type.
 * counts  Those of the scan after this row. */
void scan_checker_row(_Inout_ struct scan_checker *checker, _In_ const struct scan_row *row,
                      _In_ const struct scan_counts *counts);

#endif
