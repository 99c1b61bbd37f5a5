/* A pipeline that prints JSON: lines of a reply in, lines out. */
#ifndef TESTS_UNIT_PIPELINE_PLAY_H
#define TESTS_UNIT_PIPELINE_PLAY_H

#include "client/run.h"
#include "tests/unit/client_rows.h"
#include "tests/unit/row_lines.h"

struct play {
    struct options options;
    struct run_settings settings;
    struct pipeline pipeline;
    struct target target;
    struct fed fed;
};

/* options  Without command and format. */
static inline void play_begin(struct play *play, const struct options *options)
{
    play->options = *options;
    play->options.command = COMMAND_MAPS;
    play->options.format = FORMAT_JSON;
    play->settings = (struct run_settings){.options = &play->options,
                                           .results = &play->fed.out,
                                           .folders = play->options.not_under,
                                           .folders_count = play->options.not_under_count};
    pipeline_init(&play->pipeline, &play->settings);
    play->target = pipeline_target(&play->pipeline);
    fed_init(&play->fed);
}

static inline void play_end(struct play *play)
{
    pipeline_release(&play->pipeline);
    fed_release(&play->fed);
}

static inline void play_check(struct test *t, struct play *play, const char *expected)
{
    check_out(t, expected, &play->fed);
    buffer_clear(&play->fed.out);
}

#endif
