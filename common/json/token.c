#include "common/json/token.h"

#include "common/text/number.h"
#include "common/text/utf.h"

enum json_event json_fail(struct json_reader *reader, const char *error, size_t offset)
{
    reader->error = error;
    reader->error_offset = offset;
    return JSON_ERROR;
}

int json_peek(const struct json_reader *reader, size_t offset)
{
    return offset < reader->text.size ? (unsigned char)reader->text.data[offset] : -1;
}

static bool is_space(int byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

void json_skip_space(struct json_reader *reader)
{
    while (is_space(json_peek(reader, reader->offset)))
        reader->offset++;
}

/* True when a number or a word may end before this byte. */
static bool is_delimiter(int byte)
{
    return byte < 0 || is_space(byte) || byte == ',' || byte == ']' || byte == '}';
}

/* Reads `\uXXXX` at `offset`. */
static bool read_unit(struct json_reader *reader, size_t offset, uint32_t *unit)
{
    uint32_t value = 0;
    for (size_t at = offset + 2; at < offset + 6; at++) {
        int digit = number_hex_digit(json_peek(reader, at));
        if (digit < 0) {
            json_fail(reader, "four hexadecimal digits must follow \\u", at);
            return false;
        }
        value = value << 4 | (uint32_t)digit;
    }
    *unit = value;
    return true;
}

/* Reads one or two `\uXXXX` at `*at` and moves behind. */
static bool read_unicode_escape(struct json_reader *reader, size_t *at)
{
    uint32_t unit;
    if (!read_unit(reader, *at, &unit))
        return false;
    if (unit == 0) {
        json_fail(reader, "\\u0000 is not allowed", *at);
        return false;
    }
    if (unit < 0xD800 || unit > 0xDFFF) {
        *at += 6;
        return true;
    }
    uint32_t low = 0;
    if (unit < 0xDC00 && json_peek(reader, *at + 6) == '\\' && json_peek(reader, *at + 7) == 'u' &&
        !read_unit(reader, *at + 6, &low))
        return false;
    if (low < 0xDC00 || low > 0xDFFF) {
        json_fail(reader, "unpaired surrogate", *at);
        return false;
    }
    *at += 12;
    return true;
}

/* Reads the escape at `*at`, where the backslash is, and moves behind. */
static bool read_escape(struct json_reader *reader, size_t *at)
{
    switch (json_peek(reader, *at + 1)) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        *at += 2;
        return true;
    case 'u':
        return read_unicode_escape(reader, at);
    case -1:
        json_fail(reader, "string without an end", *at + 1);
        return false;
    default:
        json_fail(reader, "unknown escape", *at + 1);
        return false;
    }
}

enum json_event json_read_string(struct json_reader *reader, enum json_event event)
{
    size_t begin = reader->offset + 1;
    size_t at = begin;
    for (;;) { /* every round moves forward or returns */
        int byte = json_peek(reader, at);
        if (byte == '"') {
            reader->token = (struct span){reader->text.data + begin, at - begin};
            reader->offset = at + 1;
            return event;
        }
        if (byte < 0x20)
            return json_fail(
                reader, byte < 0 ? "string without an end" : "control character in a string", at);
        if (byte == '\\') {
            if (!read_escape(reader, &at))
                return JSON_ERROR;
        } else if (byte < 0x80) {
            at++;
        } else {
            size_t next = at;
            utf8_next(reader->text, &next);
            if (next - at == 1)
                return json_fail(reader, "invalid UTF-8", at);
            at = next;
        }
    }
}

/* Moves behind at least one digit. */
static bool skip_digits(const struct json_reader *reader, size_t *at)
{
    size_t begin = *at;
    while (number_is_digit(json_peek(reader, *at)))
        (*at)++;
    return *at > begin;
}

enum json_event json_read_number(struct json_reader *reader)
{
    size_t at = reader->offset;
    if (json_peek(reader, at) == '-')
        at++;
    if (json_peek(reader, at) == '0')
        at++;
    else if (!skip_digits(reader, &at))
        return json_fail(reader, "a digit must follow", at);
    if (json_peek(reader, at) == '.') {
        at++;
        if (!skip_digits(reader, &at))
            return json_fail(reader, "a digit must follow", at);
    }
    if (json_peek(reader, at) == 'e' || json_peek(reader, at) == 'E') {
        at++;
        if (json_peek(reader, at) == '+' || json_peek(reader, at) == '-')
            at++;
        if (!skip_digits(reader, &at))
            return json_fail(reader, "a digit must follow", at);
    }
    if (!is_delimiter(json_peek(reader, at)))
        return json_fail(reader, "this cannot follow here in a number", at);
    reader->token = span_from(reader->text, reader->offset);
    reader->token.size = at - reader->offset;
    reader->offset = at;
    return JSON_NUMBER;
}

enum json_event json_read_word(struct json_reader *reader, struct span word, enum json_event event)
{
    size_t at = reader->offset;
    for (size_t i = 0; i < word.size; i++, at++) {
        if (json_peek(reader, at) != (unsigned char)word.data[i])
            return json_fail(reader, "unknown word", at);
    }
    if (!is_delimiter(json_peek(reader, at)))
        return json_fail(reader, "unknown word", at);
    reader->offset = at;
    return event;
}
