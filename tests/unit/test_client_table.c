#include "client/rows/row.h"
#include "client/run.h"
#include "client/show/table.h"
#include "client/show/text.h"
#include "common/base/bounds.h"
#include "tests/test.h"
#include "tests/unit/options_line.h"

#include <stdlib.h>
#include <string.h>

static const char process_line[] =
    "{\"id\":1,\"type\":\"process\",\"pid\":672,\"start\":\"2026-11-22T07:12:03.1234567Z\","
    "\"parent\":540,\"name\":\"lsass.exe\",\"image\":\"C:\\\\Windows\\\\System32\\\\lsass.exe\","
    "\"session\":0,\"arch\":\"x64\",\"protection\":\"PPL-Lsa\",\"access\":\"limited\"}";
static const char unknown_process_line[] =
    "{\"type\":\"process\",\"pid\":88,\"start\":null,\"parent\":4,\"name\":\"Secure System\","
    "\"image\":null,\"session\":0,\"arch\":null,\"protection\":null,\"access\":\"none\"}";
static const char map_line[] =
    "{\"type\":\"map\",\"pid\":672,\"process\":\"lsass.exe\",\"base\":\"0x00007ffb3c0a0000\","
    "\"size\":2039808,\"kind\":\"image\",\"protect\":\"PAGE_EXECUTE_WRITECOPY\",\"path\":"
    "\"C:\\\\Windows\\\\System32\\\\ntdll.dll\",\"device_path\":\"\\\\Device\\\\x\"}";
static const char bare_map_line[] =
    "{\"type\":\"map\",\"pid\":672,\"process\":\"lsass.exe\",\"base\":null,\"size\":4096,"
    "\"kind\":\"pagefile\",\"protect\":\"PAGE_READWRITE\",\"path\":null,\"device_path\":null}";
static const char device_map_line[] =
    "{\"type\":\"map\",\"pid\":672,\"process\":\"lsass.exe\",\"base\":\"0x0000000000400000\","
    "\"size\":65536,\"kind\":null,\"protect\":null,\"path\":null,"
    "\"device_path\":\"\\\\Device\\\\Odd\\\\a.nls\"}";
static const char error_line[] =
    "{\"type\":\"process_error\",\"pid\":88,\"process\":\"Secure System\",\"code\":"
    "\"access_denied\",\"stage\":\"open\",\"nt_status\":\"0xc0000022\",\"message\":"
    "\"Windows refuses access.\"}";

struct fixture {
    struct run_settings settings;
    struct pipeline pipeline; /* chooses the table */
    struct table *table;
    struct row row;
    struct buffer out;
};

static void begin(struct fixture *f, const char *line, size_t width)
{
    f->settings = (struct run_settings){.options = options_line(line), .width = width};
    pipeline_init(&f->pipeline, &f->settings);
    f->table = &f->pipeline.table;
    row_init(&f->row);
    buffer_init(&f->out, 4 * ROW_LINE_SIZE_MAX);
}

static void end(struct fixture *f)
{
    row_release(&f->row);
    buffer_release(&f->out);
    pipeline_release(&f->pipeline);
}

static void feed(struct test *t, struct fixture *f, const char *line)
{
    struct row_error error;
    struct span text = span_from_string(line);

    if (CHECK(t, row_parse(&f->row, text, &error)))
        CHECK(t, table_row(f->table, &f->row, &f->out));
}

static void feed_end(struct test *t, struct fixture *f)
{
    feed(t, f, "{\"type\":\"end\",\"processes\":0,\"rows\":0,\"errors\":0,\"complete\":true}");
    CHECK(t, table_end(f->table, &f->out));
}

static void check_out(struct test *t, struct fixture *f, const char *expected)
{
    if (!CHECK_MEM(t, expected, strlen(expected), f->out.data, f->out.size))
        printf("%.*s\n", (int)f->out.size, f->out.data);
    buffer_clear(&f->out);
}

/* No sums after the terminal row of a request that failed. */
static void no_sums_without_an_end(struct test *t)
{
    struct fixture f;

    begin(&f, "-a --no-header", 0);
    feed(t, &f, process_line);
    feed(t, &f, "{\"type\":\"error\",\"code\":\"internal\",\"message\":\"m\"}");
    CHECK(t, table_end(f.table, &f.out));
    check_out(t, &f, "lsass.exe (672)  session 0  x64  PPL-Lsa  access limited\n");
    end(&f);
}

static void maps_for_a_file(struct test *t)
{
    struct fixture f;

    begin(&f, "-a", 0);
    check_out(t, &f, ""); /* the titles wait for a row */
    feed(t, &f, process_line);
    feed(t, &f, map_line);
    feed(t, &f, bare_map_line);
    feed(t, &f, unknown_process_line);
    feed(t, &f, error_line);
    feed(t, &f, device_map_line);
    check_out(t, &f,
              "  ADDRESS          SIZE  KIND      PROT  PATH\n"
              "lsass.exe (672)  session 0  x64  PPL-Lsa  access limited\n"
              "  0x7ffb3c0a0000   1.9M  image     rwxc  C:\\Windows\\System32\\ntdll.dll\n"
              "  -                  4K  pagefile  rw-   -\n"
              "\n"
              "Secure System (88)  session 0  access none\n"
              "  0x000000400000    64K  -         -     \\Device\\Odd\\a.nls\n");
    feed_end(t, &f);
    check_out(t, &f, "\n3 mappings, 2M, in 2 processes\n");
    end(&f);
}

static void no_header_and_no_totals(struct test *t)
{
    struct fixture f;

    begin(&f, "-a --no-header", 0);
    feed(t, &f, process_line);
    check_out(t, &f, "lsass.exe (672)  session 0  x64  PPL-Lsa  access limited\n");
    feed_end(t, &f);
    check_out(t, &f, "");
    end(&f);
    begin(&f, "-a", 0);
    feed_end(t, &f); /* nothing to sum up */
    check_out(t, &f, "");
    end(&f);
}

static void sizes_may_be_exact(struct test *t)
{
    struct fixture f;

    begin(&f, "-a --bytes", 0);
    feed(t, &f, process_line);
    feed(t, &f, map_line);
    feed_end(t, &f);
    check_out(t, &f,
              "  ADDRESS                  SIZE  KIND      PROT  PATH\n"
              "lsass.exe (672)  session 0  x64  PPL-Lsa  access limited\n"
              "  0x7ffb3c0a0000        2039808  image     rwxc  "
              "C:\\Windows\\System32\\ntdll.dll\n"
              "\n1 mapping, 2,039,808 bytes, in 1 process\n");
    end(&f);
}

static void regions_stand_below_their_view(struct test *t)
{
    struct fixture f;

    begin(&f, "-a --regions", 0);
    feed(t, &f, process_line);
    feed(t, &f, map_line);
    feed(t, &f,
         "{\"type\":\"region\",\"pid\":672,\"view\":\"0x00007ffb3c0a0000\",\"base\":"
         "\"0x00007ffb3c0a1000\",\"size\":1245184,\"state\":\"MEM_COMMIT\",\"protect\":"
         "\"PAGE_EXECUTE_READ|PAGE_GUARD\"}");
    feed(t, &f,
         "{\"type\":\"region\",\"pid\":672,\"view\":\"0x00007ffb3c0a0000\",\"base\":"
         "\"0x00007ffb3c1d1000\",\"size\":4096,\"state\":\"MEM_RESERVE\",\"protect\":null}");
    check_out(t, &f,
              "  ADDRESS            SIZE  KIND      PROT  PATH\n"
              "lsass.exe (672)  session 0  x64  PPL-Lsa  access limited\n"
              "  0x7ffb3c0a0000     1.9M  image     rwxc  C:\\Windows\\System32\\ntdll.dll\n"
              "    0x7ffb3c0a1000   1.2M  commit    r-x+guard\n"
              "    0x7ffb3c1d1000     4K  reserve   -\n");
    end(&f);
}

static void pages_have_their_columns(struct test *t)
{
    struct fixture f;

    begin(&f, "-a --pages", 0);
    feed(t, &f, process_line);
    feed(t, &f,
         "{\"type\":\"map\",\"pid\":1,\"base\":\"0x0000000000010000\",\"size\":8192,\"kind\":"
         "\"data\",\"protect\":\"PAGE_READONLY\",\"path\":\"C:\\\\a\",\"resident\":8192,"
         "\"shared\":4096,\"private\":0,\"locked\":0,\"counted\":8192}");
    feed(t, &f,
         "{\"type\":\"map\",\"pid\":1,\"base\":\"0x0000000000010000\",\"size\":8192,\"kind\":"
         "\"data\",\"protect\":\"PAGE_READONLY\",\"path\":\"C:\\\\a\",\"resident\":null,"
         "\"shared\":null,\"private\":null,\"locked\":null,\"counted\":0}");
    feed(t, &f,
         "{\"type\":\"map\",\"pid\":1,\"base\":\"0x0000000000010000\",\"size\":8192,\"kind\":"
         "\"data\",\"protect\":\"PAGE_READONLY\",\"path\":\"C:\\\\a\",\"resident\":0,"
         "\"shared\":0,\"private\":0,\"locked\":0,\"counted\":4096}");
    check_out(
        t, &f,
        "  ADDRESS          SIZE  KIND      PROT    RES   SHR  PRIV  LOCK  PATH\n"
        "lsass.exe (672)  session 0  x64  PPL-Lsa  access limited\n"
        "  0x000000010000     8K  data      r--      8K    4K     0     0  C:\\a\n"
        "  0x000000010000     8K  data      r--       -     -     -     -  C:\\a\n"
        "  0x000000010000     8K  data      r--       0     0     0     0  [first 4K] C:\\a\n");
    end(&f);
}

static void processes_are_one_line_each(struct test *t)
{
    struct fixture f;

    begin(&f, "ps", 0);
    feed(t, &f, process_line);
    feed(t, &f, unknown_process_line);
    feed_end(t, &f);
    check_out(
        t, &f,
        "   PID  PARENT  SESS  ARCH   PROTECTION       ACCESS   USER             IMAGE\n"
        "   672     540     0  x64    PPL-Lsa          limited  "
        "-                C:\\Windows\\System32\\lsass.exe\n"
        "    88       4     0  -      -                none     -                Secure System\n"
        "\n2 processes\n");
    end(&f);
}

/* A command line for each table. */
static const char *const lines[] = {"-a",
                                    "ps",
                                    "-a --sort size",
                                    "-a --by-file",
                                    "diff a b",
                                    "-a --bytes",
                                    "-a --top 9 --bytes",
                                    "-a --pages",
                                    "-a --pages --bytes",
                                    "-a --pages --top 9",
                                    "-a --pages --sort path --bytes",
                                    "diff a b --bytes"};

/* Each line's columns; the widest one. */
static size_t widest_line(struct span text)
{
    size_t widest = 0, begin = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '\n')
            continue;
        size_t width = display_width((struct span){text.data + begin, i - begin});
        widest = width > widest ? width : widest;
        begin = i + 1;
    }
    return widest;
}

/* Feeds a row of each type a table shows, every text of it `unit` again and again. */
static void feed_long(struct test *t, struct fixture *f, const char *unit, size_t count)
{
    static const char *const formats[] = {
        "{\"type\":\"process\",\"pid\":4294967295,\"name\":\"%s\",\"image\":\"%s\",\"session\":"
        "4294967295,\"arch\":\"arm64\",\"protection\":\"PPL-Antimalware\",\"access\":"
        "\"limited\"}",
        "{\"type\":\"map\",\"pid\":4294967295,\"process\":\"%s\",\"base\":"
        "\"0x00007fffffff0000\",\"size\":1047552,\"kind\":\"pagefile\",\"protect\":"
        "\"PAGE_EXECUTE_WRITECOPY\",\"path\":\"%s\"}",
        "{\"type\":\"file\",\"path\":\"%s\",\"device_path\":\"%s\",\"kind\":\"image,data\","
        "\"processes\":65536,\"views\":999999,\"size\":1047552}",
        "{\"type\":\"process_change\",\"change\":\"came\",\"pid\":4294967295,\"name\":\"%s\","
        "\"start\":\"%s\",\"views\":999999}",
        "{\"type\":\"map_change\",\"change\":\"went\",\"pid\":7,\"process\":\"%s\",\"base\":"
        "\"0x00007fffffff0000\",\"size\":1047552,\"kind\":\"pagefile\",\"protect\":"
        "\"PAGE_EXECUTE_WRITECOPY\",\"path\":\"%s\"}",
    };
    size_t size = strlen(unit) * count, line_size = 2 * size + 512;
    char *text = malloc(size + 1), *line = malloc(line_size);

    if (CHECK(t, text != NULL && line != NULL)) {
        text[0] = '\0';
        for (size_t i = 0; i < count; i++)
            memcpy(text + i * strlen(unit), unit, strlen(unit) + 1);
        for (size_t i = 0; i < TEST_COUNT(formats); i++) {
            /* each table shows its own rows; the others are never mixed in */
            bool is_change = i >= 3, is_file = i == 2;
            if (is_change != (f->table->kind == COLUMNS_CHANGES) ||
                is_file != (f->table->kind == COLUMNS_FILES))
                continue;
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif
            (void)snprintf(line, line_size, formats[i], text, text);
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
            feed(t, f, line);
        }
    }
    free(text);
    free(line);
}

/* Whatever a name holds and however long it is, no line is wider than the console. */
static void a_console_is_never_overrun(struct test *t)
{
    static const size_t widths[] = {80, 81, 99, 100, 120, 200};
    static const struct {
        const char *unit;
        size_t count;
    } texts[] = {
        {"a", 3},
        {"a", 32767},
        {"\xE6\x97\xA5", 32767},   /* wide */
        {"e\xCC\x81", 16383},      /* combining */
        {"\\u0001", 16383},        /* a control character, shown as U+FFFD */
        {"\xF0\x9F\x98\x80", 100}, /* beyond the first plane */
    };
    struct fixture f;

    for (size_t l = 0; l < TEST_COUNT(lines); l++) {
        for (size_t w = 0; w < TEST_COUNT(widths); w++) {
            for (size_t i = 0; i < TEST_COUNT(texts); i++) {
                TEST_ROW(t, "%s, %zu columns, text %zu", lines[l], widths[w], i);
                begin(&f, lines[l], widths[w]);
                feed_long(t, &f, texts[i].unit, texts[i].count);
                feed_end(t, &f);
                size_t widest = widest_line(buffer_span(&f.out));
                CHECK(t, widest > 0 && widest < widths[w]);
                if (widest >= widths[w])
                    printf("%.*s\n", (int)f.out.size, f.out.data);
                end(&f);
            }
        }
    }
    TEST_ROW(t, "pages");
    begin(&f, "-a --pages", 80);
    feed_long(t, &f, "a", 1000);
    CHECK_INT(t, 79, widest_line(buffer_span(&f.out)));
    end(&f);
    TEST_ROW(t, "a console too narrow");
    begin(&f, "-a --no-header", 10);
    feed(t, &f, map_line);
    CHECK_INT(t, 4 + TABLE_PATH_COLUMNS_MIN, widest_line(buffer_span(&f.out)));
    end(&f);
}

/* In a file nothing is cut. */
static void a_file_gets_complete_names(struct test *t)
{
    struct fixture f;

    for (size_t l = 0; l < TEST_COUNT(lines); l++) {
        TEST_ROW(t, "%s", lines[l]);
        begin(&f, lines[l], 0);
        feed_long(t, &f, "abc", 10000);
        CHECK(t, widest_line(buffer_span(&f.out)) >= 30000);
        end(&f);
    }
}

/* Every member that may be unknown is. */
static void null_members_are_dashes(struct test *t)
{
    static const char *const null_lines[] = {
        "{\"type\":\"process\",\"pid\":1,\"start\":null,\"parent\":null,\"name\":null,\"image\":"
        "null,"
        "\"session\":null,\"arch\":null,\"protection\":null,\"access\":\"none\"}",
        ("{\"type\":\"map\",\"pid\":1,\"process\":null,\"base\":null,\"size\":0,\"kind\":null,"
         "\"protect\":null,\"path\":null,\"device_path\":null}"),
        "{\"type\":\"file\",\"path\":null,\"device_path\":null,\"kind\":null}",
        "{\"type\":\"process_change\",\"change\":null}",
        "{\"type\":\"map_change\"}",
    };
    static const struct {
        const char *line;
        size_t first, count;
        const char *shown;
    } rows[] = {
        {"-a --no-header", 0, 2,
         "? (1)  access none\n  -                   0  -         -     -\n"},
        {"ps --no-header", 0, 1,
         "     1       -     -  -      -                none     -                -\n"},
        {"-a --no-header --sort size", 1, 1,
         "-                   0  -         -     ? (1)                     -\n"},
        {"-a --no-header --by-file", 2, 1, "     -       -      -  -           -\n"},
        {"diff a b", 3, 2,
         "- ? ()  ended, 0 mappings\n  - -                   -  -         -     -\n"},
    };
    struct fixture f;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        begin(&f, rows[i].line, 0);
        for (size_t k = 0; k < rows[i].count; k++)
            feed(t, &f, null_lines[rows[i].first + k]);
        check_out(t, &f, rows[i].shown);
        end(&f);
    }
}

static void names_cannot_drive_the_console(struct test *t)
{
    struct fixture f;

    begin(&f, "-a --no-header", 0);
    feed(t, &f,
         "{\"type\":\"process\",\"pid\":1,\"name\":\"a\\u001b[2J\\n\",\"arch\":\"x\\u009b\","
         "\"access\":\"full\\r\"}");
    feed(
        t, &f,
        "{\"type\":\"map\",\"pid\":1,\"size\":1,\"kind\":\"k\\n\",\"protect\":\"\\t|PAGE_\\t|\\n\","
        "\"path\":\"\\u202e\"}");
    feed(t, &f, "{\"type\":\"region\",\"pid\":1,\"size\":1,\"state\":\"\\b\",\"protect\":\"\\f\"}");
    feed(t, &f,
         "{\"type\":\"process_error\",\"pid\":1,\"process\":\"\\u0007\",\"code\":\"\\u0007\","
         "\"stage\":\"\\u0007\",\"nt_status\":\"\\u0007\"}");
    size_t lines_count = 0;
    for (size_t i = 0; i < f.out.size; i++) {
        lines_count += f.out.data[i] == '\n';
        CHECK(t, f.out.data[i] == '\n' || (unsigned char)f.out.data[i] >= 0x20);
    }
    CHECK_INT(t, 3, lines_count);
    end(&f);
}

static void a_full_buffer_is_reported(struct test *t)
{
    struct fixture f;
    struct row_error error;

    for (size_t bound = 0; bound < 60; bound++) {
        begin(&f, "-a", 0);
        f.out.capacity_max = bound;
        REQUIRE(t, row_parse(&f.row, span_from_string(process_line), &error));
        CHECK(t, !table_row(f.table, &f.row, &f.out));
        CHECK(t, f.out.size <= bound);
        end(&f);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(no_sums_without_an_end),         TEST_CASE(maps_for_a_file),
        TEST_CASE(no_header_and_no_totals),        TEST_CASE(sizes_may_be_exact),
        TEST_CASE(regions_stand_below_their_view), TEST_CASE(pages_have_their_columns),
        TEST_CASE(processes_are_one_line_each),    TEST_CASE(a_console_is_never_overrun),
        TEST_CASE(a_file_gets_complete_names),     TEST_CASE(null_members_are_dashes),
        TEST_CASE(names_cannot_drive_the_console), TEST_CASE(a_full_buffer_is_reported),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
