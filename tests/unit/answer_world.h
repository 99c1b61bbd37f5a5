/* A small world for the tests of answer.h: a virtual platform, a caller, a clock. The tests see the
 * inside of an answer. */
#ifndef TESTS_UNIT_ANSWER_WORLD_H
#define TESTS_UNIT_ANSWER_WORLD_H

#include <stdlib.h>

/* What bounds the output of an answer, for tests of what happens then; 0: nothing but memory. */
static size_t answer_room;

#include "common/text/buffer.h"
#define buffer_init(buffer, size) (buffer_init)(buffer, answer_room > 0 ? answer_room : (size))
#include "common/answer/answer.c"
#undef buffer_init
#include "common/proto/protocol.h"
#include "common/proto/statistics.h"
#include "tests/rows/reply_stream.h"
#include "tests/test.h"
#include "tests/virtual/virtual_layout.h"

/* A process that cannot be opened, one with two kinds of view, one of the caller, one that exits. */
static const char layout_text[] =
    "process pid=4 name=System\n"
    "fault open=0xc0000017\n"
    "process pid=100 name=a.exe\n"
    "0x10000 0x3000 commit data 0x10000 2 2 \\Device\\HarddiskVolume3\\a.dat\n"
    "0x20000 0x1000 commit image 0x20000 0x80 2 \\Device\\HarddiskVolume3\\a.dll\n"
    "0x21000 0x5000 commit image 0x20000 0x80 0x20\n"
    "0x30000 0x1000 commit pagefile 0x30000 4 4\n"
    "process pid=200 integrity=0x2000 name=own.exe\n"
    "0x10000 0x3000 commit data 0x10000 2 2 \\Device\\HarddiskVolume3\\own.dat\n"
    "process pid=300 name=exits.exe\n"
    "fault exit_after=1\n"
    "0x10000 0x1000 commit image 0x10000 0x80 2 \\Device\\HarddiskVolume3\\a.dll\n";

struct world {
    struct virtual_layout layout;
    struct virtual_platform virtual_;
    struct platform platform;
    struct server_info info;
    struct grant grant;
    struct statistics statistics;
    struct answer_context context;
    uint64_t now_us;
    struct buffer out;
};

static inline uint64_t world_now_us(void *clock)
{
    return ((struct world *)clock)->now_us;
}

static const uint8_t user_sid[] = {1, 1, 0, 0, 0, 0, 0, 5, 77, 0, 0, 0};

/* Between two answers: resets the virtual platform, keeps the layout. */
static inline void world_reset(struct world *world)
{
    virtual_platform_init(&world->virtual_, world->layout.processes, world->layout.processes_count,
                          &world->platform);
    buffer_clear(&world->out);
}

static inline void world_init(struct world *world)
{
    struct virtual_layout_error error;

    *world = (struct world){.info.mode = "direct", .grant.rights = RIGHTS_ALL, .now_us = 1000};
    world->grant.reason = "Because.";
    world->grant.caller.integrity = 0x2000;
    world->grant.caller.session_id = 1;
    if (!sid_set(&world->grant.caller.user, user_sid, sizeof user_sid) ||
        !virtual_layout_parse(SPAN(layout_text), &world->layout, &error))
        abort();
    world->layout.processes[2].facts.owner = world->grant.caller.user;
    statistics_init(&world->statistics, 0);
    world->context = (struct answer_context){.platform = &world->platform,
                                             .info = &world->info,
                                             .now_us = world_now_us,
                                             .clock = world,
                                             .statistics = &world->statistics};
    server_limits_default(&world->context.limits, 1);
    buffer_init(&world->out, 2 * OUTPUT_ROW_SIZE_MAX);
    world_reset(world);
}

static inline void world_release(struct world *world)
{
    virtual_layout_release(&world->layout);
    buffer_release(&world->out);
}

enum { STEPS_MAX = 10000 };

static inline struct answer *ask(struct world *world, const char *line)
{
    struct answer *answer = answer_create(&world->context, &world->grant, span_from_string(line));

    if (answer == NULL)
        abort();
    return answer;
}

/* The shortest slice, and its lines. Returns true while more is to come. */
static inline bool step(struct world *world, struct answer *answer)
{
    answer_run(answer, NULL, 0, OUTPUT_SIZE);
    if (!answer_take(answer, &world->out))
        abort();
    return !answer_is_over(answer);
}

/* What the owner of an answer does in the end. */
static inline void leave(struct world *world, struct answer *answer)
{
    statistics_answered(world->context.statistics, answer_tally(answer));
    answer_destroy(answer);
}

/* Answers to the end. Returns the steps it took, or 0 when it would not end. */
static inline unsigned serve(struct world *world, const char *line)
{
    struct answer *answer = ask(world, line);
    unsigned steps = 1;

    while (steps < STEPS_MAX && step(world, answer))
        steps++;
    leave(world, answer);
    return steps < STEPS_MAX ? steps : 0;
}

#endif
