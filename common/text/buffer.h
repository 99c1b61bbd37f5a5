/* A growable byte buffer with a bound and a sticky failure.
 *
 * It grows by doubling. All-zero except for `capacity_max` is a valid empty buffer without memory.
 *
 * After the first append that does not fit, every later one fails too, so that a formatter appends
 * without checking and looks at `failed` once at its end: the content is complete or an exact
 * beginning. buffer_clear(), buffer_truncate() and buffer_release() end the failure. */
#ifndef COMMON_TEXT_BUFFER_H
#define COMMON_TEXT_BUFFER_H

#include "common/text/span.h"

struct buffer {
    char *data;          /* owned; NULL while capacity is 0 */
    size_t size;         /* bytes in use, from data[0] */
    size_t capacity;     /* bytes allocated */
    size_t capacity_max; /* bytes it may grow to */
    bool failed;         /* an append did not fit */
};

void buffer_init(_Out_ struct buffer *buffer, size_t capacity_max);

/* Frees the memory; the buffer is empty and may be used again. */
void buffer_release(_Inout_ struct buffer *buffer);

/* Drops what was appended after the first `size` bytes, at most buffer->size, and a failure. The
 * memory is kept. */
void buffer_truncate(_Inout_ struct buffer *buffer, size_t size);
#define buffer_clear(buffer) buffer_truncate(buffer, 0)

/* Appends. Returns false, content unchanged, above `capacity_max`, without memory, or after an
 * earlier failure. */
bool buffer_append(_Inout_ struct buffer *buffer, struct span bytes);
#define buffer_text(buffer, text) buffer_append(buffer, span_from_string(text))

/* The same for a text formatted as by printf. */
PRINTF_FORMAT(2, 3)
bool buffer_format(_Inout_ struct buffer *buffer, const char *format, ...);

/* The same for `len` units of UTF-16, as UTF-8 (utf.h). */
bool buffer_utf16(_Inout_ struct buffer *buffer, _In_reads_(len) const uint16_t *text, size_t len);

/* Appends `size` bytes for the caller to fill. Returns the place for them, or NULL as above. */
char *buffer_extend(_Inout_ struct buffer *buffer, size_t size);

/* Makes room for `size` more bytes, to be written past the end before buffer->size is raised.
 * Returns false, nothing changed, when they do not fit or the buffer has failed; not sticky. */
NODISCARD bool buffer_reserve(_Inout_ struct buffer *buffer, size_t size);

void buffer_consume(_Inout_ struct buffer *buffer, size_t size); /* drops them from the front */
struct span buffer_span(_In_ const struct buffer *buffer);       /* valid until the next change */

#endif
