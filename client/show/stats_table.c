#include "client/show/stats_table.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/show/text.h"

enum { LABEL_COLUMNS = 18, NUMBER_COLUMNS = 11 };

static bool put(struct buffer *out, const char *text)
{
    return buffer_append(out, span_from_string(text));
}

static bool put_label(struct buffer *out, const char *text)
{
    return display_left(out, span_from_string(text), LABEL_COLUMNS);
}

static bool put_cell(struct buffer *out, const char *text)
{
    return display_right(out, span_from_string(text), NUMBER_COLUMNS);
}

static struct span count_text(char *text, const struct stats *stats, size_t index)
{
    return stats->known[index] ? display_count(text, stats->values[index]) : SPAN("-");
}

static struct span size_text(char *text, const struct stats *stats, size_t index)
{
    return stats->known[index] ? display_size(text, stats->values[index]) : SPAN("-");
}

/* A count and the words behind it. */
static bool put_count(struct buffer *out, const struct stats *stats, size_t index,
                      const char *words)
{
    char text[DISPLAY_COUNT_CAPACITY];

    return display_text(out, count_text(text, stats, index)) && put(out, words);
}

/* "3d 04:05:06" */
static bool put_uptime(struct buffer *out, const struct stats *stats)
{
    const uint64_t uptime_s = stats->values[STATISTICS_UPTIME_MS] / 1000;
    char text[DISPLAY_COUNT_CAPACITY + 16];

    (void)snprintf(text, sizeof text, "%" PRIu64 "d %02u:%02u:%02u\n", uptime_s / 86400,
                   (unsigned)(uptime_s / 3600 % 24), (unsigned)(uptime_s / 60 % 60),
                   (unsigned)(uptime_s % 60));
    return put_label(out, "uptime") && put(out, stats->known[STATISTICS_UPTIME_MS] ? text : "-\n");
}

static bool put_plain(struct buffer *out, const struct stats *stats)
{
    char received[DISPLAY_SIZE_CAPACITY], sent[DISPLAY_SIZE_CAPACITY];

    return put_label(out, "connections") &&
           put_count(out, stats, STATISTICS_CONNECTIONS_NOW, " now, ") &&
           put_count(out, stats, STATISTICS_CONNECTIONS_PEAK, " at peak, ") &&
           put_count(out, stats, STATISTICS_CONNECTIONS_OPENED, " since the start\n") &&
           put_label(out, "transferred") &&
           display_text(out, size_text(received, stats, STATISTICS_BYTES_RECEIVED)) &&
           put(out, " received, ") &&
           display_text(out, size_text(sent, stats, STATISTICS_BYTES_SENT)) &&
           put(out, " sent\n") && put_label(out, "rows") &&
           put_count(out, stats, STATISTICS_ROWS, "\n") && put_label(out, "denials") &&
           put_count(out, stats, STATISTICS_DENIALS, "\n");
}

static bool put_requests(struct buffer *out, const struct stats *stats)
{
    char text[DISPLAY_COUNT_CAPACITY];
    bool good = put(out, "\n") && put_label(out, "REQUESTS");

    for (int i = 0; good && i < RESULT_COUNT; i++)
        good = put_cell(out, statistics_result_name((enum statistics_result)i));
    for (unsigned op = 0; good && op < STATISTICS_OP_COUNT; op++) {
        good = put(out, "\n") && put_label(out, statistics_op_name(op));
        for (int i = 0; good && i < RESULT_COUNT; i++)
            good = display_right(
                out,
                count_text(text, stats, statistics_request_index(op, (enum statistics_result)i)),
                NUMBER_COLUMNS);
    }
    return good && put(out, "\n");
}

const char *stats_table_time(char *text, uint64_t time_us)
{
    if (time_us == UINT64_MAX)
        (void)snprintf(text, STATS_TIME_CAPACITY, "> %" PRIu64 "s",
                       statistics_bounds_us[STATISTICS_BUCKET_COUNT - 1] / 1000000);
    else if (time_us < 1000)
        (void)snprintf(text, STATS_TIME_CAPACITY, "%" PRIu64 "us", time_us);
    else if (time_us < 1000000)
        (void)snprintf(text, STATS_TIME_CAPACITY, "%" PRIu64 ".%" PRIu64 "ms", time_us / 1000,
                       time_us / 100 % 10);
    else
        (void)snprintf(text, STATS_TIME_CAPACITY, "%" PRIu64 ".%" PRIu64 "s", time_us / 1000000,
                       time_us / 100000 % 10);
    return text;
}

static bool put_mean(struct buffer *out, const struct stats *stats, enum statistics_class class_)
{
    const size_t count = statistics_latency_index(class_, STATISTICS_BUCKET_COUNT);
    const size_t sum = statistics_latency_index(class_, STATISTICS_BUCKET_COUNT + 1);
    char text[STATS_TIME_CAPACITY];

    if (!stats->known[count] || !stats->known[sum] || stats->values[count] == 0)
        return put_cell(out, "-");
    return put_cell(out, stats_table_time(text, stats->values[sum] / stats->values[count]));
}

static bool put_class(struct buffer *out, const struct stats *stats, enum statistics_class class_)
{
    static const unsigned per_milles[] = {500, 900, 990};
    char text[DISPLAY_COUNT_CAPACITY], time[STATS_TIME_CAPACITY];
    bool good =
        put_label(out, statistics_class_name(class_)) &&
        display_right(
            out, count_text(text, stats, statistics_latency_index(class_, STATISTICS_BUCKET_COUNT)),
            NUMBER_COLUMNS) &&
        put_mean(out, stats, class_);

    for (size_t i = 0; good && i < sizeof per_milles / sizeof per_milles[0]; i++) {
        uint64_t time_us;
        good = put_cell(out, stats_percentile(stats, class_, per_milles[i], &time_us)
                                 ? stats_table_time(time, time_us)
                                 : "-");
    }
    return good && put(out, "\n");
}

static bool put_latencies(struct buffer *out, const struct stats *stats)
{
    bool good = put(out, "\n") && put_label(out, "TIME TO ANSWER") && put_cell(out, "count") &&
                put_cell(out, "mean") && put_cell(out, "p50") && put_cell(out, "p90") &&
                put_cell(out, "p99") && put(out, "\n");

    for (int i = 0; good && i < CLASS_COUNT; i++)
        good = put_class(out, stats, (enum statistics_class)i);
    return good && put(out, "(p50, p90, p99 are estimated from a histogram)\n");
}

static bool put_queries(struct buffer *out, const struct stats *stats)
{
    bool good = put(out, "\n") && put_label(out, "KERNEL QUERIES");

    for (int i = 0; good && i < QUERY_COUNT; i++)
        good = put(out, i == 0 ? "" : ", ") &&
               put(out, statistics_query_name((enum statistics_query)i)) && put(out, " ") &&
               put_count(out, stats, STATISTICS_QUERIES + (size_t)i, "");
    return good && put(out, "\n");
}

/* Only those that were met: none is what one wants to see. */
static bool put_limits(struct buffer *out, const struct stats *stats)
{
    bool good = put_label(out, "LIMITS MET");
    bool is_first = true;

    for (int i = 0; good && i < LIMIT_COUNT; i++) {
        const size_t index = STATISTICS_LIMIT_HITS + (size_t)i;
        if (stats->known[index] && stats->values[index] == 0)
            continue;
        good = put(out, is_first ? "" : ", ") &&
               put(out, statistics_limit_name((enum statistics_limit)i)) && put(out, " ") &&
               put_count(out, stats, index, "");
        is_first = false;
    }
    return good && put(out, is_first ? "none\n" : "\n");
}

bool stats_table_format(const struct stats *stats, struct buffer *out)
{
    return put_uptime(out, stats) && put_plain(out, stats) && put_requests(out, stats) &&
           put_latencies(out, stats) && put_queries(out, stats) && put_limits(out, stats);
}
