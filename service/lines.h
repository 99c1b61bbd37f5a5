/* Bytes as they come, cut into lines.
 *
 * A line ends with `\n`; a `\r` before it and a UTF-8 byte order mark at the very start are
 * dropped. Each byte is searched once, and moved at most once for each read, however it is split.
 * Holds no memory while it is empty and released. Part of conn.c.
 */
#ifndef SERVICE_LINES_H
#define SERVICE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/annotations.h"
#include "common/proto/protocol.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum { LINES_SPACE_SIZE = 512 }; /* bytes of the first space; it doubles with a longer line */

struct lines {
    struct buffer bytes; /* at most REQUEST_SIZE_MAX */
    size_t offset;       /* where the current or next line begins */
    size_t line_size;    /* bytes of the current line, newline included; 0: none */
    size_t scan_offset;  /* searched for a newline up to here */
    bool is_first;       /* no line has begun yet: a byte order mark may come */
};

/* Does not allocate. */
void lines_init(_Out_ struct lines *lines);

/* Forgets what is unserved and frees the memory. */
void lines_release(_Inout_ struct lines *lines);

/* Where to put bytes; valid until the next call. Not while a line is current.
 * capacity  Receives the bytes available, 1 or more.
 * Returns NULL without memory. */
char *lines_space(_Inout_ struct lines *lines, _Out_ size_t *capacity);

/* `size` bytes are in the space; at most its capacity. */
void lines_add(_Inout_ struct lines *lines, size_t size);

enum lines_found {
    LINES_NONE,     /* no newline is here yet */
    LINES_LINE,     /* lines_current() is a line */
    LINES_TOO_LARGE /* REQUEST_SIZE_MAX bytes are here and no newline */
};

/* Makes the next line the current one. */
enum lines_found lines_next(_Inout_ struct lines *lines);

/* The current line without its end; valid until lines_drop(). */
struct span lines_current(_In_ const struct lines *lines);

/* The current line is done with; nothing when there is none. */
void lines_drop(_Inout_ struct lines *lines);

/* True when no byte of a next line is here. */
bool lines_is_empty(_In_ const struct lines *lines);

#endif
