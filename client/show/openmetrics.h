/* Metrics as text, for whatever collects them.
 *
 * Two dialects of one format. OpenMetrics 1.0 names a counter's family without `_total` and ends
 * with `# EOF`; the older text format of Prometheus, which file collectors read, names it with
 * `_total` and knows neither units nor an end. Nobody can write both at once: the line that
 * declares a counter in one declares nothing in the other. All else is the same.
 *
 * A family is declared, then its samples follow. Names and help texts are literals of the program;
 * label values may be any text. All functions append and return false when the buffer is at its
 * bound.
 */
#ifndef CLIENT_SHOW_OPENMETRICS_H
#define CLIENT_SHOW_OPENMETRICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum openmetrics_dialect { DIALECT_OPENMETRICS, DIALECT_PROMETHEUS };

enum openmetrics_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct openmetrics_family {
    const char *name; /* without `_total`; ends in `_` and the unit, when it has one */
    enum openmetrics_type type;
    const char *unit; /* "seconds", "bytes"; NULL: a number of things */
    const char *help; /* one sentence, without backslash, quote and newline */
};

struct openmetrics_label {
    const char *name;
    struct span value; /* UTF-8 */
};

/* Declares the family: HELP, TYPE and UNIT. */
NODISCARD bool openmetrics_declare(_Inout_ struct buffer *out, enum openmetrics_dialect dialect,
                                   _In_ const struct openmetrics_family *family);

/* One sample of the family.
 * suffix  What the sample's name has behind the family's: "_total" for every counter, "_bucket",
 *         "_sum" and "_count" for histograms, "" for gauges.
 * value   A number as it is to be written. */
NODISCARD bool openmetrics_sample(_Inout_ struct buffer *out,
                                  _In_ const struct openmetrics_family *family, const char *suffix,
                                  _In_reads_(labels_count) const struct openmetrics_label *labels,
                                  size_t labels_count, const char *value);

/* The end of all; nothing may follow. */
NODISCARD bool openmetrics_end(_Inout_ struct buffer *out, enum openmetrics_dialect dialect);

enum { OPENMETRICS_NUMBER_CAPACITY = 32 };

/* A count: "12". Both return `text`, terminated. */
const char *openmetrics_count(_Out_writes_(OPENMETRICS_NUMBER_CAPACITY) char *text, uint64_t count);

/* Microseconds as seconds, with a point and no zeros that say nothing: "0.0005", "10.0". */
const char *openmetrics_seconds(_Out_writes_(OPENMETRICS_NUMBER_CAPACITY) char *text,
                                uint64_t time_us);

#endif
