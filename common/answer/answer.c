#include "common/answer/answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/base/atomic.h"
#include "common/proto/request.h"
#include "common/scan/nt_status.h"
#include "common/scan/sections.h"

/* What answers of the same request share; never changed once it is read. */
struct answer_asked {
    struct atomic references;
    struct request request;
    struct grant grant;
};

struct answer {
    struct answer_context context;
    struct answer_asked *asked; /* a reference */
    bool has_run;               /* it has begun; until then nobody has seen its lines */
    bool is_over;               /* the terminal line is made */
    struct scan *scan;          /* owned; NULL when the answer is over or is one row and the end */
    struct sections *sections;  /* the same for op "sections" */
    bool is_listing;            /* it is counted in the context's listings */
    bool is_own;                /* the scan is restricted to the caller's own processes */
    struct buffer out;          /* lines that were not taken */
    uint64_t start_us;
    struct statistics_answer tally;

    /* with a watchdog */
    struct platform platform; /* what the scan asks: it marks each query, and refuses some */
    struct watch *watch;      /* of the thread that runs the slice; NULL: nobody watches */
    const struct process_entry *process; /* opened last */
    struct span process_name;
    struct sid owner;
    enum watchdog_verdict verdict; /* about it */
    enum scan_stage stage;         /* of its process_error */
    bool is_refused;               /* a query about it was refused, which is not reported yet */
    uint64_t added_count;          /* process_error rows that the scan does not know of */
};

static void release_asked(struct answer_asked *asked)
{
    if (asked == NULL || atomic_add(&asked->references, -1) > 0)
        return;
    request_release(&asked->request);
    free(asked);
}

static void count_queries(struct answer *answer)
{
    if (answer->scan == NULL && answer->sections == NULL)
        return;
    const struct query_counts *queries = answer->scan != NULL
                                             ? &scan_counts(answer->scan)->queries
                                             : &sections_counts(answer->sections)->queries;
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

static void end_listing(struct answer *answer)
{
    if (answer->is_listing)
        (void)atomic_add(answer->context.listings, -1);
    answer->is_listing = false;
}

/* Closes what is open. */
static void close_scan(struct answer *answer)
{
    scan_destroy(answer->scan);
    answer->scan = NULL;
    sections_destroy(answer->sections);
    answer->sections = NULL;
    end_listing(answer);
}

/* --- the ways to end --- */

/* fits  False: there was no memory even for the terminal line. */
static void finish(struct answer *answer, enum statistics_result result, bool fits)
{
    answer->tally.result = fits ? result : RESULT_FAILED;
    count_queries(answer);
    close_scan(answer); /* no process stays open while a line waits for its reader */
    answer->is_over = true;
}

static void fail(struct answer *answer, enum status code, uint32_t nt_status, const char *message,
                 const char *hint)
{
    (void)measure(answer);
    answer->tally.denials += code == STATUS_DENIED;
    answer->tally.code = code;
    finish(answer, statistics_result_of(code),
           reply_error(&answer->out, &answer->asked->request.id, code, message, hint, nt_status));
}

static void add_to(const struct answer *answer, struct scan_counts *counts)
{
    counts->rows += answer->added_count;
    counts->errors += answer->added_count;
}

static void end(struct answer *answer, const struct scan_counts *scan_counts, const char *scope)
{
    struct scan_counts counts = *scan_counts;
    /* the number of opened processes would show which pids of a list exist */
    const bool shows_cost = answer->asked->request.debug && scope != NULL &&
                            (answer->asked->grant.rights & RIGHT_QUERY_ALL) != 0;

    add_to(answer, &counts);
    (void)measure(answer);
    finish(answer, counts.errors + counts.unmatched == 0 ? RESULT_OK : RESULT_PARTIAL,
           reply_end(&answer->out, &answer->asked->request.id, &counts, scope,
                     answer->tally.elapsed_us, shows_cost));
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

/* --- the platform of an answer with a watchdog ---
 *
 * The context is the answer. Each call is marked, one store. What hung is not asked again: the scan
 * then gets NTSTATUS_IO_TIMEOUT, which step_scan() turns into the process_error. */

static void mark(struct answer *answer, enum scan_stage stage)
{
    if (answer->watch != NULL)
        watch_mark(answer->watch, stage);
}

static uint32_t refuse(struct answer *answer)
{
    answer->is_refused = true;
    return NTSTATUS_IO_TIMEOUT;
}

static uint32_t watched_list(void *context, bool with_owners, struct process_list *list)
{
    struct answer *answer = context;
    const struct platform *platform = answer->context.platform;

    mark(answer, STAGE_SELECT);
    return platform->list(platform->context, with_owners, list);
}

static enum watchdog_verdict check(struct answer *answer, const struct sid *owner)
{
    return watchdog_check(answer->context.watchdog, answer->process->pid,
                          answer->process->start_time, owner,
                          answer->context.now_us(answer->context.clock) / 1000, &answer->stage);
}

static uint32_t watched_open(void *context, uint32_t pid, struct process_facts *facts,
                             struct buffer *image, struct address_space **space)
{
    struct answer *answer = context;
    const struct platform *platform = answer->context.platform;

    answer->process = scan_process(answer->scan, &answer->process_name);
    ASSERT(answer->process != NULL && answer->process->pid == pid);
    answer->owner.size = 0;
    answer->is_refused = false;
    answer->verdict = check(answer, NULL);
    if (answer->verdict == WATCHDOG_SKIP)
        return NTSTATUS_IO_TIMEOUT; /* whether it may be reported depends on its unknown owner */
    if (answer->watch != NULL)
        watch_process(answer->watch, pid, answer->process->start_time);
    mark(answer, STAGE_OPEN);
    const uint32_t nt_status = platform->open(platform->context, pid, facts, image, space);
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    answer->owner = facts->owner;
    if (answer->watch != NULL)
        watch_owner(answer->watch, &facts->owner);
    answer->verdict = check(answer, &facts->owner);
    return NTSTATUS_OK;
}

static uint32_t watched_memory(void *context, struct address_space *space,
                               enum memory_class memory_class, uint64_t address, void *result,
                               size_t size)
{
    struct answer *answer = context;
    const struct platform *platform = answer->context.platform;

    if (answer->verdict == WATCHDOG_SKIP)
        return refuse(answer);
    mark(answer, memory_class == MEMORY_CLASS_WORKING_SET_EX ? STAGE_PAGES : STAGE_REGIONS);
    return platform->memory(platform->context, space, memory_class, address, result, size);
}

static uint32_t watched_name(void *context, struct address_space *space, uint64_t address,
                             struct buffer *name, bool *lossy)
{
    struct answer *answer = context;
    const struct platform *platform = answer->context.platform;

    buffer_clear(name);
    if (answer->verdict != WATCHDOG_ASK)
        return refuse(answer);
    mark(answer, STAGE_NAMES);
    return platform->name(platform->context, space, address, name, lossy);
}

static uint32_t watched_drivers(void *context, struct buffer *drivers)
{
    struct answer *answer = context;
    const struct platform *platform = answer->context.platform;

    mark(answer, STAGE_DRIVERS);
    return platform->drivers(platform->context, drivers);
}

static bool watched_services(void *context, uint32_t pid, uint64_t start_time, struct buffer *names)
{
    const struct platform *platform = ((struct answer *)context)->context.platform;

    return platform->services(platform->context, pid, start_time, names);
}

static bool watched_path(void *context, struct span device_path, struct buffer *path)
{
    const struct platform *platform = ((struct answer *)context)->context.platform;

    return platform->path(platform->context, device_path, path);
}

static void watched_close(void *context, struct address_space *space)
{
    const struct platform *platform = ((struct answer *)context)->context.platform;

    platform->close(platform->context, space);
}

_Static_assert(sizeof(struct platform) == 3 * sizeof(void *) + 8 * sizeof(void (*)(void)),
               "each call of the platform is watched");

static const struct platform *watch_platform(struct answer *answer)
{
    answer->platform = (struct platform){.context = answer,
                                         .hides_shares = answer->context.platform->hides_shares,
                                         .list = watched_list,
                                         .open = watched_open,
                                         .memory = watched_memory,
                                         .name = watched_name,
                                         .drivers = watched_drivers,
                                         .services = watched_services,
                                         .path = watched_path,
                                         .close = watched_close,
                                         .objects = answer->context.platform->objects};
    return &answer->platform;
}

/* --- the beginning --- */

/* from  NULL, or where to continue. */
static void begin_scan(struct answer *answer, const struct scan_checkpoint *from)
{
    const struct request *request = &answer->asked->request;
    const bool query_all = (answer->asked->grant.rights & RIGHT_QUERY_ALL) != 0;

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
        .addresses = (answer->asked->grant.rights & RIGHT_ADDRESSES) != 0,
        .user = answer->asked->grant.caller.user,
        .integrity = answer->asked->grant.caller.integrity,
    };
    answer->scan = scan_create(answer->context.watchdog != NULL ? watch_platform(answer)
                                                                : answer->context.platform,
                               &query, from);
    if (answer->scan == NULL)
        fail(answer, STATUS_INTERNAL, 0, "out of memory", "Try again later.");
}

static void begin_sections(struct answer *answer)
{
    const struct request *request = &answer->asked->request;
    const struct sections_query query = {.names = request->names,
                                         .names_count = request->names_count,
                                         .pids = request->pids,
                                         .pids_count = request->pids_count};

    answer->tally.asks_others = true;
    answer->sections = sections_create(answer->context.platform, &query);
    if (answer->sections == NULL)
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
        [OP_SECTIONS] = {RIGHT_QUERY_ALL, "\"query_all\""},
        [OP_STATS] = {RIGHT_STATISTICS, "\"statistics\""},
    };
    const enum request_op op = answer->asked->request.op;
    const char *reason = answer->asked->grant.reason;
    char message[256];

    if (op == OP_STATS && answer->context.statistics == NULL) {
        fail(answer, STATUS_UNSUPPORTED, 0, "op \"stats\" needs a server, which counts",
             "Ask a server: lsmapd, as a service or with --console.");
    } else if ((answer->asked->grant.rights & needs[op].rights) == 0) {
        /* A caller without any right cannot ask `whoami` for the reason, so it is given here. It is
         * about the caller, never about the processes that were asked for. */
        (void)snprintf(message, sizeof message, "op \"%s\" needs the right %s%s%s",
                       request_op_name(op), needs[op].names, reason != NULL ? ": " : "",
                       reason != NULL ? reason : "");
        fail(answer, STATUS_DENIED, 0, message,
             "Ask an administrator for the right, or run as a user who has it.");
    } else if (op == OP_PROCESSES || op == OP_MAPS) {
        begin_scan(answer, NULL);
    } else if (op == OP_SECTIONS) {
        begin_sections(answer);
    }
}

static struct answer *create(const struct answer_context *context, struct answer_asked *asked)
{
    struct answer *answer = calloc(1, sizeof *answer);

    if (answer == NULL)
        return NULL;
    answer->context = *context;
    answer->asked = asked;
    buffer_init(&answer->out, ANSWER_OUTPUT_SIZE_MAX);
    return answer;
}

struct answer *answer_create(const struct answer_context *context, const struct grant *grant,
                             struct span line)
{
    struct request_error error;
    struct answer_asked *asked = calloc(1, sizeof *asked);
    struct answer *answer = asked != NULL ? create(context, asked) : NULL;

    if (answer == NULL) {
        free(asked);
        return NULL;
    }
    asked->grant = *grant;
    (void)atomic_add(&asked->references, 1);
    answer->start_us = context->now_us(context->clock);
    answer->tally.op = STATISTICS_OP_UNKNOWN;
    answer->tally.result = RESULT_CANCELLED; /* until the terminal line is made */
    if (request_parse(line, &asked->request, &error) == STATUS_OK) {
        answer->tally.op = (unsigned)asked->request.op;
        answer->tally.class_ = statistics_class_of(&asked->request);
        begin(answer);
    } else {
        if (error.code == STATUS_TOO_LARGE)
            answer->tally.limits |= 1u << LIMIT_MEMBER_SIZE;
        fail(answer, error.code, 0, error.message, error.hint);
    }
    return answer;
}

struct answer *answer_resume(const struct answer_context *context,
                             const struct answer_checkpoint *checkpoint,
                             const struct watch_target *hung)
{
    const struct process_list *list = checkpoint->scan.processes;
    struct answer *answer = create(context, checkpoint->asked);

    if (answer == NULL)
        return NULL;
    (void)atomic_add(&answer->asked->references, 1);
    answer->has_run = true;
    answer->start_us = checkpoint->start_us;
    answer->tally = checkpoint->tally;
    if (hung->stage == STAGE_SELECT && list == NULL) { /* it would hang again */
        fail(answer, STATUS_TIMED_OUT, 0,
             answer->asked->request.op == OP_SECTIONS
                 ? "Windows did not give the list of sections in time."
                 : "Windows did not give the list of processes in time.",
             "Try again later.");
        return answer;
    }
    begin_scan(answer, list != NULL ? &checkpoint->scan : NULL);
    if (list != NULL && checkpoint->scan.index > 0 &&
        list->entries[checkpoint->scan.index - 1].pid == hung->pid) {
        /* Some of its lines were handed over, so the scan does not come to it again. */
        answer->process = &list->entries[checkpoint->scan.index - 1];
        answer->process_name = process_list_name(list, answer->process);
        answer->stage = hung->stage;
        answer->verdict = WATCHDOG_SKIP;
        answer->is_refused = true;
    }
    return answer;
}

/* --- slices --- */

/* The row of info, whoami and stats, and the end. */
static void run_row(struct answer *answer)
{
    const struct answer_context *context = &answer->context;
    const struct request_id *id = &answer->asked->request.id;
    struct buffer *out = &answer->out;
    static const struct scan_counts one_row = {.rows = 1};
    uint64_t values[STATISTICS_COUNT];
    bool fits;

    if (answer->asked->request.op == OP_INFO) {
        fits = reply_info(out, id, context->info, &context->limits, context->statistics != NULL);
    } else if (answer->asked->request.op == OP_STATS) {
        statistics_read(context->statistics, context->now_us(context->clock), values);
        fits = reply_stats(out, id, values);
    } else {
        fits = reply_whoami(out, id, &answer->asked->grant);
    }
    if (finish_row(answer, 0, fits))
        end(answer, &one_row, NULL);
}

/* The process_error of a process about which a query was refused. */
static void set_refused(struct answer *answer, struct scan_row *row)
{
    row->type = SCAN_ERROR;
    row->process = answer->process;
    row->process_name = answer->process_name;
    row->error = (struct scan_error){
        .has_pid = true,
        .pid = answer->process->pid,
        .process = answer->process_name,
        .code = STATUS_TIMED_OUT,
        .stage = answer->stage,
        .message = answer->verdict == WATCHDOG_UNNAMED
                       ? "Queries about other processes of this user did not return, so the names "
                         "of its mapped files are left out for now."
                       : "A query about this process did not return in time, so what is not listed "
                         "is left out for now."};
    answer->is_refused = false;
}

/* The next row; of the scan, unless a refusal is still to be reported at the end of its process. */
static void next_row(struct answer *answer, struct scan_row *row)
{
    if (answer->is_refused && scan_is_between(answer->scan)) {
        set_refused(answer, row);
        answer->added_count++;
        return;
    }
    if (answer->sections != NULL) {
        mark(answer, STAGE_SELECT);
        sections_next(answer->sections, row);
        return;
    }
    scan_next(answer->scan, row);
    if (row->type == SCAN_ERROR && row->error.nt_status == NTSTATUS_IO_TIMEOUT &&
        answer->verdict != WATCHDOG_ASK)
        set_refused(answer, row);
}

static void step_scan(struct answer *answer)
{
    const size_t size_before = answer->out.size;
    struct scan_row row;

    next_row(answer, &row);
    switch (row.type) {
    case SCAN_NONE:
        break;
    case SCAN_PROCESS:
    case SCAN_MAP:
    case SCAN_REGION:
    case SCAN_SECTION:
    case SCAN_ERROR:
        answer->tally.denials += row.type == SCAN_ERROR && row.error.code == STATUS_DENIED;
        (void)finish_row(answer, size_before,
                         row.type == SCAN_SECTION
                             ? reply_section(&answer->out, &answer->asked->request.id,
                                             answer->sections, row.section)
                             : reply_row(&answer->out, &answer->asked->request.id, &row,
                                         answer->asked->request.detail));
        break;
    case SCAN_FAILED:
        fail(answer, row.error.code, row.error.nt_status, row.error.message, NULL);
        break;
    case SCAN_END:
        end(answer,
            answer->sections != NULL ? sections_counts(answer->sections)
                                     : scan_counts(answer->scan),
            answer->is_own ? "own" : "all");
        break;
    }
}

/* A process was chosen, but not opened, so nobody knows whether its user may be shown. */
static bool is_unopened(const struct answer *answer)
{
    struct span name;
    const struct process_entry *process = scan_process(answer->scan, &name);

    return answer->context.watchdog != NULL && process != NULL && process != answer->process;
}

/* One list of sections is made at a time: its snapshot of all handles is what costs. Returns false
 * when another one is. */
static bool begin_listing(struct answer *answer)
{
    if (answer->is_listing || answer->context.listings == NULL ||
        sections_is_listed(answer->sections))
        return true;
    answer->is_listing = atomic_swap(answer->context.listings, 0, 1);
    if (!answer->is_listing) {
        answer->tally.limits |= 1u << LIMIT_SECTIONS;
        fail(answer, STATUS_BUSY, 0,
             "Another list of sections is being made; one is made at a time (limit sections).",
             "Try again later.");
    }
    return answer->is_listing;
}

static void run_sections(struct answer *answer, uint64_t end_us, size_t size)
{
    if (!begin_listing(answer))
        return;
    do {
        step_scan(answer);
        if (answer->sections != NULL && sections_is_listed(answer->sections))
            end_listing(answer);
    } while (!answer->is_over && (answer->watch == NULL || watch_is_kept(answer->watch)) &&
             answer->out.size < size && measure(answer) < end_us);
}

/* Until the end of the slice. */
static void run(struct answer *answer, uint64_t end_us, size_t size)
{
    if (answer->sections != NULL) {
        run_sections(answer, end_us, size);
        return;
    }
    for (;;) {
        step_scan(answer);
        if (answer->is_over || (answer->watch != NULL && !watch_is_kept(answer->watch)))
            return;
        if (answer->is_refused && scan_is_between(answer->scan))
            continue; /* its process_error is due */
        if (scan_is_between(answer->scan) ||
            ((answer->out.size >= size || measure(answer) >= end_us) && !is_unopened(answer)))
            return;
    }
}

bool answer_run(struct answer *answer, struct watch *watch, uint64_t end_us, size_t size)
{
    ASSERT(size <= OUTPUT_SIZE);
    answer->has_run = true;
    if (answer->is_over)
        return true;
    if (!answer_is_scan(answer)) {
        run_row(answer);
        return true;
    }
    if (watch == NULL || answer->context.watchdog == NULL) {
        run(answer, end_us, size);
        return true;
    }
    watch_begin(watch);
    answer->watch = watch;
    if (answer->scan != NULL && !scan_is_between(answer->scan)) { /* the rest of a process */
        watch_process(watch, answer->process->pid, answer->process->start_time);
        watch_owner(watch, &answer->owner);
        watch_mark(watch, STAGE_REGIONS);
    }
    run(answer, end_us, size);
    answer->watch = NULL;
    return watch_end(watch);
}

bool answer_is_scan(const struct answer *answer)
{
    return answer->scan != NULL || answer->sections != NULL;
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
    if (checkpoint != NULL)
        answer_save(answer, checkpoint);
    return true;
}

void answer_save(struct answer *answer, struct answer_checkpoint *checkpoint)
{
    (void)atomic_add(&answer->asked->references, 1);
    answer_checkpoint_release(checkpoint);
    checkpoint->asked = answer->asked;
    checkpoint->tally = *answer_tally(answer);
    checkpoint->start_us = answer->start_us;
    if (answer->scan != NULL) {
        scan_checkpoint_take(answer->scan, &checkpoint->scan);
        add_to(answer, &checkpoint->scan.counts);
    }
}

void answer_checkpoint_release(struct answer_checkpoint *checkpoint)
{
    scan_checkpoint_release(&checkpoint->scan);
    release_asked(checkpoint->asked);
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
    close_scan(answer);
    release_asked(answer->asked);
    buffer_release(&answer->out);
    free(answer);
}
