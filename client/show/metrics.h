/* Sums over the rows of `maps` and `processes`, by process name, in the format of OpenMetrics: what
 * a collector can keep for years. A format at the end of the sinks.
 *
 * A series for each process identifier or address would be new at every scan; names are few. Names
 * that differ in case only are one. At most METRICS_NAMES_MAX of them; what is more is summed up
 * under METRICS_OTHER, and what has no name under METRICS_UNKNOWN: neither can be the name of a
 * file. Nothing is written unless all replies came whole: half a scan would look like a fall.
 */
#ifndef CLIENT_SHOW_METRICS_H
#define CLIENT_SHOW_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "client/rows/sink.h"
#include "client/show/metrics_names.h"
#include "common/base/annotations.h"
#include "common/proto/request.h"
#include "common/text/buffer.h"

struct metrics {
    bool mappings, pages; /* which sums were asked for */
    struct metrics_names names;
    uint64_t failed;       /* processes that could not be read to their end */
    uint64_t elapsed_us;   /* of all replies */
    bool complete, broken; /* of all replies; some reply was not whole */
    bool ended;            /* some reply has come to its end */
    bool open;             /* rows have come since then */
    size_t family, index;  /* what is to be written next */
};

void metrics_init(_Out_ struct metrics *metrics, enum request_op op, enum request_detail detail);
void metrics_deinit(_Inout_ struct metrics *metrics);

/* The format as a sink; `metrics` must outlive it. */
struct row_sink metrics_sink(_Inout_ struct metrics *metrics);

#endif
