/* Rows through a step into a sink that keeps their lines. */
#ifndef TESTS_UNIT_SINK_PLAY_H
#define TESTS_UNIT_SINK_PLAY_H

#include <stdlib.h>
#include <string.h>

#include "client/rows/sink.h"
#include "tests/test.h"

struct sink_play {
    struct row_sink last; /* writes each line it gets */
    struct row row;
    struct buffer scratch, out;
    size_t refuse_at; /* the last sink fails at this row; SIZE_MAX: never */
    size_t seen;
    unsigned ended;
};

static inline bool play_keep(void *context, const struct row *row, struct span line,
                             struct buffer *out)
{
    struct sink_play *play = context;

    (void)row;
    if (play->seen++ == play->refuse_at)
        return false;
    return buffer_append(out, line) && buffer_append(out, SPAN("\n"));
}

static inline bool play_pass(void *context, struct buffer *out)
{
    (void)context;
    (void)out;
    return true;
}

static inline bool play_last(void *context, struct buffer *out, bool *more)
{
    struct sink_play *play = context;

    (void)out;
    (void)more;
    play->ended++;
    return true;
}

static inline void play_begin(struct sink_play *play)
{
    *play = (struct sink_play){.refuse_at = SIZE_MAX};
    play->last = (struct row_sink){play, play_pass, play_keep, play_last};
    buffer_init(&play->scratch, ROW_LINE_SIZE_MAX);
    buffer_init(&play->out, 64 * ROW_LINE_SIZE_MAX);
}

static inline void play_end(struct sink_play *play)
{
    buffer_release(&play->scratch);
    buffer_release(&play->out);
}

/* Feeds lines, each ended by a newline. Returns what the sink said of the last. */
static inline bool play_feed(struct test *t, struct sink_play *play, const struct row_sink *sink,
                             const char *lines)
{
    struct row_error error;

    while (*lines != '\0') {
        const char *newline = strchr(lines, '\n');
        struct span line = {lines, (size_t)(newline - lines)};
        if (!CHECK(t, row_parse(line, &play->row, &play->scratch, &error)))
            return false;
        if (!sink->row(sink->context, &play->row, line, &play->out))
            return false;
        lines = newline + 1;
    }
    return true;
}

static inline bool play_finish(struct sink_play *play, const struct row_sink *sink)
{
    for (bool more = true; more;) {
        more = false;
        if (!sink->end(sink->context, &play->out, &more))
            return false;
    }
    return true;
}

static inline void play_check(struct test *t, struct sink_play *play, const char *expected)
{
    if (!CHECK_MEM(t, expected, strlen(expected), play->out.data, play->out.size))
        printf("%.*s\n", (int)play->out.size, play->out.size > 0 ? play->out.data : "");
    buffer_clear(&play->out);
}

#define P(id, pid) \
    "{\"id\":" id ",\"type\":\"process\",\"pid\":" pid ",\"name\":\"a\",\"access\":\"full\"}\n"
#define M(id, pid, base, size, path)                                                   \
    "{\"id\":" id ",\"type\":\"map\",\"pid\":" pid ",\"process\":\"a\",\"base\":" base \
    ",\"size\":" size ",\"kind\":\"data\",\"path\":" path "}\n"
#define E(id, pid) \
    "{\"id\":" id ",\"type\":\"process_error\",\"pid\":" pid ",\"code\":\"internal\"}\n"
#define R(id, pid) \
    "{\"id\":" id ",\"type\":\"region\",\"pid\":" pid ",\"size\":1,\"state\":\"MEM_COMMIT\"}\n"
#define END(id, processes, rows, errors, complete)                               \
    "{\"id\":" id ",\"type\":\"end\",\"processes\":" processes ",\"rows\":" rows \
    ",\"errors\":" errors ",\"complete\":" complete ",\"scope\":\"all\",\"later\":{\"rows\":1}}\n"
#define ERROR(id) "{\"id\":" id ",\"type\":\"error\",\"code\":\"denied\",\"message\":\"m\"}\n"

#endif
