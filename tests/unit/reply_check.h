/* What the tests of reply.h share. */
#ifndef TESTS_UNIT_REPLY_CHECK_H
#define TESTS_UNIT_REPLY_CHECK_H

#include <stdlib.h>

#include "common/answer/reply.h"
#include "tests/test.h"

static const struct request_id no_id = {.type = REQUEST_ID_NONE};
static const struct request_id id_7 = {.type = REQUEST_ID_INT, .number = 7};
/* The buffer holds exactly this line. */
static inline void check_line(struct test *t, const char *expected, struct buffer *out)
{
    REQUIRE(t, out->size > 0 && out->data[out->size - 1] == '\n');
    char *line = calloc(1, out->size);
    REQUIRE(t, line != NULL);
    memcpy(line, out->data, out->size - 1);
    CHECK_STR(t, expected, line);
    if (strcmp(expected, line) != 0)
        printf("  %s\n", line);
    free(line);
    buffer_clear(out);
}

#endif
