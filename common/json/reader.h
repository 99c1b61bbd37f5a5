/* A strict JSON pull reader (RFC 8259) over one complete text in memory.
 *
 * Nothing is allocated and nothing recurses: nesting is a bit stack. No extension is accepted: no
 * comments, trailing commas, leading zeros or NaN, no control characters or bad UTF-8 in strings, no
 * lone \u surrogates, no NUL (but \u0000), no text after the value. */
#ifndef COMMON_JSON_READER_H
#define COMMON_JSON_READER_H

#include "common/text/span.h"

enum { JSON_DEPTH_MAX = 32 }; /* the size of the bit stack; depth_max may be smaller */

enum json_event {
    JSON_ERROR, /* see error and error_offset */
    JSON_END,   /* the value is complete and only white space follows */
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
    const char *error;   /* static text; NULL without an error */
    size_t error_offset; /* of the first byte that cannot be there, or the size of the text */
    uint32_t stack;      /* one bit for each open level: 1 object, 0 array */
    unsigned depth;      /* open levels */
    unsigned depth_max;
    unsigned state; /* private to reader.c */
};

/* text  Must stay valid and unchanged while reading. depth_max is at most JSON_DEPTH_MAX. */
void json_reader_init(_Out_ struct json_reader *reader, struct span text, unsigned depth_max);

/* The next event. JSON_END and JSON_ERROR are returned again by every later call. */
enum json_event json_next(_Inout_ struct json_reader *reader);

/* Skips the value that the next event begins: a scalar, or an array or object with its content. To
 * be called after JSON_KEY or inside an array. Returns false on error. */
NODISCARD bool json_skip(_Inout_ struct json_reader *reader);

/* Unescapes the token of the last JSON_KEY or JSON_STRING, without a terminator; the text may contain
 * NUL. Returns false, outputs untouched, when it needs more than `capacity` bytes. */
NODISCARD bool json_unescape(const struct json_reader *reader, char *out, size_t capacity,
                             _Out_ size_t *size);

/* Reads the token of the last JSON_NUMBER as an integer. Returns false, output untouched, for a
 * fraction, an exponent, or a value that does not fit. */
NODISCARD bool json_int64(_In_ const struct json_reader *reader, _Out_ int64_t *value);
NODISCARD bool json_uint64(_In_ const struct json_reader *reader, _Out_ uint64_t *value);

#endif
