#include "client/show/csv.h"

#include "tests/rows/csv_reader.h"
#include "tests/unit/client_rows.h"

static void fields_are_quoted_when_they_must_be(struct test *t)
{
    static const struct {
        const char *text; /* NULL: unknown */
        const char *field;
    } rows[] = {
        {NULL, ""},
        {"", "\"\""},
        {"a", "a"},
        {"C:\\a b\\c.dll", "C:\\a b\\c.dll"},
        {" a", "\" a\""},
        {"a ", "\"a \""},
        {" ", "\" \""},
        {"a,b", "\"a,b\""},
        {"\"", "\"\"\"\""},
        {"a\"b", "\"a\"\"b\""},
        {",\",\"", "\",\"\",\"\"\""},
        {"\xC3\xA9", "\xC3\xA9"},
        {"\xF0\x9F\x98\x80,", "\"\xF0\x9F\x98\x80,\""},
        {"=1+1", "=1+1"}, /* a formula stays as it is */
        {"-x", "-x"},
        {"a\nb", "a\xEF\xBF\xBD"
                 "b"}, /* one row is one line */
        {"\r\n", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\x1b[2J", "\xEF\xBF\xBD[2J"},
        {"\t", "\xEF\xBF\xBD"},
        {"\x7f", "\xEF\xBF\xBD"},
        {"\xC2\x9B"
         "2J",
         "\xEF\xBF\xBD"
         "2J"},                             /* C1: another way to drive a console */
        {"a\xE2\x80\xAE", "a\xEF\xBF\xBD"}, /* would be shown from right to left */
        {"\xE2\x81\xA6,", "\"\xEF\xBF\xBD,\""},
        {"\xE2\x80\xA8", "\xEF\xBF\xBD"}, /* a line end for some */
        {"\xC2\xA0", "\xC2\xA0"},
        {"\xEF\xBF\xBD", "\xEF\xBF\xBD"},
        {"\xff,", "\"\xEF\xBF\xBD,\""}, /* not UTF-8: never copied */
        {"\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer out;
        TEST_ROW(t, "row %zu", i);
        buffer_init(&out, 256);
        struct span text = {NULL, 0};
        if (rows[i].text != NULL)
            text = span_from_string(rows[i].text);
        csv_field(&out, text);
        CHECK(t, !out.failed);
        if (i + 1 < TEST_COUNT(rows)) /* utf.h decides how many a cut character makes */
            CHECK_MEM(t, rows[i].field, strlen(rows[i].field), out.data, out.size);
        buffer_release(&out);
    }
}

/* Nothing is written beyond the bound of the buffer. */
static void a_full_buffer_is_reported(struct test *t)
{
    for (size_t capacity = 1; capacity < 11; capacity++) {
        struct buffer out;
        TEST_ROW(t, "capacity %zu", capacity);
        buffer_init(&out, capacity);
        csv_field(&out, SPAN("a,\"b\"")); /* "a,""b""" */
        CHECK_INT(t, capacity < 9, out.failed);
        CHECK(t, out.size <= capacity);
        buffer_release(&out);
    }
}

#define PROCESS                                                                            \
    "{\"id\":1,\"type\":\"process\",\"pid\":7,\"start\":\"2026-11-22T07:12:03.1234567Z\"," \
    "\"parent\":4,\"name\":\"a,b.exe\",\"image\":null,\"session\":0,\"arch\":\"x64\","     \
    "\"protection\":null,\"access\":\"full\"}\n"
#define MAP                                                                                   \
    "{\"id\":1,\"type\":\"map\",\"pid\":7,\"process\":\"a,b.exe\",\"base\":"                  \
    "\"0x0000000000010000\",\"size\":4096,\"committed\":4096,\"kind\":\"image\",\"protect\":" \
    "\"PAGE_READONLY\","                                                                      \
    "\"path\":\"C:\\\\\\\"x\",\"device_path\":\"\\\\Device\\\\x\"}\n"
#define MAP_UNKNOWN                                                                            \
    "{\"id\":1,\"type\":\"map\",\"pid\":7,\"process\":null,\"base\":null,\"size\":0,\"kind\":" \
    "null,\"protect\":null,\"path\":null,\"device_path\":null,\"path_lossy\":true,"            \
    "\"name_status\":\"0xc0000022\"}\n"
#define REGION                                                                          \
    "{\"id\":1,\"type\":\"region\",\"pid\":7,\"view\":\"0x0000000000010000\",\"base\":" \
    "\"0x0000000000011000\",\"size\":4096,\"state\":\"MEM_COMMIT\",\"protect\":\"PAGE_X\"}\n"
#define REGION_OF_ANOTHER                                                               \
    "{\"id\":1,\"type\":\"region\",\"pid\":7,\"view\":\"0x0000000000090000\",\"base\":" \
    "\"0x0000000000091000\",\"size\":4096,\"state\":\"MEM_RESERVE\",\"protect\":null}\n"
#define END \
    "{\"id\":1,\"type\":\"end\",\"processes\":1,\"rows\":1,\"errors\":0,\"complete\":true}\n"
#define FAILED "{\"id\":1,\"type\":\"process_error\",\"pid\":9,\"code\":\"access_denied\"}\n"
#define PAGES                                                                                 \
    "{\"id\":1,\"type\":\"map\",\"pid\":7,\"process\":\"p\",\"base\":\"0x0000000000010000\"," \
    "\"size\":8192,\"kind\":\"data\",\"protect\":\"PAGE_READONLY\",\"path\":\"C:\\\\x\","     \
    "\"device_path\":\"d\",\"resident\":4096,\"shared\":0,\"private\":4096,\"locked\":null,"  \
    "\"counted\":8192}\n"
#define FILE_ROW                                                                             \
    "{\"type\":\"file\",\"path\":\"C:\\\\x\",\"device_path\":\"d\",\"kind\":\"image,data\"," \
    "\"processes\":3,\"views\":4,\"size\":8192}\n"

static void tables_have_fixed_columns(struct test *t)
{
    static const struct {
        enum columns_table kind;
        const char *rows, *expected;
    } rows[] = {
        {COLUMNS_MAPS, PROCESS MAP MAP_UNKNOWN FAILED END,
         "pid,process,base,size,kind,protect,path,device_path,path_lossy,"
         "name_status,committed\r\n"
         "7,\"a,b.exe\",0x0000000000010000,4096,image,PAGE_READONLY,\"C:\\\"\"x\",\\Device\\x,"
         "false,,4096\r\n"
         "7,,,0,,,,,true,0xc0000022,\r\n"},
        {COLUMNS_PROCESSES, PROCESS MAP END,
         "pid,start,parent,name,image,session,arch,protection,access,note,owner,services\r\n"
         "7,2026-11-22T07:12:03.1234567Z,4,\"a,b.exe\",,0,x64,,full,,,\r\n"},
        {COLUMNS_PAGES, PAGES END,
         "pid,process,base,size,kind,protect,path,device_path,path_lossy,resident,shared,private,"
         "locked,counted,name_status,committed\r\n"
         "7,p,0x0000000000010000,8192,data,PAGE_READONLY,C:\\x,d,false,4096,0,4096,,8192,,\r\n"},
        {COLUMNS_REGIONS, PROCESS REGION MAP REGION REGION_OF_ANOTHER MAP_UNKNOWN REGION END,
         "type,pid,process,view,base,size,kind,state,protect,path,device_path,path_lossy,"
         "name_status,committed\r\n"
         "region,7,,0x0000000000010000,0x0000000000011000,4096,,MEM_COMMIT,PAGE_X,,,,,\r\n"
         "map,7,\"a,b.exe\",,0x0000000000010000,4096,image,,PAGE_READONLY,\"C:\\\"\"x\","
         "\\Device\\x,false,,4096\r\n"
         "region,7,\"a,b.exe\",0x0000000000010000,0x0000000000011000,4096,image,MEM_COMMIT,PAGE_X,"
         "\"C:\\\"\"x\",\\Device\\x,false,,\r\n"
         "region,7,,0x0000000000090000,0x0000000000091000,4096,,MEM_RESERVE,,,,,,\r\n"
         "map,7,,,,0,,,,,,true,0xc0000022,\r\n"
         "region,7,,0x0000000000010000,0x0000000000011000,4096,,MEM_COMMIT,PAGE_X,,,,,\r\n"},
        {COLUMNS_FILES, FILE_ROW END,
         "path,device_path,kind,processes,views,size\r\nC:\\x,d,\"image,data\",3,4,8192\r\n"},
        /* all digits of a number and of an address */
        {COLUMNS_MAPS,
         "{\"type\":\"map\",\"pid\":0,\"base\":\"0xffffffffffffffff\",\"size\":"
         "18446744073709551615}\n" END,
         "pid,process,base,size,kind,protect,path,device_path,path_lossy,"
         "name_status,committed\r\n"
         "0,,0xffffffffffffffff,18446744073709551615,,,,,false,,\r\n"},
        /* nothing matched: a table without rows */
        {COLUMNS_PROCESSES, END,
         "pid,start,parent,name,image,session,arch,protection,access,note,owner,services\r\n"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct csv csv;
        struct fed fed;
        TEST_ROW(t, "row %zu", i);
        csv_init(&csv, rows[i].kind, false, false);
        const struct target target = csv_target(&csv);
        fed_init(&fed);
        CHECK(t, feed(&fed, &target, rows[i].rows));
        check_out(t, rows[i].expected, &fed);
        fed_release(&fed);
        csv_deinit(&csv);
    }
}

static void the_header_can_be_left_out(struct test *t)
{
    struct csv csv;
    struct fed fed;

    csv_init(&csv, COLUMNS_PROCESSES, true, false);
    const struct target target = csv_target(&csv);
    fed_init(&fed);
    CHECK(t, feed(&fed, &target, PROCESS END));
    check_out(t, "7,2026-11-22T07:12:03.1234567Z,4,\"a,b.exe\",,0,x64,,full,,,\r\n", &fed);
    fed_release(&fed);
    csv_deinit(&csv);
}

/* A request that is refused leaves nothing, not even a header. */
static void a_refusal_is_no_row(struct test *t)
{
    static const char refusal[] =
        "{\"id\":1,\"type\":\"error\",\"code\":\"denied\",\"message\":\"m\"}\n";
    struct csv csv;
    struct fed fed;

    csv_init(&csv, COLUMNS_PROCESSES, false, false);
    const struct target target = csv_target(&csv);
    fed_init(&fed);
    CHECK(t, feed(&fed, &target, refusal));
    CHECK_INT(t, 0, fed.out.size);
    CHECK(t, feed(&fed, &target, END));
    CHECK(t, fed.out.size > 0);
    fed_release(&fed);
    csv_deinit(&csv);
}

enum { HOSTILE_COLUMNS = 11, HOSTILE_PATH = 6 };

/* Whatever a name holds, the strict reader gets one record for each row, and the name except its
 * control characters. */
static void hostile_names_come_back(struct test *t)
{
    static const struct {
        const char *json, *text;
    } names[] = {
        {"a\\\"b,c", "a\"b,c"},
        {"\\r\\n1,2,3\\r\\n", "\xEF\xBF\xBD\xEF\xBF\xBD"
                              "1,2,3\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\\\"\\\"\\\"", "\"\"\""},
        {",,,,", ",,,,"},
        {"\\u0001\\u001b\\u007f\\u009b", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"=cmd|'/c calc'!A1", "=cmd|'/c calc'!A1"},
        {"\\u202e\\u2028", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"", ""},
        {" ", " "},
    };
    static struct csv_reader reader;

    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        char line[512];
        struct csv csv;
        struct fed fed;
        TEST_ROW(t, "name %zu", i);
        snprintf(line, sizeof line,
                 "{\"type\":\"map\",\"pid\":1,\"size\":1,\"path\":\"%s\",\"kind\":\"data\"}\n" END,
                 names[i].json);
        csv_init(&csv, COLUMNS_MAPS, false, false);
        const struct target target = csv_target(&csv);
        fed_init(&fed);
        CHECK(t, feed(&fed, &target, line));
        csv_reader_init(&reader, buffer_span(&fed.out));
        CHECK(t, csv_reader_next(&reader) && reader.width == HOSTILE_COLUMNS);
        CHECK(t, csv_reader_next(&reader));
        CHECK_MEM(t, names[i].text, strlen(names[i].text), reader.fields[HOSTILE_PATH].text.data,
                  reader.fields[HOSTILE_PATH].text.size);
        CHECK(t, reader.fields[HOSTILE_PATH].quoted || names[i].text[0] != '\0');
        CHECK(t, !csv_reader_next(&reader) && reader.error == NULL);
        fed_release(&fed);
        csv_deinit(&csv);
    }
}

static void the_reader_is_strict(struct test *t)
{
    static const char *const bad[] = {"a",      "a\n",          "a\r",        "\"a\r\n", "a\"b\r\n",
                                      "a,\x01", "a\r\na,b\r\n", "\"a\"b\r\n", "\xff\r\n"};
    static struct csv_reader reader;

    for (size_t i = 0; i < TEST_COUNT(bad); i++) {
        TEST_ROW(t, "text %zu", i);
        csv_reader_init(&reader, span_from_string(bad[i]));
        while (csv_reader_next(&reader)) {
        }
        CHECK(t, reader.error != NULL);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(fields_are_quoted_when_they_must_be),
        TEST_CASE(a_full_buffer_is_reported),
        TEST_CASE(tables_have_fixed_columns),
        TEST_CASE(the_header_can_be_left_out),
        TEST_CASE(a_refusal_is_no_row),
        TEST_CASE(hostile_names_come_back),
        TEST_CASE(the_reader_is_strict),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
