#include "client/show/stats_sink.h"

#include "client/show/openmetrics.h"
#include "client/show/stats_metrics.h"
#include "client/show/stats_table.h"

static bool sink_begin(void *context, struct buffer *out)
{
    (void)context, (void)out;
    return true;
}

static bool sink_row(void *context, const struct row *row, struct span line, struct buffer *out)
{
    struct stats_sink *sink = context;

    if (row->type == ROW_STATS) {
        stats_parse(line, &sink->stats);
        sink->has_stats = true;
        return true;
    }
    if (row->type != ROW_END || !sink->has_stats)
        return true;
    if (sink->format == FORMAT_OPENMETRICS)
        return stats_metrics_format(&sink->stats, DIALECT_OPENMETRICS, out);
    if (sink->format == FORMAT_PROMETHEUS)
        return stats_metrics_format(&sink->stats, DIALECT_PROMETHEUS, out);
    return stats_table_format(&sink->stats, out);
}

static bool sink_end(void *context, struct buffer *out, bool *more)
{
    (void)context, (void)out;
    *more = false;
    return true;
}

void stats_sink_init(struct stats_sink *sink, enum output_format format)
{
    *sink = (struct stats_sink){.format = format};
}

struct row_sink stats_sink(struct stats_sink *sink)
{
    return (struct row_sink){
        .context = sink, .begin = sink_begin, .row = sink_row, .end = sink_end};
}
