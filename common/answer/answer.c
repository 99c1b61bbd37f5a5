#include "common/answer/answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/proto/request.h"

enum answer_phase {
    ANSWER_ROW,   /* the one row of info, whoami or stats comes next */
    ANSWER_SCAN,  /* rows as the scan gives them */
    ANSWER_END,   /* `end` comes next */
    ANSWER_ERROR, /* `error` comes next */
    ANSWER_OVER   /* the terminal line is made */
};

struct answer_error {
    enum status code;
    char message[256];
    const char *hint; /* static text or NULL */
    uint32_t nt_status;
};

struct answer {
    struct answer_context context;
    struct grant grant;
    struct request request;
    enum answer_phase phase;
    struct scan *scan; /* owned; NULL unless the phase is ANSWER_SCAN or ANSWER_END */
    bool is_own;       /* the scan is restricted to the caller's own processes */
    struct answer_error error;
    struct buffer out; /* lines that were not taken */
    uint64_t start_us;
    struct statistics_answer tally;
};

static void count_queries(struct answer *answer)
{
    if (answer->scan == NULL)
        return;
    const struct query_counts *queries = &scan_counts(answer->scan)->queries;
#define X(symbol, name, member) answer->tally.queries[symbol] = queries->member;
    STATISTICS_QUERY_LIST(X)
#undef X
}

/* No process stays open while a line waits for its reader. */
static void end_scan(struct answer *answer)
{
    count_queries(answer);
    scan_destroy(answer->scan);
    answer->scan = NULL;
}

static void fail(struct answer *answer, enum status code, const char *message, const char *hint)
{
    answer->phase = ANSWER_ERROR;
    answer->error = (struct answer_error){.code = code, .hint = hint};
    (void)snprintf(answer->error.message, sizeof answer->error.message, "%s", message);
    end_scan(answer);
}

/* A caller without any right cannot ask `whoami` for the reason, so it is given here. It is about
 * the caller, never about the processes that were asked for. */
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
    const struct request *request = &answer->request;
    const bool query_all = (answer->grant.rights & RIGHT_QUERY_ALL) != 0;

    _Static_assert((int)DETAIL_REGIONS == (int)VIEWS_WITH_REGIONS &&
                       (int)DETAIL_PAGES == (int)VIEWS_WITH_PAGES,
                   "a detail of the request is one of the scan");
    _Static_assert((int)KIND_IMAGE == (int)VIEW_IMAGE && (int)KIND_DATA == (int)VIEW_DATA &&
                       (int)KIND_PAGEFILE == (int)VIEW_PAGEFILE,
                   "a kind of the request is one of the scan");
    answer->is_own = !query_all || request->own;
    const struct scan_query query = {
        .lists_maps = request->op == OP_MAPS,
        .all = request->all,
        .pids = request->pids,
        .pids_count = request->pids_count,
        .names = request->names,
        .names_count = request->names_count,
        .views = {.kinds = request->kinds,
                  .paths = request->paths,
                  .paths_count = request->paths_count,
                  .has_address = request->has_address,
                  .address = request->address,
                  .detail = (enum views_detail)request->detail},
        .own_only = answer->is_own,
        .query_all = query_all,
        .addresses = (answer->grant.rights & RIGHT_ADDRESSES) != 0,
        .user = answer->grant.caller.user,
        .integrity = answer->grant.caller.integrity,
    };
    answer->phase = ANSWER_SCAN;
    answer->scan = scan_create(answer->context.platform, &query, NULL);
    if (answer->scan == NULL)
        fail(answer, STATUS_INTERNAL, "out of memory", "Try again later.");
}

/* May the caller ask this at all? The scan decides what they may see of it. */
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
        if (answer->context.statistics == NULL)
            fail(answer, STATUS_UNSUPPORTED, "op \"stats\" needs a server, which counts",
                 "Ask a server: lsmapd, as a service or with --console.");
        else if ((rights & RIGHT_STATISTICS) == 0)
            fail_denied(answer, "\"statistics\"");
        break;
    case OP_COUNT:
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
    answer->context = *context;
    answer->grant = *grant;
    buffer_init(&answer->out, ANSWER_OUTPUT_SIZE_MAX);
    answer->start_us = context->now_us(context->clock);
    answer->tally.op = STATISTICS_OP_UNKNOWN;
    answer->tally.result = RESULT_CANCELLED; /* until the terminal line is made */
    if (request_parse(line, &answer->request, &error) == STATUS_OK) {
        answer->tally.op = (unsigned)answer->request.op;
        answer->tally.class_ = statistics_class_of(&answer->request);
        begin(answer);
    } else {
        if (error.code == STATUS_TOO_LARGE)
            answer->tally.limits |= 1u << LIMIT_MEMBER_SIZE;
        fail(answer, error.code, error.message, error.hint);
    }
    return answer;
}

/* A row counts when the terminal line fits after it as well; otherwise it is taken back. */
static void finish_row(struct answer *answer, size_t size_before, bool fits)
{
    struct buffer *out = &answer->out;

    if (fits && out->size - size_before <= OUTPUT_ROW_SIZE_MAX &&
        buffer_reserve(out, ANSWER_TERMINAL_SIZE_MAX)) {
        answer->tally.rows++;
        return;
    }
    buffer_truncate(out, size_before);
    answer->tally.limits |= 1u << LIMIT_ROW_SIZE;
    _Static_assert(OUTPUT_ROW_SIZE_MAX == 1048576, "the text says this number");
    fail(answer, STATUS_INTERNAL, "a row is longer than 1048576 bytes, or memory is short",
         "Ask again, or for fewer processes.");
}

static void step_row(struct answer *answer)
{
    const struct answer_context *context = &answer->context;
    const struct request_id *id = &answer->request.id;
    struct buffer *out = &answer->out;
    const size_t size_before = out->size;
    uint64_t values[STATISTICS_COUNT];
    bool fits;

    answer->phase = ANSWER_END;
    if (answer->request.op == OP_INFO) {
        fits = reply_info(out, id, context->info, &context->limits, context->statistics != NULL);
    } else if (answer->request.op == OP_STATS) {
        statistics_read(context->statistics, context->now_us(context->clock), values);
        fits = reply_stats(out, id, values);
    } else {
        fits = reply_whoami(out, id, &answer->grant);
    }
    finish_row(answer, size_before, fits);
}

static void step_scan(struct answer *answer)
{
    const size_t size_before = answer->out.size;
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
        finish_row(answer, size_before,
                   reply_row(&answer->out, &answer->request.id, &row, answer->request.detail));
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

/* The terminal line is made, or there was no memory even for that. */
static void finish(struct answer *answer, enum statistics_result result, bool fits)
{
    answer->tally.result = fits ? result : RESULT_FAILED;
    answer->phase = ANSWER_OVER;
    end_scan(answer);
}

static void step_end(struct answer *answer)
{
    struct reply_end end = {.rows = 1, .elapsed_us = answer->tally.elapsed_us};

    if (answer->scan != NULL) {
        const struct scan_counts *counts = scan_counts(answer->scan);
        end.processes = counts->processes;
        end.rows = counts->rows;
        end.errors = counts->errors;
        end.unmatched = counts->unmatched;
        end.exited = counts->exited;
        end.scope = answer->is_own ? "own" : "all";
        count_queries(answer);
        /* the number of opened processes would show which pids of a list exist */
        if (answer->request.debug && (answer->grant.rights & RIGHT_QUERY_ALL) != 0)
            end.queries = answer->tally.queries;
    }
    finish(answer, end.errors + end.unmatched == 0 ? RESULT_OK : RESULT_PARTIAL,
           reply_end(&answer->out, &answer->request.id, &end));
}

static void step_error(struct answer *answer)
{
    const struct answer_error *error = &answer->error;

    answer->tally.denials += error->code == STATUS_DENIED;
    finish(answer, statistics_result_of(error->code),
           reply_error(&answer->out, &answer->request.id, error->code, error->message, error->hint,
                       error->nt_status));
}

void answer_run(struct answer *answer, uint64_t end_us, size_t size)
{
    const struct answer_context *context = &answer->context;
    uint64_t now_us;

    ASSERT(size <= OUTPUT_SIZE);
    do {
        if (answer->phase == ANSWER_SCAN)
            step_scan(answer);
        else if (answer->phase == ANSWER_ROW)
            step_row(answer);
        now_us = context->now_us(context->clock);
        answer->tally.elapsed_us = now_us > answer->start_us ? now_us - answer->start_us : 0;
    } while (answer->phase == ANSWER_SCAN && !scan_is_between(answer->scan) && now_us < end_us &&
             answer->out.size < size);
    if (answer->phase == ANSWER_END)
        step_end(answer);
    else if (answer->phase == ANSWER_ERROR)
        step_error(answer);
}

bool answer_is_scan(const struct answer *answer)
{
    return answer->phase == ANSWER_SCAN;
}

bool answer_is_over(const struct answer *answer)
{
    return answer->phase == ANSWER_OVER;
}

bool answer_take(struct answer *answer, struct buffer *out, struct answer_checkpoint *checkpoint)
{
    struct buffer *lines = &answer->out;

    if (out->size == 0 && lines->capacity <= out->capacity_max) {
        const struct buffer empty = *out;
        *out = *lines;
        out->capacity_max = empty.capacity_max;
        *lines = empty;
        lines->capacity_max = ANSWER_OUTPUT_SIZE_MAX;
    } else if (!buffer_append(out, buffer_span(lines))) {
        return false;
    }
    buffer_clear(lines);
    if (checkpoint != NULL) {
        answer_checkpoint_release(checkpoint);
        checkpoint->tally = *answer_tally(answer);
        checkpoint->start_us = answer->start_us;
        if (answer->scan != NULL)
            scan_checkpoint_take(answer->scan, &checkpoint->scan);
    }
    return true;
}

void answer_checkpoint_release(struct answer_checkpoint *checkpoint)
{
    scan_checkpoint_release(&checkpoint->scan);
    *checkpoint = (struct answer_checkpoint){0};
}

void answer_abort(struct answer *answer, enum status code, const char *message)
{
    if (answer->phase != ANSWER_OVER)
        fail(answer, code, message != NULL ? message : status_text(code),
             answer->tally.rows > 0 ? "What came before this line is not complete."
                                    : "Try again later.");
}

const struct statistics_answer *answer_tally(struct answer *answer)
{
    count_queries(answer);
    return &answer->tally;
}

void answer_destroy(struct answer *answer)
{
    if (answer == NULL)
        return;
    end_scan(answer);
    request_release(&answer->request);
    buffer_release(&answer->out);
    free(answer);
}
