#include "common/text/span.h"

#include <string.h>

#include "common/base/assertion.h"

struct span span_from_string(const char *text)
{
    return (struct span){text, strlen(text)};
}

bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int span_compare(struct span a, struct span b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size > 0 ? memcmp(a.data, b.data, size) : 0;

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

bool span_starts_with(struct span span, struct span prefix)
{
    return prefix.size <= span.size && span_equal((struct span){span.data, prefix.size}, prefix);
}

struct span span_from(struct span span, size_t offset)
{
    ASSERT(offset <= span.size);
    if (offset == 0)
        return span; /* the data may be NULL, to which nothing may be added, not even 0 */
    return (struct span){span.data + offset, span.size - offset};
}

char ascii_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

bool span_equal_ascii_nocase(struct span a, struct span b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    return true;
}
