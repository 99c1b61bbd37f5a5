#include "common/json/reader.h"

#include <string.h>

#include "common/base/assertion.h"
#include "common/text/number.h"
#include "common/text/utf.h"

enum reader_state {
    AT_VALUE,   /* a value must follow */
    AFTER_OPEN, /* the first element or member, or a close */
    AFTER_VALUE /* a comma, a close, or the end of the text */
};

/* Returns JSON_ERROR, for the caller to return. */
static enum json_event fail(struct json_reader *reader, const char *error, size_t offset)
{
    reader->error = error;
    reader->error_offset = offset;
    return JSON_ERROR;
}

/* The byte at `offset`, or -1 at the end. */
static int byte_at(struct span text, size_t offset)
{
    return offset < text.size ? (unsigned char)text.data[offset] : -1;
}

static int next_byte(const struct json_reader *reader)
{
    return byte_at(reader->text, reader->offset);
}

static bool is_space(int byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void skip_space(struct json_reader *reader)
{
    while (is_space(next_byte(reader)))
        reader->offset++;
}

/* True when a number or a word may end before this byte. */
static bool is_delimiter(int byte)
{
    return byte < 0 || is_space(byte) || byte == ',' || byte == ']' || byte == '}';
}

/* --- strings --- */

/* Decodes `\uXXXX`, or two that are a pair of surrogates. On failure *at is the byte that is wrong. */
static const char *decode_unicode(struct span text, size_t *at, char *out, size_t *out_size)
{
    const size_t begin = *at;
    uint16_t units[2] = {0, 0};
    size_t len = 0;
    do {
        *at += 2;
        for (int i = 0; i < 4; i++, (*at)++) {
            int digit = number_hex_digit(byte_at(text, *at));
            if (digit < 0)
                return "four hexadecimal digits must follow \\u";
            units[len] = (uint16_t)(units[len] << 4 | digit);
        }
        len++;
    } while (len == 1 && units[0] >= 0xD800 && units[0] < 0xDC00 && byte_at(text, *at) == '\\' &&
             byte_at(text, *at + 1) == 'u');
    if (utf16_is_lossy(units, len)) {
        *at = begin;
        return "unpaired surrogate";
    }
    *out_size = utf8_from_utf16(out, 4, units, len);
    return NULL;
}

/* Decodes the escape at *at, a backslash, and moves on. Returns NULL, or what is wrong at *at. */
static const char *decode_escape(struct span text, size_t *at, char out[4], size_t *out_size)
{
    static const char meanings[0x80] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    int letter = byte_at(text, *at + 1);
    if (letter == 'u')
        return decode_unicode(text, at, out, out_size);
    if (letter < 0 || letter >= 0x80 || meanings[letter] == 0) {
        *at += 1;
        return letter < 0 ? "string without an end" : "unknown escape";
    }
    *at += 2;
    out[0] = meanings[letter];
    *out_size = 1;
    return NULL;
}

/* Reads a string whose opening quote is next. Returns `event`, or JSON_ERROR. */
static enum json_event read_string(struct json_reader *reader, enum json_event event)
{
    const size_t begin = reader->offset + 1;
    size_t at = begin;
    for (;;) { /* every round moves forward or returns */
        int byte = byte_at(reader->text, at);
        if (byte == '"')
            break;
        if (byte < 0x20)
            return fail(reader,
                        byte < 0 ? "string without an end" : "control character in a string", at);
        if (byte == '\\') {
            char decoded[4];
            size_t size;
            const char *error = decode_escape(reader->text, &at, decoded, &size);
            if (error != NULL)
                return fail(reader, error, at);
        } else if (byte < 0x80) {
            at++;
        } else {
            size_t next = at;
            utf8_next(reader->text, &next);
            if (next - at == 1)
                return fail(reader, "invalid UTF-8", at);
            at = next;
        }
    }
    reader->token = (struct span){reader->text.data + begin, at - begin};
    reader->offset = at + 1;
    return event;
}

/* Unescapes a token into `out`, or only counts when that is NULL. Returns the bytes it gives. */
static size_t unescape(struct span raw, char *out)
{
    size_t size = 0;
    for (size_t at = 0; at < raw.size;) {
        char piece[4] = {raw.data[at]};
        size_t piece_size = 1;
        if (piece[0] == '\\')
            (void)decode_escape(raw, &at, piece, &piece_size); /* read_string() accepted it */
        else
            at++;
        if (out != NULL)
            memcpy(out + size, piece, piece_size);
        size += piece_size;
    }
    return size;
}

bool json_unescape(const struct json_reader *reader, char *out, size_t capacity, size_t *size)
{
    /* an escape is never shorter than its meaning, so that counting is seldom needed */
    if (reader->token.size > capacity && unescape(reader->token, NULL) > capacity)
        return false;
    *size = unescape(reader->token, out);
    return true;
}

/* --- numbers and words --- */

/* Moves past at least one digit. */
static bool skip_digits(struct span text, size_t *at)
{
    size_t begin = *at;
    while (number_is_digit(byte_at(text, *at)))
        (*at)++;
    return *at > begin;
}

static bool skip(struct span text, size_t *at, int byte)
{
    const bool is_there = byte_at(text, *at) == byte;
    *at += is_there;
    return is_there;
}

static enum json_event read_number(struct json_reader *reader)
{
    const struct span text = reader->text;
    size_t at = reader->offset;
    (void)skip(text, &at, '-');
    bool good = skip(text, &at, '0') || skip_digits(text, &at);
    if (good && skip(text, &at, '.'))
        good = skip_digits(text, &at);
    if (good && (skip(text, &at, 'e') || skip(text, &at, 'E'))) {
        (void)(skip(text, &at, '+') || skip(text, &at, '-'));
        good = skip_digits(text, &at);
    }
    if (!good)
        return fail(reader, "a digit must follow", at);
    if (!is_delimiter(byte_at(text, at)))
        return fail(reader, "this cannot follow in a number", at);
    reader->token = (struct span){text.data + reader->offset, at - reader->offset};
    reader->offset = at;
    return JSON_NUMBER;
}

bool json_int64(const struct json_reader *reader, int64_t *value)
{
    const bool is_negative = reader->token.size > 0 && reader->token.data[0] == '-';
    uint64_t magnitude;
    if (!number_from_decimal(span_from(reader->token, is_negative), &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + is_negative)
        return false;
    *value = is_negative && magnitude > 0 ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return true;
}

bool json_uint64(const struct json_reader *reader, uint64_t *value)
{
    const bool is_minus_zero = span_equal(reader->token, SPAN("-0"));
    return number_from_decimal(span_from(reader->token, is_minus_zero), value);
}

static enum json_event read_word(struct json_reader *reader, struct span word,
                                 enum json_event event)
{
    size_t at = reader->offset;
    for (size_t i = 0; i < word.size && byte_at(reader->text, at) == (uint8_t)word.data[i]; i++)
        at++;
    if (at - reader->offset < word.size || !is_delimiter(byte_at(reader->text, at)))
        return fail(reader, "unknown word", at);
    reader->offset = at;
    return event;
}

/* --- structure --- */

static enum json_event open_level(struct json_reader *reader, bool is_object)
{
    if (reader->depth == reader->depth_max)
        return fail(reader, "nested too deeply", reader->offset);
    reader->stack = reader->stack << 1 | (is_object ? 1u : 0u);
    reader->depth++;
    reader->offset++;
    reader->state = AFTER_OPEN;
    return is_object ? JSON_OBJECT_OPEN : JSON_ARRAY_OPEN;
}

static enum json_event close_level(struct json_reader *reader)
{
    const enum json_event event = reader->stack & 1 ? JSON_OBJECT_CLOSE : JSON_ARRAY_CLOSE;
    reader->stack >>= 1;
    reader->depth--;
    reader->offset++;
    reader->state = AFTER_VALUE;
    return event;
}

static enum json_event read_value(struct json_reader *reader)
{
    int byte = next_byte(reader);
    reader->state = AFTER_VALUE;
    switch (byte) {
    case '{':
    case '[':
        return open_level(reader, byte == '{');
    case '"':
        return read_string(reader, JSON_STRING);
    case 't':
        return read_word(reader, SPAN("true"), JSON_TRUE);
    case 'f':
        return read_word(reader, SPAN("false"), JSON_FALSE);
    case 'n':
        return read_word(reader, SPAN("null"), JSON_NULL);
    default:
        if (byte == '-' || number_is_digit(byte))
            return read_number(reader);
        return fail(reader, "a value must be here", reader->offset);
    }
}

/* Reads a member's name and its colon. */
static enum json_event read_key(struct json_reader *reader)
{
    if (next_byte(reader) != '"')
        return fail(reader, "a member name in quotes must be here", reader->offset);
    if (read_string(reader, JSON_KEY) == JSON_ERROR)
        return JSON_ERROR;
    skip_space(reader);
    if (next_byte(reader) != ':')
        return fail(reader, "a colon must be here", reader->offset);
    reader->offset++;
    reader->state = AT_VALUE;
    return JSON_KEY;
}

/* Reads the next member or element of the open object or array, or its close. */
static enum json_event read_inside(struct json_reader *reader)
{
    const bool in_object = (reader->stack & 1) != 0;
    const int byte = next_byte(reader);
    if (byte == (in_object ? '}' : ']'))
        return close_level(reader);
    if (reader->state == AFTER_VALUE) {
        if (byte != ',')
            return fail(reader, in_object ? "`,` or `}` must be here" : "`,` or `]` must be here",
                        reader->offset);
        reader->offset++;
        skip_space(reader);
        reader->token_offset = reader->offset;
    }
    return in_object ? read_key(reader) : read_value(reader);
}

void json_reader_init(struct json_reader *reader, struct span text, unsigned depth_max)
{
    ASSERT(depth_max <= JSON_DEPTH_MAX);
    *reader = (struct json_reader){.text = text, .depth_max = depth_max, .state = AT_VALUE};
}

enum json_event json_next(struct json_reader *reader)
{
    if (reader->error != NULL)
        return JSON_ERROR;
    skip_space(reader);
    reader->token_offset = reader->offset;
    if (reader->state == AT_VALUE)
        return read_value(reader);
    if (reader->depth > 0)
        return read_inside(reader);
    return next_byte(reader) < 0 ? JSON_END : fail(reader, "text after the value", reader->offset);
}

bool json_skip(struct json_reader *reader)
{
    unsigned depth = reader->depth;
    do { /* every event except the error takes at least one byte, and the end is never inside */
        enum json_event event = json_next(reader);
        if (event == JSON_ERROR || event == JSON_END)
            return false;
    } while (reader->depth > depth);
    if (reader->depth < depth)
        fail(reader, "a value must be here", reader->token_offset);
    return reader->depth == depth;
}
