/* Rows for a format's sink, from the lines of a reply; what it wrote is kept. */
#ifndef TESTS_UNIT_CLIENT_ROWS_H
#define TESTS_UNIT_CLIENT_ROWS_H

#include <stdlib.h>
#include <string.h>

#include "client/rows/row.h"
#include "client/rows/sink.h"
#include "common/proto/protocol.h"
#include "tests/test.h"

struct fed {
    struct row row;
    struct buffer scratch;
    struct buffer out;
};

static inline void fed_init(struct fed *fed)
{
    buffer_init(&fed->scratch, OUTPUT_ROW_SIZE_MAX);
    buffer_init(&fed->out, 64 * 1024 * 1024);
}

static inline void fed_release(struct fed *fed)
{
    buffer_release(&fed->scratch);
    buffer_release(&fed->out);
}

/* Gives the sink one line; ends the test program when it is no row. */
static inline bool feed_line(struct fed *fed, const struct row_sink *sink, struct span line)
{
    struct row_error error;

    if (!row_parse(line, &fed->row, &fed->scratch, &error)) {
        printf("no row: %s: %.*s\n", error.text, (int)line.size, line.data);
        abort();
    }
    return sink->row(sink->context, &fed->row, line, &fed->out);
}

/* All lines, each ended by a newline, between begin and end. */
static inline bool feed(struct fed *fed, const struct row_sink *sink, const char *lines)
{
    bool good = sink->begin(sink->context, &fed->out);

    for (const char *newline; good && (newline = strchr(lines, '\n')) != NULL; lines = newline + 1)
        good = feed_line(fed, sink, (struct span){lines, (size_t)(newline - lines)});
    for (bool more = true; good && more;) {
        more = false;
        good = sink->end(sink->context, &fed->out, &more);
    }
    return good;
}

static inline void check_out(struct test *t, const char *expected, const struct fed *fed)
{
    if (!CHECK_MEM(t, expected, strlen(expected), fed->out.data, fed->out.size))
        printf("%.*s\n", (int)fed->out.size, fed->out.size > 0 ? fed->out.data : "");
}

#endif
