#include "common/answer/answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/base/atomic.h"
#include "common/proto/request.h"
#include "common/scan/sections.h"

/* What a slice touches. When it is abandoned, the thread keeps it until its query returns. */
struct run {
    struct answer *answer;     /* a reference, to what never changes */
    struct scan *scan;         /* owned; NULL when the answer is over or is one row and the end */
    struct sections *sections; /* the same for op "sections" */
    bool is_over;              /* the terminal line is made */
    uint64_t slow_us;          /* of the process that is open: its slow queries */
    bool is_own;               /* the scan is restricted to the caller's own processes */
    bool asks_user;            /* the name of the user is to be asked for */
    char user[CALLER_USER_CAPACITY]; /* it; "": not known */
    struct buffer out;               /* lines that were not taken */
    struct statistics_answer tally;
};

struct answer {
    /* never changed once the request is read; also for the runs that were lost */
    struct atomic references;
    struct answer_context context;
    struct request request;
    struct grant grant;
    uint64_t start_us;

    struct run *run; /* owned; NULL: there was no memory to continue */
    bool has_run;    /* a slice; until then nobody has seen its lines */

    /* at the end of the latest slice, to continue from */
    struct scan_checkpoint scan;
    struct statistics_answer tally;
};

static void release(struct answer *answer)
{
    if (atomic_add(&answer->references, -1) > 0)
        return;
    request_release(&answer->request);
    free(answer);
}

/* NULL without a scan. */
static const struct scan_counts *counts_of(const struct run *run)
{
    return run->sections != NULL ? sections_counts(run->sections)
           : run->scan != NULL   ? scan_counts(run->scan)
                                 : NULL;
}

static void count_queries(struct run *run)
{
    if (counts_of(run) == NULL)
        return;
    const struct query_counts *queries = &counts_of(run)->queries;
#define X(symbol, name, member) run->tally.queries[symbol] = queries->member;
    STATISTICS_QUERY_LIST(X)
#undef X
}

static uint64_t measure(struct run *run)
{
    const uint64_t now_us = run->answer->context.now_us(run->answer->context.clock);

    run->tally.elapsed_us = now_us > run->answer->start_us ? now_us - run->answer->start_us : 0;
    return now_us;
}

/* Closes what is open. */
static void close_scan(struct run *run)
{
    scan_destroy(run->scan);
    run->scan = NULL;
    sections_destroy(run->sections);
    run->sections = NULL;
}

/* --- the ways to end --- */

/* fits  False: there was no memory even for the terminal line. */
static void finish(struct run *run, enum statistics_result result, bool fits)
{
    run->tally.result = fits ? result : RESULT_FAILED;
    count_queries(run);
    close_scan(run); /* no process stays open while a line waits for its reader */
    run->is_over = true;
}

static void fail(struct run *run, enum status code, uint32_t nt_status, const char *message,
                 const char *hint)
{
    (void)measure(run);
    run->tally.denials += code == STATUS_DENIED;
    run->tally.code = code;
    finish(run, statistics_result_of(code),
           reply_error(&run->out, &run->answer->request.id, code, message, hint, nt_status));
}

static void end(struct run *run)
{
    static const struct scan_counts one_row = {.rows = 1};
    const struct scan_counts *scanned = counts_of(run);
    const struct scan_counts *counts = scanned != NULL ? scanned : &one_row;
    const char *scope = scanned == NULL ? NULL : run->is_own ? "own" : "all";
    /* the number of opened processes would show which pids of a list exist */
    const bool shows_cost = run->answer->request.debug && scope != NULL &&
                            (run->answer->grant.rights & RIGHT_QUERY_ALL) != 0;

    (void)measure(run);
    finish(run, counts->errors + counts->unmatched == 0 ? RESULT_OK : RESULT_PARTIAL,
           reply_end(&run->out, &run->answer->request.id, counts, scope, run->tally.elapsed_us,
                     shows_cost));
}

/* A row counts when the terminal line fits after it as well. Otherwise it is taken back, the answer
 * fails, and false is returned. */
static bool finish_row(struct run *run, size_t size_before, bool fits)
{
    struct buffer *out = &run->out;

    if (fits && out->size - size_before <= OUTPUT_ROW_SIZE_MAX &&
        buffer_reserve(out, ANSWER_TERMINAL_SIZE_MAX)) {
        run->tally.rows++;
        return true;
    }
    buffer_truncate(out, size_before);
    run->tally.limits |= 1u << LIMIT_ROW_SIZE;
    _Static_assert(OUTPUT_ROW_SIZE_MAX == 1048576, "the text says this number");
    fail(run, STATUS_INTERNAL, 0, "a row is longer than 1048576 bytes, or memory is short",
         "Ask again, or for fewer processes.");
    return false;
}

/* --- the beginning --- */

/* from  NULL, or where to continue. */
static void begin_scan(struct run *run, const struct scan_checkpoint *from)
{
    const struct request *request = &run->answer->request;
    struct watchdog *watchdog = run->answer->context.watchdog;
    const bool query_all = (run->answer->grant.rights & RIGHT_QUERY_ALL) != 0;

    _Static_assert((int)DETAIL_REGIONS == (int)VIEWS_WITH_REGIONS &&
                       (int)DETAIL_PAGES == (int)VIEWS_WITH_PAGES,
                   "a detail of the request is one of the scan");
    _Static_assert((int)KIND_IMAGE == (int)VIEW_IMAGE && (int)KIND_DATA == (int)VIEW_DATA &&
                       (int)KIND_PAGEFILE == (int)VIEW_PAGEFILE,
                   "a kind of the request is one of the scan");
    run->is_own = !query_all || request->own;
    run->tally.asks_others = !run->is_own;
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
        .own_only = run->is_own,
        .query_all = query_all,
        .addresses = (run->answer->grant.rights & RIGHT_ADDRESSES) != 0,
        .user = run->answer->grant.caller.user,
        .integrity = run->answer->grant.caller.integrity,
        .check = watchdog != NULL ? watchdog_check : NULL,
        .check_context = watchdog,
    };
    if (request->op == OP_SECTIONS)
        run->sections =
            sections_create(run->answer->context.platform, &query, run->answer->context.listings);
    else
        run->scan = scan_create(run->answer->context.platform, &query, from);
    if (run->scan == NULL && run->sections == NULL)
        fail(run, STATUS_INTERNAL, 0, "out of memory", "Try again later.");
}

/* May the caller ask this at all? The scan decides what they may see of it. */
static void begin(struct run *run)
{
    static const struct {
        uint32_t rights; /* one of them is needed */
        const char *names;
    } needs[OP_COUNT] = {
        [OP_INFO] = {RIGHT_CONNECT, "\"connect\""},
        [OP_WHOAMI] = {RIGHT_CONNECT, "\"connect\""},
        [OP_PROCESSES] = {RIGHT_QUERY_OWN | RIGHT_QUERY_ALL, "\"query_own\" or \"query_all\""},
        [OP_MAPS] = {RIGHT_QUERY_OWN | RIGHT_QUERY_ALL, "\"query_own\" or \"query_all\""},
        [OP_SECTIONS] = {RIGHT_QUERY_ALL, "\"query_all\""},
        [OP_STATS] = {RIGHT_STATISTICS, "\"statistics\""},
    };
    const enum request_op op = run->answer->request.op;
    const char *reason = run->answer->grant.reason;
    char message[256];

    if (op == OP_STATS && run->answer->context.statistics == NULL) {
        fail(run, STATUS_UNSUPPORTED, 0, "op \"stats\" needs a server, which counts",
             "Ask a server: lsmapd, as a service or with --console.");
    } else if ((run->answer->grant.rights & needs[op].rights) == 0) {
        /* A caller without any right cannot ask `whoami` for the reason, so it is given here. It is
         * about the caller, never about the processes that were asked for. */
        (void)snprintf(message, sizeof message, "op \"%s\" needs the right %s%s%s",
                       request_op_names[op], needs[op].names, reason != NULL ? ": " : "",
                       reason != NULL ? reason : "");
        fail(run, STATUS_DENIED, 0, message,
             "Ask an administrator for the right, or run as a user who has it.");
    } else if (op == OP_PROCESSES || op == OP_MAPS || op == OP_SECTIONS) {
        begin_scan(run, NULL);
    } else {
        run->asks_user = op == OP_WHOAMI && run->answer->context.user_name != NULL;
    }
}

/* --- slices --- */

/* The row of info, whoami and stats, and the end. */
static void run_row(struct run *run)
{
    const struct answer_context *context = &run->answer->context;
    const struct request_id *id = &run->answer->request.id;
    struct buffer *out = &run->out;
    uint64_t values[STATISTICS_COUNT];
    bool fits;

    if (run->answer->request.op == OP_INFO) {
        fits = reply_info(out, id, context->info, &context->limits, context->statistics != NULL);
    } else if (run->answer->request.op == OP_STATS) {
        statistics_read(context->statistics, context->now_us(context->clock), values);
        fits = reply_stats(out, id, values);
    } else {
        fits = reply_whoami(out, id, &run->answer->grant, run->user);
    }
    if (finish_row(run, 0, fits))
        end(run);
}

/* The name of the caller's user, unless such a question hangs: it counts as one about pid 0. */
static void run_user(struct run *run, struct watch *watch)
{
    static const struct sid no_owner = {.size = 0};
    const struct answer_context *context = &run->answer->context;
    enum scan_stage stage;

    run->asks_user = false;
    if (context->watchdog != NULL &&
        watchdog_check(context->watchdog, 0, 0, &no_owner, &stage) != SCAN_ASK)
        return;
    watch_mark(watch, STAGE_OPEN);
    context->user_name(&run->answer->grant.caller, run->user);
}

static void step_scan(struct run *run)
{
    const size_t size_before = run->out.size;
    struct scan_row row;

    if (run->sections != NULL)
        sections_next(run->sections, &row);
    else
        scan_next(run->scan, &row);
    if (row.type == SCAN_END) {
        end(run);
    } else if (row.type == SCAN_FAILED) {
        const bool is_busy = row.error.code == STATUS_BUSY;
        run->tally.limits |= is_busy ? 1u << LIMIT_SECTIONS : 0;
        fail(run, row.error.code, row.error.nt_status, row.error.message,
             is_busy ? "Try again later." : NULL);
    } else if (row.type != SCAN_NONE) {
        run->tally.denials += row.type == SCAN_ERROR && row.error.code == STATUS_DENIED;
        (void)finish_row(
            run, size_before,
            reply_row(&run->out, &run->answer->request.id, &row, run->answer->request.detail));
    }
}

/* Leaves out the rest of a process whose queries are too slow: another scan continues after it. */
static void leave_out(struct run *run, struct watch *watch)
{
    struct scan_checkpoint from;

    scan_checkpoint_take(run->scan, &from);
    from.stage = watchdog_on_slow(run->answer->context.watchdog, watch);
    run->slow_us = 0;
    close_scan(run);
    begin_scan(run, &from);
    scan_checkpoint_release(&from);
}

/* --- the answer --- */

static void run_destroy(struct run *run)
{
    if (run == NULL)
        return;
    close_scan(run);
    release(run->answer);
    buffer_release(&run->out);
    free(run);
}

static struct run *run_create(struct answer *answer)
{
    struct run *run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    (void)atomic_add(&answer->references, 1);
    run->answer = answer;
    run->tally = answer->tally;
    buffer_init(&run->out, ANSWER_OUTPUT_SIZE_MAX);
    return run;
}

struct answer *answer_create(const struct answer_context *context, const struct grant *grant,
                             struct span line)
{
    struct request_error error;
    struct answer *answer = calloc(1, sizeof *answer);

    if (answer == NULL)
        return NULL;
    (void)atomic_add(&answer->references, 1);
    answer->context = *context;
    answer->grant = *grant;
    answer->start_us = context->now_us(context->clock);
    answer->tally.op = STATISTICS_OP_UNKNOWN;
    answer->tally.result = RESULT_CANCELLED; /* until the terminal line is made */
    struct run *run = answer->run = run_create(answer);
    if (run == NULL) {
        answer_destroy(answer);
        return NULL;
    }
    if (request_parse(line, &answer->request, &error) == STATUS_OK) {
        run->tally.op = (unsigned)answer->request.op;
        run->tally.class_ = statistics_class_of(&answer->request);
        begin(run);
    } else {
        run->tally.limits |= error.code == STATUS_TOO_LARGE ? 1u << LIMIT_MEMBER_SIZE : 0;
        fail(run, error.code, 0, error.message, error.hint);
    }
    answer->tally = run->tally;
    return answer;
}

bool answer_run(struct answer *answer, struct watch *watch, uint64_t end_us, size_t size)
{
    struct run *run = answer->run;

    ASSERT(size <= OUTPUT_SIZE);
    answer->has_run = true;
    if (run->is_over)
        return true;
    if (!answer_is_scan(answer)) {
        run_row(run);
        return true;
    }
    if (watch != NULL)
        watch_begin(watch);
    if (run->scan != NULL)
        scan_set_watch(run->scan, watch);
    if (run->asks_user) {
        run_user(run, watch);
        run_row(run);
    }
    uint64_t now_us = measure(run);
    while (!run->is_over && watch_is_kept(watch)) {
        const uint64_t step_us = now_us;
        const long mark = watch != NULL ? atomic_get(&watch->mark) : 0;
        if (run->sections != NULL)
            watch_mark(watch, STAGE_SELECT);
        step_scan(run);
        if (run->is_over)
            break;
        now_us = measure(run);
        if (watch != NULL && mark != atomic_get(&watch->mark) &&
            atomic_get(&watch->mark) % WATCH_STAGES == STAGE_NAMES &&
            now_us - step_us >= WATCHDOG_SLOW_US)
            run->slow_us += now_us - step_us;
        if (run->scan != NULL && scan_is_between(run->scan)) {
            run->slow_us = 0;
            break;
        }
        if (run->out.size >= size || now_us >= end_us || run->slow_us >= WATCHDOG_SLOW_MAX_US)
            break;
    }
    if (!watch_end(watch)) {
        run_destroy(run);
        return false;
    }
    if (run->slow_us >= WATCHDOG_SLOW_MAX_US && run->answer->context.watchdog != NULL)
        leave_out(run, watch);
    return true;
}

bool answer_resume(struct answer *answer, const struct watch_target *hung)
{
    struct run *run = answer->run = run_create(answer);

    if (run == NULL)
        return false;
    answer->scan.stage = hung->stage;
    if (answer->scan.processes != NULL)
        begin_scan(run, &answer->scan);
    else if (run->answer->request.op !=
             OP_WHOAMI) /* its name is left out; a list would hang again */
        fail(run, STATUS_TIMED_OUT, 0,
             run->answer->request.op == OP_SECTIONS
                 ? "Windows did not give the list of sections in time."
                 : "Windows did not give the list of processes in time.",
             "Try again later.");
    return true;
}

bool answer_is_scan(const struct answer *answer)
{
    return answer->run->scan != NULL || answer->run->sections != NULL || answer->run->asks_user;
}

bool answer_is_over(const struct answer *answer)
{
    return answer->run->is_over;
}

bool answer_take(struct answer *answer, struct buffer *out)
{
    struct run *run = answer->run;
    struct buffer *lines = &run->out;

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
    answer->tally = *answer_tally(answer);
    scan_checkpoint_release(&answer->scan);
    if (run->scan != NULL)
        scan_checkpoint_take(run->scan, &answer->scan);
    return true;
}

void answer_abort(struct answer *answer, enum status code, const char *message)
{
    struct run *run = answer->run;

    if (answer->has_run && run->is_over)
        return;
    if (!answer->has_run) { /* perhaps it is refused, but this comes first */
        run->tally.denials = 0;
        buffer_clear(&run->out);
    }
    fail(run, code, 0, message != NULL ? message : status_facts[code].text,
         run->tally.rows > 0 ? "What came before this line is not complete." : "Try again later.");
}

const struct statistics_answer *answer_tally(struct answer *answer)
{
    if (answer->run == NULL)
        return &answer->tally;
    count_queries(answer->run);
    return &answer->run->tally;
}

void answer_destroy(struct answer *answer)
{
    if (answer == NULL)
        return;
    run_destroy(answer->run);
    scan_checkpoint_release(&answer->scan);
    release(answer);
}
