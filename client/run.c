#include "client/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/text.h"
#include "common/base/status.h"
#include "common/json/reader.h"
#include "common/json/writer.h"
#include "common/scan/nt_status.h"
#include "common/text/fold.h"
#include "common/text/pattern.h"

enum {
    OUT_SIZE_MAX = OUTPUT_SIZE + 4 * ROW_LINE_SIZE_MAX,
    SAY_SIZE_MAX = 1024 * 1024 /* of diagnostics; longer ones are dropped */
};

enum outcome run_complain(const struct run_settings *settings, const struct failure *failure)
{
    const struct output *output = settings->output;
    struct buffer line;

    buffer_init(&line, OUTCOME_TEXT_SIZE_MAX);
    enum outcome outcome =
        failure_report(failure, settings->options->pipe, settings->options->timeout_s, &line);
    output->complain(output->context,
                     line.failed ? SPAN(PRODUCT_NAME ": out of memory\n") : buffer_span(&line));
    buffer_release(&line);
    return outcome;
}

/* --- from a row to the output --- */

static enum columns_table table_of(const struct options *options)
{
    static const enum columns_table tables[] = {
        [COMMAND_PS] = COLUMNS_PROCESSES,      [COMMAND_STALE] = COLUMNS_STALE,
        [COMMAND_SECTIONS] = COLUMNS_SECTIONS, [COMMAND_WATCH] = COLUMNS_CHANGES,
        [COMMAND_DIFF] = COLUMNS_CHANGES,
    };

    if (options->command != COMMAND_MAPS)
        return tables[options->command];
    if (options->who && options->format == FORMAT_TABLE)
        return COLUMNS_USERS;
    if (options->by_file)
        return COLUMNS_FILES;
    if (options->sort != ORDER_NONE && options->format == FORMAT_TABLE)
        return options->request.detail == DETAIL_PAGES ? COLUMNS_FLAT_PAGES : COLUMNS_FLAT;
    if (options->request.detail == DETAIL_REGIONS)
        return COLUMNS_REGIONS;
    return options->request.detail == DETAIL_PAGES ? COLUMNS_PAGES : COLUMNS_MAPS;
}

void pipeline_init(struct pipeline *pipeline, const struct run_settings *settings)
{
    const struct options *options = settings->options;
    const enum columns_table kind = table_of(options);
    const struct table_style style = {
        .width = options->wide ? 0 : settings->width,
        .no_header = options->no_header,
        .totals = !options->quiet && !options->no_header,
        .exact = options->exact,
        .account = settings->account,
    };

    *pipeline = (struct pipeline){.settings = settings};
    row_init(&pipeline->made);
    row_init(&pipeline->last);
    buffer_init(&pipeline->line, 4 * ROW_LINE_SIZE_MAX);
    buffer_init(&pipeline->kinds, KINDS_SIZE_MAX);
    buffer_init(&pipeline->out, OUT_SIZE_MAX);
    buffer_init(&pipeline->say, SAY_SIZE_MAX);
    filter_init(&pipeline->filter, settings->folders, settings->folders_count);
    sorter_init(&pipeline->sorter, options->sort, options->by_file);
    table_init(&pipeline->table, kind, &style);
    csv_init(&pipeline->csv, kind, options->no_header, settings->envelope != NULL);
    prometheus_init(&pipeline->prometheus, kind);
    if (options->bom)
        buffer_text(&pipeline->out, "\xEF\xBB\xBF");
}

void pipeline_release(struct pipeline *pipeline)
{
    row_release(&pipeline->made);
    row_release(&pipeline->last);
    buffer_release(&pipeline->line);
    buffer_release(&pipeline->kinds);
    buffer_release(&pipeline->out);
    buffer_release(&pipeline->say);
    filter_release(&pipeline->filter);
    sorter_release(&pipeline->sorter);
    table_deinit(&pipeline->table);
    csv_deinit(&pipeline->csv);
    prometheus_deinit(&pipeline->prometheus);
}

bool pipeline_flush(struct pipeline *pipeline)
{
    const struct output *output = pipeline->settings->output;
    struct buffer *results = pipeline->settings->results;
    const struct span out = buffer_span(&pipeline->out);

    if (out.size > 0 && !pipeline->unread)
        pipeline->unread =
            results != NULL ? !buffer_append(results, out) : !output->write(output->context, out);
    pipeline->is_printed = pipeline->is_printed || out.size > 0;
    buffer_clear(&pipeline->out);
    return !pipeline->unread;
}

void pipeline_say(struct pipeline *pipeline, bool is_wanted)
{
    const struct output *output = pipeline->settings->output;

    if (is_wanted && pipeline->say.size > 0 && !pipeline->say.failed)
        output->complain(output->context, buffer_span(&pipeline->say));
    buffer_clear(&pipeline->say);
}

enum outcome pipeline_complain(const struct pipeline *pipeline)
{
    struct failure failure = {FAILURE_MEMORY, ""};

    if (pipeline->sorter.store.too_many)
        (void)failure_set(
            &failure, FAILURE_SYSTEM,
            "more than a million mappings, or 512 MiB of them, are too many to sort: narrow "
            "the question by -f, -k or a process");
    return run_complain(pipeline->settings, &failure);
}

/* The last step: the format. Returns false when the pipeline is exhausted. */
static bool show(struct pipeline *pipeline, struct row *row)
{
    const struct options *options = pipeline->settings->options;
    struct buffer *out = &pipeline->out;

    if (row->type == ROW_END && (row_number(row, MEMBER_ROWS, 0) != pipeline->rows ||
                                 row_number(row, MEMBER_PROCESSES, 0) != pipeline->processes)) {
        row_set_number(row, MEMBER_ROWS, pipeline->rows);
        row_set_number(row, MEMBER_PROCESSES, pipeline->processes);
    }
    pipeline->rows += row->type != ROW_END && row->type != ROW_ERROR;
    pipeline->processes += row->type == ROW_PROCESS;
    if (pipeline->settings->envelope != NULL && options->by_file)
        envelope_add(pipeline->settings->envelope, row, pipeline->settings->now(NULL));
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
static bool show_user(struct pipeline *pipeline)
{
    struct row *user = &pipeline->made;

    if (user->type != ROW_USER)
        return true;
    if (pipeline->others > 0)
        buffer_format(&pipeline->line, " and %" PRIu64 " more", pipeline->others);
    row_set_text(user, MEMBER_KIND, buffer_span(&pipeline->kinds));
    row_set_text(user, MEMBER_PATH, buffer_span(&pipeline->line));
    bool good = show(pipeline, user);
    row_begin(user, ROW_OTHER);
    pipeline->others = 0;
    buffer_clear(&pipeline->kinds);
    buffer_clear(&pipeline->line);
    return good;
}

/* Puts a row together with the others of its process. */
static bool add_to_user(struct pipeline *pipeline, const struct row *row)
{
    static const enum row_member members[] = {MEMBER_PROTECTION, MEMBER_OWNER, MEMBER_SERVICES};
    const bool is_process = row->type == ROW_PROCESS;
    const uint64_t pid = row_number(row, MEMBER_PID, 0);
    struct row *user = &pipeline->made;
    struct buffer *kinds = &pipeline->kinds, *first = &pipeline->line;
    struct span path = row_text(row, MEMBER_PATH);

    if (!is_process && row->type != ROW_MAP && row->type != ROW_OPEN && row->type != ROW_STALE)
        return true;
    if (is_process || user->type != ROW_USER || pid != row_number(user, MEMBER_PID, 0)) {
        if (!show_user(pipeline))
            return false;
        row_begin(user, ROW_USER);
        row_set_number(user, MEMBER_PID, pid);
        row_set_text(user, MEMBER_PROCESS,
                     row_text(row, is_process ? MEMBER_NAME : MEMBER_PROCESS));
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
            row_set_text(user, members[i], row_text(row, members[i]));
    }
    if (is_process)
        return true;
    path = path.size > 0 ? path : row_text(row, MEMBER_DEVICE_PATH);
    if (first->size == 0)
        buffer_append(first, path);
    else
        pipeline->others += path_compare(path, buffer_span(first)) != 0;
    kinds_add(kinds, row_text(row, MEMBER_KIND));
    return !kinds->failed && !first->failed;
}

/* What needs all rows before it can hand on the first. */
static bool keep_or_show(struct pipeline *pipeline, struct row *row)
{
    const struct options *options = pipeline->settings->options;
    const bool keeps = pipeline->sorter.is_used;

    if (options->format == FORMAT_PIDS || (options->who && options->format == FORMAT_TABLE))
        return row->type != ROW_END ? add_to_user(pipeline, row)
                                    : show_user(pipeline) && show(pipeline, row);
    if (keeps && row->type == ROW_MAP)
        return sorter_add(&pipeline->sorter, row);
    if (keeps && (row->type == ROW_END || row->type == ROW_ERROR)) {
        row_copy(&pipeline->last, row);
        return !pipeline->last.failed;
    }
    return (options->by_file && row->type == ROW_PROCESS) || show(pipeline, row);
}

bool pipeline_row(struct pipeline *pipeline, struct row *row)
{
    struct envelope *envelope = pipeline->settings->envelope;
    struct row *process = NULL;

    /* Before the order loses which process a mapping is of. */
    if (envelope != NULL && !pipeline->settings->options->by_file)
        envelope_add(envelope, row, pipeline->settings->now(NULL));
    if (pipeline->filter.folders_count > 0 && !filter_passes(&pipeline->filter, row, &process))
        return true;
    pipeline->exhausted =
        (process != NULL && !keep_or_show(pipeline, process)) || !keep_or_show(pipeline, row);
    return !pipeline->exhausted && (pipeline->out.size < OUTPUT_SIZE || pipeline_flush(pipeline));
}

/* Appends what was kept, up to a piece; *more: there is more. */
static bool show_kept(struct pipeline *pipeline, bool *more)
{
    const struct options *options = pipeline->settings->options;
    struct sorter *sorter = &pipeline->sorter;

    if (!show_user(pipeline)) /* of a reply without an end */
        return false;
    while (pipeline->out.size < OUTPUT_SIZE && sorter->is_used &&
           (options->top == 0 || sorter->index < options->top) &&
           sorter_next(sorter, &pipeline->made))
        if (!show(pipeline, &pipeline->made))
            return false;
    *more = pipeline->out.size >= OUTPUT_SIZE;
    if (*more)
        return true;
    if (pipeline->last.type != ROW_OTHER && !show(pipeline, &pipeline->last))
        return false;
    row_begin(&pipeline->last, ROW_OTHER); /* it was shown */
    if (options->format == FORMAT_PROMETHEUS) {
        const struct run_settings *settings = pipeline->settings;
        pipeline->prometheus.now = settings->now != NULL ? settings->now(NULL) : 0;
        return prometheus_end(&pipeline->prometheus, &pipeline->out, more);
    }
    return options->format != FORMAT_TABLE || table_end(&pipeline->table, &pipeline->out);
}

void pipeline_end(struct pipeline *pipeline)
{
    for (bool more = true; more && !pipeline->exhausted && !pipeline->unread;) {
        pipeline->exhausted = !show_kept(pipeline, &more);
        (void)pipeline_flush(pipeline);
    }
    (void)pipeline_flush(pipeline);
}

/* --- a request and its reply --- */

struct run {
    const struct run_settings *settings;
    struct request request;
    struct exchange exchange;
    struct pipeline pipeline;
    struct gaps gaps;
    bool asks_open; /* the second reply: processes that have a file open */
    struct row process,
        open;       /* of the process that is being listed; made for it, or of a stale file */
    struct row end; /* of the first reply, kept until the second is over */
    struct stale stale;
    uint64_t dropped;                  /* pid that runs another program than was named */
    bool has_image[REQUEST_NAMES_MAX]; /* a process runs it */
    uint64_t processes, uses;          /* taken; uses: what a process has mapped or open */
    enum outcome refusal;              /* of the server's error; OUTCOME_COMPLETE: none */
};

void run_make_request(const struct run_settings *settings, struct request *request)
{
    const struct options *options = settings->options;
    static const enum request_op ops[] = {
        [COMMAND_MAPS] = OP_MAPS,     [COMMAND_PS] = OP_PROCESSES, [COMMAND_INFO] = OP_INFO,
        [COMMAND_WHOAMI] = OP_WHOAMI, [COMMAND_STATS] = OP_STATS,  [COMMAND_SECTIONS] = OP_SECTIONS,
        [COMMAND_STALE] = OP_MAPS,    [COMMAND_WATCH] = OP_MAPS};
    const enum request_op op = ops[options->command];

    request_init(request, op);
    if (options_is_scan(options))
        *request = options->request;
    request->op = op;
    if (request->kinds == 0)
        request->kinds = KINDS_DEFAULT;
    request->id = (struct request_id){.type = REQUEST_ID_INT, .number = 1};
    for (size_t i = 0; i < options->images_count; i++)
        request->names[request->names_count++] = path_name(settings->images->items[i].name);
    if (op != OP_MAPS)
        return;
    request->paths_count = settings->paths->globs_count;
    memcpy(request->paths, settings->paths->globs, sizeof request->paths);
}

static struct run *run_create(const struct run_settings *settings)
{
    const struct options *options = settings->options;
    struct run *run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    run->settings = settings;
    run->dropped = UINT64_MAX;
    run_make_request(settings, &run->request);
    exchange_init(&run->exchange, settings->transport);
    gaps_init(&run->gaps);
    run->gaps.is_scan = options_is_scan(options);
    run->gaps.wants_others =
        !options->request.own &&
        (options->request.all || options->request.names_count + options->images_count > 0);
    row_init(&run->process);
    row_init(&run->open);
    row_init(&run->end);
    stale_init(&run->stale, settings->stale);
    pipeline_init(&run->pipeline, settings);
    return run;
}

static void run_destroy(struct run *run)
{
    pipeline_release(&run->pipeline);
    row_release(&run->process);
    row_release(&run->open);
    row_release(&run->end);
    stale_release(&run->stale);
    gaps_deinit(&run->gaps);
    exchange_deinit(&run->exchange);
    free(run);
}

/* The processes are there, but no view that was asked for. */
static void say_no_view(struct run *run)
{
    const struct request *request = &run->request;
    const struct asked_list *paths = run->settings->paths;
    const struct gaps *gaps = &run->gaps;
    struct buffer *say = &run->pipeline.say;

    buffer_text(say, PRODUCT_NAME ": ");
    if (request->names_count == 1 && request->pids_count == 0) {
        buffer_text(say, "no process named \"");
        display_text(say, request->names[0]);
        buffer_text(say, "\"");
    } else {
        buffer_text(say, request->all ? "no process" : "none of these processes");
    }
    buffer_text(say, " has a file mapped");
    if (request->has_address)
        buffer_format(say, " at 0x%" PRIx64, request->address);
    for (size_t i = 0; i < paths->count; i++) {
        buffer_text(say, i == 0 ? " that matches \"" : " or \"");
        display_text(say, paths->items[i].name);
        buffer_text(say, "\"");
    }
    if (gaps->is_own && !gaps->wants_others) /* else gaps_report() says it */
        buffer_text(say, "; only your own processes were looked at");
    if (gaps->groups_count > GAP_REASONS || gaps->others > 0)
        buffer_text(say, "; not all could be read");
    buffer_text(say, "\n");
}

/* What the scan cost: time, and queries by class. */
static void say_cost(struct run *run, const struct row *end)
{
    struct buffer *say = &run->pipeline.say;
    struct json_reader reader;
    char elapsed[DISPLAY_COUNT_CAPACITY];

    buffer_format(say, PRODUCT_NAME ": %s us, queries:",
                  display_count(elapsed, row_number(end, MEMBER_ELAPSED_US, 0)).data);
    json_reader_init(&reader, row_text(end, MEMBER_QUERIES), JSON_DEPTH_MAX);
    if (json_next(&reader) != JSON_OBJECT_OPEN)
        buffer_text(say, " not known");
    for (const char *comma = " "; json_next(&reader) == JSON_KEY; comma = ", ") {
        buffer_text(say, comma);
        display_text(say, reader.token);
        buffer_text(say, " ");
        if (json_next(&reader) != JSON_NUMBER)
            break;
        display_text(say, reader.token);
    }
    buffer_text(say, "\n");
}

/* Before the pipeline changes its counts. */
static void on_end(struct run *run, const struct row *end)
{
    const struct options *options = run->settings->options;
    const struct request *request = &run->request;
    const struct filter *filter = &run->pipeline.filter;
    const uint64_t selectors = request->all ? 1 : request->pids_count + request->names_count;
    const uint64_t unnamed = row_number(end, MEMBER_UNNAMED, 0);

    if (options->command == COMMAND_SECTIONS) {
        const uint64_t errors = row_number(end, MEMBER_ERRORS, 0);
        run->gaps.processes = row_number(end, MEMBER_ROWS, 0) - errors;
        if (run->gaps.processes == 0 && errors == 0 && !options->quiet)
            buffer_text(&run->pipeline.say, PRODUCT_NAME ": no named section matches\n");
    }
    run->gaps.is_filtered = filter->folders_count > 0 && filter->mappings == 0;
    if (!options->quiet && run->gaps.processes > 0 && run->gaps.is_filtered)
        buffer_text(&run->pipeline.say, PRODUCT_NAME ": nothing is mapped outside these folders\n");
    else if (options->who && (!options->is_again || run->uses == 0) &&
             (!options->quiet || (options->wait && who_has_gap(run->settings->paths, NTSTATUS_OK))))
        who_report(run->settings->paths, run->uses > 0, run->gaps.is_own, &run->pipeline.say);
    else if (!options->quiet && !options->who && run->gaps.processes == 0 &&
             (request->has_address || request->paths_count > 0) &&
             row_number(end, MEMBER_UNMATCHED, 0) < selectors)
        say_no_view(run);
    if (!options->quiet && request->paths_count > 0 && unnamed > 0)
        buffer_format(&run->pipeline.say,
                      PRODUCT_NAME ": Windows refused the names of %" PRIu64
                                   " views; no search for a file finds them\n",
                      unnamed);
    if (options->request.debug)
        say_cost(run, end);
}

/* Rows of processes and mappings are kept; what they show is known at the end. */
static bool show_stale(struct run *run, struct row *row)
{
    const bool is_quiet = run->settings->options->quiet, is_end = row->type == ROW_END;
    struct stale *stale = &run->stale;
    uint64_t rows = 0;

    stale_add(stale, row);
    for (; is_end && stale_next(stale, &run->open); rows++)
        if (!pipeline_row(&run->pipeline, &run->open))
            return false;
    run->pipeline.exhausted = stale->failed;
    if (row->type == ROW_PROCESS || row->type == ROW_MAP || stale->failed)
        return !stale->failed;
    if (!is_end)
        return pipeline_row(&run->pipeline, row);
    run->gaps.is_filtered = rows == 0;
    if (rows == 0 && !is_quiet)
        buffer_text(&run->pipeline.say,
                    PRODUCT_NAME ": no process has a file mapped that was replaced\n");
    if (stale->unchecked > 0 && !is_quiet)
        buffer_format(&run->pipeline.say,
                      PRODUCT_NAME ": %" PRIu64
                                   " mapped %s not checked: you may not look there, or "
                                   "Windows does not say who uses the file\n",
                      stale->unchecked, stale->unchecked == 1 ? "file was" : "files were");
    return pipeline_row(&run->pipeline, row);
}

/* The programs that were named by a path, and that no process runs. */
static void add_missing_images(struct run *run)
{
    for (size_t i = 0; i < run->settings->options->images_count; i++) {
        row_begin(&run->open, ROW_PROCESS_ERROR);
        row_set_text(&run->open, MEMBER_PROCESS, run->settings->images->items[i].name);
        row_set_text(&run->open, MEMBER_STAGE, SPAN("select"));
        if (!run->has_image[i])
            gaps_add(&run->gaps, &run->open);
    }
}

/* Takes a row of the answer, be it a server's or made here. */
static bool take_row(struct run *run, struct row *row)
{
    const struct options *options = run->settings->options;

    if (row->type == ROW_END) {
        add_missing_images(run);
        if ((options->command == COMMAND_MAPS || options->command == COMMAND_PS) &&
            options->question[0] != '\0')
            row_set_text(row, MEMBER_QUESTION, span_from_string(options->question));
    }
    gaps_add(&run->gaps, row);
    run->processes += row->type == ROW_PROCESS;
    run->uses += row->type == ROW_MAP || row->type == ROW_OPEN;
    if (row->type == ROW_END) {
        run->gaps.processes = run->processes; /* without those left out here */
        on_end(run, row);
    }
    if (row->type == ROW_ERROR)
        run->refusal = outcome_report_error(row, &run->pipeline.say);
    return run->settings->stale != NULL ? show_stale(run, row) : pipeline_row(&run->pipeline, row);
}

/* True when the row is of a process that runs another program than one named by its path, and that no
 * pid or name selects. */
static bool is_dropped(struct run *run, const struct row *row)
{
    const struct options *options = run->settings->options;
    const uint64_t pid = row_number(row, MEMBER_PID, UINT64_MAX);

    if (row->type != ROW_PROCESS || options->images_count == 0)
        return pid == run->dropped && pid != UINT64_MAX;
    bool is_selected = false;
    for (size_t i = 0; i < options->request.pids_count; i++)
        is_selected = is_selected || options->request.pids[i] == pid;
    for (size_t i = 0; i < options->request.names_count; i++)
        is_selected = is_selected || glob_match_process(options->request.names[i],
                                                        row_text(row, MEMBER_NAME), NULL);
    for (size_t i = 0; i < options->images_count; i++)
        if (fold_equal(run->settings->images->items[i].name, row_text(row, MEMBER_IMAGE)))
            run->has_image[i] = is_selected = true;
    run->dropped = is_selected ? UINT64_MAX : pid;
    return !is_selected;
}

/* Takes the rows `open` of a process. */
static bool take_open(struct run *run, const struct row *process)
{
    while (who_open(run->settings->paths, process, &run->open))
        if (!take_row(run, &run->open))
            return false;
    return true;
}

/* Of the processes that the file system names. */
static bool on_second_row(struct run *run, struct row *row)
{
    bool is_hidden = row->type == ROW_PROCESS_ERROR && !run->request.own &&
                     span_equal(row_text(row, MEMBER_CODE), SPAN("denied"));

    if (row->type == ROW_ERROR)
        return take_row(run, row);
    if (row->type == ROW_PROCESS)
        return take_row(run, row) && take_open(run, row);
    if (row->type == ROW_END)
        return take_row(run, &run->end);
    return !is_hidden || take_open(run, row); /* the caller may know nothing but the pid */
}

static bool on_row(struct run *run, struct row *row)
{
    struct asked_list *paths = run->settings->paths;

    if (run->asks_open)
        return on_second_row(run, row);
    if (is_dropped(run, row))
        return true;
    if (!run->settings->options->who || paths->users.size == 0)
        return take_row(run, row);
    if ((row->type == ROW_PROCESS || row->type == ROW_END) && !take_open(run, &run->process))
        return false;
    if (row->type == ROW_PROCESS)
        row_copy(&run->process, row);
    if (row->type == ROW_END)
        row_copy(&run->end, row);
    who_add(paths, row);
    run->pipeline.exhausted = run->process.failed || run->end.failed;
    return !run->pipeline.exhausted && (row->type == ROW_END || take_row(run, row));
}

/* A person sees rows as they come; a file or a pipe gets them in large pieces. */
static bool on_wait(struct run *run)
{
    const struct output *output = run->settings->output;
    const struct options *options = run->settings->options;

    if (output->progress != NULL && options->request.all && !options->quiet && !options->wait &&
        run->processes > 0)
        output->progress(output->context, run->processes);
    return run->settings->width == 0 || pipeline_flush(&run->pipeline);
}

/* Takes a reply. Returns EXCHANGE_END or EXCHANGE_FAILED; another event: no more rows can be shown. */
static enum exchange_event take_reply(struct run *run, struct failure *failure)
{
    enum exchange_event event = EXCHANGE_FAILED;
    bool goes_on = exchange_begin(&run->exchange, &run->request, failure);

    while (goes_on) { /* each turn takes a row, or waits for bytes up to a timeout */
        event = exchange_next(&run->exchange, failure);
        goes_on = (event == EXCHANGE_ROW && on_row(run, &run->exchange.row)) ||
                  (event == EXCHANGE_WAIT && on_wait(run));
    }
    return event;
}

/* Says what is wrong with the answer. Returns the exit code. */
static enum outcome judge(struct run *run, enum exchange_event event, const struct failure *failure)
{
    const struct options *options = run->settings->options;
    const struct asked_list *paths = run->settings->paths;
    const struct pipeline *pipeline = &run->pipeline;
    enum outcome outcome = OUTCOME_COMPLETE;

    if (pipeline->exhausted)
        outcome = pipeline_complain(pipeline);
    else if (event == EXCHANGE_FAILED)
        outcome = run_complain(run->settings, failure);
    else if (event == EXCHANGE_END)
        outcome = run->refusal != OUTCOME_COMPLETE ? run->refusal : gaps_outcome(&run->gaps);
    if ((pipeline->exhausted || event == EXCHANGE_FAILED || run->refusal != OUTCOME_COMPLETE) &&
        pipeline->is_printed && pipeline->rows > 0 && options->out == NULL)
        buffer_text(&run->pipeline.say, PRODUCT_NAME ": the output is incomplete\n");
    /* A system that never lists users would never let --wait end well. */
    if ((paths->dropped > 0 && (outcome == OUTCOME_COMPLETE || outcome == OUTCOME_NOTHING)) ||
        (options->wait && outcome == OUTCOME_NOTHING &&
         who_has_gap(paths, NTSTATUS_NOT_IMPLEMENTED)))
        outcome = OUTCOME_INCOMPLETE;
    if (!options->quiet && !options->is_again)
        who_report_dropped(paths, &run->pipeline.say);
    if (!options->quiet)
        gaps_report(&run->gaps, options->format != FORMAT_JSON, &run->pipeline.say);
    return outcome;
}

enum outcome run_request(const struct run_settings *settings)
{
    struct failure failure = {FAILURE_MEMORY, ""};
    struct run *run = run_create(settings);
    enum exchange_event event = EXCHANGE_FAILED;

    if (run == NULL)
        return run_complain(settings, &failure);
    if (!settings->paths->failed)
        event = take_reply(run, &failure);
    if (event == EXCHANGE_END && run->end.type == ROW_END) {
        run->asks_open = who_request(settings->paths, &run->request);
        if (run->asks_open)
            event = take_reply(run, &failure);
        else
            (void)take_row(run, &run->end);
    }
    pipeline_end(&run->pipeline);
    enum outcome outcome = judge(run, event, &failure);
    /* Unless the reader of the diagnostics has gone with that of the results. */
    pipeline_say(&run->pipeline, !run->pipeline.unread);
    run_destroy(run);
    return outcome;
}
