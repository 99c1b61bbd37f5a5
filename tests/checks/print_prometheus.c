/* Prints the numbers of a server as `lsmap stats --prometheus` does: those of the last `stats` row
 * in a golden file.
 *
 *     print_prometheus FILE
 */
#include <stdio.h>

#include "client/show/prometheus.h"
#include "common/base/bounds.h"
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

/* Gives the rows, which are the lines `< ROW`, to the sink. */
static bool feed_rows(struct span text, const struct row_sink *sink, struct buffer *out)
{
    static struct row row;
    struct row_error error;
    struct buffer scratch;
    bool good = true;

    buffer_init(&scratch, OUTPUT_ROW_SIZE_MAX);
    while (good && text.size > 0) {
        size_t size = 0;
        while (size < text.size && text.data[size] != '\n')
            size++;
        const struct span line = {text.data, size};
        text = span_from(text, size < text.size ? size + 1 : size);
        if (span_starts_with(line, SPAN("< ")) &&
            row_parse(span_from(line, 2), &row, &scratch, &error))
            good = sink->row(sink->context, &row, span_from(line, 2), out);
    }
    buffer_release(&scratch);
    return good;
}

int main(int argc, char **argv)
{
    static struct prometheus prometheus;
    struct buffer text, out;
    bool more = false;

    if (argc != 2)
        return 2;
    buffer_init(&text, FILE_SIZE_MAX);
    buffer_init(&out, OUTPUT_SIZE);
    prometheus_init(&prometheus, OP_STATS, DETAIL_VIEWS);
    const struct row_sink sink = prometheus_sink(&prometheus);
    bool good = read_file(argv[1], &text) && feed_rows(buffer_span(&text), &sink, &out) &&
                sink.end(sink.context, &out, &more) &&
                fwrite(out.data, 1, out.size, stdout) == out.size;
    prometheus_deinit(&prometheus);
    buffer_release(&text);
    buffer_release(&out);
    return good ? 0 : 1;
}
