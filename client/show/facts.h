/* Rows about the server, as text for people.
 *
 * `info` and `whoami` have many different members: aligned "name: value" lines. Their line itself is
 * walked, so that members that only a later server knows are shown too. An object's members are
 * named with a dot ("limits.pids"), a list is one line. The names are those of the protocol.
 *
 * `stats` is a table of numbers, which are those of common/proto/statistics.h. A number that an older
 * server does not send is unknown, never 0; one that only a newer server knows is skipped. */
#ifndef CLIENT_SHOW_FACTS_H
#define CLIENT_SHOW_FACTS_H

#include "common/proto/statistics.h"
#include "common/text/buffer.h"

/* Appends the members of the row except `id` and `type`.
 * line  One JSON object that row_parse has accepted.
 * Returns false when a buffer is at its bound. */
NODISCARD bool facts_format(struct span line, _Inout_ struct buffer *out);

struct stats {
    uint64_t values[STATISTICS_COUNT];
    bool known[STATISTICS_COUNT];
};

/* Reads a ROW_STATS. line  As above. */
void stats_parse(struct span line, _Out_ struct stats *stats);

/* Estimates the time within which `per_mille` thousandths of the answers of a class were complete,
 * in microseconds, as if the answers of a histogram's bucket were spread evenly over it.
 * time_us  UINT64_MAX: above the last bound.
 * Returns false, time_us untouched, when the histogram is unknown or empty. */
NODISCARD bool stats_percentile(_In_ const struct stats *stats, enum statistics_class class_,
                                unsigned per_mille, _Out_ uint64_t *time_us);

/* Appends the numbers as a table; an unknown one is shown as "-". */
void stats_table(_In_ const struct stats *stats, _Inout_ struct buffer *out);

#endif
