/* A growable byte buffer with a bound.
 *
 * Grows by doubling up to `capacity_max` and never above. Data is added at the end and taken from
 * the front. All-zero but for `capacity_max` is a valid empty buffer without memory.
 */
#ifndef COMMON_TEXT_BUFFER_H
#define COMMON_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/annotations.h"
#include "common/text/span.h"

struct buffer {
    char *data;          /* owned; NULL while capacity is 0 */
    size_t size;         /* bytes in use, from data[0] */
    size_t capacity;     /* bytes allocated */
    size_t capacity_max; /* bytes it may grow to */
};

void buffer_init(_Out_ struct buffer *buffer, size_t capacity_max);

/* Frees the memory; the buffer is empty and may be used again. Accepts an empty one. */
void buffer_release(_Inout_ struct buffer *buffer);

/* Forgets the content, keeps the memory. */
void buffer_clear(_Inout_ struct buffer *buffer);

/* Makes room for `size` more bytes. Returns false, nothing changed, above `capacity_max` or without
 * memory. */
NODISCARD bool buffer_reserve(_Inout_ struct buffer *buffer, size_t size);

/* Appends. Returns false, nothing changed, above `capacity_max` or without memory. */
NODISCARD bool buffer_append(_Inout_ struct buffer *buffer, struct span bytes);

/* Takes `size` bytes from the front; `size` must not be above buffer->size. */
void buffer_consume(_Inout_ struct buffer *buffer, size_t size);

/* The content; valid until the next change. */
struct span buffer_span(_In_ const struct buffer *buffer);

#endif
