#include "client/show/stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/show/text.h"
#include "common/base/assertion.h"
#include "common/json/reader.h"

enum { LABEL_COLUMNS = 16, NUMBER_COLUMNS = 10, LINE_COLUMNS_MAX = 79, TIME_CAPACITY = 32 };

/* The row has the numbers in the order of their indexes, so the search begins after the last one
 * found. */
static size_t find(struct span name, size_t hint)
{
    char known[STATISTICS_NAME_CAPACITY];

    for (size_t i = 0; i < STATISTICS_COUNT; i++) {
        size_t index = (hint + i) % STATISTICS_COUNT;
        statistics_name(index, known);
        if (span_equal(name, span_from_string(known)))
            return index;
    }
    return STATISTICS_COUNT;
}

void stats_parse(struct span line, struct stats *stats)
{
    struct json_reader reader;
    size_t hint = 0;

    memset(stats, 0, sizeof *stats);
    json_reader_init(&reader, line, JSON_DEPTH_MAX);
    if (json_next(&reader) != JSON_OBJECT_OPEN)
        return;
    while (json_next(&reader) == JSON_KEY) {
        size_t index = find(reader.token, hint);
        struct json_reader value = reader;
        if (index < STATISTICS_COUNT) {
            hint = index + 1;
            stats->known[index] =
                json_next(&value) == JSON_NUMBER && json_uint64(&value, &stats->values[index]);
        }
        if (!json_skip(&reader))
            return;
    }
}

/* The share of `time_us`, which is at most some 10 s. */
static uint64_t share(uint64_t time_us, uint64_t part, uint64_t all)
{
    return (uint64_t)((double)time_us * (double)part / (double)all);
}

bool stats_percentile(const struct stats *stats, enum statistics_class class_, unsigned per_mille,
                      uint64_t *time_us)
{
    const size_t first = statistics_latency_index(class_, 0);
    const uint64_t *below = &stats->values[first];
    const uint64_t count = below[STATISTICS_BUCKET_COUNT];
    uint64_t lower_us = 0, passed = 0;

    ASSERT(per_mille > 0 && per_mille <= 1000);
    for (size_t i = 0; i <= STATISTICS_BUCKET_COUNT; i++)
        if (!stats->known[first + i])
            return false;
    if (count == 0)
        return false;
    /* rounded up, and not above the count */
    uint64_t rank = count / 1000 * per_mille + (count % 1000 * per_mille + 999) / 1000;
    for (unsigned i = 0; i < STATISTICS_BUCKET_COUNT; i++) {
        if (below[i] >= rank && below[i] > passed) {
            *time_us = lower_us +
                       share(statistics_bounds_us[i] - lower_us, rank - passed, below[i] - passed);
            return true;
        }
        lower_us = statistics_bounds_us[i];
        passed = below[i];
    }
    *time_us = UINT64_MAX;
    return true;
}

static void put_label(struct buffer *out, const char *text)
{
    display_left(out, span_from_string(text), LABEL_COLUMNS);
}

static void put_cell(struct buffer *out, const char *text)
{
    display_right(out, span_from_string(text), NUMBER_COLUMNS);
}

static struct span count_text(char *text, const struct stats *stats, size_t index)
{
    return stats->known[index] ? display_count(text, stats->values[index]) : SPAN("-");
}

/* A count, or a size in units of 1024, and the words after it. */
static void put_count(struct buffer *out, const struct stats *stats, size_t index,
                      const char *words)
{
    char text[DISPLAY_COUNT_CAPACITY];

    if (stats->known[index] &&
        (index == STATISTICS_BYTES_RECEIVED || index == STATISTICS_BYTES_SENT))
        buffer_append(out, display_size(text, stats->values[index]));
    else
        buffer_append(out, count_text(text, stats, index));
    buffer_text(out, words);
}

/* The numbers that stand alone; the uptime as "3d 04:05:06". */
static void put_plain(struct buffer *out, const struct stats *stats)
{
    static const struct {
        const char *label; /* NULL: on the line of the one before */
        size_t index;
        const char *words; /* after the number */
    } lists[] = {
        {"connections", STATISTICS_CONNECTIONS_NOW, " now, "},
        {NULL, STATISTICS_CONNECTIONS_PEAK, " at peak, "},
        {NULL, STATISTICS_CONNECTIONS_OPENED, " since the start\n"},
        {"transferred", STATISTICS_BYTES_RECEIVED, " received, "},
        {NULL, STATISTICS_BYTES_SENT, " sent\n"},
        {"rows", STATISTICS_ROWS, "\n"},
        {"denials", STATISTICS_DENIALS, "\n"},
    };
    const uint64_t uptime_s = stats->values[STATISTICS_UPTIME_MS] / 1000;

    put_label(out, "uptime");
    if (stats->known[STATISTICS_UPTIME_MS])
        buffer_format(out, "%" PRIu64 "d %02u:%02u:%02u\n", uptime_s / 86400,
                      (unsigned)(uptime_s / 3600 % 24), (unsigned)(uptime_s / 60 % 60),
                      (unsigned)(uptime_s % 60));
    else
        buffer_text(out, "-\n");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (lists[i].label != NULL)
            put_label(out, lists[i].label);
        put_count(out, stats, lists[i].index, lists[i].words);
    }
}

static void put_requests(struct buffer *out, const struct stats *stats)
{
    char text[DISPLAY_COUNT_CAPACITY];

    buffer_text(out, "\n");
    put_label(out, "REQUESTS");
    for (int i = 0; i < RESULT_COUNT; i++)
        put_cell(out, statistics_result_names[i]);
    for (unsigned op = 0; op < STATISTICS_OP_COUNT; op++) {
        buffer_text(out, "\n");
        put_label(out, statistics_op_names[op]);
        for (int i = 0; i < RESULT_COUNT; i++) {
            size_t index = statistics_request_index(op, (enum statistics_result)i);
            display_right(out, count_text(text, stats, index), NUMBER_COLUMNS);
        }
    }
    buffer_text(out, "\n");
}

/* A time in at most 8 columns: "250us", "1.2ms", "9.9s", "> 10s"; "-" for NULL. */
static void put_time(struct buffer *out, const uint64_t *known_us)
{
    const uint64_t time_us = known_us != NULL ? *known_us : 0;
    const uint64_t unit = time_us < 1000000 ? 1000 : 1000000;
    char text[TIME_CAPACITY];

    if (known_us == NULL)
        (void)snprintf(text, sizeof text, "-");
    else if (time_us == UINT64_MAX)
        (void)snprintf(text, sizeof text, "> %" PRIu64 "s",
                       statistics_bounds_us[STATISTICS_BUCKET_COUNT - 1] / 1000000);
    else if (time_us < 1000)
        (void)snprintf(text, sizeof text, "%" PRIu64 "us", time_us);
    else
        (void)snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64 "%s", time_us / unit,
                       time_us / (unit / 10) % 10, unit == 1000 ? "ms" : "s");
    put_cell(out, text);
}

static void put_class(struct buffer *out, const struct stats *stats, enum statistics_class class_)
{
    static const unsigned per_milles[] = {500, 900, 990};
    const size_t count = statistics_latency_index(class_, STATISTICS_BUCKET_COUNT), sum = count + 1;
    char text[DISPLAY_COUNT_CAPACITY];
    uint64_t time_us;

    put_label(out, statistics_class_names[class_]);
    display_right(out, count_text(text, stats, count), NUMBER_COLUMNS);
    const bool has_mean = stats->known[count] && stats->known[sum] && stats->values[count] > 0;
    time_us = has_mean ? stats->values[sum] / stats->values[count] : 0;
    put_time(out, has_mean ? &time_us : NULL);
    for (size_t i = 0; i < sizeof per_milles / sizeof per_milles[0]; i++) {
        bool is_known = stats_percentile(stats, class_, per_milles[i], &time_us);
        put_time(out, is_known ? &time_us : NULL);
    }
    buffer_text(out, "\n");
}

static void put_latencies(struct buffer *out, const struct stats *stats)
{
    static const char *const titles[] = {"count", "mean", "p50", "p90", "p99"};

    buffer_text(out, "\n");
    put_label(out, "TIME TO ANSWER");
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        put_cell(out, titles[i]);
    buffer_text(out, "\n");
    for (int i = 0; i < CLASS_COUNT; i++)
        put_class(out, stats, (enum statistics_class)i);
    buffer_text(out, "(p50, p90, p99 are estimated from a histogram)\n");
}

/* "NAME NUMBER" in a list that goes on in a new line when it would be too long. */
static void put_item(struct buffer *out, const struct stats *stats, const char *name, size_t index,
                     size_t *used)
{
    char text[DISPLAY_COUNT_CAPACITY];
    struct span count = count_text(text, stats, index);
    const size_t width = strlen(name) + 1 + count.size + 2;

    if (*used > LABEL_COLUMNS && *used + width > LINE_COLUMNS_MAX) {
        buffer_text(out, ",\n");
        put_label(out, "");
        *used = LABEL_COLUMNS;
    } else {
        buffer_text(out, *used > LABEL_COLUMNS ? ", " : "");
    }
    buffer_format(out, "%s ", name);
    buffer_append(out, count);
    *used += width;
}

/* Kernel queries, and the limits that were reached. */
static void put_lists(struct buffer *out, const struct stats *stats)
{
    size_t used = LABEL_COLUMNS;

    buffer_text(out, "\n");
    put_label(out, "KERNEL QUERIES");
    for (int i = 0; i < QUERY_COUNT; i++)
        put_item(out, stats, statistics_query_names[i], STATISTICS_QUERIES + (size_t)i, &used);
    buffer_text(out, "\n");
    put_label(out, "LIMITS MET");
    used = LABEL_COLUMNS;
    for (int i = 0; i < LIMIT_COUNT; i++) {
        const size_t index = STATISTICS_LIMIT_HITS + (size_t)i;
        if (!stats->known[index] || stats->values[index] != 0)
            put_item(out, stats, statistics_limit_names[i], index, &used);
    }
    buffer_text(out, used == LABEL_COLUMNS ? "none\n" : "\n");
}

void stats_table(const struct stats *stats, struct buffer *out)
{
    put_plain(out, stats);
    put_requests(out, stats);
    put_latencies(out, stats);
    put_lists(out, stats);
}
