#include "client/rows/index_sort.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/span.h"

/* Merges [begin, middle) and [middle, end) of `from` into `to`. */
static void merge(const uint32_t *from, uint32_t *to, size_t begin, size_t middle, size_t end,
                  index_compare compare, const void *context)
{
    size_t left = begin, right = middle;

    for (size_t at = begin; at < end; at++) {
        bool take_left =
            right == end || (left < middle && compare(context, from[left], from[right]) <= 0);
        to[at] = take_left ? from[left++] : from[right++];
    }
}

void index_sort(uint32_t *indexes, uint32_t *scratch, size_t count, index_compare compare,
                const void *context)
{
    uint32_t *from = indexes, *to = scratch;

    for (size_t width = 1; width < count; width *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * width) {
            size_t middle = count - begin > width ? begin + width : count;
            size_t end = count - begin > 2 * width ? begin + 2 * width : count;
            merge(from, to, begin, middle, end, compare, context);
        }
        uint32_t *other = from;
        from = to;
        to = other;
    }
    if (from != indexes && count > 0)
        memcpy(indexes, from, count * sizeof *indexes);
}

uint32_t *index_create(size_t count)
{
    size_t size;

    if (count > UINT32_MAX || !size_mul(count + 1, 2 * sizeof(uint32_t), &size))
        return NULL;
    uint32_t *indexes = malloc(size);
    for (size_t i = 0; indexes != NULL && i < count; i++)
        indexes[i] = (uint32_t)i;
    return indexes;
}
