#include "common/json/writer.h"

#include "common/text/number.h"
#include "common/text/utf.h"

#if defined(_MSC_VER)
#include <intrin.h>
#endif

enum {
    ROW_SIZE_USUAL = 4096, /* room made once for a line; a longer one grows the buffer again */
    ESCAPED_SIZE_MAX = 6   /* what one byte can become */
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

/* Points the writer at the end of the line in the buffer's memory, which may have moved. */
static void take_memory(struct json_writer *writer, size_t line_size)
{
    static char none[1]; /* in place of NULL, from which no difference may be taken */
    const struct buffer *buffer = writer->buffer;
    char *data = buffer->data != NULL ? buffer->data : none;
    writer->next = data + buffer->size + line_size;
    writer->end = data + buffer->capacity;
}

bool json_make_room(struct json_writer *writer, size_t size)
{
    struct buffer *buffer = writer->buffer;
    size_t line_size =
        buffer->data != NULL ? (size_t)(writer->next - buffer->data) - buffer->size : 0;
    size_t need;
    if (!writer->failed && size_add(line_size, size, &need) && buffer_reserve(buffer, need)) {
        take_memory(writer, line_size);
        return true;
    }
    writer->failed = true;
    writer->end = writer->next; /* nothing more fits */
    return false;
}

/* Returns the place for a value of `size` bytes and its comma, or NULL when they do not fit. The
 * comma is written; writer->next follows it. */
static char *put(struct json_writer *writer, size_t size)
{
    if ((size_t)(writer->end - writer->next) <= size && !json_make_room(writer, size + 1))
        return NULL;
    char *out = writer->next;
    out[size] = ',';
    writer->next = out + size + 1;
    return out;
}

/* Ends an object or an array; the comma after its last value goes. */
static void close_level(struct json_writer *writer, char bracket)
{
    json_drop_comma(writer);
    char *out = put(writer, 1);
    if (out != NULL)
        *out = bracket;
}

void json_line_begin(struct json_writer *writer, struct buffer *buffer)
{
    *writer = (struct json_writer){.buffer = buffer};
    if (!buffer_reserve(buffer, ROW_SIZE_USUAL)) /* a smaller one may fit */
        writer->failed = buffer_failed(buffer);
    take_memory(writer, 0);
    if (writer->failed)
        writer->end = writer->next;
    json_put_raw(writer, "{", 1);
}

bool json_line_end(struct json_writer *writer)
{
    close_level(writer, '}');
    if (writer->failed)
        return false;
    writer->next[-1] = '\n';
    writer->buffer->size = (size_t)(writer->next - writer->buffer->data);
    return true;
}

void json_object_end(struct json_writer *writer)
{
    close_level(writer, '}');
}

void json_array_end(struct json_writer *writer)
{
    close_level(writer, ']');
}

void json_put_object_begin(struct json_writer *writer)
{
    json_put_raw(writer, "{", 1);
}

void json_put_array_begin(struct json_writer *writer)
{
    json_put_raw(writer, "[", 1);
}

void json_put_name(struct json_writer *writer, struct span name)
{
    json_put_raw(writer, "\"", 1);
    json_put_raw(writer, name.data, name.size);
    json_put_raw(writer, "\":", 2);
}

/* Escapes the first character of a text: an ASCII byte to escape, a character above ASCII, or a
 * malformed byte. Returns the place after it; *in moves on. */
static char *put_special(char *out, const char **in, const char *end)
{
    const char *begin = *in;
    const unsigned char byte = (unsigned char)*begin;
    if (byte < 0x80) {
        *in = begin + 1;
        *out++ = '\\';
        *out++ = escapes[byte];
        return escapes[byte] != 'u' ? out : number_put_hex(out, byte, 4);
    }
    if (byte > 0xC2 && byte < 0xD8 && end - begin > 1 && utf8_is_continuation(begin[1])) {
        memcpy(out, begin, 2); /* U+00C0 to U+05FF: none is unsafe, and most letters are here */
        *in = begin + 2;
        return out + 2;
    }
    size_t size = 0;
    uint32_t code_point = utf8_next((struct span){begin, (size_t)(end - begin)}, &size);
    *in = begin + size;
    if (utf_is_unsafe(code_point)) {
        *out++ = '\\';
        *out++ = 'u';
        return number_put_hex(out, code_point, 4);
    }
    if (size == 1) /* malformed: U+FFFD */
        return out + utf8_encode(out, code_point);
    for (size_t i = 0; i < size; i++)
        *out++ = begin[i];
    return out;
}

static bool is_plain(char byte)
{
    return (unsigned char)byte < 0x80 && escapes[(unsigned char)byte] == 0;
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
 * that run Windows are little endian. */
static size_t bytes_before(uint64_t marks)
{
#if defined(_MSC_VER)
    unsigned long index;
    _BitScanForward64(&index, marks);
    return index / 8;
#else
    return (size_t)__builtin_ctzll(marks) / 8;
#endif
}

/* Escapes into `out`, which has room for all. Returns the place after it. */
static char *escape(char *out, struct span value)
{
    enum { WORD_SIZE = 8 };
    const char *in = value.data;
    const char *const end = in + value.size;
    while (end - in >= WORD_SIZE) {
        uint64_t word;
        memcpy(&word, in, WORD_SIZE);
        memcpy(out, &word, WORD_SIZE); /* has room: what is escaped never becomes shorter */
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
            out = put_special(out, &in, end);
        }
    }
    while (in < end) {
        if (is_plain(*in))
            *out++ = *in++;
        else
            out = put_special(out, &in, end);
    }
    return out;
}

/* The bytes that escape() writes. */
static size_t escaped_size(struct span value)
{
    const char *in = value.data;
    const char *const end = in + value.size;
    size_t size = 0;
    while (in < end) {
        char special[ESCAPED_SIZE_MAX];
        if (is_plain(*in)) {
            in++;
            size++;
        } else {
            size += (size_t)(put_special(special, &in, end) - special);
        }
    }
    return size;
}

void json_put_string(struct json_writer *writer, struct span value)
{
    if (value.data == NULL) {
        json_put_null(writer);
        return;
    }
    /* Where there is room for the worst, nothing needs counting. */
    size_t room = (size_t)(writer->end - writer->next);
    if (value.size >= room / ESCAPED_SIZE_MAX) {
        size_t size = escaped_size(value) + 3;
        if (size > room && !json_make_room(writer, size))
            return;
    }
    char *out = writer->next;
    *out++ = '"';
    out = escape(out, value);
    *out++ = '"';
    *out++ = ',';
    writer->next = out;
}

void json_put_text(struct json_writer *writer, const char *value)
{
    if (value == NULL)
        json_put_null(writer);
    else
        json_put_string(writer, span_from_string(value));
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

void json_put_bool(struct json_writer *writer, bool value)
{
    json_put_raw(writer, value ? "true," : "false,", value ? 5 : 6);
}

void json_put_null(struct json_writer *writer)
{
    json_put_raw(writer, "null,", 5);
}

/* "0x" and the last `digits` digits, in quotes. */
static void put_hex(struct json_writer *writer, uint64_t value, size_t digits)
{
    char *out = put(writer, digits + 4);
    if (out == NULL)
        return;
    memcpy(out, "\"0x", 3);
    *number_put_hex(out + 3, value, digits) = '"';
}

void json_put_address(struct json_writer *writer, uint64_t value)
{
    put_hex(writer, value, NUMBER_HEX_SIZE_MAX);
}

void json_put_nt_status(struct json_writer *writer, uint32_t value)
{
    put_hex(writer, value, 8);
}
