#include "client/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pipeline.h"
#include "client/rows/diff.h"
#include "client/rows/snapshot.h"
#include "client/show/text.h"
#include "common/base/status.h"
#include "common/json/reader.h"
#include "common/proto/protocol.h"

enum {
    OUT_SIZE_MAX = OUTPUT_SIZE + 4 * ROW_LINE_SIZE_MAX,
    SAY_SIZE_MAX = 1024 * 1024, /* of diagnostics; longer ones are dropped */
    FILE_COLUMNS_MAX = 40,      /* of a file's name in a message */
    QUESTION_COLUMNS_MAX = 80
};

struct run {
    const struct run_settings *settings;
    struct request request;
    struct exchange exchange;
    struct pipeline pipeline;
    struct gaps gaps;
    struct buffer out;    /* results not yet written */
    struct buffer say;    /* diagnostics, written after the results */
    uint64_t processes;   /* received */
    bool is_printed;      /* some results were written */
    bool unread;          /* the results have no reader any more */
    bool exhausted;       /* memory, or a bound */
    enum outcome refusal; /* of the server's error; OUTCOME_COMPLETE: none */
};

static bool flush(struct run *run)
{
    const struct output *output = run->settings->output;

    run->is_printed = run->is_printed || run->out.size > 0;
    if (run->out.size > 0 && !run->unread)
        run->unread = !output->write(output->context, buffer_span(&run->out));
    buffer_clear(&run->out);
    return !run->unread;
}

enum outcome run_complain(const struct run_settings *settings, const struct failure *failure)
{
    const struct output *output = settings->output;
    struct buffer line;

    buffer_init(&line, OUTCOME_TEXT_SIZE_MAX);
    failure_report(failure, settings->pipe, settings->options->timeout_s, &line);
    output->complain(output->context, buffer_failed(&line) ? SPAN(PRODUCT_NAME ": out of memory\n")
                                                           : buffer_span(&line));
    buffer_release(&line);
    return failure_outcome(failure->kind);
}

static bool is_scan(const struct options *options)
{
    return options->command == COMMAND_MAPS || options->command == COMMAND_PS ||
           options->command == COMMAND_SECTIONS;
}

static void make_request(const struct options *options, struct request *request)
{
    static const enum request_op ops[] = {
        [COMMAND_MAPS] = OP_MAPS,   [COMMAND_PS] = OP_PROCESSES,
        [COMMAND_INFO] = OP_INFO,   [COMMAND_WHOAMI] = OP_WHOAMI,
        [COMMAND_STATS] = OP_STATS, [COMMAND_SECTIONS] = OP_SECTIONS};

    request_init(request, ops[options->command]);
    request->id.type = REQUEST_ID_INT;
    request->id.number = 1;
    if (!is_scan(options))
        return;
    request->all = options->all;
    request->own = options->own;
    request->debug = options->debug;
    request->pids_count = options->pids_count;
    request->names_count = options->names_count;
    memcpy(request->pids, options->pids, sizeof options->pids);
    memcpy(request->names, options->names, sizeof options->names);
    if (options->command != COMMAND_MAPS)
        return;
    if (options->kinds != 0)
        request->kinds = options->kinds;
    request->paths[0] = options->path;
    request->paths_count = options->path.size > 0 ? 1 : 0;
    request->has_address = options->has_address;
    request->address = options->address;
    request->detail = options->detail;
}

static struct run *run_create(const struct run_settings *settings)
{
    const struct options *options = settings->options;
    struct run *run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    run->settings = settings;
    exchange_init(&run->exchange, settings->transport);
    gaps_init(&run->gaps);
    run->gaps.is_scan = is_scan(options);
    run->gaps.wants_others = !options->own && (options->all || options->names_count > 0);
    buffer_init(&run->out, OUT_SIZE_MAX);
    buffer_init(&run->say, SAY_SIZE_MAX);
    if (options->bom)
        buffer_text(&run->out, "\xEF\xBB\xBF");
    pipeline_init(&run->pipeline, options, settings->width, settings->account, settings->envelope,
                  settings->system_folders, settings->system_folders_count);
    return run;
}

static void run_destroy(struct run *run)
{
    if (run == NULL)
        return;
    pipeline_release(&run->pipeline);
    buffer_release(&run->say);
    buffer_release(&run->out);
    gaps_deinit(&run->gaps);
    exchange_deinit(&run->exchange);
    free(run);
}

/* Returns false when no more rows can be printed. */
static bool show_row(void *context, struct row *row)
{
    struct run *run = context;

    run->exhausted = !pipeline_row(&run->pipeline, row, &run->out);
    return !run->exhausted && (run->out.size < OUTPUT_SIZE || flush(run));
}

/* Writes what the pipeline kept until the last row. */
static void show_end(struct run *run)
{
    bool more = true;

    while (more && !run->exhausted && !run->unread) {
        run->exhausted = !pipeline_end(&run->pipeline, &run->out, &more);
        (void)flush(run);
    }
    (void)flush(run);
}

/* The pipeline gave up. */
static enum outcome complain_exhausted(const struct run *run)
{
    const char *why = pipeline_complaint(&run->pipeline);
    struct failure failure;

    (void)failure_set(&failure, why != NULL ? FAILURE_TOO_MANY : FAILURE_MEMORY, why);
    return run_complain(run->settings, &failure);
}

/* Writes the diagnostics, unless their reader has gone with that of the results. */
static void complain(struct run *run)
{
    const struct output *output = run->settings->output;

    if (!run->unread && run->say.size > 0 && !buffer_failed(&run->say))
        output->complain(output->context, buffer_span(&run->say));
}

/* The processes are there, but no view that was asked for. */
static void say_no_view(struct run *run)
{
    const struct request *request = &run->request;
    const struct gaps *gaps = &run->gaps;
    struct buffer *say = &run->say;

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
    if (request->paths_count > 0) {
        buffer_text(say, " that matches \"");
        display_text(say, request->paths[0]);
        buffer_text(say, "\"");
    }
    if (gaps->is_own && !gaps->wants_others) /* else gaps_report() says it */
        buffer_text(say, "; only your own processes were looked at");
    if (gaps->groups_count > GAP_REASONS || gaps->others > 0)
        buffer_text(say, "; not all could be read");
    buffer_text(say, "\n");
}

/* The list was made, but nothing in it was asked for. */
static void say_no_section(struct run *run)
{
    struct buffer *say = &run->say;

    buffer_text(say, PRODUCT_NAME ": no section is listed");
    if (run->request.names_count > 0) {
        buffer_text(say, " that matches \"");
        display_text(say, run->request.names[0]);
        buffer_text(say, run->request.names_count > 1 ? "\" or the other names" : "\"");
    }
    buffer_text(say, run->request.pids_count > 0 ? " and that these processes hold\n" : "\n");
}

/* What the scan cost: time, and queries by class. */
static void say_cost(struct run *run, const struct row *end)
{
    struct buffer *say = &run->say;
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

    if (options->command == COMMAND_SECTIONS) {
        run->gaps.processes = row_number(end, MEMBER_ROWS, 0) - row_number(end, MEMBER_ERRORS, 0);
        if (run->gaps.processes == 0 && !options->quiet)
            say_no_section(run);
    }
    run->gaps.is_filtered = filter->folders_count > 0 && filter->mappings == 0;
    if (!options->quiet && run->gaps.processes == 0 &&
        (request->has_address || request->paths_count > 0) &&
        row_number(end, MEMBER_UNMATCHED, 0) < selectors)
        say_no_view(run);
    else if (!options->quiet && run->gaps.processes > 0 && run->gaps.is_filtered)
        buffer_text(&run->say, PRODUCT_NAME ": nothing is mapped outside these folders\n");
    if (!options->quiet && request->paths_count > 0 && row_number(end, MEMBER_UNNAMED, 0) > 0)
        buffer_format(&run->say,
                      PRODUCT_NAME ": Windows refused the names of %" PRIu64
                                   " views; no search for a file finds them\n",
                      row_number(end, MEMBER_UNNAMED, 0));
    if (options->debug)
        say_cost(run, end);
}

static bool on_row(struct run *run, struct row *row)
{
    gaps_add(&run->gaps, row);
    run->processes += row->type == ROW_PROCESS;
    if (row->type == ROW_END)
        on_end(run, row);
    if (row->type == ROW_ERROR) {
        struct span code = row_text(row, MEMBER_CODE);
        run->refusal = (enum outcome)status_exit_code(status_from_name(code.data, code.size));
        outcome_report_error(row, &run->say);
    }
    return show_row(run, row);
}

/* A person sees rows as they come; a file or a pipe gets them in large pieces. */
static bool on_wait(struct run *run)
{
    const struct output *output = run->settings->output;
    const struct options *options = run->settings->options;

    if (output->progress != NULL && options->all && !options->quiet && run->processes > 0)
        output->progress(output->context, run->processes);
    return run->settings->width == 0 || flush(run);
}

enum outcome run_request(const struct run_settings *settings)
{
    const struct options *options = settings->options;
    struct failure failure = {FAILURE_MEMORY, ""};
    enum exchange_event event = EXCHANGE_FAILED;
    enum outcome outcome = OUTCOME_COMPLETE;
    struct run *run = run_create(settings);
    bool goes_on = run != NULL;

    if (run == NULL)
        return run_complain(settings, &failure);
    make_request(options, &run->request);
    if (exchange_begin(&run->exchange, &run->request, &failure))
        do { /* each turn takes a row, or waits for bytes up to a timeout */
            event = exchange_next(&run->exchange, &failure);
            goes_on = event == EXCHANGE_ROW    ? on_row(run, &run->exchange.row)
                      : event == EXCHANGE_WAIT ? on_wait(run)
                                               : false;
        } while (goes_on);
    show_end(run);
    if (run->exhausted)
        outcome = complain_exhausted(run);
    else if (event == EXCHANGE_FAILED)
        outcome = run_complain(settings, &failure);
    else if (event == EXCHANGE_END)
        outcome = run->refusal != OUTCOME_COMPLETE ? run->refusal : gaps_outcome(&run->gaps);
    bool is_part = run->exhausted || event == EXCHANGE_FAILED || run->refusal != OUTCOME_COMPLETE;
    if (is_part && run->is_printed && run->pipeline.rows > 0 && options->out == NULL)
        buffer_text(&run->say, PRODUCT_NAME ": the output is incomplete\n");
    if (!options->quiet)
        gaps_report(&run->gaps, options->format != FORMAT_JSON, &run->say);
    complain(run);
    run_destroy(run);
    return outcome;
}

/* Reads a file of `diff`, in pieces that the buffer of the output takes. */
static enum outcome read_file(struct run *run, run_read read, void *context, size_t side,
                              struct snapshot *snapshot)
{
    struct buffer *text = &run->say;
    struct failure failure = {FAILURE_MEMORY, "out of memory"};
    size_t size = 1;
    bool good = buffer_reserve(&run->out, SNAPSHOT_FEED_SIZE);

    while (good && size > 0) /* the last turn reads the end of the file */
        good = read(context, side, run->out.data, SNAPSHOT_FEED_SIZE, &size, &failure) &&
               snapshot_feed(snapshot, (struct span){run->out.data, size});
    if (good)
        return OUTCOME_COMPLETE;
    if (snapshot->why != NULL)
        (void)failure_set(&failure, FAILURE_FILE_ROWS, snapshot->why);
    display_cut(text, run->settings->options->files[side], FILE_COLUMNS_MAX);
    if (snapshot->why != NULL && snapshot->line > 0)
        buffer_format(text, ": line %" PRIu64, snapshot->line);
    buffer_format(text, ": %s", failure.detail);
    buffer_append(text, (struct span){"", 1}); /* the terminator */
    if (!buffer_failed(text))
        (void)failure_set(&failure, failure.kind, text->data);
    buffer_clear(text);
    return run_complain(run->settings, &failure);
}

/* What limits the comparison. */
static void complain_limits(struct run *run, const struct snapshot *snapshots,
                            const struct diff_result *result)
{
    char count[DISPLAY_COUNT_CAPACITY];

    if (result->not_compared > 0)
        buffer_format(
            &run->say, PRODUCT_NAME ": %s %s\n", display_count(count, result->not_compared).data,
            result->not_compared == 1 ? "process is not compared: it was not read in both"
                                      : "processes are not compared: they were not read in both");
    if (snapshots[0].has_own_scope != snapshots[1].has_own_scope)
        buffer_text(&run->say, PRODUCT_NAME ": one file covers every process, the other only the "
                                            "processes of one user\n");
    if (!run->settings->options->quiet)
        complain(run);
}

/* What came and went between answers to different questions says nothing. NULL: it is the same. */
static const char *refuse_questions(struct run *run, const struct snapshot *snapshots)
{
    struct buffer *text = &run->say;

    if (snapshots[0].is_mixed || snapshots[1].is_mixed)
        return "a file has answers to different questions: compare one with one";
    if (snapshots[0].has_host != snapshots[1].has_host)
        return "only one of the files was made with --host: make both in the same way";
    if (span_equal(snapshots[0].question, snapshots[1].question) ||
        snapshots[0].question.size == 0 || snapshots[1].question.size == 0)
        return NULL;
    buffer_text(text, "the files answer different questions, \"");
    display_cut(text, snapshots[0].question, QUESTION_COLUMNS_MAX);
    buffer_text(text, "\" and \"");
    display_cut(text, snapshots[1].question, QUESTION_COLUMNS_MAX);
    buffer_append(text, (struct span){"\"", 2}); /* with the terminator */
    return buffer_failed(text) ? "the files answer different questions" : text->data;
}

static enum outcome compare(struct run *run, const struct snapshot *snapshots)
{
    const char *refusal = refuse_questions(run, snapshots);
    struct diff_result result;
    struct failure failure;

    if (refusal != NULL) {
        (void)failure_set(&failure, FAILURE_FILE, refusal);
        return run_complain(run->settings, &failure);
    }
    if (diff_snapshots(&snapshots[0], &snapshots[1], run->settings->options->all, show_row, run,
                       &result))
        show_end(run);
    (void)flush(run);
    if (run->exhausted)
        return complain_exhausted(run);
    complain_limits(run, snapshots, &result);
    return result.changes > 0 ? (enum outcome)RUN_DIFFERS : OUTCOME_COMPLETE;
}

enum outcome run_diff(const struct run_settings *settings, run_read read, void *context)
{
    struct run *run = run_create(settings);
    struct snapshot *snapshots = calloc(2, sizeof *snapshots);
    enum outcome outcome = OUTCOME_COMPLETE;

    if (run == NULL || snapshots == NULL) {
        outcome = run_complain(settings, &(struct failure){FAILURE_MEMORY, ""});
        goto cleanup;
    }
    for (size_t side = 0; side < 2; side++) {
        snapshot_init(&snapshots[side]);
        if (outcome == OUTCOME_COMPLETE)
            outcome = read_file(run, read, context, side, &snapshots[side]);
    }
    if (outcome == OUTCOME_COMPLETE)
        outcome = compare(run, snapshots);
    snapshot_release(&snapshots[0]);
    snapshot_release(&snapshots[1]);

cleanup:
    free(snapshots);
    run_destroy(run);
    return outcome;
}
