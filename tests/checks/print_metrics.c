/* Prints the metrics of a server as lsmap would: of the last `stats` row in a golden file.
 *
 *     print_metrics openmetrics|prometheus FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/rows/row.h"
#include "client/show/stats.h"
#include "client/show/stats_metrics.h"
#include "common/proto/protocol.h"
#include "common/text/buffer.h"

enum { FILE_SIZE_MAX = 4 * 1024 * 1024 };

static bool read_file(const char *path, struct buffer *text)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL || !buffer_reserve(text, FILE_SIZE_MAX))
        return false;
    text->size = fread(text->data, 1, FILE_SIZE_MAX, file);
    return fclose(file) == 0;
}

/* The last line `< ROW` that is a row of `stats`. */
static bool find_stats(struct span text, struct stats *stats)
{
    struct row row;
    struct row_error error;
    struct buffer scratch;
    bool found = false;

    buffer_init(&scratch, OUTPUT_ROW_SIZE_MAX);
    while (text.size > 0) {
        size_t size = 0;
        while (size < text.size && text.data[size] != '\n')
            size++;
        const struct span line = {text.data, size};
        text = span_from(text, size < text.size ? size + 1 : size);
        if (!span_starts_with(line, SPAN("< ")) ||
            !row_parse(span_from(line, 2), &row, &scratch, &error) || row.type != ROW_STATS)
            continue;
        stats_parse(span_from(line, 2), stats);
        found = true;
    }
    buffer_release(&scratch);
    return found;
}

int main(int argc, char **argv)
{
    struct buffer text, out;
    struct stats stats;

    if (argc != 3)
        return 2;
    const bool is_old = strcmp(argv[1], "prometheus") == 0;
    buffer_init(&text, FILE_SIZE_MAX);
    buffer_init(&out, OUTPUT_SIZE);
    bool good =
        read_file(argv[2], &text) && find_stats(buffer_span(&text), &stats) &&
        stats_metrics_format(&stats, is_old ? DIALECT_PROMETHEUS : DIALECT_OPENMETRICS, &out) &&
        fwrite(out.data, 1, out.size, stdout) == out.size;
    buffer_release(&text);
    buffer_release(&out);
    return good ? 0 : 1;
}
