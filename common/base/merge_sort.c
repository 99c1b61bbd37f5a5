#include "common/base/merge_sort.h"

#include <stdlib.h>
#include <string.h>

bool merge_sort(void *items, size_t count, size_t size, merge_compare compare)
{
    char *from = items, *scratch = count > 1 ? malloc(count * size) : NULL, *to = scratch;

    if (count < 2)
        return true;
    if (scratch == NULL)
        return false;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t begin = 0, at = 0; begin < count; begin += 2 * width) {
            const size_t middle = count - begin > width ? begin + width : count;
            const size_t end = count - begin > 2 * width ? begin + 2 * width : count;
            for (size_t left = begin, right = middle; at < end; at++) {
                bool take_left =
                    right == end ||
                    (left < middle && compare(from + left * size, from + right * size) <= 0);
                memcpy(to + at * size, from + (take_left ? left++ : right++) * size, size);
            }
        }
        char *other = from;
        from = to;
        to = other;
    }
    if (from == scratch)
        memcpy(items, scratch, count * size);
    free(scratch);
    return true;
}
