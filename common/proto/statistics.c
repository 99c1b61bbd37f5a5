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
const char *const statistics_op_names[] = {REQUEST_OP_LIST(NAME) "unknown"};
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

    ASSERT(index < STATISTICS_COUNT);
    if (index < STATISTICS_REQUESTS) {
        (void)snprintf(name, capacity, "%s", plain_names[index]);
    } else if (index < STATISTICS_LIMIT_HITS) {
        const size_t request = index - STATISTICS_REQUESTS;
        (void)snprintf(name, capacity, "requests_%s_%s",
                       statistics_op_names[request / RESULT_COUNT],
                       statistics_result_names[request % RESULT_COUNT]);
    } else if (index < STATISTICS_QUERIES) {
        (void)snprintf(name, capacity, "limit_hits_%s",
                       statistics_limit_names[index - STATISTICS_LIMIT_HITS]);
    } else if (index < STATISTICS_LATENCIES) {
        (void)snprintf(name, capacity, "queries_%s",
                       statistics_query_names[index - STATISTICS_QUERIES]);
    } else {
        const size_t latency = index - STATISTICS_LATENCIES;
        const size_t position = latency % STATISTICS_LATENCY_COUNT;
        const char *class_name = statistics_class_names[latency / STATISTICS_LATENCY_COUNT];
        if (position < STATISTICS_BUCKET_COUNT)
            (void)snprintf(name, capacity, "latency_%s_le_%" PRIu64 "_us", class_name,
                           statistics_bounds_us[position]);
        else
            (void)snprintf(name, capacity, "latency_%s_%s", class_name,
                           position == STATISTICS_BUCKET_COUNT ? "count" : "sum_us");
    }
}

/* --- counting --- */

void statistics_init(struct statistics *statistics, uint64_t now_us)
{
    *statistics = (struct statistics){.started_us = now_us};
}

/* Takes the lock. Returns the numbers; NULL, without a lock, when nothing is counted. */
static uint64_t *acquire(struct statistics *statistics)
{
    if (statistics == NULL)
        return NULL;
    lock_acquire(&statistics->lock);
    return statistics->values;
}

void statistics_connection_opened(struct statistics *statistics)
{
    uint64_t *values = acquire(statistics);

    if (values == NULL)
        return;
    values[STATISTICS_CONNECTIONS_OPENED]++;
    values[STATISTICS_CONNECTIONS_NOW]++;
    if (values[STATISTICS_CONNECTIONS_NOW] > values[STATISTICS_CONNECTIONS_PEAK])
        values[STATISTICS_CONNECTIONS_PEAK] = values[STATISTICS_CONNECTIONS_NOW];
    lock_release(&statistics->lock);
}

void statistics_connection_closed(struct statistics *statistics)
{
    uint64_t *values = acquire(statistics);

    if (values == NULL)
        return;
    const bool was_open = values[STATISTICS_CONNECTIONS_NOW] > 0;
    values[STATISTICS_CONNECTIONS_NOW] -= was_open;
    lock_release(&statistics->lock);
    ASSERT(was_open);
}

void statistics_add(struct statistics *statistics, size_t index, uint64_t amount)
{
    uint64_t *values = acquire(statistics);

    ASSERT(index < STATISTICS_COUNT);
    if (values == NULL)
        return;
    values[index] += amount;
    lock_release(&statistics->lock);
}

void statistics_limit_hit(struct statistics *statistics, enum statistics_limit limit)
{
    ASSERT(limit < LIMIT_COUNT);
    statistics_add(statistics, STATISTICS_LIMIT_HITS + (size_t)limit, 1);
}

enum statistics_result statistics_result_of(enum status code)
{
    if (code == STATUS_BAD_REQUEST || code == STATUS_TOO_LARGE || code == STATUS_UNSUPPORTED)
        return RESULT_INVALID;
    return code == STATUS_DENIED ? RESULT_DENIED : RESULT_FAILED;
}

enum statistics_class statistics_class_of(const struct request *request)
{
    if (request->op == OP_PROCESSES)
        return CLASS_PROCESSES;
    if (request->op == OP_SECTIONS)
        return CLASS_SECTIONS;
    if (request->op != OP_MAPS)
        return CLASS_SELF;
    return request->pids_count == 1 && request->names_count == 0 ? CLASS_MAPS_ONE : CLASS_MAPS_MANY;
}

/* Under the lock. A time above the last bound is in the count and the sum only. */
static void count_latency(uint64_t *values, enum statistics_class class_, uint64_t elapsed_us)
{
    unsigned bucket = 0;

    while (bucket < STATISTICS_BUCKET_COUNT && elapsed_us > statistics_bounds_us[bucket])
        bucket++;
    if (bucket < STATISTICS_BUCKET_COUNT)
        values[statistics_latency_index(class_, bucket)]++;
    values[statistics_latency_index(class_, STATISTICS_BUCKET_COUNT)]++;
    values[statistics_latency_index(class_, STATISTICS_BUCKET_COUNT + 1)] += elapsed_us;
}

void statistics_answered(struct statistics *statistics, const struct statistics_answer *answer)
{
    uint64_t *values = acquire(statistics);

    if (values == NULL)
        return;
    values[statistics_request_index(answer->op, answer->result)]++;
    values[STATISTICS_ROWS] += answer->rows;
    values[STATISTICS_DENIALS] += answer->denials;
    for (size_t i = 0; i < QUERY_COUNT; i++)
        values[STATISTICS_QUERIES + i] += answer->queries[i];
    for (size_t i = 0; i < LIMIT_COUNT; i++)
        values[STATISTICS_LIMIT_HITS + i] += answer->limits >> i & 1;
    if (answer->result == RESULT_OK || answer->result == RESULT_PARTIAL)
        count_latency(values, answer->class_, answer->elapsed_us);
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
    for (int i = 0; i < CLASS_COUNT; i++)
        for (unsigned bucket = 1; bucket < STATISTICS_BUCKET_COUNT; bucket++)
            values[statistics_latency_index((enum statistics_class)i, bucket)] +=
                values[statistics_latency_index((enum statistics_class)i, bucket - 1)];
}
