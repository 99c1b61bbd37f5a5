/* The format of `lsmap stats` but for --json: a table, or metrics. */
#ifndef CLIENT_SHOW_STATS_SINK_H
#define CLIENT_SHOW_STATS_SINK_H

#include "client/options.h"
#include "client/rows/sink.h"
#include "client/show/stats.h"

struct stats_sink {
    enum output_format format; /* FORMAT_TABLE, FORMAT_OPENMETRICS or FORMAT_PROMETHEUS */
    bool has_stats;
    struct stats stats;
};

void stats_sink_init(_Out_ struct stats_sink *sink, enum output_format format);

/* The row is shown once its reply is known to be whole, so that no collector takes half of it. The
 * result points to `sink`. */
struct row_sink stats_sink(_Inout_ struct stats_sink *sink);

#endif
