#include "client/rows/diff.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

/* Feeds a text so many bytes at a time; step 0: as many as can be taken. Without its end. */
static bool feed(struct snapshot *snapshot, struct span text, size_t step)
{
    if (step == 0)
        step = SNAPSHOT_FEED_SIZE;
    while (text.size > 0) {
        size_t size = step < text.size ? step : text.size;
        if (!snapshot_feed(snapshot, (struct span){text.data, size}))
            return false;
        text = span_from(text, size);
    }
    return true;
}

/* The same with the end of the file. */
static bool feed_file(struct snapshot *snapshot, struct span text, size_t step)
{
    return feed(snapshot, text, step) && snapshot_feed(snapshot, SPAN(""));
}

static void check_path(struct test *t, const struct snapshot *snapshot, size_t index)
{
    static const struct span path = {"C:\\\xC3\xA9\xF0\x9F\x98\x80", 9};

    if (CHECK(t, index < snapshot->store.count))
        CHECK(t, span_equal(path, store_views(&snapshot->store)[index].path));
}

#define A "{\"type\":\"map\",\"pid\":1,\"size\":1,\"path\":\"C:\\\\\xC3\xA9\xF0\x9F\x98\x80\"}"
#define B "{\"type\":\"map\",\"pid\":2,\"size\":1}"
#define END "{\"type\":\"end\",\"processes\":0,\"rows\":2,\"errors\":0,\"complete\":true}"

/* Every form that a shell may give to the same three rows. */
static void rows_are_found(struct test *t)
{
    static const char *const texts[] = {
        A "\n" B "\n" END "\n",
        A "\n" B "\n" END,
        "\xEF\xBB\xBF" A "\n" B "\n" END "\n",
        A "\r\n" B "\r\n" END "\r\n",
        "\n\n" A "\n\r\n" B "\n\n" END "\n\n",
        A "\n" B "\n" END "\r",
    };
    static const size_t steps[] = {0, 1, 2, 3, 7};
    static struct snapshot snapshot;

    for (size_t i = 0; i < TEST_COUNT(texts); i++) {
        for (size_t s = 0; s < TEST_COUNT(steps); s++) {
            TEST_ROW(t, "text %zu, step %zu", i, steps[s]);
            snapshot_init(&snapshot);
            CHECK(t, feed_file(&snapshot, span_from_string(texts[i]), steps[s]));
            CHECK_INT(t, 2, snapshot.rows);
            CHECK_INT(t, 2, snapshot.processes_count);
            CHECK_INT(t, 2, snapshot.store.count);
            check_path(t, &snapshot, 0);
            snapshot_release(&snapshot);
        }
    }
}

/* The same as PowerShell writes it: UTF-16 with its mark; pairs and units split anywhere. */
static void utf16_is_read(struct test *t)
{
    static const char ascii[] = "{\"type\":\"map\",\"pid\":1,\"size\":1,\"path\":\"C:\\\\";
    static const unsigned char rest[] = {0xe9, 0,   0x3d, 0xd8, 0x00, 0xde, '"',
                                         0,    '}', 0,    '\r', 0,    '\n', 0};
    static const size_t steps[] = {0, 1, 2, 3, 5};
    static struct snapshot snapshot;
    static char data[sizeof rest + 2 * sizeof ascii];
    size_t size = 2;

    memcpy(data, "\xFF\xFE", 2);
    for (size_t i = 0; i + 1 < sizeof ascii; i++, size += 2)
        data[size] = ascii[i];
    memcpy(data + size, rest, sizeof rest);
    size += sizeof rest;
    for (size_t s = 0; s < TEST_COUNT(steps); s++) {
        for (size_t cut = 0; cut < 5; cut++) { /* without the newline, and half of a unit more */
            TEST_ROW(t, "step %zu, cut %zu", steps[s], cut);
            snapshot_init(&snapshot);
            CHECK(t, !feed_file(&snapshot, (struct span){data, size - cut}, steps[s]));
            CHECK_STR(t, "it is cut off after this line, which is no \"end\"", snapshot.why);
            check_path(t, &snapshot, 0);
            snapshot_release(&snapshot);
        }
    }
}

/* A half of a pair without the other one becomes U+FFFD; the next character is not lost. */
static void lone_surrogates_are_replaced(struct test *t)
{
    static const char ascii[] = "{\"type\":\"map\",\"pid\":1,\"size\":1,\"path\":\"";
    static const unsigned char rest[] = {0x3d, 0xd8, 0x3d, 0xd8, 0x00, 0xde, 'x',  0,
                                         0x00, 0xde, '"',  0,    '}',  0,    '\n', 0};
    static char data[2 * sizeof ascii + sizeof rest];
    static struct snapshot snapshot;
    size_t size = 2;

    memcpy(data, "\xFF\xFE", 2);
    for (size_t i = 0; i + 1 < sizeof ascii; i++, size += 2)
        data[size] = ascii[i];
    memcpy(data + size, rest, sizeof rest);
    for (size_t step = 0; step < 4; step++) {
        TEST_ROW(t, "step %zu", step);
        snapshot_init(&snapshot);
        CHECK(t, feed(&snapshot, (struct span){data, size + sizeof rest}, step));
        REQUIRE(t, snapshot.store.count == 1);
        struct span path = store_views(&snapshot.store)->path;
        CHECK_MEM(t, "\xEF\xBF\xBD\xF0\x9F\x98\x80x\xEF\xBF\xBD", 11, path.data, path.size);
        snapshot_release(&snapshot);
    }
}

static void other_lines_are_reported(struct test *t)
{
    static const struct {
        const char *text;
        uint64_t line;
        const char *why;
    } rows[] = {
        {"hello\n", 1, "a value must be here"},
        {A "\n\n" B "x\n", 3, "text after the value"},
        {A "\n[]\n", 2, "a row must be a JSON object"},
        {A "\n{\"pid\":1}", 2, "the row has no type"},
        {"\xFF\xFE\x3d\xd8", 1, NULL}, /* half of a pair, and no more */
    };
    static struct snapshot snapshot;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        snapshot_init(&snapshot);
        CHECK(t, !feed_file(&snapshot, span_from_string(rows[i].text), 0));
        CHECK_INT(t, rows[i].line, snapshot.line);
        if (CHECK(t, snapshot.why != NULL) && rows[i].why != NULL)
            CHECK_STR(t, rows[i].why, snapshot.why);
        snapshot_release(&snapshot);
    }
}

static void a_line_has_a_longest_size(struct test *t)
{
    static struct snapshot snapshot;
    size_t size = (size_t)ROW_LINE_SIZE_MAX + SNAPSHOT_FEED_SIZE;
    char *data = malloc(size);

    REQUIRE(t, data != NULL);
    memset(data, 'x', size);
    snapshot_init(&snapshot);
    CHECK(t, !feed(&snapshot, (struct span){data, size}, 0));
    CHECK_INT(t, 1, snapshot.line);
    CHECK_STR(t, "the line is too long", snapshot.why);
    snapshot_release(&snapshot);
    free(data);
}

static void memory_may_run_out(struct test *t)
{
    static struct snapshot snapshot;

    snapshot_init(&snapshot);
    snapshot.text.capacity_max = 8;
    CHECK(t, !feed(&snapshot, SPAN(A "\n"), 0));
    CHECK_STR(t, "out of memory", snapshot.why);
    snapshot_release(&snapshot);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(rows_are_found),
        TEST_CASE(utf16_is_read),
        TEST_CASE(lone_surrogates_are_replaced),
        TEST_CASE(other_lines_are_reported),
        TEST_CASE(a_line_has_a_longest_size),
        TEST_CASE(memory_may_run_out),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
