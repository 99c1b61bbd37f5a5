/* Compares a scan of one virtual process with the naive list of its views, row by row. */
#ifndef TESTS_ROWS_SCAN_EXPECT_H
#define TESTS_ROWS_SCAN_EXPECT_H

#include "common/base/annotations.h"
#include "common/scan/scan.h"
#include "tests/test.h"
#include "tests/virtual/virtual_platform.h"

/* Asks for all kinds of the platform's first process with `detail` and fails `t` unless the rows
 * are exactly its views: each present, none invented; base, size, kind, protection and name right;
 * the regions those of the table; the pages those of their attributes. counts  Receives what the
 * scan cost; may be NULL. */
void scan_expect_exact(_Inout_ struct test *t, _Inout_ struct virtual_platform *virtual_,
                       _In_ const struct platform *platform, enum views_detail detail,
                       _Out_opt_ struct scan_counts *counts);

#endif
