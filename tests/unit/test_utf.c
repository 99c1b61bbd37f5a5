#include "common/text/utf.h"

#include "tests/test.h"

#define REPLACED "\xEF\xBF\xBD" /* U+FFFD */

static void utf8_from_utf16_known_answers(struct test *t)
{
    static const struct {
        uint16_t in[4];
        size_t in_len;
        const char *out;
        bool lossy;
    } rows[] = {
        {{0}, 0, "", false},
        {{'a', 'b'}, 2, "ab", false},
        {{0x7F}, 1, "\x7F", false},
        {{0x80}, 1, "\xC2\x80", false},
        {{0x7FF}, 1, "\xDF\xBF", false},
        {{0x800}, 1, "\xE0\xA0\x80", false},
        {{0xD7FF}, 1, "\xED\x9F\xBF", false},
        {{0xE000}, 1, "\xEE\x80\x80", false},
        {{0xFFFD}, 1, REPLACED, false}, /* the character itself is not a loss */
        {{0xFFFF}, 1, "\xEF\xBF\xBF", false},
        {{0xD800, 0xDC00}, 2, "\xF0\x90\x80\x80", false},
        {{0xD83D, 0xDE00}, 2, "\xF0\x9F\x98\x80", false},
        {{0xDBFF, 0xDFFF}, 2, "\xF4\x8F\xBF\xBF", false},
        {{0xD83D}, 1, REPLACED, true},                  /* high surrogate at the end */
        {{0xD83D, 0xDE00}, 1, REPLACED, true},          /* what follows the end is not read */
        {{0xDE00, 'x'}, 2, REPLACED "x", true},         /* low surrogate first */
        {{0xD83D, 'x'}, 2, REPLACED "x", true},         /* high surrogate, no low */
        {{0xDE00, 0xD83D}, 2, REPLACED REPLACED, true}, /* the wrong way round */
        {{0xD83D, 0xD83D, 0xDE00}, 3, REPLACED "\xF0\x9F\x98\x80", true},
        {{0xD83D, 0xDE00, 0xDE00}, 3, "\xF0\x9F\x98\x80" REPLACED, true},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char out[16];
        TEST_ROW(t, "row %zu", i);
        size_t size = utf8_from_utf16(out, sizeof out, rows[i].in, rows[i].in_len);
        CHECK_MEM(t, rows[i].out, strlen(rows[i].out), out, size);
        CHECK_INT(t, size, utf8_from_utf16(NULL, 0, rows[i].in, rows[i].in_len));
        CHECK_INT(t, rows[i].lossy, utf16_is_lossy(rows[i].in, rows[i].in_len));
    }
}

static void utf8_from_utf16_keeps_nul(struct test *t)
{
    const uint16_t in[] = {'a', 0, 'b'};
    char out[3];
    CHECK_INT(t, 3, utf8_from_utf16(out, sizeof out, in, 3));
    CHECK_MEM(t, "a\0b", 3, out, 3);
}

static void utf8_from_utf16_cuts_at_a_whole_character(struct test *t)
{
    /* a, euro sign, z: 5 bytes; nothing is written after the cut, even if it would fit */
    static const char *const expected[] = {"?????", "a????",          "a????",
                                           "a????", "a\xE2\x82\xAC?", "a\xE2\x82\xACz"};
    const uint16_t in[] = {'a', 0x20AC, 'z'};
    for (size_t capacity = 0; capacity < TEST_COUNT(expected); capacity++) {
        char out[5] = {'?', '?', '?', '?', '?'};
        TEST_ROW(t, "capacity %zu", capacity);
        CHECK_INT(t, 5, utf8_from_utf16(out, capacity, in, 3));
        CHECK_MEM(t, expected[capacity], 5, out, sizeof out);
    }
}

static void utf16_from_utf8_known_answers(struct test *t)
{
    static const struct {
        const char *in;
        size_t out_len;
        uint16_t out[6];
    } rows[] = {
        {"", 0, {0}},
        {"ab", 2, {'a', 'b'}},
        {"\xC3\xA9", 1, {0xE9}},
        {"\xED\x9F\xBF", 1, {0xD7FF}},
        {"\xEE\x80\x80", 1, {0xE000}},
        {"\xEF\xBF\xBF", 1, {0xFFFF}},
        {"\xF0\x90\x80\x80", 2, {0xD800, 0xDC00}},
        {"\xF4\x8F\xBF\xBF", 2, {0xDBFF, 0xDFFF}},
        {"\x80", 1, {0xFFFD}},
        {"a\xC3", 2, {'a', 0xFFFD}},
        {"\xC3"
         "a",
         2,
         {0xFFFD, 'a'}},
        {"\xED\xA0\x80", 3, {0xFFFD, 0xFFFD, 0xFFFD}},
        {"\xF4\x90\x80\x80", 4, {0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD}},
        {"\xE2\x82\xE2\x82\xAC", 3, {0xFFFD, 0xFFFD, 0x20AC}},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        uint16_t out[6];
        TEST_ROW(t, "row %zu", i);
        size_t len = utf16_from_utf8(out, TEST_COUNT(out), span_from_string(rows[i].in));
        CHECK_MEM(t, rows[i].out, rows[i].out_len * sizeof out[0], out, len * sizeof out[0]);
    }
}

static void utf16_from_utf8_cuts_at_a_whole_character(struct test *t)
{
    const uint16_t complete[] = {'a', 0xD83D, 0xDE00, 'b'};
    for (size_t capacity = 0; capacity <= 4; capacity++) {
        uint16_t out[4] = {'?', '?', '?', '?'};
        size_t written = capacity == 2 ? 1 : capacity; /* the pair does not fit in half */
        TEST_ROW(t, "capacity %zu", capacity);
        CHECK_INT(t, 4,
                  utf16_from_utf8(out, capacity,
                                  SPAN("a\xF0\x9F\x98\x80"
                                       "b")));
        for (size_t i = 0; i < 4; i++)
            CHECK_INT(t, i < written ? complete[i] : '?', out[i]);
    }
}

static void utf8_is_valid_finds_the_first_bad_byte(struct test *t)
{
    enum { VALID = 99 };
    static const struct {
        const char *text;
        size_t error_offset;
    } rows[] = {
        {"", VALID},
        {"abc\x7F", VALID},
        {"\xC2\x80\xDF\xBF", VALID},
        {"\xE0\xA0\x80\xEF\xBF\xBF", VALID},
        {"\xED\x9F\xBF\xEE\x80\x80", VALID}, /* beside the surrogates */
        {"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", VALID},
        {"\x80", 0}, /* a continuation alone */
        {"a\xBF", 1},
        {"\xC0\x80", 0}, /* overlong NUL */
        {"\xC0\xAF", 0}, /* overlong slash */
        {"\xC1\xBF", 0}, /* overlong U+007F */
        {"\xE0\x80\x80", 0},
        {"\xE0\x9F\xBF", 0},             /* overlong U+07FF */
        {"\xF0\x8F\xBF\xBF", 0},         /* overlong U+FFFF */
        {"\xED\xA0\x80", 0},             /* U+D800 */
        {"\xED\xBF\xBF", 0},             /* U+DFFF */
        {"\xED\xA0\xBD\xED\xB8\x80", 0}, /* a pair of surrogates, each encoded alone */
        {"\xF4\x90\x80\x80", 0},         /* U+110000 */
        {"\xF5\x80\x80\x80", 0},
        {"\xF8\x88\x80\x80\x80", 0}, /* five bytes */
        {"\xFE", 0},
        {"\xFF", 0},
        {"ab\xC3", 2}, /* cut off */
        {"ab\xE2\x82", 2},
        {"ab\xF0\x9F\x98", 2},
        {"ab\xC3(", 2},
        {"ab\xE2\x28\xA1", 2},
        {"ab\xE2\x82\x28", 2},
        {"ab\xF0\x28\x8C\xBC", 2},
        {"ab\xF0\x90\x28\xBC", 2},
        {"ab\xF0\x90\x8C\x28", 2},
        {"\xC3\xA9\xC3\xC3\xA9", 2},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        size_t offset = VALID;
        TEST_ROW(t, "row %zu", i);
        bool valid = utf8_is_valid(span_from_string(rows[i].text), &offset);
        CHECK_INT(t, rows[i].error_offset == VALID, valid);
        CHECK_INT(t, rows[i].error_offset, offset);
        CHECK_INT(t, valid, utf8_is_valid(span_from_string(rows[i].text), NULL));
    }
    CHECK(t, utf8_is_valid((struct span){NULL, 0}, NULL));
    CHECK(t, utf8_is_valid(SPAN("a\0b"), NULL));
}

/* Every code point: encoded, decoded, and through UTF-16 and back. */
static void utf_round_trips_every_code_point(struct test *t)
{
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        if (code_point == 0xD800)
            code_point = 0xE000;
        char text[4];
        char back[4];
        uint16_t units[2];
        size_t offset = 0;
        struct span span = {text, utf8_encode(text, code_point)};
        TEST_ROW(t, "U+%04X", (unsigned)code_point);
        REQUIRE(t, CHECK_INT(t, code_point, utf8_next(span, &offset)));
        REQUIRE(t, CHECK_INT(t, span.size, offset));
        size_t len = utf16_from_utf8(units, 2, span);
        REQUIRE(t, !utf16_is_lossy(units, len));
        size_t size = utf8_from_utf16(back, sizeof back, units, len);
        REQUIRE(t, CHECK_MEM(t, text, span.size, back, size));
    }
}

static void utf8_next_takes_a_malformed_byte_alone(struct test *t)
{
    const struct span text = SPAN("\xE2\x82z");
    size_t offset = 0;
    CHECK_INT(t, 0xFFFD, utf8_next(text, &offset));
    CHECK_INT(t, 1, offset);
    CHECK_INT(t, 0xFFFD, utf8_next(text, &offset));
    CHECK_INT(t, 2, offset);
    CHECK_INT(t, 'z', utf8_next(text, &offset));
    CHECK_INT(t, 3, offset);
}

static void utf8_cut_ends_between_characters(struct test *t)
{
    static const struct {
        const char *text;
        size_t size_max, size;
    } rows[] = {
        {"", 0, 0},
        {"abc", 0, 0},
        {"abc", 2, 2},
        {"abc", 3, 3},
        {"abc", 9, 3},
        {"\xC3\xA9", 1, 0},
        {"a\xC3\xA9z", 2, 1},
        {"a\xC3\xA9z", 3, 3},
        {"\xF0\x9F\x98\x80", 3, 0},
        {"x\xF0\x9F\x98\x80", 2, 1},
        {"x\xF0\x9F\x98\x80", 4, 1},
        {"\x80\x80\x80\x80\x80\x80", 5, 5}, /* malformed: nothing to keep together */
        {"\x80\x80", 1, 1},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        CHECK_INT(t, rows[i].size, utf8_cut(span_from_string(rows[i].text), rows[i].size_max));
    }
}

static void utf_unsafe_are_controls_separators_and_directions(struct test *t)
{
    static const uint32_t ranges[][2] = {{0, 0x1F},        {0x7F, 0x9F},     {0x61C, 0x61C},
                                         {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
    size_t range = 0;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        if (range < TEST_COUNT(ranges) && code_point > ranges[range][1])
            range++;
        TEST_ROW(t, "U+%04X", (unsigned)code_point);
        CHECK_INT(t, range < TEST_COUNT(ranges) && code_point >= ranges[range][0],
                  utf_is_unsafe(code_point));
    }
}

static void utf8_next_shown_replaces_what_is_unsafe(struct test *t)
{
    const struct span text = SPAN("a\xC3\xA9\x1B\xE2\x80\xAE\xFF\xC2\x85\xEF\xBF\xBDz");
    const char *const expected[] = {"a", "\xC3\xA9", "?", "?", "?", "?", "?", "z"};
    size_t offset = 0;
    for (size_t i = 0; i < TEST_COUNT(expected); i++) {
        const char *bytes = expected[i][0] == '?' ? "\xEF\xBF\xBD" : expected[i];
        REQUIRE(t, offset < text.size);
        struct span shown = utf8_next_shown(text, &offset);
        CHECK_MEM(t, bytes, strlen(bytes), shown.data, shown.size);
    }
    CHECK_INT(t, text.size, offset);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(utf8_from_utf16_known_answers),
        TEST_CASE(utf8_from_utf16_keeps_nul),
        TEST_CASE(utf8_from_utf16_cuts_at_a_whole_character),
        TEST_CASE(utf16_from_utf8_known_answers),
        TEST_CASE(utf16_from_utf8_cuts_at_a_whole_character),
        TEST_CASE(utf8_is_valid_finds_the_first_bad_byte),
        TEST_CASE(utf_round_trips_every_code_point),
        TEST_CASE(utf8_next_takes_a_malformed_byte_alone),
        TEST_CASE(utf8_cut_ends_between_characters),
        TEST_CASE(utf_unsafe_are_controls_separators_and_directions),
        TEST_CASE(utf8_next_shown_replaces_what_is_unsafe),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
