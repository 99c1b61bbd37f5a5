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

/* Sums up the rows, which are the lines `< ROW`. */
static bool sum_up(struct span text, struct prometheus *prometheus)
{
    static struct row row;
    struct row_error error;
    bool good = true;

    row_init(&row);
    while (good && text.size > 0) {
        size_t size = 0;
        while (size < text.size && text.data[size] != '\n')
            size++;
        const struct span line = {text.data, size};
        text = span_from(text, size < text.size ? size + 1 : size);
        if (span_starts_with(line, SPAN("< ")) && row_parse(&row, span_from(line, 2), &error))
            good = prometheus_row(prometheus, &row);
    }
    row_release(&row);
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
    prometheus_init(&prometheus, COLUMNS_NONE);
    bool good = read_file(argv[1], &text) && sum_up(buffer_span(&text), &prometheus) &&
                prometheus_end(&prometheus, &out, &more) &&
                fwrite(out.data, 1, out.size, stdout) == out.size;
    prometheus_deinit(&prometheus);
    buffer_release(&text);
    buffer_release(&out);
    return good ? 0 : 1;
}
