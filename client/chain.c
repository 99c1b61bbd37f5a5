#include "client/chain.h"

#include "common/base/assertion.h"

static const struct row_sink *push(struct chain *chain, struct row_sink sink)
{
    ASSERT(chain->count < CHAIN_SINKS_MAX);
    chain->sinks[chain->count] = sink;
    return &chain->sinks[chain->count++];
}

static bool json_row(void *context, const struct row *row, struct span line, struct buffer *out)
{
    (void)context;
    (void)row;
    return buffer_append(out, line) && buffer_append(out, SPAN("\n"));
}

static bool json_begin(void *context, struct buffer *out)
{
    (void)context;
    (void)out;
    return true;
}

static bool json_end(void *context, struct buffer *out, bool *more)
{
    (void)context;
    (void)out;
    (void)more;
    return true;
}

static enum table_layout layout_of(const struct options *options)
{
    if (options->command == COMMAND_PS)
        return TABLE_PROCESSES;
    if (options->command == COMMAND_DIFF)
        return TABLE_CHANGES;
    if (options->by_file)
        return TABLE_FILES;
    return options->sort != ORDER_NONE ? TABLE_FLAT : TABLE_MAPS;
}

static void push_table(struct chain *chain, const struct chain_settings *settings)
{
    const struct options *options = settings->options;
    const struct table_style style = {
        .layout = layout_of(options),
        .width = options->wide ? 0 : settings->width,
        .no_header = options->no_header,
        .totals = !options->quiet && !options->no_header,
        .exact = options->exact,
        .by_address = options->sort == ORDER_ADDRESS,
        .detail = options->detail,
    };

    table_init(&chain->table, &style);
    (void)push(chain, table_sink(&chain->table));
}

static void push_format(struct chain *chain, const struct chain_settings *settings)
{
    const struct options *options = settings->options;
    enum request_op op = OP_MAPS;

    if (options->command == COMMAND_PS)
        op = OP_PROCESSES;
    else if (options->command == COMMAND_STATS)
        op = OP_STATS;
    switch (options->format) {
    case FORMAT_JSON:
        (void)push(chain, (struct row_sink){NULL, json_begin, json_row, json_end});
        break;
    case FORMAT_CSV:
        csv_init(&chain->csv, options->by_file ? CSV_FILES : csv_table_of(op, options->detail),
                 options->no_header, settings->envelope != NULL);
        chain->has_csv = true;
        (void)push(chain, csv_sink(&chain->csv));
        break;
    case FORMAT_PROMETHEUS:
        prometheus_init(&chain->prometheus, op, options->detail);
        chain->has_prometheus = true;
        (void)push(chain, prometheus_sink(&chain->prometheus));
        break;
    case FORMAT_TABLE:
        push_table(chain, settings);
        break;
    }
}

/* CSV is made of rows; whoever keeps rows for later keeps their lines. */
static bool wants_lines(const struct options *options)
{
    return options->format != FORMAT_CSV || options->sort != ORDER_NONE ||
           options->not_under_count > 0 || options->outside_system;
}

static void push_envelope(struct chain *chain, const struct chain_settings *settings)
{
    if (settings->envelope == NULL)
        return;
    envelope_step_init(&chain->envelope, settings->envelope, wants_lines(settings->options),
                       chain_first(chain));
    chain->has_envelope = true;
    (void)push(chain, envelope_step_sink(&chain->envelope));
}

/* What needs all rows before it can tell the first. */
static void push_order(struct chain *chain, const struct options *options)
{
    const struct row_sink *next = chain_first(chain);

    if (options->by_file) {
        by_file_init(&chain->by_file, options->sort, options->top, next);
        chain->has_by_file = true;
        (void)push(chain, by_file_sink(&chain->by_file));
    } else if (options->sort != ORDER_NONE) {
        sorter_init(&chain->sorter, options->sort, options->top, next);
        chain->has_sorter = true;
        (void)push(chain, sorter_sink(&chain->sorter));
    }
}

static void push_filter(struct chain *chain, const struct chain_settings *settings)
{
    const struct options *options = settings->options;

    if (options->not_under_count == 0 && !options->outside_system)
        return;
    filter_init(&chain->filter, chain_first(chain));
    chain->has_filter = true;
    for (size_t i = 0; i < options->not_under_count; i++)
        filter_add_folder(&chain->filter, options->not_under[i]);
    for (size_t i = 0; i < settings->system_folders_count && options->outside_system; i++)
        filter_add_folder(&chain->filter, settings->system_folders[i]);
    (void)push(chain, filter_sink(&chain->filter));
}

void chain_init(struct chain *chain, const struct chain_settings *settings)
{
    *chain = (struct chain){.count = 0};
    push_format(chain, settings);
    if (settings->options->by_file) /* which makes rows of its own */
        push_envelope(chain, settings);
    push_order(chain, settings->options);
    push_filter(chain, settings);
    if (!settings->options->by_file) /* before the order loses which process a mapping is of */
        push_envelope(chain, settings);
}

void chain_deinit(struct chain *chain)
{
    if (chain->has_filter)
        filter_deinit(&chain->filter);
    if (chain->has_sorter)
        sorter_deinit(&chain->sorter);
    if (chain->has_by_file)
        by_file_deinit(&chain->by_file);
    if (chain->has_envelope)
        envelope_step_deinit(&chain->envelope);
    if (chain->has_csv)
        csv_deinit(&chain->csv);
    if (chain->has_prometheus)
        prometheus_deinit(&chain->prometheus);
    table_deinit(&chain->table);
    chain->count = 0;
}

const struct row_sink *chain_first(const struct chain *chain)
{
    ASSERT(chain->count > 0);
    return &chain->sinks[chain->count - 1];
}

bool chain_matched(const struct chain *chain)
{
    return !chain->has_filter || chain->filter.matched;
}

const char *chain_complaint(const struct chain *chain)
{
    bool too_many = (chain->has_sorter && chain->sorter.store.too_many) ||
                    (chain->has_by_file && chain->by_file.store.too_many);

    return too_many ? "more than a million mappings, or 512 MiB of them, are too many to sort: "
                      "narrow the question by -f, -k or a process"
                    : NULL;
}
