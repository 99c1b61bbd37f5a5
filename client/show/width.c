#include "client/show/width.h"

#include <stdbool.h>

#include "client/show/width_table.h"
#include "common/text/utf.h"

enum { ASCII_END = 0x80 };

static bool in_ranges(const struct width_range *ranges, size_t count, uint32_t code_point)
{
    size_t first = 0, end = count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (code_point > ranges[middle].last)
            first = middle + 1;
        else
            end = middle;
    }
    return first < count && code_point >= ranges[first].first;
}

unsigned width_of_code_point(uint32_t code_point)
{
    if (code_point < ASCII_END)
        return 1;
    if (in_ranges(width_zero, sizeof width_zero / sizeof width_zero[0], code_point))
        return 0;
    return in_ranges(width_two, sizeof width_two / sizeof width_two[0], code_point) ? 2 : 1;
}

size_t width_of_text(struct span text)
{
    size_t columns = 0;

    for (size_t offset = 0; offset < text.size;) {
        if ((unsigned char)text.data[offset] < ASCII_END) {
            columns++;
            offset++;
        } else {
            columns += width_of_code_point(utf8_next(text, &offset));
        }
    }
    return columns;
}
