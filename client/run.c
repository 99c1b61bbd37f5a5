#include "client/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/rows/diff.h"
#include "client/rows/snapshot.h"
#include "client/show/text.h"
#include "common/base/status.h"
#include "common/json/reader.h"
#include "common/proto/protocol.h"
#include "common/scan/nt_status.h"
#include "common/text/fold.h"
#include "common/text/pattern.h"

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
    bool asks_open; /* the second reply: processes that have a file open */
    struct row process,
        open;       /* of the process that is being listed; made for it, or of a stale file */
    struct row end; /* of the first reply, kept until the second is over */
    struct stale stale;
    uint64_t dropped;                  /* pid that runs another program than was named */
    bool has_image[REQUEST_NAMES_MAX]; /* a process runs it */
    uint64_t rows, uses;               /* taken; of these, what a process has mapped or open */
    struct buffer out;                 /* results not yet written */
    struct buffer say;                 /* diagnostics, written after the results */
    uint64_t processes;                /* taken */
    bool is_printed;                   /* some results were written */
    bool unread;                       /* the results have no reader any more */
    bool exhausted;                    /* memory, or a bound */
    enum outcome refusal;              /* of the server's error; OUTCOME_COMPLETE: none */
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
    output->complain(output->context,
                     line.failed ? SPAN(PRODUCT_NAME ": out of memory\n") : buffer_span(&line));
    buffer_release(&line);
    return failure_outcome(failure->kind);
}

static bool is_scan(const struct options *options)
{
    return options->command == COMMAND_MAPS || options->command == COMMAND_PS ||
           options->command == COMMAND_STALE || options->command == COMMAND_SECTIONS ||
           options->command == COMMAND_WATCH;
}

/* The last part of a path. */
static struct span base_name(struct span path)
{
    size_t begin = path.size;

    while (begin > 0 && path.data[begin - 1] != '\\')
        begin--;
    return span_from(path, begin);
}

void run_make_request(const struct run_settings *settings, struct request *request)
{
    const struct options *options = settings->options;
    static const enum request_op ops[] = {
        [COMMAND_MAPS] = OP_MAPS,     [COMMAND_PS] = OP_PROCESSES, [COMMAND_INFO] = OP_INFO,
        [COMMAND_WHOAMI] = OP_WHOAMI, [COMMAND_STATS] = OP_STATS,  [COMMAND_SECTIONS] = OP_SECTIONS,
        [COMMAND_STALE] = OP_MAPS,    [COMMAND_WATCH] = OP_MAPS};

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
    for (size_t i = 0; i < options->images_count; i++)
        request->names[request->names_count++] = base_name(settings->images->items[i].name);
    if (request->op != OP_MAPS)
        return;
    if (options->kinds != 0)
        request->kinds = options->kinds;
    request->paths_count = settings->paths->globs_count;
    memcpy(request->paths, settings->paths->globs, sizeof request->paths);
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
    run->gaps.wants_others =
        !options->own && (options->all || options->names_count + options->images_count > 0);
    row_init(&run->process);
    row_init(&run->open);
    row_init(&run->end);
    run->dropped = UINT64_MAX;
    stale_init(&run->stale, settings->stale);
    buffer_init(&run->out, OUT_SIZE_MAX);
    buffer_init(&run->say, SAY_SIZE_MAX);
    if (options->bom)
        buffer_text(&run->out, "\xEF\xBB\xBF");
    pipeline_init(&run->pipeline, options,
                  &(struct pipeline_settings){settings->width, settings->account,
                                              settings->envelope, settings->folders,
                                              settings->folders_count});
    return run;
}

static void run_destroy(struct run *run)
{
    if (run == NULL)
        return;
    pipeline_release(&run->pipeline);
    row_release(&run->process);
    row_release(&run->open);
    row_release(&run->end);
    stale_release(&run->stale);
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

    if (!run->unread && run->say.size > 0 && !run->say.failed)
        output->complain(output->context, buffer_span(&run->say));
}

/* The processes are there, but no view that was asked for. */
static void say_no_view(struct run *run)
{
    const struct request *request = &run->request;
    const struct asked_list *paths = run->settings->paths;
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
        const uint64_t errors = row_number(end, MEMBER_ERRORS, 0);
        run->gaps.processes = row_number(end, MEMBER_ROWS, 0) - errors;
        if (run->gaps.processes == 0 && errors == 0 && !options->quiet)
            buffer_text(&run->say, PRODUCT_NAME ": no named section matches\n");
    }
    run->gaps.is_filtered = filter->folders_count > 0 && filter->mappings == 0;
    if (!options->quiet && run->gaps.processes > 0 && run->gaps.is_filtered)
        buffer_text(&run->say, PRODUCT_NAME ": nothing is mapped outside these folders\n");
    else if (options->who && (!options->is_again || run->uses == 0) &&
             (!options->quiet || (options->wait && who_has_gap(run->settings->paths, NTSTATUS_OK))))
        who_report(run->settings->paths, run->uses > 0, run->gaps.is_own, &run->say);
    else if (!options->quiet && !options->who && run->gaps.processes == 0 &&
             (request->has_address || request->paths_count > 0) &&
             row_number(end, MEMBER_UNMATCHED, 0) < selectors)
        say_no_view(run);
    if (!options->quiet && request->paths_count > 0 && row_number(end, MEMBER_UNNAMED, 0) > 0)
        buffer_format(&run->say,
                      PRODUCT_NAME ": Windows refused the names of %" PRIu64
                                   " views; no search for a file finds them\n",
                      row_number(end, MEMBER_UNNAMED, 0));
    if (options->debug)
        say_cost(run, end);
}

/* Rows of processes and mappings are kept; what they show is known at the end. */
static bool show_stale(struct run *run, struct row *row)
{
    struct stale *stale = &run->stale;
    struct buffer *say = &run->say;
    uint64_t rows = 0;

    stale_add(stale, row);
    if (row->type == ROW_END)
        stale_decide(stale);
    for (; row->type == ROW_END && stale_next(stale, &run->open); rows++)
        if (!show_row(run, &run->open))
            return false;
    run->exhausted = stale->failed;
    if (row->type == ROW_PROCESS || row->type == ROW_MAP || stale->failed)
        return !stale->failed;
    if (row->type != ROW_END)
        return show_row(run, row);
    run->gaps.is_filtered = rows == 0;
    if (rows == 0 && !run->settings->options->quiet)
        buffer_text(say, PRODUCT_NAME ": no process has a file mapped that was replaced\n");
    if (stale->unchecked > 0 && !run->settings->options->quiet)
        buffer_format(say,
                      PRODUCT_NAME ": %" PRIu64
                                   " mapped %s not checked: you may not look there, or "
                                   "Windows does not say who uses the file\n",
                      stale->unchecked, stale->unchecked == 1 ? "file was" : "files were");
    row_set_number(row, MEMBER_ROWS, run->pipeline.rows);
    row_set_number(row, MEMBER_PROCESSES, 0);
    return show_row(run, row);
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
        if (row_number(row, MEMBER_ROWS, 0) != run->rows) {
            row_set_number(row, MEMBER_ROWS, run->rows);
            row_set_number(row, MEMBER_PROCESSES, run->processes);
        }
        add_missing_images(run);
        if ((options->command == COMMAND_MAPS || options->command == COMMAND_PS) &&
            options->question[0] != '\0')
            row_set_text(row, MEMBER_QUESTION, span_from_string(options->question));
    }
    gaps_add(&run->gaps, row);
    run->processes += row->type == ROW_PROCESS;
    run->uses += row->type == ROW_MAP || row->type == ROW_OPEN;
    run->rows++;
    if (row->type == ROW_END)
        on_end(run, row);
    if (row->type == ROW_ERROR) {
        struct span code = row_text(row, MEMBER_CODE);
        run->refusal = (enum outcome)status_exit_code(status_from_name(code.data, code.size));
        outcome_report_error(row, &run->say);
    }
    return run->settings->stale != NULL ? show_stale(run, row) : show_row(run, row);
}

/* True when the row is of a process that runs another program than one named by its path, and that no
 * pid or name selects. */
static bool is_dropped(struct run *run, const struct row *row)
{
    const struct options *options = run->settings->options;
    const uint64_t pid = row_number(row, MEMBER_PID, UINT64_MAX);

    if (row->type != ROW_PROCESS || options->images_count == 0)
        return pid == run->dropped && pid != UINT64_MAX;
    run->dropped = pid;
    for (size_t i = 0; i < options->pids_count; i++)
        if (options->pids[i] == pid)
            run->dropped = UINT64_MAX;
    for (size_t i = 0; i < options->names_count; i++)
        if (glob_match_process(options->names[i], row_text(row, MEMBER_NAME)))
            run->dropped = UINT64_MAX;
    for (size_t i = 0; i < options->images_count; i++)
        if (fold_equal(run->settings->images->items[i].name, row_text(row, MEMBER_IMAGE))) {
            run->has_image[i] = true;
            run->dropped = UINT64_MAX;
        }
    return run->dropped == pid;
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
    run->exhausted = run->process.failed || run->end.failed;
    return !run->exhausted && (row->type == ROW_END || take_row(run, row));
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

/* Takes a reply. Returns EXCHANGE_END or EXCHANGE_FAILED; another event: no more rows can be shown. */
static enum exchange_event take_reply(struct run *run, struct failure *failure)
{
    enum exchange_event event = EXCHANGE_FAILED;
    bool goes_on = exchange_begin(&run->exchange, &run->request, failure);

    while (goes_on) { /* each turn takes a row, or waits for bytes up to a timeout */
        event = exchange_next(&run->exchange, failure);
        goes_on = event == EXCHANGE_ROW    ? on_row(run, &run->exchange.row)
                  : event == EXCHANGE_WAIT ? on_wait(run)
                                           : false;
    }
    return event;
}

enum outcome run_request(const struct run_settings *settings)
{
    const struct options *options = settings->options;
    struct failure failure = {FAILURE_MEMORY, ""};
    enum outcome outcome = OUTCOME_COMPLETE;
    struct run *run = run_create(settings);

    if (run == NULL)
        return run_complain(settings, &failure);
    run_make_request(settings, &run->request);
    enum exchange_event event = EXCHANGE_FAILED;
    if (!settings->paths->failed)
        event = take_reply(run, &failure);
    if (event == EXCHANGE_END && run->end.type == ROW_END) {
        run->asks_open = who_request(settings->paths, &run->request);
        if (run->asks_open)
            event = take_reply(run, &failure);
        else
            (void)take_row(run, &run->end);
    }
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
    if ((outcome == OUTCOME_COMPLETE || outcome == OUTCOME_NOTHING) && settings->paths->dropped > 0)
        outcome = OUTCOME_INCOMPLETE;
    /* A system that never lists users would never let --wait end well. */
    if (options->wait && outcome == OUTCOME_NOTHING &&
        who_has_gap(settings->paths, NTSTATUS_NOT_IMPLEMENTED))
        outcome = OUTCOME_INCOMPLETE;
    if (!options->quiet && !options->is_again)
        who_report_dropped(settings->paths, &run->say);
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
    if (!text->failed)
        (void)failure_set(&failure, failure.kind, text->data);
    buffer_clear(text);
    return run_complain(run->settings, &failure);
}

/* What limits the comparison. */
static void complain_limits(struct run *run, const struct snapshot *snapshots,
                            const struct diff_result *result)
{
    outcome_report_not_compared(result->not_compared, &run->say);
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
    return text->failed ? "the files answer different questions" : text->data;
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
