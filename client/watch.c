#include "client/watch.h"

#include <stdlib.h>

#include "client/pipeline.h"
#include "client/rows/diff.h"
#include "client/rows/snapshot.h"
#include "common/base/status.h"
#include "common/text/timestamp.h"

enum {
    OUT_SIZE_MAX = OUTPUT_SIZE + 4 * ROW_LINE_SIZE_MAX,
    KEPT_INTERVAL_MAX_MS = 150 * 1000 /* half of what a server lets a connection idle by default */
};

enum poll {
    POLL_GOOD,  /* a complete answer */
    POLL_AGAIN, /* none now; the next one may be */
    POLL_LAST   /* none, and there will be none */
};

struct watch {
    const struct run_settings *settings;
    const struct watch_server *server;
    struct request request;
    struct snapshot snapshots[2];
    struct snapshot *old, *new_; /* the one to compare with, and that of the new answer */
    struct pipeline pipeline;
    struct buffer out;
    char time[TIMESTAMP_CAPACITY]; /* of the new snapshot */
    struct failure failure;        /* why there is no answer */
    enum outcome outcome;
    bool has_answer;       /* there was one */
    bool is_away;          /* the last poll had none, and that was said */
    bool exhausted;        /* memory, or a bound */
    uint64_t not_compared; /* processes, in the last answer */
};

static void say(const struct watch *watch, struct span text)
{
    watch->settings->output->complain(watch->settings->output->context, text);
}

/* Processes that were not read have no changes: says so when their number is another. */
static void say_not_compared(struct watch *watch, uint64_t count)
{
    struct buffer line;

    buffer_init(&line, OUTCOME_TEXT_SIZE_MAX);
    outcome_report_not_compared(count, &line);
    if (line.size > 0 && count != watch->not_compared && !watch->settings->options->quiet)
        say(watch, buffer_span(&line));
    buffer_release(&line);
    watch->not_compared = count;
}

static bool flush(struct watch *watch)
{
    const struct output *output = watch->settings->output;
    bool good = watch->out.size == 0 || output->write(output->context, buffer_span(&watch->out));

    buffer_clear(&watch->out);
    return good;
}

/* Of diff_snapshots(). Its last row, `end`, is for files. */
static bool on_change(void *context, struct row *row)
{
    struct watch *watch = context;

    if (row->type == ROW_END)
        return flush(watch);
    row_set_text(row, MEMBER_TIME, span_from_string(watch->time));
    watch->exhausted = !pipeline_row(&watch->pipeline, row, &watch->out);
    return !watch->exhausted && (watch->out.size < OUTPUT_SIZE || flush(watch));
}

/* The server's own refusal: what passes is tried again. */
static enum poll refuse(struct watch *watch, const struct row *error)
{
    const struct span code = row_text(error, MEMBER_CODE);
    const enum status status = status_from_name(code.data, code.size);
    struct buffer line;

    watch->outcome = (enum outcome)status_exit_code(status);
    if (watch->has_answer && watch->outcome != OUTCOME_DENIED && watch->outcome != OUTCOME_USAGE) {
        (void)failure_set(&watch->failure, FAILURE_BUSY, NULL);
        return POLL_AGAIN;
    }
    buffer_init(&line, OUTCOME_TEXT_SIZE_MAX);
    outcome_report_error(error, &line);
    say(watch, buffer_span(&line));
    buffer_release(&line);
    return POLL_LAST;
}

static enum poll fail(struct watch *watch)
{
    watch->server->close(watch->server->context);
    if (watch->has_answer)
        return POLL_AGAIN;
    watch->outcome = run_complain(watch->settings, &watch->failure);
    return POLL_LAST;
}

/* Takes one answer into the new snapshot. */
static enum poll poll_server(struct watch *watch)
{
    const struct transport *transport =
        watch->server->ready(watch->server->context, &watch->failure);
    struct snapshot *snapshot = watch->new_;
    enum exchange_event event = EXCHANGE_WAIT;
    enum poll result = POLL_GOOD;
    struct exchange exchange;

    if (transport == NULL)
        return fail(watch);
    exchange_init(&exchange, transport);
    if (!exchange_begin(&exchange, &watch->request, &watch->failure))
        event = EXCHANGE_FAILED;
    while (result == POLL_GOOD && (event == EXCHANGE_WAIT || event == EXCHANGE_ROW)) {
        event = exchange_next(&exchange, &watch->failure);
        if (event != EXCHANGE_ROW)
            continue; /* it waits for bytes up to the time-out, or the loop ends */
        if (exchange.row.type == ROW_ERROR)
            result = refuse(watch, &exchange.row);
        else if (!snapshot_add(snapshot, &exchange.row))
            event = EXCHANGE_FAILED;
    }
    exchange_deinit(&exchange);
    if (event == EXCHANGE_END && !snapshot_finish(snapshot))
        event = EXCHANGE_FAILED;
    if (snapshot->why != NULL) { /* too much is mapped, now and later */
        (void)failure_set(&watch->failure, FAILURE_TOO_MANY, snapshot->why);
        watch->has_answer = false;
    }
    if (result != POLL_GOOD)
        watch->server->close(watch->server->context);
    return event == EXCHANGE_FAILED ? fail(watch) : result;
}

/* Says once that answers are missing, and once that they are there again. */
static void say_away(struct watch *watch, bool is_away)
{
    if (is_away && !watch->is_away)
        (void)run_complain(watch->settings, &watch->failure);
    if (is_away != watch->is_away)
        say(watch, is_away ? SPAN(PRODUCT_NAME ": watching goes on when the server answers again\n")
                           : SPAN(PRODUCT_NAME ": the server answers again\n"));
    watch->is_away = is_away;
}

/* Prints what changed, and makes the new snapshot the old one. Returns false when nobody reads, or at
 * a bound. */
static bool compare(struct watch *watch)
{
    const struct options *options = watch->settings->options;
    struct diff_result result = {0, 0};
    bool good = true;

    if (!watch->has_answer && watch->new_->has_own_scope && !options->own)
        say(watch,
            SPAN(PRODUCT_NAME ": only your own processes are visible to you; see `" PRODUCT_NAME
                              " whoami`\n"));
    timestamp_format(watch->time, watch->server->now(watch->server->context));
    if (watch->has_answer || options->initial)
        good = diff_snapshots(watch->old, watch->new_, watch->request.paths_count > 0, on_change,
                              watch, &result);
    watch->has_answer = true;
    say_not_compared(watch, result.not_compared);
    struct snapshot *old = watch->old;
    watch->old = watch->new_;
    watch->new_ = old;
    return good;
}

/* Files that do not fit into the request are never found. */
static void say_dropped(const struct watch *watch)
{
    struct buffer line;

    buffer_init(&line, OUTCOME_TEXT_SIZE_MAX);
    who_report_dropped(watch->settings->paths, &line);
    if (line.size > 0)
        say(watch, buffer_span(&line));
    buffer_release(&line);
}

enum outcome run_watch(const struct run_settings *settings, const struct watch_server *server)
{
    const unsigned interval_ms = settings->options->interval_s * 1000;
    struct watch *watch = calloc(1, sizeof *watch);
    bool goes_on = watch != NULL;
    enum outcome outcome = OUTCOME_COMPLETE;

    if (watch == NULL || settings->paths->failed) {
        free(watch);
        return run_complain(settings, &(struct failure){FAILURE_MEMORY, ""});
    }
    watch->settings = settings;
    watch->server = server;
    run_make_request(settings, &watch->request);
    snapshot_init(watch->old = &watch->snapshots[0]);
    snapshot_init(watch->new_ = &watch->snapshots[1]);
    buffer_init(&watch->out, OUT_SIZE_MAX);
    pipeline_init(&watch->pipeline, settings->options,
                  &(struct pipeline_settings){settings->width, settings->account, NULL, NULL, 0});
    say_dropped(watch);
    while (goes_on) { /* each turn waits for an answer up to the time-out, then for the interval */
        snapshot_release(watch->new_);
        snapshot_init(watch->new_);
        const enum poll poll = poll_server(watch);
        if (poll == POLL_LAST) {
            outcome = watch->outcome;
            break;
        }
        say_away(watch, poll == POLL_AGAIN);
        goes_on = poll == POLL_AGAIN || compare(watch);
        if (interval_ms > KEPT_INTERVAL_MAX_MS)
            server->close(server->context); /* it would be closed as idle */
        goes_on = goes_on && server->wait(server->context, interval_ms);
    }
    if (watch->exhausted)
        outcome = run_complain(settings, &(struct failure){FAILURE_MEMORY, ""});
    pipeline_release(&watch->pipeline);
    buffer_release(&watch->out);
    snapshot_release(&watch->snapshots[0]);
    snapshot_release(&watch->snapshots[1]);
    free(watch);
    return outcome;
}
