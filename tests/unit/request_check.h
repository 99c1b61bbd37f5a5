/* What the tests of request_parse() share. */
#ifndef TESTS_UNIT_REQUEST_CHECK_H
#define TESTS_UNIT_REQUEST_CHECK_H

#include <stdlib.h>

#include "common/proto/request.h"
#include "tests/test.h"

/* Parses a copy of exactly the line's size, so that the sanitizer sees every read after it. */
static inline enum status parse(struct span line, struct request *request,
                                struct request_error *error)
{
    char *copy = malloc(line.size > 0 ? line.size : 1);
    if (copy == NULL)
        abort();
    if (line.size > 0)
        memcpy(copy, line.data, line.size);
    memset(request, 0xa5, sizeof *request);
    memset(error, 0, sizeof *error);
    enum status status = request_parse((struct span){copy, line.size}, request, error);
    free(copy);
    return status;
}

static inline void check_id(struct test *t, const char *expected, const struct request_id *id)
{
    char text[REQUEST_ID_SIZE_MAX + 2] = "";
    if (id->type == REQUEST_ID_INT)
        snprintf(text, sizeof text, "%" PRId64, id->number);
    else if (id->type == REQUEST_ID_STRING)
        snprintf(text, sizeof text, "'%.*s", (int)id->text_size, id->text);
    CHECK_STR(t, expected, text);
}

#endif
