#include "client/rows/filter.h"

#include "client/rows/paths.h"
#include "common/base/assertion.h"

void filter_init(struct filter *filter, const struct row_sink *next)
{
    *filter = (struct filter){.next = next};
    buffer_init(&filter->process, ROW_LINE_SIZE_MAX);
    buffer_init(&filter->scratch, ROW_LINE_SIZE_MAX);
    reply_ends_init(&filter->ends);
}

void filter_deinit(struct filter *filter)
{
    buffer_release(&filter->process);
    buffer_release(&filter->scratch);
    reply_ends_deinit(&filter->ends);
}

void filter_add_folder(struct filter *filter, struct span folder)
{
    if (folder.size == 0)
        return;
    ASSERT(filter->folders_count < FILTER_FOLDERS_MAX);
    filter->folders[filter->folders_count++] = folder;
}

static bool is_outside(const struct filter *filter, const struct row *row)
{
    struct span path = row_text(row, MEMBER_PATH);
    struct span device_path = row_text(row, MEMBER_DEVICE_PATH);

    for (size_t i = 0; i < filter->folders_count; i++) {
        struct span folder = filter->folders[i];
        if ((path.size > 0 && path_is_under(path, folder)) ||
            (device_path.size > 0 && path_is_under(device_path, folder)))
            return false;
    }
    return true;
}

static bool pass(struct filter *filter, const struct row *row, struct span line, struct buffer *out)
{
    reply_ends_count(&filter->ends, 0, row->type);
    return filter->next->row(filter->next->context, row, line, out);
}

/* Hands on the process that was held back, if one is. */
static bool pass_process(struct filter *filter, struct buffer *out)
{
    struct span line = buffer_span(&filter->process);
    struct row_error error;

    if (line.size == 0)
        return true;
    bool good = row_parse(line, &filter->process_row, &filter->scratch, &error) &&
                pass(filter, &filter->process_row, line, out);
    buffer_clear(&filter->process);
    return good;
}

static bool filter_map(struct filter *filter, const struct row *row, struct span line,
                       struct buffer *out)
{
    filter->is_dropping = !is_outside(filter, row);
    if (filter->is_dropping)
        return true;
    filter->mappings++;
    return pass_process(filter, out) && pass(filter, row, line, out);
}

static bool end_reply(struct filter *filter, const struct row *row, struct span line,
                      struct buffer *out)
{
    const struct row_sink *next = filter->next;
    struct reply_tally *tally = &filter->ends.replies[0];
    bool good = row->type == ROW_END ? reply_ends_recount(&filter->ends, line, tally->rows,
                                                          tally->processes, next, out)
                                     : next->row(next->context, row, line, out);

    tally->rows = tally->processes = 0;
    filter->matched = filter->mappings > 0;
    filter->mappings = 0;
    buffer_clear(&filter->process);
    return good;
}

static bool filter_row(void *context, const struct row *row, struct span line, struct buffer *out)
{
    struct filter *filter = context;

    if (row->type == ROW_PROCESS) {
        buffer_clear(&filter->process);
        return buffer_append(&filter->process, line);
    }
    if (row->type == ROW_MAP)
        return filter_map(filter, row, line, out);
    if (row->type == ROW_REGION && filter->is_dropping)
        return true;
    if (row->type == ROW_END || row->type == ROW_ERROR)
        return end_reply(filter, row, line, out);
    return pass(filter, row, line, out);
}

static bool filter_begin(void *context, struct buffer *out)
{
    const struct filter *filter = context;

    return filter->next->begin(filter->next->context, out);
}

static bool filter_end(void *context, struct buffer *out, bool *more)
{
    const struct filter *filter = context;

    return filter->next->end(filter->next->context, out, more);
}

struct row_sink filter_sink(struct filter *filter)
{
    return (struct row_sink){filter, filter_begin, filter_row, filter_end};
}
