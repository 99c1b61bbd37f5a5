#include "common/json/reader.h"

#include "tests/test.h"
#include "tests/unit/json_texts.h"

/* One letter for each event, in the order of enum json_event. */
static const char event_letters[] = "!.{}[]ksntf0";

/* Reads all of the text. Returns the events as letters; the reader keeps its final state. */
static const char *read_all(struct json_reader *reader, struct span text, unsigned depth_max,
                            char letters[64])
{
    size_t count = 0;
    json_reader_init(reader, text, depth_max);
    while (count < 63) {
        enum json_event event = json_next(reader);
        letters[count++] = event_letters[event];
        if (event == JSON_END || event == JSON_ERROR)
            break;
    }
    letters[count] = '\0';
    return letters;
}

static void json_reader_accepts(struct test *t)
{
    for (size_t i = 0; i < TEST_COUNT(accepted); i++) {
        struct json_reader reader;
        char letters[64];
        TEST_ROW(t, "%s", accepted[i][0]);
        read_all(&reader, span_from_string(accepted[i][0]), 4, letters);
        CHECK_STR(t, accepted[i][1], letters);
        CHECK(t, reader.error == NULL);
        CHECK_INT(t, 0, reader.depth);
        CHECK_INT(t, JSON_END, json_next(&reader));
    }
}

static void json_reader_refuses_with_the_exact_offset(struct test *t)
{
    for (size_t i = 0; i < TEST_COUNT(refused); i++) {
        struct json_reader reader;
        char letters[64];
        char expected[64];
        TEST_ROW(t, "%s", refused[i].text);
        snprintf(expected, sizeof expected, "%s!", refused[i].events);
        read_all(&reader, span_from_string(refused[i].text), 4, letters);
        CHECK_STR(t, expected, letters);
        CHECK_INT(t, refused[i].error_offset, reader.error_offset);
        const char *error = reader.error;
        REQUIRE(t, error != NULL);
        CHECK(t, strlen(error) > 5);
        CHECK_INT(t, JSON_ERROR, json_next(&reader)); /* the first error sticks */
        CHECK(t, !json_skip(&reader));
        CHECK(t, reader.error == error);
        CHECK_INT(t, refused[i].error_offset, reader.error_offset);
    }
}

static void json_reader_refuses_nul_everywhere(struct test *t)
{
    static const char text[] = "{ \"a\" : [ 1 , true ] }";
    for (size_t i = 0; i < sizeof text; i++) {
        struct json_reader reader;
        char letters[64];
        char changed[sizeof text];
        memcpy(changed, text, sizeof text); /* at the last place: after the value */
        changed[i] = '\0';
        TEST_ROW(t, "offset %zu", i);
        read_all(&reader, (struct span){changed, sizeof text}, 4, letters);
        CHECK(t, strchr(letters, '!') != NULL);
        CHECK_INT(t, i, reader.error_offset);
    }
}

static void json_reader_bounds_the_depth(struct test *t)
{
    char text[2 * (JSON_DEPTH_MAX + 1)];
    char letters[64];
    struct json_reader reader;
    for (unsigned depth = 0; depth <= JSON_DEPTH_MAX; depth++) {
        TEST_ROW(t, "depth %u", depth);
        memset(text, '[', depth + 1);
        memset(text + depth + 1, ']', depth + 1);
        json_reader_init(&reader, (struct span){text + 1, 2 * depth}, depth);
        for (unsigned i = 0; i < depth; i++)
            CHECK_INT(t, JSON_ARRAY_OPEN, json_next(&reader));
        for (unsigned i = 0; i < depth; i++)
            CHECK_INT(t, JSON_ARRAY_CLOSE, json_next(&reader));
        CHECK_INT(t, depth > 0 ? JSON_END : JSON_ERROR, json_next(&reader));
        read_all(&reader, (struct span){text, 2 * depth + 2}, depth, letters);
        CHECK(t, strchr(letters, '!') != NULL);
        CHECK_INT(t, depth, reader.error_offset);
    }
    CHECK_STR(t, "n.", read_all(&reader, SPAN("1"), 0, letters));
    CHECK_STR(t, "!", read_all(&reader, SPAN("{}"), 0, letters));
}

/* The bit stack distinguishes arrays from objects at every level. */
static void json_reader_matches_brackets_at_every_level(struct test *t)
{
    static const char *const rows[] = {"[{k[{k", "{k[{k[", "[[{k{k", "{k{k[["};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char text[160] = "";
        char expected[64];
        char letters[64];
        struct json_reader reader;
        size_t count = 0;
        TEST_ROW(t, "%s", rows[i]);
        for (int round = 0; round < 4; round++) {
            for (const char *letter = rows[i]; *letter != '\0'; letter++) {
                strcat(text, *letter == 'k' ? "\"\":" : *letter == '[' ? "[" : "{");
                expected[count++] = *letter;
            }
        }
        strcat(text, "0");
        expected[count++] = 'n';
        for (size_t k = count - 1; k > 0; k--) {
            if (expected[k - 1] == 'k')
                continue;
            expected[count++] = expected[k - 1] == '[' ? ']' : '}';
            strncat(text, &expected[count - 1], 1);
        }
        expected[count++] = '.';
        expected[count] = '\0';
        CHECK_STR(t, expected, read_all(&reader, span_from_string(text), 32, letters));
    }
}

static void json_reader_reports_tokens_and_offsets(struct test *t)
{
    static const struct {
        size_t offset;
        const char *token; /* NULL: the event has none */
    } rows[] = {
        {1, NULL},  {2, "a\\n"}, {9, "-1.5e3"}, {17, ""},
        {22, NULL}, {24, "x"},   {28, NULL},    {30, NULL},
    };
    struct json_reader reader;
    json_reader_init(&reader, SPAN(" {\"a\\n\": -1.5e3, \"\" : [ \"x\" ] }"), 2);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "event %zu", i);
        CHECK(t, json_next(&reader) != JSON_ERROR);
        CHECK_INT(t, rows[i].offset, reader.token_offset);
        if (rows[i].token != NULL)
            CHECK(t, span_equal(span_from_string(rows[i].token), reader.token));
    }
    CHECK_INT(t, JSON_END, json_next(&reader));
}

static void json_skip_passes_over_one_value(struct test *t)
{
    static const char *const values[] = {
        "1", "\"a\"", "null", "[]", "{}", "[1,[2,{\"a\":3}],4]", "{\"a\":{\"b\":[{},{}]},\"c\":1}",
    };
    for (size_t i = 0; i < TEST_COUNT(values); i++) {
        char text[96];
        struct json_reader reader;
        TEST_ROW(t, "%s", values[i]);
        snprintf(text, sizeof text, "{\"k\":%s,\"l\":[%s,7]}", values[i], values[i]);
        json_reader_init(&reader, span_from_string(text), 8);
        CHECK_INT(t, JSON_OBJECT_OPEN, json_next(&reader));
        CHECK_INT(t, JSON_KEY, json_next(&reader));
        CHECK(t, json_skip(&reader));
        CHECK_INT(t, JSON_KEY, json_next(&reader));
        CHECK(t, span_equal(SPAN("l"), reader.token));
        CHECK_INT(t, JSON_ARRAY_OPEN, json_next(&reader));
        CHECK(t, json_skip(&reader));
        CHECK(t, json_skip(&reader));
        CHECK(t, span_equal(SPAN("7"), reader.token));
        CHECK_INT(t, JSON_ARRAY_CLOSE, json_next(&reader));
        CHECK_INT(t, JSON_OBJECT_CLOSE, json_next(&reader));
        CHECK_INT(t, JSON_END, json_next(&reader));
    }
}

static void json_skip_fails_without_a_value(struct test *t)
{
    static const struct {
        const char *text;
        bool at_top; /* skip all of the text; otherwise what follows its first event */
    } rows[] = {
        {"", true}, {"[1,", true}, {"{\"a\":[1}", true}, {"[[[[[]]]]]", true}, {"[]", false}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct json_reader reader;
        TEST_ROW(t, "%s", rows[i].text);
        json_reader_init(&reader, span_from_string(rows[i].text), 4);
        if (!rows[i].at_top)
            json_next(&reader);
        CHECK(t, !json_skip(&reader));
        CHECK_INT(t, JSON_ERROR, json_next(&reader));
    }
}

static void json_unescape_known_answers(struct test *t)
{
    static const struct {
        const char *text;
        const char *value;
    } rows[] = {
        {"\"\"", ""},
        {"\"plain\"", "plain"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\"", "A\xC3\xA9\xE2\x82\xAC"},
        {"\"\\u0001\\u007f\\u0080\\u07ff\\u0800\"", "\x01\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80"},
        {"\"\\ud83d\\uDE00!\"", "\xF0\x9F\x98\x80!"},
        {"\"\\udbff\\udfff\"", "\xF4\x8F\xBF\xBF"},
        {"\"\\\\u0041\"", "\\u0041"},
        {"\"C:\\\\Windows\"", "C:\\Windows"},
        {"\"\xC3\xA9\"", "\xC3\xA9"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct json_reader reader;
        size_t need = strlen(rows[i].value);
        TEST_ROW(t, "%s", rows[i].text);
        json_reader_init(&reader, span_from_string(rows[i].text), 0);
        CHECK_INT(t, JSON_STRING, json_next(&reader));
        for (size_t capacity = 0; capacity < 32; capacity++) {
            char out[32];
            size_t size = 77;
            memset(out, '?', sizeof out);
            CHECK_INT(t, capacity >= need, json_unescape(&reader, out, capacity, &size));
            if (capacity >= need)
                CHECK_MEM(t, rows[i].value, need, out, size);
            else
                CHECK_INT(t, 77, size);
            CHECK_INT(t, '?', out[capacity >= need ? need : 0]); /* nothing else is touched */
        }
    }
}

static void json_integers_at_their_edges(struct test *t)
{
    static const struct {
        const char *text;
        bool is_int64;
        int64_t int64;
        bool is_uint64;
        uint64_t uint64;
    } rows[] = {
        {"0", true, 0, true, 0},
        {"-0", true, 0, true, 0},
        {"7", true, 7, true, 7},
        {"-1", true, -1, false, 0},
        {"9223372036854775807", true, INT64_MAX, true, INT64_MAX},
        {"9223372036854775808", false, 0, true, (uint64_t)INT64_MAX + 1},
        {"-9223372036854775808", true, INT64_MIN, false, 0},
        {"-9223372036854775809", false, 0, false, 0},
        {"18446744073709551615", false, 0, true, UINT64_MAX},
        {"18446744073709551616", false, 0, false, 0},
        {"18446744073709551620", false, 0, false, 0},
        {"184467440737095516150", false, 0, false, 0},
        {"-18446744073709551615", false, 0, false, 0},
        {"1.0", false, 0, false, 0},
        {"1e3", false, 0, false, 0},
        {"-1E0", false, 0, false, 0},
        {"\"5x\"", false, 0, false, 0}, /* not the token of a number */
        {"\"\"", false, 0, false, 0},
        {"\"-\"", false, 0, false, 0},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct json_reader reader;
        int64_t int64 = 77;
        uint64_t uint64 = 77;
        TEST_ROW(t, "%s", rows[i].text);
        json_reader_init(&reader, span_from_string(rows[i].text), 0);
        CHECK(t, json_next(&reader) != JSON_ERROR);
        CHECK_INT(t, rows[i].is_int64, json_int64(&reader, &int64));
        CHECK_INT(t, rows[i].is_int64 ? rows[i].int64 : 77, int64);
        CHECK_INT(t, rows[i].is_uint64, json_uint64(&reader, &uint64));
        CHECK(t, uint64 == (rows[i].is_uint64 ? rows[i].uint64 : 77));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(json_reader_accepts),
        TEST_CASE(json_reader_refuses_with_the_exact_offset),
        TEST_CASE(json_reader_refuses_nul_everywhere),
        TEST_CASE(json_reader_bounds_the_depth),
        TEST_CASE(json_reader_matches_brackets_at_every_level),
        TEST_CASE(json_reader_reports_tokens_and_offsets),
        TEST_CASE(json_skip_passes_over_one_value),
        TEST_CASE(json_skip_fails_without_a_value),
        TEST_CASE(json_unescape_known_answers),
        TEST_CASE(json_integers_at_their_edges),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
