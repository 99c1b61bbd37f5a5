#include "common/answer/answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/proto/request.h"

struct answer {
    struct answer_context context;
    struct grant grant;
    struct request request;
    bool has_run;      /* it has begun; until then nobody has seen its lines */
    bool is_over;      /* the terminal line is made */
    struct scan *scan; /* owned; NULL when the answer is over or is one row and the end */
    bool is_own;       /* the scan is restricted to the caller's own processes */
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

static uint64_t measure(struct answer *answer)
{
    const uint64_t now_us = answer->context.now_us(answer->context.clock);

    answer->tally.elapsed_us = now_us > answer->start_us ? now_us - answer->start_us : 0;
    return now_us;
}

/* --- the ways to end --- */

/* fits  False: there was no memory even for the terminal line. */
static void finish(struct answer *answer, enum statistics_result result, bool fits)
{
    answer->tally.result = fits ? result : RESULT_FAILED;
    count_queries(answer);
    scan_destroy(answer->scan); /* no process stays open while a line waits for its reader */
    answer->scan = NULL;
    answer->is_over = true;
}

static void fail(struct answer *answer, enum status code, uint32_t nt_status, const char *message,
                 const char *hint)
{
    (void)measure(answer);
    answer->tally.denials += code == STATUS_DENIED;
    answer->tally.code = code;
    finish(answer, statistics_result_of(code),
           reply_error(&answer->out, &answer->request.id, code, message, hint, nt_status));
}

static void end(struct answer *answer, const struct scan_counts *counts, const char *scope)
{
    /* the number of opened processes would show which pids of a list exist */
    const bool shows_cost =
        answer->request.debug && scope != NULL && (answer->grant.rights & RIGHT_QUERY_ALL) != 0;

    (void)measure(answer);
    finish(answer, counts->errors + counts->unmatched == 0 ? RESULT_OK : RESULT_PARTIAL,
           reply_end(&answer->out, &answer->request.id, counts, scope, answer->tally.elapsed_us,
                     shows_cost));
}

/* A row counts when the terminal line fits after it as well. Otherwise it is taken back, the answer
 * fails, and false is returned. */
static bool finish_row(struct answer *answer, size_t size_before, bool fits)
{
    struct buffer *out = &answer->out;

    if (fits && out->size - size_before <= OUTPUT_ROW_SIZE_MAX &&
        buffer_reserve(out, ANSWER_TERMINAL_SIZE_MAX)) {
        answer->tally.rows++;
        return true;
    }
    buffer_truncate(out, size_before);
    answer->tally.limits |= 1u << LIMIT_ROW_SIZE;
    _Static_assert(OUTPUT_ROW_SIZE_MAX == 1048576, "the text says this number");
    fail(answer, STATUS_INTERNAL, 0, "a row is longer than 1048576 bytes, or memory is short",
         "Ask again, or for fewer processes.");
    return false;
}

/* --- the beginning --- */

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
    answer->tally.asks_others = !answer->is_own;
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
    answer->scan = scan_create(answer->context.platform, &query, NULL);
    if (answer->scan == NULL)
        fail(answer, STATUS_INTERNAL, 0, "out of memory", "Try again later.");
}

/* May the caller ask this at all? The scan decides what they may see of it. */
static void begin(struct answer *answer)
{
    static const struct {
        uint32_t rights; /* one of them is needed */
        const char *names;
    } needs[OP_COUNT] = {
        [OP_INFO] = {RIGHT_CONNECT, "\"connect\""},
        [OP_WHOAMI] = {RIGHT_CONNECT, "\"connect\""},
        [OP_PROCESSES] = {RIGHT_QUERY_OWN | RIGHT_QUERY_ALL, "\"query_own\" or \"query_all\""},
        [OP_MAPS] = {RIGHT_QUERY_OWN | RIGHT_QUERY_ALL, "\"query_own\" or \"query_all\""},
        [OP_STATS] = {RIGHT_STATISTICS, "\"statistics\""},
    };
    const enum request_op op = answer->request.op;
    const char *reason = answer->grant.reason;
    char message[256];

    if (op == OP_STATS && answer->context.statistics == NULL) {
        fail(answer, STATUS_UNSUPPORTED, 0, "op \"stats\" needs a server, which counts",
             "Ask a server: lsmapd, as a service or with --console.");
    } else if ((answer->grant.rights & needs[op].rights) == 0) {
        /* A caller without any right cannot ask `whoami` for the reason, so it is given here. It is
         * about the caller, never about the processes that were asked for. */
        (void)snprintf(message, sizeof message, "op \"%s\" needs the right %s%s%s",
                       request_op_name(op), needs[op].names, reason != NULL ? ": " : "",
                       reason != NULL ? reason : "");
        fail(answer, STATUS_DENIED, 0, message,
             "Ask an administrator for the right, or run as a user who has it.");
    } else if (op == OP_PROCESSES || op == OP_MAPS) {
        begin_scan(answer);
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
        fail(answer, error.code, 0, error.message, error.hint);
    }
    return answer;
}

/* --- slices --- */

/* The row of info, whoami and stats, and the end. */
static void run_row(struct answer *answer)
{
    const struct answer_context *context = &answer->context;
    const struct request_id *id = &answer->request.id;
    struct buffer *out = &answer->out;
    static const struct scan_counts one_row = {.rows = 1};
    uint64_t values[STATISTICS_COUNT];
    bool fits;

    if (answer->request.op == OP_INFO) {
        fits = reply_info(out, id, context->info, &context->limits, context->statistics != NULL);
    } else if (answer->request.op == OP_STATS) {
        statistics_read(context->statistics, context->now_us(context->clock), values);
        fits = reply_stats(out, id, values);
    } else {
        fits = reply_whoami(out, id, &answer->grant);
    }
    if (finish_row(answer, 0, fits))
        end(answer, &one_row, NULL);
}

static void step_scan(struct answer *answer)
{
    const size_t size_before = answer->out.size;
    struct scan_row row;

    scan_next(answer->scan, &row);
    switch (row.type) {
    case SCAN_NONE:
        break;
    case SCAN_PROCESS:
    case SCAN_MAP:
    case SCAN_REGION:
    case SCAN_ERROR:
        answer->tally.denials += row.type == SCAN_ERROR && row.error.code == STATUS_DENIED;
        (void)finish_row(
            answer, size_before,
            reply_row(&answer->out, &answer->request.id, &row, answer->request.detail));
        break;
    case SCAN_FAILED:
        fail(answer, row.error.code, row.error.nt_status, row.error.message, NULL);
        break;
    case SCAN_END:
        end(answer, scan_counts(answer->scan), answer->is_own ? "own" : "all");
        break;
    }
}

void answer_run(struct answer *answer, uint64_t end_us, size_t size)
{
    ASSERT(size <= OUTPUT_SIZE);
    answer->has_run = true;
    if (answer->scan == NULL && !answer->is_over)
        run_row(answer);
    while (!answer->is_over) {
        step_scan(answer);
        if (answer->is_over || scan_is_between(answer->scan) || answer->out.size >= size ||
            measure(answer) >= end_us)
            return;
    }
}

bool answer_is_scan(const struct answer *answer)
{
    return answer->scan != NULL;
}

bool answer_is_over(const struct answer *answer)
{
    return answer->is_over;
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
    if (answer->has_run && answer->is_over)
        return;
    if (!answer->has_run) { /* perhaps it is refused, but this comes first */
        answer->tally.denials = 0;
        buffer_clear(&answer->out);
    }
    fail(answer, code, 0, message != NULL ? message : status_text(code),
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
    scan_destroy(answer->scan);
    request_release(&answer->request);
    buffer_release(&answer->out);
    free(answer);
}
