#include "common/text/fold.h"

#include "common/text/fold_table.h"

uint32_t fold_code_point(uint32_t code_point)
{
    const size_t count = sizeof fold_ranges / sizeof fold_ranges[0];
    size_t low = 0;
    size_t high = count;
    while (low < high) { /* finds the first range that ends at the code point or above */
        size_t middle = low + (high - low) / 2;
        if (fold_ranges[middle].last < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    const struct fold_range *range = &fold_ranges[low];
    if (low == count || code_point < range->first ||
        (code_point - range->first) % range->stride != 0)
        return code_point;
    return (uint32_t)((int32_t)code_point + range->delta);
}

bool fold_equal(struct span a, struct span b)
{
    size_t a_offset = 0;
    size_t b_offset = 0;
    while (a_offset < a.size && b_offset < b.size)
        if (fold_next(a, &a_offset) != fold_next(b, &b_offset))
            return false;
    return a_offset == a.size && b_offset == b.size;
}
