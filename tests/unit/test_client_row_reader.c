#include "client/rows/row_reader.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

/* A text fed so many bytes at a time. */
struct text {
    const char *data;
    size_t size, step; /* step 0: as much as the reader takes */
};

static enum row_reader_result next(struct row_reader *reader, struct text *text, const char **why)
{
    enum row_reader_result result;

    while ((result = row_reader_next(reader, why)) == ROW_READER_MORE) {
        size_t size = text->step > 0 ? text->step : ROW_READER_FEED_SIZE;
        size = size < text->size ? size : text->size;
        row_reader_feed(reader, (struct span){text->data, size});
        text->data += size;
        text->size -= size;
    }
    return result;
}

#define A "{\"type\":\"map\",\"pid\":1,\"size\":1,\"path\":\"C:\\\\\xC3\xA9\xF0\x9F\x98\x80\"}"
#define B "{\"type\":\"map\",\"pid\":2,\"size\":1}"

/* Every form that a shell may give to the same two rows. */
static void rows_are_found(struct test *t)
{
    static const char *const texts[] = {
        A "\n" B "\n",
        A "\n" B,
        "\xEF\xBB\xBF" A "\n" B "\n",
        A "\r\n" B "\r\n",
        "\n\n" A "\n\r\n" B "\n\n",
        A "\n" B "\r",
    };
    static const size_t steps[] = {0, 1, 2, 3, 7};
    static struct row_reader reader;

    for (size_t i = 0; i < TEST_COUNT(texts); i++) {
        for (size_t s = 0; s < TEST_COUNT(steps); s++) {
            struct text text = {texts[i], strlen(texts[i]), steps[s]};
            const char *why = NULL;
            TEST_ROW(t, "text %zu, step %zu", i, steps[s]);
            row_reader_init(&reader);
            CHECK_INT(t, ROW_READER_ROW, next(&reader, &text, &why));
            CHECK_INT(t, 1, row_number(&reader.row, MEMBER_PID, 0));
            struct span path = row_text(&reader.row, MEMBER_PATH);
            CHECK_MEM(t, "C:\\\xC3\xA9\xF0\x9F\x98\x80", 9, path.data, path.size);
            CHECK_INT(t, ROW_READER_ROW, next(&reader, &text, &why));
            CHECK_INT(t, 2, row_number(&reader.row, MEMBER_PID, 0));
            CHECK_INT(t, ROW_READER_END, next(&reader, &text, &why));
            CHECK_INT(t, ROW_READER_END, next(&reader, &text, &why));
            row_reader_release(&reader);
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
    static struct row_reader reader;
    static char data[sizeof rest + 2 * sizeof ascii];
    size_t size = 2;

    memcpy(data, "\xFF\xFE", 2);
    for (size_t i = 0; i + 1 < sizeof ascii; i++, size += 2)
        data[size] = ascii[i];
    memcpy(data + size, rest, sizeof rest);
    size += sizeof rest;
    for (size_t s = 0; s < TEST_COUNT(steps); s++) {
        for (size_t cut = 0; cut < 5; cut++) { /* without the newline, and half of a unit more */
            struct text text = {data, size - cut, steps[s]};
            const char *why = NULL;
            TEST_ROW(t, "step %zu, cut %zu", steps[s], cut);
            row_reader_init(&reader);
            CHECK_INT(t, ROW_READER_ROW, next(&reader, &text, &why));
            struct span path = row_text(&reader.row, MEMBER_PATH);
            CHECK_MEM(t, "C:\\\xC3\xA9\xF0\x9F\x98\x80", 9, path.data, path.size);
            CHECK_INT(t, ROW_READER_END, next(&reader, &text, &why));
            row_reader_release(&reader);
        }
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
    static struct row_reader reader;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct text text = {rows[i].text, strlen(rows[i].text), 0};
        const char *why = NULL;
        enum row_reader_result result;
        TEST_ROW(t, "row %zu", i);
        row_reader_init(&reader);
        while ((result = next(&reader, &text, &why)) == ROW_READER_ROW)
            continue;
        CHECK_INT(t, ROW_READER_BROKEN, result);
        CHECK_INT(t, rows[i].line, reader.line);
        if (CHECK(t, why != NULL) && rows[i].why != NULL)
            CHECK_STR(t, rows[i].why, why);
        row_reader_release(&reader);
    }
}

static void a_line_has_a_longest_size(struct test *t)
{
    static struct row_reader reader;
    size_t size = ROW_LINE_SIZE_MAX + 3 * ROW_READER_FEED_SIZE;
    char *data = malloc(size);
    struct text text = {data, size, 0};
    const char *why = NULL;

    REQUIRE(t, data != NULL);
    memset(data, 'x', size);
    row_reader_init(&reader);
    CHECK_INT(t, ROW_READER_BROKEN, next(&reader, &text, &why));
    CHECK_INT(t, 1, reader.line);
    CHECK_STR(t, "the line is too long for a row of lsmap", why);
    row_reader_release(&reader);
    free(data);
}

static void memory_may_run_out(struct test *t)
{
    static struct row_reader reader;
    struct text text = {A "\n", sizeof A, 0};
    const char *why = NULL;

    row_reader_init(&reader);
    reader.text.capacity_max = 8;
    CHECK_INT(t, ROW_READER_MEMORY, next(&reader, &text, &why));
    CHECK(t, why == NULL);
    row_reader_release(&reader);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(rows_are_found),           TEST_CASE(utf16_is_read),
        TEST_CASE(other_lines_are_reported), TEST_CASE(a_line_has_a_longest_size),
        TEST_CASE(memory_may_run_out),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
