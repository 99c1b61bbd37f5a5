#include "client/show/text.h"
#include "common/text/utf.h"
#include "tests/test.h"

#include <string.h>

static void code_points_have_their_columns(struct test *t)
{
    static const struct {
        uint32_t code_point;
        unsigned columns;
    } rows[] = {
        {'a', 1},     {0x7f, 1},    {0x80, 1},    {0xe9, 1},     {0xad, 1},    {0x2ff, 1},
        {0x300, 0},   {0x36f, 0},   {0x370, 1},   {0x10ff, 1},   {0x1100, 2},  {0x115e, 2},
        {0x1161, 0},  {0x11ff, 0},  {0x200b, 1},  {0x20d0, 0},   {0x2026, 1},  {0x3000, 2},
        {0x3042, 2},  {0x4e00, 2},  {0xac00, 2},  {0xd7a3, 2},   {0xfe20, 0},  {0xff01, 2},
        {0xff61, 1},  {0xfffd, 1},  {0x1f600, 2}, {0x20000, 2},  {0x3134a, 2}, {0xe0001, 1},
        {0xe01ef, 1}, {0xe01f0, 1}, {0xf0000, 1}, {0x10ffff, 1},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "U+%04X", (unsigned)rows[i].code_point);
        char text[4];
        size_t size = utf8_encode(text, rows[i].code_point);
        CHECK_INT(t, rows[i].columns, display_width((struct span){text, size}));
    }
}

static void text_is_the_sum(struct test *t)
{
    static const struct {
        const char *text;
        size_t columns;
    } rows[] = {
        {"", 0},
        {"C:\\a.dll", 8},
        {"e\xCC\x81", 1},                            /* e and a combining acute */
        {"\xE6\x97\xA5\xE6\x9C\xAC", 4},             /* two wide characters */
        {"\xF0\x9F\x98\x80!", 3},                    /* a pictograph */
        {"\xFF", 1},                                 /* malformed */
        {"\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", 2}, /* one syllable of three conjoining letters */
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        CHECK_INT(t, rows[i].columns, display_width(span_from_string(rows[i].text)));
    }
}

static void display_shows_no_control(struct test *t)
{
    static const struct {
        const char *text;
        const char *shown;
    } rows[] = {
        {"", ""},
        {"plain \\ text", "plain \\ text"},
        {"a\x1b[2Jb", "a\xEF\xBF\xBD[2Jb"}, /* would clear the console */
        {"\x7f\n\r\t", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xC2\x9B", "\xEF\xBF\xBD"},                   /* C1: the same as ESC [ */
        {"exe.\xE2\x80\xAEgpj", "exe.\xEF\xBF\xBDgpj"}, /* shown from right to left */
        {"\xD8\x9C\xE2\x80\x8E\xE2\x80\x8F", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xE2\x81\xA6x\xE2\x80\xA8", "\xEF\xBF\xBDx\xEF\xBF\xBD"},
        {"\xFF\xC3\xA9", "\xEF\xBF\xBD\xC3\xA9"}, /* malformed, then e acute */
        /* invisible: zero width space, joiner, soft hyphen, variation selector, tag letter */
        {"a\xE2\x80\x8B"
         "b",
         "a\xEF\xBF\xBD"
         "b"},
        {"a\xE2\x80\x8D"
         "b",
         "a\xEF\xBF\xBD"
         "b"},
        {"a\xC2\xAD"
         "b",
         "a\xEF\xBF\xBD"
         "b"},
        {"a\xEF\xB8\x8F", "a\xEF\xBF\xBD"},
        {"a\xF3\xA0\x81\xA1", "a\xEF\xBF\xBD"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer out;
        buffer_init(&out, 256);
        TEST_ROW(t, "row %zu", i);
        const struct span text = span_from_string(rows[i].text);
        CHECK_INT(t, display_width(text), display_text(&out, text));
        CHECK_MEM(t, rows[i].shown, strlen(rows[i].shown), out.data, out.size);
        buffer_release(&out);
    }
}

static void names_cannot_imitate_lines(struct test *t)
{
    static const struct {
        const char *name, *shown;
        size_t columns;
    } rows[] = {
        {"lsass.exe", "lsass.exe", 0},
        {"my app.exe", "my app.exe", 0},
        {"a(1).exe", "a(1).exe", 0},
        {"a,b.exe", "a,b.exe", 0},
        {"", "", 0},
        {"lsass.exe (672)  session 0  x64  access full",
         "\"lsass.exe (672)  session 0  x64  access full\"", 0},
        {"lsass.exe (672)", "\"lsass.exe (672)\"", 0},
        {"a, b.exe", "\"a, b.exe\"", 0},
        {"a , b.exe", "\"a , b.exe\"", 0},
        {" a", "\" a\"", 0},
        {"a ", "\"a \"", 0},
        {"a\xC2\xA0\xC2\xA0session 0", "\"a\xC2\xA0\xC2\xA0session 0\"", 0},
        {"a\xE3\x80\x80"
         "b",
         "\"a\xE3\x80\x80"
         "b\"",
         0},
        {"lsass.exe (672)  session 0", "\"ls\xE2\x80\xA6on 0\"", 9},
        {"a  b", "\"\xE2\x80\xA6\"", 3},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer out;
        buffer_init(&out, 256);
        TEST_ROW(t, "row %zu", i);
        display_name(&out, span_from_string(rows[i].name), rows[i].columns);
        CHECK_MEM(t, rows[i].shown, strlen(rows[i].shown), out.data, out.size);
        buffer_release(&out);
    }
}

static bool left(struct buffer *out, struct span text, size_t columns)
{
    const size_t begin = out->size;

    display_text(out, text);
    display_pad(out, begin, columns);
    return !out->failed;
}

static void display_fills_columns(struct test *t)
{
    struct buffer out;

    buffer_init(&out, 256);
    CHECK(t, left(&out, SPAN("ab"), 4));
    CHECK(t, left(&out, SPAN("abc"), 2));
    CHECK(t, left(&out, SPAN("\xE6\x97\xA5"), 4) && left(&out, SPAN("|"), 0));
    CHECK_MEM(t, "ab  abc\xE6\x97\xA5  |", 13, out.data, out.size);
    buffer_release(&out);
    buffer_init(&out, 3);
    CHECK(t, !left(&out, SPAN("ab"), 40));
    buffer_release(&out);
}

static void display_cuts_the_middle(struct test *t)
{
#define DOTS "\xE2\x80\xA6"
#define SUN "\xE6\x97\xA5"
    static const struct {
        const char *text;
        size_t columns;
        const char *shown;
    } rows[] = {
        {"0123456789", 0, "0123456789"},
        {"0123456789", 11, "0123456789"},
        {"0123456789", 10, "0123456789"},
        {"0123456789", 9, "01" DOTS "456789"},
        {"0123456789", 4, "0" DOTS "89"},
        {"0123456789", 1, DOTS},
        {"", 1, ""},
        {SUN SUN SUN SUN, 8, SUN SUN SUN SUN},
        {SUN SUN SUN SUN, 7, SUN DOTS SUN SUN},
        {SUN SUN SUN SUN, 6, DOTS SUN SUN}, /* half a character does not fit */
        {"abcde\xCC\x81"
         "fgh",
         5, "a" DOTS "fgh"},
        {"abcdx\xCC\x81"
         "ef",
         4, "a" DOTS "ef"}, /* its mark goes with the x */
        {"a\xCC\x81"
         "bcdefgh",
         4, "a\xCC\x81" DOTS "gh"}, /* and stays with the a */
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer out;
        buffer_init(&out, 256);
        TEST_ROW(t, "row %zu", i);
        display_cut(&out, span_from_string(rows[i].text), rows[i].columns);
        CHECK_MEM(t, rows[i].shown, strlen(rows[i].shown), out.data, out.size);
        buffer_release(&out);
    }
#undef DOTS
#undef SUN
}

static void sizes_are_short_and_rounded(struct test *t)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        {0, "0"},
        {1, "1"},
        {1023, "1023"},
        {1024, "1K"},
        {1075, "1K"},
        {1076, "1.1K"},
        {4096, "4K"},
        {10240, "10K"},
        {10752, "11K"},
        {1023 * 1024 + 511, "1023K"},
        {1023 * 1024 + 512, "1M"},
        {2039808, "1.9M"},
        {UINT64_C(1) << 30, "1G"},
        {(UINT64_C(1) << 40) - 1, "1T"},
        {UINT64_C(3) << 49, "1.5P"},
        {UINT64_C(1) << 63, "8E"},
        {UINT64_MAX, "16E"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char out[DISPLAY_SIZE_CAPACITY];
        TEST_ROW(t, "%s", rows[i].text);
        struct span text = display_size(out, rows[i].bytes);
        CHECK_STR(t, rows[i].text, out);
        CHECK_INT(t, strlen(rows[i].text), text.size);
    }
}

static void counts_have_their_digits_in_threes(struct test *t)
{
    static const struct {
        uint64_t count;
        const char *text;
    } rows[] = {
        {0, "0"},          {999, "999"},        {1000, "1,000"},
        {12345, "12,345"}, {123456, "123,456"}, {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char out[DISPLAY_COUNT_CAPACITY];
        TEST_ROW(t, "%s", rows[i].text);
        (void)display_count(out, rows[i].count);
        CHECK_STR(t, rows[i].text, out);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(code_points_have_their_columns), TEST_CASE(text_is_the_sum),
        TEST_CASE(display_shows_no_control),       TEST_CASE(names_cannot_imitate_lines),
        TEST_CASE(display_fills_columns),          TEST_CASE(display_cuts_the_middle),
        TEST_CASE(sizes_are_short_and_rounded),    TEST_CASE(counts_have_their_digits_in_threes),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
