#include "client/watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/rows/diff.h"
#include "client/show/text.h"
#include "common/text/timestamp.h"

enum {
    FILE_COLUMNS_MAX = 40, /* of a file's name in a message */
    QUESTION_COLUMNS_MAX = 80,
    KEPT_INTERVAL_MAX_MS = 150 * 1000 /* half of what a server lets a connection idle by default */
};

enum poll {
    POLL_GOOD,  /* a complete answer */
    POLL_AGAIN, /* none now; the next one may be */
    POLL_LAST   /* none, and there will be none */
};

struct watch {
    const struct run_settings *settings;
    const struct watch_server *server; /* NULL: two files are compared */
    struct snapshot snapshots[2];
    struct snapshot *old, *new_; /* the one to compare with, and that of the new answer */
    struct pipeline pipeline;
    struct request request;
    char time[TIMESTAMP_CAPACITY]; /* of the new snapshot */
    struct failure failure;        /* why there is no answer */
    enum outcome outcome;
    bool has_answer;       /* there was one */
    bool is_away;          /* the last poll had none, and that was said */
    uint64_t not_compared; /* processes, in the last answer */
};

/* Returns NULL, and complains, without memory. server  NULL: of two files. */
static struct watch *watch_create(const struct run_settings *settings,
                                  const struct watch_server *server)
{
    const bool has_paths = server == NULL || !settings->paths->failed;
    struct watch *watch = has_paths ? calloc(1, sizeof *watch) : NULL;

    if (watch == NULL) {
        (void)run_complain(settings, &(struct failure){FAILURE_MEMORY, ""});
        return NULL;
    }
    watch->settings = settings;
    watch->server = server;
    snapshot_init(watch->old = &watch->snapshots[0]);
    snapshot_init(watch->new_ = &watch->snapshots[1]);
    pipeline_init(&watch->pipeline, settings);
    return watch;
}

static void watch_destroy(struct watch *watch)
{
    snapshot_release(watch->old);
    snapshot_release(watch->new_);
    pipeline_release(&watch->pipeline);
    free(watch);
}

static void put_not_compared(uint64_t count, struct buffer *out)
{
    if (count == 0)
        return;
    buffer_text(out, PRODUCT_NAME ": ");
    display_counted(out, count, "process is not compared: it was not read in both\n",
                    "processes are not compared: they were not read in both\n");
}

/* Of diff_snapshots(). */
static bool show_change(void *context, struct row *row)
{
    struct watch *watch = context;

    if (watch->server != NULL && row->type == ROW_END) /* it is for files */
        return pipeline_flush(&watch->pipeline);
    if (watch->server != NULL)
        row_set_text(row, MEMBER_TIME, span_from_string(watch->time));
    return pipeline_row(&watch->pipeline, row);
}

/* --- diff --- */

/* Reads a file, in pieces. */
static enum outcome read_file(struct watch *watch, diff_read read, void *context, size_t side)
{
    struct snapshot *snapshot = &watch->snapshots[side];
    struct failure failure = {FAILURE_MEMORY, "out of memory"};
    struct buffer *text = &watch->pipeline.say;
    size_t size = 1;
    bool good = buffer_reserve(text, SNAPSHOT_FEED_SIZE);

    while (good && size > 0) /* the last turn reads the end of the file */
        good = read(context, side, text->data, SNAPSHOT_FEED_SIZE, &size, &failure) &&
               snapshot_feed(snapshot, (struct span){text->data, size});
    if (good)
        return OUTCOME_COMPLETE;
    if (snapshot->why != NULL)
        (void)failure_set(&failure, FAILURE_SYSTEM, "%s", snapshot->why);
    display_cut(text, watch->settings->options->files[side], FILE_COLUMNS_MAX);
    if (snapshot->why != NULL && snapshot->line > 0)
        buffer_format(text, ": line %" PRIu64, snapshot->line);
    buffer_format(text, ": %s", failure.detail);
    if (buffer_append(text, (struct span){"", 1})) /* the terminator */
        (void)failure_set(&failure, failure.kind, "%s", text->data);
    return run_complain(watch->settings, &failure);
}

/* What came and went between answers to different questions says nothing. NULL: it is the same. */
static const char *refuse_questions(const struct snapshot *snapshots, struct buffer *text)
{
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
    return text->failed ? "the files answer different questions" : text->data;
}

static enum outcome compare_files(struct watch *watch)
{
    const struct options *options = watch->settings->options;
    const char *refusal = refuse_questions(watch->snapshots, &watch->pipeline.say);
    struct diff diff = {.all_views = options->request.all, .on_row = show_change, .context = watch};

    if (refusal != NULL) {
        (void)failure_set(&watch->failure, FAILURE_FILE, "%s", refusal);
        return run_complain(watch->settings, &watch->failure);
    }
    if (diff_snapshots(&diff, watch->old, watch->new_))
        pipeline_end(&watch->pipeline);
    (void)pipeline_flush(&watch->pipeline);
    if (watch->pipeline.exhausted)
        return pipeline_complain(&watch->pipeline);
    put_not_compared(diff.not_compared, &watch->pipeline.say);
    if (watch->old->has_own_scope != watch->new_->has_own_scope)
        buffer_text(&watch->pipeline.say,
                    PRODUCT_NAME ": one file covers every process, the other only the "
                                 "processes of one user\n");
    pipeline_say(&watch->pipeline, !options->quiet && !watch->pipeline.unread);
    return diff.changes > 0 ? OUTCOME_INCOMPLETE : OUTCOME_COMPLETE;
}

enum outcome run_diff(const struct run_settings *settings, diff_read read, void *context)
{
    struct watch *watch = watch_create(settings, NULL);
    enum outcome outcome = OUTCOME_COMPLETE;

    if (watch == NULL)
        return OUTCOME_BROKEN;
    for (size_t side = 0; side < 2 && outcome == OUTCOME_COMPLETE; side++)
        outcome = read_file(watch, read, context, side);
    if (outcome == OUTCOME_COMPLETE)
        outcome = compare_files(watch);
    watch_destroy(watch);
    return outcome;
}

/* --- watch --- */

/* The server's own refusal: what passes is tried again. */
static enum poll refuse(struct watch *watch, const struct row *error)
{
    watch->outcome = outcome_report_error(error, &watch->pipeline.say);
    const bool passes =
        watch->has_answer && watch->outcome != OUTCOME_DENIED && watch->outcome != OUTCOME_USAGE;
    pipeline_say(&watch->pipeline, !passes);
    (void)failure_set(&watch->failure, FAILURE_BUSY, NULL);
    return passes ? POLL_AGAIN : POLL_LAST;
}

/* Takes one answer into the new snapshot. */
static enum poll poll_server(struct watch *watch)
{
    const struct watch_server *server = watch->server;
    const struct transport *transport = server->ready(server->context, &watch->failure);
    struct snapshot *snapshot = watch->new_;
    enum exchange_event event = EXCHANGE_FAILED;
    enum poll result = POLL_GOOD;
    struct exchange exchange;

    exchange_init(&exchange, transport);
    if (transport != NULL && exchange_begin(&exchange, &watch->request, &watch->failure))
        event = EXCHANGE_WAIT;
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
        (void)failure_set(&watch->failure, FAILURE_SYSTEM, "%s", snapshot->why);
        watch->has_answer = false;
    }
    if (event == EXCHANGE_FAILED || result != POLL_GOOD)
        server->close(server->context);
    if (event != EXCHANGE_FAILED || watch->has_answer)
        return event != EXCHANGE_FAILED ? result : POLL_AGAIN;
    watch->outcome = run_complain(watch->settings, &watch->failure);
    return POLL_LAST;
}

/* Says once that answers are missing, and once that they are there again. */
static void say_away(struct watch *watch, bool is_away)
{
    if (is_away == watch->is_away)
        return;
    if (is_away)
        (void)run_complain(watch->settings, &watch->failure);
    buffer_text(&watch->pipeline.say, is_away ? PRODUCT_NAME
                                          ": watching goes on when the server answers again\n"
                                              : PRODUCT_NAME ": the server answers again\n");
    pipeline_say(&watch->pipeline, true);
    watch->is_away = is_away;
}

/* Prints what changed, and makes the new snapshot the old one. Returns false when nobody reads, or at
 * a bound. */
static bool compare_answers(struct watch *watch)
{
    const struct options *options = watch->settings->options;
    struct diff diff = {
        .all_views = watch->request.paths_count > 0, .on_row = show_change, .context = watch};
    struct snapshot *old = watch->old;
    bool good = true;

    if (!watch->has_answer && watch->new_->has_own_scope && !options->request.own)
        buffer_text(&watch->pipeline.say,
                    PRODUCT_NAME ": only your own processes are visible to you; see `" PRODUCT_NAME
                                 " whoami`\n");
    pipeline_say(&watch->pipeline, true);
    timestamp_format(watch->time, watch->settings->now(NULL));
    if (watch->has_answer || options->initial)
        good = diff_snapshots(&diff, old, watch->new_);
    watch->has_answer = true;
    /* Processes that were not read have no changes: said when their number is another. */
    put_not_compared(diff.not_compared, &watch->pipeline.say);
    pipeline_say(&watch->pipeline, diff.not_compared != watch->not_compared && !options->quiet);
    watch->not_compared = diff.not_compared;
    watch->old = watch->new_;
    watch->new_ = old;
    return good;
}

enum outcome run_watch(const struct run_settings *settings, const struct watch_server *server)
{
    const unsigned interval_ms = settings->options->interval_s * 1000;
    struct watch *watch = watch_create(settings, server);
    bool goes_on = true;

    if (watch == NULL)
        return OUTCOME_BROKEN;
    run_make_request(settings, &watch->request);
    who_report_dropped(settings->paths, &watch->pipeline.say); /* never found */
    pipeline_say(&watch->pipeline, true);
    while (goes_on) { /* each turn waits for an answer up to the time-out, then for the interval */
        snapshot_release(watch->new_);
        snapshot_init(watch->new_);
        const enum poll poll = poll_server(watch);
        if (poll == POLL_LAST)
            break;
        say_away(watch, poll == POLL_AGAIN);
        goes_on = poll == POLL_AGAIN || compare_answers(watch);
        if (interval_ms > KEPT_INTERVAL_MAX_MS)
            server->close(server->context); /* it would be closed as idle */
        goes_on = goes_on && server->wait(server->context, interval_ms);
        watch->outcome = OUTCOME_COMPLETE;
    }
    enum outcome outcome =
        watch->pipeline.exhausted ? pipeline_complain(&watch->pipeline) : watch->outcome;
    watch_destroy(watch);
    return outcome;
}

/* --- wait --- */

/* Appends the lines that are not among the others. */
static void put_missing(struct span lines, struct span others, const char *sign, struct buffer *out)
{
    while (lines.size > 0) {
        const char *newline = memchr(lines.data, '\n', lines.size);
        size_t size = newline != NULL ? (size_t)(newline - lines.data) + 1 : lines.size;
        struct span line = {lines.data, size}, rest = others;
        while (rest.size > 0 && !span_starts_with(rest, line)) {
            newline = memchr(rest.data, '\n', rest.size);
            rest = span_from(rest, newline != NULL ? (size_t)(newline - rest.data) + 1 : rest.size);
        }
        if (rest.size == 0) {
            buffer_text(out, sign);
            buffer_append(out, line);
        }
        lines = span_from(lines, size);
    }
}

/* Shows what changed since the answer before, and makes the new one the old. Returns false when nobody
 * reads. */
static bool show_lines(const struct output *output, struct buffer *old, struct buffer *new_)
{
    struct buffer lines, kept = *new_;

    buffer_init(&lines, 2 * WAIT_ANSWER_SIZE_MAX);
    put_missing(buffer_span(old), buffer_span(new_), "- ", &lines);
    put_missing(buffer_span(new_), buffer_span(old), "+ ", &lines);
    bool good = lines.size == 0 || output->write(output->context, buffer_span(&lines));
    buffer_release(&lines);
    *new_ = *old;
    *old = kept;
    buffer_clear(new_);
    return good;
}

enum outcome run_wait(struct options *options, const struct output *output,
                      const struct wait_calls *calls)
{
    const uint64_t wait_ms = (uint64_t)options->wait_s * 1000;
    const uint64_t begin_ms = calls->now_ms(calls->context);
    struct buffer old, new_;
    enum outcome outcome = OUTCOME_COMPLETE;

    buffer_init(&old, WAIT_ANSWER_SIZE_MAX);
    buffer_init(&new_, WAIT_ANSWER_SIZE_MAX);
    options->no_header = true;
    for (uint64_t left_ms = wait_ms; outcome == OUTCOME_COMPLETE; options->is_again = true) {
        if (options->is_again)
            calls->wait(calls->context,
                        wait_ms > 0 && left_ms < WAIT_POLL_MS ? (unsigned)left_ms : WAIT_POLL_MS);
        const uint64_t waited_ms = calls->now_ms(calls->context) - begin_ms;
        left_ms = waited_ms < wait_ms ? wait_ms - waited_ms : 0;
        if (wait_ms > 0 && left_ms == 0) {
            output->complain(output->context,
                             SPAN(PRODUCT_NAME ": still in use: the time of --timeout is over\n"));
            outcome = OUTCOME_BUSY;
            break;
        }
        if (wait_ms > 0 && left_ms < (uint64_t)TIMEOUT_DEFAULT_S * 1000)
            options->timeout_s = (unsigned)((left_ms + 999) / 1000);
        outcome = calls->ask(calls->context, options, &new_);
        if ((outcome == OUTCOME_COMPLETE || outcome == OUTCOME_INCOMPLETE ||
             outcome == OUTCOME_NOTHING) &&
            !show_lines(output, &old, &new_))
            outcome = OUTCOME_INCOMPLETE;
    }
    buffer_release(&old);
    buffer_release(&new_);
    return outcome == OUTCOME_NOTHING ? OUTCOME_COMPLETE : outcome;
}
