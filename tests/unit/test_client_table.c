#include "bounds.h"
#include "row.h"
#include "table.h"
#include "test.h"

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
    struct table table;
    struct row row;
    struct buffer scratch, out;
};

static void begin(struct fixture *f, struct table_style style)
{
    table_init(&f->table, &style);
    buffer_init(&f->scratch, OUTPUT_ROW_SIZE_MAX);
    buffer_init(&f->out, 4 * OUTPUT_ROW_SIZE_MAX);
}

static void end(struct fixture *f)
{
    buffer_release(&f->scratch);
    buffer_release(&f->out);
    table_deinit(&f->table);
}

static void feed(struct test *t, struct fixture *f, const char *line)
{
    struct row_error error;

    if (CHECK(t, row_parse(span_from_string(line), &f->row, &f->scratch, &error)))
        CHECK(t, table_row(&f->table, &f->row, &f->out));
}

static void check_out(struct test *t, struct fixture *f, const char *expected)
{
    if (!CHECK_MEM(t, expected, strlen(expected), f->out.data, f->out.size))
        printf("%.*s\n", (int)f->out.size, f->out.data);
    buffer_clear(&f->out);
}

static void maps_for_a_file(struct test *t)
{
    struct fixture f;

    begin(&f, (struct table_style){.totals = true});
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
    CHECK(t, table_totals(&f.table, &f.out));
    check_out(t, &f, "\n3 mappings, 2M, in 2 processes\n");
    CHECK(t, table_errors(&f.table, SPAN("lsmap: "), &f.out));
    check_out(t, &f, "lsmap: Secure System (88): Windows refuses access. (open, 0xc0000022)\n");
    end(&f);
}

static void no_header_and_no_totals(struct test *t)
{
    struct fixture f;

    begin(&f, (struct table_style){.no_header = true});
    feed(t, &f, process_line);
    check_out(t, &f, "lsass.exe (672)  session 0  x64  PPL-Lsa  access limited\n");
    CHECK(t, table_totals(&f.table, &f.out) && table_errors(&f.table, SPAN("x"), &f.out));
    check_out(t, &f, "");
    end(&f);
}

static void regions_stand_below_their_view(struct test *t)
{
    struct fixture f;

    begin(&f, (struct table_style){.detail = DETAIL_REGIONS});
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

    begin(&f, (struct table_style){.detail = DETAIL_PAGES});
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
    check_out(t, &f,
              "  ADDRESS          SIZE  KIND      PROT    RES   SHR  PRIV  LOCK  PATH\n"
              "lsass.exe (672)  session 0  x64  PPL-Lsa  access limited\n"
              "  0x000000010000     8K  data      r--      8K    4K     0     0  C:\\a\n"
              "  0x000000010000     8K  data      r--       -     -     -     -  C:\\a\n"
              "  0x000000010000     8K  data      r--       0     0     0     0  C:\\a  "
              "[of the first 4K]\n");
    end(&f);
}

static void processes_are_one_line_each(struct test *t)
{
    struct fixture f;

    begin(&f, (struct table_style){.processes_only = true, .totals = true});
    feed(t, &f, process_line);
    feed(t, &f, unknown_process_line);
    CHECK(t, table_totals(&f.table, &f.out));
    check_out(t, &f,
              "   PID  PARENT  SESS  ARCH   PROTECTION       ACCESS   IMAGE\n"
              "   672     540     0  x64    PPL-Lsa          limited  "
              "C:\\Windows\\System32\\lsass.exe\n"
              "    88       4     0  -      -                none     Secure System\n"
              "\n2 processes\n");
    end(&f);
}

/* On a console of `width` columns every line but a too small one stays within them. */
static void a_console_is_never_overrun(struct test *t)
{
    static const size_t widths[] = {60, 80, 81, 120, 200};
    static const char long_line[] =
        "{\"type\":\"map\",\"pid\":1,\"base\":\"0x00007ffb3c0a0000\",\"size\":1047552,\"kind\":"
        "\"pagefile\",\"protect\":\"PAGE_EXECUTE_WRITECOPY\",\"path\":"
        "\"C:\\\\Program Files\\\\A Vendor With A Name\\\\And A Product\\\\versions\\\\1.2.3.4\\\\"
        "resources\\\\locales\\\\languages\\\\dictionaries\\\\and\\\\more\\\\of\\\\them\\\\"
        "behind\\\\many\\\\folders\\\\file_name.dll\"}";
    struct fixture f;

    for (size_t i = 0; i < TEST_COUNT(widths); i++) {
        TEST_ROW(t, "%zu columns", widths[i]);
        begin(&f, (struct table_style){.width = widths[i], .no_header = true});
        feed(t, &f, long_line);
        /* the ellipsis is three bytes in one column; the newline is none */
        CHECK_INT(t, widths[i] - 1 + 2 + 1, f.out.size);
        REQUIRE(t, buffer_append(&f.out, (struct span){"", 1}));
        CHECK(t, strstr(f.out.data, "file_name.dll\n") != NULL || widths[i] < 80);
        end(&f);
    }
    begin(&f, (struct table_style){.width = 10, .no_header = true});
    feed(t, &f, long_line);
    CHECK_INT(t, 41 + 16 + 2 + 1, f.out.size); /* a path keeps sixteen columns */
    buffer_clear(&f.out);
    feed(t, &f, map_line);
    end(&f);
}

static void errors_are_kept_up_to_a_bound(struct test *t)
{
    struct fixture f;
    size_t size_of_one;

    begin(&f, (struct table_style){.totals = false});
    feed(t, &f, error_line);
    size_of_one = f.table.errors.size;
    size_t kept = TABLE_ERRORS_SIZE_MAX / size_of_one;
    for (size_t i = 1; i < kept + 1234; i++)
        feed(t, &f, error_line);
    CHECK_INT(t, kept * size_of_one, f.table.errors.size);
    CHECK(t, table_errors(&f.table, SPAN("lsmap: "), &f.out));
    REQUIRE(t, buffer_append(&f.out, (struct span){"", 1}));
    CHECK(t,
          strstr(f.out.data, "\nlsmap: and 1,234 more processes that could not be read\n") != NULL);
    end(&f);
}

static void names_cannot_drive_the_console(struct test *t)
{
    struct fixture f;

    begin(&f, (struct table_style){.no_header = true});
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
    CHECK(t, table_errors(&f.table, SPAN(""), &f.out));
    size_t lines = 0;
    for (size_t i = 0; i < f.out.size; i++) {
        lines += f.out.data[i] == '\n';
        CHECK(t, f.out.data[i] == '\n' || (unsigned char)f.out.data[i] >= 0x20);
    }
    CHECK_INT(t, 4, lines);
    end(&f);
}

static void a_full_buffer_is_said(struct test *t)
{
    struct fixture f;
    struct row_error error;

    for (size_t bound = 0; bound < 60; bound++) {
        begin(&f, (struct table_style){.totals = true});
        f.out.capacity_max = bound;
        REQUIRE(t, row_parse(span_from_string(process_line), &f.row, &f.scratch, &error));
        CHECK(t, !table_row(&f.table, &f.row, &f.out));
        CHECK(t, f.out.size <= bound);
        end(&f);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(maps_for_a_file),
        TEST_CASE(no_header_and_no_totals),
        TEST_CASE(regions_stand_below_their_view),
        TEST_CASE(pages_have_their_columns),
        TEST_CASE(processes_are_one_line_each),
        TEST_CASE(a_console_is_never_overrun),
        TEST_CASE(errors_are_kept_up_to_a_bound),
        TEST_CASE(names_cannot_drive_the_console),
        TEST_CASE(a_full_buffer_is_said),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
