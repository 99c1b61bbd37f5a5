#include "client/show/stats.h"

#include <string.h>

#include "common/base/assertion.h"
#include "common/json/reader.h"

/* The row has them in the order of their indexes, so the search begins behind the last one found.
 */
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

/* `part` of `whole` of the way, which is at most some 10 s. */
static uint64_t share(uint64_t way, uint64_t part, uint64_t whole)
{
    return (uint64_t)((double)way * (double)part / (double)whole);
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
