#include "client/rows/filter.h"

#include <string.h>

#include "common/text/fold.h"

void filter_init(struct filter *filter, const struct span *folders, size_t folders_count)
{
    *filter = (struct filter){.folders = folders, .folders_count = folders_count};
    row_init(&filter->process);
}

void filter_release(struct filter *filter)
{
    row_release(&filter->process);
}

bool path_is_under(struct span path, struct span folder)
{
    size_t path_offset = 0, folder_offset = 0;

    if (span_starts_with(folder, SPAN("\\\\?\\")) && folder.size > 5 && folder.data[5] == ':')
        folder = span_from(folder, 4);
    while (folder.size > 0 && memchr("\\/", folder.data[folder.size - 1], 2) != NULL)
        folder.size--;
    while (folder_offset < folder.size) {
        if (path_offset == path.size)
            return false;
        uint32_t expected = fold_next(folder, &folder_offset);
        if (fold_next(path, &path_offset) != (expected == '/' ? '\\' : expected))
            return false;
    }
    return path_offset == path.size || path.data[path_offset] == '\\';
}

static bool is_outside(const struct filter *filter, const struct row *row)
{
    struct span path = row_text(row, MEMBER_PATH);
    struct span device_path = row_text(row, MEMBER_DEVICE_PATH);

    for (size_t i = 0; i < filter->folders_count; i++) {
        struct span folder = filter->folders[i];
        if (folder.size > 0 && ((path.size > 0 && path_is_under(path, folder)) ||
                                (device_path.size > 0 && path_is_under(device_path, folder))))
            return false;
    }
    return true;
}

bool filter_passes(struct filter *filter, const struct row *row, struct row **process)
{
    *process = NULL;
    if (row->type == ROW_PROCESS) {
        row_copy(&filter->process, row);
        filter->has_process = true;
        return false;
    }
    if (row->type == ROW_REGION)
        return !filter->is_dropping;
    if (row->type != ROW_MAP && row->type != ROW_OPEN)
        return true;
    filter->is_dropping = !is_outside(filter, row);
    if (filter->is_dropping)
        return false;
    filter->mappings++;
    if (filter->has_process)
        *process = &filter->process;
    filter->has_process = false;
    return true;
}
