#include "common/answer/answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/proto/protocol.h"
#include "common/proto/request.h"
#include "common/proto/statistics.h"
#include "common/scan/scan.h"

/* The longest `end` or `error` line: an id of 64 bytes, a message of 256 with every byte escaped,
 * a hint, and the numbers. */
enum { ANSWER_TERMINAL_SIZE_MAX = 4096 };

enum answer_phase {
    ANSWER_ROW,   /* the one row of info, whoami or stats comes next */
    ANSWER_SCAN,  /* rows as the scan gives them */
    ANSWER_END,   /* `end` comes next */
    ANSWER_ERROR, /* `error` comes next */
    ANSWER_DONE   /* the terminal line is out */
};

struct answer_error {
    enum status code;
    char message[256];
    const char *hint; /* static text or NULL */
    uint32_t nt_status;
};

struct answer {
    const struct answer_context *context;
    struct grant grant;
    struct request request;
    enum answer_phase phase;
    bool own_only;     /* the scan is restricted to the caller's own processes */
    struct scan *scan; /* owned; NULL unless the phase is ANSWER_SCAN or ANSWER_END */
    struct answer_error error;
    uint64_t start_us;
    struct statistics_answer tally; /* told to the statistics when all is over */
};

static void copy_queries(struct answer *answer, const struct query_counts *counts)
{
    uint64_t *queries = answer->tally.queries;

    queries[QUERY_LIST] = counts->lists;
    queries[QUERY_OPEN] = counts->opens;
    queries[QUERY_REGION] = counts->regions;
    queries[QUERY_ALLOCATION] = counts->allocations;
    queries[QUERY_NAME] = counts->names;
    queries[QUERY_PAGES] = counts->pages;
}

/* A process is not kept open for a line that may wait. */
static void end_scan(struct answer *answer)
{
    if (answer->scan != NULL)
        copy_queries(answer, &scan_counts(answer->scan)->queries);
    scan_destroy(answer->scan);
    answer->scan = NULL;
}

static void fail(struct answer *answer, enum status code, const char *message, const char *hint)
{
    answer->phase = ANSWER_ERROR;
    answer->error.code = code;
    answer->error.hint = hint;
    answer->error.nt_status = 0;
    (void)snprintf(answer->error.message, sizeof answer->error.message, "%s", message);
    end_scan(answer);
}

/* The caller may not ask `whoami` for the reason when he has no right at all: so it is told here.
 * The reason is of the caller, never of the process he asked about. */
static void fail_denied(struct answer *answer, const char *right)
{
    const char *reason = answer->grant.reason;
    char message[sizeof answer->error.message];

    (void)snprintf(message, sizeof message, "op \"%s\" needs the right %s%s%s",
                   request_op_name(answer->request.op), right, reason != NULL ? ": " : "",
                   reason != NULL ? reason : "");
    fail(answer, STATUS_DENIED, message,
         "Ask an administrator for the right, or run as a user who has it.");
}

static void begin_scan(struct answer *answer)
{
    const uint32_t rights = answer->grant.rights;

    const struct request *request = &answer->request;
    const struct span name = {request->name, request->name_size};
    const struct span path = {request->path, request->path_size};

    answer->own_only = (rights & RIGHT_QUERY_ALL) == 0;
    const struct scan_query query = {
        .lists_maps = request->op == OP_MAPS,
        .all = request->selector == SELECTOR_ALL,
        .pids = request->pids,
        .pids_count = request->pids_count,
        .names = &name,
        .names_count = request->selector == SELECTOR_NAME ? 1 : 0,
        .views = {.kinds = request->kinds,
                  .paths = &path,
                  .paths_count = request->path_size > 0 ? 1 : 0,
                  .has_address = request->has_address,
                  .address = request->address,
                  .detail = (enum views_detail)request->detail},
        .own_only = answer->own_only,
        .query_all = (rights & RIGHT_QUERY_ALL) != 0,
        .addresses = (rights & RIGHT_ADDRESSES) != 0,
        .user = answer->grant.caller.user,
        .integrity = answer->grant.caller.integrity,
    };
    answer->phase = ANSWER_SCAN;
    answer->scan = scan_create(answer->context->platform, &query, NULL);
    if (answer->scan == NULL)
        fail(answer, STATUS_INTERNAL, "out of memory", "Try again later.");
}

/* May the caller ask this at all? What he may see of it is the scan's to decide. */
static void begin(struct answer *answer)
{
    const uint32_t rights = answer->grant.rights;

    answer->phase = ANSWER_ROW;
    switch (answer->request.op) {
    case OP_INFO:
    case OP_WHOAMI:
        if ((rights & RIGHT_CONNECT) == 0)
            fail_denied(answer, "\"connect\"");
        break;
    case OP_PROCESSES:
    case OP_MAPS:
        if ((rights & (RIGHT_QUERY_ALL | RIGHT_QUERY_OWN)) == 0)
            fail_denied(answer, "\"query_own\" or \"query_all\"");
        else
            begin_scan(answer);
        break;
    case OP_STATS:
        if (answer->context->statistics == NULL)
            fail(answer, STATUS_UNSUPPORTED, "op \"stats\" needs a server, which counts",
                 "Ask a server: lsmapd, as a service or with --console.");
        else if ((rights & RIGHT_STATISTICS) == 0)
            fail_denied(answer, "\"statistics\"");
        break;
    }
}

struct answer *answer_create(const struct answer_context *context, const struct grant *grant,
                             struct span line)
{
    struct request_error error;
    struct answer *answer = calloc(1, sizeof *answer);

    if (answer == NULL)
        return NULL;
    answer->context = context;
    answer->grant = *grant;
    answer->start_us = context->now_us(context->clock);
    answer->tally.op = STATISTICS_OP_UNKNOWN;
    answer->tally.result = RESULT_CANCELLED; /* until its terminal line is out */
    if (request_parse(line, &answer->request, &error) == STATUS_OK) {
        answer->tally.op = (unsigned)answer->request.op;
        answer->tally.class_ = statistics_class_of(&answer->request);
        begin(answer);
    } else {
        if (error.code == STATUS_TOO_LARGE)
            statistics_limit_hit(context->statistics, LIMIT_MEMBER_SIZE);
        fail(answer, error.code, error.message, error.hint);
    }
    return answer;
}

/* A row is out when the terminal line fits behind it as well; else it is taken back. */
static void finish_row(struct answer *answer, struct buffer *out, size_t size_before, bool fits)
{
    if (fits && buffer_reserve(out, ANSWER_TERMINAL_SIZE_MAX)) {
        answer->tally.rows++;
        return;
    }
    buffer_truncate(out, size_before);
    statistics_limit_hit(answer->context->statistics, LIMIT_ROW_SIZE);
    _Static_assert(OUTPUT_ROW_SIZE_MAX == 1048576, "the text says this number");
    fail(answer, STATUS_INTERNAL, "a row is longer than 1048576 bytes, or memory is short",
         "Ask again, or for fewer processes.");
}

static bool write_stats(const struct answer *answer, struct buffer *out)
{
    const struct answer_context *context = answer->context;
    uint64_t values[STATISTICS_COUNT];

    statistics_read(context->statistics, context->now_us(context->clock), values);
    return reply_stats(out, &answer->request.id, values);
}

static void step_row(struct answer *answer, struct buffer *out)
{
    const struct answer_context *context = answer->context;
    const struct request_id *id = &answer->request.id;
    const size_t size_before = out->size;
    bool fits;

    answer->phase = ANSWER_END;
    if (answer->request.op == OP_INFO)
        fits = reply_info(out, id, context->info, context->limits, context->statistics != NULL);
    else if (answer->request.op == OP_STATS)
        fits = write_stats(answer, out);
    else
        fits = reply_whoami(out, id, &answer->grant);
    finish_row(answer, out, size_before, fits);
}

static void step_scan(struct answer *answer, struct buffer *out)
{
    const size_t size_before = out->size;
    struct scan_row row;

    scan_next(answer->scan, &row);
    answer->tally.denials += row.type == SCAN_ERROR && row.error.code == STATUS_DENIED;
    switch (row.type) {
    case SCAN_NONE:
        break;
    case SCAN_PROCESS:
    case SCAN_MAP:
    case SCAN_REGION:
    case SCAN_ERROR:
        finish_row(answer, out, size_before,
                   reply_row(out, &answer->request.id, &row, answer->request.detail));
        break;
    case SCAN_FAILED:
        fail(answer, row.error.code, row.error.message, NULL);
        answer->error.nt_status = row.error.nt_status;
        break;
    case SCAN_END:
        answer->phase = ANSWER_END;
        break;
    }
}

static uint64_t elapsed_us(const struct answer *answer)
{
    const uint64_t now_us = answer->context->now_us(answer->context->clock);

    return now_us > answer->start_us ? now_us - answer->start_us : 0;
}

static void write_end(struct answer *answer, struct buffer *out)
{
    struct reply_end end = {.rows = 1};

    if (answer->scan != NULL) {
        const struct scan_counts *counts = scan_counts(answer->scan);
        end.processes = counts->processes;
        end.rows = counts->rows;
        end.errors = counts->errors;
        end.unmatched = counts->unmatched;
        end.exited = counts->exited;
        end.scope = answer->own_only ? "own" : "all";
        /* how many processes were opened would tell which pids of a list exist */
        copy_queries(answer, &counts->queries);
        end.queries = answer->request.debug && !answer->own_only ? answer->tally.queries : NULL;
    }
    end.elapsed_us = answer->tally.elapsed_us = elapsed_us(answer);
    answer->tally.result = end.errors == 0 && end.unmatched == 0 ? RESULT_OK : RESULT_PARTIAL;
    if (!reply_end(out, &answer->request.id, &end))
        answer->tally.result = RESULT_FAILED;
}

static void write_error(struct answer *answer, struct buffer *out)
{
    const struct answer_error *error = &answer->error;

    answer->tally.elapsed_us = elapsed_us(answer);
    answer->tally.result = statistics_result_of(error->code);
    answer->tally.denials += error->code == STATUS_DENIED;
    if (!reply_error(out, &answer->request.id, error->code, error->message, error->hint,
                     error->nt_status))
        answer->tally.result = RESULT_FAILED;
}

bool answer_step(struct answer *answer, struct buffer *out)
{
    switch (answer->phase) {
    case ANSWER_ROW:
        step_row(answer, out);
        return true;
    case ANSWER_SCAN:
        step_scan(answer, out);
        return true;
    case ANSWER_END:
        write_end(answer, out);
        break;
    case ANSWER_ERROR:
        write_error(answer, out);
        break;
    case ANSWER_DONE:
        break;
    }
    answer->phase = ANSWER_DONE;
    return false;
}

void answer_abort_with(struct answer *answer, enum status code, const char *message)
{
    if (answer->phase != ANSWER_DONE)
        fail(answer, code, message, "What came before this line is not complete.");
}

void answer_abort(struct answer *answer, enum status code)
{
    answer_abort_with(answer, code, status_text(code));
}

bool answer_is_scanning(const struct answer *answer)
{
    return answer->phase == ANSWER_SCAN;
}

void answer_destroy(struct answer *answer)
{
    if (answer == NULL)
        return;
    end_scan(answer);
    statistics_answered(answer->context->statistics, &answer->tally);
    if (answer->context->on_answered != NULL)
        answer->context->on_answered(&answer->grant.caller, &answer->tally);
    free(answer);
}
