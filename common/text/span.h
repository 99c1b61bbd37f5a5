/* Bytes that belong to somebody else: a pointer and a size.
 *
 * Text in lsmap is UTF-8 that carries its size; a terminator is added only for the last call into
 * Win32 or the C library. A span owns nothing and is passed by value.
 */
#ifndef COMMON_TEXT_SPAN_H
#define COMMON_TEXT_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
    const char *data; /* may be NULL when size is 0 */
    size_t size;      /* bytes */
};

/* A string literal as a span, without its terminator. */
#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

/* A terminated string as a span. */
struct span span_from_string(const char *text);

bool span_equal(struct span a, struct span b);

/* True when `span` begins with `prefix`; the empty prefix begins everything. */
bool span_starts_with(struct span span, struct span prefix);

/* The bytes from `offset` on; `offset` must not be above the size. */
struct span span_from(struct span span, size_t offset);

/* A-Z as a-z, any other byte as it is. */
char ascii_lower(char byte);

/* Same letters, A-Z taken as a-z; bytes above 0x7f are compared as they are. For protocol and
 * command words, never for paths: those are compared by fold.h. */
bool span_equal_ascii_nocase(struct span a, struct span b);

/* Adds without wrapping. Returns false, `sum` untouched, when the result does not fit. */
bool size_add(size_t a, size_t b, size_t *sum);
bool size_mul(size_t a, size_t b, size_t *product);

#endif
