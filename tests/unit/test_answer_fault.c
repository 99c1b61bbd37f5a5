/* Answers that are cut short: by an abort, by their owner, for lack of room, by Windows. */
#include "common/scan/nt_status.h"
#include "tests/unit/answer_world.h"

/* Answers to the end in an output buffer of at most `room` bytes, and takes all lines at once. */
static void serve_in_room(struct world *world, const char *line, size_t room)
{
    answer_room = room > 0 ? room : 1;
    struct answer *answer = ask(world, line);
    answer_room = 0;
    for (unsigned i = 0; i < STEPS_MAX && !answer_is_over(answer); i++)
        answer_run(answer, NULL, 0, OUTPUT_SIZE);
    if (!answer_is_over(answer) || !answer_take(answer, &world->out))
        abort();
    leave(world, answer);
}

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
            struct answer *answer = ask(&world, lines[i]);
            for (unsigned k = 0; k < at; k++)
                CHECK(t, step(&world, answer));
            const bool has_rows = world.out.size > 0;
            answer_abort(answer, STATUS_STOPPING, at % 2 ? "For a test." : NULL);
            CHECK_INT(t, 0, world.virtual_.open_count); /* nothing stays open */
            uint64_t calls = world.virtual_.calls_total;
            CHECK(t, answer_is_over(answer));
            CHECK(t, !step(&world, answer));
            CHECK_INT(t, calls, world.virtual_.calls_total);
            CHECK(t, reply_stream_read(buffer_span(&world.out), &stream));
            CHECK_INT(t, 1, stream.terminals);
            CHECK_INT(t, STATUS_STOPPING, stream.code);
            CHECK(t, buffer_append(&world.out, SPAN("")) && world.out.size > 0);
            world.out.data[world.out.size - 1] = '\0';
            CHECK_INT(t, has_rows, strstr(world.out.data, "What came before") != NULL);
            CHECK_INT(t, at % 2, strstr(world.out.data, "For a test.") != NULL);
            leave(&world, answer);
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
        struct answer *answer = ask(&world, "{\"op\":\"maps\",\"all\":true,\"detail\":\"pages\"}");
        for (unsigned k = 1; k <= at; k++)
            CHECK_INT(t, k < steps, step(&world, answer));
        answer_destroy(answer);
        CHECK_INT(t, 0, world.virtual_.open_count);
    }
    answer_destroy(NULL);
    world_release(&world);
}

#define CONTROLS_8 "\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001"
#define LONG_ID \
    CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8

/* With any room: complete lines only, never two terminal ones; always one when any terminal line
 * fits after a row. */
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
        size_t full_size = world.out.size;
        CHECK(t, i > 0 || full_size > terminal_size + 1024);
        unsigned refused = 0;
        for (size_t room = 0; room <= full_size + terminal_size; room += 3) {
            struct reply_stream stream;
            TEST_ROW(t, "line %zu room %zu", i, room);
            world_reset(&world);
            serve_in_room(&world, lines[i], room);
            REQUIRE(t, reply_stream_read(buffer_span(&world.out), &stream));
            CHECK(t, stream.terminals == 1 || room < terminal_size);
            CHECK(t, stream.terminals == 0 || reply_stream_is_complete(&stream));
            refused += stream.terminals == 1 && !stream.is_end && stream.code == STATUS_INTERNAL;
            CHECK_INT(t, 0, world.virtual_.open_count);
        }
        CHECK_INT(t, full_size, world.out.size);
        CHECK(t, refused > 0 || strcmp(lines[i], "{}") == 0);
        world_release(&world);
    }
}

/* A row that leaves no room for the terminal line is taken back. */
static void answer_takes_a_long_row_back(struct test *t)
{
    enum { NAME_SIZE = 9000, TERMINAL_SIZE = 4096 };
    static const char head[] =
        "process pid=1 name=long.exe\n0x10000 0x1000 commit data 0x10000 2 2 \\";
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
        world_reset(&world);
        serve_in_room(&world, "{\"op\":\"maps\",\"pid\":1}", room);
        CHECK(t, reply_stream_read(buffer_span(&world.out), &stream));
        CHECK(t, reply_stream_is_complete(&stream));
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
                CHECK(t, reply_stream_is_complete(&stream));
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
