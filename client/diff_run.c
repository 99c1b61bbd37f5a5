#include "client/diff_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/chain.h"
#include "client/rows/diff.h"
#include "client/rows/reader.h"
#include "client/rows/snapshot.h"
#include "client/show/table_cells.h"
#include "client/show/text.h"
#include "common/proto/protocol.h"

enum {
    FILE_COLUMNS_MAX = 40, /* of a file's name in a message */
    FILE_NAME_CAPACITY = 3 * 4 * FILE_COLUMNS_MAX,
    SAY_CAPACITY = 2048
};

struct diff_job {
    const struct diff_settings *settings;
    struct snapshot snapshots[2];
    struct chain chain;
    const struct row_sink *sink;
    struct buffer out;
    bool unread;    /* nobody reads the results any more */
    bool exhausted; /* memory, or a bound */
};

static struct run_settings run_settings_of(const struct diff_settings *settings)
{
    return (struct run_settings){
        .options = settings->options, .output = settings->output, .pipe = ""};
}

static enum outcome complain(const struct diff_settings *settings, enum failure_kind kind,
                             struct span file, const char *why)
{
    struct run_settings run = run_settings_of(settings);
    struct failure failure;
    struct buffer text;
    char detail[FAILURE_DETAIL_CAPACITY];

    buffer_init(&text, FILE_NAME_CAPACITY);
    if (!display_cut(&text, file, FILE_COLUMNS_MAX))
        buffer_clear(&text);
    (void)snprintf(detail, sizeof detail, "%.*s: %s", (int)text.size,
                   text.size > 0 ? text.data : "", why);
    (void)failure_set(&failure, kind, kind == FAILURE_MEMORY ? NULL : detail);
    buffer_release(&text);
    return run_complain_failure(&run, &failure);
}

enum outcome diff_complain_file(const struct diff_settings *settings, struct span file,
                                const char *why)
{
    return complain(settings, FAILURE_FILE, file, why);
}

/* Reads a file into a snapshot. */
static enum outcome read_file(struct diff_job *job, int side)
{
    const struct diff_settings *settings = job->settings;
    struct snapshot *snapshot = &job->snapshots[side];
    struct span file = settings->options->files[side];
    struct failure failure = {FAILURE_MEMORY, ""};
    enum row_reader_result result = ROW_READER_END;
    const char *why = NULL;
    struct row_reader *reader = malloc(sizeof *reader);
    enum outcome outcome = OUTCOME_COMPLETE;
    char detail[FAILURE_DETAIL_CAPACITY];

    if (reader == NULL)
        return complain(settings, FAILURE_MEMORY, file, "");
    row_reader_init(reader, settings->sources[side]);
    while (why == NULL && (result = row_reader_next(reader, &failure)) == ROW_READER_ROW)
        why = snapshot_add(snapshot, &reader->row);
    if (why != NULL) {
        (void)snprintf(detail, sizeof detail, "line %" PRIu64 ": %s", reader->line, why);
        outcome =
            complain(settings, snapshot->store.too_many ? FAILURE_TOO_MANY : FAILURE_FILE_ROWS,
                     file, detail);
    } else if (result == ROW_READER_FAILED) {
        outcome =
            complain(settings, failure.kind == FAILURE_PROTOCOL ? FAILURE_FILE_ROWS : failure.kind,
                     file, failure.detail);
    } else if ((why = snapshot_finish(snapshot)) != NULL) {
        outcome = complain(settings, FAILURE_FILE_ROWS, file, why);
    }
    row_reader_deinit(reader);
    free(reader);
    return outcome;
}

static bool flush(struct diff_job *job)
{
    const struct output *output = job->settings->output;

    if (job->out.size > 0 && !job->unread)
        job->unread = !output->write(output->context, buffer_span(&job->out));
    buffer_clear(&job->out);
    return !job->unread;
}

static bool on_row(void *context, const struct row *row, struct span line)
{
    struct diff_job *job = context;

    job->exhausted = !job->sink->row(job->sink->context, row, line, &job->out);
    return !job->exhausted && (job->out.size < OUTPUT_SIZE || flush(job));
}

/* What limits the comparison. */
static void tell_limits(const struct diff_job *job, const struct diff *diff)
{
    const struct output *output = job->settings->output;
    const struct snapshot *before = &job->snapshots[0], *after = &job->snapshots[1];
    char count[DISPLAY_COUNT_CAPACITY];
    struct buffer say;
    bool good = true;

    buffer_init(&say, SAY_CAPACITY);
    if (diff->not_compared > 0)
        good = cell_text(&say, PRODUCT_NAME ": ") &&
               display_text(&say, display_count(count, diff->not_compared)) &&
               cell_text(&say, diff->not_compared == 1
                                   ? " process is not compared: it was not read in both\n"
                                   : " processes are not compared: they were not read in both\n");
    if (before->has_own_scope != after->has_own_scope)
        good = good && cell_text(&say, PRODUCT_NAME ": one file covers every process, the other "
                                                    "the own ones of a user only\n");
    if (good && say.size > 0 && !job->settings->options->quiet)
        output->complain(output->context, buffer_span(&say));
    buffer_release(&say);
}

static enum outcome compare(struct diff_job *job)
{
    const struct diff_view view = {job, on_row};
    struct diff *diff = malloc(sizeof *diff);
    enum outcome outcome = OUTCOME_COMPLETE;
    bool more = false;

    if (diff == NULL)
        return complain(job->settings, FAILURE_MEMORY, SPAN(""), "");
    diff_init(diff, &job->snapshots[0], &job->snapshots[1], job->settings->options->all, &view);
    bool good = job->sink->begin(job->sink->context, &job->out) && diff_tell(diff) &&
                job->sink->end(job->sink->context, &job->out, &more);
    (void)flush(job);
    if (diff->changes > 0)
        outcome = (enum outcome)DIFF_DIFFERS;
    if (good)
        tell_limits(job, diff);
    else if (!job->unread)
        outcome = complain(job->settings, FAILURE_MEMORY, SPAN(""), "");
    diff_deinit(diff);
    free(diff);
    return outcome;
}

enum outcome diff_run(const struct diff_settings *settings)
{
    const struct chain_settings chain = {.options = settings->options, .width = settings->width};
    struct diff_job *job = calloc(1, sizeof *job);

    if (job == NULL)
        return complain(settings, FAILURE_MEMORY, SPAN(""), "");
    job->settings = settings;
    snapshot_init(&job->snapshots[0]);
    snapshot_init(&job->snapshots[1]);
    chain_init(&job->chain, &chain);
    job->sink = chain_first(&job->chain);
    buffer_init(&job->out, OUTPUT_SIZE + 4 * (size_t)ROW_LINE_SIZE_MAX);
    enum outcome outcome = read_file(job, 0);
    if (outcome == OUTCOME_COMPLETE)
        outcome = read_file(job, 1);
    if (outcome == OUTCOME_COMPLETE)
        outcome = compare(job);
    buffer_release(&job->out);
    chain_deinit(&job->chain);
    snapshot_deinit(&job->snapshots[0]);
    snapshot_deinit(&job->snapshots[1]);
    free(job);
    return outcome;
}
