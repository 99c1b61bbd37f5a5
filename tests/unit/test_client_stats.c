#include "client/show/facts.h"
#include "client/show/table.h"
#include "common/answer/reply.h"
#include "tests/test.h"

#include <stdlib.h>

static const struct request_id no_id = {.type = REQUEST_ID_NONE};

/* A `stats` line of a server with these numbers. */
static void write_line(struct buffer *line, const uint64_t *values)
{
    buffer_init(line, OUTPUT_ROW_SIZE_MAX);
    if (!reply_stats(line, &no_id, values))
        abort();
    line->size--; /* the newline */
}

/* What the server writes is what the client reads. */
static void a_row_comes_back(struct test *t)
{
    uint64_t values[STATISTICS_COUNT];
    struct buffer line;
    struct stats stats;

    for (size_t i = 0; i < STATISTICS_COUNT; i++)
        values[i] = UINT64_MAX - i;
    write_line(&line, values);
    stats_parse(buffer_span(&line), &stats);
    for (size_t i = 0; i < STATISTICS_COUNT; i++) {
        TEST_ROW(t, "index %zu", i);
        CHECK(t, stats.known[i]);
        CHECK_INT(t, (intmax_t)values[i], (intmax_t)stats.values[i]);
    }
    buffer_release(&line);
}

static void rows_of_other_versions(struct test *t)
{
    static const struct {
        const char *line;
        bool rows_known, denials_known;
    } rows[] = {
        {"{\"type\":\"stats\"}", false, false},
        {"{\"type\":\"stats\",\"rows\":7}", true, false},
        {"{\"denials\":8,\"new\":{\"rows\":[1]},\"rows\":7,\"type\":\"stats\"}", true, true},
        {"{\"type\":\"stats\",\"rows\":null,\"denials\":8}", false, true},
        {"{\"type\":\"stats\",\"rows\":\"7\",\"denials\":8}", false, true},
        {"{\"type\":\"stats\",\"rows\":7.0,\"denials\":8}", false, true},
        {"{\"type\":\"stats\",\"rows\":-7,\"denials\":8}", false, true},
        {"{\"type\":\"stats\",\"rows\":18446744073709551616,\"denials\":8}", false, true},
        {"{\"type\":\"stats\",\"rows\":[7],\"denials\":8}", false, true},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct stats stats;
        TEST_ROW(t, "%s", rows[i].line);
        stats_parse(span_from_string(rows[i].line), &stats);
        CHECK_INT(t, rows[i].rows_known, stats.known[STATISTICS_ROWS]);
        CHECK_INT(t, rows[i].denials_known, stats.known[STATISTICS_DENIALS]);
        CHECK(t, !rows[i].rows_known || stats.values[STATISTICS_ROWS] == 7);
        CHECK(t, !rows[i].denials_known || stats.values[STATISTICS_DENIALS] == 8);
        CHECK(t, !stats.known[STATISTICS_UPTIME_MS]);
    }
}

/* `counts` answers in each bucket, the last above all bounds; others are 0 and known. */
static void fill(struct stats *stats, const uint64_t *counts, size_t counts_count)
{
    uint64_t sum = 0;

    memset(stats, 0, sizeof *stats);
    for (size_t i = 0; i < STATISTICS_COUNT; i++)
        stats->known[i] = true;
    for (unsigned i = 0; i <= STATISTICS_BUCKET_COUNT; i++) {
        sum += i < counts_count ? counts[i] : 0;
        stats->values[statistics_latency_index(CLASS_SELF, i)] = sum;
    }
}

static void percentiles_are_estimated(struct test *t)
{
    static const struct {
        uint64_t counts[STATISTICS_BUCKET_COUNT + 1];
        unsigned per_mille;
        uint64_t time_us;
    } rows[] = {
        {{1}, 500, 100}, /* one answer: its bucket's end */
        {{1}, 1000, 100},
        {{100}, 500, 50},
        {{100}, 10, 1},
        {{100}, 1, 1},
        {{0, 100}, 500, 150},
        {{50, 50}, 500, 100}, /* the last of the first bucket */
        {{50, 50}, 501, 102}, /* the first of the next */
        {{90, 0, 0, 10}, 900, 100},
        {{90, 0, 0, 10}, 990, 950},
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 500, UINT64_MAX},
        {{99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 990, 100},
        {{99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 991, UINT64_MAX},
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}, 500, 7500000},
        {{UINT64_MAX - 1, 1}, 500, 50}, /* nothing overflows */
        {{0, UINT64_MAX}, 1000, 200},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct stats stats;
        uint64_t time_us = 12345;
        TEST_ROW(t, "row %zu", i);
        fill(&stats, rows[i].counts, STATISTICS_BUCKET_COUNT + 1);
        CHECK(t, stats_percentile(&stats, CLASS_SELF, rows[i].per_mille, &time_us));
        CHECK_INT(t, (intmax_t)rows[i].time_us, (intmax_t)time_us);
    }
}

static void percentiles_of_nothing(struct test *t)
{
    static const uint64_t one[] = {1};
    struct stats stats;
    uint64_t time_us = 12345;

    fill(&stats, NULL, 0);
    CHECK(t, !stats_percentile(&stats, CLASS_SELF, 500, &time_us));
    for (unsigned i = 0; i <= STATISTICS_BUCKET_COUNT; i++) {
        fill(&stats, one, 1);
        stats.known[statistics_latency_index(CLASS_SELF, i)] = false;
        CHECK(t, !stats_percentile(&stats, CLASS_SELF, 500, &time_us));
    }
    CHECK_INT(t, 12345, time_us);
    /* numbers that contradict each other give some result and no crash */
    fill(&stats, one, 1);
    stats.values[statistics_latency_index(CLASS_SELF, 3)] = 0;
    stats.values[statistics_latency_index(CLASS_SELF, STATISTICS_BUCKET_COUNT)] = 5;
    CHECK(t, stats_percentile(&stats, CLASS_SELF, 990, &time_us));
    CHECK(t, time_us == UINT64_MAX);
}

/* A server that has been busy; the numbers are all different. */
static void busy_server(struct stats *stats)
{
    memset(stats, 0, sizeof *stats);
    for (size_t i = 0; i < STATISTICS_COUNT; i++)
        stats->known[i] = true;
    for (size_t i = STATISTICS_REQUESTS; i < STATISTICS_LIMIT_HITS; i++)
        stats->values[i] = i * i;
    for (size_t i = STATISTICS_QUERIES; i < STATISTICS_LATENCIES; i++)
        stats->values[i] = 1000 * (i - STATISTICS_QUERIES + 56);
    stats->values[STATISTICS_UPTIME_MS] = 273906789;
    stats->values[STATISTICS_CONNECTIONS_NOW] = 12;
    stats->values[STATISTICS_CONNECTIONS_PEAK] = 31;
    stats->values[STATISTICS_CONNECTIONS_OPENED] = 10233;
    stats->values[STATISTICS_BYTES_RECEIVED] = 1234567;
    stats->values[STATISTICS_BYTES_SENT] = 2040109465;
    stats->values[STATISTICS_ROWS] = 12345678;
    stats->values[(int)STATISTICS_LIMIT_HITS + LIMIT_CONNECTIONS] = 2;
    stats->values[(int)STATISTICS_LIMIT_HITS + LIMIT_IDLE] = 1003;
    for (unsigned i = 0; i <= STATISTICS_BUCKET_COUNT; i++) {
        stats->values[statistics_latency_index(CLASS_SELF, i)] = 10 * (i < 4 ? i : 4);
        stats->values[statistics_latency_index(CLASS_MAPS_ONE, i)] = i < 16 ? 0 : 3;
    }
    stats->values[statistics_latency_index(CLASS_SELF, STATISTICS_BUCKET_COUNT + 1)] = 40000;
    stats->values[statistics_latency_index(CLASS_MAPS_ONE, STATISTICS_BUCKET_COUNT + 1)] = 45000000;
}

static void a_busy_server_as_table(struct test *t)
{
    static const char expected[] =
        "uptime          3d 04:05:06\n"
        "connections     12 now, 31 at peak, 10,233 since the start\n"
        "transferred     1.2M received, 1.9G sent\n"
        "rows            12,345,678\n"
        "denials         0\n"
        "\n"
        "REQUESTS                ok   partial    denied   invalid    failed cancelled\n"
        "info                    64        81       100       121       144       169\n"
        "whoami                 196       225       256       289       324       361\n"
        "processes              400       441       484       529       576       625\n"
        "maps                   676       729       784       841       900       961\n"
        "sections             1,024     1,089     1,156     1,225     1,296     1,369\n"
        "stats                1,444     1,521     1,600     1,681     1,764     1,849\n"
        "unknown              1,936     2,025     2,116     2,209     2,304     2,401\n"
        "\n"
        "TIME TO ANSWER       count      mean       p50       p90       p99\n"
        "self                    40     1.0ms     500us     1.6ms     2.0ms\n"
        "processes                0         -         -         -         -\n"
        "maps_one                 3     15.0s     > 10s     > 10s     > 10s\n"
        "maps_many                0         -         -         -         -\n"
        "sections                 0         -         -         -         -\n"
        "(p50, p90, p99 are estimated from a histogram)\n"
        "\n"
        "KERNEL QUERIES  list 56,000, open 57,000, region 58,000, allocation 59,000,\n"
        "                name 60,000, pages 61,000\n"
        "LIMITS MET      connections 2, idle 1,003\n";
    struct stats stats;
    struct buffer out;

    busy_server(&stats);
    buffer_init(&out, OUTPUT_SIZE);
    stats_table(&stats, &out);
    CHECK(t, !out.failed);
    if (!CHECK_MEM(t, expected, strlen(expected), out.data, out.size))
        printf("%.*s", (int)out.size, out.data);
    buffer_release(&out);
}

static void an_unknown_server_as_table(struct test *t)
{
    static const struct stats stats = {{0}, {0}};
    struct buffer out;

    buffer_init(&out, OUTPUT_SIZE);
    stats_table(&stats, &out);
    CHECK(t, !out.failed);
    for (size_t i = 0; i < out.size; i++) /* no number except in words */
        CHECK(t,
              out.data[i] != '0' || (i > 0 && (out.data[i - 1] == '5' || out.data[i - 1] == '9')));
    CHECK(t, span_starts_with(buffer_span(&out), SPAN("uptime          -\n"
                                                      "connections     - now, - at peak, ")));
    buffer_release(&out);
}

static void times_are_short(struct test *t)
{
    static const struct {
        uint64_t time_us;
        const char *text;
    } rows[] = {
        {0, "0us"},          {999, "999us"},    {1000, "1.0ms"},   {1999, "1.9ms"},
        {999999, "999.9ms"}, {1000000, "1.0s"}, {9999999, "9.9s"}, {123456789, "123.4s"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct stats stats;
        struct buffer out;
        char line[80];
        memset(&stats, 0, sizeof stats);
        size_t count = statistics_latency_index(CLASS_SELF, STATISTICS_BUCKET_COUNT);
        stats.known[count] = stats.known[count + 1] = true;
        stats.values[count] = 1;
        stats.values[count + 1] = rows[i].time_us;
        buffer_init(&out, OUTPUT_SIZE);
        stats_table(&stats, &out);
        buffer_append(&out, (struct span){"", 1});
        REQUIRE(t, !out.failed);
        (void)snprintf(line, sizeof line, "\nself                     1%10s         -",
                       rows[i].text);
        CHECK(t, strstr(out.data, line) != NULL);
        buffer_release(&out);
    }
}

static void a_full_buffer_is_reported(struct test *t)
{
    struct stats stats;
    struct buffer out;
    size_t needed = 0;

    busy_server(&stats);
    for (size_t bound = 64; needed == 0 && bound < OUTPUT_SIZE; bound += bound / 8) {
        buffer_init(&out, bound);
        stats_table(&stats, &out);
        if (!out.failed)
            needed = out.size;
        CHECK(t, out.size <= bound);
        buffer_release(&out);
    }
    CHECK(t, needed > 1000 && needed < OUTPUT_SIZE / 2);
}

/* Nothing is shown before the reply is known to be complete, and then once. */
static void the_table_waits_for_the_end(struct test *t)
{
    uint64_t values[STATISTICS_COUNT] = {1000};
    static struct table table;
    const struct table_style style = {.width = 0};
    struct row_error error;
    struct buffer line, out;
    struct row row;

    write_line(&line, values);
    buffer_init(&out, OUTPUT_SIZE);
    row_init(&row);
    table_init(&table, COLUMNS_NONE, &style);
    REQUIRE(t, row_parse(&row, buffer_span(&line), &error));
    CHECK(t, table_row(&table, &row, &out));
    CHECK_INT(t, 0, out.size);
    row_begin(&row, ROW_ERROR);
    CHECK(t, table_row(&table, &row, &out));
    CHECK_INT(t, 0, out.size);
    row_begin(&row, ROW_END);
    CHECK(t, table_row(&table, &row, &out));
    const size_t size = out.size;
    CHECK(t, span_starts_with(buffer_span(&out), SPAN("uptime ")));
    CHECK(t, table_end(&table, &out));
    CHECK_INT(t, size, out.size);
    table_deinit(&table);
    row_release(&row);
    buffer_release(&line);
    buffer_release(&out);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_row_comes_back),
        TEST_CASE(rows_of_other_versions),
        TEST_CASE(percentiles_are_estimated),
        TEST_CASE(percentiles_of_nothing),
        TEST_CASE(times_are_short),
        TEST_CASE(a_busy_server_as_table),
        TEST_CASE(an_unknown_server_as_table),
        TEST_CASE(a_full_buffer_is_reported),
        TEST_CASE(the_table_waits_for_the_end),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
