#include "common/json/writer.h"

#include <string.h>

#include "common/text/utf.h"

enum {
    DECIMAL_SIZE_MAX = 20, /* of 2^64-1; a minus sign is apart */
    HEX_DIGIT_BITS = 4,
    ESCAPED_SIZE_MAX = 6 /* what one byte can become */
};

static const char hex_digits[] = "0123456789abcdef";

/* What follows the backslash of an escaped byte; 0: the byte is written as it is; 'u': a control
 * character without a letter of its own. */
/* clang-format off */
static const char escapes[0x80] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
    ['"'] = '"', ['\\'] = '\\', [0x7f] = 'u',
};
/* clang-format on */

/* Makes room for `size` bytes. Returns the place for them, which the caller fills, or NULL when the
 * line does not fit. */
static char *put(struct json_writer *writer, size_t size)
{
    struct buffer *buffer = writer->buffer;
    if (writer->failed)
        return NULL;
    if (size > buffer->capacity - buffer->size && !buffer_reserve(buffer, size)) {
        writer->failed = true;
        return NULL;
    }
    char *out = buffer->data + buffer->size;
    buffer->size += size;
    return out;
}

static void put_byte(struct json_writer *writer, char byte)
{
    char *out = put(writer, 1);
    if (out != NULL)
        *out = byte;
}

/* Writes what comes before a value, comma, name and colon, and makes room for `size` bytes. Returns
 * the place for them, or NULL when they do not fit. */
static char *put_named(struct json_writer *writer, const char *name, size_t size)
{
    size_t comma_size = writer->separate ? 1 : 0;
    size_t name_size = name != NULL ? strlen(name) : 0;
    size_t frame_size = name != NULL ? 3 : 0; /* two quotes and a colon */
    writer->separate = true;
    char *out = put(writer, comma_size + frame_size + name_size + size);
    if (out == NULL)
        return NULL;
    if (comma_size > 0)
        *out++ = ',';
    if (name == NULL)
        return out;
    *out++ = '"';
    memcpy(out, name, name_size);
    out += name_size;
    *out++ = '"';
    *out++ = ':';
    return out;
}

static void put_value(struct json_writer *writer, const char *name, const char *text, size_t size)
{
    char *out = put_named(writer, name, size);
    if (out != NULL)
        memcpy(out, text, size);
}

/* Escapes the first character of the rest of a text: an ASCII byte to escape, a character above
 * ASCII, or a malformed byte. Returns the place behind it; *offset moves on. */
static char *put_special(char *out, struct span value, size_t *offset)
{
    unsigned char byte = (unsigned char)value.data[*offset];
    if (byte >= 0x80)
        return out + utf8_encode(out, utf8_next(value, offset)); /* U+FFFD when malformed */
    (*offset)++;
    *out++ = '\\';
    *out++ = escapes[byte];
    if (escapes[byte] != 'u')
        return out;
    *out++ = '0';
    *out++ = '0';
    *out++ = hex_digits[byte >> HEX_DIGIT_BITS];
    *out++ = hex_digits[byte & 0xF];
    return out;
}

static bool is_plain(char byte)
{
    return (unsigned char)byte < 0x80 && escapes[(unsigned char)byte] == 0;
}

/* True when eight bytes are all written as they are. Each term has the top bit of a byte set when
 * that byte is above ASCII, below the space, or equal to one of the three. */
static bool is_plain_word(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t quote = word ^ ones * '"';
    const uint64_t backslash = word ^ ones * '\\';
    const uint64_t del = word ^ ones * 0x7f;
    uint64_t special =
        word | (word - ones * 0x20) | (quote - ones) | (backslash - ones) | (del - ones);
    return (special & ones * 0x80) == 0;
}

/* Escapes into `out`, which has room for all. Returns the place behind it. */
static char *escape(char *out, struct span value)
{
    enum { WORD_SIZE = 8 };
    for (size_t offset = 0; offset < value.size;) {
        uint64_t word;
        while (value.size - offset >= WORD_SIZE) {
            memcpy(&word, value.data + offset, WORD_SIZE);
            if (!is_plain_word(word))
                break;
            memcpy(out, &word, WORD_SIZE);
            out += WORD_SIZE;
            offset += WORD_SIZE;
        }
        while (offset < value.size && is_plain(value.data[offset]))
            *out++ = value.data[offset++];
        if (offset < value.size)
            out = put_special(out, value, &offset);
    }
    return out;
}

/* The bytes that escape() writes. */
static size_t escaped_size(struct span value)
{
    size_t size = 0;
    for (size_t offset = 0; offset < value.size;) {
        char special[ESCAPED_SIZE_MAX];
        if (!is_plain(value.data[offset])) {
            size += (size_t)(put_special(special, value, &offset) - special);
        } else {
            size++;
            offset++;
        }
    }
    return size;
}

/* Digits from the end of `digits` on. Returns how many. */
static size_t format_decimal(char digits[DECIMAL_SIZE_MAX], uint64_t value)
{
    size_t begin = DECIMAL_SIZE_MAX;
    do {
        digits[--begin] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return DECIMAL_SIZE_MAX - begin;
}

static void put_decimal(struct json_writer *writer, const char *name, bool negative, uint64_t value)
{
    char digits[DECIMAL_SIZE_MAX];
    size_t size = format_decimal(digits, value);
    char *out = put_named(writer, name, size + (negative ? 1 : 0));
    if (out == NULL)
        return;
    if (negative)
        *out++ = '-';
    memcpy(out, digits + DECIMAL_SIZE_MAX - size, size);
}

/* "0x" and all the digits of a value that has `digits` of them, in quotes. */
static void put_hex(struct json_writer *writer, const char *name, uint64_t value, size_t digits)
{
    char *out = put_named(writer, name, digits + 4);
    if (out == NULL)
        return;
    out[0] = '"';
    out[1] = '0';
    out[2] = 'x';
    for (size_t i = digits; i > 0; i--) {
        out[2 + i] = hex_digits[value & 0xF];
        value >>= HEX_DIGIT_BITS;
    }
    out[3 + digits] = '"';
}

static void open_level(struct json_writer *writer, const char *name, char bracket)
{
    put_value(writer, name, &bracket, 1);
    writer->separate = false;
}

static void close_level(struct json_writer *writer, char bracket)
{
    put_byte(writer, bracket);
    writer->separate = true;
}

void json_line_begin(struct json_writer *writer, struct buffer *buffer)
{
    *writer = (struct json_writer){.buffer = buffer, .line_offset = buffer->size};
    put_byte(writer, '{');
}

bool json_line_end(struct json_writer *writer)
{
    put_byte(writer, '}');
    put_byte(writer, '\n');
    if (writer->failed)
        writer->buffer->size = writer->line_offset;
    return !writer->failed;
}

void json_object_begin(struct json_writer *writer, const char *name)
{
    open_level(writer, name, '{');
}

void json_object_end(struct json_writer *writer)
{
    close_level(writer, '}');
}

void json_array_begin(struct json_writer *writer, const char *name)
{
    open_level(writer, name, '[');
}

void json_array_end(struct json_writer *writer)
{
    close_level(writer, ']');
}

void json_string(struct json_writer *writer, const char *name, struct span value)
{
    put_named(writer, name, 0);
    struct buffer *buffer = writer->buffer;
    /* Where memory for the worst is at hand, nothing needs counting. */
    bool roomy = value.size < (buffer->capacity - buffer->size) / ESCAPED_SIZE_MAX;
    char *out = put(writer, 2 + (roomy ? value.size * ESCAPED_SIZE_MAX : escaped_size(value)));
    if (out == NULL)
        return;
    *out++ = '"';
    out = escape(out, value);
    *out++ = '"';
    buffer->size = (size_t)(out - buffer->data);
}

void json_text(struct json_writer *writer, const char *name, const char *value)
{
    if (value == NULL)
        json_null(writer, name);
    else
        json_string(writer, name, span_from_string(value));
}

void json_uint(struct json_writer *writer, const char *name, uint64_t value)
{
    put_decimal(writer, name, false, value);
}

void json_int(struct json_writer *writer, const char *name, int64_t value)
{
    put_decimal(writer, name, value < 0, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_bool(struct json_writer *writer, const char *name, bool value)
{
    put_value(writer, name, value ? "true" : "false", value ? 4 : 5);
}

void json_null(struct json_writer *writer, const char *name)
{
    put_value(writer, name, "null", 4);
}

void json_address(struct json_writer *writer, const char *name, uint64_t value)
{
    put_hex(writer, name, value, 16);
}

void json_nt_status(struct json_writer *writer, const char *name, uint32_t value)
{
    put_hex(writer, name, value, 8);
}
