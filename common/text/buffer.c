#include "common/text/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/text/utf.h"

enum {
    BUFFER_CAPACITY_FIRST = 256, /* bytes of the first allocation, unless more is asked for */
    FORMATTED_SIZE_USUAL = 256   /* formatted on the stack; a longer text is formatted twice */
};

void buffer_init(struct buffer *buffer, size_t capacity_max)
{
    *buffer = (struct buffer){.capacity_max = capacity_max};
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->capacity_max);
}

void buffer_truncate(struct buffer *buffer, size_t size)
{
    ASSERT(size <= buffer->size);
    buffer->size = size;
    buffer->failed = false;
}

bool buffer_reserve(struct buffer *buffer, size_t size)
{
    ASSERT(buffer->size <= buffer->capacity);
    if (buffer->failed)
        return false;
    if (size <= buffer->capacity - buffer->size)
        return true;
    const size_t needed = buffer->size + size, most = buffer->capacity_max;
    if (needed < size || needed > most) /* the sum may wrap */
        return false;
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : BUFFER_CAPACITY_FIRST;
    while (capacity < needed && capacity <= most / 2) /* at most 64 rounds */
        capacity *= 2;
    if (capacity < needed || capacity > most)
        capacity = most;
    char *data = realloc(buffer->data, capacity);
    if (data == NULL)
        return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

char *buffer_extend(struct buffer *buffer, size_t size)
{
    if (!buffer_reserve(buffer, size)) {
        buffer->failed = true;
        return NULL;
    }
    char *place = buffer->data + buffer->size;
    buffer->size += size;
    return place;
}

bool buffer_append(struct buffer *buffer, struct span bytes)
{
    if (bytes.size == 0)
        return !buffer->failed;
    char *place = buffer_extend(buffer, bytes.size);
    if (place != NULL)
        memcpy(place, bytes.data, bytes.size);
    return place != NULL;
}

bool buffer_utf16(struct buffer *buffer, const uint16_t *text, size_t len)
{
    const size_t size = utf8_from_utf16(NULL, 0, text, len);
    char *place = size > 0 ? buffer_extend(buffer, size) : NULL;

    if (place != NULL)
        (void)utf8_from_utf16(place, size, text, len);
    return !buffer->failed;
}

bool buffer_format(struct buffer *buffer, const char *format, ...)
{
    char piece[FORMATTED_SIZE_USUAL];
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    if (size >= 0 && (size_t)size < sizeof piece)
        return buffer_append(buffer, (struct span){piece, (size_t)size});
    if (size < 0 || !buffer_reserve(buffer, (size_t)size + 1)) { /* and a terminator */
        buffer->failed = true;
        return false;
    }
    va_start(arguments, format);
    (void)vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, arguments);
    va_end(arguments);
    buffer->size += (size_t)size;
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
