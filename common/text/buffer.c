#include "common/text/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/assertion.h"

enum { BUFFER_CAPACITY_FIRST = 256 }; /* bytes of the first allocation, unless more is asked */

void buffer_init(struct buffer *buffer, size_t capacity_max)
{
    *buffer = (struct buffer){.capacity_max = capacity_max};
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->capacity_max);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
}

/* The next capacity that holds `needed`, which is not above capacity_max. */
static size_t next_capacity(const struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : BUFFER_CAPACITY_FIRST;
    while (capacity < needed) { /* ends after 64 rounds at most */
        if (capacity > buffer->capacity_max / 2)
            return buffer->capacity_max;
        capacity *= 2;
    }
    return capacity < buffer->capacity_max ? capacity : buffer->capacity_max;
}

bool buffer_reserve(struct buffer *buffer, size_t size)
{
    ASSERT(buffer->size <= buffer->capacity);
    if (size <= buffer->capacity - buffer->size)
        return true;
    size_t needed;
    if (!size_add(buffer->size, size, &needed) || needed > buffer->capacity_max)
        return false;
    size_t capacity = next_capacity(buffer, needed);
    char *data = realloc(buffer->data, capacity);
    if (data == NULL)
        return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool buffer_append(struct buffer *buffer, struct span bytes)
{
    if (bytes.size == 0)
        return true;
    if (!buffer_reserve(buffer, bytes.size))
        return false;
    memcpy(buffer->data + buffer->size, bytes.data, bytes.size);
    buffer->size += bytes.size;
    return true;
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    ASSERT(size <= buffer->size);
    buffer->size -= size;
    if (size > 0 && buffer->size > 0)
        memmove(buffer->data, buffer->data + size, buffer->size);
}

struct span buffer_span(const struct buffer *buffer)
{
    return (struct span){buffer->data, buffer->size};
}
