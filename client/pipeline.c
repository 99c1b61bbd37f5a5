#include "client/pipeline.h"

#include <inttypes.h>

#include "common/json/writer.h"
#include "common/proto/protocol.h"

enum { KINDS_SIZE_MAX = 256 }; /* more are not shown */

static enum columns_table table_of(const struct options *options)
{
    if (options->command == COMMAND_PS)
        return COLUMNS_PROCESSES;
    if (options->command == COMMAND_DIFF || options->command == COMMAND_WATCH)
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
        .no_header = options->no_header,
        .totals = !options->quiet && !options->no_header,
        .exact = options->exact,
        .account = settings->account,
    };

    *pipeline = (struct pipeline){.options = options, .envelope = settings->envelope};
    row_init(&pipeline->kept);
    row_init(&pipeline->last);
    buffer_init(&pipeline->line, 4 * ROW_LINE_SIZE_MAX);
    filter_init(&pipeline->filter, settings->folders, settings->folders_count);
    row_init(&pipeline->user);
    buffer_init(&pipeline->kinds, KINDS_SIZE_MAX);
    buffer_init(&pipeline->path, ROW_LINE_SIZE_MAX);
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
    row_release(&pipeline->user);
    buffer_release(&pipeline->kinds);
    buffer_release(&pipeline->path);
    table_deinit(&pipeline->table);
    csv_deinit(&pipeline->csv);
    prometheus_deinit(&pipeline->prometheus);
}

/* True when the rows of a process are shown as one. */
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

/* Shows the process whose rows were put together. */
static bool show_user(struct pipeline *pipeline, struct buffer *out)
{
    struct row *user = &pipeline->user;

    if (user->type != ROW_USER)
        return true;
    if (pipeline->others > 0)
        buffer_format(&pipeline->path, " and %" PRIu64 " more", pipeline->others);
    row_set_text(user, MEMBER_KIND, buffer_span(&pipeline->kinds));
    row_set_text(user, MEMBER_PATH, buffer_span(&pipeline->path));
    bool good = show(pipeline, user, out);
    row_begin(user, ROW_OTHER);
    return good;
}

static void begin_user(struct pipeline *pipeline, const struct row *row)
{
    static const enum row_member members[] = {MEMBER_PROTECTION, MEMBER_OWNER, MEMBER_SERVICES};
    struct row *user = &pipeline->user;

    row_begin(user, ROW_USER);
    row_set_number(user, MEMBER_PID, row_number(row, MEMBER_PID, 0));
    row_set_text(user, MEMBER_PROCESS,
                 row_text(row, row->type == ROW_PROCESS ? MEMBER_NAME : MEMBER_PROCESS));
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        row_set_text(user, members[i], row_text(row, members[i]));
    buffer_clear(&pipeline->kinds);
    buffer_clear(&pipeline->path);
    pipeline->others = 0;
}

/* Puts a row together with the others of its process. */
static bool add_to_user(struct pipeline *pipeline, const struct row *row, struct buffer *out)
{
    bool is_use = row->type == ROW_MAP || row->type == ROW_OPEN || row->type == ROW_STALE;
    bool is_same = pipeline->user.type == ROW_USER && row->type != ROW_PROCESS &&
                   row_number(row, MEMBER_PID, 0) == row_number(&pipeline->user, MEMBER_PID, 0);
    struct span kind = row_text(row, MEMBER_KIND), path = row_text(row, MEMBER_PATH);

    if (!is_use && row->type != ROW_PROCESS)
        return true;
    if (!is_same && !show_user(pipeline, out))
        return false;
    if (!is_same)
        begin_user(pipeline, row);
    if (!is_use)
        return true;
    path = path.size > 0 ? path : row_text(row, MEMBER_DEVICE_PATH);
    if (pipeline->path.size == 0)
        buffer_append(&pipeline->path, path);
    else
        pipeline->others += path_compare(path, buffer_span(&pipeline->path)) != 0;
    for (size_t i = 0; i < pipeline->kinds.size; i++)
        if (span_starts_with(span_from(buffer_span(&pipeline->kinds), i), kind))
            return true;
    buffer_text(&pipeline->kinds, pipeline->kinds.size > 0 ? "," : "");
    return buffer_append(&pipeline->kinds, kind) && !pipeline->path.failed;
}

/* What needs all rows before it can hand on the first. */
static bool keep_or_show(struct pipeline *pipeline, struct row *row, struct buffer *out)
{
    const bool keeps = sorter_is_used(&pipeline->sorter);

    if (has_users(pipeline->options))
        return row->type != ROW_END ? add_to_user(pipeline, row, out)
                                    : show_user(pipeline, out) && show(pipeline, row, out);
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
    if (!show_user(pipeline, out)) /* of a reply without an end */
        return false;
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
