#include "client/rows/reply_ends.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/json/reader.h"
#include "common/proto/protocol.h"

enum { END_GROWTH_MAX = 64 }; /* bytes two numbers may grow by */

void reply_ends_init(struct reply_ends *ends)
{
    ends->index = 0;
    for (size_t i = 0; i < REPLIES_MAX; i++)
        ends->replies[i] = (struct reply_tally){0, 0, 0, 0};
    buffer_init(&ends->ends, REPLIES_MAX * (size_t)OUTPUT_ROW_SIZE_MAX);
    buffer_init(&ends->line, ROW_LINE_SIZE_MAX + END_GROWTH_MAX);
    buffer_init(&ends->scratch, ROW_LINE_SIZE_MAX + END_GROWTH_MAX);
}

void reply_ends_deinit(struct reply_ends *ends)
{
    buffer_release(&ends->ends);
    buffer_release(&ends->line);
    buffer_release(&ends->scratch);
}

void reply_ends_count(struct reply_ends *ends, size_t reply, enum row_type type)
{
    ends->replies[reply].rows++;
    ends->replies[reply].processes += type == ROW_PROCESS;
}

bool reply_ends_hold(struct reply_ends *ends, struct span line)
{
    struct reply_tally *tally = &ends->replies[ends->index];

    if (ends->index + 1 == REPLIES_MAX && tally->end_size > 0)
        return false;
    tally->end_offset = ends->ends.size;
    tally->end_size = line.size;
    if (!buffer_append(&ends->ends, line))
        return false;
    if (ends->index + 1 < REPLIES_MAX)
        ends->index++;
    return true;
}

static bool put_number(struct buffer *out, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    return buffer_append(out, span_from_string(text));
}

/* Copies the line, but for the values of the two counts. */
static bool write_recounted(struct span line, uint64_t rows, uint64_t processes, struct buffer *out)
{
    struct json_reader reader;
    size_t copied = 0;

    json_reader_init(&reader, line, JSON_DEPTH_MAX);
    if (json_next(&reader) != JSON_OBJECT_OPEN)
        return false;
    while (json_next(&reader) == JSON_KEY) {
        bool is_rows = span_equal(reader.token, SPAN("rows"));
        bool is_processes = span_equal(reader.token, SPAN("processes"));
        if (!is_rows && !is_processes) {
            if (!json_skip(&reader))
                return false;
            continue;
        }
        if (json_next(&reader) != JSON_NUMBER)
            return false;
        struct span before = {line.data + copied, reader.token_offset - copied};
        if (!buffer_append(out, before) || !put_number(out, is_rows ? rows : processes))
            return false;
        copied = reader.token_offset + reader.token.size;
    }
    return reader.error == NULL && buffer_append(out, span_from(line, copied));
}

bool reply_ends_recount(struct reply_ends *ends, struct span line, uint64_t rows,
                        uint64_t processes, const struct row_sink *next, struct buffer *out)
{
    struct row_error error;

    buffer_clear(&ends->line);
    return write_recounted(line, rows, processes, &ends->line) &&
           row_parse(buffer_span(&ends->line), &ends->row, &ends->scratch, &error) &&
           next->row(next->context, &ends->row, buffer_span(&ends->line), out);
}

bool reply_ends_emit(struct reply_ends *ends, const struct row_sink *next, struct buffer *out)
{
    for (size_t i = 0; i < REPLIES_MAX; i++) {
        const struct reply_tally *tally = &ends->replies[i];
        if (tally->end_size == 0)
            continue; /* it has no end, or there is no such reply */
        struct span line = {ends->ends.data + tally->end_offset, tally->end_size};
        if (!reply_ends_recount(ends, line, tally->rows, tally->processes, next, out))
            return false;
    }
    return true;
}
