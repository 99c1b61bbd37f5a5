/* Writes JSON lines into a bounded buffer.
 *
 * A line is begun, filled and ended; when it does not fit, the failure sticks, json_line_end()
 * takes the whole line back and says so: a buffer never holds half a line. Members come out in the
 * order they are written. `name` is the member's name as a plain literal that needs no escaping, or
 * NULL for an array's element.
 */
#ifndef COMMON_JSON_WRITER_H
#define COMMON_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/buffer.h"

struct json_writer {
    struct buffer *buffer;
    size_t line_offset; /* where the open line begins in the buffer */
    bool failed;        /* the line did not fit */
    bool separate;      /* a comma comes before the next member */
};

/* Begins a line: `{`. */
void json_line_begin(_Out_ struct json_writer *writer, _Inout_ struct buffer *buffer);

/* Ends it: `}` and a newline. Returns false when the line did not fit; the buffer is then as it
 * was. */
NODISCARD bool json_line_end(_Inout_ struct json_writer *writer);

void json_object_begin(_Inout_ struct json_writer *writer, const char *name);
void json_object_end(_Inout_ struct json_writer *writer);
void json_array_begin(_Inout_ struct json_writer *writer, const char *name);
void json_array_end(_Inout_ struct json_writer *writer);

/* value  UTF-8; escaped are `"`, `\`, U+0000 to U+001F and U+007F; a malformed byte is written as
 * U+FFFD, so that the line is valid UTF-8 whatever comes in. */
void json_string(_Inout_ struct json_writer *writer, const char *name, struct span value);
void json_text(_Inout_ struct json_writer *writer, const char *name,
               const char *value); /* NULL: null */
void json_uint(_Inout_ struct json_writer *writer, const char *name, uint64_t value);
void json_int(_Inout_ struct json_writer *writer, const char *name, int64_t value);
void json_bool(_Inout_ struct json_writer *writer, const char *name, bool value);
void json_null(_Inout_ struct json_writer *writer, const char *name);

/* An address: "0x" and 16 lower-case hexadecimal digits. */
void json_address(_Inout_ struct json_writer *writer, const char *name, uint64_t value);

/* An NTSTATUS: "0x" and 8 lower-case hexadecimal digits. */
void json_nt_status(_Inout_ struct json_writer *writer, const char *name, uint32_t value);

#endif
