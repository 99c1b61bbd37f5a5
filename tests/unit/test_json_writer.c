#include "common/json/writer.h"

#include "common/json/reader.h"
#include "common/text/utf.h"
#include "tests/test.h"

static void check_line(struct test *t, const struct buffer *buffer, const char *expected)
{
    CHECK_MEM(t, expected, strlen(expected), buffer->data, buffer->size);
}

static void json_writer_writes_every_kind(struct test *t)
{
    struct buffer buffer;
    struct json_writer writer;
    buffer_init(&buffer, 4096);
    json_line_begin(&writer, &buffer);
    json_uint(&writer, "id", 1);
    json_string(&writer, "type", SPAN("map"));
    json_text(&writer, "text", "t");
    json_text(&writer, "nothing", NULL);
    json_null(&writer, "null");
    json_bool(&writer, "yes", true);
    json_bool(&writer, "no", false);
    json_int(&writer, "int", -5);
    json_address(&writer, "base", 0x00007ffb3c0a0000u);
    json_nt_status(&writer, "nt_status", 0xc0000022u);
    json_array_begin(&writer, "array");
    json_put_uint(&writer, 1);
    json_put_string(&writer, SPAN("x"));
    json_put_array_begin(&writer);
    json_array_end(&writer);
    json_put_object_begin(&writer);
    json_object_end(&writer);
    json_array_end(&writer);
    json_object_begin(&writer, "object");
    json_null(&writer, "a");
    json_null(&writer, "b");
    json_object_end(&writer);
    json_uint(&writer, "last", 0);
    CHECK(t, json_line_end(&writer));
    check_line(t, &buffer,
               "{\"id\":1,\"type\":\"map\",\"text\":\"t\",\"nothing\":null,\"null\":null,"
               "\"yes\":true,\"no\":false,\"int\":-5,\"base\":\"0x00007ffb3c0a0000\","
               "\"nt_status\":\"0xc0000022\",\"array\":[1,\"x\",[],{}],"
               "\"object\":{\"a\":null,\"b\":null},\"last\":0}\n");
    buffer_release(&buffer);
}

static void json_writer_takes_names_known_at_run_time(struct test *t)
{
    struct buffer buffer;
    struct json_writer writer;
    buffer_init(&buffer, 4096);
    json_line_begin(&writer, &buffer);
    json_put_name(&writer, SPAN("name"));
    json_put_string(&writer, SPAN("value"));
    json_put_name(&writer, SPAN("list"));
    json_put_array_begin(&writer);
    json_put_int(&writer, -1);
    json_put_bool(&writer, true);
    json_put_null(&writer);
    json_array_end(&writer);
    json_string(&writer, "unknown", (struct span){NULL, 0});
    json_string(&writer, "empty", SPAN(""));
    CHECK(t, json_line_end(&writer));
    check_line(t, &buffer,
               "{\"name\":\"value\",\"list\":[-1,true,null],\"unknown\":null,\"empty\":\"\"}\n");
    buffer_release(&buffer);
}

/* Lines far above the room that is made at once, so that the memory moves in the middle. */
static void json_writer_writes_long_lines(struct test *t)
{
    enum { SIZE = 20000 };
    static char text[SIZE];
    struct buffer buffer;
    struct json_writer writer;
    memset(text, 'x', sizeof text);
    buffer_init(&buffer, 8 * SIZE);
    REQUIRE(t, buffer_append(&buffer, SPAN("kept\n")));
    json_line_begin(&writer, &buffer);
    json_array_begin(&writer, "v");
    for (size_t i = 0; i < 4; i++)
        json_put_string(&writer, (struct span){text, sizeof text});
    for (size_t i = 0; i < SIZE; i++)
        json_put_uint(&writer, i % 10);
    json_array_end(&writer);
    CHECK(t, json_line_end(&writer));
    CHECK_INT(t, 5 + strlen("{\"v\":[]}\n") + 4 * (SIZE + 3) + 2 * SIZE - 1, buffer.size);
    CHECK(t, span_starts_with(buffer_span(&buffer), SPAN("kept\n{\"v\":[\"xxx")));
    CHECK(t, memcmp(buffer.data + buffer.size - 7, ",8,9]}\n", 7) == 0);
    buffer_release(&buffer);
}

static void json_writer_fails_in_a_failed_buffer(struct test *t)
{
    struct buffer buffer;
    struct json_writer writer;
    buffer_init(&buffer, 300);
    REQUIRE(t, buffer_append(&buffer, SPAN("kept\n")));
    REQUIRE(t, buffer_extend(&buffer, 296) == NULL);
    json_line_begin(&writer, &buffer);
    json_uint(&writer, "a", 1);
    CHECK(t, !json_line_end(&writer));
    check_line(t, &buffer, "kept\n");
    buffer_release(&buffer);
}

static void json_writer_empty_line_and_two_lines(struct test *t)
{
    struct buffer buffer;
    struct json_writer writer;
    buffer_init(&buffer, 4096);
    json_line_begin(&writer, &buffer);
    CHECK(t, json_line_end(&writer));
    json_line_begin(&writer, &buffer);
    json_uint(&writer, "a", 1);
    CHECK(t, json_line_end(&writer));
    check_line(t, &buffer, "{}\n{\"a\":1}\n");
    buffer_release(&buffer);
}

static void json_writer_escapes_what_must_be(struct test *t)
{
    static const struct {
        const char *value;
        size_t size;
        const char *written;
    } rows[] = {
        {"", 0, ""},
        {"plain ~", 7, "plain ~"},
        {"C:\\Windows\\a.dll", 16, "C:\\\\Windows\\\\a.dll"},
        {"\\", 1, "\\\\"},
        {"\"", 1, "\\\""},
        {"/", 1, "/"},
        {"a\"\\\"b", 5, "a\\\"\\\\\\\"b"},
        {"\b\t\n\f\r", 5, "\\b\\t\\n\\f\\r"},
        {"\0", 1, "\\u0000"},
        {"\x01\x0b\x1f\x7f", 4, "\\u0001\\u000b\\u001f\\u007f"},
        {"\xC3\xA9", 2, "\xC3\xA9"},
        {"\xF0\x9F\x98\x80!", 5, "\xF0\x9F\x98\x80!"},
        {"\x80", 1, "\xEF\xBF\xBD"},
        {"a\xC3", 2, "a\xEF\xBF\xBD"},
        {"\xC3(", 2, "\xEF\xBF\xBD("},
        {"\xED\xA0\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xC0\"", 2, "\xEF\xBF\xBD\\\""},
        {"\xEF\xBF\xBD", 3, "\xEF\xBF\xBD"},
        /* what drives a terminal or changes the order of what is shown */
        {"\xC2\x80\xC2\x9B", 4, "\\u0080\\u009b"},
        {"\xC2\x9F\xC2\xA0", 4, "\\u009f\xC2\xA0"},
        {"\xD8\x9B\xD8\x9C\xD8\x9D", 6, "\xD8\x9B\\u061c\xD8\x9D"},
        {"\xE2\x80\x8D\xE2\x80\x8E", 6, "\xE2\x80\x8D\\u200e"},
        {"\xE2\x80\x8F\xE2\x80\x90", 6, "\\u200f\xE2\x80\x90"},
        {"\xE2\x80\xA7\xE2\x80\xA8", 6, "\xE2\x80\xA7\\u2028"},
        {"\xE2\x80\xA9\xE2\x80\xAA", 6, "\\u2029\\u202a"},
        {"\xE2\x80\xAE\xE2\x80\xAF", 6, "\\u202e\xE2\x80\xAF"},
        {"\xE2\x81\xA5\xE2\x81\xA6", 6, "\xE2\x81\xA5\\u2066"},
        {"\xE2\x81\xA9\xE2\x81\xAA", 6, "\\u2069\xE2\x81\xAA"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer buffer;
        struct json_writer writer;
        char expected[64];
        TEST_ROW(t, "row %zu", i);
        buffer_init(&buffer, 4096);
        json_line_begin(&writer, &buffer);
        json_string(&writer, "v", (struct span){rows[i].value, rows[i].size});
        CHECK(t, json_line_end(&writer));
        snprintf(expected, sizeof expected, "{\"v\":\"%s\"}\n", rows[i].written);
        check_line(t, &buffer, expected);
        buffer_release(&buffer);
    }
}

/* A byte to escape at every place of texts of every size, with and without memory for the worst at
 * hand: both ways of writing a text. */
static void json_writer_escapes_at_every_place(struct test *t)
{
    static const char *const specials[][2] = {
        {"\\", "\\\\"},
        {"\"", "\\\""},
        {"\n", "\\n"},
        {"\x1f", "\\u001f"},
        {"\x7f", "\\u007f"},
        {"\xff", "\xEF\xBF\xBD"},
        {"\xC3\xA9", "\xC3\xA9"},
        {" ", " "},
        {"~", "~"},
        {"\xE2\x80\xAE", "\\u202e"},
        {"\xC2\x85", "\\u0085"},
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
    };
    for (size_t i = 0; i < TEST_COUNT(specials) * 20 * 20; i++) {
        const char *const *special = specials[i / 400];
        size_t before = i % 20;
        size_t after = i / 20 % 20;
        struct buffer buffer;
        struct json_writer writer;
        char value[64];
        char expected[64];
        TEST_ROW(t, "%zu, special %zu, %zu", before, i / 400, after);
        snprintf(value, sizeof value, "%.*s%s%.*s", (int)before, "abcdefghijklmnopqrst", special[0],
                 (int)after, "ABCDEFGHIJKLMNOPQRST");
        snprintf(expected, sizeof expected, "{\"v\":\"%.*s%s%.*s\"}\n", (int)before,
                 "abcdefghijklmnopqrst", special[1], (int)after, "ABCDEFGHIJKLMNOPQRST");
        for (size_t round = 0; round < 2; round++) {
            buffer_init(&buffer, round == 0 ? 4096 : strlen(expected));
            json_line_begin(&writer, &buffer);
            json_text(&writer, "v", value);
            CHECK(t, json_line_end(&writer));
            check_line(t, &buffer, expected);
            buffer_release(&buffer);
        }
    }
}

/* Every character comes back through the reader, except NUL, which the reader refuses; and all that
 * are unsafe are escaped. */
static void json_writer_is_read_back(struct test *t)
{
    struct buffer buffer;
    buffer_init(&buffer, 8192);
    for (uint32_t code_point = 1; code_point < 0x110000; code_point++) {
        if (code_point == 0xD800)
            code_point = 0xE000;
        struct json_writer writer;
        struct json_reader reader;
        char value[6] = "x";
        char back[8];
        size_t size = 1 + utf8_encode(value + 1, code_point);
        value[size++] = 'y';
        size_t back_size = 0;
        TEST_ROW(t, "U+%04X", (unsigned)code_point);
        buffer_clear(&buffer);
        json_line_begin(&writer, &buffer);
        json_string(&writer, "v", (struct span){value, size});
        REQUIRE(t, json_line_end(&writer));
        for (size_t offset = 0; offset + 1 < buffer.size;)
            REQUIRE(t, !utf_is_unsafe(utf8_next(buffer_span(&buffer), &offset)));
        json_reader_init(&reader, buffer_span(&buffer), 1);
        REQUIRE(t, json_next(&reader) == JSON_OBJECT_OPEN && json_next(&reader) == JSON_KEY);
        REQUIRE(t, json_next(&reader) == JSON_STRING);
        REQUIRE(t, json_unescape(&reader, back, sizeof back, &back_size));
        REQUIRE(t, CHECK_MEM(t, value, size, back, back_size));
        REQUIRE(t, json_next(&reader) == JSON_OBJECT_CLOSE && json_next(&reader) == JSON_END);
    }
    buffer_release(&buffer);
}

static void json_writer_numbers_at_their_edges(struct test *t)
{
    struct buffer buffer;
    struct json_writer writer;
    buffer_init(&buffer, 4096);
    json_line_begin(&writer, &buffer);
    json_uint(&writer, "a", 0);
    json_uint(&writer, "b", 10);
    json_uint(&writer, "c", UINT64_MAX);
    json_int(&writer, "d", INT64_MIN);
    json_int(&writer, "e", INT64_MAX);
    json_int(&writer, "f", 0);
    json_int(&writer, "g", -1);
    json_address(&writer, "h", 0);
    json_address(&writer, "i", UINT64_MAX);
    json_address(&writer, "j", 0x0123456789abcdefu);
    json_nt_status(&writer, "k", 0);
    json_nt_status(&writer, "l", UINT32_MAX);
    CHECK(t, json_line_end(&writer));
    check_line(t, &buffer,
               "{\"a\":0,\"b\":10,\"c\":18446744073709551615,\"d\":-9223372036854775808,"
               "\"e\":9223372036854775807,\"f\":0,\"g\":-1,\"h\":\"0x0000000000000000\","
               "\"i\":\"0xffffffffffffffff\",\"j\":\"0x0123456789abcdef\","
               "\"k\":\"0x00000000\",\"l\":\"0xffffffff\"}\n");
    buffer_release(&buffer);
}

static bool write_sample(struct buffer *buffer)
{
    struct json_writer writer;
    json_line_begin(&writer, buffer);
    json_string(&writer, "path", SPAN("C:\\a\x01\xFF"));
    json_array_begin(&writer, "list");
    json_put_int(&writer, -12);
    json_put_address(&writer, 1);
    json_array_end(&writer);
    return json_line_end(&writer);
}

/* A line that does not fit leaves no trace, wherever it was when the buffer was full. */
static void json_writer_takes_back_what_does_not_fit(struct test *t)
{
    struct buffer sample;
    buffer_init(&sample, 4096);
    REQUIRE(t, write_sample(&sample));
    for (size_t bound = 0; bound <= sample.size + 5; bound++) {
        struct buffer buffer;
        TEST_ROW(t, "bound %zu", bound);
        buffer_init(&buffer, bound);
        bool has_first = buffer_append(&buffer, SPAN("kept\n"));
        CHECK_INT(t, bound >= 5, has_first);
        size_t before = buffer.size;
        bool fits = write_sample(&buffer);
        CHECK_INT(t, before + sample.size <= bound, fits);
        CHECK_INT(t, fits ? before + sample.size : before, buffer.size);
        CHECK(t, span_starts_with(buffer_span(&buffer), has_first ? SPAN("kept\n") : SPAN("")));
        buffer_release(&buffer);
    }
    buffer_release(&sample);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(json_writer_writes_every_kind),
        TEST_CASE(json_writer_takes_names_known_at_run_time),
        TEST_CASE(json_writer_writes_long_lines),
        TEST_CASE(json_writer_fails_in_a_failed_buffer),
        TEST_CASE(json_writer_empty_line_and_two_lines),
        TEST_CASE(json_writer_escapes_what_must_be),
        TEST_CASE(json_writer_escapes_at_every_place),
        TEST_CASE(json_writer_is_read_back),
        TEST_CASE(json_writer_numbers_at_their_edges),
        TEST_CASE(json_writer_takes_back_what_does_not_fit),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
