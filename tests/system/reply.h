/* Checks a whole reply in JSON lines: each line strict JSON, one terminal line at the end, its sums
 * right. */
#ifndef TESTS_SYSTEM_REPLY_H
#define TESTS_SYSTEM_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "client/rows/row.h"
#include "tests/test.h"

typedef void (*reply_visit)(void *context, const struct row *row);

struct reply_sums {
    size_t processes, maps, errors, rows;
    size_t processes_with_image, processes_with_data, processes_with_both;
    bool is_complete; /* `end` says so */
};

/* Reads all lines; `visit` (may be NULL) sees every row. Failures are told to `t`. */
void reply_check(struct test *t, struct span output, struct reply_sums *sums, reply_visit visit,
                 void *context);

#endif
