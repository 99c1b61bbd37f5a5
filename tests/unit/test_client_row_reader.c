#include "client/rows/reader.h"
#include "client/rows/sink.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

/* A text given out so many bytes at a time. */
struct text_source {
    const char *data;
    size_t size, offset, step; /* step 0: as much as is asked for */
    bool broken;               /* at its end */
    struct byte_source source;
};

static bool give(void *context, char *data, size_t capacity, size_t *size, struct failure *failure)
{
    struct text_source *text = context;
    size_t left = text->size - text->offset;
    size_t step = text->step > 0 && text->step < capacity ? text->step : capacity;

    if (left == 0 && text->broken)
        return failure_set(failure, FAILURE_FILE, "the disk is gone");
    *size = left < step ? left : step;
    if (*size > 0)
        memcpy(data, text->data + text->offset, *size);
    text->offset += *size;
    return true;
}

static void begin(struct text_source *text, struct row_reader *reader, const char *data,
                  size_t size, size_t step)
{
    *text = (struct text_source){.data = data, .size = size, .step = step};
    text->source = (struct byte_source){text, give};
    row_reader_init(reader, &text->source);
}

#define A "{\"type\":\"map\",\"pid\":1,\"size\":1,\"path\":\"C:\\\\\xC3\xA9\xF0\x9F\x98\x80\"}"
#define B "{\"type\":\"map\",\"pid\":2,\"size\":1}"

/* Every form a shell may give to the same two rows. */
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
            struct text_source text;
            struct failure failure;
            TEST_ROW(t, "text %zu, step %zu", i, steps[s]);
            begin(&text, &reader, texts[i], strlen(texts[i]), steps[s]);
            CHECK_INT(t, ROW_READER_ROW, row_reader_next(&reader, &failure));
            CHECK_INT(t, 1, row_number(&reader.row, MEMBER_PID, 0));
            struct span path = row_text(&reader.row, MEMBER_PATH);
            CHECK_MEM(t, "C:\\\xC3\xA9\xF0\x9F\x98\x80", 9, path.data, path.size);
            CHECK_INT(t, ROW_READER_ROW, row_reader_next(&reader, &failure));
            CHECK_INT(t, 2, row_number(&reader.row, MEMBER_PID, 0));
            CHECK_INT(t, ROW_READER_END, row_reader_next(&reader, &failure));
            CHECK_INT(t, ROW_READER_END, row_reader_next(&reader, &failure));
            row_reader_deinit(&reader);
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
            struct text_source text;
            struct failure failure;
            TEST_ROW(t, "step %zu, cut %zu", steps[s], cut);
            begin(&text, &reader, data, size - cut, steps[s]);
            CHECK_INT(t, ROW_READER_ROW, row_reader_next(&reader, &failure));
            struct span path = row_text(&reader.row, MEMBER_PATH);
            CHECK_MEM(t, "C:\\\xC3\xA9\xF0\x9F\x98\x80", 9, path.data, path.size);
            CHECK_INT(t, ROW_READER_END, row_reader_next(&reader, &failure));
            row_reader_deinit(&reader);
        }
    }
}

static void what_is_no_row_is_told(struct test *t)
{
    static const struct {
        const char *text, *detail;
    } rows[] = {
        {"hello\n", "line 1: a value must be here"},
        {A "\n\n" B "x\n", "line 3: text behind the value"},
        {A "\n[]\n", "line 2: a reply's line must be a JSON object"},
        {A "\n{\"pid\":1}", "line 2: the row has no type"},
        {"\xFF\xFE\x3d\xd8", "line 1: "}, /* half of a pair, and no more */
    };
    static struct row_reader reader;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct text_source text;
        struct failure failure;
        enum row_reader_result result;
        TEST_ROW(t, "row %zu", i);
        begin(&text, &reader, rows[i].text, strlen(rows[i].text), 0);
        while ((result = row_reader_next(&reader, &failure)) == ROW_READER_ROW)
            continue;
        CHECK_INT(t, ROW_READER_FAILED, result);
        CHECK_INT(t, FAILURE_PROTOCOL, failure.kind);
        if (!CHECK(t, strncmp(rows[i].detail, failure.detail, strlen(rows[i].detail)) == 0))
            printf("  %s\n", failure.detail);
        row_reader_deinit(&reader);
    }
}

static void a_line_has_a_longest_size(struct test *t)
{
    static struct row_reader reader;
    size_t size = ROW_LINE_SIZE_MAX + 3 * BYTE_SOURCE_READ_SIZE;
    char *data = malloc(size);
    struct text_source text;
    struct failure failure = {FAILURE_MEMORY, ""};

    REQUIRE(t, data != NULL);
    memset(data, 'x', size);
    begin(&text, &reader, data, size, 0);
    CHECK_INT(t, ROW_READER_FAILED, row_reader_next(&reader, &failure));
    CHECK_STR(t, "line 1: the line is too long for a row of lsmap", failure.detail);
    row_reader_deinit(&reader);
    free(data);
}

static void a_broken_file_is_told(struct test *t)
{
    static struct row_reader reader;
    struct text_source text;
    struct failure failure;

    begin(&text, &reader, A "\n", sizeof A, 0);
    text.broken = true;
    CHECK_INT(t, ROW_READER_ROW, row_reader_next(&reader, &failure));
    CHECK_INT(t, ROW_READER_FAILED, row_reader_next(&reader, &failure));
    CHECK_INT(t, FAILURE_FILE, failure.kind);
    CHECK_STR(t, "the disk is gone", failure.detail);
    row_reader_deinit(&reader);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(rows_are_found),         TEST_CASE(utf16_is_read),
        TEST_CASE(what_is_no_row_is_told), TEST_CASE(a_line_has_a_longest_size),
        TEST_CASE(a_broken_file_is_told),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
