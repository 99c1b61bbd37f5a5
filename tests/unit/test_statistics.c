#include "common/proto/statistics.h"

#include <ctype.h>
#include <string.h>

#include "tests/test.h"
#include "tests/virtual/lock.h"

static uint64_t values_of(struct statistics *statistics, size_t index)
{
    uint64_t values[STATISTICS_COUNT];

    statistics_read(statistics, statistics->started_us, values);
    return values[index];
}

/* Monitoring relies on them: there may be more, but none may change. */
static void names_that_never_change(struct test *t)
{
    static const struct {
        size_t index;
        const char *name;
    } rows[] = {
        {STATISTICS_UPTIME_MS, "uptime_ms"},
        {STATISTICS_CONNECTIONS_NOW, "connections_now"},
        {STATISTICS_CONNECTIONS_PEAK, "connections_peak"},
        {STATISTICS_CONNECTIONS_OPENED, "connections_opened"},
        {STATISTICS_BYTES_RECEIVED, "bytes_received"},
        {STATISTICS_BYTES_SENT, "bytes_sent"},
        {STATISTICS_ROWS, "rows"},
        {STATISTICS_DENIALS, "denials"},
        {STATISTICS_REQUESTS, "requests_info_ok"},
        {(int)STATISTICS_REQUESTS + (int)OP_MAPS * RESULT_COUNT + RESULT_PARTIAL,
         "requests_maps_partial"},
        {STATISTICS_LIMIT_HITS - 1, "requests_unknown_cancelled"},
        {STATISTICS_LIMIT_HITS, "limit_hits_connections"},
        {STATISTICS_QUERIES - 1, "limit_hits_memory"},
        {STATISTICS_QUERIES, "queries_list"},
        {STATISTICS_LATENCIES - 1, "queries_pages"},
        {STATISTICS_LATENCIES, "latency_self_le_100_us"},
        {STATISTICS_LATENCIES + 15, "latency_self_le_10000000_us"},
        {STATISTICS_LATENCIES + 16, "latency_self_count"},
        {STATISTICS_LATENCIES + 17, "latency_self_sum_us"},
        {STATISTICS_LATENCIES + 18, "latency_processes_le_100_us"},
        {STATISTICS_COUNT - 1, "latency_sections_sum_us"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char name[STATISTICS_NAME_CAPACITY];
        TEST_ROW(t, "%s", rows[i].name);
        statistics_name(rows[i].index, name);
        CHECK_STR(t, rows[i].name, name);
    }
}

/* Letters, digits and single underscores, all different, none cut. */
static void names_are_plain_and_unique(struct test *t)
{
    static char names[STATISTICS_COUNT][STATISTICS_NAME_CAPACITY];
    for (size_t i = 0; i < STATISTICS_COUNT; i++) {
        statistics_name(i, names[i]);
        TEST_ROW(t, "%s", names[i]);
        CHECK(t, strlen(names[i]) < STATISTICS_NAME_CAPACITY - 1);
        CHECK(t, islower((unsigned char)names[i][0]));
        CHECK(t, strstr(names[i], "__") == NULL);
        for (const char *c = names[i]; *c != '\0'; c++)
            CHECK(t, islower((unsigned char)*c) || (*c >= '0' && *c <= '9') || *c == '_');
        for (size_t k = 0; k < i; k++)
            CHECK(t, strcmp(names[i], names[k]) != 0);
    }
}

static void indexes_agree_with_names(struct test *t)
{
    char name[STATISTICS_NAME_CAPACITY], expected[2 * STATISTICS_NAME_CAPACITY];
    for (unsigned op = 0; op < STATISTICS_OP_COUNT; op++) {
        for (int i = 0; i < RESULT_COUNT; i++) {
            statistics_name(statistics_request_index(op, (enum statistics_result)i), name);
            snprintf(expected, sizeof expected, "requests_%s_%s", request_op_names[op],
                     statistics_result_names[i]);
            CHECK_STR(t, expected, name);
        }
    }
    for (int i = 0; i < LIMIT_COUNT; i++) {
        statistics_name(STATISTICS_LIMIT_HITS + (size_t)i, name);
        snprintf(expected, sizeof expected, "limit_hits_%s", statistics_limit_names[i]);
        CHECK_STR(t, expected, name);
    }
    for (int i = 0; i < QUERY_COUNT; i++) {
        statistics_name(STATISTICS_QUERIES + (size_t)i, name);
        snprintf(expected, sizeof expected, "queries_%s", statistics_query_names[i]);
        CHECK_STR(t, expected, name);
    }
    for (int i = 0; i < CLASS_COUNT; i++) {
        statistics_name(statistics_latency_index((enum statistics_class)i, STATISTICS_BUCKET_COUNT),
                        name);
        snprintf(expected, sizeof expected, "latency_%s_count", statistics_class_names[i]);
        CHECK_STR(t, expected, name);
    }
}

static void a_new_server_has_done_nothing(struct test *t)
{
    struct statistics statistics;
    uint64_t values[STATISTICS_COUNT];
    statistics_init(&statistics, 5000);
    memset(values, 0xff, sizeof values);
    statistics_read(&statistics, 5000, values);
    for (size_t i = 0; i < STATISTICS_COUNT; i++)
        CHECK_INT(t, 0, values[i]);
}

static void uptime_is_in_ms(struct test *t)
{
    static const struct {
        uint64_t now_us, uptime_ms;
    } rows[] = {{5000, 0}, {5999, 0}, {6000, 1},
                {4999, 0}, {0, 0},    {UINT64_MAX, 18446744073709546}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct statistics statistics;
        uint64_t values[STATISTICS_COUNT];
        TEST_ROW(t, "row %zu", i);
        statistics_init(&statistics, 5000);
        statistics_read(&statistics, rows[i].now_us, values);
        CHECK_INT(t, rows[i].uptime_ms, values[STATISTICS_UPTIME_MS]);
    }
}

static void connections_have_a_peak(struct test *t)
{
    struct statistics statistics;
    statistics_init(&statistics, 0);
    static const struct {
        bool opens;
        uint64_t now, peak, opened;
    } rows[] = {{true, 1, 1, 1}, {false, 0, 1, 1}, {true, 1, 1, 2},  {true, 2, 2, 3},
                {true, 3, 3, 4}, {false, 2, 3, 4}, {false, 1, 3, 4}, {true, 2, 3, 5}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "step %zu", i);
        if (rows[i].opens)
            statistics_connection(&statistics, true);
        else
            statistics_connection(&statistics, false);
        CHECK_INT(t, rows[i].now, values_of(&statistics, STATISTICS_CONNECTIONS_NOW));
        CHECK_INT(t, rows[i].peak, values_of(&statistics, STATISTICS_CONNECTIONS_PEAK));
        CHECK_INT(t, rows[i].opened, values_of(&statistics, STATISTICS_CONNECTIONS_OPENED));
    }
}

static void counts_go_where_they_belong(struct test *t)
{
    struct statistics statistics;
    statistics_init(&statistics, 0);
    statistics_add(&statistics, STATISTICS_BYTES_RECEIVED, 10);
    statistics_add(&statistics, STATISTICS_BYTES_RECEIVED, 1);
    statistics_add(&statistics, STATISTICS_BYTES_SENT, 200);
    CHECK_INT(t, 11, values_of(&statistics, STATISTICS_BYTES_RECEIVED));
    CHECK_INT(t, 200, values_of(&statistics, STATISTICS_BYTES_SENT));
    for (int i = 0; i < LIMIT_COUNT; i++)
        for (int k = 0; k <= i; k++)
            statistics_limit_hit(&statistics, (enum statistics_limit)i);
    for (int i = 0; i < LIMIT_COUNT; i++)
        CHECK_INT(t, i + 1, values_of(&statistics, STATISTICS_LIMIT_HITS + (size_t)i));

    const struct statistics_answer answer = {
        .op = OP_MAPS,
        .result = RESULT_PARTIAL,
        .class_ = CLASS_MAPS_MANY,
        .elapsed_us = 700,
        .rows = 9,
        .denials = 2,
        .queries = {1, 2, 3, 4, 5, 6},
        .limits = 1u << LIMIT_ROW_SIZE,
    };
    statistics_answered(&statistics, &answer);
    statistics_answered(&statistics, &answer);
    CHECK_INT(t, 2, values_of(&statistics, statistics_request_index(OP_MAPS, RESULT_PARTIAL)));
    CHECK_INT(t, 0, values_of(&statistics, statistics_request_index(OP_MAPS, RESULT_OK)));
    CHECK_INT(t, 18, values_of(&statistics, STATISTICS_ROWS));
    CHECK_INT(t, 4, values_of(&statistics, STATISTICS_DENIALS));
    for (int i = 0; i < QUERY_COUNT; i++)
        CHECK_INT(t, 2 * (i + 1), values_of(&statistics, STATISTICS_QUERIES + (size_t)i));
    for (int i = 0; i < LIMIT_COUNT; i++)
        CHECK_INT(t, i + 1 + (i == LIMIT_ROW_SIZE ? 2 : 0),
                  values_of(&statistics, STATISTICS_LIMIT_HITS + (size_t)i));
}

/* Bounds are inclusive; a bucket includes those below it; above the last there is none. */
static void latencies_fall_into_buckets(struct test *t)
{
    for (unsigned i = 0; i < STATISTICS_BUCKET_COUNT; i++) {
        const uint64_t bound_us = statistics_bounds_us[i];
        struct statistics statistics;
        uint64_t values[STATISTICS_COUNT];
        struct statistics_answer answer = {.op = OP_INFO, .result = RESULT_OK};
        TEST_ROW(t, "bound %u", i);
        CHECK(t, i == 0 || bound_us > statistics_bounds_us[i - 1]);
        statistics_init(&statistics, 0);
        for (uint64_t step = 0; step < 3; step++) { /* below, at, above */
            answer.elapsed_us = bound_us - 1 + step;
            statistics_answered(&statistics, &answer);
        }
        statistics_read(&statistics, 0, values);
        for (unsigned k = 0; k < STATISTICS_BUCKET_COUNT; k++)
            CHECK_INT(t,
                      k < i    ? 0
                      : k == i ? 2
                               : 3,
                      values[statistics_latency_index(CLASS_SELF, k)]);
        CHECK_INT(t, 3, values[statistics_latency_index(CLASS_SELF, STATISTICS_BUCKET_COUNT)]);
        CHECK_INT(t, 3 * bound_us,
                  values[statistics_latency_index(CLASS_SELF, STATISTICS_BUCKET_COUNT + 1)]);
        CHECK_INT(t, 0, values[statistics_latency_index(CLASS_PROCESSES, STATISTICS_BUCKET_COUNT)]);
    }
}

static void only_answers_count_as_latencies(struct test *t)
{
    for (int i = 0; i < RESULT_COUNT; i++) {
        const struct statistics_answer answer = {.op = OP_MAPS,
                                                 .result = (enum statistics_result)i,
                                                 .class_ = CLASS_MAPS_ONE,
                                                 .elapsed_us = 1};
        struct statistics statistics;
        TEST_ROW(t, "%s", statistics_result_names[i]);
        statistics_init(&statistics, 0);
        statistics_answered(&statistics, &answer);
        CHECK_INT(t, i == RESULT_OK || i == RESULT_PARTIAL,
                  values_of(&statistics,
                            statistics_latency_index(CLASS_MAPS_ONE, STATISTICS_BUCKET_COUNT)));
    }
}

static void errors_have_a_result(struct test *t)
{
    static const struct {
        enum status code;
        enum statistics_result result;
    } rows[] = {
        {STATUS_BAD_REQUEST, RESULT_INVALID},    {STATUS_TOO_LARGE, RESULT_INVALID},
        {STATUS_UNSUPPORTED, RESULT_INVALID},    {STATUS_DENIED, RESULT_DENIED},
        {STATUS_NO_SUCH_PROCESS, RESULT_FAILED}, /* these two end no request */
        {STATUS_ACCESS_DENIED, RESULT_FAILED},   {STATUS_BUSY, RESULT_FAILED},
        {STATUS_TIMED_OUT, RESULT_FAILED},       {STATUS_STOPPING, RESULT_FAILED},
        {STATUS_INTERNAL, RESULT_FAILED},
    };
    CHECK_INT(t, STATUS_COUNT - 1, TEST_COUNT(rows));
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", status_facts[rows[i].code].name);
        CHECK_INT(t, rows[i].result, statistics_result_of(rows[i].code));
    }
}

static void requests_have_a_class(struct test *t)
{
    static const struct {
        enum request_op op;
        bool all;
        size_t pids, names;
        enum statistics_class class_;
    } rows[] = {
        {OP_INFO, false, 0, 0, CLASS_SELF},          {OP_WHOAMI, false, 0, 0, CLASS_SELF},
        {OP_STATS, false, 0, 0, CLASS_SELF},         {OP_PROCESSES, false, 1, 0, CLASS_PROCESSES},
        {OP_PROCESSES, true, 0, 0, CLASS_PROCESSES}, {OP_MAPS, false, 1, 0, CLASS_MAPS_ONE},
        {OP_MAPS, false, 2, 0, CLASS_MAPS_MANY},     {OP_MAPS, false, 0, 1, CLASS_MAPS_MANY},
        {OP_MAPS, false, 1, 1, CLASS_MAPS_MANY},     {OP_MAPS, true, 0, 0, CLASS_MAPS_MANY},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct request request;
        TEST_ROW(t, "row %zu", i);
        request_init(&request, rows[i].op);
        request.all = rows[i].all;
        request.pids_count = rows[i].pids;
        request.names_count = rows[i].names;
        CHECK_INT(t, rows[i].class_, statistics_class_of(&request));
    }
}

static void nothing_counts_without_statistics(struct test *t)
{
    const struct statistics_answer answer = {.op = OP_INFO, .result = RESULT_OK};
    statistics_connection(NULL, true);
    statistics_connection(NULL, false);
    statistics_limit_hit(NULL, LIMIT_MEMORY);
    statistics_add(NULL, STATISTICS_ROWS, 1);
    statistics_answered(NULL, &answer);
    CHECK_INT(t, OP_INFO, answer.op);
}

/* Each call takes the lock once and releases it. */
static void the_lock_is_taken_once(struct test *t)
{
#if defined(_WIN32)
    TEST_SKIP(t, "locks of Windows are not counted");
#else
    const struct statistics_answer answer = {.op = OP_INFO, .result = RESULT_OK};
    struct statistics statistics;
    uint64_t values[STATISTICS_COUNT];
    statistics_init(&statistics, 0);
    const unsigned long before = lock_taken();
    for (unsigned step = 0; step < 6; step++) {
        TEST_ROW(t, "step %u", step);
        if (step == 0)
            statistics_connection(&statistics, true);
        else if (step == 1)
            statistics_connection(&statistics, false);
        else if (step == 2)
            statistics_limit_hit(&statistics, LIMIT_IDLE);
        else if (step == 3)
            statistics_add(&statistics, STATISTICS_BYTES_SENT, 2);
        else if (step == 4)
            statistics_answered(&statistics, &answer);
        else
            statistics_read(&statistics, 0, values);
        CHECK_INT(t, step + 1, lock_taken() - before);
    }
    lock_acquire(&statistics.lock); /* it is free */
    lock_release(&statistics.lock);
#endif
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(names_that_never_change),
        TEST_CASE(names_are_plain_and_unique),
        TEST_CASE(indexes_agree_with_names),
        TEST_CASE(a_new_server_has_done_nothing),
        TEST_CASE(uptime_is_in_ms),
        TEST_CASE(connections_have_a_peak),
        TEST_CASE(counts_go_where_they_belong),
        TEST_CASE(latencies_fall_into_buckets),
        TEST_CASE(only_answers_count_as_latencies),
        TEST_CASE(errors_have_a_result),
        TEST_CASE(requests_have_a_class),
        TEST_CASE(nothing_counts_without_statistics),
        TEST_CASE(the_lock_is_taken_once),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
