#include "common/text/fold.h"

#include <stdbool.h>

#include "common/text/fold_table.h"
#include "common/text/utf.h"

static uint32_t fold_in_table(uint32_t code_point)
{
    size_t low = 0;
    size_t high = sizeof(fold_ranges) / sizeof(fold_ranges[0]);
    while (low < high) { /* the first range that ends at the code point or above */
        size_t middle = low + (high - low) / 2;
        if (fold_ranges[middle].last < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == sizeof(fold_ranges) / sizeof(fold_ranges[0]))
        return code_point;
    const struct fold_range *range = &fold_ranges[low];
    if (code_point < range->first || (code_point - range->first) % range->stride != 0)
        return code_point;
    return (uint32_t)((int32_t)code_point + range->delta);
}

uint32_t fold_code_point(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point - 'a' < 26 ? code_point - 'a' + 'A' : code_point;
    return fold_in_table(code_point);
}

bool fold_equal(struct span a, struct span b)
{
    size_t a_offset = 0;
    size_t b_offset = 0;
    while (a_offset < a.size && b_offset < b.size) {
        uint32_t a_folded = fold_code_point(utf8_next(a, &a_offset));
        if (a_folded != fold_code_point(utf8_next(b, &b_offset)))
            return false;
    }
    return a_offset == a.size && b_offset == b.size;
}
