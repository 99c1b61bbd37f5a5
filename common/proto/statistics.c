#include "common/proto/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"

const uint64_t statistics_bounds_us[STATISTICS_BUCKET_COUNT] = {
    100,   200,    500,    1000,   2000,    5000,    10000,   20000,
    50000, 100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000,
};

#define NAME(symbol, name) name,
#define QUERY_NAME(symbol, name, member) name,
static const char *const plain_names[] = {STATISTICS_PLAIN_LIST(NAME)};
const char *const statistics_limit_names[] = {STATISTICS_LIMIT_LIST(NAME)};
const char *const statistics_result_names[] = {STATISTICS_RESULT_LIST(NAME)};
const char *const statistics_class_names[] = {STATISTICS_CLASS_LIST(NAME)};
const char *const statistics_query_names[] = {STATISTICS_QUERY_LIST(QUERY_NAME)};

/* --- indexes and names --- */

size_t statistics_request_index(unsigned op, enum statistics_result result)
{
    ASSERT(op < STATISTICS_OP_COUNT);
    ASSERT(result < RESULT_COUNT);
    return STATISTICS_REQUESTS + (size_t)op * RESULT_COUNT + (size_t)result;
}

size_t statistics_latency_index(enum statistics_class class_, unsigned position)
{
    ASSERT(class_ < CLASS_COUNT);
    ASSERT(position < STATISTICS_LATENCY_COUNT);
    return STATISTICS_LATENCIES + (size_t)class_ * STATISTICS_LATENCY_COUNT + position;
}

void statistics_name(size_t index, char *name)
{
    const size_t capacity = STATISTICS_NAME_CAPACITY;
    const size_t request = index - STATISTICS_REQUESTS, latency = index - STATISTICS_LATENCIES;
    const size_t class_ = latency / STATISTICS_LATENCY_COUNT;
    const size_t position = latency % STATISTICS_LATENCY_COUNT;

    ASSERT(index < STATISTICS_COUNT);
    if (index < STATISTICS_REQUESTS)
        (void)snprintf(name, capacity, "%s", plain_names[index]);
    else if (index < STATISTICS_LIMIT_HITS)
        (void)snprintf(name, capacity, "requests_%s_%s", request_op_names[request / RESULT_COUNT],
                       statistics_result_names[request % RESULT_COUNT]);
    else if (index < STATISTICS_QUERIES)
        (void)snprintf(name, capacity, "limit_hits_%s",
                       statistics_limit_names[index - STATISTICS_LIMIT_HITS]);
    else if (index < STATISTICS_LATENCIES)
        (void)snprintf(name, capacity, "queries_%s",
                       statistics_query_names[index - STATISTICS_QUERIES]);
    else if (position < STATISTICS_BUCKET_COUNT)
        (void)snprintf(name, capacity, "latency_%s_le_%" PRIu64 "_us",
                       statistics_class_names[class_], statistics_bounds_us[position]);
    else
        (void)snprintf(name, capacity, "latency_%s_%s", statistics_class_names[class_],
                       position == STATISTICS_BUCKET_COUNT ? "count" : "sum_us");
}

/* --- counting --- */

void statistics_init(struct statistics *statistics, uint64_t now_us)
{
    *statistics = (struct statistics){.started_us = now_us};
}

void statistics_connection(struct statistics *statistics, bool is_opened)
{
    if (statistics == NULL)
        return;
    lock_acquire(&statistics->lock);
    uint64_t *const values = statistics->values;
    ASSERT(is_opened || values[STATISTICS_CONNECTIONS_NOW] > 0);
    values[STATISTICS_CONNECTIONS_OPENED] += is_opened;
    values[STATISTICS_CONNECTIONS_NOW] += is_opened ? 1 : UINT64_MAX; /* one less */
    if (values[STATISTICS_CONNECTIONS_NOW] > values[STATISTICS_CONNECTIONS_PEAK])
        values[STATISTICS_CONNECTIONS_PEAK] = values[STATISTICS_CONNECTIONS_NOW];
    lock_release(&statistics->lock);
}

void statistics_add(struct statistics *statistics, size_t index, uint64_t amount)
{
    ASSERT(index < STATISTICS_COUNT);
    if (statistics == NULL)
        return;
    lock_acquire(&statistics->lock);
    statistics->values[index] += amount;
    lock_release(&statistics->lock);
}

enum statistics_result statistics_result_of(enum status code)
{
    if (code == STATUS_BAD_REQUEST || code == STATUS_TOO_LARGE || code == STATUS_UNSUPPORTED)
        return RESULT_INVALID;
    return code == STATUS_DENIED ? RESULT_DENIED : RESULT_FAILED;
}

enum statistics_class statistics_class_of(const struct request *request)
{
    if (request->op != OP_MAPS)
        return request->op == OP_PROCESSES  ? CLASS_PROCESSES
               : request->op == OP_SECTIONS ? CLASS_SECTIONS
                                            : CLASS_SELF;
    return request->pids_count == 1 && request->names_count == 0 ? CLASS_MAPS_ONE : CLASS_MAPS_MANY;
}

void statistics_answered(struct statistics *statistics, const struct statistics_answer *answer)
{
    if (statistics == NULL)
        return;
    lock_acquire(&statistics->lock);
    uint64_t *const values = statistics->values;
    values[statistics_request_index(answer->op, answer->result)]++;
    values[STATISTICS_ROWS] += answer->rows;
    values[STATISTICS_DENIALS] += answer->denials;
    for (size_t i = 0; i < QUERY_COUNT; i++)
        values[STATISTICS_QUERIES + i] += answer->queries[i];
    for (size_t i = 0; i < LIMIT_COUNT; i++)
        values[STATISTICS_LIMIT_HITS + i] += answer->limits >> i & 1;
    if (answer->result == RESULT_OK || answer->result == RESULT_PARTIAL) {
        uint64_t *const latency = &values[statistics_latency_index(answer->class_, 0)];
        for (size_t i = 0; i < STATISTICS_BUCKET_COUNT; i++)
            latency[i] += answer->elapsed_us <= statistics_bounds_us[i];
        latency[STATISTICS_BUCKET_COUNT]++;
        latency[STATISTICS_BUCKET_COUNT + 1] += answer->elapsed_us;
    }
    lock_release(&statistics->lock);
}

void statistics_read(struct statistics *statistics, uint64_t now_us, uint64_t *values)
{
    ASSERT(statistics != NULL);
    lock_acquire(&statistics->lock);
    memcpy(values, statistics->values, sizeof statistics->values);
    lock_release(&statistics->lock);
    values[STATISTICS_UPTIME_MS] =
        now_us > statistics->started_us ? (now_us - statistics->started_us) / 1000 : 0;
}
