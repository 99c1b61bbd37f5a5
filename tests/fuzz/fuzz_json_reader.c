/* The JSON reader. The first byte of the input is the depth allowed, the rest is the text. */
#include <stdlib.h>
#include <string.h>

#include "common/json/reader.h"
#include "common/json/writer.h"
#include "common/text/buffer.h"
#include "common/text/utf.h"
#include "tests/fuzz/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool within(struct span part, struct span all)
{
    return part.data >= all.data && part.size <= all.size &&
           (size_t)(part.data - all.data) <= all.size - part.size;
}

/* What is unescaped is valid UTF-8, and comes back the same from a line of the writer, which has
 * nothing unsafe in it. */
static void check_text(const struct json_reader *reader)
{
    size_t size = 0;
    char *value = malloc(reader->token.size > 0 ? reader->token.size : 1);
    FUZZ_CHECK(value != NULL);
    FUZZ_CHECK(json_unescape(reader, value, reader->token.size, &size));
    FUZZ_CHECK(size <= reader->token.size);
    FUZZ_CHECK(utf8_is_valid((struct span){value, size}, NULL));
    size_t untouched = SIZE_MAX;
    FUZZ_CHECK(size == 0 || !json_unescape(reader, value, size - 1, &untouched));
    FUZZ_CHECK(untouched == SIZE_MAX);

    struct buffer line;
    struct json_writer writer;
    struct json_reader again;
    buffer_init(&line, SIZE_MAX / 2);
    json_line_begin(&writer, &line);
    json_string(&writer, "v", (struct span){value, size});
    FUZZ_CHECK(json_line_end(&writer));
    for (size_t offset = 0; offset + 1 < line.size;) /* its newline is the last */
        FUZZ_CHECK(!utf_is_unsafe(utf8_next(buffer_span(&line), &offset)));
    json_reader_init(&again, buffer_span(&line), 1);
    FUZZ_CHECK(json_next(&again) == JSON_OBJECT_OPEN && json_next(&again) == JSON_KEY);
    FUZZ_CHECK(json_next(&again) == JSON_STRING);
    char *back = malloc(size > 0 ? size : 1);
    size_t back_size = 0;
    FUZZ_CHECK(back != NULL && json_unescape(&again, back, size, &back_size));
    FUZZ_CHECK(back_size == size && (size == 0 || memcmp(back, value, size) == 0));
    FUZZ_CHECK(json_next(&again) == JSON_OBJECT_CLOSE && json_next(&again) == JSON_END);
    free(back);
    buffer_release(&line);
    free(value);
}

static void check_number(const struct json_reader *reader)
{
    int64_t int64 = 0;
    uint64_t uint64 = 0;
    bool is_int64 = json_int64(reader, &int64);
    bool is_uint64 = json_uint64(reader, &uint64);
    bool is_integer = true;
    for (size_t i = 0; i < reader->token.size; i++)
        is_integer = is_integer && strchr(".eE", reader->token.data[i]) == NULL;
    FUZZ_CHECK(is_integer || (!is_int64 && !is_uint64));
    FUZZ_CHECK(!is_integer || is_int64 || is_uint64 || reader->token.size >= 19);
    FUZZ_CHECK(!is_int64 || int64 < 0 || (is_uint64 && uint64 == (uint64_t)int64));
}

static const char *punctuation(enum json_event event)
{
    static const char *const texts[] = {
        [JSON_OBJECT_OPEN] = "{", [JSON_OBJECT_CLOSE] = "}", [JSON_ARRAY_OPEN] = "[",
        [JSON_ARRAY_CLOSE] = "]", [JSON_TRUE] = "true",      [JSON_FALSE] = "false",
        [JSON_NULL] = "null"};
    return texts[event];
}

static void append(struct buffer *out, struct span text)
{
    FUZZ_CHECK(buffer_append(out, text));
}

/* Writes an event without white space. */
static void write_event(struct buffer *out, enum json_event event, const struct json_reader *reader)
{
    struct span so_far = buffer_span(out);
    char last = so_far.size > 0 ? so_far.data[so_far.size - 1] : '[';
    bool closes = event == JSON_OBJECT_CLOSE || event == JSON_ARRAY_CLOSE;
    if (!closes && last != '[' && last != '{' && last != ':')
        append(out, SPAN(","));
    if (event == JSON_NUMBER) {
        append(out, reader->token);
    } else if (event == JSON_KEY || event == JSON_STRING) {
        append(out, SPAN("\""));
        append(out, reader->token);
        append(out, event == JSON_KEY ? SPAN("\":") : SPAN("\""));
    } else {
        append(out, span_from_string(punctuation(event)));
    }
}

/* Reads to the end or the error and checks every event; writes the text again without white
 * space. */
static enum json_event read_all(struct span text, unsigned depth_max, struct buffer *out)
{
    struct json_reader reader;
    enum json_event event;
    json_reader_init(&reader, text, depth_max);
    for (size_t count = 0;; count++) {
        size_t before = reader.offset;
        event = json_next(&reader);
        FUZZ_CHECK(count <= text.size);
        FUZZ_CHECK(reader.depth <= depth_max);
        FUZZ_CHECK(reader.offset >= before && reader.offset <= text.size);
        FUZZ_CHECK((event == JSON_ERROR) == (reader.error != NULL));
        if (event == JSON_ERROR || event == JSON_END)
            break;
        FUZZ_CHECK(reader.offset > before && reader.token_offset < reader.offset);
        if (event == JSON_KEY || event == JSON_STRING || event == JSON_NUMBER)
            FUZZ_CHECK(within(reader.token, text));
        if (event == JSON_KEY || event == JSON_STRING)
            check_text(&reader);
        if (event == JSON_NUMBER)
            check_number(&reader);
        write_event(out, event, &reader);
    }
    FUZZ_CHECK(reader.error_offset <= text.size);
    FUZZ_CHECK(event == JSON_ERROR || (reader.depth == 0 && reader.offset == text.size));
    size_t error_offset = reader.error_offset;
    FUZZ_CHECK(json_next(&reader) == event && reader.error_offset == error_offset);
    return event;
}

/* The text is accepted exactly when its one value can be skipped and the end follows. */
static void check_skip(struct span text, unsigned depth_max, bool accepted)
{
    struct json_reader reader;
    json_reader_init(&reader, text, depth_max);
    bool skipped = json_skip(&reader);
    FUZZ_CHECK((skipped && json_next(&reader) == JSON_END) == accepted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned depth_max = data[0] % (JSON_DEPTH_MAX + 1u);
    char *copy = malloc(size > 1 ? size - 1 : 1); /* exact, so that a byte too far is seen */
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    const struct span text = {copy, size - 1};

    struct buffer plain;
    struct buffer again;
    buffer_init(&plain, SIZE_MAX / 2);
    buffer_init(&again, SIZE_MAX / 2);
    bool accepted = read_all(text, depth_max, &plain) == JSON_END;
    check_skip(text, depth_max, accepted);
    if (accepted) {
        FUZZ_CHECK(utf8_is_valid(text, NULL));
        FUZZ_CHECK(plain.size <= text.size);
        FUZZ_CHECK(read_all(buffer_span(&plain), JSON_DEPTH_MAX, &again) == JSON_END);
        FUZZ_CHECK(span_equal(buffer_span(&plain), buffer_span(&again)));
    }
    buffer_release(&again);
    buffer_release(&plain);
    free(copy);
    return 0;
}
