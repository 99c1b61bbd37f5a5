/* What the tokens of json_reader.c mean. The reader has checked them: every escape is whole. */
#include <string.h>

#include "common/json/reader.h"
#include "common/text/number.h"
#include "common/text/utf.h"

static uint32_t hex_unit(const char *digits)
{
    uint32_t unit = 0;
    for (size_t i = 0; i < 4; i++)
        unit = unit << 4 | (uint32_t)number_hex_digit(digits[i]);
    return unit;
}

static char escaped_byte(char letter)
{
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter; /* the quote, the backslash and the slash are themselves */
    }
}

/* Decodes the escape at raw[0], a backslash. Returns its size there; *out_size is what it gives. */
static size_t decode_escape(const char *raw, char out[4], size_t *out_size)
{
    if (raw[1] != 'u') {
        out[0] = escaped_byte(raw[1]);
        *out_size = 1;
        return 2;
    }
    uint32_t unit = hex_unit(raw + 2);
    if (unit < 0xD800 || unit > 0xDFFF) {
        *out_size = utf8_encode(out, unit);
        return 6;
    }
    uint32_t low = hex_unit(raw + 8);
    *out_size = utf8_encode(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
    return 12;
}

/* Unescapes into `out`, or only counts when that is NULL. Returns the bytes it gives. */
static size_t unescape(struct span raw, char *out)
{
    size_t size = 0;
    for (size_t at = 0; at < raw.size;) {
        char piece[4] = {raw.data[at]};
        size_t piece_size = 1;
        at += piece[0] == '\\' ? decode_escape(raw.data + at, piece, &piece_size) : 1;
        if (out != NULL)
            memcpy(out + size, piece, piece_size);
        size += piece_size;
    }
    return size;
}

bool json_unescape(const struct json_reader *reader, char *out, size_t capacity, size_t *size)
{
    /* an escape is never shorter than what it stands for, so mostly nothing needs counting */
    if (reader->token.size > capacity && unescape(reader->token, NULL) > capacity)
        return false;
    *size = unescape(reader->token, out);
    return true;
}

static bool parse_integer(struct span token, bool *negative, uint64_t *magnitude)
{
    *negative = token.size > 0 && token.data[0] == '-';
    return number_from_decimal(span_from(token, *negative ? 1 : 0), magnitude);
}

bool json_int64(const struct json_reader *reader, int64_t *value)
{
    bool negative;
    uint64_t magnitude;
    if (!parse_integer(reader->token, &negative, &magnitude))
        return false;
    if (negative && magnitude == (uint64_t)INT64_MAX + 1) {
        *value = INT64_MIN;
        return true;
    }
    if (magnitude > INT64_MAX)
        return false;
    *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

bool json_uint64(const struct json_reader *reader, uint64_t *value)
{
    bool negative;
    uint64_t magnitude;
    if (!parse_integer(reader->token, &negative, &magnitude) || (negative && magnitude != 0))
        return false;
    *value = magnitude;
    return true;
}
