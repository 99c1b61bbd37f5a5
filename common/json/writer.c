#include "common/json/writer.h"

#include "common/text/number.h"
#include "common/text/utf.h"

enum {
    LINE_SIZE_USUAL = 4096, /* room made once for a line; a longer one grows the buffer again */
    ESCAPED_SIZE_MAX = 6    /* what one byte can become */
};

/* What follows the backslash of an escaped byte; 0: the byte is written as it is; 'u': a control
 * character without a letter of its own. */
/* clang-format off */
static const char escapes[0x80] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
    ['"'] = '"', ['\\'] = '\\', [0x7f] = 'u',
};
/* clang-format on */

void json_line_begin(struct json_writer *writer, struct buffer *buffer)
{
    static char none[1]; /* in place of NULL, from which no difference may be taken */
    *writer = (struct json_writer){.buffer = buffer, .next = none, .end = none};
    /* A shorter line may fit where the usual one does not. */
    writer->failed = !buffer_reserve(buffer, LINE_SIZE_USUAL) && !buffer_reserve(buffer, 1);
    if (writer->failed)
        return;
    writer->next = buffer->data + buffer->size;
    writer->end = buffer->data + buffer->capacity;
    *writer->next++ = '{';
}

bool json_make_room(struct json_writer *writer, size_t size)
{
    struct buffer *buffer = writer->buffer;
    if (!writer->failed) {
        const size_t used = (size_t)(writer->next - buffer->data);
        writer->failed = !buffer_reserve(buffer, used - buffer->size + size);
        writer->next = buffer->data + used;
        writer->end = writer->failed ? writer->next : buffer->data + buffer->capacity;
    }
    return !writer->failed;
}

/* Returns the place for a value of `size` bytes, or NULL when it does not fit. The comma after the
 * value is written, and writer->next follows that. */
static char *put(struct json_writer *writer, size_t size)
{
    if ((size_t)(writer->end - writer->next) <= size && !json_make_room(writer, size + 1))
        return NULL;
    char *out = writer->next;
    out[size] = ',';
    writer->next = out + size + 1;
    return out;
}

void json_put_end(struct json_writer *writer, char bracket)
{
    json_drop_comma(writer);
    char *out = put(writer, 1);
    if (out != NULL)
        *out = bracket;
}

bool json_line_end(struct json_writer *writer)
{
    json_put_end(writer, '}');
    if (writer->failed)
        return false;
    writer->next[-1] = '\n';
    writer->buffer->size = (size_t)(writer->next - writer->buffer->data);
    return true;
}

void json_put_name(struct json_writer *writer, struct span name)
{
    json_put_raw(writer, "\"", 1);
    json_put_raw(writer, name.data, name.size);
    json_put_raw(writer, "\":", 2);
}

void json_put_word(struct json_writer *writer, const char *word)
{
    json_put_raw(writer, word, strlen(word));
}

/* Writes the first character of a text as it is or escaped; a malformed byte becomes U+FFFD. *in
 * moves on. Returns the end of the at most ESCAPED_SIZE_MAX bytes. */
static char *put_character(char *out, const char **in, const char *end)
{
    const char *begin = *in;
    const unsigned char byte = (unsigned char)*begin;
    if (byte > 0xC2 && byte < 0xD8 && end - begin > 1 && utf8_is_continuation(begin[1])) {
        memcpy(out, begin, 2); /* U+00C0 to U+05FF: none is unsafe, and most letters are here */
        *in = begin + 2;
        return out + 2;
    }
    size_t size = 0;
    uint32_t code_point = utf8_next((struct span){begin, (size_t)(end - begin)}, &size);
    *in = begin + size;
    const char letter = code_point < 0x80           ? escapes[code_point]
                        : utf_is_unsafe(code_point) ? 'u'
                                                    : 0;
    if (letter == 0)
        return out + utf8_encode(out, code_point);
    *out++ = '\\';
    *out++ = letter;
    return letter == 'u' ? number_put_hex(out, code_point, 4) : out;
}

/* Marks the bytes of a word that are not written as they are: above 0x7e, below the space, a quote
 * or a backslash. The lowest bit set is the top bit of the first such byte; a carry or a borrow may
 * set bits above it. */
static uint64_t special_bytes(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t quote = word ^ ones * '"';
    const uint64_t backslash = word ^ ones * '\\';
    uint64_t special =
        word | (word + ones) | (word - ones * 0x20) | (quote - ones) | (backslash - ones);
    return special & ones * 0x80;
}

/* The bytes of a word before the first marked one. In memory the lowest come first: all processors
 * that run Windows are little endian. The product has the byte of the factor with that number on top. */
static size_t bytes_before(uint64_t marks)
{
#if defined(__GNUC__)
    return (size_t)__builtin_ctzll(marks) / 8;
#else
    const uint64_t first = (marks & (0 - marks)) >> 7;
    return (size_t)(first * UINT64_C(0x0001020304050607) >> 56);
#endif
}

/* Writes a text, escaped, into `out`, which has room for the worst. Returns its end. */
static char *put_characters(char *out, const char *in, const char *end)
{
    enum { WORD_SIZE = 8 };
    while (end - in >= WORD_SIZE) {
        uint64_t word;
        memcpy(&word, in, WORD_SIZE);
        memcpy(out, &word, WORD_SIZE);
        uint64_t marks = special_bytes(word);
        if (marks == 0) {
            out += WORD_SIZE;
            in += WORD_SIZE;
            continue;
        }
        size_t plain = bytes_before(marks);
        out += plain;
        in += plain;
        if (*in == '\\') { /* the usual one, in paths */
            memcpy(out, "\\\\", 2);
            out += 2;
            in++;
        } else {
            out = put_character(out, &in, end);
        }
    }
    while (in < end) {
        if ((unsigned char)*in < 0x80 && escapes[(unsigned char)*in] == 0)
            *out++ = *in++;
        else
            out = put_character(out, &in, end);
    }
    return out;
}

void json_put_string(struct json_writer *writer, struct span value)
{
    if (value.data == NULL) {
        json_put_null(writer);
        return;
    }
    const char *in = value.data;
    const char *const end = in + value.size;
    if (value.size < (size_t)(writer->end - writer->next) / ESCAPED_SIZE_MAX) {
        *writer->next++ = '"';
        writer->next = put_characters(writer->next, in, end);
        *writer->next++ = '"';
        *writer->next++ = ',';
        return;
    }
    json_put_raw(writer, "\"", 1); /* there may be room all the same */
    while (in < end && !writer->failed) {
        char character[ESCAPED_SIZE_MAX];
        size_t size = (size_t)(put_character(character, &in, end) - character);
        json_put_raw(writer, character, size);
    }
    json_put_raw(writer, "\",", 2);
}

void json_put_text(struct json_writer *writer, const char *value)
{
    json_put_string(writer, value != NULL ? span_from_string(value) : (struct span){NULL, 0});
}

void json_put_uint(struct json_writer *writer, uint64_t value)
{
    size_t size = number_decimal_size(value);
    char *out = put(writer, size);
    if (out != NULL)
        number_put_digits(out, value, size);
}

void json_put_int(struct json_writer *writer, int64_t value)
{
    if (value < 0)
        json_put_raw(writer, "-", 1);
    json_put_uint(writer, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_put_hex(struct json_writer *writer, uint64_t value, size_t digits)
{
    char *out = put(writer, digits + 4);
    if (out == NULL)
        return;
    memcpy(out, "\"0x", 3);
    *number_put_hex(out + 3, value, digits) = '"';
}

bool json_append_ascii(struct buffer *out, struct span json)
{
    for (size_t offset = 0; offset < json.size;) {
        const size_t plain = offset;
        while (offset < json.size && (unsigned char)json.data[offset] < 0x80)
            offset++;
        (void)buffer_append(out, (struct span){json.data + plain, offset - plain});
        if (offset == json.size)
            break;
        uint16_t units[2];
        const char *const character = json.data + offset;
        (void)utf8_next(json, &offset);
        const size_t size = (size_t)(json.data + offset - character);
        const size_t len = utf16_from_utf8(units, 2, (struct span){character, size});
        for (size_t i = 0; i < len; i++)
            buffer_format(out, "\\u%04x", units[i]);
    }
    return !out->failed;
}
