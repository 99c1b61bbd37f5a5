#include "client/pipeline.h"

#include <inttypes.h>

#include "common/json/writer.h"
#include "common/proto/protocol.h"

static enum columns_table table_of(const struct options *options)
{
    if (options->command == COMMAND_PS)
        return COLUMNS_PROCESSES;
    if (options->command == COMMAND_DIFF)
        return COLUMNS_CHANGES;
    if (options->command == COMMAND_STALE)
        return COLUMNS_STALE;
    if (options->command == COMMAND_SECTIONS)
        return COLUMNS_SECTIONS;
    if (options->command != COMMAND_MAPS)
        return COLUMNS_NONE;
    if (options->who && options->format == FORMAT_TABLE)
        return COLUMNS_USERS;
    if (options->by_file)
        return COLUMNS_FILES;
    if (options->sort != ORDER_NONE && options->format == FORMAT_TABLE)
        return options->detail == DETAIL_PAGES ? COLUMNS_FLAT_PAGES : COLUMNS_FLAT;
    if (options->detail == DETAIL_REGIONS)
        return COLUMNS_REGIONS;
    return options->detail == DETAIL_PAGES ? COLUMNS_PAGES : COLUMNS_MAPS;
}

void pipeline_init(struct pipeline *pipeline, const struct options *options,
                   const struct pipeline_settings *settings)
{
    const enum columns_table kind = table_of(options);
    const struct table_style style = {
        .width = options->wide ? 0 : settings->width,
        .no_header =
            options->no_header || (settings->waiting != NULL && settings->waiting->has_titles),
        .totals = !options->quiet && !options->no_header && settings->waiting == NULL,
        .exact = options->exact,
        .account = settings->account,
    };

    *pipeline = (struct pipeline){
        .options = options, .envelope = settings->envelope, .waiting = settings->waiting};
    row_init(&pipeline->kept);
    row_init(&pipeline->last);
    buffer_init(&pipeline->line, 4 * ROW_LINE_SIZE_MAX);
    filter_init(&pipeline->filter);
    for (size_t i = 0; i < settings->folders_count; i++)
        filter_add_folder(&pipeline->filter, settings->folders[i]);
    users_init(&pipeline->users);
    sorter_init(&pipeline->sorter, options->sort, options->by_file);
    table_init(&pipeline->table, kind, &style);
    csv_init(&pipeline->csv, kind, options->no_header, settings->envelope != NULL);
    prometheus_init(&pipeline->prometheus, kind);
}

void pipeline_release(struct pipeline *pipeline)
{
    row_release(&pipeline->kept);
    row_release(&pipeline->last);
    buffer_release(&pipeline->line);
    filter_release(&pipeline->filter);
    sorter_release(&pipeline->sorter);
    users_release(&pipeline->users);
    table_deinit(&pipeline->table);
    csv_deinit(&pipeline->csv);
    prometheus_deinit(&pipeline->prometheus);
}

/* True when a row for each process is shown, at the end. */
static bool has_users(const struct options *options)
{
    return options->format == FORMAT_PIDS || (options->who && options->format == FORMAT_TABLE);
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
    case FORMAT_PIDS:
        return row->type != ROW_USER ||
               buffer_format(out, "%" PRIu64 "\n", row_number(row, MEMBER_PID, 0));
    case FORMAT_TABLE:
        break;
    }
    return table_row(&pipeline->table, row, out);
}

/* What needs all rows before it can hand on the first. */
static bool keep_or_show(struct pipeline *pipeline, struct row *row, struct buffer *out)
{
    const bool keeps = sorter_is_used(&pipeline->sorter);

    if (has_users(pipeline->options) && row->type != ROW_END)
        return users_add(&pipeline->users, row);
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

/* Makes `kept` the next process: with --wait those that have gone, then those that came. */
static bool next_user(struct pipeline *pipeline)
{
    const struct users *before = pipeline->waiting != NULL ? &pipeline->waiting->users : NULL;
    const size_t went = before != NULL ? before->count : 0;

    for (size_t i = 0; i < went + pipeline->users.count && pipeline->users_index == 0; i++) {
        users_row(i < went ? before : &pipeline->users, i < went ? i : i - went, &pipeline->kept);
        table_measure(&pipeline->table, &pipeline->kept);
    }
    if (before != NULL &&
        !pipeline->table.ended) /* who is missing may have the file all the same */
        return false;
    while (pipeline->users_index < went + pipeline->users.count) {
        size_t index = pipeline->users_index++;
        const struct users *all = index < went ? before : &pipeline->users;
        const struct users *others = index < went ? &pipeline->users : before;
        bool has_gone = index < went;
        index -= has_gone ? 0 : went;
        if (others != NULL && users_has(others, all, index))
            continue;
        users_row(all, index, &pipeline->kept);
        if (others != NULL)
            row_set_text(&pipeline->kept, MEMBER_CHANGE, has_gone ? SPAN("went") : SPAN("came"));
        return true;
    }
    return false;
}

static bool next_kept(struct pipeline *pipeline)
{
    if (has_users(pipeline->options))
        return next_user(pipeline);
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
    if (pipeline->waiting != NULL && pipeline->table.ended) {
        struct users before = pipeline->waiting->users;
        pipeline->waiting->users = pipeline->users;
        pipeline->waiting->has_titles = pipeline->waiting->has_titles || pipeline->table.begun;
        pipeline->users = before;
    }
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
