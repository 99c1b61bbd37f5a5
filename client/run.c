#include "client/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/chain.h"
#include "client/exchange.h"
#include "client/plan.h"
#include "client/report.h"
#include "common/base/status.h"
#include "common/proto/protocol.h"

enum {
    RUN_OUT_SIZE_MAX = OUTPUT_SIZE + 4 * ROW_LINE_SIZE_MAX,
    SAY_SIZE_MAX = 1024 * 1024 /* a diagnostic; what is longer is not said */
};

struct run {
    const struct run_settings *settings;
    struct exchange exchange;
    struct chain chain;
    const struct row_sink *sink; /* its first */
    struct gaps gaps;
    struct buffer out;  /* results not yet written */
    struct buffer say;  /* the diagnostic line being made */
    uint64_t processes; /* of all replies */
    bool unread;        /* nobody reads the results any more */
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

/* Writes run->say, which was appended to with result `good`, behind the results so far. */
static void complain(struct run *run, bool good)
{
    const struct output *output = run->settings->output;

    if (flush(run) && good && run->say.size > 0)
        output->complain(output->context, buffer_span(&run->say));
    buffer_clear(&run->say);
}

enum outcome run_complain_failure(const struct run_settings *settings,
                                  const struct failure *failure)
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

static void end_of_reply(struct run *run, const struct row *end)
{
    const struct options *options = run->settings->options;
    bool is_empty =
        run->request->selector != SELECTOR_NONE && row_number(end, MEMBER_PROCESSES, 0) == 0;
    bool nothing = is_empty || !chain_matched(&run->chain);
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

static bool show_row(struct run *run, const struct row *row, struct span line)
{
    gaps_add(&run->gaps, row);
    run->processes += row->type == ROW_PROCESS;
    if (!run->sink->row(run->sink->context, row, line, &run->out)) {
        run->exhausted = true;
        return false;
    }
    if (run->out.size >= OUTPUT_SIZE && !flush(run))
        return false;
    if (row->type == ROW_END)
        end_of_reply(run, row);
    else if (row->type == ROW_ERROR)
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

/* Why a sink gave up. */
static enum outcome complain_exhausted(struct run *run)
{
    const char *why = chain_complaint(&run->chain);
    struct failure failure;

    (void)failure_set(&failure, why != NULL ? FAILURE_TOO_MANY : FAILURE_MEMORY, why);
    return run_complain_failure(run->settings, &failure);
}

/* Returns false when no further request is to be asked. */
static bool ask(struct run *run, const struct request *request)
{
    struct failure failure = {FAILURE_MEMORY, ""};
    enum exchange_event event;
    enum outcome outcome;

    run->request = request;
    if (exchange_begin(&run->exchange, request, &failure)) {
        while ((event = exchange_next(&run->exchange, &failure)) == EXCHANGE_ROW ||
               event == EXCHANGE_WAIT) {
            if (event == EXCHANGE_ROW ? show_row(run, &run->exchange.row, run->exchange.text)
                                      : on_wait(run))
                continue;
            if (!run->exhausted)
                return false;
            break;
        }
        if (event == EXCHANGE_END)
            return !run->over;
    }
    (void)flush(run);
    outcome =
        run->exhausted ? complain_exhausted(run) : run_complain_failure(run->settings, &failure);
    run->outcome = outcome_worse(run->outcome, outcome);
    return false;
}

/* What sinks held back until the last row: sums, or all of it. */
static void end_sinks(struct run *run)
{
    bool more = true;

    while (more && !run->exhausted && !run->unread) { /* each turn takes rows from what is held */
        more = false;
        if (!run->sink->end(run->sink->context, &run->out, &more)) {
            run->exhausted = true;
            (void)flush(run);
            run->outcome = outcome_worse(run->outcome, complain_exhausted(run));
        } else if (more) {
            (void)flush(run);
        }
    }
}

/* What is known only behind the last row. */
static void finish(struct run *run)
{
    const struct options *options = run->settings->options;

    end_sinks(run);
    if (!options->quiet)
        gaps_report(&run->gaps, options->format != FORMAT_JSON, &run->say);
    complain(run, !buffer_failed(&run->say));
    (void)flush(run);
}

static void begin(struct run *run, const struct run_settings *settings)
{
    const struct chain_settings chain = {
        .options = settings->options,
        .width = settings->width,
        .system_folders = settings->system_folders,
        .system_folders_count = settings->system_folders_count,
        .envelope = settings->envelope,
    };

    exchange_init(&run->exchange, settings->transport);
    gaps_init(&run->gaps);
    buffer_init(&run->out, RUN_OUT_SIZE_MAX);
    buffer_init(&run->say, SAY_SIZE_MAX);
    chain_init(&run->chain, &chain);
    run->sink = chain_first(&run->chain);
    run->exhausted = !run->sink->begin(run->sink->context, &run->out);
}

enum outcome run_requests(const struct run_settings *settings)
{
    struct run *run = calloc(1, sizeof *run);
    struct request request;

    if (run == NULL)
        return run_complain_failure(settings, &(struct failure){FAILURE_MEMORY, ""});
    run->settings = settings;
    run->outcome = OUTCOME_COMPLETE;
    begin(run, settings);
    for (size_t i = 0; i < plan_count(settings->options); i++) {
        plan_request(settings->options, i, &request);
        if (!ask(run, &request))
            break;
    }
    finish(run);
    enum outcome outcome = run->outcome;
    chain_deinit(&run->chain);
    buffer_release(&run->say);
    buffer_release(&run->out);
    gaps_deinit(&run->gaps);
    exchange_deinit(&run->exchange);
    free(run);
    return outcome;
}
