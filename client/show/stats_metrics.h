/* The numbers of a server as metrics. The names are stable, the labels few: op, outcome, limit,
 * class, le. */
#ifndef CLIENT_SHOW_STATS_METRICS_H
#define CLIENT_SHOW_STATS_METRICS_H

#include "client/show/openmetrics.h"
#include "client/show/stats.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"

/* Appends all families and the end. What the server did not tell is left out.
 * Returns false when `out` is at its bound. */
NODISCARD bool stats_metrics_format(_In_ const struct stats *stats,
                                    enum openmetrics_dialect dialect, _Inout_ struct buffer *out);

#endif
