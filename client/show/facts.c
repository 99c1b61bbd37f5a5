#include "client/show/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/show/text.h"
#include "common/base/assertion.h"
#include "common/json/reader.h"

enum {
    LABEL_SIZE_MAX = 64, /* of a fact; a longer one is complete, but does not move the others */
    LABEL_COLUMNS = 16,  /* of numbers */
    NUMBER_COLUMNS = 10,
    LINE_COLUMNS_MAX = 79,
    TIME_CAPACITY = 32
};

/* --- info and whoami --- */

struct facts {
    struct json_reader reader;
    struct buffer *out;
    struct buffer scratch; /* a text without its escapes */
    size_t label_size;     /* of the longest label */
};

/* The value whose first event was read; the content of inner objects and arrays is left out. */
static void put_value(struct facts *facts, enum json_event event)
{
    struct json_reader *reader = &facts->reader;
    const unsigned depth = reader->depth;
    size_t size = 0;

    if (event == JSON_STRING) {
        buffer_clear(&facts->scratch);
        char *place = buffer_extend(&facts->scratch, reader->token.size + 1);
        if (place != NULL && json_unescape(reader, place, facts->scratch.size, &size))
            display_text(facts->out, (struct span){place, size});
    } else if (event == JSON_NUMBER) {
        display_text(facts->out, reader->token);
    } else if (event == JSON_TRUE || event == JSON_FALSE) {
        buffer_text(facts->out, event == JSON_TRUE ? "yes" : "no");
    } else {
        buffer_text(facts->out, event == JSON_NULL ? "-" : "...");
    }
    if (event == JSON_OBJECT_OPEN || event == JSON_ARRAY_OPEN)
        while (reader->depth >= depth && json_next(reader) != JSON_ERROR) {
        }
}

/* "a, b, c"; "-" for none. */
static void put_list(struct facts *facts)
{
    enum json_event event = json_next(&facts->reader);

    if (event == JSON_ARRAY_CLOSE)
        buffer_text(facts->out, "-");
    for (bool first = true; event != JSON_ARRAY_CLOSE && event != JSON_ERROR; first = false) {
        buffer_text(facts->out, first ? "" : ", ");
        put_value(facts, event);
        event = json_next(&facts->reader);
    }
}

static void put_member(struct facts *facts, struct span object, struct span name,
                       enum json_event event)
{
    struct buffer *out = facts->out;
    const size_t begin = out->size;

    display_text(out, object);
    buffer_text(out, object.size > 0 ? "." : "");
    display_text(out, name);
    buffer_text(out, ":");
    const size_t size = out->size - begin;
    if (size > facts->label_size && size <= LABEL_SIZE_MAX)
        facts->label_size = size;
    display_pad(out, begin, facts->label_size);
    buffer_text(out, "  ");
    if (event == JSON_ARRAY_OPEN)
        put_list(facts);
    else
        put_value(facts, event);
    buffer_text(out, "\n");
}

static void walk(struct facts *facts, struct span line)
{
    struct json_reader *reader = &facts->reader;

    json_reader_init(reader, line, JSON_DEPTH_MAX);
    if (json_next(reader) != JSON_OBJECT_OPEN)
        return;
    while (json_next(reader) == JSON_KEY) {
        struct span name = reader->token;
        enum json_event event = json_next(reader);
        if (span_equal(name, SPAN("id")) || span_equal(name, SPAN("type")))
            continue;
        if (event != JSON_OBJECT_OPEN) {
            put_member(facts, SPAN(""), name, event);
            continue;
        }
        while (json_next(reader) == JSON_KEY) {
            struct span inner = reader->token;
            put_member(facts, name, inner, json_next(reader));
        }
    }
}

bool facts_format(struct span line, struct buffer *out)
{
    const size_t begin = out->size;
    struct facts facts = {.out = out};

    buffer_init(&facts.scratch, OUTPUT_ROW_SIZE_MAX);
    walk(&facts, line); /* to learn how long the labels are */
    buffer_truncate(out, begin);
    walk(&facts, line);
    const bool good = !out->failed && !facts.scratch.failed;
    buffer_release(&facts.scratch);
    return good;
}

/* --- stats --- */

void stats_parse(struct span line, struct stats *stats)
{
    struct json_reader reader;
    char name[STATISTICS_NAME_CAPACITY];

    memset(stats, 0, sizeof *stats);
    json_reader_init(&reader, line, JSON_DEPTH_MAX);
    if (json_next(&reader) != JSON_OBJECT_OPEN)
        return;
    while (json_next(&reader) == JSON_KEY) {
        struct json_reader value = reader;
        size_t i = 0;
        for (; i < STATISTICS_COUNT; i++) {
            statistics_name(i, name);
            if (span_equal(reader.token, span_from_string(name)))
                break;
        }
        if (i < STATISTICS_COUNT)
            stats->known[i] =
                json_next(&value) == JSON_NUMBER && json_uint64(&value, &stats->values[i]);
        if (!json_skip(&reader))
            return;
    }
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
            const double width_us = (double)(statistics_bounds_us[i] - lower_us); /* some seconds */
            *time_us = lower_us +
                       (uint64_t)(width_us * (double)(rank - passed) / (double)(below[i] - passed));
            return true;
        }
        lower_us = statistics_bounds_us[i];
        passed = below[i];
    }
    *time_us = UINT64_MAX;
    return true;
}

/* A number as it is shown: the uptime as "3d 04:05:06", sizes in units of 1024; "-" when it is not
 * known. */
static const char *number_text(char *text, const struct stats *stats, size_t index)
{
    const uint64_t value = stats->values[index], uptime_s = value / 1000;

    if (!stats->known[index])
        return "-";
    if (index == STATISTICS_BYTES_RECEIVED || index == STATISTICS_BYTES_SENT)
        return display_size(text, value).data;
    if (index != STATISTICS_UPTIME_MS)
        return display_count(text, value).data;
    (void)snprintf(text, DISPLAY_COUNT_CAPACITY, "%" PRIu64 "d %02u:%02u:%02u", uptime_s / 86400,
                   (unsigned)(uptime_s / 3600 % 24), (unsigned)(uptime_s / 60 % 60),
                   (unsigned)(uptime_s % 60));
    return text;
}

static void put_number(struct buffer *out, const struct stats *stats, size_t index)
{
    char text[DISPLAY_COUNT_CAPACITY];

    buffer_format(out, "%*s", NUMBER_COLUMNS, number_text(text, stats, index));
}

/* The numbers that stand alone. */
static void put_plain(struct buffer *out, const struct stats *stats)
{
    static const struct {
        const char *before;
        size_t index;
        const char *after;
    } parts[] = {
        {"uptime          ", STATISTICS_UPTIME_MS, "\n"},
        {"connections     ", STATISTICS_CONNECTIONS_NOW, " now, "},
        {"", STATISTICS_CONNECTIONS_PEAK, " at peak, "},
        {"", STATISTICS_CONNECTIONS_OPENED, " since the start\n"},
        {"transferred     ", STATISTICS_BYTES_RECEIVED, " received, "},
        {"", STATISTICS_BYTES_SENT, " sent\n"},
        {"rows            ", STATISTICS_ROWS, "\n"},
        {"denials         ", STATISTICS_DENIALS, "\n"},
    };
    char text[DISPLAY_COUNT_CAPACITY];

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        buffer_format(out, "%s%s%s", parts[i].before, number_text(text, stats, parts[i].index),
                      parts[i].after);
}

static void put_titles(struct buffer *out, const char *label, const char *const *titles,
                       size_t count)
{
    buffer_format(out, "\n%-*s", LABEL_COLUMNS, label);
    for (size_t i = 0; i < count; i++)
        buffer_format(out, "%*s", NUMBER_COLUMNS, titles[i]);
    buffer_text(out, "\n");
}

static void put_requests(struct buffer *out, const struct stats *stats)
{
    put_titles(out, "REQUESTS", statistics_result_names, RESULT_COUNT);
    for (unsigned op = 0; op < STATISTICS_OP_COUNT; op++) {
        buffer_format(out, "%-*s", LABEL_COLUMNS, request_op_names[op]);
        for (int i = 0; i < RESULT_COUNT; i++)
            put_number(out, stats, statistics_request_index(op, (enum statistics_result)i));
        buffer_text(out, "\n");
    }
}

/* A time in at most 8 columns: "250us", "1.2ms", "9.9s", "> 10s"; "-" when it is not known. */
static void put_time(struct buffer *out, bool is_known, uint64_t time_us)
{
    const uint64_t unit = time_us < 1000000 ? 1000 : 1000000;
    char text[TIME_CAPACITY] = "-";

    if (is_known && time_us == UINT64_MAX)
        (void)snprintf(text, sizeof text, "> %" PRIu64 "s",
                       statistics_bounds_us[STATISTICS_BUCKET_COUNT - 1] / 1000000);
    else if (is_known && time_us < 1000)
        (void)snprintf(text, sizeof text, "%" PRIu64 "us", time_us);
    else if (is_known)
        (void)snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64 "%s", time_us / unit,
                       time_us / (unit / 10) % 10, unit == 1000 ? "ms" : "s");
    buffer_format(out, "%*s", NUMBER_COLUMNS, text);
}

static void put_latencies(struct buffer *out, const struct stats *stats)
{
    static const char *const titles[] = {"count", "mean", "p50", "p90", "p99"};
    static const unsigned per_milles[] = {500, 900, 990};

    put_titles(out, "TIME TO ANSWER", titles, sizeof titles / sizeof titles[0]);
    for (int class_ = 0; class_ < CLASS_COUNT; class_++) {
        const size_t index =
            statistics_latency_index((enum statistics_class)class_, STATISTICS_BUCKET_COUNT);
        const uint64_t count = stats->values[index], sum_us = stats->values[index + 1];
        buffer_format(out, "%-*s", LABEL_COLUMNS, statistics_class_names[class_]);
        put_number(out, stats, index);
        put_time(out, stats->known[index] && stats->known[index + 1] && count > 0,
                 sum_us / (count > 0 ? count : 1));
        for (size_t i = 0; i < sizeof per_milles / sizeof per_milles[0]; i++) {
            uint64_t time_us = 0;
            bool is_known =
                stats_percentile(stats, (enum statistics_class)class_, per_milles[i], &time_us);
            put_time(out, is_known, time_us);
        }
        buffer_text(out, "\n");
    }
    buffer_text(out, "(p50, p90, p99 are estimated from a histogram)\n");
}

/* "NAME NUMBER" for each, in lines that are not too long. first  The index of the first number. */
static void put_items(struct buffer *out, const struct stats *stats, const char *label,
                      const char *const *names, size_t first, size_t count, bool has_zeros)
{
    char text[DISPLAY_COUNT_CAPACITY];
    size_t used = LABEL_COLUMNS;

    buffer_format(out, "%-*s", LABEL_COLUMNS, label);
    for (size_t i = 0; i < count; i++) {
        if (stats->known[first + i] && stats->values[first + i] == 0 && !has_zeros)
            continue;
        const char *number = number_text(text, stats, first + i);
        const size_t width = strlen(names[i]) + 1 + strlen(number) + 2;
        const bool is_first = used == LABEL_COLUMNS;
        if (!is_first && used + width > LINE_COLUMNS_MAX) {
            buffer_format(out, ",\n%*s", LABEL_COLUMNS, "");
            used = LABEL_COLUMNS;
        } else {
            buffer_text(out, is_first ? "" : ", ");
        }
        buffer_format(out, "%s %s", names[i], number);
        used += width;
    }
    buffer_text(out, used == LABEL_COLUMNS ? "none\n" : "\n");
}

void stats_table(const struct stats *stats, struct buffer *out)
{
    put_plain(out, stats);
    put_requests(out, stats);
    put_latencies(out, stats);
    buffer_text(out, "\n");
    put_items(out, stats, "KERNEL QUERIES", statistics_query_names, STATISTICS_QUERIES, QUERY_COUNT,
              true);
    put_items(out, stats, "LIMITS MET", statistics_limit_names, STATISTICS_LIMIT_HITS, LIMIT_COUNT,
              false);
}
