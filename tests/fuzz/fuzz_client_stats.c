/* The row of `stats` from arbitrary bytes: what row_parse() accepts is read, shown as a table and as
 * metrics, and what is known and what is not stay apart. */
#include "client/show/facts.h"

#include <stdlib.h>
#include <string.h>

#include "client/rows/row.h"
#include "client/show/prometheus.h"
#include "common/text/utf.h"
#include "tests/fuzz/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_SIZE_MAX = 1024 * 1024 };

static void check_table(const struct stats *stats, struct buffer *out)
{
    stats_table(stats, out);
    FUZZ_CHECK(!out->failed && utf8_is_valid(buffer_span(out), NULL));
    for (int class_ = 0; class_ < CLASS_COUNT; class_++) {
        uint64_t half = 0, most = 0;
        const bool is_known = stats_percentile(stats, (enum statistics_class)class_, 500, &half);
        FUZZ_CHECK(stats_percentile(stats, (enum statistics_class)class_, 999, &most) == is_known);
        FUZZ_CHECK(half <= most);
    }
}

static void check_metrics(const struct row *row, struct buffer *out)
{
    struct prometheus prometheus;
    bool more = true;

    prometheus_init(&prometheus, COLUMNS_NONE);
    bool good = prometheus_row(&prometheus, row);
    while (good && more)
        good = prometheus_end(&prometheus, out, &more);
    FUZZ_CHECK(good && utf8_is_valid(buffer_span(out), NULL));
    FUZZ_CHECK(out->size == 0 || out->data[out->size - 1] == '\n');
    prometheus_deinit(&prometheus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct row row;
    static struct buffer out;
    struct row_error error;
    struct stats stats;

    if (out.capacity_max == 0) {
        buffer_init(&out, OUT_SIZE_MAX);
        row_init(&row);
    }
    const struct span line = {(const char *)data, size};
    if (memchr(size > 0 ? line.data : "\n", '\n', size > 0 ? size : 1) != NULL ||
        !row_parse(&row, line, &error) || row.type != ROW_STATS)
        return 0;
    stats_parse(line, &stats);
    buffer_clear(&out);
    check_table(&stats, &out);
    buffer_clear(&out);
    check_metrics(&row, &out);
    return 0;
}
