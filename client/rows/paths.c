#include "client/rows/paths.h"

#include <stddef.h>
#include <stdint.h>

#include "common/text/fold.h"

static uint32_t rank(uint32_t folded)
{
    return folded == '\\' ? 0 : folded;
}

int path_compare(struct span a, struct span b)
{
    size_t a_offset = 0, b_offset = 0;

    while (a_offset < a.size && b_offset < b.size) {
        uint32_t a_next = fold_next(a, &a_offset);
        uint32_t b_next = fold_next(b, &b_offset);
        if (a_next != b_next)
            return rank(a_next) < rank(b_next) ? -1 : 1;
    }
    return (a_offset < a.size) - (b_offset < b.size);
}

static bool is_separator(char character)
{
    return character == '\\' || character == '/';
}

/* The folder without the parts that do not count. */
static struct span plain_folder(struct span folder)
{
    if (span_starts_with(folder, SPAN("\\\\?\\")) && folder.size > 5 && folder.data[5] == ':')
        folder = span_from(folder, 4);
    while (folder.size > 0 && is_separator(folder.data[folder.size - 1]))
        folder.size--;
    return folder;
}

bool path_is_under(struct span path, struct span folder)
{
    size_t path_offset = 0, folder_offset = 0;

    folder = plain_folder(folder);
    while (folder_offset < folder.size) {
        if (path_offset == path.size)
            return false;
        uint32_t expected = fold_next(folder, &folder_offset);
        if (fold_next(path, &path_offset) != (expected == '/' ? '\\' : expected))
            return false;
    }
    return path_offset == path.size || path.data[path_offset] == '\\';
}
