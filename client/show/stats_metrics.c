#include "client/show/stats_metrics.h"

struct writer {
    const struct stats *stats;
    enum openmetrics_dialect dialect;
    struct buffer *out;
};

/* One sample; nothing when the number is not known. */
static bool sample(const struct writer *writer, const struct openmetrics_family *family,
                   size_t index, const struct openmetrics_label *labels, size_t labels_count)
{
    char text[OPENMETRICS_NUMBER_CAPACITY];

    return !writer->stats->known[index] ||
           openmetrics_sample(writer->out, family, family->type == METRIC_COUNTER ? "_total" : "",
                              labels, labels_count,
                              openmetrics_count(text, writer->stats->values[index]));
}

/* The families with one sample each. */
static bool write_plain(const struct writer *writer)
{
    static const struct {
        size_t index;
        struct openmetrics_family family;
    } plain[] = {
        {STATISTICS_CONNECTIONS_NOW,
         {"lsmapd_connections", METRIC_GAUGE, NULL, "Clients connected now."}},
        {STATISTICS_CONNECTIONS_PEAK,
         {"lsmapd_connections_peak", METRIC_GAUGE, NULL,
          "Most clients connected at once since the start."}},
        {STATISTICS_CONNECTIONS_OPENED,
         {"lsmapd_connections_opened", METRIC_COUNTER, NULL,
          "Clients that connected, those refused included."}},
        {STATISTICS_BYTES_RECEIVED,
         {"lsmapd_received_bytes", METRIC_COUNTER, "bytes", "Bytes received from clients."}},
        {STATISTICS_BYTES_SENT,
         {"lsmapd_sent_bytes", METRIC_COUNTER, "bytes", "Bytes sent to clients."}},
        {STATISTICS_ROWS, {"lsmapd_rows", METRIC_COUNTER, NULL, "Rows of replies."}},
        {STATISTICS_DENIALS,
         {"lsmapd_denials", METRIC_COUNTER, NULL,
          "Requests and single processes refused because the caller lacks a right."}},
    };
    bool good = true;

    for (size_t i = 0; good && i < sizeof plain / sizeof plain[0]; i++)
        good = openmetrics_declare(writer->out, writer->dialect, &plain[i].family) &&
               sample(writer, &plain[i].family, plain[i].index, NULL, 0);
    return good;
}

static bool write_uptime(const struct writer *writer)
{
    static const struct openmetrics_family family = {"lsmapd_uptime_seconds", METRIC_GAUGE,
                                                     "seconds", "Time since the server started."};
    const uint64_t uptime_ms = writer->stats->values[STATISTICS_UPTIME_MS];
    char text[OPENMETRICS_NUMBER_CAPACITY];

    if (!openmetrics_declare(writer->out, writer->dialect, &family))
        return false;
    if (!writer->stats->known[STATISTICS_UPTIME_MS] || uptime_ms > UINT64_MAX / 1000)
        return true;
    return openmetrics_sample(writer->out, &family, "", NULL, 0,
                              openmetrics_seconds(text, uptime_ms * 1000));
}

static bool write_requests(const struct writer *writer)
{
    static const struct openmetrics_family family = {"lsmapd_requests", METRIC_COUNTER, NULL,
                                                     "Requests that ended, by op and outcome."};
    bool good = openmetrics_declare(writer->out, writer->dialect, &family);

    for (unsigned op = 0; op < STATISTICS_OP_COUNT; op++) {
        for (int i = 0; good && i < RESULT_COUNT; i++) {
            const enum statistics_result result = (enum statistics_result)i;
            const struct openmetrics_label labels[] = {
                {"op", span_from_string(statistics_op_name(op))},
                {"outcome", span_from_string(statistics_result_name(result))}};
            good = sample(writer, &family, statistics_request_index(op, result), labels, 2);
        }
    }
    return good;
}

static bool write_limits(const struct writer *writer)
{
    static const struct openmetrics_family family = {"lsmapd_limit_hits", METRIC_COUNTER, NULL,
                                                     "How often a limit was met."};
    bool good = openmetrics_declare(writer->out, writer->dialect, &family);

    for (int i = 0; good && i < LIMIT_COUNT; i++) {
        const struct openmetrics_label label = {
            "limit", span_from_string(statistics_limit_name((enum statistics_limit)i))};
        good = sample(writer, &family, STATISTICS_LIMIT_HITS + (size_t)i, &label, 1);
    }
    return good;
}

static bool write_queries(const struct writer *writer)
{
    static const struct openmetrics_family family = {"lsmapd_kernel_queries", METRIC_COUNTER, NULL,
                                                     "Kernel queries of requests that ended."};
    bool good = openmetrics_declare(writer->out, writer->dialect, &family);

    for (int i = 0; good && i < QUERY_COUNT; i++) {
        const struct openmetrics_label label = {
            "class", span_from_string(statistics_query_name((enum statistics_query)i))};
        good = sample(writer, &family, STATISTICS_QUERIES + (size_t)i, &label, 1);
    }
    return good;
}

/* A histogram is whole or not there. */
static bool is_class_known(const struct stats *stats, enum statistics_class class_)
{
    for (unsigned i = 0; i < STATISTICS_LATENCY_COUNT; i++)
        if (!stats->known[statistics_latency_index(class_, i)])
            return false;
    return true;
}

static bool write_class(const struct writer *writer, const struct openmetrics_family *family,
                        enum statistics_class class_)
{
    const uint64_t *values = &writer->stats->values[statistics_latency_index(class_, 0)];
    struct openmetrics_label labels[] = {{"class", span_from_string(statistics_class_name(class_))},
                                         {"le", SPAN("+Inf")}};
    char bound[OPENMETRICS_NUMBER_CAPACITY], text[OPENMETRICS_NUMBER_CAPACITY];
    const char *count = NULL;
    bool good = true;

    for (unsigned i = 0; good && i < STATISTICS_BUCKET_COUNT; i++) {
        labels[1].value = span_from_string(openmetrics_seconds(bound, statistics_bounds_us[i]));
        good = openmetrics_sample(writer->out, family, "_bucket", labels, 2,
                                  openmetrics_count(text, values[i]));
    }
    labels[1].value = SPAN("+Inf");
    count = openmetrics_count(text, values[STATISTICS_BUCKET_COUNT]);
    good = good && openmetrics_sample(writer->out, family, "_bucket", labels, 2, count) &&
           openmetrics_sample(writer->out, family, "_count", labels, 1, count);
    return good &&
           openmetrics_sample(writer->out, family, "_sum", labels, 1,
                              openmetrics_seconds(text, values[STATISTICS_BUCKET_COUNT + 1]));
}

static bool write_latencies(const struct writer *writer)
{
    static const struct openmetrics_family family = {
        "lsmapd_request_duration_seconds", METRIC_HISTOGRAM, "seconds",
        "Time from a request that was answered to its last line."};
    bool good = openmetrics_declare(writer->out, writer->dialect, &family);

    for (int i = 0; good && i < CLASS_COUNT; i++)
        good = !is_class_known(writer->stats, (enum statistics_class)i) ||
               write_class(writer, &family, (enum statistics_class)i);
    return good;
}

bool stats_metrics_format(const struct stats *stats, enum openmetrics_dialect dialect,
                          struct buffer *out)
{
    const struct writer writer = {.stats = stats, .dialect = dialect, .out = out};

    return write_uptime(&writer) && write_plain(&writer) && write_requests(&writer) &&
           write_limits(&writer) && write_queries(&writer) && write_latencies(&writer) &&
           openmetrics_end(out, dialect);
}
