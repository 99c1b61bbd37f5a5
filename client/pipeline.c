#include "client/pipeline.h"

#include "common/json/writer.h"
#include "common/proto/protocol.h"

static enum columns_table table_of(const struct options *options)
{
    if (options->command == COMMAND_PS)
        return COLUMNS_PROCESSES;
    if (options->command == COMMAND_DIFF)
        return COLUMNS_CHANGES;
    if (options->command == COMMAND_SECTIONS)
        return COLUMNS_SECTIONS;
    if (options->command != COMMAND_MAPS)
        return COLUMNS_NONE;
    if (options->by_file)
        return COLUMNS_FILES;
    if (options->sort != ORDER_NONE && options->format == FORMAT_TABLE)
        return options->detail == DETAIL_PAGES ? COLUMNS_FLAT_PAGES : COLUMNS_FLAT;
    if (options->detail == DETAIL_REGIONS)
        return COLUMNS_REGIONS;
    return options->detail == DETAIL_PAGES ? COLUMNS_PAGES : COLUMNS_MAPS;
}

void pipeline_init(struct pipeline *pipeline, const struct options *options, size_t width,
                   account_name account, struct envelope *envelope,
                   const struct span *system_folders, size_t system_folders_count)
{
    const enum columns_table kind = table_of(options);
    const struct table_style style = {
        .width = options->wide ? 0 : width,
        .no_header = options->no_header,
        .totals = !options->quiet && !options->no_header,
        .exact = options->exact,
        .account = account,
    };

    *pipeline = (struct pipeline){.options = options, .envelope = envelope};
    row_init(&pipeline->kept);
    row_init(&pipeline->last);
    buffer_init(&pipeline->line, 4 * ROW_LINE_SIZE_MAX);
    filter_init(&pipeline->filter);
    for (size_t i = 0; i < options->not_under_count; i++)
        filter_add_folder(&pipeline->filter, options->not_under[i]);
    for (size_t i = 0; i < system_folders_count && options->outside_system; i++)
        filter_add_folder(&pipeline->filter, system_folders[i]);
    sorter_init(&pipeline->sorter, options->sort, options->by_file);
    table_init(&pipeline->table, kind, &style);
    csv_init(&pipeline->csv, kind, options->no_header, envelope != NULL);
    prometheus_init(&pipeline->prometheus, kind);
}

void pipeline_release(struct pipeline *pipeline)
{
    row_release(&pipeline->kept);
    row_release(&pipeline->last);
    buffer_release(&pipeline->line);
    filter_release(&pipeline->filter);
    sorter_release(&pipeline->sorter);
    table_deinit(&pipeline->table);
    csv_deinit(&pipeline->csv);
    prometheus_deinit(&pipeline->prometheus);
}

/* The last step: the format. */
static bool show(struct pipeline *pipeline, struct row *row, struct buffer *out)
{
    const struct options *options = pipeline->options;

    if (row->type == ROW_END &&
        (pipeline->filter.folders_count > 0 || sorter_is_used(&pipeline->sorter))) {
        row_set_number(row, MEMBER_ROWS, pipeline->rows);
        row_set_number(row, MEMBER_PROCESSES, pipeline->processes);
    }
    pipeline->rows += row->type != ROW_END && row->type != ROW_ERROR;
    pipeline->processes += row->type == ROW_PROCESS;
    if (pipeline->envelope != NULL && options->by_file)
        envelope_add(pipeline->envelope, row);
    if (row->failed)
        return false;
    switch (options->format) {
    case FORMAT_JSON:
        if (!options->ascii)
            return row_write(row, out);
        buffer_clear(&pipeline->line);
        return row_write(row, &pipeline->line) &&
               json_append_ascii(out, buffer_span(&pipeline->line));
    case FORMAT_CSV:
        return csv_row(&pipeline->csv, row, out);
    case FORMAT_PROMETHEUS:
        return prometheus_row(&pipeline->prometheus, row);
    case FORMAT_TABLE:
        break;
    }
    return table_row(&pipeline->table, row, out);
}

/* What needs all rows before it can hand on the first. */
static bool keep_or_show(struct pipeline *pipeline, struct row *row, struct buffer *out)
{
    const bool keeps = sorter_is_used(&pipeline->sorter);

    if (keeps && row->type == ROW_MAP)
        return sorter_add(&pipeline->sorter, row);
    if (keeps && (row->type == ROW_END || row->type == ROW_ERROR)) {
        row_copy(&pipeline->last, row);
        return !pipeline->last.failed;
    }
    if (pipeline->options->by_file && row->type == ROW_PROCESS)
        return true;
    return show(pipeline, row, out);
}

bool pipeline_row(struct pipeline *pipeline, struct row *row, struct buffer *out)
{
    struct row *process = NULL;

    /* Before the order loses which process a mapping is of. */
    if (pipeline->envelope != NULL && !pipeline->options->by_file)
        envelope_add(pipeline->envelope, row);
    if (pipeline->filter.folders_count > 0 && !filter_passes(&pipeline->filter, row, &process))
        return true;
    return (process == NULL || keep_or_show(pipeline, process, out)) &&
           keep_or_show(pipeline, row, out);
}

static bool next_kept(struct pipeline *pipeline)
{
    const uint64_t top = pipeline->options->top;

    return sorter_is_used(&pipeline->sorter) && (top == 0 || pipeline->sorter.index < top) &&
           sorter_next(&pipeline->sorter, &pipeline->kept);
}

bool pipeline_end(struct pipeline *pipeline, struct buffer *out, bool *more)
{
    while (out->size < OUTPUT_SIZE && next_kept(pipeline))
        if (!show(pipeline, &pipeline->kept, out))
            return false;
    *more = out->size >= OUTPUT_SIZE;
    if (*more)
        return true;
    if (pipeline->last.type != ROW_OTHER && !show(pipeline, &pipeline->last, out))
        return false;
    row_begin(&pipeline->last, ROW_OTHER); /* it was shown */
    if (pipeline->options->format == FORMAT_PROMETHEUS)
        return prometheus_end(&pipeline->prometheus, out, more);
    return pipeline->options->format != FORMAT_TABLE || table_end(&pipeline->table, out);
}

const char *pipeline_complaint(const struct pipeline *pipeline)
{
    return pipeline->sorter.store.too_many
               ? "more than a million mappings, or 512 MiB of them, are too many to sort: narrow "
                 "the question by -f, -k or a process"
               : NULL;
}
