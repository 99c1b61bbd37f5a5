#include "client/rows/by_file.h"
#include "client/rows/index_sort.h"
#include "client/rows/sort.h"
#include "tests/unit/sink_play.h"

static int compare_values(const void *context, uint32_t a, uint32_t b)
{
    const uint32_t *values = context;

    return (values[a] > values[b]) - (values[a] < values[b]);
}

/* Against every length up to a bound, with many equal values. */
static void indexes_are_sorted_and_stable(struct test *t)
{
    enum { COUNT_MAX = 70 };
    uint32_t values[COUNT_MAX], seed = 1;

    for (size_t count = 0; count <= COUNT_MAX; count++) {
        uint32_t *indexes = index_create(count);
        REQUIRE(t, indexes != NULL);
        TEST_ROW(t, "%zu values", count);
        for (size_t i = 0; i < count; i++) {
            seed = seed * 1103515245 + 12345;
            values[i] = seed >> 16 & 7;
        }
        index_sort(indexes, indexes + count, count, compare_values, values);
        for (size_t i = 1; i < count; i++) {
            uint32_t a = indexes[i - 1], b = indexes[i];
            CHECK(t, values[a] < values[b] || (values[a] == values[b] && a < b));
        }
        free(indexes);
    }
}

static void no_more_than_can_be_numbered(struct test *t)
{
    CHECK(t, index_create(SIZE_MAX) == NULL);
}

#define A M("1", "1", "\"0x0000000000003000\"", "4096", "\"C:\\\\b\"")
#define B M("1", "1", "\"0x0000000000002000\"", "8192", "\"C:\\\\A\"")
#define C M("1", "2", "null", "4096", "null")
#define D M("1", "2", "\"0x0000000000002000\"", "8192", "\"c:\\\\a\"")

static void mappings_are_ordered(struct test *t)
{
    static const struct {
        enum order order;
        uint64_t top;
        const char *expected;
    } rows[] = {
        {ORDER_SIZE, 0, P("1", "1") P("1", "2") B D A C END("1", "2", "6", "0", "true")},
        {ORDER_PATH, 0, P("1", "1") P("1", "2") C B D A END("1", "2", "6", "0", "true")},
        {ORDER_ADDRESS, 0, P("1", "1") P("1", "2") B D A C END("1", "2", "6", "0", "true")},
        {ORDER_SIZE, 1, P("1", "1") P("1", "2") B END("1", "2", "3", "0", "true")},
        {ORDER_SIZE, 4, P("1", "1") P("1", "2") B D A C END("1", "2", "6", "0", "true")},
        {ORDER_SIZE, UINT64_MAX, P("1", "1") P("1", "2") B D A C END("1", "2", "6", "0", "true")},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sink_play play;
        struct sorter sorter;
        TEST_ROW(t, "row %zu", i);
        play_begin(&play);
        sorter_init(&sorter, rows[i].order, rows[i].top, &play.last);
        struct row_sink sink = sorter_sink(&sorter);
        CHECK(t, play_feed(t, &play, &sink,
                           P("1", "1") A B P("1", "2") C D END("1", "2", "6", "0", "true")));
        CHECK(t, play_finish(&play, &sink));
        CHECK_INT(t, 1, play.ended);
        play_check(t, &play, rows[i].expected);
        sorter_deinit(&sorter);
        play_end(&play);
    }
}

static void replies_are_sorted_together(struct test *t)
{
    struct sink_play play;
    struct sorter sorter;

    play_begin(&play);
    sorter_init(&sorter, ORDER_SIZE, 2, &play.last);
    struct row_sink sink = sorter_sink(&sorter);
    CHECK(t, play_feed(t, &play, &sink,
                       P("1", "1") M("1", "1", "null", "1", "null") END("1", "1", "2", "0", "true")
                           ERROR("2") M("3", "1", "null", "3", "null") E("3", "9")
                               M("3", "1", "null", "2", "null") END("3", "0", "3", "1", "false")));
    CHECK(t, play_finish(&play, &sink));
    play_check(t, &play,
               P("1", "1") ERROR("2") E("3", "9") M("3", "1", "null", "3", "null")
                   M("3", "1", "null", "2", "null") END("1", "1", "1", "0", "true")
                       END("3", "0", "3", "1", "false"));
    sorter_deinit(&sorter);
    play_end(&play);
}

#undef A
#undef B
#undef C
#undef D

/* Large results come in pieces of a bounded size. */
static void results_come_in_pieces(struct test *t)
{
    enum { ROWS = 5000 };
    struct sink_play play;
    struct sorter sorter;
    size_t size = 0, pieces = 0;

    play_begin(&play);
    sorter_init(&sorter, ORDER_SIZE, 0, &play.last);
    struct row_sink sink = sorter_sink(&sorter);
    for (int i = 0; i < ROWS; i++)
        CHECK(t, play_feed(t, &play, &sink, M("1", "1", "null", "4096", "\"C:\\\\some\\\\name\"")));
    CHECK_INT(t, 0, play.out.size);
    for (bool more = true; more; pieces++) {
        more = false;
        REQUIRE(t, sink.end(sink.context, &play.out, &more));
        CHECK(t, play.out.size <= OUTPUT_SIZE + 256);
        size += play.out.size;
        buffer_clear(&play.out);
    }
    CHECK_INT(t, ROWS * (sizeof M("1", "1", "null", "4096", "\"C:\\\\some\\\\name\"") - 1), size);
    CHECK_INT(t, size / OUTPUT_SIZE + 1, pieces);
    sorter_deinit(&sorter);
    play_end(&play);
}

/* At a bound the step fails and says that it was one. */
static void too_many_mappings_are_refused(struct test *t)
{
    struct sink_play play;
    struct sorter sorter;

    play_begin(&play);
    sorter_init(&sorter, ORDER_SIZE, 0, &play.last);
    struct row_sink sink = sorter_sink(&sorter);
    sorter.store.count = VIEW_STORE_COUNT_MAX;
    CHECK(t, !play_feed(t, &play, &sink, M("1", "1", "null", "1", "null")));
    CHECK(t, sorter.store.too_many);
    sorter.store.count = 0;
    sorter.store.too_many = false;
    sorter.store.texts.capacity_max = 10;
    CHECK(t, !play_feed(t, &play, &sink, M("1", "1", "null", "1", "null")));
    CHECK_INT(t, 0, sorter.store.count);
    CHECK_INT(t, 0, sorter.store.texts.size);
    sorter_deinit(&sorter);
    play_end(&play);
}

#define F(path, processes, views, size)                                            \
    "{\"type\":\"file\",\"path\":" path ",\"device_path\":null,\"kind\":\"data\"," \
    "\"processes\":" processes ",\"views\":" views ",\"size\":" size "}\n"

static void files_are_summed_up(struct test *t)
{
    static const struct {
        enum order order;
        uint64_t top;
        const char *expected;
    } rows[] = {
        {ORDER_NONE, 0,
         E("1", "3") F("\"C:\\\\a\"", "2", "3", "7") F("\"C:\\\\b\"", "1", "1", "9")
             END("1", "0", "3", "1", "false")},
        {ORDER_SIZE, 0,
         E("1", "3") F("\"C:\\\\b\"", "1", "1", "9") F("\"C:\\\\a\"", "2", "3", "7")
             END("1", "0", "3", "1", "false")},
        {ORDER_PATH, 1,
         E("1", "3") F("\"C:\\\\a\"", "2", "3", "7") END("1", "0", "2", "1", "false")},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sink_play play;
        struct by_file by_file;
        TEST_ROW(t, "row %zu", i);
        play_begin(&play);
        by_file_init(&by_file, rows[i].order, rows[i].top, &play.last);
        struct row_sink sink = by_file_sink(&by_file);
        CHECK(t, play_feed(t, &play, &sink,
                           P("1", "1") M("1", "1", "null", "1", "\"C:\\\\a\"")
                               M("1", "1", "null", "9", "\"C:\\\\b\"")
                                   M("1", "1", "null", "2", "\"c:\\\\A\"") P("1", "2")
                                       M("1", "2", "null", "4", "\"C:\\\\a\"")
                                           M("1", "2", "null", "4", "null") E("1", "3")
                                               END("1", "2", "8", "1", "false")));
        CHECK(t, play_finish(&play, &sink));
        CHECK_INT(t, 1, play.ended);
        play_check(t, &play, rows[i].expected);
        by_file_deinit(&by_file);
        play_end(&play);
    }
}

static void kinds_and_device_paths_of_a_file(struct test *t)
{
    static const char *const kinds[] = {"\"image\"", "\"data\"", "null",   "\"image\"",
                                        "\"\"",      "\"k3\"",   "\"k4\"", "\"k5\""};
    struct sink_play play;
    struct by_file by_file;
    char line[512];

    play_begin(&play);
    by_file_init(&by_file, ORDER_NONE, 0, &play.last);
    struct row_sink sink = by_file_sink(&by_file);
    for (size_t i = 0; i < TEST_COUNT(kinds); i++) {
        (void)snprintf(line, sizeof line,
                       "{\"type\":\"map\",\"pid\":1,\"size\":18446744073709551615,\"kind\":%s,"
                       "\"path\":null,\"device_path\":\"\\\\Device\\\\a\\u0001\\\"\"}\n",
                       kinds[i]);
        CHECK(t, play_feed(t, &play, &sink, line));
    }
    CHECK(t, play_finish(&play, &sink));
    play_check(t, &play,
               "{\"type\":\"file\",\"path\":null,\"device_path\":\"\\\\Device\\\\a\\u0001\\\"\","
               "\"kind\":\"image,data,k3,k4\",\"processes\":1,\"views\":8,"
               "\"size\":18446744073709551615}\n");
    by_file_deinit(&by_file);
    play_end(&play);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(indexes_are_sorted_and_stable), TEST_CASE(no_more_than_can_be_numbered),
        TEST_CASE(mappings_are_ordered),          TEST_CASE(replies_are_sorted_together),
        TEST_CASE(results_come_in_pieces),        TEST_CASE(too_many_mappings_are_refused),
        TEST_CASE(files_are_summed_up),           TEST_CASE(kinds_and_device_paths_of_a_file),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
