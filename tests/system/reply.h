/* Checks a complete reply in JSON lines: each line is strict JSON, and the only terminal line is at the
 * end and has the right counts. */
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

/* Reads all lines and reports failures to `t`.
 * visit  Called for every row; may be NULL. */
void reply_check(struct test *t, struct span output, struct reply_sums *sums, reply_visit visit,
                 void *context);

#endif
