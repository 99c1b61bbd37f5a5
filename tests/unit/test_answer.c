#include "tests/unit/answer_world.h"

static void answer_depends_on_rights(struct test *t)
{
    enum { ANY = RIGHT_QUERY_OWN | RIGHT_QUERY_ALL };
    static const struct {
        const char *line;
        uint32_t needs; /* one of these rights; 0: none helps */
        bool has_scope;
        enum status refused;
    } ops[] = {
        {"{\"op\":\"info\"}", RIGHT_CONNECT, false, STATUS_DENIED},
        {"{\"op\":\"whoami\"}", RIGHT_CONNECT, false, STATUS_DENIED},
        {"{\"op\":\"processes\",\"all\":true}", ANY, true, STATUS_DENIED},
        {"{\"op\":\"processes\",\"pid\":200}", ANY, true, STATUS_DENIED},
        {"{\"op\":\"maps\",\"all\":true}", ANY, true, STATUS_DENIED},
        {"{\"op\":\"maps\",\"pid\":[200]}", ANY, true, STATUS_DENIED},
        {"{\"op\":\"maps\",\"pid\":9999}", ANY, true, STATUS_DENIED},
        {"{\"op\":\"stats\"}", RIGHT_STATISTICS, false, STATUS_DENIED},
        {"{\"op\":\"info\",\"x\":1}", 0, false, STATUS_BAD_REQUEST},
        {"", 0, false, STATUS_BAD_REQUEST},
    };
    for (size_t i = 0; i < TEST_COUNT(ops); i++) {
        for (uint32_t rights = 0; rights <= RIGHTS_ALL; rights++) {
            struct world world;
            struct reply_stream stream;
            TEST_ROW(t, "%s rights 0x%x", ops[i].line, (unsigned)rights);
            world_init(&world);
            world.grant.rights = rights;
            CHECK(t, serve(&world, ops[i].line) > 0);
            CHECK(t, reply_stream_read(buffer_span(&world.out), &stream));
            CHECK(t, reply_stream_is_complete(&stream));
            CHECK_INT(t, 0, world.virtual_.open_count);
            if ((rights & ops[i].needs) != 0) {
                CHECK(t, stream.is_end);
                CHECK_INT(t, ops[i].has_scope, stream.has_scope);
                CHECK_INT(t, ops[i].has_scope && (rights & RIGHT_QUERY_ALL) == 0, stream.is_own);
            } else {
                CHECK_INT(t, ops[i].refused, stream.code);
                CHECK_INT(t, 0, stream.rows);
            }
            world_release(&world);
        }
    }
}

/* The bytes are the same for another user's process and for one that does not exist. */
static void answer_denies_alike(struct test *t)
{
    static const char *const members[] = {
        "\"op\":\"maps\"",
        "\"op\":\"processes\",\"debug\":true",
        "\"op\":\"maps\",\"address\":\"0x10000\",\"debug\":true",
        "\"op\":\"maps\",\"path\":\"a.dll\",\"detail\":\"pages\",\"debug\":true",
    };
    static const char *const pids[] = {"999", "100", "300", "777"};
    for (size_t i = 0; i < TEST_COUNT(members); i++) {
        for (size_t list = 0; list < 2; list++) {
            struct world world;
            struct buffer first;
            world_init(&world);
            buffer_init(&first, OUTPUT_SIZE);
            world.grant.rights = RIGHTS_ALL & ~(uint32_t)RIGHT_QUERY_ALL;
            for (size_t k = 0; k < TEST_COUNT(pids); k++) {
                char line[128], pid[16];
                TEST_ROW(t, "members %zu list %zu pid %s", i, list, pids[k]);
                world_reset(&world);
                snprintf(pid, sizeof pid, "%s%s%s", list ? "[" : "", pids[k], list ? "]" : "");
                snprintf(line, sizeof line, "{\"pid\":%s,%s}", pid, members[i]);
                CHECK(t, serve(&world, line) > 0);
                /* the pid itself is echoed: make it the same */
                for (char *at = world.out.data; at + 3 <= world.out.data + world.out.size; at++)
                    if (memcmp(at, pids[k], 3) == 0)
                        memcpy(at, "###", 3);
                if (k == 0)
                    CHECK(t, buffer_append(&first, buffer_span(&world.out)));
                CHECK_MEM(t, first.data, first.size, world.out.data, world.out.size);
            }
            buffer_release(&first);
            world_release(&world);
        }
    }
}

static void answer_is_over_for_good(struct test *t)
{
    struct world world;
    world_init(&world);
    struct answer *answer = ask(&world, "{\"op\":\"maps\",\"all\":true}");
    for (unsigned i = 0; i < STEPS_MAX && step(&world, answer); i++) {
        size_t lines = 0;
        for (size_t k = 0; k < world.out.size; k++)
            lines += world.out.data[k] == '\n';
        CHECK(t, lines <= 1);
        buffer_clear(&world.out);
    }
    CHECK(t, answer_is_over(answer));
    buffer_clear(&world.out);
    CHECK(t, !step(&world, answer));
    answer_abort(answer, STATUS_STOPPING, NULL); /* too late */
    CHECK(t, !step(&world, answer));
    CHECK_INT(t, 0, world.out.size);
    CHECK_INT(t, RESULT_PARTIAL, answer_tally(answer)->result);
    leave(&world, answer);
    world_release(&world);
}

/* The reply does not depend on how often it is taken, nor on how long the slices are. */
static void answer_in_any_slices_is_the_same(struct test *t)
{
    static const char *const lines[] = {"{\"op\":\"maps\",\"all\":true}",
                                        "{\"op\":\"maps\",\"all\":true,\"detail\":\"regions\"}",
                                        "{\"op\":\"processes\",\"pid\":[4,9999]}"};
    for (size_t i = 0; i < TEST_COUNT(lines); i++) {
        struct world world;
        struct buffer collected, taken;
        TEST_ROW(t, "%s", lines[i]);
        world_init(&world);
        buffer_init(&collected, OUTPUT_SIZE);
        buffer_init(&taken, ANSWER_OUTPUT_SIZE_MAX);
        CHECK(t, serve(&world, lines[i]) > 0);
        for (unsigned way = 0; way < 4; way++) {
            struct answer *answer = ask(&world, lines[i]);
            buffer_clear(&collected);
            while (!answer_is_over(answer)) {
                answer_run(answer, NULL, way & 1 ? UINT64_MAX : 0, OUTPUT_SIZE);
                if (way & 2) {
                    CHECK(t, answer_take(answer, &collected));
                } else {
                    CHECK(t, answer_take(answer, &taken));
                    CHECK(t, buffer_append(&collected, buffer_span(&taken)));
                    buffer_clear(&taken);
                }
            }
            CHECK_MEM(t, world.out.data, world.out.size, collected.data, collected.size);
            leave(&world, answer);
        }
        buffer_release(&taken);
        buffer_release(&collected);
        world_release(&world);
    }
}

static uint64_t ticking_now_us(void *clock)
{
    return (*(uint64_t *)clock)++;
}

/* No slice asks about two processes, however long it may run. */
static void answer_slice_ends_with_the_process(struct test *t)
{
    struct world world;
    unsigned slices = 0;
    world_init(&world);
    struct answer *answer = ask(&world, "{\"op\":\"maps\",\"all\":true}");
    while (!answer_is_over(answer)) {
        const uint64_t opens = world.virtual_.calls[VIRTUAL_OPEN];
        CHECK(t, answer_is_scan(answer));
        answer_run(answer, NULL, UINT64_MAX, OUTPUT_SIZE);
        CHECK(t, world.virtual_.calls[VIRTUAL_OPEN] - opens <= 1);
        CHECK_INT(t, 0, world.virtual_.open_count);
        CHECK(t, answer_take(answer, &world.out));
        slices++;
    }
    CHECK(t, answer_is_over(answer));
    CHECK_INT(t, 4, world.virtual_.calls[VIRTUAL_OPEN]);
    CHECK(t, slices >= 6 && slices <= 8); /* the list, four processes, the end */
    leave(&world, answer);
    world_release(&world);
}

/* It ends with the first step after its time, and when enough lines wait. */
static void answer_slice_is_bounded(struct test *t)
{
    struct world world;
    uint64_t clock = 0;
    world_init(&world);
    world.context.now_us = ticking_now_us;
    world.context.clock = &clock;
    struct answer *answer = ask(&world, "{\"op\":\"maps\",\"pid\":100}");
    answer_run(answer, NULL, 0, OUTPUT_SIZE); /* the list of processes */
    for (uint64_t steps = 1; !answer_is_over(answer); steps++) {
        const uint64_t start = clock;
        answer_run(answer, NULL, clock + steps - 1, OUTPUT_SIZE);
        CHECK(t, clock - start <= steps + 1); /* it is looked at before the first, too */
    }
    leave(&world, answer);

    answer = ask(&world, "{\"op\":\"maps\",\"pid\":100,\"detail\":\"regions\"}");
    while (!answer_is_over(answer)) { /* with no room each slice is one step */
        const uint64_t calls = world.virtual_.calls_total;
        answer_run(answer, NULL, UINT64_MAX, 0);
        CHECK(t, world.virtual_.calls_total - calls <= 2);
    }
    leave(&world, answer);

    answer = ask(&world, "{\"op\":\"maps\",\"pid\":100,\"detail\":\"regions\"}");
    while (!answer_is_over(answer)) { /* with room for a byte it ends with the first line */
        answer_run(answer, NULL, UINT64_MAX, 1);
        size_t lines = 0;
        for (size_t i = 0; i < answer->run->out.size; i++)
            lines += answer->run->out.data[i] == '\n';
        CHECK(t, lines <= 1 || answer_is_over(answer));
        CHECK(t, answer_take(answer, &world.out));
    }
    leave(&world, answer);
    world_release(&world);
}

/* Lines come after those that are there, or the answer keeps them. */
static void answer_take_is_all_or_nothing(struct test *t)
{
    struct world world;
    struct buffer out;
    world_init(&world);
    for (size_t room = 0; room < 2000; room += 10) {
        struct answer *answer = ask(&world, "{\"op\":\"whoami\"}");
        TEST_ROW(t, "room %zu", room);
        CHECK(t, !answer_is_over(answer));
        CHECK(t, !answer_is_scan(answer));
        answer_run(answer, NULL, 0, OUTPUT_SIZE);
        CHECK(t, answer_is_over(answer));
        buffer_init(&out, room + 1);
        CHECK(t, buffer_append(&out, SPAN("#")));
        const size_t size = answer->run->out.size;
        if (answer_take(answer, &out)) {
            CHECK_INT(t, size + 1, out.size);
            CHECK_INT(t, 0, answer->run->out.size);
        } else {
            CHECK(t, room < size);
            CHECK_INT(t, 1, out.size);
            CHECK_INT(t, size, answer->run->out.size);
        }
        CHECK_INT(t, '#', out.data[0]);
        CHECK_INT(t, room >= size, out.size > 1);
        buffer_release(&out);
        buffer_init(&out, room); /* empty: the buffers change places, when it may grow so far */
        CHECK_INT(t, room >= answer->run->out.capacity || room >= size, answer_take(answer, &out));
        CHECK_INT(t, room, out.capacity_max);
        CHECK_INT(t, ANSWER_OUTPUT_SIZE_MAX, answer->run->out.capacity_max);
        buffer_release(&out);
        leave(&world, answer);
    }
    world_release(&world);
}

/* It keeps which process comes next, and what was counted until then. */
static void answer_keeps_where_it_was(struct test *t)
{
    struct world world;
    size_t index = 0;
    world_init(&world);
    struct answer *answer = ask(&world, "{\"op\":\"maps\",\"all\":true}");
    while (!answer_is_over(answer)) {
        answer_run(answer, NULL, UINT64_MAX, OUTPUT_SIZE);
        CHECK(t, answer_take(answer, &world.out));
        if (answer_is_over(answer))
            break;
        CHECK(t, answer->scan.processes != NULL);
        CHECK(t, answer->scan.index >= index && answer->scan.index <= index + 1);
        CHECK_INT(t, answer->scan.counts.rows, answer->tally.rows);
        CHECK_INT(t, 1, answer->tally.queries[QUERY_LIST]);
        CHECK_INT(t, RESULT_CANCELLED, answer->tally.result);
        index = answer->scan.index;
    }
    CHECK_INT(t, 4, index);
    CHECK(t, answer->scan.processes == NULL);
    CHECK_INT(t, RESULT_PARTIAL, answer->tally.result);
    leave(&world, answer);
    world_release(&world);
}

static void answer_measures_the_time(struct test *t)
{
    static const struct {
        uint64_t start, now, elapsed;
    } rows[] = {{1000, 3500, 2500}, {1000, 1000, 0}, {1000, 999, 0}}; /* never negative */
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct world world;
        struct reply_stream stream;
        TEST_ROW(t, "row %zu", i);
        world_init(&world);
        world.now_us = rows[i].start;
        struct answer *answer = ask(&world, "{\"op\":\"processes\",\"all\":true}");
        world.now_us = rows[i].now;
        while (step(&world, answer))
            ;
        CHECK(t, reply_stream_read(buffer_span(&world.out), &stream));
        CHECK(t, stream.is_end);
        CHECK_INT(t, rows[i].elapsed, stream.end_elapsed_us);
        CHECK_INT(t, rows[i].elapsed, answer_tally(answer)->elapsed_us);
        leave(&world, answer);
        world_release(&world);
    }
}

static void answer_does_not_keep_the_line(struct test *t)
{
    struct world world;
    char line[] = "{\"id\":\"mine\",\"op\":\"maps\",\"name\":\"own*\"}";
    world_init(&world);
    struct answer *answer = ask(&world, line);
    memset(line, '#', sizeof line);
    while (step(&world, answer))
        ;
    struct reply_stream stream;
    CHECK(t, reply_stream_read(buffer_span(&world.out), &stream));
    CHECK(t, stream.is_end);
    CHECK_INT(t, 1, stream.processes);
    CHECK_MEM(t, "{\"id\":\"mine\"", 12, world.out.data, 12);
    leave(&world, answer);
    world_release(&world);
}

static void answer_reports_the_cost_when_asked(struct test *t)
{
    static const struct {
        const char *line;
        uint32_t rights;
        bool has_queries;
    } rows[] = {
        {"{\"op\":\"maps\",\"all\":true}", RIGHTS_ALL, false},
        {"{\"op\":\"maps\",\"all\":true,\"debug\":true}", RIGHTS_ALL, true},
        {"{\"op\":\"maps\",\"all\":true,\"debug\":true}", RIGHT_QUERY_OWN, false},
        {"{\"op\":\"info\",\"debug\":true}", RIGHTS_ALL, false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct world world;
        struct reply_stream stream;
        TEST_ROW(t, "row %zu", i);
        world_init(&world);
        world.grant.rights = rows[i].rights;
        CHECK(t, serve(&world, rows[i].line) > 0);
        CHECK(t, reply_stream_read(buffer_span(&world.out), &stream));
        CHECK(t, stream.is_end);
        CHECK_INT(t, rows[i].has_queries, stream.has_queries);
        world_release(&world);
    }
}

/* What one request adds to the statistics, for each way to end. */
static void answer_is_counted_once(struct test *t)
{
    static const struct {
        const char *line;
        uint32_t rights;
        unsigned op;
        enum statistics_result result;
        enum statistics_class class_;
        uint64_t rows, denials, lists;
    } rows[] = {
        {"{\"op\":\"info\"}", RIGHTS_ALL, OP_INFO, RESULT_OK, CLASS_SELF, 1, 0, 0},
        {"{\"op\":\"stats\"}", RIGHTS_ALL, OP_STATS, RESULT_OK, CLASS_SELF, 1, 0, 0},
        {"{\"op\":\"whoami\"}", 0, OP_WHOAMI, RESULT_DENIED, CLASS_COUNT, 0, 1, 0},
        {"{\"op\":\"maps\",\"pid\":100}", RIGHTS_ALL, OP_MAPS, RESULT_OK, CLASS_MAPS_ONE, 3, 0, 1},
        {"{\"op\":\"maps\",\"pid\":[100,4]}", RIGHTS_ALL, OP_MAPS, RESULT_PARTIAL, CLASS_MAPS_MANY,
         5, 0, 1},
        {"{\"op\":\"maps\",\"pid\":9999}", RIGHTS_ALL, OP_MAPS, RESULT_PARTIAL, CLASS_MAPS_ONE, 1,
         0, 1},
        {"{\"op\":\"maps\",\"pid\":100}", RIGHT_QUERY_OWN, OP_MAPS, RESULT_PARTIAL, CLASS_MAPS_ONE,
         1, 1, 1},
        {"{\"op\":\"processes\",\"pid\":[100,200,9999]}", RIGHT_QUERY_OWN, OP_PROCESSES,
         RESULT_PARTIAL, CLASS_PROCESSES, 3, 2, 1},
        {"{\"op\":\"maps\",\"pid\":100,\"x\":1}", RIGHTS_ALL, STATISTICS_OP_UNKNOWN, RESULT_INVALID,
         CLASS_COUNT, 0, 0, 0},
        {"", RIGHTS_ALL, STATISTICS_OP_UNKNOWN, RESULT_INVALID, CLASS_COUNT, 0, 0, 0},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct world world;
        uint64_t values[STATISTICS_COUNT];
        uint64_t requests = 0, answered = 0;
        TEST_ROW(t, "%s", rows[i].line);
        world_init(&world);
        world.grant.rights = rows[i].rights;
        CHECK(t, serve(&world, rows[i].line) > 0);
        statistics_read(&world.statistics, 0, values);
        for (size_t k = STATISTICS_REQUESTS; k < STATISTICS_LIMIT_HITS; k++)
            requests += values[k];
        CHECK_INT(t, 1, requests);
        CHECK_INT(t, 1, values[statistics_request_index(rows[i].op, rows[i].result)]);
        for (int k = 0; k < CLASS_COUNT; k++) {
            uint64_t count =
                values[statistics_latency_index((enum statistics_class)k, STATISTICS_BUCKET_COUNT)];
            CHECK_INT(t, k == (int)rows[i].class_, count);
            answered += count;
        }
        CHECK_INT(t, rows[i].class_ != CLASS_COUNT, answered);
        CHECK_INT(t, rows[i].rows, values[STATISTICS_ROWS]);
        CHECK_INT(t, rows[i].denials, values[STATISTICS_DENIALS]);
        CHECK_INT(t, rows[i].lists, values[(int)STATISTICS_QUERIES + QUERY_LIST]);
        world_release(&world);
    }
}

/* Left or aborted after any number of steps: counted once, with what it has cost until then. */
static void answer_cut_short_is_counted(struct test *t)
{
    for (unsigned cut = 0; cut < 2 * 12; cut++) {
        const bool is_aborted = cut % 2 != 0;
        const unsigned steps = cut / 2;
        const enum statistics_result result = is_aborted ? RESULT_FAILED : RESULT_CANCELLED;
        struct world world;
        TEST_ROW(t, "%u steps, aborted %d", steps, is_aborted);
        world_init(&world);
        struct answer *answer = ask(&world, "{\"op\":\"maps\",\"all\":true}");
        for (unsigned i = 0; i < steps; i++)
            CHECK(t, step(&world, answer));
        if (is_aborted) {
            answer_abort(answer, STATUS_STOPPING, NULL);
            CHECK(t, !step(&world, answer));
        }
        const struct statistics_answer *tally = answer_tally(answer);
        CHECK_INT(t, OP_MAPS, tally->op);
        CHECK_INT(t, result, tally->result);
        CHECK_INT(t, steps > 0, tally->queries[QUERY_LIST]);
        uint64_t lines = 0;
        for (size_t i = 0; i < world.out.size; i++)
            lines += world.out.data[i] == '\n';
        CHECK_INT(t, lines - is_aborted, tally->rows);
        answer_destroy(answer);
        world_release(&world);
    }
}

static void answer_counts_the_limits_it_meets(struct test *t)
{
    struct world world;
    uint64_t values[STATISTICS_COUNT];
    world_init(&world);
    CHECK(t, serve(&world, "{\"op\":\"info\",\"id\":\"12345678901234567890123456789012"
                           "345678901234567890123456789012345\"}") > 0);
    answer_room = 5000; /* for the terminal line, for no row more */
    struct answer *answer = ask(&world, "{\"op\":\"stats\"}");
    answer_room = 0;
    CHECK(t, !step(&world, answer));
    leave(&world, answer);
    statistics_read(&world.statistics, 0, values);
    CHECK_INT(t, 1, values[(int)STATISTICS_LIMIT_HITS + LIMIT_MEMBER_SIZE]);
    CHECK_INT(t, 1, values[(int)STATISTICS_LIMIT_HITS + LIMIT_ROW_SIZE]);
    CHECK_INT(t, 1, values[statistics_request_index(OP_STATS, RESULT_FAILED)]);
    world_release(&world);
}

static void answer_without_statistics(struct test *t)
{
    struct world world;
    struct reply_stream stream;
    world_init(&world);
    world.context.statistics = NULL;
    CHECK(t, serve(&world, "{\"op\":\"maps\",\"all\":true}") > 0);
    world_reset(&world);
    CHECK(t, serve(&world, "{\"op\":\"stats\"}") > 0);
    CHECK(t, reply_stream_read(buffer_span(&world.out), &stream));
    CHECK_INT(t, STATUS_UNSUPPORTED, stream.code);
    world_release(&world);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(answer_depends_on_rights),
        TEST_CASE(answer_denies_alike),
        TEST_CASE(answer_is_over_for_good),
        TEST_CASE(answer_in_any_slices_is_the_same),
        TEST_CASE(answer_slice_ends_with_the_process),
        TEST_CASE(answer_slice_is_bounded),
        TEST_CASE(answer_take_is_all_or_nothing),
        TEST_CASE(answer_keeps_where_it_was),
        TEST_CASE(answer_measures_the_time),
        TEST_CASE(answer_does_not_keep_the_line),
        TEST_CASE(answer_reports_the_cost_when_asked),
        TEST_CASE(answer_is_counted_once),
        TEST_CASE(answer_cut_short_is_counted),
        TEST_CASE(answer_counts_the_limits_it_meets),
        TEST_CASE(answer_without_statistics),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
