/* What a server tells of itself by `stats`: the row as numbers, and what can be reckoned from them.
 *
 * The numbers and their names are those of common/statistics.h. A number the server did not tell,
 * being older, is not known, and never taken for 0; one it tells beyond them, being newer, is
 * skipped.
 */
#ifndef CLIENT_SHOW_STATS_H
#define CLIENT_SHOW_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/proto/statistics.h"
#include "common/text/span.h"

struct stats {
    uint64_t values[STATISTICS_COUNT];
    bool known[STATISTICS_COUNT];
};

/* Reads the row.
 * line  One JSON object that row_parse has accepted. */
void stats_parse(struct span line, _Out_ struct stats *stats);

/* The time below which `per_mille` thousandths of the answers of a class stayed, in microseconds:
 * an estimate, as if answers were spread evenly within a bucket of the histogram.
 * Returns false when there is none to tell of; UINT64_MAX in time_us: above the last bound. */
NODISCARD bool stats_percentile(_In_ const struct stats *stats, enum statistics_class class_,
                                unsigned per_mille, _Out_ uint64_t *time_us);

#endif
