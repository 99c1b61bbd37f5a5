#include "client/rows/store.h"
#include "tests/unit/pipeline_play.h"

struct item {
    uint32_t value, index;
};

static int compare_values(const void *a, const void *b)
{
    const struct item *left = a, *right = b;

    return (left->value > right->value) - (left->value < right->value);
}

/* At every count up to a bound, with many equal values. */
static void items_are_sorted_and_stable(struct test *t)
{
    enum { COUNT_MAX = 70 };
    struct item items[COUNT_MAX];
    uint32_t seed = 1;

    for (size_t count = 0; count <= COUNT_MAX; count++) {
        TEST_ROW(t, "%zu values", count);
        for (size_t i = 0; i < count; i++) {
            seed = seed * 1103515245 + 12345;
            items[i] = (struct item){seed >> 16 & 7, (uint32_t)i};
        }
        REQUIRE(t, merge_sort(items, count, sizeof items[0], compare_values));
        for (size_t i = 1; i < count; i++) {
            struct item a = items[i - 1], b = items[i];
            CHECK(t, a.value < b.value || (a.value == b.value && a.index < b.index));
        }
    }
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
        struct play play;
        TEST_ROW(t, "row %zu", i);
        play_begin(&play, &(struct options){.sort = rows[i].order, .top = rows[i].top});
        CHECK(t, feed(&play.fed, &play.target,
                      P("1", "1") A B P("1", "2") C D END("1", "2", "6", "0", "true")));
        play_check(t, &play, rows[i].expected);
        play_end(&play);
    }
}

/* A reply that was not completed: what came is printed, and its terminal row is the last. */
static void a_broken_reply_is_ordered_too(struct test *t)
{
    static const struct {
        const char *lines, *expected;
    } rows[] = {
        {P("1", "1") A B E("1", "9"), P("1", "1") E("1", "9") B A},
        {P("1", "1") A B ERROR("1"), P("1", "1") B A ERROR("1")},
        {P("1", "1") ERROR("1"), P("1", "1") ERROR("1")},
        {"", ""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        TEST_ROW(t, "row %zu", i);
        play_begin(&play, &(struct options){.sort = ORDER_SIZE});
        CHECK(t, feed(&play.fed, &play.target, rows[i].lines));
        play_check(t, &play, rows[i].expected);
        play_end(&play);
    }
}

#undef A
#undef B
#undef C
#undef D

struct pieces {
    size_t size, count, largest;
};

static bool count_piece(void *context, struct span bytes)
{
    struct pieces *pieces = context;

    pieces->size += bytes.size;
    pieces->count++;
    pieces->largest = bytes.size > pieces->largest ? bytes.size : pieces->largest;
    return true;
}

/* Large results come in pieces of a bounded size; --top ends them at its number in whatever piece. */
static void results_come_in_pieces(struct test *t)
{
    static const char line[] = M("1", "1", "null", "4096", "\"C:\\\\some\\\\name\"");
    enum { ROWS = 5000, LINE_SIZE = sizeof line - 1 };
    static const size_t tops[] = {0, 1, ((size_t)OUTPUT_SIZE + LINE_SIZE - 1) / LINE_SIZE, 2000,
                                  ROWS + 1};

    for (size_t i = 0; i < TEST_COUNT(tops); i++) {
        const size_t expected = (tops[i] > 0 && tops[i] < ROWS ? tops[i] : ROWS) * LINE_SIZE;
        struct play play;
        struct pieces pieces = {0, 0, 0};
        const struct output output = {.context = &pieces, .write = count_piece};
        TEST_ROW(t, "top %zu", tops[i]);
        play_begin(&play, &(struct options){.sort = ORDER_SIZE, .top = tops[i]});
        for (int k = 0; k < ROWS; k++)
            CHECK(t, feed_lines(&play.fed, &play.target, line));
        CHECK_INT(t, 0, play.fed.out.size);
        play.settings.results = NULL;
        play.settings.output = &output;
        pipeline_end(&play.pipeline);
        CHECK(t, !play.pipeline.exhausted && pieces.largest <= OUTPUT_SIZE + LINE_SIZE);
        CHECK_INT(t, expected, pieces.size);
        CHECK_INT(t, (expected / LINE_SIZE + tops[2] - 1) / tops[2], pieces.count);
        play_end(&play);
    }
}

static void keep_complaint(void *context, struct span lines)
{
    (void)buffer_append(context, lines);
}

/* Feeds a mapping that is refused. */
static void check_refusal(struct test *t, struct play *play, const char *why)
{
    struct buffer lines;
    const struct output output = {.context = &lines, .complain = keep_complaint};

    buffer_init(&lines, OUTCOME_TEXT_SIZE_MAX);
    play->settings.output = &output;
    CHECK(t, !feed_lines(&play->fed, &play->target, M("1", "1", "null", "1", "\"a\"")));
    CHECK(t, play->pipeline.exhausted);
    CHECK_INT(t, OUTCOME_BROKEN, pipeline_complain(&play->pipeline));
    CHECK(t, buffer_append(&lines, (struct span){"", 1}) && strstr(lines.data, why) != NULL);
    buffer_release(&lines);
}

/* At a bound the pipeline fails and says that it was one. */
static void too_many_mappings_are_refused(struct test *t)
{
    for (int by_file = 0; by_file < 2; by_file++) {
        struct play play;
        TEST_ROW(t, "by file: %d", by_file);
        play_begin(&play, &(struct options){.sort = ORDER_SIZE, .by_file = by_file != 0});
        struct store *store = &play.pipeline.sorter.store;
        store->count = STORE_VIEWS_MAX;
        check_refusal(t, &play, "are too many to sort");
        store->count = 0;
        store->too_many = false;
        store->texts_size = STORE_TEXT_SIZE_MAX;
        check_refusal(t, &play, "are too many to sort");
        store->texts_size = 0;
        store->too_many = false;
        store->views.capacity_max = 0; /* as without memory */
        check_refusal(t, &play, "out of memory");
        CHECK_INT(t, 0, store->count);
        play_end(&play);
    }
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
         E("1", "3") F("\"C:\\\\a\"", "2", "3", "4") F("\"C:\\\\b\"", "1", "1", "9")
             END("1", "0", "3", "1", "false")},
        {ORDER_SIZE, 0,
         E("1", "3") F("\"C:\\\\b\"", "1", "1", "9") F("\"C:\\\\a\"", "2", "3", "4")
             END("1", "0", "3", "1", "false")},
        {ORDER_PROCESSES, 0,
         E("1", "3") F("\"C:\\\\a\"", "2", "3", "4") F("\"C:\\\\b\"", "1", "1", "9")
             END("1", "0", "3", "1", "false")},
        {ORDER_PATH, 1,
         E("1", "3") F("\"C:\\\\a\"", "2", "3", "4") END("1", "0", "2", "1", "false")},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        TEST_ROW(t, "row %zu", i);
        play_begin(&play,
                   &(struct options){.by_file = true, .sort = rows[i].order, .top = rows[i].top});
        CHECK(t, feed(&play.fed, &play.target,
                      P("1", "1") M("1", "1", "null", "1", "\"C:\\\\a\"")
                          M("1", "1", "null", "9", "\"C:\\\\b\"")
                              M("1", "1", "null", "2", "\"c:\\\\A\"") P("1", "2")
                                  M("1", "2", "null", "4", "\"C:\\\\a\"")
                                      M("1", "2", "null", "4", "null") E("1", "3")
                                          END("1", "2", "8", "1", "false")));
        play_check(t, &play, rows[i].expected);
        play_end(&play);
    }
}

/* With the others, of KINDS_SIZE_MAX bytes or more. */
#define TOO_LONG "012345678901234567890123456789012345678901234567"

static void kinds_and_device_paths_of_a_file(struct test *t)
{
    static const char *const kinds[] = {"\"image\"", "\"data\"", "null",   "\"image\"",
                                        "\"\"",      "\"k3\"",   "\"k4\"", "\"" TOO_LONG "\""};
    struct play play;
    char line[512];

    play_begin(&play, &(struct options){.by_file = true});
    for (size_t i = 0; i < TEST_COUNT(kinds); i++) {
        (void)snprintf(line, sizeof line,
                       "{\"type\":\"map\",\"pid\":1,\"size\":18446744073709551615,\"kind\":%s,"
                       "\"path\":null,\"device_path\":\"\\\\Device\\\\a\\u0001\\\"\"}\n",
                       kinds[i]);
        CHECK(t, feed_lines(&play.fed, &play.target, line));
    }
    CHECK(t, feed_end(&play.fed, &play.target));
    play_check(t, &play,
               "{\"type\":\"file\",\"path\":null,\"device_path\":\"\\\\Device\\\\a\\u0001\\\"\","
               "\"kind\":\"image,data,k3,k4\",\"processes\":1,\"views\":8,"
               "\"size\":18446744073709551615}\n");
    play_end(&play);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(items_are_sorted_and_stable),      TEST_CASE(mappings_are_ordered),
        TEST_CASE(a_broken_reply_is_ordered_too),    TEST_CASE(results_come_in_pieces),
        TEST_CASE(too_many_mappings_are_refused),    TEST_CASE(files_are_summed_up),
        TEST_CASE(kinds_and_device_paths_of_a_file),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
