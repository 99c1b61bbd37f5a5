/* Rows for a format or a step, from the lines of a reply; what it wrote is kept. */
#ifndef TESTS_UNIT_CLIENT_ROWS_H
#define TESTS_UNIT_CLIENT_ROWS_H

#include <stdlib.h>
#include <string.h>

#include "client/run.h"
#include "tests/test.h"

/* What is fed: a format with its own context. */
struct target {
    void *context;
    bool (*row)(void *context, struct row *row, struct buffer *out);
    bool (*end)(void *context, struct buffer *out, bool *more); /* NULL: nothing comes at the end */
};

static inline bool target_csv_row(void *context, struct row *row, struct buffer *out)
{
    return csv_row(context, row, out);
}

static inline struct target csv_target(struct csv *csv)
{
    return (struct target){csv, target_csv_row, NULL};
}

static inline bool target_prometheus_row(void *context, struct row *row, struct buffer *out)
{
    (void)out;
    return prometheus_row(context, row);
}

static inline bool target_prometheus_end(void *context, struct buffer *out, bool *more)
{
    return prometheus_end(context, out, more);
}

static inline struct target prometheus_target(struct prometheus *prometheus)
{
    return (struct target){prometheus, target_prometheus_row, target_prometheus_end};
}

static inline bool target_pipeline_row(void *context, struct row *row, struct buffer *out)
{
    (void)out; /* the settings have it */
    return pipeline_row(context, row);
}

static inline bool target_pipeline_end(void *context, struct buffer *out, bool *more)
{
    struct pipeline *pipeline = context;

    (void)out;
    (void)more;
    pipeline_end(pipeline);
    return !pipeline->exhausted;
}

static inline struct target pipeline_target(struct pipeline *pipeline)
{
    return (struct target){pipeline, target_pipeline_row, target_pipeline_end};
}

struct fed {
    struct row row;
    struct buffer out;
};

static inline void fed_init(struct fed *fed)
{
    row_init(&fed->row);
    buffer_init(&fed->out, 64 * 1024 * 1024);
}

static inline void fed_release(struct fed *fed)
{
    row_release(&fed->row);
    buffer_release(&fed->out);
}

/* Ends the test program when the line is no row. */
static inline void parse_line(struct row *row, struct span line)
{
    struct row_error error;

    if (row_parse(row, line, &error))
        return;
    printf("no row: %s: %.*s\n", error.text, (int)line.size, line.data);
    abort();
}

/* Feeds lines, each ended by a newline. Returns what the target said of the last. */
static inline bool feed_lines(struct fed *fed, const struct target *target, const char *lines)
{
    bool good = true;

    for (const char *newline; good && (newline = strchr(lines, '\n')) != NULL;
         lines = newline + 1) {
        parse_line(&fed->row, (struct span){lines, (size_t)(newline - lines)});
        good = target->row(target->context, &fed->row, &fed->out);
    }
    return good;
}

static inline bool feed_end(struct fed *fed, const struct target *target)
{
    for (bool more = target->end != NULL; more;) {
        more = false;
        if (!target->end(target->context, &fed->out, &more))
            return false;
    }
    return true;
}

/* All lines, and the end. */
static inline bool feed(struct fed *fed, const struct target *target, const char *lines)
{
    return feed_lines(fed, target, lines) && feed_end(fed, target);
}

static inline void check_out(struct test *t, const char *expected, const struct fed *fed)
{
    if (!CHECK_MEM(t, expected, strlen(expected), fed->out.data, fed->out.size))
        printf("%.*s\n", (int)fed->out.size, fed->out.size > 0 ? fed->out.data : "");
}

#endif
