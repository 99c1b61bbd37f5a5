#include "service/lines.h"

#include <string.h>

#include "common/base/assertion.h"

static const char BYTE_ORDER_MARK[] = "\xEF\xBB\xBF";
enum { BYTE_ORDER_MARK_SIZE = sizeof BYTE_ORDER_MARK - 1 };

void lines_init(struct lines *lines)
{
    *lines = (struct lines){.is_first = true};
    buffer_init(&lines->bytes, REQUEST_SIZE_MAX);
}

void lines_release(struct lines *lines)
{
    buffer_release(&lines->bytes);
    lines->offset = 0;
    lines->line_size = 0;
    lines->scan_offset = 0;
}

char *lines_space(struct lines *lines, size_t *capacity)
{
    struct buffer *bytes = &lines->bytes;

    ASSERT(lines->line_size == 0);
    if (lines->offset > 0) { /* what is served makes room for what is not */
        buffer_consume(bytes, lines->offset);
        lines->scan_offset -= lines->offset;
        lines->offset = 0;
    }
    if (bytes->size == bytes->capacity &&
        !buffer_reserve(bytes, bytes->capacity == 0 ? (size_t)LINES_SPACE_SIZE : bytes->capacity))
        return NULL;
    *capacity = bytes->capacity - bytes->size;
    return bytes->data + bytes->size;
}

/* Until its three bytes are here it is left alone: a shorter text that looks like one cannot be a
 * whole line. */
static void drop_byte_order_mark(struct lines *lines)
{
    if (!lines->is_first || lines->bytes.size < BYTE_ORDER_MARK_SIZE)
        return;
    lines->is_first = false;
    if (memcmp(lines->bytes.data, BYTE_ORDER_MARK, BYTE_ORDER_MARK_SIZE) == 0) {
        buffer_consume(&lines->bytes, BYTE_ORDER_MARK_SIZE);
        lines->scan_offset = 0;
    }
}

void lines_add(struct lines *lines, size_t size)
{
    ASSERT(size <= lines->bytes.capacity - lines->bytes.size);
    lines->bytes.size += size;
    drop_byte_order_mark(lines);
}

enum lines_found lines_next(struct lines *lines)
{
    size_t rest = lines->bytes.size - lines->scan_offset;
    const char *from = rest > 0 ? lines->bytes.data + lines->scan_offset : NULL;
    const char *newline = rest > 0 ? memchr(from, '\n', rest) : NULL;

    ASSERT(lines->line_size == 0);
    if (newline != NULL) {
        lines->scan_offset += (size_t)(newline - from) + 1;
        lines->line_size = lines->scan_offset - lines->offset;
        lines->is_first = false;
        return LINES_LINE;
    }
    lines->scan_offset = lines->bytes.size;
    return lines->bytes.size - lines->offset < REQUEST_SIZE_MAX ? LINES_NONE : LINES_TOO_LARGE;
}

struct span lines_current(const struct lines *lines)
{
    ASSERT(lines->line_size > 0);

    struct span line = {lines->bytes.data + lines->offset, lines->line_size - 1};
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

void lines_drop(struct lines *lines)
{
    lines->offset += lines->line_size;
    lines->line_size = 0;
}

bool lines_is_empty(const struct lines *lines)
{
    return lines->offset + lines->line_size == lines->bytes.size;
}
