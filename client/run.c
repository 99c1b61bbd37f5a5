#include "client/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/pipeline.h"
#include "client/plan.h"
#include "client/report.h"
#include "client/rows/diff.h"
#include "client/rows/row_reader.h"
#include "client/rows/snapshot.h"
#include "client/show/text.h"
#include "common/base/status.h"
#include "common/proto/protocol.h"

enum {
    OUT_SIZE_MAX = OUTPUT_SIZE + 4 * ROW_LINE_SIZE_MAX,
    SAY_SIZE_MAX = 1024 * 1024, /* of a diagnostic; a longer one is dropped */
    FILE_COLUMNS_MAX = 40       /* of a file's name in a message */
};

struct run {
    const struct run_settings *settings;
    struct exchange exchange;
    struct pipeline pipeline;
    struct gaps gaps;
    struct buffer out;  /* results not yet written */
    struct buffer say;  /* the diagnostic being made */
    uint64_t processes; /* received */
    bool unread;        /* the results have no reader any more */
    bool exhausted;     /* memory, or a bound */
    bool over;          /* the server will not answer another request */
    enum outcome outcome;
    const struct request *request; /* the one being answered */
};

/* The worse of two outcomes of one command with several requests. */
static enum outcome outcome_worse(enum outcome a, enum outcome b)
{
    static const enum outcome worst_first[] = {
        OUTCOME_INTERRUPTED, OUTCOME_BROKEN, OUTCOME_NO_SERVICE, OUTCOME_DENIED,
        OUTCOME_BUSY,        OUTCOME_USAGE,  OUTCOME_INCOMPLETE, OUTCOME_NOTHING};

    for (size_t i = 0; i < sizeof worst_first / sizeof worst_first[0]; i++)
        if (a == worst_first[i] || b == worst_first[i])
            return worst_first[i];
    return OUTCOME_COMPLETE;
}

static bool flush(struct run *run)
{
    const struct output *output = run->settings->output;

    if (run->out.size > 0 && !run->unread)
        run->unread = !output->write(output->context, buffer_span(&run->out));
    buffer_clear(&run->out);
    return !run->unread;
}

/* Writes run->say, which was appended to with result `good`, after the results so far. */
static void complain(struct run *run, bool good)
{
    const struct output *output = run->settings->output;

    if (flush(run) && good && run->say.size > 0)
        output->complain(output->context, buffer_span(&run->say));
    buffer_clear(&run->say);
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

/* The pipeline gave up. */
static enum outcome complain_exhausted(struct run *run)
{
    const char *why = pipeline_complaint(&run->pipeline);
    struct failure failure;

    (void)flush(run);
    (void)failure_set(&failure, why != NULL ? FAILURE_TOO_MANY : FAILURE_MEMORY, why);
    return run_complain(run->settings, &failure);
}

static struct run *run_create(const struct run_settings *settings)
{
    struct run *run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    run->settings = settings;
    run->outcome = OUTCOME_COMPLETE;
    exchange_init(&run->exchange, settings->transport);
    gaps_init(&run->gaps);
    buffer_init(&run->out, OUT_SIZE_MAX);
    buffer_init(&run->say, SAY_SIZE_MAX);
    pipeline_init(&run->pipeline, settings->options, settings->width, settings->envelope,
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

/* Returns false when no more rows are wanted. */
static bool show_row(struct run *run, struct row *row)
{
    run->exhausted = !pipeline_row(&run->pipeline, row, &run->out);
    return !run->exhausted && (run->out.size < OUTPUT_SIZE || flush(run));
}

/* Writes what the pipeline kept until the last row; complains when it gave up. */
static void finish(struct run *run)
{
    bool more = true;

    while (more && !run->exhausted && !run->unread) {
        run->exhausted = !pipeline_end(&run->pipeline, &run->out, &more);
        if (more && !run->exhausted)
            (void)flush(run);
    }
    if (run->exhausted)
        run->outcome = outcome_worse(run->outcome, complain_exhausted(run));
}

static void end_of_reply(struct run *run, const struct row *end)
{
    const struct options *options = run->settings->options;
    bool is_empty = (run->request->op == OP_PROCESSES || run->request->op == OP_MAPS) &&
                    row_number(end, MEMBER_PROCESSES, 0) == 0;
    bool nothing = is_empty || !pipeline_matched(&run->pipeline);
    enum outcome outcome = OUTCOME_COMPLETE;

    if (row_number(end, MEMBER_ERRORS, 0) > 0)
        outcome = OUTCOME_INCOMPLETE;
    else if (nothing)
        outcome = OUTCOME_NOTHING;
    else if (row_number(end, MEMBER_UNMATCHED, 0) > 0)
        outcome = OUTCOME_INCOMPLETE;
    run->outcome = outcome_worse(run->outcome, outcome);
    if (is_empty && !options->quiet)
        complain(run, report_nothing(run->request, end, &run->say));
    else if (nothing && !options->quiet)
        complain(run, report_filtered(&run->say));
    if (options->debug)
        complain(run, report_cost(end, &run->say));
}

static void error_of_reply(struct run *run, const struct row *error)
{
    struct span name = row_text(error, MEMBER_CODE);
    enum status code = status_from_name(name.data, name.size);

    run->outcome = outcome_worse(run->outcome, (enum outcome)status_exit_code(code));
    /* Without an id it answers the connection and not the request. */
    run->over = code == STATUS_STOPPING || code == STATUS_BUSY || !row_knows(error, MEMBER_ID);
    outcome_report_error(error, &run->say);
    complain(run, !buffer_failed(&run->say));
}

static bool on_row(struct run *run, struct row *row)
{
    const enum row_type type = row->type;

    gaps_add(&run->gaps, row);
    run->processes += type == ROW_PROCESS;
    if (!show_row(run, row))
        return false;
    if (type == ROW_END)
        end_of_reply(run, row);
    else if (type == ROW_ERROR)
        error_of_reply(run, row);
    return !run->unread;
}

/* A person sees rows as they come; a file or a pipe gets them in large pieces. */
static bool on_wait(struct run *run)
{
    const struct output *output = run->settings->output;
    const struct options *options = run->settings->options;

    if (output->progress != NULL && options->all && !options->quiet)
        output->progress(output->context, run->processes);
    return run->settings->width == 0 || flush(run);
}

/* Returns false when no further request is to be sent. */
static bool ask(struct run *run, const struct request *request)
{
    struct failure failure = {FAILURE_MEMORY, ""};
    enum exchange_event event = EXCHANGE_FAILED;
    bool good = true;

    run->request = request;
    if (exchange_begin(&run->exchange, request, &failure))
        do
            event = exchange_next(&run->exchange, &failure);
        while ((event == EXCHANGE_ROW && (good = on_row(run, &run->exchange.row))) ||
               (event == EXCHANGE_WAIT && (good = on_wait(run))));
    if (good && event == EXCHANGE_FAILED) {
        (void)flush(run);
        run->outcome = outcome_worse(run->outcome, run_complain(run->settings, &failure));
    }
    return event == EXCHANGE_END && !run->over;
}

enum outcome run_request(const struct run_settings *settings)
{
    const struct options *options = settings->options;
    struct run *run = run_create(settings);
    struct request request;

    if (run == NULL)
        return run_complain(settings, &(struct failure){FAILURE_MEMORY, ""});
    for (size_t i = 0; i < plan_count(options); i++) {
        plan_request(options, i, &request);
        if (!ask(run, &request))
            break;
    }
    finish(run);
    if (!options->quiet)
        gaps_report(&run->gaps, options->format != FORMAT_JSON, &run->say);
    complain(run, !buffer_failed(&run->say));
    (void)flush(run);
    enum outcome outcome = run->outcome;
    run_destroy(run);
    return outcome;
}

/* The two files of `diff`. */
struct comparison {
    struct run *run;
    run_read read;
    void *context;
    char data[RUN_READ_SIZE];
    struct row_reader reader;
    struct snapshot snapshots[2];
};

/* Complains with the file's name. */
static enum outcome complain_file(struct run *run, struct span name, const struct failure *failure)
{
    struct failure named = *failure;

    (void)display_cut(&run->say, name, FILE_COLUMNS_MAX);
    buffer_text(&run->say, ": ");
    buffer_text(&run->say, failure->detail);
    buffer_append(&run->say, (struct span){"", 1}); /* the terminator */
    if (failure->kind != FAILURE_MEMORY && !buffer_failed(&run->say))
        (void)failure_set(&named, failure->kind, run->say.data);
    buffer_clear(&run->say);
    return run_complain(run->settings, &named);
}

static enum outcome read_file(struct comparison *comparison, size_t side)
{
    struct snapshot *snapshot = &comparison->snapshots[side];
    struct row_reader *reader = &comparison->reader;
    struct failure failure = {FAILURE_MEMORY, ""};
    enum row_reader_result result = ROW_READER_MORE;
    const char *why = NULL;
    bool good = true;
    size_t size = 0;

    row_reader_init(reader);
    while (good && why == NULL && result != ROW_READER_END) { /* each turn takes a row, or bytes */
        result = row_reader_next(reader, &why);
        if (result == ROW_READER_ROW)
            why = snapshot_add(snapshot, &reader->row);
        else if (result == ROW_READER_MORE)
            good = comparison->read(comparison->context, side, comparison->data, RUN_READ_SIZE,
                                    &size, &failure);
        else if (result == ROW_READER_MEMORY)
            good = false;
        if (result == ROW_READER_MORE && good)
            row_reader_feed(reader, (struct span){comparison->data, size});
    }
    if (why != NULL) {
        failure.kind = snapshot->store.too_many ? FAILURE_TOO_MANY : FAILURE_FILE_ROWS;
        (void)snprintf(failure.detail, sizeof failure.detail, "line %" PRIu64 ": %s", reader->line,
                       why);
    } else if (good && (why = snapshot_finish(snapshot)) != NULL) {
        (void)failure_set(&failure, FAILURE_FILE_ROWS, why);
    }
    row_reader_release(reader);
    return good && why == NULL
               ? OUTCOME_COMPLETE
               : complain_file(comparison->run, comparison->run->settings->options->files[side],
                               &failure);
}

/* What limits the comparison. */
static void complain_limits(struct run *run, const struct snapshot *snapshots,
                            const struct diff_result *result)
{
    char count[DISPLAY_COUNT_CAPACITY];

    if (result->not_compared > 0) {
        buffer_text(&run->say, PRODUCT_NAME ": ");
        (void)display_text(&run->say, display_count(count, result->not_compared));
        buffer_text(&run->say, result->not_compared == 1
                                   ? " process is not compared: it was not read in both\n"
                                   : " processes are not compared: they were not read in both\n");
    }
    if (snapshots[0].has_own_scope != snapshots[1].has_own_scope)
        buffer_text(&run->say, PRODUCT_NAME ": one file covers every process, the other only the "
                                            "processes of one user\n");
    if (!run->settings->options->quiet)
        complain(run, !buffer_failed(&run->say));
}

static bool on_change(void *context, struct row *row)
{
    return show_row(context, row);
}

static enum outcome compare(struct run *run, const struct snapshot *snapshots)
{
    struct diff_result result;

    if (diff_snapshots(&snapshots[0], &snapshots[1], run->settings->options->all, on_change, run,
                       &result))
        finish(run);
    (void)flush(run);
    if (run->exhausted)
        return OUTCOME_BROKEN;
    complain_limits(run, snapshots, &result);
    return result.changes > 0 ? (enum outcome)RUN_DIFFERS : OUTCOME_COMPLETE;
}

enum outcome run_diff(const struct run_settings *settings, run_read read, void *context)
{
    struct run *run = run_create(settings);
    struct comparison *comparison = calloc(1, sizeof *comparison);
    enum outcome outcome = OUTCOME_COMPLETE;

    if (run == NULL || comparison == NULL) {
        outcome = run_complain(settings, &(struct failure){FAILURE_MEMORY, ""});
        goto cleanup;
    }
    comparison->run = run;
    comparison->read = read;
    comparison->context = context;
    snapshot_init(&comparison->snapshots[0]);
    snapshot_init(&comparison->snapshots[1]);
    outcome = read_file(comparison, 0);
    if (outcome == OUTCOME_COMPLETE)
        outcome = read_file(comparison, 1);
    if (outcome == OUTCOME_COMPLETE)
        outcome = compare(run, comparison->snapshots);
    snapshot_release(&comparison->snapshots[0]);
    snapshot_release(&comparison->snapshots[1]);

cleanup:
    free(comparison);
    run_destroy(run);
    return outcome;
}
