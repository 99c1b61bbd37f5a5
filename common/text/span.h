/* Bytes that belong to someone else: a pointer and a size, passed by value.
 *
 * Text in lsmap is UTF-8 with its size; a terminator is added only for the last call into Win32 or
 * the C library. */
#ifndef COMMON_TEXT_SPAN_H
#define COMMON_TEXT_SPAN_H

#include "common/base/annotations.h"

struct span {
    const char *data; /* may be NULL when size is 0 */
    size_t size;      /* bytes */
};

/* A string literal as a span, without its terminator. */
#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

struct span span_from_string(const char *text); /* terminated */

bool span_equal(struct span a, struct span b);
int span_compare(struct span a, struct span b); /* below, at or above 0, by the bytes */
bool span_starts_with(struct span span, struct span prefix);
struct span span_from(struct span span, size_t offset); /* at most the size: what follows */

/* A-Z as a-z, any other byte as it is: for protocol and command words, never for paths; see fold.h. */
char ascii_lower(char byte);
bool span_equal_ascii_nocase(struct span a, struct span b);

#endif
