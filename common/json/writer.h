/* Writes JSON lines into a bounded buffer.
 *
 * A line is begun, filled and ended, its members in the order of the calls. When it does not fit,
 * the failure sticks, json_line_end() reports it, and the buffer is as it was before the line. */
#ifndef COMMON_JSON_WRITER_H
#define COMMON_JSON_WRITER_H

#include <string.h>

#include "common/text/buffer.h"

struct json_writer {
    struct buffer *buffer; /* has the line when it has ended */
    char *next;            /* where the line's next byte goes, in the buffer's memory */
    char *end;             /* of that memory */
    bool failed;
};

/* `{`. Until the line has ended the buffer belongs to the writer. */
void json_line_begin(_Out_ struct json_writer *writer, _Inout_ struct buffer *buffer);

/* `}` and a newline. */
NODISCARD bool json_line_end(_Inout_ struct json_writer *writer);

/* A member: its name, a literal that needs no escaping, and its value. */
#define json_string(writer, name, ...) /* the value may be a compound literal */ \
    (json_name(writer, name), json_put_string(writer, __VA_ARGS__))
#define json_text(writer, name, value) (json_name(writer, name), json_put_text(writer, value))
#define json_uint(writer, name, value) (json_name(writer, name), json_put_uint(writer, value))
#define json_int(writer, name, value) (json_name(writer, name), json_put_int(writer, value))
#define json_bool(writer, name, value) (json_name(writer, name), json_put_bool(writer, value))
#define json_null(writer, name) (json_name(writer, name), json_put_null(writer))
#define json_address(writer, name, value) (json_name(writer, name), json_put_address(writer, value))
#define json_nt_status(writer, name, value) \
    (json_name(writer, name), json_put_nt_status(writer, value))
#define json_object_begin(writer, name) (json_name(writer, name), json_put_object_begin(writer))
#define json_array_begin(writer, name) (json_name(writer, name), json_put_array_begin(writer))
#define json_object_end(writer) json_put_end(writer, '}')
#define json_array_end(writer) json_put_end(writer, ']')

/* A member's name alone, literal or not; its value comes next. */
#define json_name(writer, name) json_put_raw(writer, "\"" name "\":", sizeof("\"" name "\":") - 1)
void json_put_name(_Inout_ struct json_writer *writer, struct span name);

/* A value alone: an array's element, or what follows a name.
 *
 * Strings are UTF-8; data NULL is written as null. Escaped are `"`, `\` and what utf_is_unsafe()
 * says, so that a terminal that shows the line is not driven by it. A malformed byte becomes
 * U+FFFD. */
void json_put_string(_Inout_ struct json_writer *writer, struct span value);
void json_put_text(_Inout_ struct json_writer *writer, const char *value); /* NULL: null */
void json_put_uint(_Inout_ struct json_writer *writer, uint64_t value);
void json_put_int(_Inout_ struct json_writer *writer, int64_t value);
#define json_put_bool(writer, value) json_put_word(writer, (value) ? "true," : "false,")
#define json_put_null(writer) json_put_word(writer, "null,")
#define json_put_address(writer, value) json_put_hex(writer, value, 16)
#define json_put_nt_status(writer, value) json_put_hex(writer, value, 8)
#define json_put_object_begin(writer) json_put_word(writer, "{")
#define json_put_array_begin(writer) json_put_word(writer, "[")

/* For the macros: a word as it is; "0x" and the last `digits` digits, in quotes; a bracket, which
 * takes the place of the comma after the last value. */
void json_put_word(_Inout_ struct json_writer *writer, const char *word);
void json_put_hex(_Inout_ struct json_writer *writer, uint64_t value, size_t digits);
void json_put_end(_Inout_ struct json_writer *writer, char bracket);

/* Appends JSON text, with everything outside ASCII as \uXXXX: for readers with another code page. At
 * most three times its size. Returns buffer_append()'s result. */
bool json_append_ascii(_Inout_ struct buffer *out, struct span json);

/* Makes room for `size` bytes at writer->next. */
bool json_make_room(_Inout_ struct json_writer *writer, size_t size);

/* Bytes as they are. Inline, so that names of known size are copied without a call. */
static inline void json_put_raw(struct json_writer *writer, const char *bytes, size_t size)
{
    if ((size_t)(writer->end - writer->next) < size && !json_make_room(writer, size))
        return;
    memcpy(writer->next, bytes, size);
    writer->next += size;
}

/* Takes back the comma after the value just put, before json_put_raw() copies what follows it. */
static inline void json_drop_comma(struct json_writer *writer)
{
    if (!writer->failed && writer->next[-1] == ',')
        writer->next--;
}

#endif
