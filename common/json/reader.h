/* A strict JSON pull reader (RFC 8259) over one complete text in memory.
 *
 * Nothing is allocated and nothing recurses: nesting is a bit stack bounded by `depth_max`. The
 * first error sticks: every later call answers JSON_ERROR. Refused are all extensions: comments,
 * trailing commas, leading zeros, NaN, control characters and bad UTF-8 in strings, lone \u
 * surrogates, NUL (also as \u0000), text behind the value.
 */
#ifndef COMMON_JSON_READER_H
#define COMMON_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/span.h"

enum { JSON_DEPTH_MAX = 32 }; /* the bit stack's size; depth_max may be smaller */

enum json_event {
    JSON_ERROR, /* see error and error_offset */
    JSON_END,   /* the one value is complete and only white space follows */
    JSON_OBJECT_OPEN,
    JSON_OBJECT_CLOSE,
    JSON_ARRAY_OPEN,
    JSON_ARRAY_CLOSE,
    JSON_KEY, /* a member's name; its value is the next event */
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};

struct json_reader {
    struct span text;
    size_t offset;       /* of the next byte to read */
    size_t token_offset; /* where the last event's token begins */
    struct span token;   /* raw text of the last key, string (both without quotes) or number */
    const char *error;   /* static text, NULL while all is well */
    size_t error_offset; /* bytes from the start of `text` */
    uint32_t stack;      /* one bit per open level: 1 object, 0 array */
    unsigned depth;      /* open levels */
    unsigned depth_max;
    unsigned state; /* private to json_reader.c */
};

/* text  Must stay valid and unchanged while reading. depth_max is at most JSON_DEPTH_MAX. */
void json_reader_init(_Out_ struct json_reader *reader, struct span text, unsigned depth_max);

/* The next event. Behind JSON_END and JSON_ERROR the same answer is given again. */
enum json_event json_next(_Inout_ struct json_reader *reader);

/* Skips the value that the next event begins: a scalar, or an array or object with all it holds. To
 * be called after JSON_KEY or inside an array. Returns false on error. */
NODISCARD bool json_skip(_Inout_ struct json_reader *reader);

/* Unescapes the token of the last JSON_KEY or JSON_STRING.
 * Returns false, outputs untouched, when it needs more than `capacity` bytes. No terminator is
 * written. */
NODISCARD bool json_unescape(_In_ const struct json_reader *reader,
                             _Out_writes_bytes_to_(capacity, *size) char *out, size_t capacity,
                             _Out_ size_t *size);

/* Reads the token of the last JSON_NUMBER as an integer.
 * Returns false, output untouched, for a fraction, an exponent, or a value outside int64. */
NODISCARD bool json_int64(_In_ const struct json_reader *reader, _Out_ int64_t *value);

/* The same for 0 to 2^64-1. */
NODISCARD bool json_uint64(_In_ const struct json_reader *reader, _Out_ uint64_t *value);

#endif
