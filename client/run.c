#include "run.h"

#include <inttypes.h>
#include <stdio.h>

#include "bounds.h"
#include "exchange.h"
#include "facts.h"
#include "plan.h"
#include "protocol.h"
#include "report.h"
#include "status.h"
#include "table.h"

/* A row's text is below the triple of its line: a byte shown as U+FFFD takes three. */
enum { RUN_OUT_SIZE_MAX = OUTPUT_SIZE + 4 * OUTPUT_ROW_SIZE_MAX };

struct run {
    const struct run_settings *settings;
    struct exchange exchange;
    struct table table;
    struct buffer out; /* results not yet written */
    struct buffer say; /* the diagnostic line being made */
    bool unread;       /* nobody reads the results any more */
    bool exhausted;    /* memory, or a bound */
    bool over;         /* the server will not answer another request */
    enum outcome outcome;
    const struct request *request; /* the one being answered */
};

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
    char text[FAILURE_TEXT_CAPACITY];
    char line[FAILURE_TEXT_CAPACITY + sizeof PRODUCT_NAME + 4];

    failure_describe(failure, settings->pipe, settings->options->timeout_s, text);
    int size = snprintf(line, sizeof line, PRODUCT_NAME ": %s\n", text);
    if (size > 0)
        output->complain(output->context, (struct span){line, (size_t)size});
    return failure_outcome(failure->kind);
}

static void end_of_reply(struct run *run, const struct row *end)
{
    const struct options *options = run->settings->options;
    bool nothing =
        run->request->selector != SELECTOR_NONE && row_number(end, MEMBER_PROCESSES, 0) == 0;
    enum outcome outcome = OUTCOME_COMPLETE;

    if (row_number(end, MEMBER_ERRORS, 0) > 0)
        outcome = OUTCOME_SOME_FAILED;
    else if (nothing)
        outcome = OUTCOME_NOTHING;
    run->outcome = outcome_worse(run->outcome, outcome);
    if (nothing && !options->quiet)
        complain(run, report_nothing(run->request, end, &run->say));
    if (options->debug)
        complain(run, report_cost(end, &run->say));
}

static void error_of_reply(struct run *run, const struct row *error)
{
    enum status code = status_from_name(row_text(error, MEMBER_CODE));

    run->outcome = outcome_worse(run->outcome, (enum outcome)status_exit_code(code));
    /* Without an id it answers the connection and not the request. */
    run->over = code == STATUS_STOPPING || !row_knows(error, MEMBER_ID);
    complain(run, report_error(error, &run->say));
}

static bool print_row(struct run *run, const struct row *row, struct span line)
{
    if (run->settings->options->format == FORMAT_JSON)
        return buffer_append(&run->out, line) && buffer_append(&run->out, SPAN("\n"));
    if (row->type == ROW_INFO || row->type == ROW_WHOAMI || row->type == ROW_STATS)
        return facts_format(line, &run->out);
    return table_row(&run->table, row, &run->out);
}

static bool on_row(void *context, const struct row *row, struct span line)
{
    struct run *run = context;

    if (!print_row(run, row, line)) {
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
static bool on_wait(void *context)
{
    struct run *run = context;

    return run->settings->width == 0 || flush(run);
}

/* Returns false when no further request is to be asked. */
static bool ask(struct run *run, const struct request *request)
{
    const struct exchange_view view = {run, on_row, on_wait};
    struct failure failure = {FAILURE_MEMORY, ""};

    run->request = request;
    switch (exchange_run(&run->exchange, request, &view, &failure)) {
    case EXCHANGE_DONE:
        return !run->over;
    case EXCHANGE_STOPPED:
        if (!run->exhausted)
            return false;
        (void)failure_set(&failure, FAILURE_MEMORY, NULL);
        break;
    case EXCHANGE_FAILED:
        break;
    }
    (void)flush(run);
    run->outcome = outcome_worse(run->outcome, run_complain_failure(run->settings, &failure));
    return false;
}

/* What is known only behind the last row: who could not be read, and the sums. */
static void finish(struct run *run)
{
    const struct options *options = run->settings->options;

    if (options->format == FORMAT_TABLE && !options->quiet)
        complain(run, table_errors(&run->table, SPAN(PRODUCT_NAME ": "), &run->say));
    if (options->format == FORMAT_TABLE && !table_totals(&run->table, &run->out))
        run->outcome = outcome_worse(run->outcome, failure_outcome(FAILURE_MEMORY));
    (void)flush(run);
}

enum outcome run_requests(const struct run_settings *settings)
{
    const struct options *options = settings->options;
    const struct table_style style = {
        .width = options->wide ? 0 : settings->width,
        .no_header = options->no_header,
        .totals = !options->quiet && !options->no_header,
        .processes_only = options->command == COMMAND_PS,
        .detail = options->detail,
    };
    struct run run = {.settings = settings, .outcome = OUTCOME_COMPLETE};
    struct request request;

    exchange_init(&run.exchange, settings->link);
    table_init(&run.table, &style);
    buffer_init(&run.out, RUN_OUT_SIZE_MAX);
    buffer_init(&run.say, TABLE_ERRORS_SIZE_MAX * 4);
    for (size_t i = 0; i < plan_count(options); i++) {
        plan_request(options, i, &request);
        if (!ask(&run, &request))
            break;
    }
    finish(&run);
    buffer_release(&run.say);
    buffer_release(&run.out);
    table_deinit(&run.table);
    exchange_deinit(&run.exchange);
    return run.outcome;
}
