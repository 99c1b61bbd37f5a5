#include "common/proto/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"

const uint64_t statistics_bounds_us[STATISTICS_BUCKET_COUNT] = {
    100,   200,    500,    1000,   2000,    5000,    10000,   20000,
    50000, 100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000,
};

static const char *const limit_names[LIMIT_COUNT] = {
#define X(symbol, name) [symbol] = name,
    STATISTICS_LIMIT_LIST(X)
#undef X
};

static const char *const result_names[RESULT_COUNT] = {
#define X(symbol, name) [symbol] = name,
    STATISTICS_RESULT_LIST(X)
#undef X
};

static const char *const class_names[CLASS_COUNT] = {
#define X(symbol, name) [symbol] = name,
    STATISTICS_CLASS_LIST(X)
#undef X
};

static const char *const query_names[QUERY_COUNT] = {
#define X(symbol, name, member) [symbol] = name,
    STATISTICS_QUERY_LIST(X)
#undef X
};

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

const char *statistics_op_name(unsigned op)
{
    ASSERT(op < STATISTICS_OP_COUNT);
    return op == STATISTICS_OP_UNKNOWN ? "unknown" : request_op_name((enum request_op)op);
}

const char *statistics_result_name(enum statistics_result result)
{
    ASSERT(result < RESULT_COUNT);
    return result_names[result];
}

const char *statistics_limit_name(enum statistics_limit limit)
{
    ASSERT(limit < LIMIT_COUNT);
    return limit_names[limit];
}

const char *statistics_class_name(enum statistics_class class_)
{
    ASSERT(class_ < CLASS_COUNT);
    return class_names[class_];
}

const char *statistics_query_name(enum statistics_query query)
{
    ASSERT(query < QUERY_COUNT);
    return query_names[query];
}

static void name_latency(size_t position, char *name)
{
    const char *class_name = class_names[position / STATISTICS_LATENCY_COUNT];
    const size_t within = position % STATISTICS_LATENCY_COUNT;

    if (within < STATISTICS_BUCKET_COUNT)
        (void)snprintf(name, STATISTICS_NAME_CAPACITY, "latency_%s_le_%" PRIu64 "_us", class_name,
                       statistics_bounds_us[within]);
    else
        (void)snprintf(name, STATISTICS_NAME_CAPACITY, "latency_%s_%s", class_name,
                       within == STATISTICS_BUCKET_COUNT ? "count" : "sum_us");
}

void statistics_name(size_t index, char *name)
{
    static const char *const plain[] = {
        [STATISTICS_UPTIME_MS] = "uptime_ms",
        [STATISTICS_CONNECTIONS_NOW] = "connections_now",
        [STATISTICS_CONNECTIONS_PEAK] = "connections_peak",
        [STATISTICS_CONNECTIONS_OPENED] = "connections_opened",
        [STATISTICS_BYTES_RECEIVED] = "bytes_received",
        [STATISTICS_BYTES_SENT] = "bytes_sent",
        [STATISTICS_ROWS] = "rows",
        [STATISTICS_DENIALS] = "denials",
    };

    _Static_assert(sizeof plain / sizeof plain[0] == STATISTICS_REQUESTS, "each has its name");
    ASSERT(index < STATISTICS_COUNT);
    if (index < STATISTICS_REQUESTS) {
        (void)snprintf(name, STATISTICS_NAME_CAPACITY, "%s", plain[index]);
    } else if (index < STATISTICS_LIMIT_HITS) {
        const size_t request = index - STATISTICS_REQUESTS;
        (void)snprintf(name, STATISTICS_NAME_CAPACITY, "requests_%s_%s",
                       statistics_op_name((unsigned)(request / RESULT_COUNT)),
                       result_names[request % RESULT_COUNT]);
    } else if (index < STATISTICS_QUERIES) {
        (void)snprintf(name, STATISTICS_NAME_CAPACITY, "limit_hits_%s",
                       limit_names[index - STATISTICS_LIMIT_HITS]);
    } else if (index < STATISTICS_LATENCIES) {
        (void)snprintf(name, STATISTICS_NAME_CAPACITY, "queries_%s",
                       query_names[index - STATISTICS_QUERIES]);
    } else {
        name_latency(index - STATISTICS_LATENCIES, name);
    }
}

/* --- counting --- */

static void acquire(const struct statistics *statistics)
{
    if (statistics->lock.acquire != NULL)
        statistics->lock.acquire(statistics->lock.context);
}

static void release(const struct statistics *statistics)
{
    if (statistics->lock.release != NULL)
        statistics->lock.release(statistics->lock.context);
}

void statistics_init(struct statistics *statistics, const struct statistics_lock *lock,
                     uint64_t now_us)
{
    *statistics = (struct statistics){.started_us = now_us};
    if (lock != NULL)
        statistics->lock = *lock;
    ASSERT((statistics->lock.acquire == NULL) == (statistics->lock.release == NULL));
}

void statistics_connection_opened(struct statistics *statistics)
{
    if (statistics == NULL)
        return;
    uint64_t *values = statistics->values;
    acquire(statistics);
    values[STATISTICS_CONNECTIONS_OPENED]++;
    values[STATISTICS_CONNECTIONS_NOW]++;
    if (values[STATISTICS_CONNECTIONS_NOW] > values[STATISTICS_CONNECTIONS_PEAK])
        values[STATISTICS_CONNECTIONS_PEAK] = values[STATISTICS_CONNECTIONS_NOW];
    release(statistics);
}

void statistics_connection_closed(struct statistics *statistics)
{
    if (statistics == NULL)
        return;
    acquire(statistics);
    const bool was_open = statistics->values[STATISTICS_CONNECTIONS_NOW] > 0;
    if (was_open)
        statistics->values[STATISTICS_CONNECTIONS_NOW]--;
    release(statistics);
    ASSERT(was_open);
}

void statistics_limit_hit(struct statistics *statistics, enum statistics_limit limit)
{
    ASSERT(limit < LIMIT_COUNT);
    if (statistics == NULL)
        return;
    acquire(statistics);
    statistics->values[STATISTICS_LIMIT_HITS + (size_t)limit]++;
    release(statistics);
}

void statistics_transferred(struct statistics *statistics, uint64_t received, uint64_t sent)
{
    if (statistics == NULL)
        return;
    acquire(statistics);
    statistics->values[STATISTICS_BYTES_RECEIVED] += received;
    statistics->values[STATISTICS_BYTES_SENT] += sent;
    release(statistics);
}

enum statistics_result statistics_result_of(enum status code)
{
    switch (code) {
    case STATUS_BAD_REQUEST:
    case STATUS_TOO_LARGE:
    case STATUS_UNSUPPORTED:
        return RESULT_INVALID;
    case STATUS_DENIED:
        return RESULT_DENIED;
    case STATUS_NO_SUCH_PROCESS:
    case STATUS_ACCESS_DENIED:
        return RESULT_PARTIAL;
    case STATUS_OK:
    case STATUS_BUSY:
    case STATUS_TIMED_OUT:
    case STATUS_STOPPING:
    case STATUS_INTERNAL:
        break;
    }
    return RESULT_FAILED;
}

enum statistics_class statistics_class_of(const struct request *request)
{
    if (request->op == OP_PROCESSES)
        return CLASS_PROCESSES;
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
    const size_t request = statistics_request_index(answer->op, answer->result);

    if (statistics == NULL)
        return;
    uint64_t *values = statistics->values;
    acquire(statistics);
    values[request]++;
    values[STATISTICS_ROWS] += answer->rows;
    values[STATISTICS_DENIALS] += answer->denials;
    for (size_t i = 0; i < QUERY_COUNT; i++)
        values[STATISTICS_QUERIES + i] += answer->queries[i];
    for (size_t i = 0; i < LIMIT_COUNT; i++)
        values[STATISTICS_LIMIT_HITS + i] += answer->limits >> i & 1;
    if (answer->result == RESULT_OK || answer->result == RESULT_PARTIAL)
        count_latency(values, answer->class_, answer->elapsed_us);
    release(statistics);
}

void statistics_read(struct statistics *statistics, uint64_t now_us, uint64_t *values)
{
    acquire(statistics);
    memcpy(values, statistics->values, sizeof statistics->values);
    release(statistics);
    values[STATISTICS_UPTIME_MS] =
        now_us > statistics->started_us ? (now_us - statistics->started_us) / 1000 : 0;
    for (int i = 0; i < CLASS_COUNT; i++)
        for (unsigned bucket = 1; bucket < STATISTICS_BUCKET_COUNT; bucket++)
            values[statistics_latency_index((enum statistics_class)i, bucket)] +=
                values[statistics_latency_index((enum statistics_class)i, bucket - 1)];
}
