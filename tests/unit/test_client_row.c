#include "client/rows/row.h"
#include "common/proto/protocol.h"
#include "tests/test.h"

#include <string.h>

static const char map_line[] =
    "{\"id\":1,\"type\":\"map\",\"pid\":672,\"process\":\"lsass.exe\",\"base\":"
    "\"0x00007ffb3c0a0000\",\"size\":2039808,\"kind\":\"image\",\"protect\":"
    "\"PAGE_EXECUTE_WRITECOPY\",\"path\":\"C:\\\\Windows\\\\\\u00e9.dll\",\"device_path\":"
    "null,\"path_lossy\":true}";

struct fixture {
    struct row row;
    struct buffer scratch;
    struct row_error error;
};

static bool parse(struct fixture *fixture, const char *line)
{
    fixture->error = (struct row_error){NULL, 0};
    return row_parse(span_from_string(line), &fixture->row, &fixture->scratch, &fixture->error);
}

static void check_text(struct test *t, const struct row *row, enum row_member member,
                       const char *expected)
{
    struct span text = row_text(row, member);

    CHECK_MEM(t, expected, strlen(expected), text.data, text.size);
}

static void a_map_row_is_read_whole(struct test *t)
{
    struct fixture f;

    buffer_init(&f.scratch, OUTPUT_ROW_SIZE_MAX);
    CHECK(t, parse(&f, map_line));
    CHECK_INT(t, ROW_MAP, f.row.type);
    CHECK_INT(t, 1, row_number(&f.row, MEMBER_ID, 0));
    CHECK_INT(t, 672, row_number(&f.row, MEMBER_PID, 0));
    CHECK_INT(t, INT64_C(0x7ffb3c0a0000), row_number(&f.row, MEMBER_BASE, 0));
    CHECK_INT(t, 2039808, row_number(&f.row, MEMBER_SIZE, 0));
    CHECK_INT(t, 1, row_number(&f.row, MEMBER_PATH_LOSSY, 0));
    check_text(t, &f.row, MEMBER_PROCESS, "lsass.exe");
    check_text(t, &f.row, MEMBER_PATH, "C:\\Windows\\\xC3\xA9.dll");
    CHECK(t, row_text(&f.row, MEMBER_DEVICE_PATH).data == NULL); /* null */
    CHECK(t, row_text(&f.row, MEMBER_IMAGE).data == NULL);       /* absent */
    CHECK(t, !row_knows(&f.row, MEMBER_RESIDENT));
    CHECK_INT(t, 77, row_number(&f.row, MEMBER_RESIDENT, 77));
    buffer_release(&f.scratch);
}

static void types_are_told_apart(struct test *t)
{
    static const struct {
        const char *line;
        enum row_type type;
    } rows[] = {
        {"{\"type\":\"process\",\"pid\":4,\"access\":\"none\",\"name\":null}", ROW_PROCESS},
        {"{\"type\":\"region\",\"pid\":4,\"base\":null,\"size\":1,\"state\":\"MEM_FREE\"}",
         ROW_REGION},
        {"{\"type\":\"process_error\",\"pid\":4,\"code\":\"access_denied\"}", ROW_PROCESS_ERROR},
        {"{\"type\":\"info\",\"product\":\"lsmap\",\"protocol\":1,\"limits\":{\"x\":[1,{}]}}",
         ROW_INFO},
        {"{\"type\":\"whoami\",\"rights\":[]}", ROW_WHOAMI},
        {"{\"type\":\"stats\"}", ROW_STATS},
        {"{\"type\":\"end\",\"processes\":0,\"rows\":0,\"errors\":0,\"complete\":true}", ROW_END},
        {"{\"type\":\"error\",\"code\":\"busy\",\"message\":\"m\"}", ROW_ERROR},
        {"{\"type\":\"later\",\"pid\":4}", ROW_OTHER}, /* of a newer server */
        {" {\"new\":{\"a\":[[],\"}\"]},\"type\":\"stats\",\"newer\":1.5e3}\r", ROW_STATS},
        {"{\"type\":\"st\\u0061ts\"}", ROW_STATS},
    };
    struct fixture f;

    buffer_init(&f.scratch, OUTPUT_ROW_SIZE_MAX);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%.60s", rows[i].line);
        if (CHECK(t, parse(&f, rows[i].line)))
            CHECK_INT(t, rows[i].type, f.row.type);
    }
    buffer_release(&f.scratch);
}

static void what_is_no_row_is_refused(struct test *t)
{
    static const struct {
        const char *line;
        size_t offset;
    } rows[] = {
        {"", 0},
        {"[]", 0},
        {"42", 0},
        {"nonsense", 1},
        {"{}", 2},
        {"{\"type\":\"stats\"", 15},
        {"{\"type\":\"stats\"}x", 16},
        {"{\"type\":\"stats\"}{}", 16},
        {"{\"type\":\"stats\",}", 16},
        {"{\"pid\":1}", 9}, /* no type */
        {"{\"type\":null}", 13},
        {"{\"type\":7}", 8},
        {"{\"type\":\"map\",\"pid\":1}", 22},               /* no size */
        {"{\"type\":\"map\",\"pid\":null,\"size\":1}", 34}, /* null is unknown */
        {"{\"type\":\"end\",\"processes\":0,\"rows\":0,\"errors\":0}", 48},
        {"{\"type\":\"stats\",\"pid\":1,\"pid\":1}", 24}, /* twice */
        {"{\"type\":\"stats\",\"pid\":-1}", 22},
        {"{\"type\":\"stats\",\"pid\":1.0}", 22},
        {"{\"type\":\"stats\",\"pid\":4294967296}", 22},
        {"{\"type\":\"stats\",\"size\":18446744073709551616}", 23},
        {"{\"type\":\"stats\",\"pid\":\"1\"}", 22},
        {"{\"type\":\"stats\",\"path\":1}", 23},
        {"{\"type\":\"stats\",\"path\":[]}", 23},
        {"{\"type\":\"stats\",\"base\":4096}", 23},
        {"{\"type\":\"stats\",\"base\":\"0x1000\"}", 23},
        {"{\"type\":\"stats\",\"base\":\"0x00000000`0001000\"}", 23},
        {"{\"type\":\"stats\",\"base\":\"0x000000000000100g\"}", 23},
        {"{\"type\":\"stats\",\"complete\":1}", 27},
        {"{\"type\":\"stats\",\"rights\":\"all\"}", 25},
        {"{\"type\":\"stats\",\"rights\":[1,}", 28},
        {"{\"type\":\"stats\",\"path\":\"\xFF\"}", 24},
        {"{\"type\":\"stats\",\"path\":\"a\\u0000\"}", 25},
        {"{\"type\":\"stats\",\"path\":\"a", 25},
    };
    struct fixture f;

    buffer_init(&f.scratch, OUTPUT_ROW_SIZE_MAX);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%.60s", rows[i].line);
        CHECK(t, !parse(&f, rows[i].line));
        CHECK(t, f.error.text != NULL);
        CHECK_INT(t, rows[i].offset, f.error.offset);
    }
    buffer_release(&f.scratch);
}

/* Every beginning of a good line is refused, and read within its bounds. */
static void a_cut_line_is_refused(struct test *t)
{
    struct fixture f;

    buffer_init(&f.scratch, OUTPUT_ROW_SIZE_MAX);
    for (size_t size = 0; size < sizeof map_line - 1; size++) {
        TEST_ROW(t, "%zu bytes", size);
        CHECK(t, !row_parse((struct span){map_line, size}, &f.row, &f.scratch, &f.error));
    }
    buffer_release(&f.scratch);
}

static void texts_that_need_no_unescaping_stay_in_the_line(struct test *t)
{
    static const char line[] =
        "{\"type\":\"stats\",\"path\":\"abc\",\"name\":\"\",\"image\":\"\\\\\"}";
    struct fixture f;

    buffer_init(&f.scratch, OUTPUT_ROW_SIZE_MAX);
    REQUIRE(t, parse(&f, line));
    CHECK(t, row_text(&f.row, MEMBER_PATH).data == line + 24);
    CHECK(t, row_text(&f.row, MEMBER_NAME).data != NULL); /* known, and empty */
    CHECK_INT(t, 0, row_text(&f.row, MEMBER_NAME).size);
    check_text(t, &f.row, MEMBER_IMAGE, "\\");
    buffer_release(&f.scratch);
}

static void a_line_above_the_bound_is_refused(struct test *t)
{
    struct fixture f;

    buffer_init(&f.scratch, 8);
    CHECK(t, !parse(&f, "{\"type\":\"stats\"}"));
    CHECK_STR(t, "the line is too long", f.error.text);
    buffer_release(&f.scratch);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_map_row_is_read_whole),
        TEST_CASE(types_are_told_apart),
        TEST_CASE(what_is_no_row_is_refused),
        TEST_CASE(a_cut_line_is_refused),
        TEST_CASE(texts_that_need_no_unescaping_stay_in_the_line),
        TEST_CASE(a_line_above_the_bound_is_refused),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
