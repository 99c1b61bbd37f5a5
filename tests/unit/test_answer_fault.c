/* Answers that are cut short: by an abort, by the caller, for lack of room, by Windows. */
#include "tests/unit/answer_world.h"

#include "common/scan/nt_status.h"

static void answer_aborts_at_each_step(struct test *t)
{
    static const char *const lines[] = {
        "{\"id\":1,\"op\":\"maps\",\"all\":true,\"detail\":\"pages\"}",
        "{\"id\":1,\"op\":\"maps\",\"pid\":100,\"detail\":\"regions\"}",
        "{\"id\":1,\"op\":\"info\"}", "{\"id\":1,\"op\":\"nothing\"}"};
    for (size_t i = 0; i < TEST_COUNT(lines); i++) {
        struct world world;
        world_init(&world);
        unsigned steps = serve(&world, lines[i]);
        for (unsigned at = 0; at < steps; at++) {
            struct reply_stream stream;
            TEST_ROW(t, "%s at %u", lines[i], at);
            world_reset(&world);
            struct answer *answer =
                answer_create(&world.context, &world.grant, span_from_string(lines[i]));
            REQUIRE(t, answer != NULL);
            for (unsigned step = 0; step < at; step++)
                CHECK(t, answer_step(answer, &world.out));
            answer_abort(answer, STATUS_STOPPING);
            CHECK_INT(t, 0, world.virtual_.open_count); /* nothing stays open until the last step */
            uint64_t calls = world.virtual_.calls_total;
            CHECK(t, !answer_step(answer, &world.out));
            CHECK_INT(t, calls, world.virtual_.calls_total);
            CHECK(t, reply_stream_read(buffer_span(&world.out), &stream));
            CHECK_INT(t, 1, stream.terminals);
            CHECK_INT(t, STATUS_STOPPING, stream.code);
            answer_destroy(answer);
        }
        world_release(&world);
    }
}

static void answer_is_destroyed_at_each_step(struct test *t)
{
    struct world world;
    world_init(&world);
    unsigned steps = serve(&world, "{\"op\":\"maps\",\"all\":true,\"detail\":\"pages\"}");
    CHECK(t, steps > 10);
    for (unsigned at = 0; at <= steps; at++) {
        TEST_ROW(t, "at %u", at);
        world_reset(&world);
        struct answer *answer =
            answer_create(&world.context, &world.grant,
                          SPAN("{\"op\":\"maps\",\"all\":true,\"detail\":\"pages\"}"));
        REQUIRE(t, answer != NULL);
        for (unsigned step = 1; step <= at; step++)
            CHECK_INT(t, step < steps, answer_step(answer, &world.out));
        answer_destroy(answer);
        CHECK_INT(t, 0, world.virtual_.open_count);
    }
    answer_destroy(NULL);
    world_release(&world);
}

#define CONTROLS_8 "\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001"
#define LONG_ID \
    CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8

/* Whatever room there is: whole lines only, never two terminal ones; with room for any terminal
 * line behind a row, always one. */
static void answer_fits_or_says_so(struct test *t)
{
    static const char *const lines[] = {
        /* the id makes the lines long: the reply is more than the room kept for its last line */
        "{\"id\":\"" LONG_ID "\",\"op\":\"maps\",\"all\":true,\"detail\":\"regions\"}",
        "{\"op\":\"whoami\"}", "{\"op\":\"info\"}", "{}"};
    const size_t terminal_size = 4096;
    for (size_t i = 0; i < TEST_COUNT(lines); i++) {
        struct world world;
        world_init(&world);
        CHECK(t, serve(&world, lines[i]) > 0);
        size_t whole = world.out.size;
        CHECK(t, i > 0 || whole > terminal_size + 1024);
        unsigned told = 0;
        for (size_t room = 0; room <= whole + terminal_size; room += 3) {
            struct reply_stream stream;
            TEST_ROW(t, "line %zu room %zu", i, room);
            world_reset(&world);
            buffer_release(&world.out);
            buffer_init(&world.out, room);
            REQUIRE(t, serve(&world, lines[i]) > 0);
            REQUIRE(t, reply_stream_read(buffer_span(&world.out), &stream));
            CHECK(t, stream.terminals == 1 || room < terminal_size);
            CHECK(t, stream.terminals == 0 || reply_stream_is_whole(&stream));
            told += stream.terminals == 1 && !stream.is_end && stream.code == STATUS_INTERNAL;
            CHECK_INT(t, 0, world.virtual_.open_count);
        }
        CHECK_INT(t, whole, world.out.size);
        CHECK(t, told > 0 || strcmp(lines[i], "{}") == 0);
        world_release(&world);
    }
}

/* A row that leaves no room for the terminal line goes again, however far it came itself. */
static void answer_takes_a_long_row_back(struct test *t)
{
    enum { NAME_SIZE = 9000, TERMINAL_SIZE = 4096 };
    static const char head[] =
        "process pid=1 name=long.exe\n0x10000 0x1000 commit data 0x10000 2 2 ";
    char *text = malloc(sizeof head + NAME_SIZE);
    struct virtual_layout_error error;
    struct world world;
    unsigned taken_back = 0;
    REQUIRE(t, text != NULL);
    memcpy(text, head, sizeof head - 1);
    memset(text + sizeof head - 1, 'x', NAME_SIZE);
    world_init(&world);
    virtual_layout_release(&world.layout);
    REQUIRE(t, virtual_layout_parse((struct span){text, sizeof head - 1 + NAME_SIZE}, &world.layout,
                                    &error));
    for (size_t room = TERMINAL_SIZE; room < NAME_SIZE + 2 * TERMINAL_SIZE; room += 50) {
        struct reply_stream stream;
        TEST_ROW(t, "room %zu", room);
        buffer_release(&world.out);
        buffer_init(&world.out, room);
        world_reset(&world);
        REQUIRE(t, serve(&world, "{\"op\":\"maps\",\"pid\":1}") > 0);
        CHECK(t, reply_stream_read(buffer_span(&world.out), &stream));
        CHECK(t, reply_stream_is_whole(&stream));
        taken_back += !stream.is_end && stream.rows == 1 && room > NAME_SIZE + 512;
    }
    CHECK(t, taken_back > 0);
    free(text);
    world_release(&world);
}

static void answer_survives_each_fault(struct test *t)
{
    static const char *const lines[] = {
        "{\"op\":\"maps\",\"all\":true,\"detail\":\"pages\"}",
        "{\"op\":\"maps\",\"name\":\"*\",\"detail\":\"regions\",\"path\":\"*\"}",
        "{\"op\":\"maps\",\"pid\":100}",
        "{\"op\":\"maps\",\"pid\":[100,200],\"address\":\"0x20000\"}",
        "{\"op\":\"processes\",\"all\":true}"};
    const uint32_t faults[] = {NTSTATUS_ACCESS_DENIED, NTSTATUS_PROCESS_IS_TERMINATING,
                               NTSTATUS_NO_MEMORY, NTSTATUS_NOT_IMPLEMENTED, 0xc0000001u};
    for (size_t i = 0; i < TEST_COUNT(lines); i++) {
        for (size_t fault = 0; fault < TEST_COUNT(faults); fault++) {
            bool is_over = false;
            uint64_t k = 1;
            for (; !is_over; k++) {
                struct world world;
                struct reply_stream stream;
                TEST_ROW(t, "%s fault %zu at %u", lines[i], fault, (unsigned)k);
                world_init(&world);
                world.virtual_.fail_at = k;
                world.virtual_.fail_with = faults[fault];
                CHECK(t, serve(&world, lines[i]) > 0);
                CHECK(t, reply_stream_read(buffer_span(&world.out), &stream));
                CHECK(t, reply_stream_is_whole(&stream));
                CHECK_INT(t, 0, world.virtual_.open_count);
                is_over = world.virtual_.calls_total < k; /* each call has failed once */
                world_release(&world);
            }
            CHECK(t, k > 5);
        }
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(answer_aborts_at_each_step), TEST_CASE(answer_is_destroyed_at_each_step),
        TEST_CASE(answer_fits_or_says_so),     TEST_CASE(answer_takes_a_long_row_back),
        TEST_CASE(answer_survives_each_fault),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
