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
    struct buffer out;
    struct row_error error;
};

static void begin(struct fixture *f)
{
    row_init(&f->row);
    buffer_init(&f->out, 4 * ROW_LINE_SIZE_MAX);
}

static void end(struct fixture *f)
{
    row_release(&f->row);
    buffer_release(&f->out);
}

static bool parse(struct fixture *f, const char *line)
{
    f->error = (struct row_error){NULL, 0};
    return row_parse(&f->row, span_from_string(line), &f->error);
}

/* The row as it is written, without its newline. */
static void check_written(struct test *t, struct fixture *f, const char *expected)
{
    buffer_clear(&f->out);
    if (CHECK(t, row_write(&f->row, &f->out)) &&
        CHECK(t, f->out.size > 0 && f->out.data[f->out.size - 1] == '\n'))
        CHECK_MEM(t, expected, strlen(expected), f->out.data, f->out.size - 1);
}

static void check_text(struct test *t, const struct row *row, enum row_member member,
                       const char *expected)
{
    struct span text = row_text(row, member);

    CHECK_MEM(t, expected, strlen(expected), text.data, text.size);
}

static void a_map_row_is_read_completely(struct test *t)
{
    struct fixture f;

    begin(&f);
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
    end(&f);
}

static void types_are_recognised(struct test *t)
{
    static const struct {
        const char *line;
        enum row_type type;
    } rows[] = {
        {"{\"type\":\"process\",\"pid\":4,\"access\":\"none\",\"name\":null}", ROW_PROCESS},
        {"{\"type\":\"region\",\"pid\":4,\"base\":null,\"size\":1,\"state\":\"MEM_FREE\"}",
         ROW_REGION},
        {"{\"type\":\"process_error\",\"pid\":4,\"code\":\"access_denied\"}", ROW_PROCESS_ERROR},
        {"{\"type\":\"process_error\",\"pid\":null,\"process\":\"a*\",\"code\":\"denied\"}",
         ROW_PROCESS_ERROR}, /* a name that matched nothing */
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

    begin(&f);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%.60s", rows[i].line);
        if (CHECK(t, parse(&f, rows[i].line)))
            CHECK_INT(t, rows[i].type, f.row.type);
    }
    end(&f);
}

static void other_lines_are_refused(struct test *t)
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
        {"{\"type\":\"stats\",\"path\":\"a\\u0000\"}", 23},
        {"{\"type\":\"stats\",\"path\":\"a", 25},
    };
    struct fixture f;

    begin(&f);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%.60s", rows[i].line);
        CHECK(t, !parse(&f, rows[i].line));
        CHECK(t, f.error.text != NULL);
        CHECK_INT(t, rows[i].offset, f.error.offset);
    }
    end(&f);
}

/* Every beginning of a good line is refused, and read within its bounds. */
static void a_cut_line_is_refused(struct test *t)
{
    struct fixture f;

    begin(&f);
    for (size_t size = 0; size < sizeof map_line - 1; size++) {
        TEST_ROW(t, "%zu bytes", size);
        CHECK(t, !row_parse(&f.row, (struct span){map_line, size}, &f.error));
    }
    end(&f);
}

/* Escaped or not, texts do not depend on the memory that the line came in. */
static void a_row_owns_its_texts(struct test *t)
{
    static const char good[] =
        "{\"type\":\"stats\",\"path\":\"abc\",\"name\":\"\",\"image\":\"\\\\\","
        "\"rights\":[1, {}]}";
    char line[sizeof good];
    struct fixture f;

    begin(&f);
    memcpy(line, good, sizeof good);
    REQUIRE(t, parse(&f, line));
    memset(line, '?', sizeof line);
    check_text(t, &f.row, MEMBER_PATH, "abc");
    check_text(t, &f.row, MEMBER_IMAGE, "\\");
    check_text(t, &f.row, MEMBER_RIGHTS, "[1, {}]");
    CHECK(t, row_text(&f.row, MEMBER_NAME).data != NULL); /* known, and empty */
    CHECK_INT(t, 0, row_text(&f.row, MEMBER_NAME).size);
    check_written(t, &f, good);
    end(&f);
}

static void a_line_above_the_bound_is_refused(struct test *t)
{
    static char line[ROW_LINE_SIZE_MAX + 2];
    struct fixture f;

    begin(&f);
    memset(line, ' ', sizeof line - 1);
    memcpy(line, "{\"type\":\"stats\"}", 16);
    CHECK(t, row_parse(&f.row, (struct span){line, ROW_LINE_SIZE_MAX}, &f.error));
    CHECK(t, !row_parse(&f.row, (struct span){line, ROW_LINE_SIZE_MAX + 1}, &f.error));
    CHECK_STR(t, "the line is too long", f.error.text);
    CHECK(t, !row_has(&f.row, MEMBER_TYPE));
    end(&f);
}

static void a_row_is_written_as_it_came(struct test *t)
{
    static const char *const lines[] = {
        map_line,
        " { \"type\" : \"later\" ,\"new\":[1e3, {}], \"\\u0061\":\"\\u00e9\" } \r",
        "{\"type\":\"stats\",\"pid\":null}",
    };
    struct fixture f;

    begin(&f);
    for (size_t i = 0; i < TEST_COUNT(lines); i++) {
        TEST_ROW(t, "line %zu", i);
        if (CHECK(t, parse(&f, lines[i])))
            check_written(t, &f, lines[i]);
    }
    end(&f);
}

/* An edited row keeps everything that was not set, what this version does not know included. */
static void what_was_set_is_written(struct test *t)
{
    static const char line[] =
        " {\"id\":1, \"later\":{\"rows\":1} ,\"type\":\"end\",\"processes\": 12 ,"
        "\"rows\":1234,\"errors\":0,\"complete\":true,\"scope\":\"a\\u0062\"} ";
    struct fixture f;

    begin(&f);
    REQUIRE(t, parse(&f, line));
    row_set_number(&f.row, MEMBER_ROWS, UINT64_MAX);
    check_written(t, &f,
                  "{\"id\":1, \"later\":{\"rows\":1} ,\"type\":\"end\",\"processes\": 12 ,"
                  "\"rows\":18446744073709551615,\"errors\":0,\"complete\":true,"
                  "\"scope\":\"a\\u0062\"}");
    row_set_null(&f.row, MEMBER_PROCESSES);
    row_set_number(&f.row, MEMBER_COMPLETE, 0);
    row_set_text(&f.row, MEMBER_SCOPE, SPAN("\"\n"));
    row_set_text(&f.row, MEMBER_NAME, SPAN("x"));
    row_set_text(&f.row, MEMBER_HOST, SPAN("PC"));
    row_set_text(&f.row, MEMBER_SCHEMA, SPAN(""));
    row_set_number(&f.row, MEMBER_BASE, 0x1000);
    check_written(t, &f,
                  "{\"host\":\"PC\",\"schema\":null,\"name\":\"x\",\"base\":\"0x0000000000001000\","
                  "\"id\":1, \"later\":{\"rows\":1} ,\"type\":\"end\",\"processes\": null ,"
                  "\"rows\":18446744073709551615,\"errors\":0,\"complete\":false,"
                  "\"scope\":\"\\\"\\n\"}");
    CHECK(t, row_has(&f.row, MEMBER_PROCESSES) && !row_knows(&f.row, MEMBER_PROCESSES));
    CHECK(t, row_has(&f.row, MEMBER_SCHEMA) && !row_knows(&f.row, MEMBER_SCHEMA));
    check_text(t, &f.row, MEMBER_SCOPE, "\"\n");
    end(&f);
}

static void rows_are_made(struct test *t)
{
    struct fixture f;

    begin(&f);
    REQUIRE(t, parse(&f, map_line)); /* nothing of it stays */
    row_begin(&f.row, ROW_FILE);
    CHECK_INT(t, ROW_FILE, f.row.type);
    check_text(t, &f.row, MEMBER_TYPE, "file");
    CHECK(t, !row_has(&f.row, MEMBER_PID));
    CHECK_INT(t, 0, row_line(&f.row).size);
    check_written(t, &f, "{\"type\":\"file\"}");
    row_set_number(&f.row, MEMBER_VIEWS, 2);
    row_set_text(&f.row, MEMBER_PATH, SPAN("C:\\\xC3\xA9"));
    row_set_number(&f.row, MEMBER_VIEWS, 3); /* keeps its place */
    row_set_text(&f.row, MEMBER_TIME, SPAN("T"));
    check_written(t, &f,
                  "{\"time\":\"T\",\"type\":\"file\",\"views\":3,\"path\":\"C:\\\\\xC3\xA9\"}");
    end(&f);
}

static void a_copy_is_independent(struct test *t)
{
    struct fixture f;
    struct row copy;

    begin(&f);
    row_init(&copy);
    REQUIRE(t, parse(&f, map_line));
    row_set_text(&f.row, MEMBER_HOST, SPAN("PC"));
    row_copy(&copy, &f.row);
    row_begin(&f.row, ROW_END);
    CHECK_INT(t, ROW_MAP, copy.type);
    check_text(t, &copy, MEMBER_HOST, "PC");
    check_text(t, &copy, MEMBER_PATH, "C:\\Windows\\\xC3\xA9.dll");
    CHECK(t, span_equal(row_line(&copy), span_from_string(map_line)));
    row_release(&copy);
    end(&f);
}

/* What a row lacks for want of memory is never written, and never read. */
static void a_row_that_failed_is_not_written(struct test *t)
{
    struct fixture f;
    struct row copy;

    begin(&f);
    row_init(&copy);
    row_begin(&f.row, ROW_FILE);
    f.row.text.capacity_max = f.row.text.capacity;
    while (!f.row.failed)
        row_set_text(&f.row, MEMBER_PATH, SPAN("0123456789"));
    CHECK(t, !row_write(&f.row, &f.out));
    CHECK_INT(t, 0, f.out.size);
    CHECK_INT(t, 0, row_text(&f.row, MEMBER_PATH).size);
    row_begin(&f.row, ROW_FILE);
    check_written(t, &f, "{\"type\":\"file\"}");
    copy.text.capacity_max = 1;
    row_copy(&copy, &f.row);
    CHECK(t, copy.failed && !row_has(&copy, MEMBER_TYPE));
    row_release(&copy);
    end(&f);
}

/* At every size of the output: all of the row, or nothing. */
static void an_output_at_its_bound_is_left_alone(struct test *t)
{
    struct fixture f;

    begin(&f);
    for (int kind = 0; kind < 3; kind++) { /* as it came, edited, made */
        size_t size = 0;
        for (bool fits = false; !fits; size++) {
            struct buffer out;
            TEST_ROW(t, "kind %d, %zu bytes", kind, size);
            REQUIRE(t, parse(&f, map_line));
            if (kind == 2)
                row_begin(&f.row, ROW_FILE);
            if (kind > 0)
                row_set_number(&f.row, MEMBER_SIZE, 7);
            buffer_init(&out, size);
            fits = row_write(&f.row, &out);
            CHECK(t, fits || out.size == 0);
            CHECK(t, !fits || out.size == size);
            buffer_release(&out);
            REQUIRE(t, size < 1000);
        }
    }
    end(&f);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_map_row_is_read_completely),
        TEST_CASE(types_are_recognised),
        TEST_CASE(other_lines_are_refused),
        TEST_CASE(a_cut_line_is_refused),
        TEST_CASE(a_row_owns_its_texts),
        TEST_CASE(a_line_above_the_bound_is_refused),
        TEST_CASE(a_row_is_written_as_it_came),
        TEST_CASE(what_was_set_is_written),
        TEST_CASE(rows_are_made),
        TEST_CASE(a_copy_is_independent),
        TEST_CASE(a_row_that_failed_is_not_written),
        TEST_CASE(an_output_at_its_bound_is_left_alone),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
